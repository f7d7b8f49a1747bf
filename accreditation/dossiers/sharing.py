"""Let an assessor look at one register period for a while, with a link and without an account.

Whoever holds the link may look; so of the link only a hash is kept, it ends by itself, its owner can end it, and every look is a row in the
audit trail that the owner reads. Nothing outside the register period is shown: not another register, nor a number held there. So each
certificate can be checked here as far as it is about this register, and its file goes along only when it names no other.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext as _, override

from accounts import audit
from accounts.models import AuditEvent, RegisterEntry, User
from accreditation.dossier import Standing, standings
from accreditation.dossiers import contents
from accreditation.evidence.applications import that_stands
from accreditation.models import Application, Certificate, DossierShare, Evidence, EvidenceDocument
from accreditation.verification import Answer, of_certificate

SHORTEST, LONGEST = 1, 90  # days
MOST_WORKING = 20
LOOKED, OPENED = "shared-dossier-viewed", "shared-document-opened"


class ShareRefused(Exception):
    """The message tells the person what to do."""


class NoSuchShare(Exception):
    """Unknown, ended, stopped, or about a register in which the person no longer stands: all the same to whoever asks."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What an assessor sees: the person's name and number, one period in one register, and the documents that belong to it.

    `language` is the one of its sentences, and so of the page around them; `given` are the numbers of the certificates whose file goes along.
    """

    share: DossierShare
    language: str
    standing: Standing
    told: dict[str, Any]
    certificates: list[Certificate]
    given: set[str | None]
    evidence: list[Evidence]
    application: Application | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What an assessor learns of one certificate: what anyone does who checks it, of this register alone."""

    share: DossierShare
    language: str
    answer: Answer


def share(*, entry: RegisterEntry, reader: str, days: int, once: str = "") -> tuple[DossierShare, str]:
    """Make a link for this register period. Answers the share and the token, which is told this once and kept nowhere.

    `once` is the mark of the form that asks: sent again with the same words it gives the same link, so that a reload makes no second one.
    """
    token = _token(entry, reader=reader, days=days, once=once or new_mark())
    if (made := DossierShare.objects.filter(owner=entry.user, token_hash=_hash(token)).first()) is not None:
        if not made.works:
            raise ShareRefused(_("Deze link is al gestopt of verlopen. Open deze pagina opnieuw als je een andere wilt maken."))
        return made, token
    if not reader.strip():
        raise ShareRefused(_("Schrijf op voor wie de link is. Zo herken je haar later terug."))
    if not SHORTEST <= days <= LONGEST:
        raise ShareRefused(_("Kies een aantal dagen van 1 tot en met 90."))
    standing = _standing(entry)
    if standing is None or standing.evaluation is None or standing.period_assumed:
        raise ShareRefused(_("Vul eerst je registratieperiode in: je deelt één periode."))
    if DossierShare.objects.filter(owner=entry.user, revoked_at=None, expires_at__gt=timezone.now()).count() >= MOST_WORKING:
        raise ShareRefused(_("Er werken al %(most)s links. Stop er eerst een.") % {"most": MOST_WORKING})
    made, new = DossierShare.objects.get_or_create(
        owner=entry.user,
        token_hash=_hash(token),
        defaults={
            "register": entry.register,
            "period_start": standing.evaluation.first_day,
            "period_end": standing.evaluation.last_day,
            "reader": reader.strip()[:120],
            "expires_at": timezone.now() + timedelta(days=days),
        },
    )
    if new:
        audit.record("dossier-shared", actor=entry.user, dossier_owner=entry.user, subject=str(made))
    return made, token


def new_mark() -> str:
    """The mark of a form with which one link can be made."""
    return secrets.token_urlsafe(32)


def stop(share: DossierShare) -> None:
    """End it now. What was seen stays in the audit trail."""
    if DossierShare.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("dossier-share-stopped", actor=share.owner, dossier_owner=share.owner, subject=str(share))


def opened(token: str, *, origin: str, language: str = "") -> Shared:
    """What this link shows now; the look is recorded before anything is answered. Raises NoSuchShare.

    In the language that the reader chose, or else in that of the owner: what the owner wrote stands in it already.
    """
    found = _found(token)
    with override(language or found.owner.language):
        shared = _shared(found)
        _record(LOOKED, found, origin=origin, subject=found.register.name)
    return shared


def certificate(token: str, number: str, *, origin: str) -> Certificate:
    """A certificate that belongs to what is shared. Raises NoSuchShare for any other."""
    found = _found(token)
    shared = _shared(found)
    if number not in shared.given:
        raise NoSuchShare
    _record(OPENED, found, origin=origin, subject=number, document=number)
    return _named(shared, number)


def check(token: str, number: str, *, origin: str, language: str = "") -> Checked:
    """Whether a certificate that belongs to what is shared holds, and what it is worth in this register. Raises NoSuchShare for any other."""
    found = _found(token)
    one = _named(_shared(found), number)
    with override(language or found.owner.language):
        _record(OPENED, found, origin=origin, subject=number, document=number)
        return Checked(found, get_language() or settings.LANGUAGE_CODE, of_certificate(one, register=found.register.code))


def document(token: str, pk: int, *, origin: str) -> EvidenceDocument:
    """A file of evidence that belongs to what is shared. Raises NoSuchShare for any other."""
    found = _found(token)
    one = EvidenceDocument.objects.select_related("file").filter(pk=pk, evidence__in=_evidence(found)).first()
    if one is None:
        raise NoSuchShare
    _record(OPENED, found, origin=origin, subject=one.name, document=one.name[:100])
    return one


def looks(owner: User) -> dict[str, list[AuditEvent]]:
    """The looks through each link of this person, newest first, by the uuid of the link."""
    found: dict[str, list[AuditEvent]] = {}
    events = AuditEvent.objects.filter(dossier_owner=owner, event__in=(LOOKED, OPENED)).order_by("-at", "-pk")
    for event in events[:1000]:
        found.setdefault(event.details.get("share", ""), []).append(event)
    return found


def _found(token: str) -> DossierShare:
    found = DossierShare.objects.select_related("owner", "register").filter(token_hash=_hash(token)).first()
    if found is None or not found.works:
        raise NoSuchShare
    return found


def _shared(share: DossierShare) -> Shared:
    entry = RegisterEntry.objects.filter(user=share.owner, register=share.register).select_related("register", "user").first()
    standing = _standing(entry, day=min(timezone.localdate(), share.period_end)) if entry else None
    # A period that was changed since is another period: the link was given for the old one.
    if standing is None or standing.evaluation is None or standing.evaluation.first_day != share.period_start:
        raise NoSuchShare
    if standing.evaluation.last_day != share.period_end:
        raise NoSuchShare
    certificates = contents.certificates_of(share.owner)
    told = contents.as_json(standing, certificates=contents.newest_by_enrolment(certificates))
    inside = [row for row in told["rows"] if _within(share, date.fromisoformat(row["date"]))]
    numbers = {row["certificate"] for row in inside if row.get("certificate")}
    belonging = [one for one in certificates if one.number in numbers]
    return Shared(
        share=share,
        language=get_language() or settings.LANGUAGE_CODE,
        standing=standing,
        told={**told, "rows": inside},
        certificates=belonging,
        application=that_stands(entry=standing.entry, last_day=share.period_end),
        given={one.number for one in belonging if _names_only(one, share)},
        evidence=list(
            _evidence(share).select_related("kind").prefetch_related("documents__file", "competencies__framework").order_by("done_on", "pk")
        ),
    )


def _named(shared: Shared, number: str) -> Certificate:
    for one in shared.certificates:
        if one.number == number:
            return one
    raise NoSuchShare


def _evidence(share: DossierShare) -> QuerySet[Evidence]:
    return Evidence.objects.filter(
        owner=share.owner,
        state=Evidence.State.KEPT,
        kind__register=share.register,
        done_on__range=(share.period_start, share.period_end),
    )


def _names_only(certificate: Certificate, share: DossierShare) -> bool:
    """A certificate may say in which other registers, and under which numbers, its holder stands. That is not part of what is shared."""
    return all(line["register_code"] == share.register.code for line in certificate.snapshot["lines"])


def _within(share: DossierShare, day: date) -> bool:
    return share.period_start <= day <= share.period_end


def _standing(entry: RegisterEntry, *, day: date | None = None) -> Standing | None:
    return next((one for one in standings(person=entry.user, day=day) if one.entry.pk == entry.pk), None)


def _record(event: str, share: DossierShare, *, origin: str, subject: str, document: str = "") -> None:
    audit.record(
        event,
        actor=None,
        visitor=share.reader,
        dossier_owner=share.owner,
        subject=subject,
        origin=origin,
        share=str(share.uuid),
        document=document,
    )


def _token(entry: RegisterEntry, *, reader: str, days: int, once: str) -> str:
    """The token that belongs to this form: computed again from what the owner's page holds, so that it is kept nowhere, not even in a session.

    With what was asked in it: who goes back in the browser and asks for another register gets no link to the first one. And with the key
    of this installation, so that whoever chooses a mark chooses no token.
    """
    asked = json.dumps(["dossier-share", entry.pk, reader, days, once])
    digest = hmac.digest(settings.SECRET_KEY.encode(), asked.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
