"""Every database there is, as for the contracts."""

from tests.contract.conftest import postgresql, server, sqlite, url  # noqa: F401  # fixtures
