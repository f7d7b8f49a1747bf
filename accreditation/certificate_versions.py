"""Which certificate of a completion stands, and what its holder reads of the earlier ones.

A certificate that is issued again leaves the earlier one behind, sealed and checkable for ever. What an administrator wrote down about that
stays between colleagues: the holder reads what differs on the newer one, which the two snapshots tell by themselves. Only the reason of a
revocation is written for the holder.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext

from accreditation.certificates import shown_state
from accreditation.models import Certificate, CertificateEvent


@dataclass(frozen=True, slots=True)
class Version:
    """One certificate of a completion, its state, and what its holder reads of it; empty while it is valid."""

    certificate: Certificate
    state: Certificate.State
    told: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The certificate that stands for a completion (which may be revoked), and those before it, the latest first."""

    newest: Version
    earlier: list[Version]


def completions_of(certificates: Iterable[Certificate]) -> list[Completion]:
    """The certificates of whole completions, with their events at hand, per completion; in the order in which the newest come."""
    every = list(certificates)
    newer = {certificate.replaces_id: certificate for certificate in every if certificate.replaces_id}
    by_key = {certificate.pk: certificate for certificate in every}
    found = []
    for certificate in every:
        if certificate.pk in newer:
            continue
        earlier, older = [], by_key.get(certificate.replaces_id or 0)
        while older is not None:
            earlier.append(_version(older, newer.get(older.pk)))
            older = by_key.get(older.replaces_id or 0)
        found.append(Completion(_version(certificate, None), earlier))
    return found


def difference(old: Certificate, new: Certificate) -> list[str]:
    """What the newer certificate says otherwise, in the words of its holder."""
    one, other = old.snapshot, new.snapshot
    named = [
        (gettext("je naam"), one["name"] != other["name"]),
        (gettext("je punten"), _credited(one, "points") != _credited(other, "points")),
        (gettext("je registernummer"), _credited(one, "number") != _credited(other, "number")),
        (gettext("de titel van de cursus"), one["course"]["title"] != other["course"]["title"]),
        (gettext("de naam van de aanbieder"), one["organisation"] != other["organisation"]),
        (gettext("tot wanneer het geldt"), (one.get("valid_until") or None) != (other.get("valid_until") or None)),
        (gettext("de opmaak"), one.get("template") != other.get("template")),
    ]
    told = [name for name, differs in named if differs]
    return told or ([gettext("gegevens van de cursus of de accreditatie")] if one != other else [])


def _version(certificate: Certificate, newer: Certificate | None) -> Version:
    return Version(certificate, shown_state(certificate), _told(certificate, newer))


def _told(certificate: Certificate, newer: Certificate | None) -> str:
    events = {event.kind: event for event in certificate.events.all()}
    revoked = events.get(CertificateEvent.Kind.REVOKED)
    if revoked:
        names = {"day": _day(revoked.at), "why": revoked.reason}
        text = gettext("Ingetrokken op %(day)s: %(why)s") % names
        return f"{text} {gettext('Daarna is een nieuw certificaat uitgegeven.')}" if newer else text
    if newer is None:
        return ""
    differs = difference(certificate, newer)
    names = {"day": _day(newer.created_at), "what": get_text_list(differs, gettext("en"))}
    if not differs:
        return gettext("Vervangen op %(day)s. Op het nieuwe certificaat staat hetzelfde.") % names
    return gettext("Vervangen op %(day)s. Anders op het nieuwe certificaat: %(what)s.") % names


def _credited(said: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    return [(line["register"], line[name]) for line in said["lines"] if line["credited"]]


def _day(moment: Any) -> str:
    return date_format(localtime(moment), "j F Y")
