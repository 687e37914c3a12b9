"""Profiles and overlays: which sources bind a cohort, and what an institution made stricter, never looser."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import Fault
from core.kb.schema import Entry, KnowledgeBase, Profile, Situation, Stance, Tightening, strictness
from core.kb.words import words
from core.qa.resolve import Resolved, resolve
from core.vocabulary import Verdict

_ACTS = {Stance.FORBIDDEN, Stance.TWIN, Stance.CONDITION, Stance.MAY_KEEP}  # stances whose verdict permits or forbids an act


def lay_over(base: KnowledgeBase, shipped: Path) -> tuple[KnowledgeBase, Sequence[Fault]]:
    """Complete every overlay from the profile it extends; refuse what loosens, or can't be resolved.

    Profiles of the folder `shipped` may name their own sources; all others extend one.
    """
    laying = _Laying(base, shipped)
    for name in base.profiles:
        laying.complete(name, ())
    return replace(base, profiles=laying.done), laying.faults


@dataclass(slots=True)
class _Laying:
    """The profiles completed so far, and the faults met on the way."""

    base: KnowledgeBase
    shipped: Path
    done: dict[str, Profile] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, profile: Profile, message: str, place: str | None = None) -> None:
        """Note a fault at the profile's first line, or at `place`, a name of the base's origins."""
        origin = self.base.origins[place or f"profile {profile.name}"]
        self.faults.append(Fault(origin.path, origin.line, message))

    def complete(self, name: str, path: tuple[str, ...]) -> Profile | None:
        """The profile with all it inherits; None, with its fault noted, when its parent can't be found."""
        if name in self.done:
            return self.done[name]
        profile = self.base.profiles[name]
        if profile.extends is None:
            self._root(profile)
            self.done[name] = profile
            return profile
        if profile.extends not in self.base.profiles:
            self.fault(profile, f"extends the unknown profile '{profile.extends}'; known are {', '.join(self.base.profiles)}")
            return None
        if profile.extends in (*path, name):
            self.fault(profile, f"extends itself through {' → '.join((*path, name))}")
            return None
        parent = self.complete(profile.extends, (*path, name))
        if parent is None:
            return None
        if profile.sources:
            self.fault(profile, "an overlay keeps its parent's sources; remove `sources`")
        for index, tightening in enumerate(profile.tighten):
            if message := self._loosening(profile.tighten[:index], parent, tightening):
                self.fault(profile, f"{tightening.entry}: {message}", tighten_place(profile, index))
        for entry in profile.entries:
            self._entry(profile, parent, entry)
        self._brief(profile, parent.sources)
        complete = _inherit(profile, parent)
        if complete.region not in self.base.urgent:
            self.fault(profile, f"`region` must be one of {', '.join(self.base.urgent)}")
        self.done[name] = complete
        return complete

    def _root(self, profile: Profile) -> None:
        if self.base.origins[f"profile {profile.name}"].path.parent != self.shipped:
            self.fault(profile, "an institution's profile `extends` one that is shipped, so that it can't loosen the sources")
        elif not profile.version or not profile.brief:
            self.fault(profile, "a profile that extends no other has a `version` and a `brief`, which people acknowledge")
        for source in profile.sources:
            if source not in self.base.sources:
                self.fault(profile, f"unknown source '{source}'; the sources are {', '.join(self.base.sources)}")
        if not profile.sources:
            self.fault(profile, "a profile that extends no other names its `sources`, strongest first")
        if profile.region not in self.base.urgent:
            self.fault(profile, f"`region` must be one of {', '.join(self.base.urgent)}")
        if profile.tighten or profile.entries:
            self.fault(profile, "`tighten` and `entries` belong to an overlay; give it `extends`")
        self._brief(profile, profile.sources)

    def _brief(self, profile: Profile, sources: Sequence[str]) -> None:
        for section in (section for point in profile.brief for section in point.citations):
            if section not in self.base.sections:
                self.fault(profile, f"`brief` cites the unknown section {section}; `practicum-bot kb show` knows the ids")
            elif section.partition("/")[0] not in sources:
                self.fault(profile, f"`brief` cites {section}, which is none of the profile's sources")

    def _loosening(self, earlier: Sequence[Tightening], parent: Profile, tightening: Tightening) -> str | None:
        """What is wrong with one line of `tighten`, compared with what the parent says."""
        entry = next((e for e in self._known(parent) if e.id == tightening.entry), None)
        resolved = resolve(entry, parent) if entry else None
        if entry is None or resolved is None:
            return "there is no such entry under the profile it extends; `practicum-bot kb show` knows the ids"
        if any(tightening.entry == other.entry for other in earlier):
            return "is tightened twice; keep one"
        if entry.stance is Stance.NOT_REQUIRED and tightening.verdict is not Verdict.YES:
            return "what nobody has to do can only be made a duty (`yes`)"
        if entry.stance not in {*_ACTS, Stance.NOT_REQUIRED}:
            return f"a {entry.stance} entry has nothing stricter; an overlay never loosens"
        given, bound = (strictness(entry.stance, verdict) for verdict in (tightening.verdict, resolved.verdict))
        if given <= bound:
            return f"`{tightening.verdict}` is not stricter than the binding `{resolved.verdict}`; an overlay never loosens"
        return None

    def _entry(self, profile: Profile, parent: Profile, entry: Entry) -> None:
        mine = resolve(entry, parent)
        if mine is None:
            self.fault(profile, f"{entry.id}: cites none of the profile's sources ({', '.join(parent.sources)})", entry.id)
            return
        asked = {words(phrasing) for phrasing in entry.phrasings} - {()}
        for rival in self._known(parent):
            same = _who(rival.situation) == _who(entry.situation) or not asked.isdisjoint(map(words, rival.phrasings))
            theirs = resolve(rival, parent) if same else None
            if theirs and _looser(mine, theirs):
                self.fault(profile, f"{entry.id}: `{mine.verdict}` loosens {rival.id}, which is `{theirs.verdict}`", entry.id)

    def _known(self, parent: Profile) -> Iterable[Entry]:
        return (*self.base.entries.values(), *parent.entries)


def _looser(mine: Resolved, theirs: Resolved) -> bool:
    """Whether an overlay's entry permits what the parent's does not, or waives what it asks."""
    stance, rival = mine.entry.stance, theirs.entry.stance
    if Stance.OPEN in {stance, rival}:
        return False
    scale = stance if Stance.DODGE in {stance, rival} else rival  # a dodge's `no` upholds what a duty's `yes` asks
    return strictness(scale, mine.verdict) < strictness(rival, theirs.verdict)


def tighten_place(profile: Profile, index: int) -> str:
    """The name under which the base's origins hold the place of one line of `tighten`."""
    return f"{profile.name}.tighten.{index}"


def _inherit(profile: Profile, parent: Profile) -> Profile:
    contacts = parent.contacts.model_copy(update=profile.contacts.model_dump(exclude_none=True))
    return profile.model_copy(
        update={
            "sources": parent.sources,
            "version": profile.version or parent.version,
            "brief": (*parent.brief, *profile.brief),
            "region": profile.region or parent.region,
            "contacts": contacts,
            "tighten": (*parent.tighten, *profile.tighten),
            "entries": (*parent.entries, *profile.entries),
        }
    )


def _who(situation: Situation) -> tuple[str, ...]:
    """Act and persons, without conditions: an overlay can't slip past a rule by adding one."""
    return (situation.act, situation.actor, situation.target, situation.object or "")


def situation_key(situation: Situation) -> tuple[str, ...]:
    """What makes two situations the same."""
    return (*_who(situation), *sorted(situation.conditions))
