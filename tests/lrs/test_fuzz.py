"""Mutated requests over every resource and both versions: whatever is sent, the answer is one of the standard's own.

The suite sends a slice; `make fuzz` sends 100,000 with another seed each time. The seed is printed; FUZZ_SEED and FUZZ_FIRST send the same again.
"""

import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import got_request_exception

from config.wsgi import application
from tests.factories.lrs import a_credential
from tests.lrs.fuzzing import Fuzzer

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
        for number in range(FIRST, FIRST + REQUESTS):
            request = maker.request(number)
            status, headers, body = answer_to(request.environ())
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


def answer_to(environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What the application itself answers, middleware included."""
    said: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        said.update(status=int(status.split()[0]), headers=dict(headers))

    response = application(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        response.close()
    return said["status"], said["headers"], body
