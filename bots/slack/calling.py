"""Calls of Slack's Web API, and what becomes of a call whose answer is lost.

Slack has no key by which a call would be done once. A connection can break after Slack took a call and before it answered, and
`internal_error` says no more than that: it may have been done. What then happens depends on what the call does:

- What reads, or puts something into a state, is the same done twice (SAFE): it is called once more, at once.
- `chat.postMessage` carries a marker that nobody sees. The conversation is looked through for it, and only what is not there is
  posted again. Where Slack is too slow for that, the next try of the same words looks first; and what a cohort is told keeps its
  marker for good, so that other processes find it too.
- `chat.postEphemeral` can be neither found nor changed nor taken back. It is not repeated here, and not written as a direct
  message besides: the event is refused, Slack delivers it again, and it is said again in the same place. So a nudge can stand
  twice where an answer was lost, or a process killed before it was recorded. A nudge that nobody sees would be worse.
- `views.open` and `views.push` spend their trigger: whoever pressed presses again.
- A connection that never came about has done nothing; the event is delivered again.
"""

import time
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.metrics import Metrics
from core.errors import DeliveryError, ForbiddenError, LostError, UnreachableError

TIMEOUT = 10  # seconds for a call
QUICK = 3.0  # seconds within which a call must have failed, to be made good at once: an event has to end
PATIENCE = 4  # seconds of Retry-After that are waited out, twice within an event's lease
RETRIES = 2  # of a call that Slack refused for now
SAFE = frozenset(
    "auth_test chat_update conversations_history conversations_info conversations_members conversations_open "
    "conversations_replies users_getPresence users_info views_publish views_update".split()
)
UNSURE = frozenset({"internal_error", "fatal_error", "request_timeout"})  # after which it may have been done
GONE = frozenset(  # of people and conversations, however often it is tried
    "cannot_dm_bot channel_not_found is_archived not_in_channel user_disabled user_not_found user_not_in_channel "
    "user_not_visible users_not_found".split()
)


def new_client(token: str | None, url: str, metrics: Metrics, session: ClientSession | None) -> AsyncWebClient:
    """A client that waits where Slack asks for it, and repeats nothing by itself; a session keeps its connections open."""
    return AsyncWebClient(token=token, base_url=url, timeout=TIMEOUT, session=session, retry_handlers=[_Waiting(metrics)])


async def call(client: AsyncWebClient, method: str, **arguments: Any) -> Any:
    """One call. Raises DeliveryError with Slack's own word for what is wrong, LostError where it may have been done."""
    began = time.monotonic()
    try:
        return await _called(client, method, **arguments)
    except LostError:
        if method not in SAFE or time.monotonic() - began > QUICK:
            raise
    return await _called(client, method, **arguments)


async def respond(url: str, body: dict[str, Any]) -> None:
    """Change something by the address that came with a press; done twice it is the same. Raises DeliveryError."""
    began = time.monotonic()
    try:
        await _responded(url, body)
    except LostError:
        if time.monotonic() - began > QUICK:
            raise
        await _responded(url, body)


async def _called(client: AsyncWebClient, method: str, **arguments: Any) -> Any:
    try:
        return (await getattr(client, method)(**arguments)).data
    except SlackApiError as error:
        raise _refusal(method, error) from None  # the error itself quotes what was sent
    except ClientConnectorError as error:
        raise DeliveryError(f"Slack can't be reached for {method}: {type(error).__name__}") from None
    except (SlackClientError, ClientError, TimeoutError, OSError) as error:
        raise LostError(f"Slack didn't answer {method}: {type(error).__name__}") from None


def _refusal(method: str, error: SlackApiError) -> DeliveryError:
    answer = error.response.data if isinstance(error.response.data, dict) else {}
    word = answer.get("error") or error.response.status_code
    if word == "missing_scope":
        return ForbiddenError(f"Slack refused {method}: the scope {answer.get('needed')} is missing; install the app with it")
    if word in UNSURE or error.response.status_code >= 500:
        return LostError(f"Slack didn't do {method}, or did: {word}")
    return (UnreachableError if word in GONE else DeliveryError)(f"Slack refused {method}: {word}")


async def _responded(url: str, body: dict[str, Any]) -> None:
    try:
        said = await AsyncWebhookClient(url, timeout=TIMEOUT, retry_handlers=[]).send_dict(body)
    except ClientConnectorError as error:
        raise DeliveryError(f"Slack can't be reached for a reply: {type(error).__name__}") from None
    except (SlackClientError, ClientError, TimeoutError, OSError) as error:
        raise LostError(f"Slack didn't answer a reply: {type(error).__name__}") from None
    if said.status_code != 200:
        raise DeliveryError(f"Slack refused a reply: {said.status_code}")


class _Waiting(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack asks for, unless an event would be held too long for it: that is delivered again."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(max_retry_count=RETRIES)
        self._metrics = metrics

    async def _can_retry_async(self, *, response: Any = None, **attempt: Any) -> bool:
        headers = {name.lower(): given for name, given in response.headers.items()} if response is not None else {}
        asked = str(next(iter(headers.get("retry-after", ["0"]))))
        patient = asked.isdecimal() and int(asked) <= PATIENCE
        return patient and await super()._can_retry_async(response=response, **attempt)

    async def prepare_for_next_attempt_async(self, **attempt: Any) -> None:
        self._metrics.retried("slack")
        await super().prepare_for_next_attempt_async(**attempt)
