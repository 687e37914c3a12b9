"""The process that stands between the chat platforms and the engine: its doors, its health, its beginning and end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bots import log
from bots.dispatch import Dispatcher
from bots.metrics import CONTENT_TYPE, Metrics
from bots.retention import Keep, purging
from bots.rounds import Rounds
from core.cohort import Cohort
from core.errors import DeliveryError, Fault, PracticumBotError, SettingsError
from core.ports import Platform
from core.storage.store import Store

GRACE = 20.0  # seconds that events being worked on get at the end; a longer one is given back, and delivered again
LAST = 5.0  # seconds for giving back, and for what else was asked for by HTTP
PATIENCE = 2.0  # seconds that the database is given to show that it is there
LARGEST = 1024 * 1024  # bytes of a request
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Adapter(Protocol):
    """A platform's SDK, as the process sees it."""

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What is served by HTTP."""
        ...

    @property
    def ready(self) -> bool:
        """Whether events can reach us."""
        ...

    async def start(self) -> None:
        """Take events from here on."""
        ...

    async def stop(self) -> None:
        """Take no more of them."""
        ...

    async def platform(self, name: str) -> Platform | None:
        """A workspace or tenant by its platform's name; None where it isn't this adapter's."""
        ...


class House:
    """Platforms that share records; a process may hold several houses, and nothing of one is seen in another."""

    def __init__(self, store: Store, dispatcher: Dispatcher, adapters: Sequence[Adapter]) -> None:
        self.store = store
        self.dispatcher = dispatcher
        self.adapters = adapters
        self.rounds: Rounds | None = None  # set by the composition root: they need this house's platforms

    async def platform(self, name: str) -> Platform | None:
        """A workspace or tenant by its platform's name; None where it can't be reached from here, for now or for ever."""
        for adapter in self.adapters:
            try:
                if found := await adapter.platform(name):
                    return found
            except DeliveryError as error:
                log.failed("unreached", error, platform=name)
        return None

    async def reached(self) -> bool:
        """Whether its database answers."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.store.ping()
        except (PracticumBotError, TimeoutError) as error:
            log.failed("unready", error)
            return False
        return True


class Service:
    """Everything that runs; one for a process."""

    def __init__(self, houses: Sequence[House], metrics: Metrics, keep: Keep) -> None:
        self._houses = houses
        self._adapters = [adapter for house in houses for adapter in house.adapters]
        self._metrics = metrics
        self._keep = keep
        self._stopping = False

    def app(self) -> web.Application:
        """The server's routes."""
        app = web.Application(client_max_size=LARGEST, middlewares=[_quietly])
        own = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._measured}
        app.add_routes([web.get(path, handler) for path, handler in own.items()])
        for adapter in self._adapters:
            app.add_routes(adapter.routes)
        return app

    async def keep(self, cohort: Cohort) -> None:
        """Keep a cohort, in place of one of the same name."""
        await self._houses[0].store.put_cohort(cohort)

    async def run(self, host: str, port: int) -> None:
        """Serve until Ctrl-C or a termination, then finish what was begun. Raises SettingsError."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stopped.set)
        async with self._served(host, port):
            log.event("serving", host=host, port=port)
            rounds = [house.rounds.run() for house in self._houses if house.rounds]
            purges = [purging(house.store, self._keep) for house in self._houses]
            await _until(stopped, self._start(), *purges, *rounds)
        log.event("stopped")

    @asynccontextmanager
    async def _served(self, host: str, port: int) -> AsyncIterator[None]:
        """The doors, open from beginning to end; what is held at the end is finished or given back before they close."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=LAST)
        await runner.setup()
        try:
            await _listen(runner, host, port)
            yield
        finally:
            self._stopping = True
            log.event("stopping")
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE + LAST):
                    ends = await asyncio.gather(*(house.dispatcher.held.end(GRACE) for house in self._houses))
                    log.event("let go", count=sum(ends))
            for adapter in self._adapters:
                await adapter.stop()
            await runner.cleanup()
            for house in self._houses:
                await house.store.close()

    async def _start(self) -> None:
        for adapter in self._adapters:
            await adapter.start()

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        """Whether the process is worth keeping; one that is stuck is not."""
        fine = not any(house.dispatcher.turns.stuck for house in self._houses)
        return web.json_response({"ok": fine}, status=200 if fine else 503)

    async def _readyz(self, _: web.Request) -> web.StreamResponse:
        parts = await self._parts()
        return web.json_response(parts, status=200 if all(parts.values()) else 503)

    async def _measured(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=self._metrics.text(await self._parts()), headers={"Content-Type": CONTENT_TYPE})

    async def _parts(self) -> dict[str, bool]:
        """What can work, and what can't."""
        return {
            "database": all(await asyncio.gather(*(house.reached() for house in self._houses))),
            "models": all(house.dispatcher.turns.sound for house in self._houses),
            "scheduler": all(house.rounds is None or house.rounds.sound for house in self._houses),
            "platforms": all(adapter.ready for adapter in self._adapters),
            "running": not self._stopping,
        }


@web.middleware
async def _quietly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong unexpectedly: its own words may quote what was sent, so that nobody is told them."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        log.failed("broken", error)
        reason = "this could not be done, because of a fault in the program; the log says where"
        return web.json_response({"error": reason}, status=500)


async def _until(stopped: asyncio.Event, *works: Coroutine[Any, Any, None]) -> None:
    """Do several things at once until told to stop; what one of them raises stops all."""
    tasks = [asyncio.ensure_future(work) for work in works]
    stop = asyncio.ensure_future(stopped.wait())
    waiting: set[asyncio.Future[Any]] = {stop, *tasks}
    try:
        while not stop.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in (stop, *tasks):
            task.cancel()
        await asyncio.gather(stop, *tasks, return_exceptions=True)


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = f"{port} can't be used ({error.strerror}); set another"
        raise SettingsError([Fault(Path("PRACTICUM_BOT_PORT"), 0, reason)]) from error
