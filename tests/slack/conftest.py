"""Tests against a workspace on this machine: sockets to loopback alone, and tests that are coroutines."""

import asyncio
import inspect
from collections.abc import Iterator

import pytest
import pytest_socket

from tests.contract.conftest import server  # noqa: F401  # a fixture
from tests.slack.emulated import Emulated, require_installed

LONGEST = 120  # seconds


@pytest.fixture(autouse=True)
def _this_machine_alone() -> None:
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """A running `emulate`, fresh for the test."""
    require_installed()
    pytest_socket.enable_socket()
    running = Emulated(tmp_path_factory.mktemp("emulate") / "log")
    yield running
    running.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: value for name, value in pyfuncitem.funcargs.items() if name in wanted}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), LONGEST))
    return True
