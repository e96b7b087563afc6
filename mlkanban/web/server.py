"""Serve the board to browsers of this machine that have the token.

The token stands in the address that is printed, and works once: it is exchanged for a cookie, so
that a reload works, and the history of the browser holds nothing that opens the board.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from shlex import join

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

HOST = "127.0.0.1"
_TOKEN_BYTES = 32


class BoardServer(Server):
    """`command` opens the board of one session; each browser window is a session."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        super().__init__(
            join(command),
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

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in who has neither the cookie nor the token. A page of another site may name
        this address (DNS rebinding) or open a socket to it: host and origin are checked as well."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="This address is not served here.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            raise web.HTTPForbidden(text="Another site may not open the board.\n")
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
