"""How reporting fares: per connection what waits, what was accepted, what asks for somebody, and what is getting late."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from accreditation.evaluation import AMSTERDAM
from accreditation.models import Certificate, CertificateEvent, PointAward, RegisterConnection, Report, ReportCall, ReportingTerm
from accreditation.reporting import outbox

State, Reason = Report.State, RegisterConnection.Reason
SOON = timedelta(days=14)
UNDONE = (State.WAITING, State.HELD, State.SENT, State.TESTED, State.REJECTED, State.DEAD)
ATTENTION = (State.HELD, State.REJECTED, State.DEAD)


@dataclass(frozen=True, slots=True)
class Words:
    """How a connection stands, in a word with its tone, and what happened and what to do when something is wrong."""

    label: str
    tone: str
    happened: str = ""
    to_do: str = ""


@dataclass
class Standing:
    """One connection with its counts."""

    connection: RegisterConnection
    words: Words
    counts: dict[str, int] = field(default_factory=dict)
    unreported: int = 0
    late: int = 0
    soon: int = 0
    to_tell: int = 0
    term: ReportingTerm | None = None

    @property
    def bar_id(self) -> str:
        return f"voortgang-{self.connection.pk}"

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """What was handed in waits for what the register answers, where it has no service that answers by itself."""
        handed_in = self.counts.get(State.MARKED, 0) if self.connection.by_service else 0
        return handed_in + sum(self.counts.get(state, 0) for state in (State.ACCEPTED, State.DROPPED))

    @property
    def attention(self) -> int:
        return sum(self.counts.get(state, 0) for state in ATTENTION)

    @property
    def on_its_way(self) -> int:
        return self.counts.get(State.WAITING, 0) + self.counts.get(State.SENT, 0)

    @property
    def busy(self) -> bool:
        """Whether a page may expect it to change by itself within seconds."""
        connection = self.connection
        return bool(
            self.on_its_way and connection.by_service and connection.state == RegisterConnection.State.ACTIVE and not connection.retry_at
        )


def standings(connections: QuerySet[RegisterConnection]) -> list[Standing]:
    """How each of these fares, in a handful of queries."""
    found = list(connections.order_by("organisation__name", "register__name"))
    terms = {term.register_id: term for term in ReportingTerm.objects.filter(register__in={one.register_id for one in found})}
    reports = Report.objects.filter(connection__in=found).order_by()
    counts: dict[int, dict[str, int]] = {}
    for row in reports.values("connection", "state").annotate(count=Count("pk")):
        counts.setdefault(row["connection"], {})[row["state"]] = row["count"]
    late, soon = _getting_late(found, terms)
    unreported = _unreported(found)
    to_tell = {row["connection"]: row["count"] for row in outbox.to_tell(reports).values("connection").annotate(count=Count("pk"))}
    return [
        Standing(
            connection=connection,
            words=words(connection),
            counts=counts.get(connection.pk, {}),
            unreported=unreported.get((connection.organisation_id, connection.register_id), 0),
            late=late.get(connection.pk, 0),
            soon=soon.get(connection.pk, 0),
            to_tell=to_tell.get(connection.pk, 0),
            term=terms.get(connection.register_id),
        )
        for connection in found
    ]


def last_day(report_end: datetime, term: ReportingTerm | None) -> date | None:
    """The last Amsterdam day on which this is reported in time; None where the register names no term."""
    if term is None or term.days is None:
        return None
    return report_end.astimezone(AMSTERDAM).date() + timedelta(days=term.days)


def ended_on_or_before(day: date) -> datetime:
    """The moment before which whatever ended, ended on this Amsterdam day or earlier."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=AMSTERDAM)


def words(connection: RegisterConnection) -> Words:
    """How the connection stands."""
    if not connection.by_service:
        return Words(gettext("met de hand"), "")
    if connection.state == RegisterConnection.State.PAUSED:
        happened, to_do = {
            Reason.KEY_REFUSED: (
                gettext("PE-online weigert de sleutel."),
                gettext(
                    "Vraag PE-online of userID en userKey kloppen en vul ze opnieuw in. Er is niets verloren; wat wacht, gaat daarna vanzelf."
                ),
            ),
            Reason.KEY_MISSING: (gettext("Er is nog geen sleutel ingevuld."), gettext("Vul userID en userKey in.")),
            Reason.KEY_UNREADABLE: (
                gettext("De sleutel is niet meer te lezen, omdat de geheime sleutel van deze installatie is gewijzigd."),
                gettext("Vul userID en userKey opnieuw in."),
            ),
            Reason.ADDRESS_NOT_ALLOWED: (gettext("Naar dit adres sturen we niets."), gettext("Kijk het adres van de webservice na.")),
            Reason.XML_REFUSED: (
                gettext("PE-online kan onze berichten niet lezen, ook niet met één persoon erin."),
                gettext("Vraag PE-online of de webservice is gewijzigd, en hervat daarna."),
            ),
        }.get(Reason(connection.reason), (gettext("Het verzenden is gepauzeerd."), gettext("Hervat wanneer je zover bent.")))
        by_hand = connection.reason in (Reason.NONE, Reason.BY_HAND)
        label = gettext("gepauzeerd") if by_hand else gettext("gestopt")
        return Words(label, "signal", happened, to_do)
    if connection.failures:
        return Words(
            gettext("probeert opnieuw"),
            "waiting",
            gettext("PE-online is niet te bereiken.")
            if connection.reason == Reason.UNREACHABLE
            else gettext("PE-online gaf een antwoord waar we niets mee kunnen."),
            gettext("Je hoeft niets te doen: we proberen het vanzelf opnieuw. Er is niets verloren en niets gaat dubbel."),
        )
    if connection.test_mode:
        return Words(gettext("testmodus"), "waiting")
    return Words(gettext("aan"), "done")


def waits_for(report: Report) -> list[str]:
    """Why a report that waits for the service was not answered yet, when, and when it goes on; empty when nothing is wrong."""
    connection = report.connection
    if report.state != State.WAITING or not connection.by_service:
        return []
    if connection.state == RegisterConnection.State.PAUSED:
        stopped = words(connection)
        return [gettext("Er wordt nu niets verstuurd."), stopped.happened, stopped.to_do]
    if not connection.failures:
        return []
    said = []
    call = ReportCall.objects.filter(connection=connection).exclude(closed_at=None).order_by("-pk").first()
    if call is not None:
        unreachable = connection.reason == Reason.UNREACHABLE
        text = (
            gettext("PE-online was op %(when)s niet te bereiken.")
            if unreachable
            else gettext("PE-online gaf op %(when)s geen bruikbaar antwoord.")
        )
        said.append(text % {"when": _moment(call.sent_at)})
    if connection.retry_at and connection.retry_at > timezone.now():
        said.append(gettext("De volgende poging is op %(when)s.") % {"when": _moment(connection.retry_at)})
    else:
        said.append(gettext("De volgende poging begint zo."))
    return said


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y H:i")


def revoked_on(reports: Sequence[Report]) -> dict[tuple[int, int], date]:
    """By learner and course: the Amsterdam day on which the certificate was revoked, where none of theirs stands any more."""
    certificates = Certificate.objects.filter(
        learner__in={report.learner_id for report in reports},
        course__in={report.accreditation.course_id for report in reports},
        replaced_by=None,
    )
    revoked = CertificateEvent.objects.filter(certificate=OuterRef("pk"), kind=CertificateEvent.Kind.REVOKED).values("at")
    found: dict[tuple[int, int], date] = {}
    standing = set()
    for learner, course, at in certificates.order_by("pk").annotate(ended=Subquery(revoked)).values_list("learner", "course", "ended"):
        if at is None:
            standing.add((learner, course))
        else:
            found[learner, course] = at.astimezone(AMSTERDAM).date()
    return {key: day for key, day in found.items() if key not in standing}


def _getting_late(connections: Sequence[RegisterConnection], terms: dict[int, ReportingTerm]) -> tuple[dict[int, int], dict[int, int]]:
    """Per connection how many reports, and awards without one, are past their term, and how many will be within two weeks."""
    today = timezone.localdate()
    late, soon = Q(pk__in=[]), Q(pk__in=[])
    award_late, award_soon = Q(pk__in=[]), Q(pk__in=[])
    timed = [one for one in connections if (term := terms.get(one.register_id)) and term.days]
    for connection in timed:
        days = terms[connection.register_id].days or 0
        over = ended_on_or_before(today - timedelta(days=days + 1))
        nearly = ended_on_or_before(today - timedelta(days=days) + SOON)
        late |= Q(connection=connection, end_date__lt=over)
        soon |= Q(connection=connection, end_date__gte=over, end_date__lt=nearly)
        mine = Q(accreditation__course__organisation=connection.organisation_id, register=connection.register_id)
        award_late |= mine & Q(completed_at__lt=over)
        award_soon |= mine & Q(completed_at__gte=over, completed_at__lt=nearly)
    if not timed:
        return {}, {}
    reports = Report.objects.filter(connection__in=timed, state__in=UNDONE).order_by()
    rows = reports.values("connection").annotate(late=Count("pk", filter=late), soon=Count("pk", filter=soon))
    found_late = {row["connection"]: row["late"] for row in rows}
    found_soon = {row["connection"]: row["soon"] for row in rows}
    by_pair = {(one.organisation_id, one.register_id): one.pk for one in timed}
    awards = _awards_without_report().filter(register__in={one.register_id for one in timed})
    for row in awards.values("accreditation__course__organisation", "register", "accreditation").annotate(
        late=Count("learner", filter=award_late, distinct=True), soon=Count("learner", filter=award_soon, distinct=True)
    ):
        key = by_pair.get((row["accreditation__course__organisation"], row["register"]))
        if key is not None:
            found_late[key] = found_late.get(key, 0) + row["late"]
            found_soon[key] = found_soon.get(key, 0) + row["soon"]
    return found_late, found_soon


def _unreported(connections: Sequence[RegisterConnection]) -> dict[tuple[int, int], int]:
    """How many people were awarded something that was never reported, by organisation and register."""
    found: dict[tuple[int, int], int] = {}
    rows = _awards_without_report().filter(register__in={one.register_id for one in connections})
    for row in rows.values("accreditation__course__organisation", "register", "accreditation").annotate(
        count=Count("learner", distinct=True)
    ):
        key = (row["accreditation__course__organisation"], row["register"])
        found[key] = found.get(key, 0) + row["count"]
    return found


def _awards_without_report() -> QuerySet[PointAward]:
    known = Report.objects.filter(learner=OuterRef("learner"), accreditation=OuterRef("accreditation"))
    return PointAward.objects.filter(~Exists(known), reverses=None, reversed_by=None, points__gt=0).order_by()
