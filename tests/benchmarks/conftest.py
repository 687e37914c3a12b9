"""Sockets to loopback alone."""

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _this_machine_alone() -> None:
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
