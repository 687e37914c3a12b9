"""The store, as the rest of core sees it."""

from collections.abc import Sequence
from typing import Protocol

from core.cohort import Cohort


class Store(Protocol):
    """Keeps cohorts by name. Every method raises StoreError when the database can't be used."""

    async def put_cohort(self, cohort: Cohort) -> bool:
        """Keep a cohort, in place of one of the same name; True when it is new."""
        ...

    async def cohort(self, name: str) -> Cohort | None:
        """The cohort of that name."""
        ...

    async def cohorts(self) -> Sequence[Cohort]:
        """All cohorts, by name."""
        ...

    async def close(self) -> None:
        """Give connections back; the store can't be used afterwards."""
        ...
