"""The stand-in as a server: the form by POST and SOAP 1.1, a small page with what it received, and ways to misbehave."""

import html
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from lxml import etree

from tests.pe_online_stand_in.rules import Outcome, Refused, process
from tests.pe_online_stand_in.world import World

PATH = "/pe-services/pe-attendanceelearning/WriteAttendance.asmx"
NAMESPACE = "https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance"
MODES = {
    "ok": "doet het",
    "slow": "traag: antwoordt na een tijd",
    "down": "stuk: antwoordt met 503",
    "hangs_up": "breekt af nadat alles is verwerkt",
    "nonsense": "antwoordt met een pagina in plaats van XML",
    "wrong_xml": "antwoordt met XML die het niet hoort te zijn",
    "echo": "antwoordt met wat het kreeg",
    "test": "testmodus: keurt alles, schrijft niets",
}


@dataclass
class Received:
    """One call, without its key."""

    at: float
    way: str
    rows: int
    accepted: int
    rejected: int
    note: str


class StandIn:
    """A running stand-in. `register` is what a register would hold: once for every attendance, however often it came."""

    def __init__(self, world: World, *, port: int = 0, seconds: float = 2.0) -> None:
        self.world = world
        self.mode = "ok"
        self.seconds = seconds
        self.register: dict[tuple[str, ...], int] = {}  # how often each attendance came in
        self.received: list[Received] = []
        self.bodies: list[str] = []  # as they came, keys and all: only a test may look
        self.before: Callable[[int], None] = lambda number: None  # called with the number of the call, from 1
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                if self.path != "/":
                    self._send(405, "text/plain", "Alleen POST: een sleutel hoort niet in een adres.")
                    return
                self._send(200, "text/html; charset=utf-8", stand_in.page())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
                if self.path == "/mode":
                    chosen = parse_qs(body).get("mode", ["ok"])[0]
                    stand_in.mode = chosen if chosen in MODES else "ok"
                    self.send_response(303)
                    self.send_header("Location", "/")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                answer = stand_in.answer(self.path, body, self.headers.get("Content-Type", ""), self.headers.get("SOAPAction", ""))
                if answer is None:
                    self.close_connection = True
                    return
                self._send(*answer)

            def _send(self, status: int, kind: str, text: str) -> None:
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{PATH}"

    def start(self) -> "StandIn":
        self.thread.start()
        return self

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    @property
    def calls(self) -> int:
        return len(self.received)

    def answer(self, path: str, body: str, kind: str, action: str) -> tuple[int, str, str] | None:
        self.before(len(self.received) + 1)
        mode = self.mode
        soap = path == PATH
        if mode == "down":
            self._note("soap" if soap else "post", 0, Outcome(), "503")
            return 503, "text/html", "<html><body><h1>Service Unavailable</h1></body></html>"
        xml = _from_soap(body, action) if soap else _from_form(body, kind, path)
        if xml is None:
            self._note("soap" if soap else "post", 0, Outcome(), "500")
            return 500, "text/plain", "Server Error: unexpected request"
        self.bodies.append(xml)
        try:
            outcome = process(xml, self.world)
            refusal = None
        except Refused as refused:
            outcome, refusal = Outcome(), refused
        if mode != "test":
            for key in outcome.keys:
                self.register[key] = self.register.get(key, 0) + 1
        self._note("soap" if soap else "post", len(outcome.taken) + len(outcome.errors), outcome, refusal.code if refusal else "")
        if mode == "slow":
            time.sleep(self.seconds)
        if mode == "hangs_up":
            return None
        if mode == "nonsense":
            return 200, "text/html", "<!doctype html><html><body>Onderhoud. Probeer het later.<br></body></html>"
        if mode == "wrong_xml":
            return 200, "text/xml", '<?xml version="1.0"?><Overzicht><Niets/></Overzicht>'
        if mode == "echo":
            return 200, "text/html", f"<html><body>Fout bij het lezen van {html.escape(xml)}</body></html>"
        summary = _summary(outcome, refusal)
        if not soap:
            return 200, "text/xml; charset=utf-8", f'<?xml version="1.0" encoding="utf-8"?>\n{summary}'
        return (
            200,
            "text/xml; charset=utf-8",
            '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            f'<ProcessXMLResponse xmlns="{NAMESPACE}"><ProcessXMLResult>{escape(summary)}</ProcessXMLResult></ProcessXMLResponse>'
            "</soap:Body></soap:Envelope>",
        )

    def page(self) -> str:
        """What it received, for somebody who tries things by hand."""
        rows = "".join(
            f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(one.at))}</td><td>{one.way}</td><td>{one.rows}</td>"
            f"<td>{one.accepted}</td><td>{one.rejected}</td><td>{html.escape(one.note)}</td></tr>"
            for one in reversed(self.received[-200:])
        )
        held = "".join(
            f"<tr><td>{html.escape(' · '.join(key))}</td><td>{count}</td></tr>" for key, count in list(self.register.items())[-500:]
        )
        modes = "".join(
            f'<button name="mode" value="{mode}"{" disabled" if mode == self.mode else ""}>{words}</button> '
            for mode, words in MODES.items()
        )
        return (
            '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Nagebootste PE-online</title>'
            "<style>body{font:16px/1.5 sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;margin:1rem 0}"
            "td,th{border:1px solid #999;padding:.2rem .6rem;text-align:left}</style></head><body>"
            f"<h1>Nagebootste webservice van PE-online</h1><p>Adres: <code>{self.address}</code></p>"
            f'<form method="post" action="/mode">{modes}</form><p>Nu: <strong>{MODES[self.mode]}</strong></p>'
            f"<h2>Ontvangen</h2><table><tr><th>tijd</th><th>weg</th><th>regels</th><th>aangenomen</th><th>afgewezen</th><th></th></tr>{rows}</table>"
            f"<h2>In het register ({len(self.register)})</h2><table><tr><th>aanwezigheid</th><th>keer ontvangen</th></tr>{held}</table></body></html>"
        )

    def _note(self, way: str, rows: int, outcome: Outcome, note: str) -> None:
        self.received.append(Received(time.time(), way, rows, len(outcome.taken), len(outcome.errors), note or self.mode))


def _from_form(body: str, kind: str, path: str) -> str | None:
    if path != f"{PATH}/ProcessXML" or not kind.startswith("application/x-www-form-urlencoded"):
        return None
    found = parse_qs(body).get("sXML")
    return found[0] if found else None


def _from_soap(body: str, action: str) -> str | None:
    if action.strip('"') != f"{NAMESPACE}/ProcessXML":
        return None
    try:
        root = etree.fromstring(body.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    found = root.find(f".//{{{NAMESPACE}}}ProcessXML/{{{NAMESPACE}}}sXML")
    return found.text if found is not None else None


def _summary(outcome: Outcome, refusal: Refused | None) -> str:
    """As the manual shows it, with errorNR in one place and errorNr in the other."""
    if refusal:
        total = f"<Error><errorNR>{refusal.code}</errorNR><errorMsg>{escape(refusal.text)}</errorMsg></Error>"
        return f"<Summary><Results><rejected_rows>0</rejected_rows><accepted_rows>0</accepted_rows><total_rows>0</total_rows></Results>{total}</Summary>"
    taken, errors = outcome.taken, outcome.errors
    parts = [
        f"<Results><rejected_rows>{len(errors)}</rejected_rows><accepted_rows>{len(taken)}</accepted_rows>"
        f"<total_rows>{len(taken) + len(errors)}</total_rows></Results>"
    ]
    parts += [f"<Error><errorNr>100</errorNr><errorMsg>{escape(text)}</errorMsg></Error>" for text in errors]
    parts += [
        f"<Accepted><person>{escape(person)}</person><course>{escape(course)}</course><date>{escape(day)}</date></Accepted>"
        for person, course, day in taken
    ]
    return f"<Summary>{''.join(parts)}</Summary>"
