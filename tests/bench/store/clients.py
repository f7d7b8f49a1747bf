"""Clients that cost little beside the server: raw sockets, kept alive, every request made before the clock starts."""

import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any


@dataclass(frozen=True)
class Run:
    """Requests a second, and the time of each answer in milliseconds."""

    per_second: float
    times: list[float]

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20)[18]

    @property
    def median(self) -> float:
        return statistics.median(self.times)


def request(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(port: int, make: Callable[[int], Sequence[bytes]], *, clients: int, seconds: float) -> Run:
    """Let so many clients send what `make(client number)` gave them, for so long or until they are through.

    Raises RuntimeError on any answer but 200 or 204.
    """
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(clients)
    results: Any = context.Queue()
    processes = [context.Process(target=_client, args=(port, make, number, seconds, barrier, results)) for number in range(clients)]
    for process in processes:
        process.start()
    answers = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    for answer in answers:
        if isinstance(answer, str):
            raise RuntimeError(answer)
    return Run(
        per_second=sum(len(times) / elapsed for times, elapsed in answers),
        times=[one * 1000 for times, _ in answers for one in times],
    )


def _client(port: int, make: Callable[[int], Sequence[bytes]], number: int, seconds: float, barrier: Barrier, results: Any) -> None:
    try:
        requests = make(number)
        with Connection(port) as connection:
            barrier.wait(timeout=120)
            times = []
            began = time.perf_counter()
            end = began + seconds
            for one in requests:
                sent = time.perf_counter()
                if sent >= end:
                    break
                connection.ask(one)
                times.append(time.perf_counter() - sent)
            results.put((times, time.perf_counter() - began))
    except Exception as error:  # noqa: BLE001 - told to the process that measures, which raises it
        results.put(f"{type(error).__name__}: {error}")


class Connection:
    """One connection, used for every request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.buffer = b""

    def __enter__(self) -> "Connection":
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, one: bytes) -> bytes:
        """The body of the answer."""
        self.socket.sendall(one)
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        status = head[9:12]
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"transfer-encoding":
                raise RuntimeError("the answer is chunked; this client reads a length")
        self.buffer = rest
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        if status not in (b"200", b"204"):
            raise RuntimeError(f"{head.splitlines()[0].decode()} {body[:300].decode(errors='replace')}")
        return body

    def _more(self) -> None:
        chunk = self.socket.recv(262144)
        if not chunk:
            raise RuntimeError("the server closed the connection")
        self.buffer += chunk
