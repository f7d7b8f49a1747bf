"""Ask ClamAV's daemon whether a file carries a virus. For settings that name a scanner: `accounts.virus_scan.ask_clamd`.

The protocol is that of clamd(8): `zINSTREAM`, the file in pieces that each begin with their length, an empty piece, and one line of answer.
"""

import contextlib
import socket
import struct
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File

PIECE = 64 * 1024
TIMEOUT = 60


class ScannerUnreachable(Exception):
    """Nobody can say at this moment whether the file is clean."""


def ask_clamd(file: File | IO[bytes]) -> str | None:
    """The name of the virus, or None for a clean file. Raises ScannerUnreachable."""
    file.seek(0)
    try:
        with _connected() as connection:
            # clamd answers and hangs up at once when a file is larger than its StreamMaxLength: its answer says so.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(connection, file)
            answer = _answer(connection)
    except OSError as error:
        raise ScannerUnreachable(f"clamd at {settings.CLAMD}: {error}") from error
    verdict = answer.removeprefix("stream: ")
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise ScannerUnreachable(f"clamd at {settings.CLAMD} answers {answer[:200]!r}")


def _connected() -> socket.socket:
    if settings.CLAMD.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(settings.CLAMD)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = settings.CLAMD.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT)


def _send(connection: socket.socket, file: Any) -> None:
    connection.sendall(b"zINSTREAM\0")
    while piece := file.read(PIECE):
        connection.sendall(struct.pack("!I", len(piece)) + piece)
    connection.sendall(struct.pack("!I", 0))


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < 4096 and (piece := connection.recv(1024)):
        answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
