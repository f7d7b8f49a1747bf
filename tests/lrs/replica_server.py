"""A small PostgreSQL with a streaming replica beside it, on ports of their own, with the tables of the database that the tests run on."""

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

Settings = dict[str, Any]


@contextmanager
def primary_and_replica(like: Settings) -> Iterator[tuple[Settings, Settings]]:
    """The settings of two databases, of which the second follows the first; both servers are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vakwijs-replica-", dir="/var/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")  # PostgreSQL refuses to run as root
    ports = [free_port(), free_port()]
    first, second = folder / "first", folder / "second"
    started = []
    try:
        run_program("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", first)
        started.append(_start(first, ports[0], folder))
        run_program("createdb", "-h", "127.0.0.1", "-p", ports[0], "-U", "postgres", "record")
        copy_the_tables(like, ports[0], folder / "tables.sql")
        run_program("pg_basebackup", "-h", "127.0.0.1", "-p", ports[0], "-U", "postgres", "-D", second, "-c", "fast", "-X", "stream", "-R")
        started.append(_start(second, ports[1], folder))
        here = {**like, "NAME": "record", "HOST": "127.0.0.1", "USER": "postgres", "PASSWORD": "", "CONN_MAX_AGE": 0}
        yield {**here, "PORT": str(ports[0])}, {**here, "PORT": str(ports[1])}
    finally:
        for data in started:
            run_program("pg_ctl", "-s", "-m", "immediate", "-D", data, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def ask(database: Settings, sql: str) -> Any:
    """The first value of what this database answers (None when it answers nothing), over a connection of its own."""
    address = f"host={database['HOST']} port={database['PORT']} user={database['USER']} dbname={database['NAME']}"
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]  # written in the tests
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def copy_the_tables(like: Settings, port: int, file: Path) -> None:
    source = ["-h", like["HOST"] or "127.0.0.1", "-p", like["PORT"] or 5432, "-U", like["USER"] or "postgres", "-d", like["NAME"]]
    run_program("pg_dump", "--schema-only", "--no-owner", *source, "-f", file)
    run_program("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", "record", "-f", file)


def _start(data: Path, port: int, folder: Path) -> Path:
    run_program("pg_ctl", "-w", "-s", "-D", data, "-l", f"{data}.log", "-o", f"-p {port} -k {folder} -c fsync=off", "start")
    return data


def run_program(program: str, *arguments: Any) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    command = shlex.join([str(found[-1]) if found else program, *(str(argument) for argument in arguments)])
    as_postgres = ["su", "postgres", "-s", "/bin/sh", "-c", command] if os.geteuid() == 0 else ["sh", "-c", command]
    subprocess.run(as_postgres, check=True, cwd="/", stdout=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
