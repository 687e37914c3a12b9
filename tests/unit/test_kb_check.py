"""Every rule of `kb check`, each broken once in a small base of its own."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bots import bootstrap
from core.errors import KnowledgeBaseError
from core.kb.load import inspect, load

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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the shipped base with two entries instead of all, every other section excused."""
    folder = tmp_path / "policy_kb"
    shutil.copytree(bootstrap.KNOWLEDGE, folder, ignore=shutil.ignore_patterns("examples", "entries"))
    (folder / "entries").mkdir()
    (folder / "entries" / "friends.yaml").write_text(ENTRY, encoding="utf-8")
    base, _ = inspect(folder, today=TODAY)
    assert base is not None
    led = {"mru/boundaries-1", "mru/boundaries-4"}
    (folder / "unled.yaml").write_text(
        "".join(f"{name}: not in this test\n" for name in base.sections if name not in led), encoding="utf-8"
    )
    return folder


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


OVERLAY = "name: our-school\ntitle: Our School\nextends: mru\n"
OVERLAY_ENTRY = (
    "entries:\n- id: our-request\n  stance: twin\n  situation: {act: accept, target: client, object: friend_request}\n  verdict: yes\n"
    "  answer: {rule: r, instead: i, ask: a}\n  citations: [mru/boundaries-4]\n  phrasings: [a a, b b, c c, d d, e e, f f, g g, h h]\n"
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
            edit("Leave it.", "students need to understand and acknowledge that there are ethical limits"),
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
        (write("profiles/our.yaml", OVERLAY + "tighten: [{entry: classmate-request, verdict: no, says: Not here.}]\n"), None),
        (
            write("profiles/our.yaml", OVERLAY + "tighten: [{entry: client-request, verdict: depends, says: Maybe.}]\n"),
            "`depends` is not stricter than the binding `no`; an overlay never loosens",
        ),
        (
            write("profiles/our.yaml", OVERLAY + "tighten: [{entry: gone, verdict: no, says: x}]\n"),
            "tightens the unknown entry 'gone'",
        ),
        (write("profiles/our.yaml", OVERLAY + OVERLAY_ENTRY), "our-request: `yes` loosens client-request"),
        (
            write(
                "profiles/our.yaml",
                OVERLAY + OVERLAY_ENTRY.replace("friend_request}", "friend_request, conditions: [anonymous]}"),
            ),
            "loosens client-request",
        ),
        (
            write(
                "profiles/our.yaml",
                OVERLAY + OVERLAY_ENTRY.replace("accept, target", "tag, target").replace("[a a", "['One, A??'"),
            ),
            "loosens client-request",
        ),
        (
            write("profiles/our.yaml", OVERLAY + OVERLAY_ENTRY.replace("boundaries-4", "nope-9")),
            "cites the unknown section mru/nope-9",
        ),
        (
            write("profiles/our.yaml", OVERLAY + OVERLAY_ENTRY.replace("[a a, b b, c c, d d, e e, f f, g g, h h]", "[]")),
            "phrasings",
        ),
        (
            write("profiles/our.yaml", OVERLAY + "tighten: [{entry: must-tell, verdict: no, says: You need not.}]\n"),
            "a duty entry has nothing stricter",
        ),
        (
            write("profiles/our.yaml", OVERLAY + "tighten: [{entry: need-not, verdict: depends, says: Perhaps.}]\n"),
            "can only be made a duty",
        ),
        (write("profiles/our.yaml", OVERLAY + "tighten: [{entry: need-not, verdict: yes, says: Here you must.}]\n"), None),
        (write("profiles/our.yaml", OVERLAY + "sources: [blog]\n"), "an overlay keeps its parent's sources"),
        (write("profiles/our.yaml", OVERLAY.replace("mru", "nobody")), "extends the unknown profile 'nobody'"),
        (write("profiles/our.yaml", OVERLAY.replace("mru", "our-school")), "extends itself"),
        (write("profiles/our.yaml", "name: our-school\ntitle: Ours\n"), "names its `sources`, strongest first"),
    ],
)
def test_each_fault_is_found(root: Path, change: Callable[[Path], None], fault: str | None) -> None:
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
    _, faults = inspect(root, today=TODAY, extra_profiles=folder)
    assert ["so that it can't loosen" in fault.message for fault in faults] == [True]


def test_an_overlay_of_an_overlay_cannot_undo_it(root: Path) -> None:
    write(
        "profiles/one.yaml",
        OVERLAY.replace("our-school", "one") + "tighten: [{entry: classmate-request, verdict: no, says: Not here.}]\n",
    )(root)
    two = OVERLAY.replace("our-school", "two").replace("extends: mru", "extends: one") + OVERLAY_ENTRY.replace(
        "target: client", "target: classmate"
    )
    write("profiles/two.yaml", two)(root)
    _, faults = inspect(root, today=TODAY)
    assert any("our-request: `yes` loosens classmate-request, which is `no`" in fault.message for fault in faults)
