"""The README and the product say the same."""

from dataclasses import fields

from bots.cli import app
from bots.settings import Settings, variable
from core.scan.analyzer import all_recognizers
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme() -> None:
    missing = [f.name for f in fields(Settings) if f"`{variable(f.name)}`" not in README]
    assert missing == [], "name these settings in README.md, under “For an IT admin”"


def test_every_command_is_in_the_changelog_and_works_as_named() -> None:
    groups = {
        group.name: [c.name or c.callback.__name__ for c in group.typer_instance.registered_commands if c.callback]
        for group in app.registered_groups
        if group.typer_instance
    }
    names = [f"{group} {command.rstrip('_').replace('_', '-')}" for group, commands in groups.items() for command in commands]
    names += [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
    missing = [name for name in names if f"`{name}`" not in CHANGELOG]
    assert missing == [], "name these commands in CHANGELOG.md"


def test_every_recognizer_says_what_it_recognizes() -> None:
    assert [r.name for r in all_recognizers() if not type(r).__doc__] == []


def test_commands_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test", "setup", "lint", "lock", "index", "load", "model"):
        assert f"\n{target}:" in makefile
        assert f"make {target}" in README
