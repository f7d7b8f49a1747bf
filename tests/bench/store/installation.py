"""An installation to measure: a database of its own, our product as production serves it, and the comparison beside it."""

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.bench.serving import ROOT, free_port, memory_of, wait_for

WORKERS = 2
BARE_SETTINGS = "tests.bench.store.bare.settings"
VERSION = "2.0.0"


@dataclass(frozen=True)
class Installation:
    """Where the two of them keep their data, and the key with which the benchmark writes."""

    database: str  # "postgresql" or "sqlite"
    url: str
    var_dir: Path
    authorization: str = ""

    def environment(self, settings: str) -> dict[str, str]:
        return {
            **os.environ,
            "VAR_DIR": str(self.var_dir),
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": settings,
            "SECRET_KEY": "of-this-benchmark-only-and-long-enough-to-be-taken-for-a-secret",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SITE_URL": "https://vakwijs.example",
            "WEB_WORKERS": str(WORKERS),
            "MALLOC_ARENA_MAX": "2",  # as deploy/serve.sh
        }

    def manage(self, *arguments: str, settings: str = "config.settings.production") -> str:
        """Run a management command and give what it printed. Raises RuntimeError with what it complained of."""
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=ROOT,
            env={**self.environment(settings), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def new_key(self, name: str, *scopes: str) -> str:
        """Make a key for a tool; answers its Authorization."""
        asked = [word for scope in scopes for word in ("--scope", scope)]
        printed = self.manage("create_lrs_credential", name, *asked)
        pairs = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
        return "Basic " + base64.b64encode(f"{pairs['KEY']}:{pairs['SECRET']}".encode()).decode()

    @property
    def headers(self) -> dict[str, str]:
        """What each request to our store carries. The proxy's header: production answers over TLS only."""
        return {"Authorization": self.authorization, "X-Experience-API-Version": VERSION, "X-Forwarded-Proto": "https"}

    @contextlib.contextmanager
    def served(self) -> Iterator["Served"]:
        """Our store."""
        with self._serve("config.settings.production", "config.wsgi:application") as server:
            yield server

    @contextlib.contextmanager
    def bare_served(self) -> Iterator["Served"]:
        """The comparison, on the same server with the same workers and threads."""
        with self._serve(BARE_SETTINGS, "tests.bench.store.bare.wsgi:application") as server:
            yield server

    @contextlib.contextmanager
    def _serve(self, settings: str, application: str) -> Iterator["Served"]:
        port = free_port()
        # As deploy/serve.sh starts it.
        command = [
            *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(WORKERS), "--blocking-threads", "64", "--blocking-threads-idle-timeout", "600", "--backpressure", "512"),
            *("--no-ws", "--log-level", "error", application),
        ]
        environment = {**self.environment(settings), "HOST": "127.0.0.1", "PORT": str(port)}
        # A group of its own, so that its workers end with it whatever happens.
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_for(port, process)
            yield Served(port, process)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    port: int
    process: "subprocess.Popen[bytes]"

    def memory(self) -> list[float]:
        """Resident megabytes of each worker process."""
        return memory_of(self.process)


@contextlib.contextmanager
def installed(database: str, server_url: str) -> Iterator[Installation]:
    """A fresh installation that is gone afterwards. `server_url` names a PostgreSQL server, for `postgresql`."""
    with tempfile.TemporaryDirectory(prefix="vakwijs-bench-") as folder, _database(database, server_url, Path(folder)) as url:
        empty = Installation(database=database, url=url, var_dir=Path(folder))
        empty.manage("migrate", "--verbosity", "0")
        empty.manage("migrate", "--run-syncdb", "--verbosity", "0", settings=BARE_SETTINGS)
        yield Installation(database=database, url=url, var_dir=Path(folder), authorization=empty.new_key("bench", "all"))


@contextlib.contextmanager
def _database(database: str, server_url: str, folder: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder / 'vakwijs.sqlite3'}"
        return
    name = f"vakwijs_bench_{secrets.token_hex(4)}"
    server = urlsplit(server_url)
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]  # a name that was just made
        try:
            yield server._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
