"""Who may use the playground's pages, and how the server says no."""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from core.errors import BusyError, Fault, FaultyFileError, InputError, PracticumBotError, SettingsError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "practicum_playground"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NEAR = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?", re.IGNORECASE)  # as browsers write them
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def check(host: str, token: str) -> None:
    """Raises SettingsError where anybody could come in."""
    if host not in LOOPBACK and not token:
        reason = (
            f"is {host}; without PRACTICUM_BOT_PLAYGROUND_TOKEN the playground has no log-in and serves this machine alone; set "
            "127.0.0.1, or such a token of at least 16 characters"
        )
        raise SettingsError([Fault(Path("PRACTICUM_BOT_HOST"), 0, reason)])


class Door:
    """Lets in this machine's own pages, or, with a token, whoever has it."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._cookie = hmac.new(token.encode(), COOKIE.encode(), hashlib.sha256).hexdigest()

    def guarded(self, handler: Handler) -> Handler:
        """A handler that only those let in reach, with errors raised on purpose in their own words."""

        async def answered(request: web.Request) -> web.StreamResponse:
            response = self._refused(request) or self._let_in(request) or await _explained(handler, request)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return answered

    def _refused(self, request: web.Request) -> web.StreamResponse | None:
        """Other sites' pages can reach a server through the browser, a loopback one too."""
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            return _no("open the page by its own address; other sites can't use it")
        if not self._token:
            near = _NEAR.fullmatch(request.host)
            return None if near else _no("open the page by its own address, 127.0.0.1")
        given = request.query.get("token")
        if given is not None and request.path == "/":
            return None if _same(given, self._token) else _no("this is not the playground's token")
        fine = _same(request.cookies.get(COOKIE, ""), self._cookie)
        return None if fine else _no("open the page once with ?token= and PRACTICUM_BOT_PLAYGROUND_TOKEN behind its address")

    def _let_in(self, request: web.Request) -> web.StreamResponse | None:
        """Whoever brought the token keeps a cookie, and the token leaves the address."""
        if not self._token or request.path != "/" or "token" not in request.query:
            return None
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(COOKIE, self._cookie, httponly=True, samesite="Strict", secure=request.secure)
        return response


async def _explained(handler: Handler, request: web.Request) -> web.StreamResponse:
    """What could not be done now is asked for again."""
    try:
        return await handler(request)
    except BusyError as error:
        return web.json_response({"error": str(error)}, status=503, headers={"Retry-After": "1"})
    except (InputError, FaultyFileError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except PracticumBotError as error:
        return web.json_response({"error": str(error)}, status=503, headers={"Retry-After": "5"})


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _no(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=403)
