"""Takes a request in whole before it gets one of the few places to be worked on, so that a slow client holds nobody up.

Threat: whoever sends one octet a second, or nothing at all, keeps the thread that reads it. With four threads four such
clients close the site. So a process has many threads and few places: a thread waits for the body first, and takes a place
(with its database connections) when the body is there. No more than three quarters of the threads may wait for bodies at
once, and a quarter for one address (503), so that requests without a body always go on. A large body that trickles is
ended (408); a client that sends nothing at all keeps its thread, and nothing else, until it goes or the proxy ends it:
granian offers no way to stop waiting for a body. See docs/decisions, "A place is taken when the body is there".
"""

import contextlib
import io
import logging
import queue
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, connections
from django.http import HttpResponse
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
Gate = Callable[[WSGIRequest], HttpResponse | None]

SMALL = 64 * 1024
PIECE = 16 * 1024
IN_MEMORY = 1024 * 1024


class Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class NotReceived(Exception):
    """The body did not come in; what the client is told."""

    def __init__(self, status: str, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


class Place:
    """What one request at a time works with: its database connections, whichever thread it is on."""

    def __init__(self) -> None:
        self._connections: dict[str, Any] = {}

    def enter(self) -> None:
        """From here on this thread's connections are those of this place."""
        for alias in connections:
            if alias not in self._connections:
                connection = connections.create_connection(alias)
                connection.inc_thread_sharing()  # the next request in this place comes on another thread
                if connection.vendor == "sqlite":
                    # A file can stay open; opening it anew for each request takes longer than what most requests ask of it.
                    connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": None}
                self._connections[alias] = connection
            connections[alias] = self._connections[alias]

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


class Receiving:
    """A WSGI application around another one. `places` are worked in at once, `threads` is what the server has."""

    def __init__(self, application: Callable[..., Any], *, places: int, threads: int, gates: Mapping[str, str] | None = None) -> None:
        self._application = application
        self._places: queue.SimpleQueue[Place] = queue.SimpleQueue()
        for _ in range(places):
            self._places.put(Place())
        self._gates: dict[str, Gate] = {prefix: import_string(path) for prefix, path in (gates or {}).items()}
        self._most_waiting = max(1, threads * 3 // 4)
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            body = self._received(environ)
        except NotReceived as refusal:
            return _told(refusal, start_response)
        try:
            if body is not None:
                environ["wsgi.input"] = body
            return self._worked_on(environ, start_response)
        except NotReceived as refusal:
            return _told(refusal, start_response)
        finally:
            # Django has read what it wanted; a file that a form brought in is a file of its own by now.
            if body is not None:
                body.close()

    # --- Working --------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        try:
            place = self._places.get(timeout=settings.RECEIVING_PATIENCE)
        except queue.Empty:
            raise NotReceived("503 Service Unavailable", "busy; try again", retry_after=5) from None
        try:
            place.enter()
            yield
        finally:
            self._places.put(place)

    def _worked_on(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._place():
            response = self._application(environ, start_response)
            if not getattr(response, "streaming", False):
                try:
                    return list(response)
                finally:
                    response.close()
        # A stream goes at the pace of who reads it: outside the places, with a connection of its own if it needs one.
        return _Stream(response)

    # --- Receiving ------------------------------------------------------------------------------------------------------

    def _received(self, environ: Environ) -> Any | None:
        """The body as a file, None when there is none. Raises NotReceived."""
        length = _length(environ)
        if length == 0:
            return None
        largest = self._largest(environ)
        if length is not None and length > largest:
            raise NotReceived("413 Content Too Large", f"the request is larger than {largest} octets")
        if length is None or length > SMALL:
            self._pass_gate(environ)
        with self._waits(_address(environ)):
            if length is not None and length <= SMALL:
                return io.BytesIO(_small(environ["wsgi.input"], length=length))
            file, received = _spooled(environ["wsgi.input"], length=length, largest=largest)
        environ["CONTENT_LENGTH"] = str(received)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return file

    @contextlib.contextmanager
    def _waits(self, address: str) -> Iterator[None]:
        """Counts who waits for a body. Raises NotReceived."""
        with self._lock:
            crowded = self._waiting.total() >= self._most_waiting or self._waiting[address] >= max(1, self._most_waiting // 3)
            if not crowded:
                self._waiting[address] += 1
        if crowded:
            raise NotReceived("503 Service Unavailable", "too many uploads at once; try again", retry_after=5)
        try:
            yield
        finally:
            with self._lock:
                self._waiting[address] -= 1
                if not self._waiting[address]:
                    del self._waiting[address]

    def _pass_gate(self, environ: Environ) -> None:
        """Something large is read only for who may send it. Raises NotReceived with what the gate answers."""
        for prefix, gate in self._gates.items():
            if str(environ.get("PATH_INFO", "")).startswith(prefix):
                with self._place():
                    # The place may hold a connection that broke since; Django looks at that only when a request begins for it.
                    close_old_connections()
                    answer = gate(WSGIRequest({**environ, "wsgi.input": io.BytesIO()}))
                if answer is not None:
                    raise _Answered(answer)

    def _largest(self, environ: Environ) -> int:
        path = str(environ.get("PATH_INFO", ""))
        for prefix, largest in settings.RECEIVING_LARGEST.items():
            if path.startswith(prefix):
                return int(largest)
        raise AssertionError("RECEIVING_LARGEST ends with the prefix of every path")


class _Answered(NotReceived):
    """The gate wrote the answer itself."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(f"{response.status_code} {response.reason_phrase}", "")
        self.response = response


def _small(source: Source, *, length: int) -> bytes:
    """A body of at most SMALL octets. Raises NotReceived when its sender goes away."""
    try:
        content = source.read(length)
    except OSError:
        content = b""
    if len(content) < length:
        raise NotReceived("400 Bad Request", "the request ended before it was complete")
    return content


def _spooled(source: Source, *, length: int | None, largest: int) -> tuple[Any, int]:
    """The body as a file, and how many octets it has. Raises NotReceived when it is too slow, too large or incomplete."""
    began = time.monotonic()
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by who asked for it
    received = 0
    try:
        while wanted := PIECE if length is None else min(PIECE, length - received):
            piece = source.read(wanted)
            if not piece:
                break
            received += len(piece)
            if received > largest:
                raise NotReceived("413 Content Too Large", f"the request is larger than {largest} octets")
            if received < (time.monotonic() - began - settings.RECEIVING_GRACE) * settings.RECEIVING_SLOWEST:
                raise NotReceived("408 Request Timeout", "the request came in too slowly")
            _keep(file, piece)
        if length is not None and received < length:
            raise NotReceived("400 Bad Request", "the request ended before it was complete")
    except OSError:
        _throw_away(file)
        raise NotReceived("400 Bad Request", "the request ended before it was complete") from None
    except BaseException:
        _throw_away(file)
        raise
    try:
        file.seek(0)  # writes what was still in memory
    except OSError as error:
        _throw_away(file)
        raise _no_room(error) from None
    return file, received


def _keep(file: Any, piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> NotReceived:
    logger.error("A request cannot be kept in %s: %s", tempfile.gettempdir(), error)
    return NotReceived("503 Service Unavailable", "there is no room for this request now; try again", retry_after=60)


def _throw_away(file: Any) -> None:
    with contextlib.suppress(OSError):  # what does not fit any more when it is closed
        file.close()


class _Stream:
    """A streaming response, with database connections that are closed behind it."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._place = Place()

    def __iter__(self) -> Iterator[bytes]:
        self._place.enter()
        return iter(self._response)

    def close(self) -> None:
        try:
            self._response.close()
        finally:
            self._place.close()


def _length(environ: Environ) -> int | None:
    """How many octets will come; None when the client does not say."""
    given = str(environ.get("CONTENT_LENGTH") or "")
    if given:
        if not (given.isascii() and given.isdigit() and len(given) < 16):
            raise NotReceived("400 Bad Request", "Content-Length must be a number")
        return int(given)
    unsaid = "HTTP_TRANSFER_ENCODING" in environ or (
        environ.get("SERVER_PROTOCOL") == "HTTP/2" and environ.get("REQUEST_METHOD") in ("POST", "PUT", "PATCH")
    )
    return None if unsaid else 0


def _address(environ: Environ) -> str:
    """Who sends: as told by as many proxies as we trust, counted from the nearest."""
    told = [one.strip() for one in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",") if one.strip()]
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    return told[-trusted] if trusted and len(told) >= trusted else str(environ.get("REMOTE_ADDR", ""))


def _told(refusal: NotReceived, start_response: Callable[..., Any]) -> Iterable[bytes]:
    # What was not read stands between this answer and the client's next question.
    headers = [("Connection", "close")]
    if isinstance(refusal, _Answered):
        content = b"".join(refusal.response)
        headers += list(refusal.response.items())
    else:
        content = str(refusal).encode()
        headers += [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        headers += [("Access-Control-Allow-Origin", "*")]  # content in another origin may read why
        if refusal.retry_after is not None:
            headers.append(("Retry-After", str(refusal.retry_after)))
    if not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(content))))
    start_response(refusal.status, headers)
    return [content]
