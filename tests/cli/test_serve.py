"""`mlkanban serve`: the board in a browser of this machine, for whoever has its address alone."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.cli.conftest import PROGRAM

pytestmark = pytest.mark.terminal


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """The address that the command prints."""
    program = [*PROGRAM, "--home", str(home)]
    subprocess.run([*program, "init", "Fraud"], check=True, capture_output=True)
    subprocess.run([*program, "add", "Focal loss"], check=True, capture_output=True)
    server = subprocess.Popen(
        [*program, "--json", "serve", "--port", str(_free_port()), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = str(json.loads(server.stdout.readline())["data"]["address"])
        _wait_for(int(address.split(":")[2].partition("/")[0]))
        yield address
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("nobody listens")


def _status(address: str, headers: dict[str, str] | None = None) -> int:
    request = urllib.request.Request(address, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def _drawn(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Wait until the board has sent this text."""
    sent = b""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            sent += message.data
        if text.encode() in sent:
            return
    raise AssertionError(f"{text!r} was not drawn: {sent[-2000:]!r}")


async def test_the_address_opens_the_board_once_and_a_reload_works(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        plain = address.partition("?")[0]
        assert _status(plain) == 403
        assert _status(plain + "?token=wrong") == 403
        assert _status(plain + "static/js/textual.js") == 403
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(address) as page:
                assert page.status == 200
                text = await page.text()
                assert "token" not in str(page.url)
            assert "https://" not in text  # nothing is fetched from elsewhere
            async with browser.get(plain) as page:
                assert page.status == 200
            async with browser.ws_connect(plain + "ws?width=100&height=30") as board:
                await _drawn(board, "Focal loss")
        assert _status(address) == 403


async def test_other_hosts_and_other_sites_are_refused(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        assert _status(address, {"Host": "evil.example"}) == 403
        assert _status(address, {"Origin": "http://evil.example"}) == 403
        port = int(address.split(":")[2].partition("/")[0])
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((own, port), timeout=5).close()


@pytest.mark.parametrize(("options", "stage"), [((), "Ideas"), (("--write",), "Ready")])
async def test_only_with_write_keys_change_the_board(
    tmp_path: Path, options: tuple[str, ...], stage: str
) -> None:
    with served(tmp_path, *options) as address:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(address) as page:
                assert page.status == 200
            where = address.partition("?")[0] + "ws?width=100&height=30"
            async with browser.ws_connect(where) as board:
                await _drawn(board, "Focal loss")
                await board.send_json(["stdin", "L"])
                await _drawn(board, "undoes it" if options else "read-only")
    listed = subprocess.run(
        [*PROGRAM, "--home", str(tmp_path), "--json", "list"], capture_output=True, check=True
    )
    assert json.loads(listed.stdout)["data"][0]["stage"] == stage


async def test_sizes_and_messages_that_make_no_sense_are_dropped(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(address) as page:
                assert page.status == 200
            where = address.partition("?")[0] + "ws?height=30&width="
            for width in ("99999999", "-1", "x", ""):
                with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
                    await browser.ws_connect(where + width)
            async with browser.ws_connect(where + "100") as board:
                await _drawn(board, "Focal loss")
                for text in ("{", "[]", '["stdin"]', '["stdin", 1]', "[" * 100_000, "[1]"):
                    await board.send_str(text)
                for size in (0, -1, 100_000, 10**30):
                    await board.send_json(["resize", {"width": size, "height": size}])
                await board.send_json(["stdin", "L"])
                await _drawn(board, "read-only")


async def test_sessions_end_with_their_server(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(address) as page:
                assert page.status == 200
            where = address.partition("?")[0] + "ws?width=100&height=30"
            async with browser.ws_connect(where) as board:
                await _drawn(board, "Focal loss")
                (session,) = _sessions(tmp_path)
                os.kill(int(Path(f"/proc/{session}/stat").read_text().split()[3]), signal.SIGKILL)
                for _ in range(300):
                    if not _sessions(tmp_path):
                        break
                    time.sleep(0.1)
                assert not _sessions(tmp_path)


def _sessions(home: Path) -> list[int]:
    """The processes that have the store of this home, and are sessions of a server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environment = (entry / "environ").read_bytes()
            if b"--session" in words and f"MLKANBAN_HOME={home}".encode() in environment:
                found.append(int(entry.name))
    return found


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    subprocess.run([*PROGRAM, "--home", str(tmp_path), "init", "F"], check=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = subprocess.run(
            [*PROGRAM, "--home", str(tmp_path), "serve", "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.returncode == 4
    assert port in answer.stderr
    assert "--port" in answer.stderr
