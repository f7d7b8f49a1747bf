"""The two ways to the web service: a form by POST, and SOAP 1.1. Both carry the same XML and get the same answer.

GET exists too and is never used: the key would stand in an address, and so in every log on the way.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.views.decorators.debug import sensitive_variables
from lxml import etree

from accounts.outgoing.connection import AddressRefused, CallFailed, Connection
from accounts.outgoing.locks import unlocked
from accreditation.models import RegisterConnection
from accreditation.reporting import answers
from accreditation.reporting.answers import Answer, Outcome

NAMESPACE = "https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True)
class Login:
    """What the vendor issued to the provider. It never prints itself."""

    user_id: str = field(repr=False)
    user_key: str = field(repr=False)

    def __str__(self) -> str:
        return "Login"


class Sealed:
    """Bytes with a key in them, which no error report shows."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __repr__(self) -> str:
        return "Sealed"


def login_of(connection: RegisterConnection) -> Login:
    """Raises CannotUnlock."""
    return Login(unlocked(connection.user_id_locked), unlocked(connection.user_key_locked))


class Service:
    """An open line to the service. Use it as a context; it stays open between calls."""

    def __init__(self, connection: RegisterConnection, login: Login) -> None:
        """Raises AddressRefused."""
        self.soap = connection.transport == RegisterConnection.Transport.SOAP
        self.login = login
        self._line = Connection(connection.endpoint, allows_private=False)

    def __enter__(self) -> "Service":
        self._line.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._line.__exit__(*error)

    @sensitive_variables()
    def send(self, xml: Sealed) -> Answer:
        """Send one `Entry` and read what came back. Never raises for what the other side does."""
        path, headers, body = _soap(xml) if self.soap else _form(xml)
        try:
            reply = self._line.call("POST", path, headers=headers, body=body)
        except AddressRefused as refusal:
            return Answer(Outcome.ADDRESS_NOT_ALLOWED, None, str(refusal))
        except CallFailed as failure:
            return Answer(Outcome.UNREACHABLE, None, str(failure))
        return answers.read(reply, secrets=(self.login.user_key, self.login.user_id))


@sensitive_variables()
def _form(xml: Sealed) -> tuple[str, dict[str, str], bytes]:
    body = urlencode({"sXML": xml.content.decode()}).encode()
    return "/ProcessXML", {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/xml"}, body


@sensitive_variables()
def _soap(xml: Sealed) -> tuple[str, dict[str, str], bytes]:
    envelope: Any = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    process = etree.SubElement(body, f"{{{NAMESPACE}}}ProcessXML", nsmap={None: NAMESPACE})
    etree.SubElement(process, f"{{{NAMESPACE}}}sXML").text = xml.content.decode()
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}/ProcessXML"'}
    return "", headers, etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
