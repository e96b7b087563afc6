"""Serve the board to browsers of this machine that have the token.

The token stands in the address that is printed, and works once: it is exchanged for a cookie, so
that a reload works, and the history of the browser holds nothing that opens the board.
"""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from shlex import join
from typing import cast

from aiohttp import WSMessage, WSMsgType, web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server

HOST = "127.0.0.1"
_MOST_CELLS = 1_000
"""Columns or lines of a window: a larger one would take the memory of the machine."""
_TOKEN_BYTES = 32


def _is_size(value: object) -> bool:
    """Whether it is a count of columns or lines, as a number or in digits."""
    text = str(value)
    return text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_CELLS


def _is_message(data: str) -> bool:
    """Whether textual-serve and the board know what to do with a message of a browser."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return False
    match message:
        case ["resize", {"width": int(width), "height": int(height)}]:
            return _is_size(width) and _is_size(height)
        case ["stdin", str()] | ["ping", _] | ["blur", *_] | ["focus", *_]:
            return True
    return False


class _CheckedSocket:
    """The socket of a browser without the messages that make no sense."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket
        self.send_json = websocket.send_json

    async def __aiter__(self) -> AsyncIterator[WSMessage]:
        async for message in self._websocket:
            if message.type is WSMsgType.TEXT and _is_message(message.data):
                yield message


class BoardServer(Server):
    """`command` opens the board of one session; each browser window is a session."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        super().__init__(
            f"exec {join(command)}",  # no shell between the server and the session
            host=HOST,
            port=port,
            title="mlkanban",
            # Without Textual's page, which loads a font from the network.
            templates_path=Path(__file__).parent / "templates",
        )
        self._token: str | None = secrets.token_urlsafe(_TOKEN_BYTES)
        self._session = secrets.token_urlsafe(_TOKEN_BYTES)
        self._cookie = f"mlkanban-{port}"  # cookies do not tell ports of one host apart
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        """Opens the board in the first browser that asks for it."""
        return f"{self.public_url}/?token={self._token}"

    def initialize_logging(self) -> None:
        """Nothing is logged: an address holds the token."""

    async def on_startup(self, app: web.Application) -> None:
        """Without the banner of textual-serve: the command has said where to look."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def _process_messages(
        self, websocket: web.WebSocketResponse, app_service: AppService
    ) -> None:
        checked = cast("web.WebSocketResponse", _CheckedSocket(websocket))
        await super()._process_messages(checked, app_service)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in who has neither the cookie nor the token. A page of another site may name
        this address (DNS rebinding) or open a socket to it: host and origin are checked as well."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="This address is not served here.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            raise web.HTTPForbidden(text="Another site may not open the board.\n")
        if not all(_is_size(request.query.get(side, "80")) for side in ("width", "height")):
            raise web.HTTPBadRequest(text="This is no size of a window.\n")
        if secrets.compare_digest(request.cookies.get(self._cookie, ""), self._session):
            return await handler(request)
        given = request.query.get("token", "")
        if self._token is not None and secrets.compare_digest(given.encode(), self._token.encode()):
            self._token = None
            answer = web.HTTPFound("/")
            answer.set_cookie(self._cookie, self._session, httponly=True, samesite="Strict")
            raise answer
        raise web.HTTPForbidden(
            text="This needs the address that `mlkanban serve` printed. It opens the board once:"
            " for another browser call `mlkanban serve` again.\n"
        )
