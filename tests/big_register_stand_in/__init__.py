"""A stand-in of the public BIG register: it knows a few demo professionals, and can be slow, down, or answer nonsense.

It follows the service's description: the fields of a question in their order, a number as a decimal, 0001-01-01 for no end date, and with
every professional an address, a judgement and a limitation, which nothing of ours may ever keep.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lxml import etree

NAMESPACE = "http://services.cibg.nl/ExternalUser"
FIELDS = [
    "WebSite",
    "Name",
    "Initials",
    "Prefix",
    "Street",
    "Gender",
    "HouseNumber",
    "Postalcode",
    "City",
    "RegistrationNumber",
    "DateOfBirth",
    "ProfessionalGroup",
    "TypeOfSpecialism",
]
SECRET = "Berisping: dit mag nergens bewaard worden"


@dataclass
class Known:
    """A professional that the stand-in knows."""

    number: str
    birth_surname: str
    mailing_name: str
    initial: str
    group: str = "30"
    specialisms: tuple[str, ...] = ()
    start: str = "2015-03-01T00:00:00"
    end: str = "0001-01-01T00:00:00"


# Numbers of the demo, after a pattern that the register never gave out.
DEMO = [
    Known("19000000130", "verpleegkundige", "D. verpleegkundige", "D."),
    Known("19000000131", "specialist", "D. verpleegkundig specialist", "D.", specialisms=("76",)),
    Known("19000000141", "Anders", "A. Anders", "A.", group="01"),
    Known("09000000132", "verpleegkundige", "D. verpleegkundige", "D.", end="2020-01-01T00:00:00"),
]


@dataclass
class StandIn:
    """`mode`: well, slow, down (500), fault, nonsense, html, huge. `asked` are the numbers that came in."""

    known: list[Known] = field(default_factory=lambda: list(DEMO))
    mode: str = "well"
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/zksrv/soap/4"

    def answer(self, headers: Any, body: bytes) -> tuple[int, bytes]:
        self.bodies.append(body)
        if self.mode == "down":
            return 503, b"Service Unavailable"
        if self.mode == "html":
            return 200, b"<html><body>Onderhoud</body></html>"
        if self.mode == "nonsense":
            return 200, b"\x00\x01 geen xml"
        if self.mode == "huge":
            return 200, b"<a>" + b"x" * (2 * 1024 * 1024) + b"</a>"
        if self.mode == "doctype":
            return (
                200,
                b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Envelope><Body><ListHcpApproxResult>&e;</ListHcpApproxResult></Body></Envelope>',
            )
        if self.mode == "fault" or headers.get("SOAPAction", "").strip('"') != f"{NAMESPACE}/ListHcpApprox4":
            return 500 if self.mode != "fault" else 200, _envelope(
                "<s:Fault><faultcode>s:Server</faultcode><faultstring>Fout</faultstring></s:Fault>"
            )
        if self.mode == "slow":
            time.sleep(self.seconds)
        request = next(each for each in etree.fromstring(body).iter() if etree.QName(each).localname == "listHcpApproxRequest")
        given = [etree.QName(each).localname for each in request]
        # As the service does: what does not stand in its place is not read.
        in_order = given == [name for name in FIELDS if name in given] and given[:1] == ["WebSite"]
        number = next((each.text for each in request if etree.QName(each).localname == "RegistrationNumber"), "") if in_order else ""
        self.asked.append(number or "")
        found = "".join(_professional(one) for one in self.known if one.number == number)
        return 200, _envelope(f'<ListHcpApprox4Result xmlns="{NAMESPACE}">{found}</ListHcpApprox4Result>')


def _professional(one: Known) -> str:
    specialisms = "".join(
        f"<SpecialismExtApp1><SpecialismId>1</SpecialismId><TypeOfSpecialismId>{code}</TypeOfSpecialismId></SpecialismExtApp1>"
        for code in one.specialisms
    )
    return (
        f"<ListHcpApprox4><HcpNumber>1</HcpNumber><BirthSurname>{one.birth_surname}</BirthSurname><MailingName>{one.mailing_name}</MailingName><Prefix/>"
        f"<Initial>{one.initial}</Initial><Gender>V</Gender><WorkAddress1><City>{SECRET}</City></WorkAddress1>"
        f"<ArticleRegistration><ArticleRegistrationExtApp><ArticleRegistrationNumber>{int(one.number)}</ArticleRegistrationNumber>"
        f"<ArticleRegistrationStartDate>{one.start}</ArticleRegistrationStartDate><ArticleRegistrationEndDate>{one.end}</ArticleRegistrationEndDate>"
        f"<ProfessionalGroupCode>{one.group}</ProfessionalGroupCode></ArticleRegistrationExtApp></ArticleRegistration>"
        f"<Specialism>{specialisms}</Specialism><JudgmentProvision><JudgmentProvisionExtApp><PublicDescription>{SECRET}</PublicDescription>"
        f"</JudgmentProvisionExtApp></JudgmentProvision><Limitation><LimitationExtApp><Description>{SECRET}</Description></LimitationExtApp></Limitation>"
        "</ListHcpApprox4>"
    )


def _envelope(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


@contextmanager
def running(stand_in: StandIn, port: int = 0) -> Iterator[StandIn]:
    """Serve it on this machine until the end of the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = stand_in.answer(self.headers, body)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # who asked did not wait

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    stand_in.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
