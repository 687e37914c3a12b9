"""Activities as they come, and what is made of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.teams import inbound
from core.errors import InputError
from core.ports import Happened
from core.scan.reading import File
from core.text import plain
from tests.teams.activities import ANA, BEN, BOT, CHANNEL, TENANT, in_channel, in_private, mention, private

HTML = '<div><div><at id="0">Practicum helper</at>&nbsp;is <b>this</b> ok?</div></div>'
SPAN = '<div><span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">Practicum helper</span> hi</div>'


def test_a_post_in_a_channel() -> None:
    event = inbound.event(in_channel(text="my client relapsed\n"))
    assert event is not None
    message = event.message
    assert (event.platform, event.happened, message.id) == (f"teams:{TENANT}", Happened.POSTED, "1700000000001")
    assert (message.author, message.channel, message.thread) == (ANA["aadObjectId"], CHANNEL, None)
    assert (message.text, message.to_bot) == ("my client relapsed\n", False)
    assert message.sent_at == datetime(2026, 11, 2, 19, 0, 0, 123456, tzinfo=UTC)


def test_a_reply_knows_its_thread_and_a_private_message_its_bot() -> None:
    reply = inbound.event(in_channel(text="same", thread="1600"), parent="how are clients?")
    assert reply is not None
    assert (reply.message.thread, reply.message.channel, reply.message.parent) == ("1600", CHANNEL, "how are clients?")
    asked = inbound.event(in_private(text="may I?"))
    assert asked is not None
    assert (asked.message.to_bot, asked.message.channel, asked.message.thread) == (True, private(ANA), None)


@pytest.mark.parametrize(
    ("body", "text", "asked"),
    [
        ({"text": "<at>Practicum helper</at> may I?", "entities": [mention()]}, "may I?", True),
        ({"text": "<at>Ben Okoro</at> may I?", "entities": [mention(False, "Ben Okoro")]}, "@Ben Okoro may I?", False),
        (
            {"text": "", "attachments": [{"contentType": "text/html", "content": HTML}], "entities": [mention()]},
            "is this ok?",
            True,
        ),
        ({"text": None, "attachments": [{"contentType": "text/html", "content": SPAN}], "entities": [mention()]}, "hi", True),
        ({"text": "<div><div>my client <b>relapsed</b></div></div>", "textFormat": "xml"}, "my client relapsed", False),
    ],
)
def test_words_are_those_that_people_see_without_the_bots_own_name(body: dict[str, Any], text: str, asked: bool) -> None:
    event = inbound.event(in_channel(**body))
    assert event is not None
    assert " ".join(plain(event.message.text).text.split()) == text
    assert event.message.to_bot is asked


def test_what_is_blanked_keeps_its_place() -> None:
    text = "<at>Practicum helper</at> call 403 555 0139"
    event = inbound.event(in_channel(text=text, entities=[mention()]))
    assert event is not None
    assert len(event.message.text) == len(text)
    assert event.message.text.index("403") == text.index("403")


def test_edits_and_deletions() -> None:
    edit = inbound.event(
        in_channel(type="messageUpdate", text="better", channelData=in_channel()["channelData"] | {"eventType": "editMessage"})
    )
    again = inbound.event(in_channel(type="messageUpdate", text="even better"))
    gone = inbound.event(in_channel(type="messageDelete", text=None))
    assert edit
    assert again
    assert gone
    assert (edit.happened, edit.message.text, edit.message.id) == (Happened.EDITED, "better", "1700000000001")
    assert edit.id != again.id
    assert (gone.happened, gone.message.text, gone.message.files) == (Happened.DELETED, "", ())


def test_the_same_delivery_has_the_same_id() -> None:
    one, other = inbound.event(in_channel(text="a")), inbound.event(json.loads(json.dumps(in_channel(text="a"))))
    assert one
    assert other
    assert one.id == other.id


def test_files_are_known_by_name_and_kind() -> None:
    attachments = [
        {
            "contentType": "text/html",
            "content": '<p><img alt="x" src="…"/><img itemtype="http://schema.skype.com/Emoji" alt="y"></p>',
        },
        {
            "contentType": "application/vnd.microsoft.teams.file.download.info",
            "name": "intake.docx",
            "content": {"fileType": "docx"},
        },
        {"contentType": "image/png", "contentUrl": "https://example.invalid/x.png"},
        {"contentType": "video/mp4", "name": "session 3.mp4"},
        {"contentType": "application/vnd.microsoft.card.adaptive", "content": {}},
    ]
    event = inbound.event(in_private(text="look", attachments=attachments))
    assert event is not None
    kinds = [(file.name, file.kind) for file in event.message.files]
    assert kinds == [("image", "image"), ("intake.docx", "document"), ("image", "image"), ("session 3.mp4", "video")]
    assert event.message.files[2] == File("image", "image/png")


@pytest.mark.parametrize(
    "body",
    [
        in_channel(type="messageReaction", reactionsAdded=[{"type": "like"}]),
        in_channel(type="typing"),
        in_channel(type="event", name="application/vnd.microsoft.readReceipt"),
        in_channel({"id": BOT, "name": "Practicum helper"}, text="I said it"),
        in_channel({"id": "28:other", "name": "Another bot"}, text="beep"),
        in_channel({**BEN, "role": "bot"}, text="beep"),
        {**in_channel(text="a system message"), "from": None},
        in_private(text=None, value={"practicum": {"do": "ask.open"}}),
    ],
)
def test_what_says_nothing_to_us(body: dict[str, Any]) -> None:
    assert inbound.event(body) is None


@pytest.mark.parametrize(
    "body",
    [
        {**in_channel(text="x"), "conversation": None},
        {**in_channel(text="x"), "conversation": {"tenantId": TENANT}},
        {**in_channel(text="x"), "id": 7},
        in_channel(text="x", timestamp="soon"),
        {**in_channel(text="x"), "conversation": {**in_channel()["conversation"], "tenantId": "other"}},
        {**in_private(text="x"), "channelData": [], "conversation": {"id": "a:1", "conversationType": "personal"}},
    ],
)
def test_bad_shapes_are_refused_with_words_of_our_own(body: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="activity"):
        inbound.event(body)


@pytest.mark.parametrize("junk", [None, 1, "x", [], [None], {"x": []}])
@pytest.mark.parametrize(
    "name", ["from", "conversation", "channelData", "recipient", "entities", "attachments", "value", "text", "timestamp"]
)
def test_no_junk_does_worse_than_be_refused(name: str, junk: object) -> None:
    body = {**in_channel(text="x", entities=[mention()]), name: junk}
    try:
        event = inbound.event(body)
    except InputError:
        return
    assert event is None or event.message.channel == CHANNEL


def test_a_press_carries_what_the_button_held_and_what_was_filled_in() -> None:
    data = {
        "practicum": {"do": "cohort.save", "value": '[""]', "channel": CHANNEL, "thread": "7"},
        "name": "Winter",
        "channels": "a,b",
        "x": None,
    }
    press = inbound.press(in_private(value=data, text=None))
    assert (press.platform, press.person, press.do, press.value) == (f"teams:{TENANT}", ANA["aadObjectId"], "cohort.save", '[""]')
    assert press.inputs == {"name": "Winter", "channels": "a,b", "x": ""}
    assert inbound.origin(in_private(value=data)) == (CHANNEL, "7")
    window = in_private(type="invoke", name="composeExtension/submitAction", value={"commandId": "x", "data": data})
    assert inbound.press(window).inputs["name"] == "Winter"
    with pytest.raises(InputError):
        inbound.press(in_private(text="no press"))


def test_who_has_no_directory_id_is_known_by_the_one_of_teams() -> None:
    event = inbound.event(in_channel({"id": "29:guest", "name": "Guest"}, text="hi"))
    assert event is not None
    assert event.message.author == "29:guest"
