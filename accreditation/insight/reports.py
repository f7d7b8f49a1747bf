"""The reports: what was issued, reported and accepted, how long that took, what ends soon, what learners thought, and who was trained where.

Each is a function of a perspective and a year and answers one table. Years do not overlap, and nothing is shown over several at once:
two periods that differ by a day would tell by their difference who finished on that day.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, FilteredRelation, Max, Min, Q, QuerySet
from django.db.models.functions import ExtractQuarter, TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from accreditation.evaluation import AMSTERDAM
from accreditation.expiry import WARN_DAYS, expiring
from accreditation.insight.counting import count_table, people_in
from accreditation.insight.perspectives import Kind, Perspective
from accreditation.insight.suppression import Group, hidden
from accreditation.insight.tables import HIDDEN, Cell, Column, Line, Table
from accreditation.models import Accreditation, Certificate, CertificateEvent, PointAward, Report
from courses.models import CoursePage, EvaluationAnswers
from courses.work.evaluating import SHOWN_FROM

NURSES, SPECIALISTS = ["vpk"], ["vs-agz", "vs-ggz"]


@dataclass(frozen=True)
class Division:
    """Along what a report divides: the words of the choice, and of the first column."""

    label: str | Promise
    rows_are: str | Promise


DIVISIONS = {
    "cursus": Division(gettext_lazy("per cursus"), gettext_lazy("Cursus")),
    "register": Division(gettext_lazy("per register"), gettext_lazy("Register")),
    "organisatie": Division(gettext_lazy("per organisatie"), gettext_lazy("Organisatie")),
    "regio": Division(gettext_lazy("per regio"), gettext_lazy("Regio")),
    "kwartaal": Division(gettext_lazy("per kwartaal"), gettext_lazy("Kwartaal")),
}


@dataclass(frozen=True)
class Insight:
    """A report in the menu. `by` are its divisions; the first is shown when none is chosen."""

    key: str
    label: str | Promise
    explained: str | Promise
    make: Callable[[Perspective, int, str], Table]
    by: tuple[str, ...] = ()
    yearly: bool = True
    kinds: frozenset[Kind] = frozenset(Kind)


def years(perspective: Perspective) -> list[int]:
    """The years in which anything was earned, newest first; this year when nothing was."""
    found = _certificates(perspective).aggregate(first=Min("earned_on"), last=Max("earned_on"))
    this_year = timezone.localdate().year
    if found["first"] is None:
        return [this_year]
    return list(range(max(found["last"].year, this_year), found["first"].year - 1, -1))


def certificates(perspective: Perspective, year: int, by: str) -> Table:
    """What was issued, waits for its PDF, and was withdrawn, of what was earned in this year."""
    rows = _with_revocation(_in(_certificates(perspective), "earned_on", year))
    standing = Q(revocation__isnull=True)
    return count_table(
        rows.annotate(quarter=ExtractQuarter("earned_on")) if by == "kwartaal" else rows,
        by=_certificate_field(perspective, by),
        learner="learner",
        states={
            "issued": (Column(_("Uitgegeven"), "done"), standing & ~Q(sha256="")),
            "waiting": (Column(_("Wacht op de PDF"), "waiting"), standing & Q(sha256="")),
            "revoked": (Column(_("Ingetrokken"), "refused"), Q(revocation__isnull=False)),
        },
        title=_("Certificaten over %(year)s, %(by)s") % {"year": year, "by": DIVISIONS[by].label},
        rows_are=str(DIVISIONS[by].rows_are),
        unknown=_unknown(by),
        sizes=_sizes(perspective, year, by),
    )


def awards(perspective: Perspective, year: int, by: str) -> Table:
    """Whose points were credited, and taken back, of what was earned in this year."""
    rows = _in(PointAward.objects.filter(reverses=None), "awarded_on", year)
    field = {
        "cursus": "accreditation__course__title",
        "register": "register__name",
        "organisatie": "enrolment__organisation__name" if perspective.kind is Kind.COURSES else "accreditation__course__organisation__name",
        "regio": "learner__profile__region__name",
    }[by]
    return count_table(
        rows.filter(perspective.among(provider="accreditation__course__organisation", learner="learner")),
        by=field,
        learner="learner",
        states={
            "credited": (Column(_("Bijgeschreven"), "done"), Q(reversed_by__isnull=True)),
            # What was corrected is counted once, as the row that came in its place.
            "undone": (Column(_("Teruggedraaid"), "refused"), Q(reversed_by__isnull=False, corrected_by__isnull=True)),
        },
        title=_("Toekenningen van punten over %(year)s, %(by)s") % {"year": year, "by": DIVISIONS[by].label},
        rows_are=str(DIVISIONS[by].rows_are),
        unknown=_unknown(by),
        sizes=_sizes(perspective, year, by),
    )


def reported(perspective: Perspective, year: int, by: str) -> Table:
    """What became of the attendance that was reported to registers, of what was completed in this year. What was dropped is no report."""
    state = Report.State
    return count_table(
        _reports(perspective, year),
        by=_report_field(perspective, by),
        learner="learner",
        states={
            "accepted": (Column(_("Aangenomen"), "done"), Q(state__in=[state.ACCEPTED, state.MARKED])),
            "waiting": (Column(_("Onderweg"), "waiting"), Q(state__in=[state.WAITING, state.HELD, state.SENT, state.TESTED])),
            "rejected": (Column(_("Afgewezen"), "refused"), Q(state__in=[state.REJECTED, state.DEAD])),
        },
        title=_("Meldingen aan registers over %(year)s, %(by)s") % {"year": year, "by": DIVISIONS[by].label},
        rows_are=str(DIVISIONS[by].rows_are),
        unknown=_unknown(by),
        sizes=_sizes(perspective, year, by),
        notes=[_("Aangenomen: door het register, of met de hand gemeld. Afgewezen: door het register, of door ons opgegeven.")],
    )


def time_taken(perspective: Perspective, year: int, by: str) -> Table:
    """From completion until the register accepted it, in whole days of Amsterdam: the middle one, and within what nine out of ten fall."""
    rows = _reports(perspective, year).filter(state=Report.State.ACCEPTED, settled_at__isnull=False).order_by()
    field = _report_field(perspective, by)
    # Days with how often they occur: a few hundred rows, however many reports there are.
    days = rows.annotate(began=TruncDate("end_date"), ended=TruncDate("settled_at")).values(field, "began", "ended")
    spread: dict[Any, Counter[int]] = {}
    for row in days.annotate(count=Count("pk")):
        spread.setdefault(row[field], Counter())[max(0, (row["ended"] - row["began"]).days)] += row["count"]
    people = {row[field]: row["people"] for row in rows.values(field).annotate(people=Count("learner", distinct=True))}
    groups = {key: Group(sum(counted.values()), people[key]) for key, counted in spread.items()}
    kept_back = hidden(groups, together=people_in(rows, by=field, learner="learner"), sizes=_sizes(perspective, year, by))
    lines = []
    for key in sorted(groups, key=lambda key: (key is None, str(key).casefold())):
        label = str(key) if key is not None else _unknown(by)
        lines.append(Line(label, (HIDDEN, HIDDEN, HIDDEN) if key in kept_back else _times(spread[key])))
    total = None
    if lines:
        everyone = Group(people=rows.aggregate(people=Count("learner", distinct=True))["people"])
        whole = sum(spread.values(), Counter[int]())
        total = Line(_("Samen"), (HIDDEN, HIDDEN, HIDDEN) if everyone.is_small else _times(whole))
    return Table(
        title=_("Dagen van afronden tot aangenomen door het register, over %(year)s, %(by)s") % {"year": year, "by": DIVISIONS[by].label},
        rows_are=str(DIVISIONS[by].rows_are),
        columns=[Column(_("Mediaan (dagen)"), "main"), Column(_("Negen van de tien binnen (dagen)")), Column(_("Aangenomen"))],
        lines=lines,
        total=total,
    )


def _times(days: Counter[int]) -> tuple[Cell, ...]:
    return (_quantile(days, Decimal("0.5")), _quantile(days, Decimal("0.9")), sum(days.values()))


def _quantile(days: Counter[int], share: Decimal) -> int:
    """The smallest number of days within which this share falls (nearest rank)."""
    needed = share * sum(days.values())
    reached = 0
    for day in sorted(days):
        reached += days[day]
        if reached >= needed:
            return day
    return max(days)


def trained(perspective: Perspective, year: int, by: str) -> Table:
    """How many nurses and nurse specialists hold a valid certificate of this year, by the region of their profile."""
    profession = "learner__profile__professions__code__in"
    return count_table(
        _with_revocation(_in(_certificates(perspective), "earned_on", year)).filter(Q(revocation__isnull=True)),
        by="learner__profile__region__name",
        learner="learner",
        people_only=True,
        states={
            "specialists": (Column(_("Verpleegkundig specialisten"), "main"), Q(**{profession: SPECIALISTS})),
            "nurses": (Column(_("Verpleegkundigen"), "done"), Q(**{profession: NURSES})),
        },
        title=_("Geschoolde verpleegkundig specialisten en verpleegkundigen in %(year)s, per regio") % {"year": year},
        rows_are=_("Regio"),
        unknown=_unknown("regio"),
        sizes=_sizes(perspective, year, "regio"),
        notes=[_("Regio en beroep komen uit het profiel. Wie in een jaar meer certificaten haalde, telt één keer.")],
    )


def accreditations(perspective: Perspective, year: int, by: str) -> Table:
    """Which granted accreditations end within 90 days without one that follows."""
    today = timezone.localdate()
    mine = Accreditation.objects.select_related("course", "register")
    if perspective.organisation is not None:
        mine = mine.filter(course__organisation=perspective.organisation)
    ending = expiring(accreditations=mine, day=today)
    lines = []
    for one in ending:
        left = (one.valid_until - today).days if one.valid_until else 0
        lines.append(Line(one.course.title, (one.register.name, one.id_number, one.valid_until, left)))
    title = ngettext(
        "%(count)s accreditatie loopt binnen %(days)s dagen af zonder opvolger",
        "%(count)s accreditaties lopen binnen %(days)s dagen af zonder opvolger",
        len(lines),
    ) % {"count": len(lines), "days": WARN_DAYS[0]}
    columns = [
        Column(_("Register"), words=True),
        Column(_("ID-nummer"), words=True),
        Column(_("Geldig tot en met"), words=True),
        Column(_("Dagen over"), "signal"),
    ]
    return Table(title=title, rows_are=_("Cursus"), columns=columns, lines=lines)


def evaluations(perspective: Perspective, year: int, by: str) -> Table:
    """The mean of the scale questions per course, over all years: the page of the course shows it so, and the difference would tell."""
    courses = CoursePage.objects.order_by("title")
    if perspective.organisation is not None:
        courses = courses.filter(organisation=perspective.organisation)
    titles = dict(courses.values_list("pk", "title"))
    enough = EvaluationAnswers.objects.filter(course__in=list(titles)).values("course").annotate(n=Count("pk")).filter(n__gte=SHOWN_FROM)
    counts: dict[int, int] = {row["course"]: row["n"] for row in enough}
    sums: dict[tuple[int, str, str], tuple[int, int]] = {}
    answers = EvaluationAnswers.objects.filter(course__in=list(counts)).values_list("course", "activity", "answers")
    for course, activity, given in answers.iterator(chunk_size=2000):
        for answer in given:
            if answer["type"] == "scale":
                key = (course, str(activity), answer["question"])
                count, total = sums.get(key, (0, 0))
                sums[key] = (count + 1, total + int(answer["answer"]))
    # What fewer than five answered, in this evaluation, is not part of the mean either: it would follow from the others.
    told: dict[int, list[tuple[int, int]]] = {}
    for (course, _activity, _question), counted in sums.items():
        if counted[0] >= SHOWN_FROM:
            told.setdefault(course, []).append(counted)
    lines = []
    for course, title in titles.items():
        if course in told:
            mean = Decimal(sum(total for _n, total in told[course])) / sum(n for n, _total in told[course])
            lines.append(Line(title, (round(mean, 1), len(told[course]), counts[course])))
    return Table(
        title=_("Wat deelnemers van de cursussen vinden, van 1 tot 5"),
        rows_are=_("Cursus"),
        columns=[Column(_("Gemiddelde"), "main"), Column(_("Vragen met een schaal")), Column(_("Ingevuld"))],
        lines=lines,
        notes=[
            _("Over alle jaren samen, vanaf %(count)s ingevulde evaluaties per cursus. Wie invulde, weten we niet.") % {"count": SHOWN_FROM}
        ],
    )


def _certificates(perspective: Perspective) -> QuerySet[Certificate]:
    """The newest certificate of each completion in this perspective."""
    return Certificate.objects.filter(perspective.among(provider="organisation", learner="learner"), replaced_by=None)


def _certificate_field(perspective: Perspective, by: str) -> str:
    # Whom a provider trains come on behalf of other organisations; whom an association speaks for go to other providers.
    organisation = "enrolment__organisation__name" if perspective.kind is Kind.COURSES else "organisation__name"
    return {"cursus": "course__title", "organisatie": organisation, "regio": "learner__profile__region__name", "kwartaal": "quarter"}[by]


def _reports(perspective: Perspective, year: int) -> QuerySet[Report]:
    first, after = (datetime.combine(date(each, 1, 1), time(), tzinfo=AMSTERDAM) for each in (year, year + 1))
    mine = perspective.among(provider="accreditation__course__organisation", learner="learner")
    return Report.objects.filter(mine, end_date__gte=first, end_date__lt=after).exclude(state=Report.State.DROPPED)


def _report_field(perspective: Perspective, by: str) -> str:
    return {
        "register": "accreditation__register__name",
        "cursus": "accreditation__course__title",
        "organisatie": "accreditation__course__organisation__name",
        "regio": "learner__profile__region__name",
    }[by]


def _sizes(perspective: Perspective, year: int, by: str) -> dict[Any, int] | None:
    """How many people each group has, whatever became of their certificate: the same for every report, see `suppression.hidden`."""
    if by == "register":
        return None
    rows = _in(_certificates(perspective), "earned_on", year).order_by()
    if by == "kwartaal":
        rows = rows.annotate(quarter=ExtractQuarter("earned_on"))
    field = _certificate_field(perspective, by)
    return {row[field]: row["people"] for row in rows.values(field).annotate(people=Count("learner", distinct=True))}


def _with_revocation(rows: QuerySet[Certificate]) -> QuerySet[Certificate]:
    return rows.annotate(revocation=FilteredRelation("events", condition=Q(events__kind=CertificateEvent.Kind.REVOKED)))


def _unknown(by: str) -> str:
    return _("Zonder organisatie") if by == "organisatie" else _("Regio niet bekend")


def _in(rows: QuerySet[Any], field: str, year: int) -> QuerySet[Any]:
    return rows.filter(**{f"{field}__range": (date(year, 1, 1), date(year, 12, 31))})


REPORTS = {
    report.key: report
    for report in (
        Insight(
            "certificaten",
            gettext_lazy("Certificaten"),
            gettext_lazy("Uitgegeven, wacht en ingetrokken"),
            certificates,
            by=("cursus", "organisatie", "regio", "kwartaal"),
        ),
        Insight(
            "punten",
            gettext_lazy("Punten"),
            gettext_lazy("Bijgeschreven en teruggedraaid"),
            awards,
            by=("register", "cursus", "organisatie", "regio"),
        ),
        Insight(
            "meldingen",
            gettext_lazy("Meldingen"),
            gettext_lazy("Aangenomen, onderweg en afgewezen"),
            reported,
            by=("register", "cursus", "organisatie", "regio"),
        ),
        Insight(
            "doorlooptijd",
            gettext_lazy("Doorlooptijd"),
            gettext_lazy("Van afronden tot aangenomen"),
            time_taken,
            by=("register", "cursus", "organisatie", "regio"),
        ),
        Insight("geschoold", gettext_lazy("Geschoold per regio"), gettext_lazy("VS en VPK met een certificaat"), trained),
        Insight(
            "accreditaties",
            gettext_lazy("Aflopende accreditaties"),
            gettext_lazy("Binnen 90 dagen, zonder opvolger"),
            accreditations,
            yearly=False,
            kinds=frozenset({Kind.COURSES, Kind.EVERYTHING}),
        ),
        Insight(
            "evaluaties",
            gettext_lazy("Evaluaties"),
            gettext_lazy("Wat deelnemers vinden"),
            evaluations,
            yearly=False,
            kinds=frozenset({Kind.COURSES, Kind.EVERYTHING}),
        ),
    )
}
