"""Entry → verdict for one profile: the binding source decides, and the answer says who would differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.kb.schema import Differs, Entry, Profile, Tightening
from core.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class Resolved:
    """An entry's stance under one profile."""

    entry: Entry
    verdict: Verdict
    binding: str  # the source that decides
    rule: str  # the three parts of the answer
    instead: str | None  # None, as `ask`, where the entry's own was written for another verdict and no other is given
    ask: str | None
    citations: tuple[str, ...]  # binding source first
    others: tuple[Differs, ...]  # sources of the profile that say something else
    tightened: bool  # by the institution, beyond its sources


def resolve(entry: Entry, profile: Profile) -> Resolved | None:
    """The entry under a profile; None when no source of the profile speaks to it."""
    cited = [section.partition("/")[0] for section in entry.citations]
    in_force = [source for source in profile.sources if source in cited]
    if not in_force:
        return None
    differing = {differs.source: differs for differs in entry.differs}
    lead = cited[0]
    # Under the order the entry was written for, its own lead decides; elsewhere the first source in force does.
    binding = lead if lead in profile.sources and _leads(lead, in_force, differing) else in_force[0]
    others = [differs for source, differs in differing.items() if source in in_force and source != binding]
    if binding in differing and lead in in_force:
        others.append(Differs(source=lead, verdict=entry.verdict, says=entry.answer.rule))
    tightenings = [tightening for tightening in profile.tighten if tightening.entry == entry.id]
    said = tightenings[-1] if tightenings else differing.get(binding)
    verdict, rule, instead, ask = _parts(entry, said)
    order = {source: rank for rank, source in enumerate([binding, *in_force])}
    citations = sorted(
        (section for section in entry.citations if section.partition("/")[0] in in_force),
        key=lambda section: section.partition("/")[0] != binding,
    )
    return Resolved(entry, verdict, binding, rule, instead, ask, tuple(citations), _by_tier(others, order), bool(tightenings))


def _parts(entry: Entry, said: Tightening | Differs | None) -> tuple[Verdict, str, str | None, str | None]:
    """Verdict, rule, instead and ask: what is said in the entry's place, and the entry's own where they fit its verdict."""
    own = entry.answer
    if said is None:
        return entry.verdict, own.rule, own.instead, own.ask
    if said.verdict is entry.verdict:
        return said.verdict, said.says, said.instead or own.instead, said.ask or own.ask
    return said.verdict, said.says, said.instead, said.ask


def _leads(lead: str, in_force: Sequence[str], differing: dict[str, Differs]) -> bool:
    """Whether no source that ranks above the lead says something else."""
    return not any(source in differing for source in in_force[: in_force.index(lead)])


def _by_tier(others: Sequence[Differs], order: dict[str, int]) -> tuple[Differs, ...]:
    return tuple(sorted(others, key=lambda differs: order.get(differs.source, len(order))))
