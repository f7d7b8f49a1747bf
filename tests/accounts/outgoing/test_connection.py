"""Whoever names an address cannot have our server call what only it can reach, nor keep it waiting, nor learn its secrets."""

import socket
import time

import pytest

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection, check_address
from accounts.outgoing.locks import CannotUnlock, locked, unlocked


def call(url, **options):
    with Connection(url, allows_private=options.pop("allows_private", False), **options) as connection:
        return connection.call("GET", "/about", headers={})


def names(monkeypatch, *addresses):
    """A name that stands for these addresses, and a list of what was then connected to."""
    connected = []

    def look_up(host, port, **_):
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    def connect(_socket, address):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return connected


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_an_address_in_the_open_is_called(monkeypatch, address):
    connected = names(monkeypatch, address)

    with pytest.raises(CallFailed, match="geweigerd"):
        call("https://lrs.example/xapi")

    assert connected == [address]


INSIDE = ["10.0.0.5", "172.16.3.4", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::1"]
NEVER = ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "::"]


@pytest.mark.parametrize("address", [*INSIDE, *NEVER, "127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_an_address_inside_is_not_called_whatever_its_name(monkeypatch, settings, address):
    settings.OUTGOING_LOOPBACK = False
    connected = names(monkeypatch, address)

    with pytest.raises(AddressRefused):
        call("https://lrs.example/xapi")

    assert connected == []


@pytest.mark.parametrize("address", INSIDE)
def test_a_superuser_can_allow_an_address_in_our_own_network(monkeypatch, address):
    connected = names(monkeypatch, address)

    with pytest.raises(CallFailed):
        call("https://lrs.example/xapi", allows_private=True)

    assert connected == [address]


@pytest.mark.parametrize("address", NEVER)
def test_nobody_can_allow_what_machines_keep_their_secrets_at(monkeypatch, address):
    connected = names(monkeypatch, address)

    with pytest.raises(AddressRefused):
        call("https://lrs.example/xapi", allows_private=True)

    assert connected == []


def test_a_name_with_one_address_inside_is_not_called_at_all(monkeypatch):
    connected = names(monkeypatch, "93.184.216.34", "10.0.0.5")

    with pytest.raises(AddressRefused):
        call("https://lrs.example/xapi")

    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        "http://lrs.example/xapi",
        "ftp://lrs.example/",
        "file:///etc/passwd",
        "https:///xapi",
        "https://sleutel:geheim@lrs.example/xapi",
        "https://lrs.example/xapi?x=1",
        "https://lrs.example/xapi#x",
        "https://lrs.example:0/",
        "https://lrs.example:99999/",
        "geen adres",
        "",
    ],
)
def test_only_a_plain_address_with_https_is_taken(url):
    check_address("https://lrs.example/xapi")

    with pytest.raises(AddressRefused):
        check_address(url)


def test_without_https_only_this_machine_and_only_where_the_settings_say_so(other, settings, monkeypatch):
    assert call(other.address).status == 200

    settings.OUTGOING_LOOPBACK = False
    with pytest.raises(AddressRefused):
        call(other.address)
    settings.OUTGOING_LOOPBACK = True
    connected = names(monkeypatch, "93.184.216.34")
    with pytest.raises(AddressRefused):
        call("http://localhost/xapi")
    assert connected == [], "a name for this machine that leads elsewhere"


def test_a_redirect_is_an_answer_and_no_more(other):
    other.rule = lambda request: (307, {"Location": f"{other.address}/elders"}, "")

    assert call(other.address).status == 307
    assert len(other.requests) == 1


def test_a_proxy_of_the_environment_is_not_used(other, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")

    assert call(other.address).status == 200


def test_an_answer_that_drips_ends_in_time():
    """Each byte comes within any time-out of a socket; together they would take hours."""
    server = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{server.getsockname()[1]}/xapi"
    import threading  # noqa: PLC0415

    def drip():
        peer, _ = server.accept()
        peer.recv(4096)
        try:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(100):
                peer.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            pass
        peer.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    begin = time.monotonic()

    with pytest.raises(CallFailed):
        call(url, seconds=0.5)

    assert time.monotonic() - begin < 2
    server.close()
    thread.join(10)


def test_an_answer_without_end_is_not_read_to_the_end(other):
    other.rule = lambda request: (200, {}, b"x" * (1024 * 1024 + 10))

    with pytest.raises(CallFailed, match="langer"):
        call(other.address)


def test_a_connection_stays_open_and_one_that_was_closed_meanwhile_is_made_anew(other):
    with Connection(other.address, allows_private=False) as connection:
        assert connection.call("GET", "/about", headers={}).status == 200
        sock = connection._connection.sock
        assert connection.call("GET", "/about", headers={}).status == 200
        assert connection._connection.sock is sock
        sock.shutdown(socket.SHUT_RDWR)
        assert connection.call("GET", "/about", headers={}).status == 200


# --- Keys -----------------------------------------------------------------------------------------------------------------


def test_a_secret_is_locked_and_can_be_read_with_the_old_key_while_it_is_replaced(settings):
    text = locked("heel geheim")
    assert "geheim" not in text
    assert locked("heel geheim") != text
    old = settings.SECRET_KEY

    settings.SECRET_KEY = "een-heel-andere-sleutel-van-deze-installatie"
    with pytest.raises(CannotUnlock):
        unlocked(text)
    settings.SECRET_KEY_FALLBACKS = [old]

    assert unlocked(text) == "heel geheim"
