"""Serve the page until it is told to stop."""

import asyncio
import signal
import webbrowser
from pathlib import Path

from aiohttp import web

from bots.playground.app import Playground
from bots.playground.guard import LOOPBACK
from core.errors import Fault, SettingsError

GRACE = 2.0  # seconds that open requests get at the end


async def serve(playground: Playground, host: str, port: int, *, browser: bool) -> None:
    """Listen, print the address, and stop cleanly on Ctrl-C or a termination. Raises SettingsError."""
    if host not in LOOPBACK:
        reason = f"is {host}; the playground has no log-in and serves this machine alone; set 127.0.0.1"
        raise SettingsError([Fault(Path("PRACTICUM_BOT_HOST"), 0, reason)])
    await playground.calendar.introduce()
    runner = web.AppRunner(playground.app(), access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        reason = f"{port} can't be used ({error.strerror}); set another"
        raise SettingsError([Fault(Path("PRACTICUM_BOT_PORT"), 0, reason)]) from error
    address = f"http://{host}:{port}/"
    print(f"The playground is at {address} (Ctrl-C stops it).", flush=True)
    if browser:
        webbrowser.open(address)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    try:
        await stopped.wait()
    finally:
        await runner.cleanup()
        await playground.store.close()
    print("Stopped.")
