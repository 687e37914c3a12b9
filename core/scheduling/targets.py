"""Where a slot goes, and what it says there: the same on every machine, so that it can be found again."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.cards import Card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import Letter, Post
from core.scheduling.days import terms
from core.scheduling.plan import prompt_of
from core.scheduling.review import dates_of, reviews
from core.scheduling.wording import follow_up_card, missed_card, note_card, prompt_card, review_card, self_check_card
from core.storage.slots import Decision, Kind, Slot, State
from core.storage.store import Place, Store

WEEK = timedelta(weeks=1)
CoordinatorsOf = Callable[[str, str], Awaitable[Sequence[str]]]  # of a cohort, on a platform: the platform's ids of people


@dataclass(frozen=True, slots=True)
class Target:
    """One delivery of a slot."""

    place: str  # as it is kept
    platform: str
    action: Post | Letter


class Targets:
    """Finds out for each slot where it goes."""

    def __init__(self, store: Store, base: KnowledgeBase, keys: Keys, coordinators_of: CoordinatorsOf) -> None:
        self._store = store
        self._base = base
        self._keys = keys
        self._coordinators_of = coordinators_of
        self._dates = dates_of(base)

    async def of(self, decision: Decision, cohort: Cohort, places: Sequence[Place]) -> list[Target] | None:
        """Where a slot goes, if anywhere; None while that can't be known."""
        if decision.slot.kind is Kind.FOLLOW_UP:
            return await self._in_threads(decision, cohort, places)
        card = self._card(decision, cohort)
        if card is None:
            return []
        if decision.slot.kind in {Kind.PROMPT, Kind.SELF_CHECK}:
            return [_post(decision.slot, place, card) for place in places]
        return [
            Target(
                f"{platform} {self._keys.key('letter', platform, person)}",
                platform,
                Letter(person, card, _marker(decision.slot, platform, person)),
            )
            for platform in sorted({place.platform for place in places})
            for person in await self._coordinators_of(cohort.name, platform)
        ]

    def _card(self, decision: Decision, cohort: Cohort) -> Card | None:
        slot = decision.slot
        match slot.kind:
            case Kind.SELF_CHECK:
                return self_check_card()
            case Kind.MISSED:
                return missed_card(cohort, datetime.fromisoformat(decision.choice))
            case Kind.REVIEW:
                around = terms(cohort, slot.day, slot.day + WEEK)
                found = (r for term in around for day, r in reviews(cohort, self._dates, term) if day.week == slot.day)
                review = next(found, None)
                return review_card(self._base, cohort, review) if review else None
        prompt = prompt_of(cohort, self._base.prompts, decision.choice)
        if prompt is None:
            return None
        return note_card(self._base, cohort, prompt) if slot.kind is Kind.NOTE else prompt_card(self._base, prompt)

    async def _in_threads(self, decision: Decision, cohort: Cohort, places: Sequence[Place]) -> list[Target] | None:
        """Where the prompt arrived, there its follow-up goes, in its thread."""
        prompted = Slot(cohort.name, Kind.PROMPT, decision.slot.day)
        decisions = await self._store.decisions(cohort.name, prompted.day)
        if any(known.slot == prompted and known.state is State.PLANNED for known in decisions):
            return None
        prompt = prompt_of(cohort, self._base.prompts, decision.choice)
        if prompt is None or not prompt.follow_up:
            return []
        sendings = await self._store.sendings(prompted)
        arrived = {name: sending.message for name, sending in sendings.items() if sending.state is State.DONE}
        card = follow_up_card(prompt)
        return [_post(decision.slot, place, card, arrived[_name(place)]) for place in places if _name(place) in arrived]


def _name(place: Place) -> str:
    return f"{place.platform} {place.channel}"


def _post(slot: Slot, place: Place, card: Card, thread: str | None = None) -> Target:
    marker = _marker(slot, place.platform, place.channel)
    return Target(_name(place), place.platform, Post(channel=place.channel, card=card, marker=marker, thread=thread))


def _marker(slot: Slot, platform: str, to: str) -> str:
    said = "\n".join((slot.cohort, slot.kind, slot.day.isoformat(), platform, to))
    return hashlib.blake2b(said.encode(), digest_size=20).hexdigest()
