"""A small HTTP load generator: keep-alive connections on raw sockets, so that the client costs little beside the server."""

import multiprocessing
import socket
import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a run of requests took. `p95` in milliseconds."""

    per_second: float
    p95: float
    body_bytes: int


def load(address: tuple[str, int], path: str, *, headers: dict[str, str] | None = None, seconds: float = 5.0, clients: int = 4) -> Load:
    """Ask for the path over and over, with so many connections at once; every answer must be 200.

    Raises RuntimeError on any other answer.
    """
    request = "".join(
        [
            f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n",
            *(f"{name}: {value}\r\n" for name, value in (headers or {}).items()),
            "\r\n",
        ]
    ).encode()
    with multiprocessing.Pool(clients) as pool:
        results = pool.starmap(_client, [(address, request, seconds)] * clients)
    times = [moment for client_times, _size in results for moment in client_times]
    return Load(per_second=len(times) / seconds, p95=statistics.quantiles(times, n=20)[18] * 1000, body_bytes=results[0][1])


def _client(address: tuple[str, int], request: bytes, seconds: float) -> tuple[list[float], int]:
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times: list[float] = []
    size = 0
    buffer = b""
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        connection.sendall(request)
        size, buffer = _answer(connection, buffer)
        times.append(time.perf_counter() - began)
    connection.close()
    return times, size


def _answer(connection: socket.socket, buffer: bytes) -> tuple[int, bytes]:
    while b"\r\n\r\n" not in buffer:
        buffer += _more(connection)
    head, _, buffer = buffer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.split(b"\r\n")[0].decode())
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(buffer) < length:
        buffer += _more(connection)
    return length, buffer[length:]


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(262144)
    if not chunk:
        raise RuntimeError("the server closed the connection")
    return chunk
