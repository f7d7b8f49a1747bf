"""One HTTP connection to a place that somebody typed in: never into our own network, never elsewhere, never for ever.

The threat: whoever may name an address could have our server call what only it can reach, such as a database or the machine's
own metadata; or could keep a worker waiting with an answer that never ends. So the addresses behind the name are looked at at the
very moment of connecting (a name may point elsewhere a second later), redirects are not followed, a proxy from the environment is
not used, and each call has an end.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

CONNECT_SECONDS = 10
STALL_SECONDS = 30  # between two pieces of a streamed answer
LARGEST_ANSWER = 1024 * 1024
PIECE = 64 * 1024
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):
    """This address may not be called; the message says why, for whoever typed it."""


class CallFailed(Exception):
    """There was no answer, or none that could be read to its end; the message says what happened, without what was sent.

    `unsent`: there was no connection, so that nothing can have arrived.
    """

    def __init__(self, message: str, *, unsent: bool = False) -> None:
        super().__init__(message)
        self.unsent = unsent


@dataclass(frozen=True)
class Reply:
    """What the other side answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace").replace("\0", "")


def check_address(url: str) -> None:
    """Raises AddressRefused unless this is an address that we would ever call, as far as its text tells."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused(_("Dit is geen adres.")) from None
    if parts.username or parts.password:
        raise AddressRefused(_("Een sleutel of geheim hoort niet in het adres. Vul ze hieronder in."))
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise AddressRefused(_("Vul een adres in zoals https://systeem.voorbeeld.nl/pad, zonder vraagteken of hekje."))
    if parts.scheme == "http" and not (is_loopback_name(parts.hostname) and loopback_allowed()):
        raise AddressRefused(_("Het adres moet met https:// beginnen."))


def loopback_allowed() -> bool:
    """On one's own machine, in the demo and in tests; never in production unless the settings say so."""
    return bool(settings.OUTGOING_LOOPBACK)


def is_loopback_name(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Connection:
    """A connection that stays open between calls. Use it as a context; not from two threads."""

    def __init__(self, url: str, *, allows_private: bool, seconds: float | None = None) -> None:
        check_address(url)
        parts = urlsplit(url)
        self.path = parts.path.rstrip("/")
        self.seconds = seconds or settings.OUTGOING_SECONDS
        host = parts.hostname or ""
        kind: Any = _GuardedHTTPS if parts.scheme == "https" else _GuardedHTTP
        # An address in brackets is IPv6; http.client writes the brackets again where they belong.
        options: dict[str, Any] = {"timeout": min(CONNECT_SECONDS, self.seconds)}
        if parts.scheme == "https":
            options["ssl_context"] = _tls()
        self._connection = kind(host, parts.port, **options)
        self._connection.allows_private = allows_private
        self._connection.only_loopback = parts.scheme == "http"
        self._used = False

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None = None, length: int | None = None
    ) -> Reply:
        """Ask once, and read the answer to its end. Raises AddressRefused and CallFailed."""
        reused = self._used and not self._connection.is_closed
        try:
            return self._call(method, path, headers=headers, body=body, length=length)
        except CallFailed:
            # The other side closes an idle connection when it likes; one more try on a fresh one. Bytes can be sent again.
            if not reused or not (body is None or isinstance(body, bytes)):
                raise
        try:
            return self._call(method, path, headers=headers, body=body, length=length)
        except CallFailed as failure:
            raise CallFailed(str(failure)) from None  # what the first try sent may have arrived

    @contextmanager
    def streamed(self, method: str, path: str, *, headers: Mapping[str, str], whole_path: bool = False) -> Iterator["Streamed"]:
        """Ask once, and read the answer in pieces within the context. `whole_path`: the path is not one below our address.

        Raises AddressRefused and CallFailed.
        """
        connection = self._connection
        # A connection that was left idle may have been closed meanwhile, and here nothing is asked twice: begin anew.
        connection.close()
        end = threading.Timer(self.seconds, _hang_up, [connection])
        end.daemon = True
        end.start()
        sent = {**headers, "Accept-Encoding": "identity", "User-Agent": "Vakwijs"}
        try:
            try:
                target = path if whole_path else f"{self.path}{path}"
                connection.request(method, target, headers=sent, preload_content=False, decode_content=False)
                if connection.sock is not None:
                    connection.sock.settimeout(STALL_SECONDS)
                response = connection.getresponse()
            except (HTTPError, OSError, ValueError, HTTPException) as error:
                raise CallFailed(_in_words(error)) from None
            yield Streamed(response)
        finally:
            end.cancel()
            connection.close()

    def _call(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None, length: int | None
    ) -> Reply:
        connection = self._connection
        connection.connected = connection.sock is not None
        deadline = time.monotonic() + self.seconds
        sent = {**headers, "Accept-Encoding": "identity", "User-Agent": "Vakwijs"}
        if length is not None:
            sent["Content-Length"] = str(length)
        # Time-outs of a socket begin anew with every byte; this one ends the call, however the other side drips.
        end = threading.Timer(self.seconds, _hang_up, [connection])
        end.daemon = True
        end.start()
        whole = False
        try:
            connection.request(method, f"{self.path}{path}", body=body, headers=sent, preload_content=False, decode_content=False)
            if connection.sock is not None:
                connection.sock.settimeout(max(0.1, deadline - time.monotonic()))
            response = connection.getresponse()
            content = b""
            # Until there is no more: only then an answer that ended before its length is known for what it is.
            while piece := response.read(PIECE, decode_content=False):
                content += piece
                if len(content) > LARGEST_ANSWER:
                    raise CallFailed(_("Het antwoord is langer dan we lezen."))
            reply = Reply(status=response.status, headers={name.lower(): value for name, value in response.headers.items()}, body=content)
            whole = reply.headers.get("connection", "").lower() != "close"
        except (HTTPError, OSError, ValueError, HTTPException) as error:
            late = time.monotonic() >= deadline
            words = _("Geen antwoord binnen %(seconds)s seconden.") % {"seconds": f"{self.seconds:g}"} if late else _in_words(error)
            raise CallFailed(words, unsent=not connection.connected) from None
        else:
            self._used = True
            return reply
        finally:
            end.cancel()
            if not whole:
                connection.close()


class Streamed:
    """An answer that is read in pieces, because nobody knows how large it is. Only good while its context lasts."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status: int = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    def read(self, size: int, /) -> bytes:
        """At most so many octets, none at the end. Raises CallFailed."""
        try:
            piece: bytes = self._response.read(size, decode_content=False)
        except (HTTPError, OSError, ValueError, HTTPException) as error:
            raise CallFailed(_in_words(error)) from None
        return piece


def _hang_up(connection: Any) -> None:
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _in_words(error: Exception) -> str:
    """What went wrong, without the request: an error may quote what was sent."""
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError) or isinstance(error, ssl.SSLCertVerificationError):
        return _("Het certificaat van de andere kant is niet geldig.")
    if isinstance(cause, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return _("Er kon geen beveiligde verbinding worden gemaakt.")
    if isinstance(cause, socket.gaierror) or isinstance(error, socket.gaierror):
        return _("De naam in het adres is niet bekend.")
    if isinstance(cause, ConnectionRefusedError) or isinstance(error, ConnectionRefusedError):
        return _("De verbinding werd geweigerd.")
    if isinstance(error, TimeoutError) or isinstance(cause, TimeoutError):
        return _("Geen antwoord op tijd.")
    return _("De verbinding brak af.")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Guarded:
    """Looks at the addresses behind a name, and connects to the very ones it looked at."""

    allows_private = False
    only_loopback = False
    connected = False
    host: str
    port: int
    timeout: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of the class beside this one
        self.connected = True

    def _new_conn(self) -> socket.socket:
        addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for found in addresses:
            _check(ipaddress.ip_address(str(found[4][0]).partition("%")[0]), self.allows_private, self.only_loopback)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _canonical, address in addresses:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.timeout)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                failure = error
                sock.close()
            else:
                return sock
        raise failure


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


def _check(address: Address, allows_private: bool, only_loopback: bool) -> None:
    """Raises AddressRefused for an address inside, unless it was allowed. One's own link is never called: machines keep secrets there."""
    address = _inner(address)
    if address.is_loopback:
        if loopback_allowed():
            return
        raise AddressRefused(_("Dit adres ligt op deze machine zelf. Daar sturen we niets naartoe."))
    if only_loopback:
        raise AddressRefused(_("Het adres moet met https:// beginnen."))
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise AddressRefused(_("Naar dit soort adressen sturen we nooit iets."))
    if not address.is_global and not allows_private:
        raise AddressRefused(_("Dit adres ligt in ons eigen netwerk. Alleen een superuser kan dat toestaan."))


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, when it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if carried is None and address in NAT64:
        carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address
