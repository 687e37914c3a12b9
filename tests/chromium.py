"""A browser that reaches this machine alone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip


def require(what: str) -> None:
    """Fail in CI and skip elsewhere, where there is no Chromium."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(f"Chromium is missing, so {what} was not driven; .ci/run installs it", pytrace=False)
        pytest.skip(f"LEFT OUT: {what} was not driven in a browser, because Chromium is missing")


@contextmanager
def running() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
