"""Targets for tests, and a store of paper at the other side that answers as it is told."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from accounts.outgoing.locks import locked
from lrs.models import ForwardingTarget

SECRET = "heel-geheim-woord-van-de-ander"


def a_target(endpoint: str = "https://lrs.example/xapi", **fields: Any) -> ForwardingTarget:
    """A target that gets everything from the first statement on, with any part replaced."""
    defaults: dict[str, Any] = {
        "name": "Andere opslag",
        "endpoint": endpoint,
        "reach": ForwardingTarget.Reach.EVERYTHING,
        "actors": ForwardingTarget.Actors.AS_IS,
        "key_locked": locked("sleutel"),
        "secret_locked": locked(SECRET),
    }
    return ForwardingTarget.objects.create(**{**defaults, **fields})


class PaperStore:
    """An xAPI store in a few lines: keeps what it is sent, in order. `rule` decides otherwise for a request when it answers one."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.arrivals: list[dict[str, Any]] = []  # every statement of every request, repeats too
        self.requests: list[dict[str, Any]] = []
        self.rule: Callable[[dict[str, Any]], Any] = lambda request: None
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one write for an answer: two would each wait for the other side's acknowledgement

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._answer("GET")

            def do_POST(self) -> None:
                self._answer("POST")

            def _answer(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = {"method": method, "path": self.path, "headers": dict(self.headers), "body": body}
                store.requests.append(request)
                status, headers, content = store.answer(request)
                if status is None:  # hang up without a word
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    pass
                self.close_connection = self.close_connection or "Content-Length" in headers  # a length that may be a lie

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/xapi"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def answer(self, request: dict[str, Any]) -> tuple[int | None, dict[str, str], bytes]:
        """As `rule` says: a status, or (status, headers, text); else as a store does."""
        statements = json.loads(request["body"]) if request["method"] == "POST" and _is_json(request) else []
        request["statements"] = statements
        ruled = self.rule(request)
        if ruled is not None:
            status, headers, text = ruled if isinstance(ruled, tuple) else (ruled, {}, "nee")
            return status, headers, text if isinstance(text, bytes) else text.encode()
        if request["method"] == "GET":
            return self._read(request)
        for one in statements:
            self.arrivals.append(one)
            self.kept.setdefault(one["id"], one)
        return 200, {"Content-Type": "application/json"}, json.dumps([one["id"] for one in statements]).encode()

    def _read(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if request["path"].startswith("/xapi/about"):
            return 200, {}, b'{"version": ["2.0.0", "1.0.3"]}'
        if "statementId=" in request["path"]:
            found = self.kept.get(request["path"].rpartition("=")[2])
            return (200, {}, json.dumps(found).encode()) if found else (404, {}, b"geen")
        return 200, {}, b'{"statements": [], "more": ""}'


def _is_json(request: dict[str, Any]) -> bool:
    return request["headers"].get("Content-Type", "").startswith("application/json")


def contains(*ids: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a request holds one of these statements."""
    return lambda request: any(one["id"] in ids for one in request["statements"])


def wait_until(true: Callable[[], Any], *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def ids(number: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(number)]
