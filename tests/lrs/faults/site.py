"""The site as it runs in production: a web server and a worker, as processes that can be killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from django.conf import settings

from tests.lrs.faults.cluster import a_port

PORTS = range(8200, 8220)


class Site:
    """A server with two processes, and the worker that projects what tools sent."""

    def __init__(self, *, database_url: str, folder: Path, worker: bool = True, processes: int = 2, **environment: str) -> None:
        self.port = a_port(PORTS)
        self.folder = folder
        self.processes = processes
        self.log = folder / "site.log"
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "VAR_DIR": str(folder),
            "WEB_BACKPRESSURE": "16",
            "HOST": "127.0.0.1",
            **environment,
        }
        self._environment.pop("PORT", None)  # no warming: its questions would stand in the log
        self.server = self._start_server()
        self.worker = self._start_worker() if worker else None
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/xapi/about", timeout=5):
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server does not answer: {self.log.read_text()[-2000:]}")

    def server_processes(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()]

    def kill_server_process(self, which: int) -> None:
        """One of the processes that answer; the first one starts another by itself."""
        pids = self.server_processes()
        if pids:
            _kill(pids[which % len(pids)])

    def kill_server(self) -> None:
        """All of it, the first process first, as a unit of systemd or a container goes; and start it again."""
        pids = self.server_processes()
        for pid in [self.server.pid, *pids]:
            _kill(pid)
        self.server.wait()
        self.server = self._start_server()

    def kill_worker(self) -> None:
        if self.worker:
            self.worker.kill()
            self.worker.wait()
            self.worker = self._start_worker()

    def mind(self) -> None:
        """Start again what ended by itself, as systemd and the container engine do.

        The worker ends when its database goes; granian when a process that it has just started anew dies within five seconds.
        """
        if self.worker and self.worker.poll() is not None:
            self.worker = self._start_worker()
        if self.server.poll() is not None:
            self.server = self._start_server()

    def end(self) -> None:
        if self.worker:
            self.worker.kill()
            self.worker.wait()
        pids = self.server_processes() if self.server.poll() is None else []
        for pid in [self.server.pid, *pids]:
            _kill(pid)
        self.server.wait()

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def _start_server(self) -> "subprocess.Popen[bytes]":
        command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", str(self.processes), "--blocking-threads", "16", "--backpressure", "64", "--no-ws"]
        command += ["--respawn-failed-workers", "--respawn-interval", "0.1", "config.wsgi:application"]
        return self._start(command)

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        return self._start([sys.executable, "manage.py", "catch_up", "--every", "1"])

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, cwd=settings.BASE_DIR, stdout=log, stderr=log)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
