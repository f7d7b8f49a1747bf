"""Keeps all threads of a granian process alive, because granian starts a further one too late.

granian 2.8 starts a thread only when two requests wait; one that comes alone while all threads are busy stays in the queue
until the next one comes or a thread is done. Slow clients keep threads busy on purpose, and a request cannot be handed to a
thread of ours, because its body ends with granian's call. So each process asks itself for as many answers at once as it
may have threads, when it starts and before granian lets idle threads go (`--blocking-threads-idle-timeout`, ten minutes).
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

EVERY = 240.0
TOGETHER = 1.0  # seconds that a thread waits for the others


class Warm:
    """A WSGI application around another one, with an address of its own that only this site can know."""

    def __init__(self, application: Callable[..., Any], *, threads: int) -> None:
        self._application = application
        self._threads = threads
        self._path = f"/{salted_hmac('config.warming', 'path').hexdigest()}"
        self._lock = threading.Lock()
        self._here: set[int] = set()
        self._complete = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") != self._path:
            return self._application(environ, start_response)
        with self._lock:
            self._here.add(threading.get_ident())
            if len(self._here) >= self._threads:
                self._complete.set()
        self._complete.wait(TOGETHER)
        start_response("204 No Content", [])
        return []

    def keep(self) -> None:
        """From here on, in the background; only under granian, and only where it listens on an address."""
        if "granian" in sys.modules and os.environ.get("PORT", "").isdigit():
            threading.Thread(target=self._keep, name="warming", daemon=True).start()

    def _keep(self) -> None:
        while True:
            with self._lock:
                self._here.clear()
                self._complete.clear()
            for _ in range(60):
                if self._ask() and self._complete.is_set():
                    break
                time.sleep(0.2)
            else:
                logger.warning("Not all threads could be started; slow clients may make others wait (config/warming.py)")
            time.sleep(EVERY)

    def _ask(self) -> bool:
        """Any process may get these; each asks until its own threads are complete."""
        host = os.environ.get("HOST", "127.0.0.1")
        address = ("127.0.0.1" if host in ("", "0.0.0.0") else host, int(os.environ["PORT"]))  # noqa: S104 - asked, not listened on
        request = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        open_ones: list[socket.socket] = []
        try:
            for _ in range(self._threads * 2):
                connection = socket.create_connection(address, timeout=5)
                open_ones.append(connection)
                connection.sendall(request)
            for connection in open_ones:
                connection.recv(64)
        except OSError:
            return False
        finally:
            for connection in open_ones:
                connection.close()
        return True
