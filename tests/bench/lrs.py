"""The store beside bare Django with one JSON insert, on the same server, workers and database: `make bench ARGS=lrs`.

Set DATABASE_URL to measure on PostgreSQL; the database must be empty or made by an earlier run.
"""

import base64
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
import uuid
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, show
from tests.bench.serving import ROOT, environment, free_port, granian, manage, served

SECONDS = 5.0


def measure() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder:
        var_dir = Path(folder)
        _make_tables(var_dir)
        lines = dict(
            line.split("=", 1) for line in manage(var_dir, "create_lrs_credential", "bench", "--scope", "all").splitlines() if "=" in line
        )
        token = base64.b64encode(f"{lines['KEY']}:{lines['SECRET']}".encode()).decode()
        headers = f"Authorization: Basic {token}\r\nX-Experience-API-Version: 2.0.0\r\n"
        port = free_port()
        with served(var_dir, granian(port), port):
            for batch, clients in ((1, 8), (100, 4)):
                _post(port, "/xapi/statements", headers, batch=batch, clients=clients, seconds=1)
                _post(port, "/kaal-record/", "", batch=batch, clients=clients, seconds=1)
                rate, p95 = _post(port, "/xapi/statements", headers, batch=batch, clients=clients, seconds=SECONDS)
                bare, bare_p95 = _post(port, "/kaal-record/", "", batch=batch, clients=clients, seconds=SECONDS)
                ratio = rate * batch / (bare * batch)
                show(
                    Figure(
                        name=f"lrs_post_of_{batch}_with_{clients}_clients",
                        value=rate * batch,
                        unit="statements/s",
                        compared_with=f"bare Django with one JSON insert: {bare * batch:.0f} statements/s, p95 {bare_p95:.0f} ms",
                        ratio=ratio,
                        target="at least 0.5 of it",
                        holds=ratio >= 0.5,
                    )
                )
                show(Figure(name=f"lrs_post_of_{batch}_p95", value=p95, unit="ms"))
    _validator()


MAKE_BARE_TABLE = """
from django.db import connection
from tests.bench.models import BareRecord
if BareRecord._meta.db_table not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(BareRecord)
"""


def _make_tables(var_dir: Path) -> None:
    """Those of the site by its migrations, and that of the comparison by hand: the benchmark's app has no migrations."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env={**environment(var_dir), "DJANGO_SETTINGS_MODULE": "config.settings.local"}, check=True)
    manage(var_dir, "shell", "-c", MAKE_BARE_TABLE)


def _validator() -> None:
    from lrs.validation import check_statement  # noqa: PLC0415 - the measuring process needs no Django for the rest

    statement = a_statement(0)
    rate = 5000 / min(timeit.repeat(lambda: check_statement(statement), number=5000, repeat=3))
    show(Figure(name="lrs_validator", value=rate, unit="statements/s on one core", target="at least 5000", holds=rate >= 5000))


def a_statement(number: int) -> dict[str, Any]:
    """A statement of the usual size: 300 actors and 50 activities come back again and again."""
    return {
        "id": str(uuid.uuid4()),
        "actor": {
            "objectType": "Agent",
            "name": "Deelnemer",
            "account": {"homePage": "https://lms.example", "name": f"persoon-{number % 300}"},
        },
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered", "nl": "beantwoordde"}},
        "object": {
            "objectType": "Activity",
            "id": f"https://lms.example/cursus/1/vraag/{number % 50}",
            "definition": {"type": "http://adlnet.gov/expapi/activities/question", "name": {"nl": f"Vraag {number % 50}"}},
        },
        "result": {"score": {"scaled": 0.75, "raw": 3, "min": 0, "max": 4}, "success": True, "duration": "PT12.5S", "response": "a[,]b"},
        "context": {
            "registration": str(uuid.UUID(int=(4 << 76) + (8 << 60) + number % 300)),
            "contextActivities": {"parent": [{"id": "https://lms.example/cursus/1"}]},
        },
        "timestamp": "2026-03-01T10:00:00.000Z",
    }


def _post(port: int, path: str, headers: str, *, batch: int, clients: int, seconds: float) -> tuple[float, float]:
    """Requests a second and the 95th percentile in milliseconds. Raises RuntimeError on any answer but 200."""
    with multiprocessing.Pool(clients) as pool:
        times = [
            one
            for found in pool.starmap(_client, [(port, path, headers, batch, seconds, number) for number in range(clients)])
            for one in found
        ]
    return len(times) / seconds, statistics.quantiles(times, n=20)[18] * 1000


def _client(port: int, path: str, headers: str, batch: int, seconds: float, number: int) -> list[float]:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times: list[float] = []
    count = number * 1_000_003
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        statements = [a_statement(count + n) for n in range(batch)]
        count += batch
        body = json.dumps(statements if batch > 1 else statements[0]).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        began = time.perf_counter()
        connection.sendall(head.encode() + body)
        _answer(connection)
        times.append(time.perf_counter() - began)
    connection.close()
    return times


def _answer(connection: socket.socket) -> None:
    buffer = b""
    while b"\r\n\r\n" not in buffer:
        buffer += connection.recv(65536)
    head, _, rest = buffer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(buffer[:500].decode(errors="replace"))
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(rest) < length:
        rest += connection.recv(65536)
