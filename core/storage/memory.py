"""A Store in memory, for tests and for trying things out."""

from collections.abc import Sequence

from core.cohort import Cohort


class MemoryStore:
    """Implements Store; gone with the process."""

    def __init__(self) -> None:
        self._cohorts: dict[str, Cohort] = {}

    async def put_cohort(self, cohort: Cohort) -> bool:
        """Keep a cohort, in place of one of the same name; True when it is new."""
        new = cohort.name not in self._cohorts
        self._cohorts[cohort.name] = cohort
        return new

    async def cohort(self, name: str) -> Cohort | None:
        """The cohort of that name."""
        return self._cohorts.get(name)

    async def cohorts(self) -> Sequence[Cohort]:
        """All cohorts, by name."""
        return [self._cohorts[name] for name in sorted(self._cohorts)]

    async def close(self) -> None:
        """Nothing to give back."""
