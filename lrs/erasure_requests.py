"""People ask to have their records erased, and get an answer in time (AVG, article 12, paragraph 3)."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Action, acting_for
from lrs.models import ErasureRequest


class RequestRefused(Exception):
    """The message tells what to do."""


def ask(person: User, *, wish: str = "") -> ErasureRequest:
    """Ask for erasure, and in words for what should go besides the records; asking again while it is open changes nothing."""
    try:
        with transaction.atomic():
            request = ErasureRequest.objects.create(person=person, due_on=months_after(timezone.localdate(), 1), wish=wish.strip())
    except IntegrityError:
        return ErasureRequest.objects.get(person=person, answered_at=None)
    audit.record("records_erasure_asked", actor=person, dossier_owner=person, subject=str(request.uuid))
    return request


def withdraw(person: User) -> None:
    """The person changed their mind."""
    open_ = ErasureRequest.objects.filter(person=person, answered_at=None)
    if open_.update(answered_at=timezone.now(), answered_by=person, outcome=ErasureRequest.Outcome.WITHDRAWN):
        audit.record("records_erasure_withdrawn", actor=person, dossier_owner=person)


def refuse(request: ErasureRequest, *, by: User, answer: str) -> None:
    """Answer that the records are not erased, and why. Raises RequestRefused without a reason."""
    if not answer.strip():
        raise RequestRefused(_("Schrijf op waarom de gegevens blijven. De aanvrager leest dit."))
    changed = ErasureRequest.objects.filter(pk=request.pk, answered_at=None).update(
        answered_at=timezone.now(), answered_by=by, outcome=ErasureRequest.Outcome.REFUSED, answer=answer.strip()
    )
    if changed:
        audit.record(
            "records_erasure_refused",
            actor=by,
            dossier_owner=request.person,
            on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=request.person),
            subject=str(request.uuid),
        )


def settle(request: ErasureRequest, *, by: User, answer: str) -> None:
    """Answer what was erased of what was wished for besides the records, and what stays. Raises RequestRefused without words."""
    if not answer.strip():
        raise RequestRefused(_("Schrijf op wat er is gewist, en wat blijft en waarom. De aanvrager leest dit."))
    changed = ErasureRequest.objects.filter(pk=request.pk, answered_at=None).update(
        answered_at=timezone.now(), answered_by=by, outcome=ErasureRequest.Outcome.ERASED, answer=answer.strip()
    )
    if changed:
        audit.record(
            "records_erasure_settled",
            actor=by,
            dossier_owner=request.person,
            on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=request.person),
            subject=str(request.uuid),
        )


def extend(request: ErasureRequest, *, by: User, because: str) -> None:
    """Take two months more, once, and say why within the first month (article 12, paragraph 3). Raises RequestRefused."""
    if not because.strip():
        raise RequestRefused(_("Schrijf op waarom het langer duurt. De aanvrager leest dit."))
    if request.extended_because:
        raise RequestRefused(_("De termijn is al een keer verlengd; vaker mag niet."))
    if timezone.localdate() > request.due_on:
        raise RequestRefused(_("De maand is voorbij; verlengen kan alleen daarbinnen."))
    request.due_on, request.extended_because = months_after(timezone.localdate(request.asked_at), 3), because.strip()
    request.save(update_fields=["due_on", "extended_because"])
    audit.record(
        "records_erasure_extended",
        actor=by,
        dossier_owner=request.person,
        on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=request.person),
        subject=str(request.uuid),
    )


def latest_of(person: User) -> ErasureRequest | None:
    return ErasureRequest.objects.filter(person=person).order_by("-asked_at", "-pk").first()


def waiting() -> QuerySet[ErasureRequest]:
    """Those without an answer, the most urgent first."""
    return ErasureRequest.objects.filter(answered_at=None).select_related("person").order_by("due_on", "pk")


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month when it has no such day (Regulation 1182/71, article 3)."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1
