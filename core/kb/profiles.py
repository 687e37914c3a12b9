"""Profiles and overlays: which sources bind a cohort, and what an institution made stricter."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import Fault
from core.kb.schema import KnowledgeBase, Origin, Profile, Situation
from core.vocabulary import Verdict


def lay_over(base: KnowledgeBase) -> tuple[KnowledgeBase, Sequence[Fault]]:
    """Complete every overlay from the profile it extends; refuse what loosens, or can't be resolved."""
    faults: list[Fault] = []
    done: dict[str, Profile] = {}
    for name in base.profiles:
        _complete(base, name, done, faults, ())
    return replace(base, profiles=done), faults


def _complete(
    base: KnowledgeBase, name: str, done: dict[str, Profile], faults: list[Fault], path: tuple[str, ...]
) -> Profile | None:
    if name in done:
        return done[name]
    profile = base.profiles[name]
    origin = base.origins.get(f"profile {name}") or Origin(next(iter(base.origins.values())).path, 0)

    def fault(message: str, line: int | None = None) -> None:
        faults.append(Fault(origin.path, origin.line if line is None else line, message))

    if profile.extends is None:
        for source in profile.sources:
            if source not in base.sources:
                fault(f"unknown source '{source}'; the sources are {', '.join(base.sources)}")
        if not profile.sources:
            fault("a profile that extends no other names its `sources`, strongest first")
        if profile.region not in base.urgent:
            fault(f"`region` must be one of {', '.join(base.urgent)}")
        if profile.tighten or profile.entries:
            fault("`tighten` and `entries` belong to an overlay; give it `extends`")
        done[name] = profile
        return profile
    if profile.extends not in base.profiles:
        fault(f"extends the unknown profile '{profile.extends}'; known are {', '.join(base.profiles)}")
        return None
    if name in path:
        fault(f"extends itself through {' → '.join(path)}")
        return None
    parent = _complete(base, profile.extends, done, faults, (*path, name))
    if parent is None:
        return None
    if profile.sources:
        fault("an overlay keeps its parent's sources; remove `sources`")
    for tightening in profile.tighten:
        entry = base.entries.get(tightening.entry)
        if entry is None:
            fault(f"tightens the unknown entry '{tightening.entry}'")
        elif entry.verdict is Verdict.INFO or tightening.verdict is Verdict.INFO:
            fault(f"{entry.id}: an `info` answer permits nothing and can't be tightened")
        elif tightening.verdict.strictness <= entry.verdict.strictness:
            fault(
                f"{entry.id}: `{tightening.verdict}` is not stricter than the binding `{entry.verdict}`; an overlay never loosens"
            )
    standing = {situation_key(entry.situation): entry for entry in base.entries.values()}
    asked = {phrase.casefold(): entry for entry in base.entries.values() for phrase in entry.phrasings}
    for entry in profile.entries:
        line = base.origins.get(entry.id, origin).line
        if entry.id in base.entries:
            fault(f"{entry.id} exists in the base; give the overlay's entry its own id", line)
        rivals = [standing.get(situation_key(entry.situation)), *(asked.get(phrase.casefold()) for phrase in entry.phrasings)]
        for rival in {rival.id: rival for rival in rivals if rival}.values():
            if entry.verdict.strictness < rival.verdict.strictness:
                fault(
                    f"{entry.id}: `{entry.verdict}` loosens {rival.id}, which is `{rival.verdict}`; an overlay never loosens",
                    line,
                )
    contacts = parent.contacts.model_copy(update=profile.contacts.model_dump(exclude_none=True))
    complete = profile.model_copy(
        update={
            "sources": parent.sources,
            "region": profile.region or parent.region,
            "contacts": contacts,
            "tighten": (*parent.tighten, *profile.tighten),
            "entries": (*parent.entries, *profile.entries),
        }
    )
    if complete.region not in base.urgent:
        fault(f"`region` must be one of {', '.join(base.urgent)}")
    done[name] = complete
    return complete


def situation_key(situation: Situation) -> tuple[str, ...]:
    """What makes two situations the same."""
    return (situation.act, situation.actor, situation.target, situation.object or "", *sorted(situation.conditions))
