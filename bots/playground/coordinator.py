"""The coordinator's page: the cohort, its channels, its prompts, and counts."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bots.playground.room import COHORT, PLATFORM, SEMINAR, Room
from core.cohort import read_cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.counts import counts
from core.nudging.wording import of
from core.scheduling.calendar import Calendar as Prompts
from core.scheduling.calendar import Week
from core.scheduling.prompter import Prompter
from core.storage.store import Place, Store

SINCE = timedelta(days=30)  # of the counts
RETENTION = 120  # days, a term
WEEKS = 16  # of prompts ahead


class Calendar:
    """What the coordinator sees and may change."""

    def __init__(self, room: Room, store: Store, base: KnowledgeBase, prompter: Prompter) -> None:
        self._room = room
        self._store = store
        self._base = base
        self._prompts = Prompts(store, base.prompts)
        self._prompter = prompter

    async def seminars(self) -> set[str]:
        """The channels in which stories may be told."""
        places = [await self._store.place(PLATFORM, name) for name in (COHORT, SEMINAR)]
        return {place.channel for place in places if place and place.seminar}

    async def shown(self) -> dict[str, Any]:
        """Everything on the page."""
        cohort, seminars = self._room.cohort, await self.seminars()
        since = datetime.now(UTC) - SINCE
        summed = counts(await self._store.nudges_in(cohort.name, since), datetime.now(UTC), cohort.zone)
        return {
            "name": cohort.name,
            "shadow": await self._store.shadow(cohort.name),
            "term": cohort.term.model_dump() if cohort.term else None,
            "prompts": [
                {
                    "week": number,
                    "at": week.planned.at,
                    "id": week.planned.prompt.id,
                    "text": week.planned.prompt.text,
                    "skipped": week.skipped,
                    "posted": week.posted,
                }
                for number, week in enumerate(await self._weeks(), 1)
            ],
            "channels": [{"id": name, "name": name, "seminar": name in seminars} for name in (COHORT, SEMINAR)],
            "roster": [{"name": person.name, "aliases": list(person.aliases)} for person in cohort.roster],
            "counts": {
                "since": since,
                "enough": summed.enough,
                "rows": [{**asdict(row), "name": of(self._base, row.category, row.tier).name} for row in summed.rows],
            },
            "retention_days": RETENTION,
        }

    async def change(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the coordinator asks. Raises InputError, and CohortFileError with every fault of a cohort file."""
        cohort = self._room.cohort
        if what == "import":
            with TemporaryDirectory() as folder:
                path = Path(folder) / "cohort.yaml"
                path.write_text(str(body.get("yaml", "")), encoding="utf-8")
                cohort = read_cohort(path, self._base.profiles)
            await self._store.put_cohort(cohort)
            self._room.cohort = cohort
            await self.introduce()
            self._room.start_over()
        elif what == "channel":
            await self._keep(str(body.get("channel")), seminar=bool(body.get("seminar")))
            self._room.start_over()
        elif what == "shadow":
            if not await self._store.put_shadow(cohort.name, bool(body.get("on"))):
                raise InputError("the cohort is not kept; import it first")
        elif what == "prompt":
            await self._prompt(body)
        elif what == "purge":
            return {"receipt": await self._purged(body)}
        else:
            raise InputError(f"there is nothing called '{what}' to change")
        return {}

    async def introduce(self) -> None:
        """Keep the cohort, and say in each new channel what is looked for; the seminar starts as one."""
        await self._store.put_cohort(self._room.cohort)
        for name in (COHORT, SEMINAR):
            place = await self._store.place(PLATFORM, name)
            if place is None or place.cohort != self._room.cohort.name:
                await self._keep(name, seminar=name == SEMINAR)

    async def _keep(self, channel: str, *, seminar: bool) -> None:
        if channel not in {COHORT, SEMINAR}:
            raise InputError(f"channel: there is no channel '{channel}'")
        at = datetime.now(UTC)
        await self._store.put_place(
            Place(platform=PLATFORM, channel=channel, cohort=self._room.cohort.name, seminar=seminar, introduced_at=at)
        )

    async def _weeks(self) -> list[Week]:
        """The weeks ahead; a term that is over, or has not begun, is shown whole."""
        cohort = self._room.cohort
        today = datetime.now(cohort.zone).date()
        if cohort.term and not cohort.term.start <= today <= cohort.term.end:
            today = cohort.term.start
        return await self._prompts.preview(cohort, today, WEEKS)

    async def _prompt(self, body: Mapping[str, Any]) -> None:
        weeks = dict(enumerate(await self._weeks(), 1))
        number = body.get("week")
        week = weeks.get(number) if isinstance(number, int) else None
        if week is None:
            raise InputError(f"week: must be a week of the calendar, 1 to {len(weeks)}")
        cohort, now, which = self._room.cohort, datetime.now(UTC), week.planned.week
        match body.get("do"):
            case "post":
                await self._prompts.post_now(cohort, now, which)
                await self._prompter.tick(now)
            case "skip":
                await self._prompts.skip(cohort, now, which)
            case "unskip":
                await self._prompts.unskip(cohort, now, which)
            case _:
                raise InputError("do: must be post, skip or unskip")

    async def _purged(self, body: Mapping[str, Any]) -> str:
        days = body.get("days")
        if not isinstance(days, int) or not 0 <= days <= 3660:
            raise InputError("days: must be a number of days, 0 to 3660")
        before = datetime.now(UTC) - timedelta(days=days)
        await self._store.purge_nudges(self._room.cohort.name, before)
        return f"Deleted everything older than {before:%Y-%m-%d %H:%M} UTC."  # how much it was could point at somebody
