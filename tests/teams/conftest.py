"""Tests against a Teams on this machine: sockets to loopback alone, and tests that are coroutines."""

from tests.slack.conftest import _this_machine_alone, pytest_pyfunc_call  # noqa: F401  # the same for every platform
