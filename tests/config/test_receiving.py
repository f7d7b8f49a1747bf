"""A slow client holds nobody up: the rules one by one, and the real server with slow clients at its door."""

import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse

from config.receiving import Receiving
from tests.bench.serving import ROOT, free_port


def environ(body: Any = b"", **more: Any) -> dict[str, Any]:
    source = io.BytesIO(body) if isinstance(body, bytes) else body
    length = {"CONTENT_LENGTH": str(len(body))} if isinstance(body, bytes) and body else {}
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "REMOTE_ADDR": "192.0.2.1", "wsgi.input": source, **length, **more}


class Asked:
    """Calls the application and keeps what it answered."""

    def __init__(self, application: Any, environ: dict[str, Any]) -> None:
        self.body = b"".join(application(environ, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = int(status[:3]), dict(headers)


def echo(environ: dict[str, Any], start_response: Any) -> HttpResponse:
    content = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return HttpResponse(content + b"|" + str(environ.get("CONTENT_LENGTH", "")).encode())


class Slow:
    """A body of which nothing comes until it is told to."""

    def __init__(self, content: bytes = b"") -> None:
        self.content, self.come, self.asked = content, threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        self.asked.set()
        assert self.come.wait(20)
        piece, self.content = self.content[:size], self.content[size:]
        return piece


def door(places: int = 1, threads: int = 8, **more: Any) -> Receiving:
    return Receiving(echo, places=places, threads=threads, **more)


@pytest.mark.parametrize("size", [0, 1, 1000, 65_536, 65_537, 3_000_000])
def test_a_body_arrives_as_it_was_sent(size):
    body = os.urandom(size)

    assert Asked(door(), environ(body)).body == body + b"|" + (str(size).encode() if size else b"")


def test_a_body_of_which_the_length_is_not_told_arrives_too():
    """Django reads nothing of a chunked request by itself."""
    asked = Asked(door(), {**environ(io.BytesIO(b"x" * 100_000)), "HTTP_TRANSFER_ENCODING": "chunked"})

    assert asked.body == b"x" * 100_000 + b"|100000"


def test_who_sends_slowly_takes_no_place():
    site = door(places=1)
    slow = [Slow(b"traag") for _ in range(4)]
    threads = [
        threading.Thread(target=Asked, args=(site, environ(one, CONTENT_LENGTH="5", REMOTE_ADDR=str(n)))) for n, one in enumerate(slow)
    ]
    for thread in threads:
        thread.start()
    for one in slow:
        assert one.asked.wait(30)

    assert Asked(site, environ(b"vlug", REMOTE_ADDR="vlug")).body == b"vlug|4"

    for one in slow:
        one.come.set()
    for thread in threads:
        thread.join(30)


def test_what_trickles_is_ended(settings):
    settings.RECEIVING_GRACE = 0.2

    class Trickle:
        def read(self, size: int = -1) -> bytes:
            time.sleep(0.1)
            return b"x"

    began = time.monotonic()
    assert Asked(door(), environ(Trickle(), CONTENT_LENGTH="100000")).status == 408
    assert time.monotonic() - began < 5


def test_who_is_slow_but_gets_there_is_served(settings):
    settings.RECEIVING_GRACE, settings.RECEIVING_SLOWEST = 0.5, 10

    class Trickle:
        left = 4

        def read(self, size: int = -1) -> bytes:
            time.sleep(0.5)
            self.left -= 1
            return b"x" * 25_000 if self.left >= 0 else b""

    assert Asked(door(), environ(Trickle(), CONTENT_LENGTH="100000")).body == b"x" * 100_000 + b"|100000"


def test_a_quarter_of_the_threads_never_waits_for_a_body():
    site = door(places=1, threads=8)
    slow = [Slow(b"traag") for _ in range(6)]
    with ExitStack() as stack:
        for number, one in enumerate(slow):
            thread = threading.Thread(target=Asked, args=(site, environ(one, CONTENT_LENGTH="5", REMOTE_ADDR=str(number))))
            thread.start()
            stack.callback(thread.join, 30)
            stack.callback(one.come.set)
            assert one.asked.wait(30)

        refused = Asked(site, environ(b"nog een", REMOTE_ADDR="nieuw"))
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert Asked(site, environ()).status == 200
    assert Asked(site, environ(b"nog een")).status == 200


def test_one_address_does_not_take_all_of_the_waiting():
    site = door(places=1, threads=8)
    slow = [Slow(b"traag") for _ in range(2)]
    with ExitStack() as stack:
        for one in slow:
            thread = threading.Thread(target=Asked, args=(site, environ(one, CONTENT_LENGTH="5", REMOTE_ADDR="192.0.2.9")))
            thread.start()
            stack.callback(thread.join, 30)
            stack.callback(one.come.set)
            assert one.asked.wait(30)

        assert Asked(site, environ(b"x", REMOTE_ADDR="192.0.2.9")).status == 503
        assert Asked(site, environ(b"x", REMOTE_ADDR="192.0.2.10")).status == 200


def test_what_is_too_large_is_refused_before_it_is_read(settings):
    settings.RECEIVING_LARGEST = {"/cms/": 200, "": 100}
    unread = Slow()

    assert Asked(door(), environ(unread, CONTENT_LENGTH="101")).status == 413
    assert not unread.asked.is_set()
    assert Asked(door(), environ(b"x" * 101, PATH_INFO="/cms/x")).status == 200
    endless = Asked(door(), environ(io.BytesIO(b"x" * 101), HTTP_TRANSFER_ENCODING="chunked"))
    assert endless.status == 413


class Gone:
    """A sender who went away."""

    def read(self, size: int = -1, /) -> bytes:
        raise OSError("the sender is gone")


def test_what_ends_too_early_is_400():
    for length in ("10", "100000"):
        assert Asked(door(), environ(io.BytesIO(b"half"), CONTENT_LENGTH=length)).status == 400
        assert Asked(door(), environ(Gone(), CONTENT_LENGTH=length)).status == 400
    assert Asked(door(), environ(b"x", CONTENT_LENGTH="veel")).status == 400


def nobody_may(request: Any) -> HttpResponse | None:
    return HttpResponse("wie ben je", status=401) if request.headers.get("X-Name") != "Ann" else None


def test_a_gate_is_passed_before_something_large_is_read():
    site = door(gates={"/deur/": "tests.config.test_receiving.nobody_may"})
    unread = Slow()

    asked = Asked(site, environ(unread, CONTENT_LENGTH="100000", PATH_INFO="/deur/x"))
    assert (asked.status, asked.body) == (401, b"wie ben je")
    assert not unread.asked.is_set()
    assert Asked(site, environ(b"x" * 100_000, PATH_INFO="/deur/x", HTTP_X_NAME="Ann")).status == 200
    assert Asked(site, environ(b"x", PATH_INFO="/deur/x")).status == 200, "what is small is for the application to judge"


def test_a_place_keeps_its_connections_on_whichever_thread_it_is_used(settings):
    found: list[Any] = []

    def look(environ: dict[str, Any], start_response: Any) -> HttpResponse:
        found.append(connections["default"])
        start_response("200 OK", [])
        return HttpResponse()

    site = Receiving(look, places=1, threads=4)
    mine = connections["default"]
    try:
        for _ in range(3):
            thread = threading.Thread(target=Asked, args=(site, environ()))
            thread.start()
            thread.join()
    finally:
        assert connections["default"] is mine
    assert len({id(one) for one in found}) == 1
    assert found[0] is not mine


# --- The real server ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[int]:
    """deploy/serve.sh as it is in use: two processes, four places in each."""
    port = free_port()
    binary = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binary}{os.pathsep}{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "DATABASE_URL": "sqlite://:memory:",
        "PYTHONDONTWRITEBYTECODE": "",
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    log = tmp_path_factory.mktemp("log") / "server.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(["sh", str(ROOT / "deploy/serve.sh")], cwd=ROOT, env=environment, stdout=lines, stderr=lines)
    try:
        # Each process reads the addresses of the site at its first request, which takes a while.
        for _ in range(300):
            with suppress(OSError), ThreadPoolExecutor(8) as several:
                began = time.monotonic()
                list(several.map(lambda _: _get(port, "/xapi/about", patience=60), range(16)))
                if log.read_text().count("Started worker-") >= 2 and time.monotonic() - began < 1:
                    break
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _open(port: int, patience: float = 10) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=patience)


def _get(port: int, path: str, *, patience: float = 30) -> bytes:
    with _open(port, patience) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def test_slow_clients_stop_nobody(served):
    """One octet a second, from twenty clients: more than twice as many as the server works for at once."""
    kinds = [("/account/login/", 500), ("/xapi/statements", 500), ("/account/login/", 100_000), ("/xapi/statements", 60_000)]
    with ExitStack() as stack:
        slow = [stack.enter_context(_open(served, 10)) for _ in range(20)]
        for number, connection in enumerate(slow):
            path, length = kinds[number % len(kinds)]
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode())
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(1):
                for connection in slow:
                    with suppress(OSError):
                        connection.sendall(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            time.sleep(0.5)
            times = []
            for _ in range(20):
                began = time.monotonic()
                assert _get(served, "/xapi/about").startswith(b"HTTP/1.1 200")
                times.append(time.monotonic() - began)
        finally:
            ended.set()
            dripping.join()

    assert max(times) < 5, times  # who waits for the slow ones waits for minutes
