"""Who may use the playground's server, and how it says no."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from core.errors import BusyError, FaultyFileError, InputError, PracticumBotError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine's own pages: other sites' pages can reach a loopback server through the browser."""
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if host not in LOOPBACK or foreign:
        return web.json_response({"error": "open the page by its own address, 127.0.0.1"}, status=403, headers=HEADERS)
    response = await handler(request)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors raised on purpose, in their own words; what could not be done now is asked for again."""
    try:
        return await handler(request)
    except BusyError as error:
        return web.json_response({"error": str(error)}, status=503, headers={"Retry-After": "1"})
    except (InputError, FaultyFileError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except PracticumBotError as error:
        return web.json_response({"error": str(error)}, status=503, headers={"Retry-After": "5"})
