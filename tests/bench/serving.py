"""Start the site as production serves it, on a database of its own, and end it again."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(var_dir: Path) -> dict[str, str]:
    """The environment of the benchmark: its own data, the benchmark's settings."""
    return {**os.environ, "VAR_DIR": str(var_dir), "DJANGO_SETTINGS_MODULE": "tests.bench.settings"}


def manage(var_dir: Path, *arguments: str) -> str:
    """Run a management command and give what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(var_dir), check=True, capture_output=True, text=True).stdout


def granian(port: int) -> list[str]:
    """The server of deploy/serve.sh, with one worker for each of two cores."""
    binary = str(Path(sys.executable).parent / "granian")
    return [
        binary,
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "2",
        "--blocking-threads",
        "64",
        "--backpressure",
        "512",
        "--no-ws",
        "--log-level",
        "error",
        "config.wsgi:application",
    ]


def gunicorn_threads(port: int) -> list[str]:
    """gunicorn with threads."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--log-level",
        "error",
        "config.wsgi:application",
    ]


def gunicorn_uvicorn(port: int) -> list[str]:
    """gunicorn with uvicorn's workers, over ASGI."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--worker-class",
        "uvicorn.workers.UvicornWorker",
        "--log-level",
        "error",
        "config.asgi:application",
    ]


@contextlib.contextmanager
def served(var_dir: Path, command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The site, answering; ended on leaving."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment(var_dir), stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers. Raises RuntimeError when it ended, or does not answer in a minute."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def memory_of(process: subprocess.Popen[bytes]) -> list[float]:
    """Resident memory in MB of each worker process (of the process itself, when it has none)."""
    children = [pid for pid in os.listdir("/proc") if pid.isdigit() and _parent(pid) == process.pid]
    return [_resident(pid) for pid in children] or [_resident(str(process.pid))]


def _parent(pid: str) -> int | None:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def _resident(pid: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
