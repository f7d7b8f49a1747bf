"""Writing: single statements and batches beside bare Django, and sixteen writers that get in each other's way."""

import json
import random
import statistics
import time
from collections.abc import Sequence

from tests.bench.figures import Figure, show
from tests.bench.store import statements
from tests.bench.store.clients import Run, request, run
from tests.bench.store.database import scalar
from tests.bench.store.installation import Installation, Served

ROUNDS = 3


def measure(installation: Installation, *, seconds: float) -> bool:
    """Print the figures; answers whether all targets hold."""
    with installation.served() as ours, installation.bare_served() as bare:
        held = [_compare(installation, ours, bare, batch=batch, clients=clients, seconds=seconds) for batch, clients in ((1, 8), (100, 4))]
        held.append(_queued(installation, ours))
        held.append(_overlapping(installation, ours, seconds=seconds))
    held.append(_projected(installation))
    return all(held)


def _compare(installation: Installation, ours: Served, bare: Served, *, batch: int, clients: int, seconds: float) -> bool:
    """In turn, so that a machine that slows down slows both; the median of the rounds counts."""
    pairs: list[tuple[Run, Run]] = []
    for turn in range(ROUNDS + 1):
        wanted = 1.0 if turn == 0 else seconds  # the first warms both up
        theirs = _post(bare, "/statements", {}, batch=batch, clients=clients, seconds=wanted)
        own = _post(ours, "/xapi/statements", installation.headers, batch=batch, clients=clients, seconds=wanted)
        if turn:
            pairs.append((own, theirs))
    rate = statistics.median(own.per_second for own, _ in pairs) * batch
    bare_rate = statistics.median(theirs.per_second for _, theirs in pairs) * batch
    ratio = statistics.median(own.per_second / theirs.per_second for own, theirs in pairs)
    bare_p95 = statistics.median(theirs.p95 for _, theirs in pairs)
    name = f"{installation.database}_post_of_{batch}_with_{clients}_clients"
    show(
        Figure(
            name=name,
            value=rate,
            unit="statements/s",
            compared_with=f"bare Django with one JSON insert: {bare_rate:.0f} statements/s, p95 {bare_p95:.1f} ms",
            ratio=ratio,
            target="at least 0.5 of it",
            holds=ratio >= 0.5,
        )
    )
    show(Figure(name=f"{name}_p95", value=statistics.median(own.p95 for own, _ in pairs), unit="ms"))
    return ratio >= 0.5


def _post(server: Served, path: str, headers: dict[str, str], *, batch: int, clients: int, seconds: float) -> Run:
    # Enough to last: no server of this kind does more.
    each = int(seconds * (4000 / clients if batch == 1 else 40000 / clients / batch)) + 10

    def make(number: int) -> Sequence[bytes]:
        base = random.randrange(10**9)
        found = []
        for turn in range(each):
            some = [statements.a_statement(base + turn * batch + n) for n in range(batch)]
            body = json.dumps(some if batch > 1 else some[0]).encode()
            found.append(request("POST", path, headers={**headers, "Content-Type": "application/json"}, body=body))
        return found

    return run(server.port, make, clients=clients, seconds=seconds)


def _queued(installation: Installation, ours: Served) -> bool:
    """Every statement that was acknowledged is there and waits for its projections."""
    before = _counts(installation)
    run_of = _post(ours, "/xapi/statements", installation.headers, batch=100, clients=4, seconds=1.0)
    sent = len(run_of.times) * 100
    stored, waiting = (after - old for after, old in zip(_counts(installation), before, strict=True))
    holds = stored == waiting == sent
    show(
        Figure(
            name=f"{installation.database}_queued_for_projection",
            value=waiting,
            unit="statements",
            compared_with=f"{sent} acknowledged, {stored} stored",
            target="all of them, each once",
            holds=holds,
        )
    )
    return holds


def _counts(installation: Installation) -> tuple[int, int]:
    return (
        int(scalar(installation.url, "SELECT count(*) FROM lrs_statement")),
        int(scalar(installation.url, "SELECT count(*) FROM lrs_pendingprojection")),
    )


def _projected(installation: Installation) -> bool:
    """A worker empties the queue; measured over two thousand that wait."""
    scalar(
        installation.url,
        "DELETE FROM lrs_pendingprojection WHERE statement_id NOT IN (SELECT statement_id FROM lrs_pendingprojection ORDER BY statement_id LIMIT 2000)",
    )
    waiting = int(scalar(installation.url, "SELECT count(*) FROM lrs_pendingprojection"))
    began = time.perf_counter()
    installation.manage("catch_up")
    elapsed = time.perf_counter() - began
    left = int(scalar(installation.url, "SELECT count(*) FROM lrs_pendingprojection"))
    show(
        Figure(
            name=f"{installation.database}_projections_by_one_worker",
            value=(waiting - left) / elapsed,
            unit="statements/s, start of the command included",
            compared_with=f"{waiting} waited, {left} left",
            target="none left",
            holds=left == 0,
        )
    )
    return left == 0


def _overlapping(installation: Installation, ours: Served, *, seconds: float) -> bool:
    """Sixteen writers of the same activities and the same people, each batch in an order of its own, definitions included."""
    deadlocks = _deadlocks(installation)
    before = _counts(installation)[0]
    each = int(seconds * 60)

    def make(number: int) -> Sequence[bytes]:
        shuffle = random.Random(number)
        found = []
        for turn in range(each):
            some = [statements.a_statement(n) for n in range(20)]
            for one in some:
                one["object"]["definition"]["name"] = {"nl": f"Vraag van ronde {turn}"}  # a definition that all sixteen bring at once
            shuffle.shuffle(some)
            found.append(
                request(
                    "POST",
                    "/xapi/statements",
                    headers={**installation.headers, "Content-Type": "application/json"},
                    body=json.dumps(some).encode(),
                )
            )
        return found

    errors = ""
    sent = 0
    try:
        done = run(ours.port, make, clients=16, seconds=seconds)
        sent = len(done.times) * 20
    except RuntimeError as error:
        errors = str(error)
    stored = _counts(installation)[0] - before
    deadlocks = _deadlocks(installation) - deadlocks
    holds = not errors and not deadlocks and stored == sent
    show(
        Figure(
            name=f"{installation.database}_sixteen_overlapping_writers",
            value=stored / seconds,
            unit="statements/s",
            compared_with=f"{sent} acknowledged, {stored} stored, {deadlocks} deadlocks{', ' + errors if errors else ''}",
            target="no error, no deadlock, each statement once",
            holds=holds,
        )
    )
    return holds


def _deadlocks(installation: Installation) -> int:
    if installation.database != "postgresql":
        return 0
    return int(scalar(installation.url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
