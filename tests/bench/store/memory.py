"""Memory of each worker over an hour's load in ten minutes: 180,000 requests, fifty a second for an hour, sent at six times that pace."""

import json
import multiprocessing
import random
import time
from collections.abc import Sequence
from urllib.parse import urlencode

from tests.bench.figures import Figure, show
from tests.bench.store import statements
from tests.bench.store.clients import Connection, request
from tests.bench.store.installation import Installation

DESIGN_LOAD = 50  # requests a second
CLIENTS = 8
MOST = 150.0  # megabytes


def measure(installation: Installation, *, minutes: float) -> bool:
    """Print the figures; answers whether the target holds. Ten minutes are an hour's load, fewer are that part of it."""
    seconds = minutes * 60
    pace = DESIGN_LOAD * 6 / CLIENTS
    samples: list[tuple[float, list[float]]] = []
    with installation.served() as ours:
        context = multiprocessing.get_context("fork")
        counts = context.Queue()
        clients = [
            context.Process(target=_client, args=(ours.port, installation.headers, number, seconds, pace, counts))
            for number in range(CLIENTS)
        ]
        began = time.monotonic()
        for client in clients:
            client.start()
        while time.monotonic() - began < seconds:
            time.sleep(min(5.0, seconds / 20))
            samples.append((time.monotonic() - began, ours.memory()))
        sent = sum(counts.get(timeout=120) for _ in clients)
        for client in clients:
            client.join()
        samples.append((time.monotonic() - began, ours.memory()))
    most = max(max(workers) for _, workers in samples)
    warm = max(next(workers for at, workers in samples if at >= seconds / 5))
    grown = max(samples[-1][1]) - warm
    show(
        Figure(
            name=f"{installation.database}_memory_of_a_worker",
            value=most,
            unit="MB resident, the largest worker at its largest",
            compared_with=f"{sent} requests in {minutes:g} minutes; {grown:+.1f} MB between a fifth of the time and the end",
            target=f"under {MOST:.0f} MB",
            holds=most < MOST,
        )
    )
    return most < MOST


def _client(port: int, headers: dict[str, str], number: int, seconds: float, pace: float, counts: "multiprocessing.Queue[int]") -> None:
    chance = random.Random(number)
    sent = 0
    began = time.monotonic()
    with Connection(port) as connection:
        while (now := time.monotonic() - began) < seconds:
            ahead = sent / pace - now
            if ahead > 0:
                time.sleep(ahead)
            connection.ask(_a_request(chance, headers))
            sent += 1
    counts.put(sent)


def _a_request(chance: random.Random, headers: dict[str, str]) -> bytes:
    """Seven in ten write one statement, one in ten a batch of twenty, the rest read statements and keep states."""
    kind = chance.random()
    number = chance.randrange(10**9)
    with_json = {**headers, "Content-Type": "application/json"}
    if kind < 0.7:
        return _post(with_json, statements.a_statement(number))
    if kind < 0.8:
        return _post(with_json, [statements.a_statement(number + n) for n in range(20)])
    if kind < 0.9:
        query = {"agent": json.dumps(statements.actor(number)), "limit": "20"}
        return request("GET", f"/xapi/statements?{urlencode(query)}", headers=headers)
    query = {"activityId": statements.activity_iri(number, number), "agent": json.dumps(statements.actor(number)), "stateId": "voortgang"}
    state = {**with_json, "X-Experience-API-Version": "1.0.3"}
    return request("PUT", f"/xapi/activities/state?{urlencode(query)}", headers=state, body=b'{"progress":0.4}')


def _post(headers: dict[str, str], body: dict[str, object] | Sequence[dict[str, object]]) -> bytes:
    return request("POST", "/xapi/statements", headers=headers, body=json.dumps(body).encode())
