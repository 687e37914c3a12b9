"""The app package: what Microsoft's own schema says of it, and that it names what the bot answers to."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bots.teams import app
from core.errors import InputError
from deploy.teams.build import build, manifest
from tests.conftest import ROOT
from tests.teams.activities import APP
from tests.teams.peer import FOLDER, require_installed

SITE = "https://www.example.edu/practicum"


def test_microsoft_s_schema_takes_it(tmp_path: Path) -> None:
    require_installed()
    shown = tmp_path / "manifest.json"
    shown.write_text(manifest(APP, SITE), encoding="utf-8")
    done = subprocess.run(["node", FOLDER / "validate.mjs", shown], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "valid", done.stdout + done.stderr
    broken = json.loads(shown.read_text(encoding="utf-8"))
    broken["bots"][0]["scopes"] = ["everywhere"]
    shown.write_text(json.dumps(broken), encoding="utf-8")
    assert subprocess.run(["node", FOLDER / "validate.mjs", shown], capture_output=True, check=False).returncode == 1


def test_the_package_holds_what_teams_asks_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.teams.build", APP, "--site", SITE, "--to", tmp_path / "a.zip"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    build(APP, SITE, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert sorted(packed.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert "{{" not in packed.read("manifest.json").decode()
        sizes = {name: struct.unpack(">II", packed.read(name)[16:24]) for name in ("color.png", "outline.png")}
    assert sizes == {"color.png": (192, 192), "outline.png": (32, 32)}


def test_it_names_what_the_bot_answers_to() -> None:
    shown = json.loads(manifest(APP, SITE))
    assert {command["id"] for command in shown["composeExtensions"][0]["commands"]} == {app.ASK, app.CHECK}
    words = {command["title"] for command in shown["bots"][0]["commandLists"][0]["commands"]}
    assert words <= app.HOME_WORDS | app.CHECK_WORDS
    assert [asked["name"] for asked in shown["authorization"]["permissions"]["resourceSpecific"]] == ["ChannelMessage.Read.Group"]


@pytest.mark.parametrize(("app_id", "site"), [("x", SITE), (APP, "http://www.example.edu"), (APP, "https://"), (APP, "")])
def test_what_teams_would_refuse_is_refused_with_a_cure(app_id: str, site: str) -> None:
    with pytest.raises(InputError):
        manifest(app_id, site)
