"""`practicum-bot kb`: check the knowledge base, show what stands in it, and what questions it lacks."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from bots import bootstrap
from bots.settings import read_settings
from core.errors import InputError
from core.kb.load import inspect
from core.kb.schema import Entry, KnowledgeBase, Section
from core.qa.suggest import groups

app = typer.Typer(no_args_is_help=True, help="The knowledge base.")


@app.command()
def check() -> None:
    """List every fault with its file and line, and count what is there."""
    base, faults = inspect(bootstrap.KNOWLEDGE, today=bootstrap.today(), extra_profiles=read_settings(os.environ).profiles)
    for fault in faults:
        print(fault)
    refused = sum(not fault.warning for fault in faults)
    if base:
        for section, reason in base.unled.items():
            print(f"{section} leads no entry: {reason}")
        phrasings = sum(len(entry.phrasings) for entry in base.entries.values())
        counts = f"{len(base.sections)} sections, {len(base.entries)} entries, {phrasings} phrasings"
        print(f"{counts}, {len(base.prompts)} prompts, {len(base.profiles)} profiles")
    print(f"{refused} faults, {len(faults) - refused} warnings")
    raise typer.Exit(2 if refused else 0)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="ID", help="A section, an entry or a prompt.")]) -> None:
    """Print an entry, section or prompt with everything that refers to it."""
    base = bootstrap.knowledge_base(read_settings(os.environ))
    if section := base.sections.get(name):
        _show_section(base, section)
    elif entry := base.entries.get(name):
        _show_entry(base, entry)
    elif prompt := base.prompts.get(name):
        print(f"{prompt.id}\n{prompt.text}\nlater: {prompt.follow_up}\nfor the facilitator: {prompt.facilitator_note}")
        print(f"citations: {', '.join(prompt.citations)}\ntags: {', '.join(prompt.tags)}\nseason: {prompt.season or 'any'}")
    else:
        close = [known for known in (*base.sections, *base.entries, *base.prompts) if name.casefold() in known]
        hint = f"; did you mean {', '.join(close[:5])}?" if close else "; `practicum-bot kb check` counts what there is"
        raise InputError(f"no section, entry or prompt is called '{name}'{hint}")


@app.command()
def suggest(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Unanswered questions: one a line, or JSON Lines with a `text`.")],
    most: Annotated[int, typer.Option("--most", min=1, help="How many groups to print.")] = 20,
) -> None:
    """Group unanswered questions, largest group first, to see what to write next."""
    questions = _questions(path)
    settings = read_settings(os.environ)
    base = bootstrap.knowledge_base(settings)
    encoder = bootstrap.encoder(settings)
    found = groups(questions, encoder, bootstrap.ranker(base, encoder))
    print(f"{len(questions)} questions in {len(found)} groups")
    for number, group in enumerate(found[:most], 1):
        entry, cosine = group.nearest.entry, group.nearest.nearest
        print(f"\n{number}. {len(group.questions)} like: {group.questions[0]}")
        for question in group.questions[1:4]:
            print(f"   - {question}")
        if group.near:
            print(f"   near {entry.id} (cosine {cosine:.2f}): if that answers them, add phrasings to it")
        else:
            print(f"   nothing near (closest: {entry.id}, cosine {cosine:.2f}): write an entry, if the sources settle it")


def _questions(path: Path) -> list[str]:
    """The questions of a file. Raises InputError naming the line that can't be used."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read as UTF-8 text: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.lstrip().startswith("{"):
            found.append(line.strip())
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, RecursionError) as error:
            raise InputError(f"{path}: line {number} is not a JSON object with a 'text'; correct or remove it") from error
        if not isinstance(text, str):
            raise InputError(f"{path}: the 'text' of line {number} is not a text; correct or remove it")
        found.append(text)
    found = [question for question in found if question.strip()]
    if not found:
        raise InputError(f"{path}: holds no questions; write one a line")
    return found


def _show_section(base: KnowledgeBase, section: Section) -> None:
    source = base.sources[section.source]
    print(f"{section.id}\n{source.title}, {section.place} (tier {source.tier})\n{section.gist}")
    print(f"{section.modality}, binds {section.binds}")
    leads = [entry.id for entry in base.entries.values() if entry.citations[0] == section.id]
    cites = [entry.id for entry in base.entries.values() if section.id in entry.citations[1:]]
    prompts = [prompt.id for prompt in base.prompts.values() if section.id in prompt.citations]
    nudges = [f"{n.category} ({n.tier})" for n in base.nudges.values() if section.id in n.citations]
    for title, names in (("leads", leads), ("also cited by", cites), ("prompts", prompts), ("nudges", nudges)):
        print(f"{title}: {', '.join(names) or 'none'}")


def _show_entry(base: KnowledgeBase, entry: Entry) -> None:
    origin = base.origins[entry.id]
    print(f"{entry.id} ({origin.path.name}:{origin.line})\nverdict: {entry.verdict} ({entry.stance})")
    situation = {key: value for key, value in entry.situation.model_dump().items() if value}
    print(
        "situation: "
        + ", ".join(f"{key} {value if isinstance(value, str) else ' + '.join(value)}" for key, value in situation.items())
    )
    print(f"{entry.answer.rule}\n{entry.answer.instead}\n{entry.answer.ask}")
    print(f"citations: {', '.join(entry.citations)}")
    for differs in entry.differs:
        print(f"differs: {differs.source} says {differs.verdict}: {differs.says}")
    print(f"neighbours: {', '.join(entry.neighbours) or 'none'}")
    print("named by: " + (", ".join(e.id for e in base.entries.values() if entry.id in e.neighbours) or "none"))
    print(f"owner {entry.owner}, reviewed {entry.reviewed}\nphrasings:")
    for phrasing in entry.phrasings:
        print(f"- {phrasing}")
