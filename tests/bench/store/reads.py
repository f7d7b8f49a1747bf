"""Reading fifty statements by each filter of the standard, at 100,000 and at 2,000,000 statements, with one client."""

import json
import random
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlencode

from tests.bench.figures import Figure, show
from tests.bench.store import loading, statements
from tests.bench.store.clients import Connection, request
from tests.bench.store.installation import Installation, Served

P95 = 25.0  # milliseconds
LARGER = 1.5
PAGES = 200


def measure(installation: Installation, *, sizes: tuple[int, int], asks: int) -> bool:
    """Print the figures; answers whether all targets hold."""
    held: list[bool] = []
    smaller: dict[str, float] = {}
    known = loading.Known()
    little = {**installation.headers, "Authorization": installation.new_key("wrote ten", "statements/write", "statements/read/mine")}
    with installation.served() as ours:
        _write_little(ours, little)
    for size in sizes:
        loading.fill(installation, size, known)
        with installation.served() as ours:
            for name, query in QUERIES.items():
                p95 = _ask(installation.headers, ours, lambda chance, query=query: query(chance, known), asks=asks)
                held.append(_show(installation, name, size, p95, smaller))
            p95 = _ask(little, ours, lambda chance: {}, asks=asks)
            held.append(_show(installation, "key_that_wrote_ten", size, p95, smaller))
            held.append(_pages(installation, ours, size))
        loading.show_size(installation, size, held)
    return all(held)


QUERIES: dict[str, Callable[[random.Random, loading.Known], dict[str, str]]] = {
    "agent": lambda chance, known: {"agent": json.dumps(statements.actor(chance.randrange(statements.LEARNERS)))},
    "verb_and_activity": lambda chance, known: {
        "verb": statements.verb_iri(chance.randrange(6)),
        "activity": statements.activity_iri(chance.randrange(99), chance.randrange(99)),
    },
    "registration": lambda chance, known: {
        "registration": str(statements.registration(chance.randrange(statements.LEARNERS), chance.randrange(statements.COURSES)))
    },
    "activity_since": lambda chance, known: {
        "activity": statements.activity_iri(chance.randrange(99), chance.randrange(99)),
        "since": known.moment(chance),
    },
    "id": lambda chance, known: {"statementId": str(known.id(chance))},
    "latest": lambda chance, known: {},
    "related_activities": lambda chance, known: {
        "activity": statements.course_iri(chance.randrange(statements.COURSES)),
        "related_activities": "true",
    },
    "related_agents": lambda chance, known: {
        "agent": json.dumps(statements.actor(chance.randrange(statements.LEARNERS))),
        "related_agents": "true",
    },
}


def _write_little(ours: Served, headers: dict[str, str]) -> None:
    """Fewer than a page: whoever looks for more of them along the whole record comes to its other end."""
    body = json.dumps([statements.a_statement(number) for number in range(10)]).encode()
    with Connection(ours.port) as connection:
        connection.ask(request("POST", "/xapi/statements", headers={**headers, "Content-Type": "application/json"}, body=body))


def _ask(headers: dict[str, str], ours: Served, query: Callable[[random.Random], dict[str, str]], *, asks: int) -> float:
    chance = random.Random(7)
    requests = []
    for _ in range(asks):
        params = query(chance)
        if "statementId" not in params:
            params["limit"] = "50"
        requests.append(request("GET", f"/xapi/statements?{urlencode(params)}", headers=headers))
    with Connection(ours.port) as connection:
        for one in requests[:20]:
            connection.ask(one)
        return statistics.quantiles([timed(connection, one)[0] for one in requests], n=20)[18]


def _show(installation: Installation, name: str, size: int, p95: float, smaller: dict[str, float]) -> bool:
    first = smaller.setdefault(name, p95)
    ratio = None if first is p95 else p95 / first
    holds = p95 < P95 and (ratio is None or ratio <= LARGER)
    show(
        Figure(
            name=f"{installation.database}_get_50_by_{name}_of_{size}_p95",
            value=p95,
            unit="ms",
            compared_with=None if ratio is None else f"the smaller store: {first:.2f} ms",
            ratio=ratio,
            target=f"under {P95:.0f} ms" + ("" if ratio is None else f", at most {LARGER} of the smaller"),
            holds=holds,
        )
    )
    return holds


def _pages(installation: Installation, ours: Served, size: int) -> bool:
    """Page after page through `more`."""
    times = []
    address = "/xapi/statements?limit=50"
    with Connection(ours.port) as connection:
        for _ in range(PAGES):
            taken, body = timed(connection, request("GET", address, headers=installation.headers))
            times.append(taken)
            address = json.loads(body)["more"]
    p95 = statistics.quantiles(times, n=20)[18]
    holds = p95 < P95 and max(times) < 2 * P95
    show(
        Figure(
            name=f"{installation.database}_{PAGES}_pages_of_more_of_{size}_p95",
            value=p95,
            unit="ms",
            compared_with=f"the slowest: {max(times):.1f} ms, the last fifty: {statistics.median(times[-50:]):.1f} ms",
            target=f"under {P95:.0f} ms, none over {2 * P95:.0f} ms",
            holds=holds,
        )
    )
    return holds


def timed(connection: Connection, one: bytes) -> tuple[float, bytes]:
    """Milliseconds until the answer is complete, and the answer."""
    began = time.perf_counter()
    body = connection.ask(one)
    return (time.perf_counter() - began) * 1000, body
