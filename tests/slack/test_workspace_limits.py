"""What Slack refuses about blocks and views, and what it takes."""

import pytest

from tests.slack.building import HOME, MODAL, Json, button, client, options, plain, refused, section
from tests.slack.workspace import Workspace

BAD_BLOCKS: list[tuple[str, list[Json]]] = [
    ("51 blocks", [{"type": "divider"}] * 51),
    ("section text", [section("x" * 3001)]),
    ("empty section text", [section("")]),
    ("header", [{"type": "header", "text": plain("x" * 151)}]),
    ("header in mrkdwn", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]),
    ("eleven in a context", [{"type": "context", "elements": [plain("x")] * 11}]),
    ("26 elements", [{"type": "actions", "elements": [{**button()["elements"][0], "action_id": f"a{n}"} for n in range(26)]}]),
    ("button text", [button(text=plain("x" * 76))]),
    ("button in mrkdwn", [button(text={"type": "mrkdwn", "text": "x"})]),
    ("button value", [button(value="x" * 2001)]),
    ("button style", [button(style="default")]),
    ("accessibility label", [button(accessibility_label="x" * 76)]),
    ("block id", [{**section("x"), "block_id": "x" * 256}]),
    ("block id twice", [{**section("x"), "block_id": "b"}] * 2),
    ("action id", [button(action_id="x" * 256)]),
    ("action id twice", [{"type": "actions", "elements": button()["elements"] * 2}]),
    ("unknown property", [{**section("x"), "colour": "red"}]),
    ("unknown block", [{"type": "table_of_contents"}]),
    ("emoji in mrkdwn", [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}]),
    ("fields", [{"type": "section", "fields": [plain("x")] * 11}]),
    ("overflow", [{**section("x"), "accessory": {"type": "overflow", "options": options(6)}}]),
    ("option text", [{"type": "actions", "elements": [{"type": "static_select", "options": options(1, "x" * 76)}]}]),
    ("option value", [{"type": "actions", "elements": [{"type": "static_select", "options": options(1, value="x" * 150)}]}]),
    ("no options", [{"type": "actions", "elements": [{"type": "static_select", "options": []}]}]),
    ("foreign initial", [{**section("x"), "accessory": {"type": "radio_buttons", "options": options(1), "initial_option": {}}}]),
    ("text input outside of input", [{"type": "actions", "elements": [{"type": "plain_text_input"}]}]),
    ("confirm", [button(confirm={k: plain("x" * 101) for k in ("title", "text", "confirm", "deny")})]),
    ("a word for an object", [{"type": "section", "text": "x"}]),
    ("a word for a list", [{"type": "actions", "elements": "x"}]),
    ("image without alt", [{"type": "image", "image_url": "https://example.org/x.png"}]),
]


@pytest.mark.parametrize("blocks", [case for _, case in BAD_BLOCKS], ids=[name for name, _ in BAD_BLOCKS])
async def test_blocks_beyond_a_limit_are_refused(blocks: list[Json]) -> None:
    async with Workspace() as ws:
        channel = ws.channel("practicum", [ws.bot])
        answer = await refused(client(ws).chat_postMessage(channel=channel.id, text="x", blocks=blocks))
        assert answer["error"] == "invalid_blocks"
        assert "json-pointer:/blocks" in answer["response_metadata"]["messages"][0]
        assert len(ws.forgive()) == 1


async def test_blocks_within_the_limits_are_taken() -> None:
    select = {"type": "static_select", "options": options(100, "x" * 75), "placeholder": plain("x" * 150), "action_id": "s"}
    blocks = [
        *[{"type": "divider"}] * 44,
        section("x" * 3000),
        {"type": "header", "text": plain("x" * 150)},
        button(text=plain("x" * 75), value="x" * 2000, style="danger"),
        {"type": "context", "elements": [plain("x")] * 10},
        {"type": "section", "fields": [plain("x")] * 10, "accessory": {"type": "overflow", "options": options(5)}},
        {"type": "input", "label": plain("Say"), "element": {"type": "plain_text_input", "max_length": 3000}},
    ]
    async with Workspace() as ws:
        channel = ws.channel("practicum", [ws.bot])
        assert (await client(ws).chat_postMessage(channel=channel.id, text="x", blocks=blocks))["ok"]
        one = [{"type": "actions", "elements": [{**select, "options": options(100)}]}]
        assert (await client(ws).chat_postMessage(channel=channel.id, text="x", blocks=one))["ok"]


async def test_what_slack_takes_but_nobody_should_send_fails_the_test() -> None:
    async def careless() -> None:
        async with Workspace() as ws:
            channel = ws.channel("practicum", [ws.bot])
            await client(ws).api_call("chat.postMessage", json={"channel": channel.id, "blocks": [section("x")]})

    with pytest.raises(AssertionError, match="without top-level text"):
        await careless()
    async with Workspace() as ws:
        channel = ws.channel("practicum", [ws.bot])
        long = client(ws).chat_postMessage(channel=channel.id, text="x", blocks=[section("x" * 2600)] * 4)
        assert (await refused(long))["error"] == "msg_blocks_too_long"
        assert "too long" in ws.forgive()[0]


@pytest.mark.parametrize(
    "view",
    [
        {**MODAL, "title": plain("x" * 25)},
        {**MODAL, "submit": plain("x" * 25)},
        {**MODAL, "blocks": [{"type": "divider"}] * 101},
        {**MODAL, "private_metadata": "x" * 3001},
        {**MODAL, "callback_id": "x" * 256},
        {**MODAL, "blocks": [{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}]},
        {k: v for k, v in MODAL.items() if k != "title"},
        HOME,
    ],
)
async def test_modals_beyond_a_limit_are_refused(view: Json) -> None:
    async with Workspace() as ws:
        trigger = ws.new_trigger(ws.user("Ana Lopez"))
        answer = await refused(client(ws).views_open(trigger_id=trigger, view=view))
        assert answer["error"] == "invalid_arguments"
        assert ws.forgive()
