"""A PostgreSQL of the test's own that can be killed: with fsync, as it comes."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.lrs.replica_server import Settings, copy_the_tables, run_program

PORTS = range(5440, 5450)


class Cluster:
    """A running PostgreSQL with one database, "record"."""

    def __init__(self, folder: Path, port: int, *, data: Path | None = None, wal: Path | None = None) -> None:
        """`data` and `wal`: where these two are to be, when that is not in the folder. Small, so that a disk is soon full."""
        self.folder, self.port = folder, port
        self.data = data or folder / "data"
        self.options = "-c min_wal_size=2MB -c max_wal_size=8MB" if data or wal else ""
        small = ["--wal-segsize", "1", "--waldir", wal or folder / "wal"] if data or wal else []
        run_program("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", self.data, *small)
        self.start()
        run_program("createdb", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "record")

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/record"

    def settings(self, like: Settings) -> Settings:
        here = {"NAME": "record", "HOST": "127.0.0.1", "PORT": str(self.port), "USER": "postgres", "PASSWORD": "", "CONN_MAX_AGE": 0}
        return {**like, **here}

    def start(self) -> None:
        """Start it; after a kill the last of its processes may need a moment to notice that the first one is gone."""
        until = time.monotonic() + 60
        while True:
            try:
                options = f"-p {self.port} -k {self.folder} {self.options}"
                run_program("pg_ctl", "-w", "-s", "-D", self.data, "-l", self.folder / "postgresql.log", "-o", options, "start")
            except subprocess.CalledProcessError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it was down
            run_program("pg_ctl", "-s", "-m", "immediate", "-D", self.data, "stop")

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def backends(self) -> list[int]:
        """The processes that serve a connection to "record"."""
        found = []
        for pid in Path(f"/proc/{self.postmaster()}/task/{self.postmaster()}/children").read_text().split():
            with contextlib.suppress(OSError):
                if re.match(rb"postgres: \w+ record ", Path(f"/proc/{pid}/cmdline").read_bytes()):
                    found.append(int(pid))
        return found

    def kill_all(self) -> None:
        """As when the machine goes down, but for what the disk holds."""
        first = self.postmaster()
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in [first, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def ask(self, sql: str) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[arg-type]  # written in the tests
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@contextmanager
def cluster(like: Settings, **places: Path) -> Iterator[Cluster]:
    """A cluster with the tables of the database that the tests run on; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vwfaults-", dir="/var/tmp"))
    if os.geteuid() == 0:
        for place in (folder, *(path.parent for path in places.values())):
            shutil.chown(place, "postgres")  # PostgreSQL refuses to run as root
    made = None
    try:
        made = Cluster(folder, a_port(PORTS), **places)
        with tempfile.TemporaryDirectory(prefix="vwfaults-", dir="/var/tmp") as elsewhere:
            if os.geteuid() == 0:
                shutil.chown(elsewhere, "postgres")
            copy_the_tables(like, made.port, Path(elsewhere) / "tables.sql")
        yield made
    finally:
        if made:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def a_port(ports: range) -> int:
    """One of these where nobody listens, or any."""
    for port in [*ports, 0]:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return int(listener.getsockname()[1])
    raise AssertionError("a free port is always found")
