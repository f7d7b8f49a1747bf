"""Legal holds: records that nobody may erase for now. A hold wins from every erasure and every retention rule."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from lrs import sequence
from lrs.actors import actor_key
from lrs.digests import digest
from lrs.models import ErasedMark, Erasure, LegalHold, Mention, Statement
from lrs.subjects import Subject, marks_of, subject_of
from lrs.validation import activities_of, agents_of


class HoldRefused(Exception):
    """The hold cannot be placed or lifted like this; the message tells what to do."""


def place(*, kind: str, reason: str, by: User, until: date | None = None, subject: Subject | None = None, **on: Any) -> LegalHold:
    """Put a hold on a person, on what starts with an address, or on a period. Raises HoldRefused."""
    if not reason.strip():
        raise HoldRefused(_("Schrijf op waarom dit bewaard moet blijven."))
    if until and until < timezone.localdate():
        raise HoldRefused(_("Kies vandaag of een latere dag als laatste dag."))
    if kind == LegalHold.Kind.PERIOD and on["period_end"] < on["period_start"]:
        raise HoldRefused(_("De laatste dag van de periode ligt voor de eerste. Kijk beide na."))
    if kind == LegalHold.Kind.PERSON and on.get("person") is None:
        if subject is None:
            raise HoldRefused(_("Zoek eerst de persoon op."))
        on["actor_digest"] = subject.digests[0]
    with transaction.atomic():
        if person := on.get("person"):
            User.objects.select_for_update().get(pk=person.pk)  # as `erasure.begin`: of the two, one sees the other
        if kind == LegalHold.Kind.PERSON and _is_being_erased(subject, person):
            raise HoldRefused(
                _("Er is al opdracht gegeven om deze gegevens te wissen, en dat is niet meer te stoppen. Er is geen bewaarplicht gezet.")
            )
        return LegalHold.objects.create(kind=kind, reason=reason.strip(), placed_by=by, until=until, **on)


def _is_being_erased(subject: Subject | None, person: User | None) -> bool:
    """Whether the order was given: what is being erased cannot be called back, and a worker begins within seconds."""
    theirs = Q(person=person) if person is not None else Q()
    if subject is not None:
        theirs |= Q(pk__in=ErasedMark.objects.filter(mark__in=marks_of(subject)).values("erasure"))
    return Erasure.objects.filter(theirs, finished_at=None).exists()


def lift(hold: LegalHold, *, by: User, because: str) -> None:
    """End the hold. Raises HoldRefused without a reason."""
    if not because.strip():
        raise HoldRefused(_("Schrijf op waarom dit niet langer bewaard hoeft te blijven."))
    LegalHold.objects.filter(pk=hold.pk, lifted_at=None).update(lifted_at=timezone.now(), lifted_by=by, lifted_because=because.strip())


def in_force() -> QuerySet[LegalHold]:
    """The holds of today."""
    return LegalHold.objects.filter(Q(until=None) | Q(until__gte=timezone.localdate()), lifted_at=None)


def over(subject: Subject, *, person: User | None) -> list[LegalHold]:
    """The holds that keep something of this person: on themselves, or on a course or a period in which they stand."""
    found = []
    for hold in in_force().select_related("placed_by"):
        if hold.kind == LegalHold.Kind.PERSON:
            if (person is not None and hold.person_id == person.pk) or (hold.actor_digest in subject.digests):
                found.append(hold)
        elif any(_covers(hold, statement) for statement in _statements_of(subject, hold).iterator(chunk_size=500)):
            found.append(hold)
    return found


class Keeper:
    """Tells of statements whether a hold keeps them; the holds are read once."""

    def __init__(self) -> None:
        self.holds = list(in_force().select_related("person"))
        people = [hold for hold in self.holds if hold.kind == LegalHold.Kind.PERSON]
        self.digests = {hold.actor_digest for hold in people if hold.actor_digest}
        for hold in people:
            if hold.person is not None:
                self.digests |= set(subject_of(hold.person).digests)
        self.others = [hold for hold in self.holds if hold.kind != LegalHold.Kind.PERSON]

    def keeps(self, statement: Statement) -> bool:
        if not self.holds:
            return False
        if self.digests and (statement.actor_digest in self.digests or self.digests & _named_in(statement)):
            return True
        return any(_covers(hold, statement) for hold in self.others)


def _named_in(statement: Statement) -> set[uuid.UUID]:
    return {digest(actor_key(agent)) for _where, agent in agents_of(statement.document)}


def _statements_of(subject: Subject, hold: LegalHold) -> QuerySet[Statement]:
    named = Mention.objects.filter(key__in=subject.mentions).values("statement")
    rows = Statement.objects.filter(Q(actor_digest__in=subject.digests) | Q(pk__in=named)).order_by("sequence")
    if hold.kind == LegalHold.Kind.PERIOD:
        start, end = period_of(hold)
        # What came in during the period, or said that it happened then.
        rows = rows.filter(Q(sequence__gte=sequence.at(start), sequence__lt=sequence.at(end)) | Q(timestamp__gte=start, timestamp__lt=end))
    return rows


def _covers(hold: LegalHold, statement: Statement) -> bool:
    if hold.kind == LegalHold.Kind.ACTIVITY:
        return any(str(activity["id"]).startswith(hold.activity) for _where, activity in activities_of(statement.document))
    start, end = period_of(hold)
    return start <= statement.timestamp < end or start <= statement.stored < end


def period_of(hold: LegalHold) -> tuple[datetime, datetime]:
    """From the first minute of the first day to the end of the last, in Amsterdam."""
    if hold.period_start is None or hold.period_end is None:
        raise ValueError("this hold is not on a period")
    start = timezone.make_aware(datetime.combine(hold.period_start, time.min))
    return start, timezone.make_aware(datetime.combine(hold.period_end + timedelta(days=1), time.min))
