"""Mutated requests over every resource and both versions: whatever is sent, the answer is one of the standard's own.

The suite sends a slice; `make fuzz` sends 100,000 with another seed each time. The seed is printed; FUZZ_SEED and FUZZ_FIRST send the same again.
"""

import logging
import os
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as project
from django.core.signals import got_request_exception
from django.db import connections

from config.receiving import Receiving
from config.wsgi import _site
from tests.factories.lrs import a_credential
from tests.lrs.fuzzing import Fuzzer, exchange
from tests.lrs.serving import served

SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
REQUESTS = int(os.environ.get("FUZZ", "5000"))


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Thousands of refusals are logged; none of them is news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def fuzzer() -> Fuzzer:
    everything = a_credential(name="Alles")[1]["Authorization"]
    little = a_credential(name="Weinig", scopes=["statements/write", "statements/read/mine"])[1]["Authorization"]
    return Fuzzer(seed=SEED, keys=[everything] * 9 + [little])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_quiet")
def test_no_request_at_all_breaks_the_server(settings, tmp_path):
    settings.LRS_PROJECTIONS = []
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    raised: list[Any] = []

    def note(sender: Any, **_more: Any) -> None:
        raised.append(sys.exc_info()[1])

    got_request_exception.connect(note)
    maker, seen, began = fuzzer(), Counter[int](), time.perf_counter()
    try:
        with whole_site() as application:
            for number in range(FIRST, FIRST + REQUESTS):
                request = maker.request(number)
                status, headers, body = answer_to(application, request.environ())
                seen[status] += 1
                maker.learn(headers, body)
                about = f"FUZZ_SEED={SEED} FUZZ_FIRST={number}: {request.method} {request.path!r}?{request.query[:300]!r} {request.headers}"
                assert not raised, f"{about} raised {raised!r}"
                assert status < 500, f"{about} was answered with {status}: {body[:300]!r}"
    finally:
        got_request_exception.disconnect(note)
    sys.stderr.write(f"\n{REQUESTS} requests of seed {SEED} in {time.perf_counter() - began:.1f} s: {dict(sorted(seen.items()))}\n")
    # It gets as far as every kind of answer: a fuzz that is always refused at the door tests the door.
    assert {200, 204, 400, 401, 403, 404, 405, 409, 412, 413} <= set(seen)
    assert seen[200] + seen[204] > REQUESTS / 10


@contextmanager
def whole_site() -> Iterator[Callable[..., Any]]:
    """The site as it is served, middleware and the receiving of bodies included. Its database connections go when the context ends."""
    ours = {alias: connections[alias] for alias in connections}
    received = Receiving(_site, places=1, threads=4, gates=project.RECEIVING_GATES)
    try:
        yield received
    finally:
        received._places.get().close()
        for alias, connection in ours.items():
            connections[alias] = connection


def answer_to(application: Callable[..., Any], environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What the application itself answers, middleware included."""
    said: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        said.update(status=int(status.split()[0]), headers=dict(headers))

    response = application(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        close = getattr(response, "close", None)  # a list has none
        if close:
            close()
    return said["status"], said["headers"], body


# --- Over sockets, to the server of production --------------------------------------------------------------------------

CONNECTIONS = REQUESTS // 25
STATUS = re.compile(rb"^HTTP/1\.[01] ([0-9]{3})", re.MULTILINE)


@pytest.mark.django_db(transaction=True)
def test_no_connection_at_all_breaks_the_server(tmp_path):
    """Broken chunks, floods of headers, two lengths, half a request and gone: the server goes on, and answers the next one."""
    maker, seen = fuzzer(), Counter[int]()
    with served(VAR_DIR=str(tmp_path)) as server:
        for number in range(FIRST, FIRST + CONNECTIONS):
            pieces, waits = exchange(maker, number)
            answer = talk(server.port, pieces, waits=waits)
            statuses = [int(status) for status in STATUS.findall(answer.partition(b"\r\n\r\n")[0] if waits else answer[:64])]
            seen.update(statuses or [0])
            # 501 and 505 are what HTTP itself has for a method or a version that a server does not know.
            assert all(status < 500 or status in (501, 505) for status in statuses), (
                f"FUZZ_SEED={SEED} FUZZ_FIRST={number}: {statuses} {b''.join(pieces)[:300]!r} {answer[:500]!r}"
            )
            assert server.process.poll() is None, f"FUZZ_SEED={SEED} FUZZ_FIRST={number}: the server ended"
        good = [b"GET /xapi/about HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"]
        for _ in range(8):
            assert talk(server.port, good, waits=True, patience=20).startswith(b"HTTP/1.1 200"), "afterwards it answers as before"
    sys.stderr.write(f"\n{CONNECTIONS} connections of seed {SEED}: {dict(sorted(seen.items()))} (0 is no answer)\n")
    assert {200, 400} <= set(seen)


def talk(port: int, pieces: list[bytes], *, waits: bool, patience: float = 0.6) -> bytes:
    """Send the pieces; answer what came back, or what came by the time the sender goes away."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            if not waits:
                return answer
            while part := connection.recv(65_536):
                answer += part
                if len(answer) > 1_000_000:
                    break
        except OSError:  # the server closed first, or waits for more, as it may
            return answer
    return answer
