"""State documents beside bare Django that keeps bytes under a name."""

import json
import random
import statistics
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from tests.bench.figures import Figure, show
from tests.bench.store import statements
from tests.bench.store.clients import Run, request, run
from tests.bench.store.installation import Installation, Served

ROUNDS = 3
CLIENTS = 8
CONTENT = json.dumps({"progress": 0.4, "answers": ["a", "c", None] * 12, "bookmark": "les-3"}).encode()


def measure(installation: Installation, *, seconds: float) -> bool:
    """Print the figures; answers whether both targets hold."""
    with installation.served() as ours, installation.bare_served() as bare:
        held = [_compare(installation, ours, bare, method, seconds=seconds) for method in ("PUT", "GET")]
        return all(held)


def _compare(installation: Installation, ours: Served, bare: Served, method: str, *, seconds: float) -> bool:
    # 1.0.3 lets a state be replaced unseen, so that a PUT is one request, as it is of the comparison.
    headers = {**installation.headers, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}
    pairs: list[tuple[Run, Run]] = []
    for turn in range(ROUNDS + 1):
        wanted = 1.0 if turn == 0 else seconds
        theirs = _run(bare, method, lambda name: f"/document?name={name}", {"Content-Type": "application/json"}, seconds=wanted)
        own = _run(ours, method, _state_address, headers, seconds=wanted)
        if turn:
            pairs.append((own, theirs))
    ratio = statistics.median(own.per_second / theirs.per_second for own, theirs in pairs)
    bare_rate = statistics.median(theirs.per_second for _, theirs in pairs)
    show(
        Figure(
            name=f"{installation.database}_state_{method.lower()}_with_{CLIENTS}_clients",
            value=statistics.median(own.per_second for own, _ in pairs),
            unit="requests/s",
            compared_with=f"bare Django, the same bytes: {bare_rate:.0f} requests/s",
            ratio=ratio,
            target="at least 0.5 of it",
            holds=ratio >= 0.5,
        )
    )
    return ratio >= 0.5


def _run(server: Served, method: str, address: Callable[[int], str], headers: dict[str, str], *, seconds: float) -> Run:
    def make(number: int) -> Sequence[bytes]:
        chance = random.Random(number)
        # A client writes the states of its own hundred learners again and again; every client reads what it wrote.
        names = range(number * 100, number * 100 + 100)
        body = CONTENT if method == "PUT" else b""
        return [request(method, address(chance.choice(names)), headers=headers, body=body) for _ in range(int(seconds * 600))]

    def make_there(number: int) -> Sequence[bytes]:
        return [request("PUT", address(number * 100 + n), headers=headers, body=CONTENT) for n in range(100)]

    run(server.port, make_there, clients=CLIENTS, seconds=60)
    return run(server.port, make, clients=CLIENTS, seconds=seconds)


def _state_address(number: int) -> str:
    query = {
        "activityId": statements.activity_iri(number, number),
        "agent": json.dumps(statements.actor(number)),
        "registration": str(statements.registration(number, number % statements.COURSES)),
        "stateId": "voortgang",
    }
    return f"/xapi/activities/state?{urlencode(query)}"
