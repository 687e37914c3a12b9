"""The app's manifest asks for what the code needs, and for nothing else."""

import re
from typing import Any

import yaml

from bots.slack.app import ASK_SHORTCUT, CHECK_SHORTCUT, COMMAND
from bots.slack.connect import SCOPES
from tests.conftest import ROOT

MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
APP = (ROOT / "bots" / "slack" / "app.py").read_text(encoding="utf-8")
HEARD = {"message.channels": "message", "message.groups": "message", "message.im": "message"}  # what each arrives as
LONGEST = {"name": 35, "description": 140, "long_description": 4_000}  # as Slack's pages have it


def test_scopes_are_the_codes_and_each_is_explained() -> None:
    scopes = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert sorted(scopes) == sorted(SCOPES)
    assert [scope for scope in scopes if f"`{scope}`" not in README] == []


def test_every_event_subscribed_to_has_a_listener() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert [event for event in events if f'"{HEARD.get(event, event)}"' not in APP] == []


def test_command_and_shortcuts_are_the_codes() -> None:
    features = MANIFEST["features"]
    assert [command["command"] for command in features["slash_commands"]] == [COMMAND]
    assert {shortcut["callback_id"] for shortcut in features["shortcuts"]} == {ASK_SHORTCUT, CHECK_SHORTCUT}


def test_direct_messages_are_open_and_texts_fit() -> None:
    assert MANIFEST["features"]["app_home"] == {
        "home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False,
    }  # fmt: skip
    shown = MANIFEST["display_information"]
    assert [name for name, most in LONGEST.items() if len(shown[name]) > most] == []
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
