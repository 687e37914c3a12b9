"""Rules of the house that no linter knows."""

import subprocess
import sys

IMPORT_ALL = """
import sys
opened = []
WATCHED = ("socket.connect", "socket.getaddrinfo", "sqlite3.connect")
sys.addaudithook(lambda event, args: opened.append((event, str(args[0]))) if event in WATCHED else None)
import importlib, pkgutil
loaded = []
for package in ("core", "bots"):
    for module in pkgutil.walk_packages([package], package + "."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    foreign = ("slack_bolt", "botbuilder", "torch") if package == "core" else ("torch",)
    loaded += [name for name in foreign if name in sys.modules]
print(opened, loaded)
"""


def test_no_module_opens_anything_on_import() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[] []", done.stderr
