"""Puts attendance in the outbox and changes what stands there: again, with another number, settled by hand, told to the register.

A report is queued once for each person and accreditation, whatever asks for it and how often. The moment at which the person finished
is frozen with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from accounts.register_numbers import NumberKind, clean_number
from accreditation.editions import Place, attended
from accreditation.models import Accreditation, PointAward, RegisterConnection, Report, ReportAttempt

State, Outcome = Report.State, ReportAttempt.Outcome
Row = TypeVar("Row", Report, PointAward)
AT_ONCE = 500
# What somebody may set going again, and what they may settle by hand: never what is on its way this moment.
RESENDABLE = (State.HELD, State.REJECTED, State.DEAD, State.DROPPED)
OPEN = (State.WAITING, State.HELD, State.REJECTED, State.DEAD, State.TESTED)
DONE = (State.ACCEPTED, State.MARKED)


class ReportRefused(Exception):
    """This cannot be done with the report now; the message tells the administrator why."""


@dataclass
class Queued:
    """What queueing came to. `without_connection` counts people whose register this organisation does not report to yet."""

    new: list[Report] = field(default_factory=list)
    known: int = 0
    undone: int = 0
    without_connection: int = 0


def queue(*, awards: Iterable[PointAward], actor: User | None) -> Queued:
    """Put the attendance behind these awards in the outbox, once for each person and accreditation. Harmless to repeat.

    Counter-entries and awards that were undone are passed over. `actor` is None when the connection does it by itself.
    """
    done = Queued()
    # More categories and corrections of one accreditation are one attendance; its moment is that of the first.
    people: dict[tuple[int, int], PointAward] = {}
    for award in awards:
        key = (award.learner_id, award.accreditation_id)
        if award.reverses_id is None and (key not in people or award.pk < people[key].pk):
            people[key] = award
    keys = sorted(people)
    for start in range(0, len(keys), AT_ONCE):
        _queue_part([people[key] for key in keys[start : start + AT_ONCE]], actor, done)
    return done


def queue_new(*, connection: RegisterConnection, actor: User | None, most: int | None = None) -> Queued:
    """Put whatever was awarded and never reported in the outbox of this connection."""
    found = unreported(connection)
    if actor is None:
        found = found.filter(recorded_at__gte=connection.automatic_since)
    return queue(awards=list(found[:most] if most else found), actor=actor)


def queue_automatically() -> int:
    """Queue what was newly awarded, for the connections that do so by themselves. Answers how many reports were made."""
    connections = RegisterConnection.objects.filter(automatic=True, automatic_since__isnull=False).select_related("register")
    return sum(len(queue_new(connection=connection, actor=None).new) for connection in connections)


def unreported(connection: RegisterConnection) -> QuerySet[PointAward]:
    """The standing awards in this register, of courses of this organisation, that have no report."""
    known = Report.objects.filter(learner=OuterRef("learner"), accreditation=OuterRef("accreditation"))
    return (
        PointAward.objects.filter(
            register=connection.register_id,
            accreditation__course__organisation=connection.organisation_id,
            reverses=None,
            reversed_by=None,
            points__gt=0,
        )
        .filter(~Exists(known))
        .select_related("accreditation__course", "accreditation__register", "learner")
        .order_by("pk")
    )


def again(*, reports: QuerySet[Report], actor: User, accepted_too: bool = False) -> int:
    """Send these again with the same moment; answers how many. What is on its way is passed over.

    What was accepted goes again only with `accepted_too`: when the register turns out not to have it.
    """
    states = (*RESENDABLE, *DONE) if accepted_too else RESENDABLE
    with transaction.atomic():
        found = list(reports.filter(state__in=states).select_for_update(of=("self",)))
        Report.objects.filter(pk__in=[report.pk for report in found]).update(
            state=State.WAITING, alone=False, troubles=0, problem="", settled_at=None, settled_by=None, note=""
        )
        _note(found, Outcome.AGAIN, actor=actor)
    return len(found)


def number_settled(number: str, *, actor: User | None) -> list[RegisterConnection]:
    """Whose this number is was decided: what was held goes on, and is held again if it may still not go. Answers where."""
    with transaction.atomic():
        held = Report.objects.filter(number=number, state=State.HELD).select_related("connection").select_for_update(of=("self",))
        found = list(held)
        Report.objects.filter(pk__in=[report.pk for report in found]).update(state=State.WAITING, problem="")
        _note(found, Outcome.AGAIN, actor=actor, text=gettext("Over het nummer is besloten."))
    return list({report.connection_id: report.connection for report in found}.values())


def change_number(*, report: Report, number: str, actor: User) -> str:
    """Report this attendance under another number, and send it again; answers the number it had, which may be the same.

    The ledger of points keeps the number it was earned under. Raises ReportRefused.
    """
    kinds = [NumberKind(kind) for kind in report.connection.register.number_kinds]
    try:
        clean = clean_number(number, kinds=kinds)
    except ValidationError as error:
        raise ReportRefused(" ".join(error.messages)) from None
    with transaction.atomic():
        found = Report.objects.select_for_update(of=("self",)).filter(pk=report.pk, state__in=(State.WAITING, *RESENDABLE)).first()
        if found is None:
            raise ReportRefused(gettext("Deze melding is onderweg of al aangenomen. Het nummer is niet gewijzigd."))
        before = found.number
        Report.objects.filter(pk=report.pk).update(
            number=clean, state=State.WAITING, alone=False, troubles=0, problem="", settled_at=None, settled_by=None, note=""
        )
        report.number = clean
        if before == clean:
            _note([report], Outcome.AGAIN, actor=actor)
        else:
            _note([report], Outcome.NUMBER, actor=actor, text=gettext("Eerst %(number)s.") % {"number": before})
    return before


def mark(*, reports: QuerySet[Report], on: datetime, note: str, actor: User) -> int:
    """Somebody reported these themselves, or found them in the register. Answers how many."""
    return _settle(reports.filter(state__in=OPEN), State.MARKED, Outcome.MARKED, on=on, note=note, actor=actor)


def answered(*, reports: QuerySet[Report], accepted: bool, text: str, actor: User) -> int:
    """Write down what a register without a service said of what was handed in. Answers how many.

    Raises ReportRefused for a rejection without what the register said.
    """
    text = text.strip()[:1000]
    if not accepted and not text:
        raise ReportRefused(gettext("Schrijf op wat het register antwoordde; dat staat dan bij de melding."))
    now = timezone.now()
    with transaction.atomic():
        by_hand = reports.filter(state=State.MARKED).exclude(connection__transport__in=RegisterConnection.SERVICES)
        found = list(by_hand.select_for_update(of=("self",)))
        settled: dict[str, object] = {"settled_at": now, "settled_by": actor} if accepted else {"settled_at": None, "settled_by": None}
        Report.objects.filter(pk__in=[report.pk for report in found]).update(
            state=State.ACCEPTED if accepted else State.REJECTED,
            sent_at=Coalesce("sent_at", "settled_at"),
            code="",
            text="" if accepted else text,
            **settled,
        )
        _note(found, Outcome.ACCEPTED if accepted else Outcome.REJECTED, actor=actor, text=text)
    return len(found)


def drop(*, reports: QuerySet[Report], note: str, actor: User) -> int:
    """These need not be reported. Raises ReportRefused without a reason."""
    if not note.strip():
        raise ReportRefused(gettext("Schrijf op waarom dit niet gemeld hoeft te worden."))
    return _settle(reports.filter(state__in=OPEN), State.DROPPED, Outcome.DROPPED, on=timezone.now(), note=note, actor=actor)


def tell(*, report: Report, note: str, actor: User) -> None:
    """Somebody told the register that what was reported is no longer so. Raises ReportRefused."""
    if not note.strip():
        raise ReportRefused(gettext("Schrijf op hoe je het hebt gemeld, bijvoorbeeld ‘gemaild naar het register’."))
    with transaction.atomic():
        Report.objects.filter(pk=report.pk).update(told_at=timezone.now(), told_by=actor, told_note=note.strip()[:300])
        _note([report], Outcome.TOLD, actor=actor, text=note.strip()[:300])


def to_tell(reports: QuerySet[Report]) -> QuerySet[Report]:
    """What the register was told and is no longer so: undone or corrected afterwards, and nobody has told the register yet.

    The service cannot take anything back, so a person has to.
    """
    awards = PointAward.objects.filter(learner=OuterRef("learner"), accreditation=OuterRef("accreditation"))
    undone = awards.filter(reverses__isnull=False)
    # What was sent is known to be what stood when it went; what somebody marked, to be what stood on the day they say.
    since = Case(When(state=State.ACCEPTED, then=F("sent_at")), default=F("settled_at"))
    return (
        reports.filter(state__in=DONE)
        .annotate(reported_at=since)
        .filter(
            Exists(undone.filter(recorded_at__gt=OuterRef("reported_at")))
            | ~Exists(awards.filter(reverses=None, reversed_by=None, points__gt=0)),
            Q(told_at=None) | Exists(undone.filter(recorded_at__gt=OuterRef("told_at"))),
        )
    )


def net_points(reports: Sequence[Report]) -> dict[tuple[int, int], tuple[Decimal, Decimal]]:
    """What each of these people has left under each of these accreditations, and what they were first awarded there."""
    awards = PointAward.objects.filter(
        learner__in={report.learner_id for report in reports}, accreditation__in={report.accreditation_id for report in reports}
    )
    rows = (
        awards.order_by()
        .values("learner", "accreditation")
        .annotate(net=Sum("points"), first=Sum("points", filter=Q(reverses=None, corrects=None), default=Decimal(0)))
    )
    return {(row["learner"], row["accreditation"]): (row["net"], row["first"]) for row in rows}


NOTHING = (Decimal(0), Decimal(0))


def with_accreditation(rows: Sequence[Row]) -> Sequence[Row]:
    """The same rows, each knowing its accreditation with register, course and points, of which each is loaded once.

    Joined to ten thousand rows, the page of the course would be made ten thousand times, and that is most of the work.
    """
    found = Accreditation.objects.select_related("register", "course").prefetch_related("points")
    shared = found.in_bulk({row.accreditation_id for row in rows})
    for row in rows:
        row.accreditation = shared[row.accreditation_id]
    return rows


def _queue_part(awards: Sequence[PointAward], actor: User | None, done: Queued) -> None:
    now = timezone.now()
    fresh = {award.pk: award for award in with_accreditation(list(PointAward.objects.filter(pk__in=[award.pk for award in awards])))}
    connections = {
        (connection.organisation_id, connection.register_id): connection
        for connection in RegisterConnection.objects.filter(register__in={award.register_id for award in awards})
    }
    places = places_of([(award.accreditation, award.enrolment_id) for award in fresh.values()])
    wanted: list[Report] = []
    for award in fresh.values():
        organisation = award.accreditation.course.organisation_id
        connection = connections.get((organisation, award.register_id)) if organisation else None
        if connection is None:
            done.without_connection += 1
            continue
        # Each meeting or edition that the register counts by itself is a report of its own.
        wanted += [
            Report(
                connection=connection,
                learner_id=award.learner_id,
                accreditation_id=award.accreditation_id,
                part=part,
                number=award.register_number,
                end_date=award.completed_at,
                queued_at=now,
                queued_by=actor,
            )
            for part in [place.key for place in places.get((award.accreditation_id, award.enrolment_id), [])] or [""]
        ]
    net = net_points(wanted)
    standing = [report for report in wanted if net.get((report.learner_id, report.accreditation_id), NOTHING)[0] > 0]
    done.undone += len(wanted) - len(standing)
    with transaction.atomic():
        before = _known(standing)
        whole = {key[:2] for key in before if not key[2]}
        # What was once reported as a whole is not reported again in parts, when editions are recorded later.
        fresh_ones = [one for one in standing if _key(one) not in before and _key(one)[:2] not in whole]
        # The constraint decides a race: whoever is second adds nothing.
        Report.objects.bulk_create(fresh_ones, ignore_conflicts=True)
        mine = {_key(report) for report in fresh_ones}
        new = [report for report in _found(standing) if _key(report) in mine]
    done.new += new
    done.known += len(standing) - len(new)


def places_of(pairs: Iterable[tuple[Accreditation, int]]) -> dict[tuple[int, int], list[Place]]:
    """Where each was, by accreditation and enrolment; nothing for courses that are not reported by edition or meeting."""
    by_accreditation: dict[int, tuple[Accreditation, list[int]]] = {}
    for accreditation, enrolment in pairs:
        by_accreditation.setdefault(accreditation.pk, (accreditation, []))[1].append(enrolment)
    return {
        (key, enrolment): places
        for key, (accreditation, enrolments) in by_accreditation.items()
        for enrolment, places in attended(accreditation=accreditation, enrolments=enrolments).items()
    }


def _key(report: Report) -> tuple[int, int, str]:
    return report.learner_id, report.accreditation_id, report.part


def _found(reports: Sequence[Report]) -> QuerySet[Report]:
    return Report.objects.filter(
        learner__in={report.learner_id for report in reports}, accreditation__in={report.accreditation_id for report in reports}
    )


def _known(reports: Sequence[Report]) -> set[tuple[int, int, str]]:
    return set(_found(reports).values_list("learner_id", "accreditation_id", "part"))


def _settle(reports: QuerySet[Report], state: str, outcome: str, *, on: datetime, note: str, actor: User) -> int:
    note = note.strip()[:300]
    with transaction.atomic():
        found = list(reports.select_for_update(of=("self",)))
        Report.objects.filter(pk__in=[report.pk for report in found]).update(
            state=state, settled_at=on, settled_by=actor, note=note, alone=False, problem=""
        )
        _note(found, outcome, actor=actor, text=note)
    return len(found)


def _note(reports: Iterable[Report], outcome: str, *, actor: User | None, text: str = "") -> None:
    now = timezone.now()
    ReportAttempt.objects.bulk_create(
        [ReportAttempt(report=report, at=now, outcome=outcome, number=report.number, text=text, actor=actor) for report in reports]
    )
