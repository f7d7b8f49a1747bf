"""The language of the public BIG register: SOAP 1.1, one question and a list of healthcare professionals.

Source: the public service description of the BIG register (CIBG), ListHcpApprox4. The answer also has addresses, judgements, limitations and
mentions; this module does not look at them, so that they are neither kept nor shown.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

NAMESPACE = "http://services.cibg.nl/ExternalUser"
ACTION = f"{NAMESPACE}/ListHcpApprox4"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
# The service reads its fields in this order and takes one that stands elsewhere for empty.
FIELDS = (
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
)
DIGITS = 11


class Unreadable(Exception):
    """What came back is no answer of the service; the message says why."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One number of a professional. `ends_on` is none while it has no end."""

    number: str
    group: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Professional:
    """What of the answer is looked at. `surnames` are all that the register knows: at birth, of a partner, as mail is addressed."""

    mailing_name: str
    initials: str
    surnames: tuple[str, ...]
    registrations: tuple[Registration, ...]
    specialisms: tuple[str, ...]

    @property
    def shown_name(self) -> str:
        """For the person who compares."""
        return (self.mailing_name or " ".join(filter(None, [self.initials, *self.surnames])))[:200]


def question(**fields: str) -> bytes:
    """The request for what is given, such as `RegistrationNumber="19012345630"`; nothing else about a person leaves the house."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"no fields of the service: {sorted(unknown)}")
    envelope: Any = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    asked = etree.SubElement(body, f"{{{NAMESPACE}}}listHcpApproxRequest", nsmap={None: NAMESPACE})
    given = {"WebSite": "Ribiz", **fields}
    for name in FIELDS:
        if name in given:
            etree.SubElement(asked, f"{{{NAMESPACE}}}{name}").text = given[name]
    content: bytes = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return content


def answer(content: bytes) -> list[Professional]:
    """Who the service found; none when it knows nobody. Raises Unreadable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable(_("Het antwoord van het BIG-register is geen XML.")) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable(_("Het antwoord van het BIG-register is niet te vertrouwen."))
    if _all(root, "Fault"):
        raise Unreadable(_("Het BIG-register meldt een storing."))
    body = _all(root, "Body")
    if etree.QName(root).localname != "Envelope" or not body or not [each for each in _elements(body[0]) if "HcpApprox" in _name(each)]:
        raise Unreadable(_("Het antwoord van het BIG-register is anders dan verwacht."))
    try:
        return [_professional(each) for each in _all(root, "ListHcpApprox4")]
    except (ValueError, InvalidOperation):
        raise Unreadable(_("Het antwoord van het BIG-register is anders dan verwacht.")) from None


def _professional(found: Any) -> Professional:
    surnames = [_text(found, "BirthSurname"), _text(found, "PartnerName"), _text(found, "MailingName")]
    return Professional(
        mailing_name=_text(found, "MailingName"),
        initials=_text(found, "Initial"),
        surnames=tuple(name for name in surnames if name),
        registrations=tuple(_registration(each) for each in _all(found, "ArticleRegistrationExtApp")),
        specialisms=tuple(_whole(_text(each, "TypeOfSpecialismId")) for each in _all(found, "SpecialismExtApp1")),
    )


def _registration(found: Any) -> Registration:
    return Registration(
        # A decimal: the leading nought of a number is gone.
        number=_whole(_text(found, "ArticleRegistrationNumber")).zfill(DIGITS),
        group=_text(found, "ProfessionalGroupCode").zfill(2),
        starts_on=_day(_text(found, "ArticleRegistrationStartDate")),
        ends_on=_day(_text(found, "ArticleRegistrationEndDate")),
    )


def _whole(text: str) -> str:
    return str(int(Decimal(text))) if text else ""


def _day(text: str) -> date | None:
    """`0001-01-01T00:00:00` stands for no date."""
    if not text:
        return None
    day = datetime.fromisoformat(text).date()
    return None if day.year == 1 else day


def _text(found: Any, name: str) -> str:
    return next(((each.text or "").strip() for each in found if _name(each) == name), "")


def _all(found: Any, name: str) -> list[Any]:
    return [each for each in _elements(found) if _name(each) == name]


def _elements(found: Any) -> list[Any]:
    return [each for each in found.iter() if isinstance(each.tag, str)]


def _name(found: Any) -> str:
    return etree.QName(found).localname if isinstance(found.tag, str) else ""
