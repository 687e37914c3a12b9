"""Every rule of `kb check`, each broken once in a small base of its own."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from bots import bootstrap
from core.errors import KnowledgeBaseError
from core.kb.load import inspect, load
from core.yamlfile import read

TODAY = date(2026, 11, 21)
ENTRY = """\
topic: friends
owner: practicum office
reviewed: 2026-11-21
entries:
- id: client-request
  stance: forbidden
  situation: {act: accept, target: client, object: friend_request}
  verdict: no
  answer: {rule: "Not with a client.", instead: "Leave it.", ask: "Your supervisor."}
  citations: [mru/boundaries-1, guide/tips-8]
  neighbours: [classmate-request]
  phrasings: [one a, two b, three c, four d, five e, six f, seven g, eight h]
- id: classmate-request
  stance: twin
  situation: {act: accept, target: classmate, object: friend_request}
  verdict: yes
  answer: {rule: "A classmate is fine.", instead: "Go on.", ask: "Nobody."}
  citations: [mru/boundaries-4]
  phrasings: [one i, two j, three k, four l, five m, six n, seven o, eight p]
- id: must-tell
  stance: duty
  situation: {act: tell, target: supervisor, object: friend_request}
  verdict: yes
  answer: {rule: "Tell them.", instead: "Today.", ask: "Your supervisor."}
  citations: [mru/boundaries-4]
  phrasings: [one q, two r, three s, four t, five u, six v, seven w, eight x]
- id: need-not
  stance: not_required
  situation: {act: delete, target: self, object: account}
  verdict: no
  answer: {rule: "Keep it.", instead: "Set it to private.", ask: "Nobody."}
  citations: [mru/boundaries-4]
  phrasings: [nine q, ten r, nine s, ten t, nine u, ten v, nine w, ten x]
"""
MORE = """\
topic: more
owner: practicum office
reviewed: 2026-11-21
entries:
- id: with-consent
  stance: condition
  situation: {act: photograph, target: client, conditions: [consent_given]}
  verdict: depends
  answer: {rule: "With consent.", instead: "Get it in writing.", ask: "Your supervisor."}
  citations: [mru/boundaries-4]
  phrasings: [p a, p b, p c, p d, p e, p f, p g, p h]
- id: skip-telling
  stance: dodge
  situation: {act: hide, target: supervisor, object: friend_request}
  verdict: no
  answer: {rule: "Don't hide it.", instead: "Tell them.", ask: "Your supervisor."}
  citations: [mru/boundaries-4]
  phrasings: [q a, q b, q c, q d, q e, q f, q g, q h]
- id: how-to-tell
  stance: open
  situation: {act: tell, target: supervisor, object: friend_request}
  verdict: info
  answer: {rule: "In supervision.", instead: "Write it down.", ask: "Your supervisor."}
  citations: [mru/boundaries-4]
  phrasings: [r a, r b, r c, r d, r e, r f, r g, r h]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped base with a few entries instead of all, every other section excused."""
    folder = tmp_path_factory.mktemp("small") / "policy_kb"
    shutil.copytree(bootstrap.KNOWLEDGE, folder, ignore=shutil.ignore_patterns("examples", "entries"))
    (folder / "entries").mkdir()
    (folder / "entries" / "friends.yaml").write_text(ENTRY, encoding="utf-8")
    (folder / "prompts.yaml").write_text("prompts: []\n", encoding="utf-8")
    (folder / "thesaurus.yaml").write_text("{}\n", encoding="utf-8")
    base, _ = inspect(folder, today=TODAY)
    assert base is not None
    led = {"mru/boundaries-1", "mru/boundaries-4"}
    (folder / "unled.yaml").write_text(
        "".join(f"{name}: not in this test\n" for name in base.sections if name not in led), encoding="utf-8"
    )
    return folder


@pytest.fixture
def root(small: Path, tmp_path: Path) -> Path:
    """The small base, to break."""
    return Path(shutil.copytree(small, tmp_path / "policy_kb"))


def test_the_small_base_is_sound(root: Path) -> None:
    assert load(root, today=TODAY).entries.keys() == {"client-request", "classmate-request", "must-tell", "need-not"}


def edit(old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / "entries" / "friends.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).write_text(text, encoding="utf-8")

    return change


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace every `old` in a file."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


COPIED = "students need to understand and acknowledge that there are ethical limits"
OVERLAY = "name: our-school\ntitle: Our School\nextends: mru\n"
OVERLAY_ENTRY = (
    "entries:\n- id: our-request\n  stance: twin\n  situation: {act: accept, target: client, object: friend_request}\n  verdict: yes\n"
    "  answer: {rule: r, instead: i, ask: a}\n  citations: [mru/boundaries-4]\n  phrasings: [a a, b b, c c, d d, e e, f f, g g, h h]\n"
)


def tighten(entry: str, verdict: str, more: str = "") -> Callable[[Path], None]:
    """An overlay of one line of `tighten`, which is the file's fifth."""
    return write("profiles/our.yaml", OVERLAY + f"tighten:\n- {{entry: {entry}, verdict: {verdict}, says: Here so.{more}}}\n")


def overlay_entry(*changes: tuple[str, str]) -> Callable[[Path], None]:
    """An overlay of one entry, with these words replaced in it; the entry starts on the file's fifth line."""
    text = OVERLAY_ENTRY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return write("profiles/our.yaml", OVERLAY + text)


def told(stance: str, verdict: str) -> Callable[[Path], None]:
    """An overlay's entry on telling the supervisor, which the base makes a duty."""
    return overlay_entry(
        ("twin", stance), ("verdict: yes", f"verdict: {verdict}"), ("accept, target: client", "tell, target: supervisor")
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            edit("verdict: no", "verdict: depends"),
            "friends.yaml:5: client-request: the stance forbidden goes with the verdict no",
        ),
        (edit("mru/boundaries-1, guide", "mru/boundaries-99, guide"), "cites the unknown section mru/boundaries-99"),
        (edit("[classmate-request]", "[nobody]"), "names the unknown neighbour nobody"),
        (edit("target: client,", "target: clyent,"), "'clyent' is not among the parties"),
        (edit(", eight h]", "]"), "has 7 phrasings; write at least 8"),
        (edit("eight h", "eight p"), "shares a phrasing with client-request: “eight p”"),
        (edit("eight h", "'Seven, g!'"), "has one phrasing twice"),
        (edit("Leave it.", "word " * 120), "the answer has"),
        (edit("target: classmate", "target: client"), "is `yes`, and client-request is `no` for the same situation"),
        (
            edit("Leave it.", COPIED),
            "8 words in a row in common",
        ),
        (edit("  neighbours: [class", "  colour: red\n  neighbours: [class"), "friends.yaml:11: colour: unknown key"),
        (edit("  verdict: yes\n", ""), "friends.yaml:13: verdict: is missing"),
        (edit("id: classmate-request", "id: client-request"), "client-request is defined twice"),
        (edit("reviewed: 2026-11-21", "reviewed: 2027-11-21"), "in the future"),
        (edit("topic: friends", "topic: [unclosed"), "is not YAML"),
        (
            edit("  neighbours", "  differs: [{source: guide, verdict: no, says: the same}]\n  neighbours"),
            "guide has the same verdict",
        ),
        (
            edit("  neighbours", "  differs: [{source: casw, verdict: depends, says: other}]\n  neighbours"),
            "says that casw differs, but cites nothing of it",
        ),
        (
            edit("  neighbours", "  differs: [{source: mru, verdict: depends, says: other}]\n  neighbours"),
            "the lead citation's own source can't differ",
        ),
        (
            edit(
                "[mru/boundaries-4]", "[mru/boundaries-4, guide/tips-8]\n  differs: [{source: guide, verdict: no, says: never}]"
            ),
            "guide is stricter than the verdict",
        ),
        (write("unled.yaml", "mru/boundaries-1: led already\n"), "mru/boundaries-1: leads an entry and stands in unled.yaml"),
        (write("unled.yaml", "mru/nothing: gone\n"), "names the unknown section mru/nothing"),
        (write("source_fingerprints.txt", ""), None),
        (write("profiles/our.yaml", OVERLAY + "sources: [blog]\n"), "an overlay keeps its parent's sources"),
        (write("profiles/our.yaml", OVERLAY.replace("mru", "nobody")), "extends the unknown profile 'nobody'"),
        (write("profiles/our.yaml", OVERLAY.replace("mru", "our-school")), "extends itself"),
        (write("profiles/our.yaml", "name: our-school\ntitle: Ours\n"), "names its `sources`, strongest first"),
        (write("profiles/our.yml", OVERLAY), "our.yml: is not read; rename it to .yaml"),
        (write("profiles/us.yaml", "name: us\ntitle: U\nsources: [guide]\nregion: us\n"), "has a `version` and a `brief`"),
        (
            write("profiles/our.yaml", OVERLAY + "brief: [{text: a, citations: [mru/nothing]}]\n"),
            "`brief` cites the unknown section",
        ),
        (write("profiles/our.yaml", OVERLAY + "version: one\n"), "our.yaml:4: version: String should match"),
        (write("entries/more.yml", ENTRY), "more.yml: is not read; rename it to .yaml"),
        (
            swap("nudges.yaml", "category: location\n", "category: contact_details\n"),
            "has no wording for location in the hard tier",
        ),
        (swap("nudges.yaml", "next_step: ", f"next_step: {COPIED} #"), "client_identity hard: has 8 words in a row"),
        (swap("urgent.yaml", "title: Alberta", f"title: {COPIED}"), "urgent.yaml:4: regions.alberta: has 8 words in a row"),
        (swap("refusals.yaml", "unsettled: ", f"unsettled: {COPIED} #"), "refusals: has 8 words in a row"),
        (swap("refusals.yaml", "{coordinator}", "{dean}"), "only {coordinator} and {supervisor} can be filled in"),
        (swap("refusals.yaml", "{supervisor}", "{supervisor.name}"), "only {coordinator} and {supervisor} can be filled in"),
        (swap("refusals.yaml", "{supervisor}", "{supervisor!r}"), "only {coordinator} and {supervisor} can be filled in"),
        (swap("refusals.yaml", "{supervisor}", "{supervisor"), "refusals.yaml:"),
        (swap("refusals.yaml", "{supervisor}", "{{supervisor}}"), None),
        (edit('rule: "Not with', 'rule: "No, not with'), "the rule begins with the verdict"),
        (edit('rule: "Not with', 'rule: "No tie with'), None),
        # malformed files
        (edit("topic: friends", "topic: fri\x00ends"), "is not YAML: unacceptable character"),
        (edit("topic: friends", "topic: &a [*a]"), "friends.yaml:1: is not YAML: an alias (*name) is not allowed"),
        (edit("topic: friends", "topic: !!bool friends"), "friends.yaml:1: is not YAML: a tag (!name) is not allowed"),
        (edit("topic: friends", "topic: !!timestamp friends"), "a tag (!name) is not allowed"),
        (edit("topic: friends", 'topic: "\\ud800"'), "friends.yaml:1: is not YAML: found invalid Unicode character escape code"),
        (edit("topic: friends", 'topic: "\\UFFFFFFFF"'), "is not YAML"),
        (edit("topic: friends", "[a]: friends"), "friends.yaml:1: is not YAML"),
        (edit("topic: friends", "topic: " + "[" * 3000), "nested too deep"),
        (edit("reviewed: 2026-11-21", "reviewed: 2027-02-30"), "friends.yaml:3: reviewed: Input should be a valid date"),
        (edit("owner: practicum office", "owner: 2026"), "friends.yaml:2: owner: Input should be a valid string (given: 2026)"),
        (write("entries/more.yaml", "null\n"), "more.yaml:1: is empty"),
        (write("entries/more.yaml", ""), "more.yaml: is empty"),
        (write("entries/more.yaml", "- a\n"), "must be a mapping"),
        (write("sources.yaml", "sources:\n"), "sources.yaml:1: 'sources' must be a mapping"),
        (write("sources.yaml", "sources: [mru]\n"), "sources.yaml:1: 'sources' must be a mapping"),
        (write("sources.yaml", "sources: {mru: [a]}\n"), "sources.yaml:1: file: must have keys of its own"),
        (write("sources.yaml", "sources: {1: {title: a}}\n"), "sources.yaml:1: the name 1 must be a word"),
        (write("urgent.yaml", "regions: [alberta]\n"), "urgent.yaml:1: 'regions' must be a mapping"),
        (write("urgent.yaml", "regions: null\n"), "urgent.yaml:1: 'regions' must be a mapping"),
        (
            write("refusals.yaml", "unsettled: [a]\nunreadable: a\nnot_in_profile: a\n"),
            "refusals.yaml:1: unsettled: Input should",
        ),
        (write("refusals.yaml", "null\n"), "refusals.yaml:1: is empty"),
        (write("vocabulary.yaml", "acts: 3\n"), "vocabulary.yaml:1"),
        (write("thesaurus.yaml", "acts: [a]\n"), "thesaurus.yaml:1"),
        (write("unled.yaml", "mru/boundaries-1: [a]\n"), "unled.yaml:1"),
        (write("prompts.yaml", "prompts: {a: b}\n"), "prompts.yaml:1: 'prompts' must be a list"),
        (write("nudges.yaml", "nudges: [3]\n"), "nudges.yaml:1: file: must have keys"),
        (write("profiles/our.yaml", OVERLAY + "tighten: 3\n"), "our.yaml:4: tighten: Input should"),
        (write("profiles/our.yaml", OVERLAY.replace("mru", "[mru]")), "our.yaml:3: extends: Input should"),
        (write("profiles/our.yaml", OVERLAY + "sources: {mru: 1}\n"), "our.yaml:4: sources: Input should"),
    ],
)
def test_each_fault_is_found(root: Path, change: Callable[[Path], None], fault: str | None) -> None:
    expect(root, change, fault)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        # what may be made stricter, by stance
        (tighten("classmate-request", "depends"), None),
        (tighten("classmate-request", "no", ", instead: Wait., ask: Your instructor."), None),
        (tighten("classmate-request", "yes"), "our.yaml:5: classmate-request: `yes` is not stricter than the binding `yes`"),
        (tighten("classmate-request", "info"), "our.yaml:5: classmate-request: `info` is not stricter"),
        (tighten("client-request", "depends"), "our.yaml:5: client-request: `depends` is not stricter than the binding `no`"),
        (tighten("client-request", "no"), "client-request: `no` is not stricter than the binding `no`"),
        (tighten("with-consent", "no"), None),
        (tighten("with-consent", "yes"), "with-consent: `yes` is not stricter than the binding `depends`"),
        (tighten("must-tell", "no"), "our.yaml:5: must-tell: a duty entry has nothing stricter"),
        (tighten("must-tell", "depends"), "must-tell: a duty entry has nothing stricter"),
        (tighten("skip-telling", "yes"), "skip-telling: a dodge entry has nothing stricter"),
        (tighten("how-to-tell", "no"), "how-to-tell: a open entry has nothing stricter"),
        (tighten("need-not", "yes"), None),
        (tighten("need-not", "depends"), "need-not: what nobody has to do can only be made a duty"),
        (tighten("need-not", "no"), "need-not: what nobody has to do can only be made a duty"),
        (tighten("gone", "no"), "our.yaml:5: gone: there is no such entry"),
        (tighten("need-not", "yes, says: a}\n- {entry: need-not, verdict: yes"), "need-not"),
        (tighten("classmate-request", "no", f", instead: {COPIED}"), "our.yaml:5: our-school.tighten.0: has 8 words in a row"),
        # entries that meet one of the base
        (overlay_entry(), "our.yaml:5: our-request: `yes` loosens client-request, which is `no`"),
        (overlay_entry(("friend_request}", "friend_request, conditions: [anonymous]}")), "loosens client-request"),
        (overlay_entry(("accept, target", "tag, target"), ("[a a", "['One, A??'")), "loosens client-request"),
        (overlay_entry(("twin", "duty")), "our-request: `yes` loosens client-request"),
        (overlay_entry(("twin", "forbidden"), ("verdict: yes", "verdict: no")), None),
        (told("forbidden", "no"), "our-request: `no` loosens must-tell, which is `yes`"),
        (told("not_required", "no"), "our-request: `no` loosens must-tell"),
        (told("condition", "depends"), "our-request: `depends` loosens must-tell"),
        (told("dodge", "no"), None),
        (told("open", "info"), None),
        (
            overlay_entry(
                ("twin", "forbidden"),
                ("verdict: yes", "verdict: no"),
                ("[mru/boundaries-4]", "[guide/tips-8, mru/boundaries-4]\n  differs: [{source: mru, verdict: yes, says: Do.}]"),
            ),
            "our-request: `yes` loosens client-request",
        ),
        # every check of the base's entries
        (overlay_entry(("target: client", "target: stranger")), None),
        (overlay_entry(("boundaries-4", "nope-9")), "our.yaml:5: our-request: cites the unknown section mru/nope-9"),
        (overlay_entry(("[a a, b b, c c, d d, e e, f f, g g, h h]", "[]")), "our.yaml:11: entries.0.phrasings"),
        (overlay_entry((", h h]", "]")), "our-request: has 7 phrasings"),
        (overlay_entry((", h h]", ", 'Eight, P!']")), "our-request: shares a phrasing with classmate-request"),
        (overlay_entry(("instead: i", f"instead: {COPIED}")), "our.yaml:5: our-request: has 8 words in a row"),
        (overlay_entry(("target: client", "target: clyent")), "our-request: 'clyent' is not among the parties"),
        (
            overlay_entry(("  citations", "  neighbours: [nobody]\n  citations")),
            "our-request: names the unknown neighbour nobody",
        ),
        (overlay_entry(("mru/boundaries-4", "mru/boundaries-1"), ("verdict: yes", "verdict: no")), "the stance twin goes with"),
        (overlay_entry(("id: our-request", "id: client-request")), "our.yaml:5: client-request exists already"),
    ],
)
def test_an_overlay_is_held_to_every_rule(root: Path, change: Callable[[Path], None], fault: str | None) -> None:
    write("entries/more.yaml", MORE)(root)
    expect(root, change, fault)


def expect(root: Path, change: Callable[[Path], None], fault: str | None) -> None:
    """The changed base has a fault with these words, or none at all."""
    change(root)
    _, faults = inspect(root, today=TODAY)
    if fault is None:
        assert faults == []
        return
    assert any(fault in str(found) for found in faults), "\n".join(map(str, faults))
    with pytest.raises(KnowledgeBaseError):
        load(root, today=TODAY)


def test_a_stale_review_warns_and_refuses_nothing(root: Path) -> None:
    _, faults = inspect(root, today=date(2028, 1, 1))
    assert faults
    assert all(fault.warning and "over a year ago" in fault.message for fault in faults)
    load(root, today=date(2028, 1, 1))


def test_every_fault_comes_at_once(root: Path) -> None:
    edit("target: client,", "target: clyent,")(root)
    edit("[classmate-request]", "[nobody]")(root)
    edit("Leave it.", "word " * 120)(root)
    _, faults = inspect(root, today=TODAY)
    assert len(faults) == 3


def test_an_institutions_folder_holds_overlays_alone(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "lax.yaml").write_text("name: lax\ntitle: Lax\nsources: [blog, guide]\nregion: us\n", encoding="utf-8")
    (folder / "mild.yml").write_text(OVERLAY, encoding="utf-8")
    _, faults = inspect(root, today=TODAY, extra_profiles=folder)
    assert [fault.message.partition(";")[0] for fault in faults] == [
        "an institution's profile `extends` one that is shipped, so that it can't loosen the sources",
        "is not read",
    ]


def line(entry: str, verdict: str) -> str:
    return f"tighten: [{{entry: {entry}, verdict: {verdict}, says: Here so.}}]\n"


@pytest.mark.parametrize(
    ("parent", "tightened", "child", "fault"),
    [
        # a parent's tightening stands
        (
            "mru",
            line("classmate-request", "no"),
            OVERLAY_ENTRY.replace("client", "classmate"),
            "loosens classmate-request, which is `no`",
        ),
        (
            "mru",
            line("classmate-request", "no"),
            line("classmate-request", "depends"),
            "`depends` is not stricter than the binding `no`",
        ),
        ("mru", line("classmate-request", "depends"), line("classmate-request", "no"), None),
        (
            "mru",
            line("need-not", "yes"),
            OVERLAY_ENTRY.replace("twin", "not_required")
            .replace("verdict: yes", "verdict: no")
            .replace("accept, target: client, object: friend_request", "delete, target: self, object: account"),
            "our-request: `no` loosens need-not, which is `yes`",
        ),
        # a profile's own order of sources can relax, and its overlay take that back
        ("us", "", line("client-request", "no"), None),
        ("us", "", line("client-request", "depends"), "`depends` is not stricter than the binding `depends`"),
        ("us", "", line("classmate-request", "no"), "there is no such entry under the profile"),
        ("us", line("client-request", "no"), line("client-request", "depends"), "is not stricter than the binding `no`"),
        ("us", "", OVERLAY_ENTRY, "cites none of the profile's sources"),
        ("us", "", OVERLAY_ENTRY.replace("mru/boundaries-4", "guide/tips-8"), "`yes` loosens client-request, which is `depends`"),
    ],
)
def test_an_overlay_is_compared_with_the_completed_parent(
    root: Path, parent: str, tightened: str, child: str, fault: str | None
) -> None:
    edit("guide/tips-8]", "guide/tips-8]\n  differs: [{source: guide, verdict: depends, says: Perhaps.}]")(root)
    write("profiles/one.yaml", f"name: one\ntitle: One\nextends: {parent}\n" + tightened)(root)
    expect(root, write("profiles/two.yaml", "name: two\ntitle: Two\nextends: one\n" + child), fault)


class Row(BaseModel):
    """A model to read, as a cohort's file has them."""

    name: Annotated[str, Field(max_length=3)]
    at: str = ""


@pytest.mark.parametrize(
    ("text", "echo", "fault"),
    [
        ("name: Gwendolyn\n", True, "name: String should have at most 3 characters (given: 'Gwendolyn')"),
        ("name: Gwendolyn\n", False, "name: String should have at most 3 characters"),
        ("name: [Gwendolyn]\n", False, "name: Input should be a valid string"),
        ("name: Gwe\nat: 09:00\n", True, None),
        ("name: Gwe\nat: 2026-02-30\n", True, None),
    ],
)
def test_values_are_repeated_only_where_they_may_be(tmp_path: Path, text: str, echo: bool, fault: str | None) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    file = read(tmp_path / "a.yaml")
    row = file.parse(Row, echo=echo)
    assert [found.message for found in file.faults] == ([fault] if fault else [])
    assert fault or (row and row.at == text.partition("at: ")[2].strip())
