"""kill -9 of whatever there is, at any moment, while tools write: what was acknowledged is there, once, and all is projected.

FAULT_ROUNDS says how often something is killed, FAULT_SEED repeats a run: the same victims after the same pauses. Whether a loss would
be seen can be tried: with PGOPTIONS="-c synchronous_commit=off" PostgreSQL forgets what it acknowledged, and the test fails.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from lrs.models import PendingProjection
from tests.lrs.faults.record import Journals, Scene, check_nothing_is_lost, check_projections
from tests.lrs.faults.site import Site

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "0"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
TOOLS = 4

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.postgresql
def test_nothing_is_lost_whatever_is_killed_on_postgresql(own_cluster, folder):
    with own_cluster() as database:
        chance = random.Random(SEED)

        def a_backend() -> None:
            pids = database.backends()
            if pids:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(pids), signal.SIGKILL)

        def the_first_process_of_the_database() -> None:
            os.kill(database.postmaster(), signal.SIGKILL)
            database.start()

        def all_of_the_database() -> None:
            database.kill_all()
            database.start()

        scene = Scene.make()
        site = Site(database_url=database.url, folder=folder)
        victims = {
            "server process": lambda: site.kill_server_process(chance.randrange(2)),
            "worker": site.kill_worker,
            "backend": a_backend,
            "postmaster": the_first_process_of_the_database,
            "server": site.kill_server,
            "database": all_of_the_database,
        }
        _kill_again_and_again(site, scene, victims, chance=chance, rounds=ROUNDS or 6, folder=folder)


def test_nothing_is_lost_whatever_is_killed_on_sqlite(own_file, folder):
    chance = random.Random(SEED)
    scene = Scene.make()
    site = Site(database_url=own_file, folder=folder)
    victims = {
        "server process": lambda: site.kill_server_process(chance.randrange(2)),
        "worker": site.kill_worker,
        "server": site.kill_server,
    }
    _kill_again_and_again(site, scene, victims, chance=chance, rounds=ROUNDS or 3, folder=folder)


def _kill_again_and_again(
    site: Site, scene: Scene, victims: dict[str, Callable[[], None]], *, chance: random.Random, rounds: int, folder: Path
) -> None:
    order: list[str] = []
    while len(order) < rounds:
        order += chance.sample(list(victims), len(victims))
    connection.close()
    try:
        with _tools(site, scene, folder) as journals:
            _wait_until_all_go_on(site, journals)
            for number, victim in enumerate(order[:rounds], start=1):
                pause = chance.uniform(0, 0.6)
                time.sleep(pause)
                began = time.monotonic()
                victims[victim]()
                _wait_until_all_go_on(site, journals)
                sys.stderr.write(f"seed {SEED} round {number}: {victim} after {pause:.3f} s, {time.monotonic() - began:.1f} s\n")
        _wait_until_nothing_waits(site)
    finally:
        site.end()
    found = Journals.read(journals)
    sys.stderr.write(f"seed {SEED}: {len(found.kept)} acknowledged, {len(found.left)} batches left, answers {dict(found.statuses)}\n")
    assert len(found.kept) > 10 * rounds, "there was hardly any load"
    assert set(found.statuses) <= {503}, _surprises(site.said())
    check_nothing_is_lost(found)
    check_projections()


@contextmanager
def _tools(site: Site, scene: Scene, folder: Path) -> Iterator[list[Path]]:
    """Processes that write without pause, until the context ends; each ends when its last request is acknowledged."""
    journals, processes = [], []
    for number in range(TOOLS):
        journals.append(folder / f"tool-{number}.jsonl")
        orders: dict[str, Any] = {
            "seed": SEED * 100 + number,
            "journal": str(journals[-1]),
            "port": site.port,
            "headers": scene.headers[number % 2],
            "enrolments": scene.enrolments,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.lrs.faults.client"], stdin=subprocess.PIPE, cwd=settings.BASE_DIR, text=True
        )
        assert process.stdin
        process.stdin.write(json.dumps(orders))
        process.stdin.close()
        processes.append(process)
    try:
        yield journals
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        ends = [_end_of(process) for process in processes]
    assert ends == [0] * TOOLS


def _end_of(process: "subprocess.Popen[str]") -> int:
    try:
        return process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _wait_until_all_go_on(site: Site, journals: list[Path]) -> None:
    """Every tool gets something acknowledged from here on: the site answers again without anybody's help."""
    before = [_acknowledged(path) for path in journals]
    until = time.monotonic() + 120
    while any(_acknowledged(path) <= count for path, count in zip(journals, before, strict=True)):
        assert time.monotonic() < until, "the site does not answer any more"
        site.mind()
        time.sleep(0.05)


def _acknowledged(path: Path) -> int:
    return path.read_bytes().count(b'{"kept"') if path.exists() else 0


def _wait_until_nothing_waits(site: Site) -> None:
    until = time.monotonic() + 120
    while PendingProjection.objects.exists():
        waiting = list(PendingProjection.objects.values_list("attempts", "error")[:3])
        assert time.monotonic() < until, (
            f"{PendingProjection.objects.count()} statements still wait to be projected: {waiting} {site.said()[-3000:]}"
        )
        site.mind()
        time.sleep(0.2)


def _surprises(log: str) -> str:
    """What the server wrote about the first request that it could not answer."""
    _, found, rest = log.partition("Internal Server Error")
    told = re.split(r"\n20\d\d-", rest, maxsplit=1)[0]
    return told[-6000:] if found else log[-4000:]
