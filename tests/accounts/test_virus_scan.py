"""Asking clamd, against a small clamd of our own that speaks its protocol."""

import io
import socket
import struct
import threading

import pytest

from accounts.virus_scan import ScannerUnreachable, ask_clamd


@pytest.fixture
def clamd(settings, tmp_path):
    """`clamd(answer)` listens once and answers so; what it was sent stands in `clamd.seen`."""
    listeners, seen = [], []

    def listen(answer: bytes, *, reads: bool = True, tcp: bool = False) -> list[bytes]:
        listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        listener.bind(("127.0.0.1", 0) if tcp else str(tmp_path / "clamd.ctl"))
        listener.listen(1)
        settings.CLAMD = f"127.0.0.1:{listener.getsockname()[1]}" if tcp else str(tmp_path / "clamd.ctl")

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                while reads and (size := struct.unpack("!I", stream.read(4))[0]):
                    seen.append(stream.read(size))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        listeners.append((listener, thread))
        return seen

    yield listen
    for listener, thread in listeners:
        thread.join(10)
        listener.close()


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_clean_file_is_sent_whole_and_passes(clamd, tcp):
    content = b"x" * 150_000
    seen = clamd(b"stream: OK\0", tcp=tcp)

    assert ask_clamd(io.BytesIO(content)) is None
    assert b"".join(seen) == content
    assert len(seen) == 3


def test_a_virus_is_named(clamd):
    clamd(b"stream: Eicar-Test-Signature FOUND\0")

    assert ask_clamd(io.BytesIO(b"x")) == "Eicar-Test-Signature"


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"iets anders\0"])
def test_anything_else_is_no_verdict(clamd, answer):
    clamd(answer, reads=not answer.startswith(b"INSTREAM"))

    with pytest.raises(ScannerUnreachable):
        ask_clamd(io.BytesIO(b"x" * 5_000_000))


def test_nobody_there_is_no_verdict(settings, tmp_path):
    for address in (str(tmp_path / "niemand"), "127.0.0.1:1"):
        settings.CLAMD = address
        with pytest.raises(ScannerUnreachable):
            ask_clamd(io.BytesIO(b"x"))
