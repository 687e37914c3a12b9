"""A file that somebody put into a form → the form's own words: read once, handed on as text, and kept nowhere.

Slack keeps it among that person's own files. The bot's token goes to the place where Slack keeps files, and to no other.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from bots.payload import Payload
from bots.press import Press, Wrong
from bots.reading import text_of
from bots.slack import inbound
from core.errors import DeliveryError, InputError

MOST = 200_000  # bytes; a thousand people are some 40,000
SECONDS = 8
FILES = URL("https://files.slack.com")
FORBIDDEN = "I may not read files here. Please paste the lines, or ask whoever installed me for the permission files:read."
BIG = f"This file is too big: I read up to {MOST // 1000} KB. Please leave in it what the form asks for, or paste the lines."
NO_TEXT = "This is not a text file. In a spreadsheet choose Save as, CSV; or paste the lines."
ELSEWHERE = "This file is not kept in Slack, so I can't read it. Please upload it from your own machine, or paste the lines."
AWAY = "I couldn't fetch this file just now. Please send the form again, or paste the lines."


async def filled(press: Press, view: Payload, read: Callable[[Payload], Awaitable[str]]) -> Press | Wrong:
    """A sent form with the text of each of its files as what was put in, or what is wrong with a file, at its field."""
    inputs = dict(press.inputs)
    for name, file in inbound.files(view):
        try:
            inputs[name] = await read(file)
        except InputError as error:
            return Wrong({name: str(error)})
        except DeliveryError:
            return Wrong({name: AWAY})
    return replace(press, inputs=inputs)


async def text(file: Payload, token: str, api: str) -> str:
    """A file's text. Raises InputError with what its owner can do about it, DeliveryError where Slack does not give it out."""
    url = _address(file.get("url_private"))
    if not url.absolute or url.origin() not in _own(URL(api)):
        raise InputError(ELSEWHERE)
    if isinstance(size := file.get("size"), int) and size > MOST:
        raise InputError(BIG)
    found = text_of(await _content(url, token))
    if found is None:
        raise InputError(NO_TEXT)
    if not found.strip():
        raise InputError("This file is empty.")
    return found


def _address(given: object) -> URL:
    try:
        return URL(str(given or ""))
    except ValueError:
        return URL()


def _own(api: URL) -> set[URL]:
    """Where Slack keeps files, with its own address or another of its Web API."""
    return {FILES, api.origin(), api.origin().with_host(f"files.{api.host}")}


async def _content(url: URL, token: str) -> bytes:
    """What lies at an address of Slack's; one that sends elsewhere, or shows a page to log in, does not know the token."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=SECONDS)) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status in {301, 302, 303, 307, 308, 401, 403} or answer.content_type == "text/html":
                raise InputError(FORBIDDEN)
            if answer.status != 200:
                raise DeliveryError(f"Slack refused a file: {answer.status}")
            content = b""
            async for piece in answer.content.iter_any():
                content += piece
                if len(content) > MOST:
                    raise InputError(BIG)
            return content
    except (ClientError, TimeoutError, OSError) as error:
        raise DeliveryError(f"Slack can't be reached for a file: {type(error).__name__}") from None
