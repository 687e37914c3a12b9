"""Which cohorts a workspace has to do with: one process may serve several, and they never mix."""

from core.cohort import Cohort
from core.storage.store import Store


async def at_home(store: Store, platform: str) -> list[str]:
    """The cohorts that have a channel or a member in a workspace, by name."""
    return [name for name in await store.cohort_names() if platform in await _platforms(store, name)]


async def only(store: Store, platform: str) -> Cohort | None:
    """The only cohort there is, unless it is another workspace's."""
    names = await store.cohort_names()
    if len(names) != 1:
        return None
    platforms = await _platforms(store, names[0])
    return await store.cohort(names[0]) if not platforms or platform in platforms else None


async def _platforms(store: Store, cohort: str) -> set[str]:
    return {place.platform for place in await store.places(cohort)} | {m.platform for m in await store.members(cohort)}
