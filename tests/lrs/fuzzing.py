"""Requests that nobody would send on purpose: mutations of good ones, each the same for the same seed and number."""

import base64
import hashlib
import io
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes

from lrs.api import RESOURCES
from lrs.profiles.adl import VOIDED
from tests.lrs.generated import HOSTILE, places
from tests.lrs.test_validation import full, sub_of

ANN = {"objectType": "Agent", "mbox": "mailto:ann@voorbeeld.example"}
ACTIVITY = "https://voorbeeld.example/les"
METHODS = [
    "GET",
    "GET",
    "GET",
    "HEAD",
    "PUT",
    "PUT",
    "POST",
    "POST",
    "POST",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "get",
    "BREW",
    "PROPFIND",
    "",
]
NASTY: list[Any] = [
    *HOSTILE,
    None,
    True,
    [],
    {},
    [[]],
    0,
    -1,
    -0.0,
    10**30,
    -(10**400),
    10**4000,
    1e308,
    float("nan"),
    float("-inf"),
    "mailto:x",
    "http://",
    "Agent",
    "SubStatement",
    VOIDED,
    "2026-13-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
    "P" + "9" * 400 + "Y",
    "nl_NL",
    "x" * 70_000,
]
OCTETS = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"%",
    b"%zz",
    b"%00",
    b"&",
    b"=",
    b"+",
    b"#",
    b"\xe2\x82",
    "é".encode(),
    b"a" * 9000,
]


@dataclass
class Request:
    """What goes over the wire, before it is one."""

    method: str
    path: bytes
    query: bytes
    headers: dict[str, bytes]
    body: bytes
    length: bytes | None  # what Content-Length says, which need not be true
    breaks_off: bool = False

    def environ(self) -> dict[str, Any]:
        """As a WSGI server hands it over: octets as latin-1 (PEP 3333)."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": _Torn(self.body) if self.breaks_off else io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self.length is not None:
            environ["CONTENT_LENGTH"] = self.length.decode("latin-1")
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.decode("latin-1")
        return environ


class _Torn(io.BytesIO):
    """A body of which the sender goes away half-way."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(min(size, 64) if size and size > 0 else 64)
        if not piece:
            raise OSError("the sender is gone")
        return piece


@dataclass
class Fuzzer:
    """Makes requests. `keys` are Authorization headers that work; `etags` and `ids` are what earlier answers gave."""

    seed: int
    keys: list[str]
    etags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def request(self, number: int) -> Request:
        chance = random.Random(f"{self.seed}/{number}")
        return _Maker(chance, self).request()

    def learn(self, headers: dict[str, str], body: bytes) -> None:
        """Remember what a later request can refer to."""
        if "ETag" in headers:
            self.etags = [*self.etags[-20:], headers["ETag"]]
        if body.startswith(b'["') and len(body) < 5000:
            try:
                self.ids = [*self.ids[-50:], *json.loads(body)]
            except ValueError:
                return


class _Maker:
    def __init__(self, chance: random.Random, fuzzer: Fuzzer) -> None:
        self.chance, self.fuzzer = chance, fuzzer

    def maybe(self, odds: float) -> bool:
        return self.chance.random() < odds

    def request(self) -> Request:
        chance = self.chance
        resource = chance.choice(["statements"] * 6 + ["activities/state"] * 3 + sorted(RESOURCES))
        old = self.maybe(0.4)
        method = chance.choice(METHODS[:10]) if self.maybe(0.85) else chance.choice(METHODS)
        path = f"/xapi/{'1.0.3/' if old else ''}{resource}".encode()
        if self.maybe(0.02):
            path = chance.choice(
                [path + b"/", path.upper(), path + b"\xff", b"/xapi//statements", b"/xapi/../xapi/about", path + b";x=1", b"/xapi/"]
            )
        body, kind = self.body(resource, method, old=old)
        headers = self.headers(kind, old=old)
        length: bytes | None = str(len(body)).encode()
        if self.maybe(0.05):
            length = chance.choice(
                [
                    None,
                    b"",
                    b"0",
                    b"-1",
                    b"abc",
                    b"1e3",
                    b"99999999999999",
                    b"5",
                    b"\xb2",
                    b"9" * 5000,
                    "٣".encode(),
                    str(len(body) + 100).encode(),
                ]
            )
            if length is None:
                headers["Transfer-Encoding"] = b"chunked"
        return Request(method, path, self.query(resource, method), headers, body, length, breaks_off=self.maybe(0.02))

    # --- Parameters ---------------------------------------------------------------------------------------------------

    def query(self, resource: str, method: str) -> bytes:
        chance = self.chance
        some_id = chance.choice(self.fuzzer.ids) if self.fuzzer.ids and self.maybe(0.7) else str(self.uuid())
        ann = chance.choice(
            [ANN, {"account": {"homePage": "https://a.example", "name": "é\0"}}, {"objectType": "Group", "mbox": "mailto:g@b.example"}]
        )
        good: dict[str, Any] = {
            "activityId": ACTIVITY,
            "agent": json.dumps(ann),
            "stateId": chance.choice(["plek", "a", "\0", "é" * 300]),
            "profileId": chance.choice(["p", "voorkeur"]),
            "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
            "statementId": some_id,
            "voidedStatementId": some_id,
            "verb": "http://adlnet.gov/expapi/verbs/answered",
            "activity": "https://voorbeeld.example/vraag/1",
            "since": chance.choice(["2020-01-01T00:00:00Z", "2999-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z"]),
            "until": "2999-01-01T00:00:00Z",
            "limit": chance.choice(["0", "1", "5", "100", "99999999999999999"]),
            "format": chance.choice(["ids", "exact", "canonical"]),
            "attachments": chance.choice(["true", "false"]),
            "ascending": chance.choice(["true", "false"]),
            "related_agents": "true",
            "related_activities": "true",
            "cursor": chance.choice(["0", "5", "99999999999999999", "7450000000000000000"]),
            "method": chance.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "", "é"]),
            "grant_type": "client_credentials",
        }
        wanted = {
            "statements": ["statementId"] if method == "PUT" else [],
            "activities/state": ["activityId", "agent", "stateId"],
            "activities/profile": ["activityId", "profileId"],
            "agents/profile": ["agent", "profileId"],
            "activities": ["activityId"],
            "agents": ["agent"],
        }.get(resource, [])
        if resource == "statements" and method in ("GET", "HEAD") and self.maybe(0.7):
            filters = ["agent", "verb", "activity", "since", "until", "limit", "format", "attachments", "ascending", "related_agents"]
            wanted = chance.choice(
                [["statementId"], ["voidedStatementId", "format"], chance.sample([*filters, "related_activities", "cursor"], 3)]
            )
        names = list(wanted)
        if self.maybe(0.3):
            names += chance.sample(sorted(good), chance.randint(1, 3))
        if names and self.maybe(0.15):
            names.remove(chance.choice(names))
        pieces = []
        for name in names:
            value = str(good[name]).encode("utf-8", "surrogatepass")
            if self.maybe(0.12):
                nasty = chance.choice(NASTY)
                text = nasty if isinstance(nasty, str) else str(nasty)[:500]
                value = chance.choice(OCTETS) if self.maybe(0.3) else text.encode("utf-8", "surrogatepass")[:20_000]
                if name == "agent" and self.maybe(0.5):
                    value = json.dumps(self.damaged(ANN), default=str).encode()
            raw_name = name.encode() if self.maybe(0.97) else chance.choice([name.upper().encode(), name.encode() + b"[]", b"\xff", b""])
            pieces.append(raw_name + b"=" + (value if self.maybe(0.04) else quote_from_bytes(value, safe="").encode()))
        if pieces and self.maybe(0.03):
            pieces.append(chance.choice(pieces))
        return chance.choice([b"&", b"&", b"&", b"&", b"&", b";", b"&&"]).join(pieces)

    # --- Headers ------------------------------------------------------------------------------------------------------

    def headers(self, kind: bytes, *, old: bool) -> dict[str, bytes]:
        chance = self.chance
        headers = {"Host": b"testserver", "X-Experience-API-Version": b"1.0.3" if old else b"2.0.0", "Content-Type": kind}
        headers["Authorization"] = chance.choice(self.fuzzer.keys).encode()
        etags = [etag.encode() for etag in self.fuzzer.etags[-5:]] or [b'"x"']
        conditions = [b"*", b'"x"', b"", *etags, b'W/"x"', b'"a", "b"', b'"' * 40, b"\xff", etags[0].strip(b'"'), b'"\0"', b"," * 2000]
        for name in ("If-Match", "If-None-Match"):
            if self.maybe(0.3):
                headers[name] = chance.choice(conditions)
        if self.maybe(0.3):
            headers["Accept-Language"] = chance.choice(
                [
                    b"nl",
                    b"en-GB, nl;q=0.5",
                    b"*",
                    b";;,,",
                    b"q=1",
                    b"nl;q=nan",
                    b"nl;q=inf",
                    b"nl;q=1e999",
                    b"\xff",
                    b"a," * 5000,
                    b"nl;q=-1;q=2",
                ]
            )
        if self.maybe(0.1):
            headers["Accept"] = chance.choice([b"application/json", b"text/html", b"*/*", b"", b"multipart/mixed", b"\xff", b"a/b;q=x"])
        if self.maybe(0.06):
            name, values = chance.choice(
                [
                    (
                        "X-Experience-API-Version",
                        [b"", b"9", b"1.0", b"2.0.9999999999", b"1.0.3,2.0.0", b"\xe9", b" 2.0.0 ", b"2.0.0\0", b"0.95"],
                    ),
                    (
                        "Authorization",
                        [b"", b"Basic", b"Basic ====", b"Basic " + base64.b64encode(b"\xff:\xff"), b"Bearer x", b"Basic Og==", b"\xff"],
                    ),
                    (
                        "Content-Type",
                        [
                            b"",
                            b"\xff",
                            b"application/json; charset=utf-16",
                            b"application/json;charset=nope",
                            b"a" * 5000,
                            b"multipart/mixed",
                        ],
                    ),
                    ("Host", [b"", b"elders.example", b"testserver:99999", b"[::1", b"\xff", b"a b"]),
                ]
            )
            headers[name] = chance.choice(values)
        if self.maybe(0.06):
            extra = [
                ("Range", b"bytes=0-0,5-"),
                ("Content-Encoding", b"gzip"),
                ("Expect", b"100-continue"),
                ("Origin", b"https://elders.example"),
                ("X-Forwarded-For", b"\xff, 1.2.3.4"),
                ("X-Forwarded-Proto", b"gopher"),
                ("X-HTTP-Method-Override", b"DELETE"),
                ("Cookie", b"sessionid=\xff; csrftoken=" + b"x" * 9000),
                ("If-Modified-Since", b"Mon, 99 Foo 2026"),
                ("X-Experience-API-Hash", b"\0" * 10),
                ("Content-Language", b"\xff"),
                ("Idempotency-Key", b"\xff"),
                ("Accept-Encoding", b"br;q=x, \xff"),
                ("Content-Transfer-Encoding", b"base64"),
            ]
            headers |= dict(chance.sample(extra, 2))
        if self.maybe(0.03):
            del headers[chance.choice(sorted(headers))]
        return headers

    # --- Bodies -------------------------------------------------------------------------------------------------------

    def body(self, resource: str, method: str, *, old: bool) -> tuple[bytes, bytes]:
        chance = self.chance
        if method not in ("PUT", "POST", "PATCH") and self.maybe(0.95):
            return b"", b""
        if self.maybe(0.03):
            return bytes(chance.randrange(256) for _ in range(chance.randrange(200))), chance.choice(
                [b"application/json", b"multipart/mixed; boundary=grens"]
            )
        if resource == "statements":
            body, kind = self.statements(old=old)
        elif self.maybe(0.7):
            body, kind = json.dumps({"x": chance.choice(NASTY[:30]), "y": 1}, default=str).encode(), b"application/json"
        else:
            body = chance.choice([b"tekst", b"[1]", b"null", b"{", b"\xff\xfe", b"9" * 5000, b"[" * 3000, b'{"a":NaN}', b""])
            kind = chance.choice([b"text/plain", b"application/json", b"application/octet-stream", b"text/html", b""])
        if self.maybe(0.06):
            body = self.octets(body)
        if self.maybe(0.02):
            body, kind = self.form(body), b"application/x-www-form-urlencoded"
        return body, kind

    def statements(self, *, old: bool) -> tuple[bytes, bytes]:
        chance = self.chance
        made = [self.statement(old=old) for _ in range(1 if self.maybe(0.7) else chance.randint(0, 4))]
        value: Any = made[0] if len(made) == 1 and self.maybe(0.8) else made
        text = json.dumps(value, ensure_ascii=self.maybe(0.5)).encode("utf-8", "surrogatepass")
        if self.maybe(0.8):
            return text, b"application/json"
        return self.message(made, text)

    def statement(self, *, old: bool) -> Any:
        chance = self.chance
        statement: Any = full() if self.maybe(0.3) else {"actor": ANN, "verb": {"id": "https://a.example/v"}, "object": {"id": ACTIVITY}}
        if self.maybe(0.2):
            statement = sub_of(statement)
        statement["id"] = str(self.uuid())
        if self.maybe(0.1) and self.fuzzer.ids:
            target = chance.choice(self.fuzzer.ids)
            statement |= {"verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": target}, "context": {}}
        if not old and self.maybe(0.2):
            statement["context"] = {"contextAgents": [{"objectType": "contextAgent", "agent": ANN}]}
        for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
            statement = self.damaged(statement)
        return statement

    def damaged(self, value: Any) -> Any:
        """The value with one thing replaced, removed, renamed, doubled or added; a copy."""
        chance = self.chance
        value = json.loads(json.dumps(value))
        found = places(value)
        if not found:
            return chance.choice(NASTY)
        way = chance.choice(found)
        place = value
        for step in way[:-1]:
            place = place[step]
        kind = chance.choice(["replace", "replace", "remove", "rename", "add", "double"])
        if kind == "remove":
            del place[way[-1]]
        elif kind == "rename" and isinstance(place, dict):
            place[chance.choice([str(way[-1]).upper(), "", "x", "\0", "objectType"])] = place.pop(way[-1])
        elif kind == "add" and isinstance(place, dict):
            place[chance.choice(["id", "objectType", "member", "mbox", "account", "extensions", "é", ""])] = chance.choice(NASTY)
        elif kind == "double" and isinstance(place, list):
            place.append(place[way[-1]])
        else:
            place[way[-1]] = chance.choice(NASTY)
        return value

    def message(self, made: list[Any], text: bytes) -> tuple[bytes, bytes]:
        """A multipart message with an attachment for the first statement, or nearly."""
        chance = self.chance
        content = chance.choice([b"", b"tekst", b"\r\n--grens", b"\0" * 100, b"a" * 70_000])
        sha2 = hashlib.sha256(content).hexdigest()
        usage = chance.choice(["https://a.example/u", "http://adlnet.gov/expapi/attachments/signature"])
        if "signature" in usage:
            content = self.jws(made)
            sha2 = hashlib.sha256(content).hexdigest()
        entry = {
            "usageType": usage,
            "display": {"nl": "x"},
            "contentType": "application/octet-stream",
            "length": len(content),
            "sha2": sha2,
        }
        if made and isinstance(made[0], dict) and self.maybe(0.9):
            made[0]["attachments"] = [entry if self.maybe(0.8) else self.damaged(entry)]
            text = json.dumps(made if len(made) != 1 else made[0]).encode()
        lines = [
            b"--grens\r\nContent-Type: application/json\r\n\r\n" + text,
            f"--grens\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n".encode()
            + content,
            b"--grens--\r\n",
        ]
        if self.maybe(0.2):
            lines.insert(
                chance.randrange(3),
                chance.choice([b"", b"--grens", b"--grens\r\n\r\n", b"--grens\r\n: \xff\r\n\r\n", lines[1], b"\xff" * 50]),
            )
        kinds = [b"multipart/mixed; boundary=grens"] * 8 + [
            b'multipart/mixed; boundary="grens"',
            b"multipart/mixed; boundary=\xff",
            b"multipart/mixed;boundary=",
        ]
        return b"\r\n".join(lines), chance.choice(kinds)

    def jws(self, made: list[Any]) -> bytes:
        chance = self.chance

        def encoded(value: Any) -> bytes:
            return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(b"=")

        header = {
            "alg": chance.choice(["RS256", "RS512", "HS256", "none", 1, None]),
            "x5c": chance.choice([[], ["AAAA"], "x", None, [1], [None]]),
        }
        if self.maybe(0.5):
            del header["x5c"]
        payload = chance.choice(
            [made[0] if made else {}, [], "x", 5, {"attachments": 5}, {"object": {"result": 5}, "result": {"duration": 1}}]
        )
        pieces = [
            encoded(header if self.maybe(0.9) else chance.choice([[], 1, b"\xff"])),
            encoded(payload),
            chance.choice([b"", b"AAAA", b"!", b"\xff"]),
        ]
        return b".".join(pieces[: 3 if self.maybe(0.95) else 2])

    def form(self, body: bytes) -> bytes:
        return (
            b"statementId="
            + str(self.uuid()).encode()
            + b"&Authorization="
            + self.chance.choice(OCTETS)
            + b"&content="
            + quote_from_bytes(body).encode()
        )

    def octets(self, body: bytes) -> bytes:
        chance = self.chance
        at = chance.randrange(len(body) + 1)
        return chance.choice(
            [
                body[:at],
                body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
                body[:at] + chance.choice(OCTETS) + body[at:],
                body + body,
                b"\xef\xbb\xbf" + body,
                body.decode("utf-8", "replace").encode("utf-16"),
                body.replace(b"{", b'{"id":1,"id":1,', 1),
                b'{"a":' * 5000 + body,
                b"[" * 100_000,
                body.replace(b"\r\n", b"\n"),
            ]
        )

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)


# --- Over a socket -----------------------------------------------------------------------------------------------------

CHUNKS = [
    b"5\r\nabcde\r\n",
    b"0\r\n\r\n",
    b"zz\r\nabc\r\n",
    b"-5\r\n",
    b"FFFFFFFFFFFFFFFFFF\r\nx",
    b"5;naam=waarde\r\nabcde\r\n",
    b"5\nabcde\n",
    b"\r\n",
    b"5\r\nab",
]
ODD_HEADERS = [
    b"X" * 70_000 + b": a",
    b"X: " + b"a" * 70_000,
    b"geen dubbele punt",
    b" : leeg",
    b"X\0: a",
    b"X: \0\xff",
    b"X: a\r\n vervolg",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: gzip",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
    b"Expect: 200-maybe",
    b"\r\n".join(b"X-%d: a" % number for number in range(300)),
]
LINES = [
    b"GET /xapi/about HTTP/9.9",
    b"GET  /xapi/about  HTTP/1.1",
    b"GET /xapi/about",
    b"GET http://elders.example/xapi/about HTTP/1.1",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1",
    b"GET /xapi/\xff\0 HTTP/1.1",
    b"CONNECT a:1 HTTP/1.1",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\r\n\r\n\r\n",
]


def exchange(fuzzer: Fuzzer, number: int) -> tuple[list[bytes], bool]:
    """What goes over one connection, in the pieces in which it is sent, and whether the sender then waits for an answer."""
    chance = random.Random(f"{fuzzer.seed}/socket/{number}")
    made = _Maker(chance, fuzzer).request()
    line = made.method.encode() + b" " + quote_from_bytes(made.path).encode() + (b"?" + made.query if made.query else b"") + b" HTTP/1.1"
    if chance.random() < 0.25:
        line = chance.choice(LINES)
    fields = [name.encode() + b": " + value.replace(b"\r", b"").replace(b"\n", b"") for name, value in made.headers.items()]
    if chance.random() < 0.4:
        fields.insert(chance.randrange(len(fields) + 1), chance.choice(ODD_HEADERS))
    body = made.body[:200_000]
    if chance.random() < 0.4:
        fields.append(b"Transfer-Encoding: chunked")
        cut = sorted(chance.randrange(len(body) + 1) for _ in range(3))
        pieces = [body[a:b] for a, b in zip([0, *cut], [*cut, len(body)], strict=True)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
        if chance.random() < 0.7:
            at = chance.randrange(len(body))
            body = body[:at] + chance.choice(CHUNKS) + body[at if chance.random() < 0.5 else len(body) :]
    elif made.length is not None:
        fields.append(b"Content-Length: " + made.length)
    fields.append(b"Connection: close")
    end = b"\r\n" if chance.random() < 0.95 else b"\n"
    whole = end.join([line, *fields, b"", b""]) + body
    if chance.random() < 0.1:
        whole += whole  # a second request before the first was answered
    waits = chance.random() < 0.7
    if not waits:
        whole = whole[: chance.randrange(len(whole) + 1)]
    cuts = sorted(chance.randrange(len(whole) + 1) for _ in range(chance.randrange(3)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)], waits
