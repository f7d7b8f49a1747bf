"""Accreditations that end: the administrators are warned in time, and learners hear what they can still earn until when.

Each warning and each notice goes out once for one last day; an accreditation that is extended gets new ones for its new last day.
Where a later accreditation in the same register follows on, nobody loses anything and nobody is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from accounts.models import RegisterEntry, Role, User
from accreditation import jobs
from accreditation.models import Accreditation, ExpiryWarning, Job, LapseNotice
from courses.course_page import amount_of
from courses.models import CourseProgress, Enrolment

WARN_DAYS = (90, 30, 7)
TELL_LEARNERS = timedelta(days=30)
LATE = timedelta(days=14)  # how long after the last day learners are still told that it has passed
PIECE = 20


@dataclass(frozen=True, slots=True)
class Ending:
    """What a learner should know of one accreditation of a course they are in."""

    accreditation: Accreditation
    last_day: date
    points: Decimal
    lapsed: bool
    text: str


def expiring(*, accreditations: QuerySet[Accreditation], day: date, within: int = WARN_DAYS[0]) -> list[Accreditation]:
    """Granted accreditations that end within so many days, unless a later one for the same course and register is granted already.

    The home of an administrator, their list and the report ask this one question.
    """
    granted = accreditations.filter(status=Accreditation.Status.GRANTED)
    soon = granted.filter(valid_until__range=(day, day + timedelta(days=within))).order_by("valid_until")
    later = set(granted.filter(valid_until__gt=day + timedelta(days=within)).values_list("course_id", "register_id"))
    return [accreditation for accreditation in soon if (accreditation.course_id, accreditation.register_id) not in later]


def warn(*, day: date | None = None) -> int:
    """Warn the administrators of accreditations that end within 90, 30 or 7 days, and begin telling learners. Answers how many mails left."""
    day = day or timezone.localdate()
    for accreditation in _last(_granted(day, day + timedelta(days=WARN_DAYS[0]))):
        left = (_last_day(accreditation) - day).days
        due = [days for days in WARN_DAYS if left <= days]
        for days in due:
            # Of several that are due at once, because nothing ran for a while, one mail is enough.
            ExpiryWarning.objects.get_or_create(
                accreditation=accreditation,
                valid_until=_last_day(accreditation),
                days=days,
                defaults={"mailed_at": None if days == min(due) else timezone.now()},
            )
    sent = sum(_mail(warning) for warning in ExpiryWarning.objects.filter(mailed_at=None).order_by("pk"))
    _begin_telling(day)
    return sent


def endings(*, enrolment: Enrolment, day: date | None = None) -> list[Ending]:
    """What someone who is in a course and not done with it should know: which accreditations end soon, or ended since they joined.

    For a learner whose course is not completed; who calls knows that already.
    """
    day = day or timezone.localdate()
    rows = (
        Accreditation.objects.filter(
            course=enrolment.course_id,
            status=Accreditation.Status.GRANTED,
            valid_until__gte=timezone.localdate(enrolment.enrolled_at),
            valid_until__lte=day + timedelta(days=WARN_DAYS[0]),
            releases=enrolment.release_id,
            register__entries__user=enrolment.learner_id,
        )
        .exclude(awards__learner=enrolment.learner_id)
        .select_related("register")
        .prefetch_related("points", "register__rules")
        .order_by("register__name", "valid_until")
    )
    return [_said(row, day) for row in _last(rows)]


def tell_learners(job: Job) -> bool:
    """Step: mail the learners of one course about one accreditation.

    `parameters`: {"accreditation": key, "kind": "ends" or "ended", "valid_until": its last day then}.
    Not in one transaction: a mail that left has left. Who was told stands in a row of their own right after, so that going on tells nobody twice.
    """
    accreditation = Accreditation.objects.select_related("register", "course").get(pk=job.parameters["accreditation"])
    last = date.fromisoformat(job.parameters["valid_until"])
    if accreditation.valid_until != last or accreditation.status != Accreditation.Status.GRANTED:
        job.result = {"text": _("De accreditatie is intussen veranderd; er is niemand meer gemaild."), "told": job.result.get("told", 0)}
        return False
    concerned = still_busy(accreditation)
    if job.total is None:
        job.total = concerned.count()
    rows = list(concerned.filter(pk__gt=job.cursor.get("after", 0)).select_related("learner", "course").order_by("pk")[:PIECE])
    kind = LapseNotice.Kind(job.parameters["kind"])
    told = job.result.get("told", 0)
    for enrolment in rows:
        notice = {"accreditation": accreditation, "enrolment": enrolment, "kind": kind, "valid_until": last}
        if not LapseNotice.objects.filter(**notice).exists():
            _tell(enrolment, accreditation, lapsed=kind == LapseNotice.Kind.ENDED)
            LapseNotice.objects.create(**notice)
            told += 1
    job.done += len(rows)
    job.cursor = {"after": rows[-1].pk} if rows else job.cursor
    job.result = {
        "told": told,
        "text": ngettext("%(count)s deelnemer is gemaild.", "%(count)s deelnemers zijn gemaild.", told) % {"count": told},
        "href": reverse("accreditation:accreditation", args=[accreditation.pk]),
        "link": _("Naar de accreditatie"),
    }
    return len(rows) == PIECE


def _granted(first: date, last: date) -> QuerySet[Accreditation]:
    """Granted accreditations whose last day lies between these two; examples only where everything is an example."""
    rows = Accreditation.objects.filter(status=Accreditation.Status.GRANTED, valid_until__gte=first, valid_until__lte=last)
    return (rows if settings.DEMO else rows.exclude(is_demo=True)).select_related("course__organisation", "register")


def _last(rows: Iterable[Accreditation]) -> list[Accreditation]:
    """Those that no later accreditation of the same course in the same register follows without a gap."""
    chosen = list(rows)
    others = Accreditation.objects.filter(course__in={row.course_id for row in chosen}, status=Accreditation.Status.GRANTED)
    known = [(other.course_id, other.register_id, other.valid_from or _last_day(other), _last_day(other)) for other in others]

    def followed(row: Accreditation) -> bool:
        last = _last_day(row)
        return any(
            (course, register) == (row.course_id, row.register_id) and until > last and first <= last + timedelta(days=1)
            for course, register, first, until in known
        )

    return [row for row in chosen if not followed(row)]


def _begin_telling(day: date) -> None:
    """One job for each accreditation whose learners should hear something now."""
    for accreditation in _last(_granted(day - LATE, day + TELL_LEARNERS)):
        kind = LapseNotice.Kind.ENDED if _last_day(accreditation) < day else LapseNotice.Kind.ENDS
        asked = {"accreditation": accreditation.pk, "kind": str(kind), "valid_until": _last_day(accreditation).isoformat()}
        known = Job.objects.filter(kind="tell-learners", **{f"parameters__{key}": value for key, value in asked.items()})
        if still_busy(accreditation).exists() and not known.exists():
            jobs.start(
                kind="tell-learners",
                about=str(accreditation),
                asked_by=None,
                organisation=accreditation.course.organisation,
                parameters=asked,
            )


def still_busy(accreditation: Accreditation) -> QuerySet[Enrolment]:
    """Who is in a covered release, is not done with it, stands in the register and earned nothing under this accreditation."""
    done = CourseProgress.objects.filter(enrolment=OuterRef("pk"), satisfied_at__isnull=False)
    entries = RegisterEntry.objects.filter(user=OuterRef("learner"), register=accreditation.register_id)
    rows = Enrolment.objects.filter(course=accreditation.course_id, release__in=accreditation.releases.all(), withdrawn_at=None)
    return rows.filter(~Exists(done), Exists(entries)).exclude(learner__point_awards__accreditation=accreditation)


def _mail(warning: ExpiryWarning) -> int:
    """The mail to the administrators, and after it the mark that it left: killed in between, it goes once more rather than never."""
    accreditation = Accreditation.objects.select_related("course__organisation", "register").get(pk=warning.accreditation_id)
    addresses = _administrators(accreditation)
    left = (warning.valid_until - timezone.localdate()).days
    with translation.override("nl"):
        names = {
            "course": accreditation.course.title,
            "register": accreditation.register.name,
            "number": accreditation.id_number,
            "day": date_format(warning.valid_until, "j F Y"),
            "count": still_busy(accreditation).count(),
        }
        subject = ngettext(
            "Accreditatie loopt over %(days)s dag af: %(course)s", "Accreditatie loopt over %(days)s dagen af: %(course)s", left
        ) % {"days": left, **names}
        text = _(
            "De accreditatie van ‘%(course)s’ bij %(register)s (%(number)s) geldt tot en met %(day)s.\n"
            "Wie daarna klaar is, krijgt geen punten. Er zijn nu %(count)s deelnemers bezig die dat zou raken.\n"
            "Vraag op tijd een nieuwe accreditatie aan en leg haar vast."
        )
        body = f"{text % names}\n\n{settings.SITE_URL.rstrip('/')}{reverse('accreditation:accreditation', args=[accreditation.pk])}\n"
    for address in addresses if left >= 0 else []:
        send_mail(subject, body, None, [address], fail_silently=True)
    ExpiryWarning.objects.filter(pk=warning.pk).update(mailed_at=timezone.now())
    return len(addresses)


def _administrators(accreditation: Accreditation) -> Sequence[str]:
    people = User.objects.filter(
        memberships__organisation=accreditation.course.organisation_id, memberships__role=Role.ACCREDITATION_ADMIN, is_active=True
    )
    return list(people.distinct().order_by("email").values_list("email", flat=True))


def _tell(enrolment: Enrolment, accreditation: Accreditation, *, lapsed: bool) -> None:
    with translation.override(enrolment.learner.language):
        subject = (
            _("Geen punten meer bij %(register)s: %(course)s") if lapsed else _("Nog punten te halen bij %(register)s: %(course)s")
        ) % {
            "register": accreditation.register.name,
            "course": accreditation.course.title,
        }
        text = _said(accreditation, timezone.localdate()).text
        send_mail(
            subject,
            f"{text}\n\n{settings.SITE_URL.rstrip('/')}/cursus/{accreditation.course.slug}/\n",
            None,
            [enrolment.learner.email],
            fail_silently=True,
        )


def _said(accreditation: Accreditation, day: date) -> Ending:
    last = _last_day(accreditation)
    points = sum((line.points for line in accreditation.points.all()), Decimal(0))
    rule: Any = next(iter(accreditation.register.rules.all()), None)
    names = {
        "register": accreditation.register.name,
        "day": date_format(last, "j F Y"),
        "worth": amount_of(points, rule.unit if rule else ""),
    }
    if last < day:
        text = _(
            "De accreditatie bij %(register)s liep af op %(day)s. Je kunt de cursus gewoon afmaken en krijgt een certificaat, maar bij "
            "%(register)s brengt hij geen punten meer."
        )
    else:
        text = _(
            "De accreditatie bij %(register)s loopt af. Ben je uiterlijk op %(day)s klaar met de cursus, dan krijg je %(worth)s. "
            "Daarna krijg je wel een certificaat, maar geen punten bij dit register."
        )
    return Ending(accreditation=accreditation, last_day=last, points=points, lapsed=last < day, text=text % names)


def _last_day(accreditation: Accreditation) -> date:
    if accreditation.valid_until is None:
        raise ValueError(f"accreditation {accreditation.pk} is granted without a last day")
    return accreditation.valid_until
