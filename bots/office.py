"""What stands behind every adapter: dispatcher, desk, welcomes and prompts over one store, put together once for each house."""

from collections.abc import Sequence

from bots.coordinating import Coordinating
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.metrics import Metrics
from bots.rounds import Rounds, coordinators, counting
from bots.service import Adapter, House
from bots.welcoming import Welcoming
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import Answering, Engine
from core.scheduling.prompter import Prompter
from core.scheduling.runner import Runner
from core.storage.store import Store


class Office:
    """One for a house."""

    def __init__(
        self,
        engine: Engine,
        answering: Answering,
        base: KnowledgeBase,
        store: Store,
        keys: Keys,
        metrics: Metrics,
        elsewhere: Cohort,
        adapters: Sequence[Adapter],
    ) -> None:
        """`elsewhere` is the cohort of channels that belong to none."""
        self.dispatcher = Dispatcher(engine, store, keys, elsewhere, metrics=metrics)
        self.welcoming = Welcoming(base, store, self.dispatcher.marker)
        self.coordinating = Coordinating(base, store, self.welcoming)
        self.desk = Desk(answering, self.dispatcher, store, self.coordinating)
        self.house = House(store, self.dispatcher, adapters)
        find = self.house.platform
        self.prompter = Prompter(store, base, keys, find, coordinators(store), counted=counting(metrics))
        self.house.rounds = Rounds(store, self.welcoming, Runner(self.prompter), find)
