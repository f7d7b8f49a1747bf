"""Does this stand in the dossier already, or does it not fit beside what stands there? Warnings; the person decides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from itertools import combinations

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import RegisterEntry, User
from accreditation.evidence.keeping import Told, plain, points_for
from accreditation.models import Certificate, Evidence, EvidenceKind, PointAward

# More on one day than anybody learns; and more in a week than anybody may work for long.
MOST_HOURS_A_DAY = Decimal(12)
MOST_HOURS_A_WEEK = Decimal(60)
NEAR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - the word for it
    """One thing to look at; `key` stays the same while it is about the same."""

    key: str
    text: str


def warnings(*, owner: User, told: Told, evidence: Evidence | None = None) -> list[Warning]:
    """What to look at before this is kept. Neither blocks nor decides anything."""
    others = (
        Evidence.objects.filter(owner=owner, state=Evidence.State.KEPT, kind__register=told.kind.register)
        .exclude(pk=evidence.pk if evidence else 0)
        .select_related("kind")
    )
    return [
        *_same_file(owner, evidence),
        *_our_certificate(owner, evidence),
        *_same_activity(list(others.filter(done_on__range=(told.done_on - NEAR, told.done_on + NEAR))), told),
        *_same_as_award(owner, told),
        *_same_hours(others, told),
        *_unlike_the_file(told, evidence),
        *_many_points(told),
        *_outside_period(owner, told),
    ]


def _same_file(owner: User, evidence: Evidence | None) -> Iterator[Warning]:
    if evidence is None:
        return
    hashes = list(evidence.documents.values_list("file__sha256", flat=True))
    twins = (
        Evidence.objects.filter(owner=owner, state=Evidence.State.KEPT, documents__file__sha256__in=hashes)
        .exclude(pk=evidence.pk)
        .distinct()
    )
    text = _(
        "Hetzelfde bestand hoort al bij '%(title)s'. De punten daarvan tellen één keer. Bewijst het meer scholingen, vul dan bij elke het ID-nummer in."
    )
    for twin in twins.order_by("pk")[:3]:
        yield Warning(f"file-{twin.pk}", text % {"title": twin})


def pairs(kept: Sequence[Evidence]) -> dict[int, list[Evidence]]:
    """Of each piece of evidence, by its key, the others of the list that look like it: the same file, or the same words about the same days.

    Needs `kind` and `documents` fetched along.
    """
    files = {one.pk: {document.file_id for document in one.documents.all()} for one in kept}
    found: dict[int, list[Evidence]] = {}
    for one, other in combinations(kept, 2):
        if one.kind and other.kind and one.kind.register_id == other.kind.register_id:
            near = one.done_on and other.done_on and abs(one.done_on - other.done_on) <= NEAR
            if files[one.pk] & files[other.pk] or (near and alike(one.title, other.title)):
                found.setdefault(one.pk, []).append(other)
                found.setdefault(other.pk, []).append(one)
    return found


def _our_certificate(owner: User, evidence: Evidence | None) -> Iterator[Warning]:
    if evidence is None:
        return
    hashes = list(evidence.documents.values_list("file__sha256", flat=True))
    numbers = [evidence.suggestions["own_certificate"]] if evidence.suggestions.get("own_certificate") else []
    for certificate in Certificate.objects.filter(Q(sha256__in=hashes) | Q(number__in=numbers), learner=owner):
        text = _("Dit is certificaat %(number)s, dat hier is uitgegeven. De punten daarvan staan al in je dossier.")
        yield Warning(f"certificate-{certificate.pk}", text % {"number": certificate.number})


def _same_activity(near: list[Evidence], told: Told) -> Iterator[Warning]:
    for other in near:
        if alike(other.title, told.title):
            names = {"title": other.title, "day": date_format(other.done_on, "j F Y") if other.done_on else ""}
            yield Warning(f"twin-{other.pk}", _("'%(title)s' van %(day)s staat al in je dossier.") % names)


def _same_as_award(owner: User, told: Told) -> Iterator[Warning]:
    awards = PointAward.objects.filter(learner=owner, register=told.kind.register, reverses=None, reversed_by=None)
    for award in awards.select_related("accreditation__course"):
        accreditation = award.accreditation
        same_number = bool(told.id_number) and _bare(told.id_number) == _bare(accreditation.id_number)
        near = abs(award.awarded_on - told.done_on) <= timedelta(days=31)
        if same_number or (near and alike(accreditation.course.title, told.title)):
            names = {"title": accreditation.course.title, "day": date_format(award.awarded_on, "j F Y")}
            yield Warning(f"award-{award.pk}", _("De cursus '%(title)s' van %(day)s telt al mee via Vakwijs.") % names)
            return


def _same_hours(others: QuerySet[Evidence], told: Told) -> Iterator[Warning]:
    begins = told.started_on or told.done_on
    if told.kind.form == EvidenceKind.Form.WORK or begins < told.done_on:
        weeks = Decimal((told.done_on - begins).days + 1) / 7
        if told.hours and told.hours > max(weeks, Decimal(1)) * MOST_HOURS_A_WEEK:
            text = _("Dat is meer dan %(most)s uur per week. Kijk de uren en de periode na.")
            yield Warning(f"week-{told.hours.normalize():f}", text % {"most": MOST_HOURS_A_WEEK})
    if told.kind.form == EvidenceKind.Form.WORK:
        for other in others.filter(kind__form=EvidenceKind.Form.WORK, done_on__gte=begins):
            if other.done_on and (other.started_on or other.done_on) <= told.done_on:
                yield _same_work(other)
        return
    day: list[Evidence] = [
        other
        for other in others.filter(done_on=told.done_on).exclude(kind__form=EvidenceKind.Form.WORK)
        if other.started_on in (None, told.done_on)
    ]
    for other in day:
        if _overlap(told.starts_at, told.ends_at, other.starts_at, other.ends_at):
            yield Warning(
                f"hours-{other.pk}", _("De tijden vallen samen met die van '%(title)s' op dezelfde dag.") % {"title": other.title}
            )
    if told.hours and told.started_on in (None, told.done_on):
        together = told.hours + sum((other.hours or Decimal(0) for other in day), Decimal(0))
        if together > MOST_HOURS_A_DAY:
            names = {"day": date_format(told.done_on, "j F Y"), "hours": plain(together)}
            yield Warning("day", _("Op %(day)s staan dan %(hours)s uren. Klopt dat?") % names)


def _same_work(other: Evidence) -> Warning:
    """Two jobs at once may be; the same hours written down twice may not."""
    first, last = other.started_on or other.done_on, other.done_on
    names = {
        "title": other.title,
        "first": date_format(first, "j F Y") if first else "",
        "last": date_format(last, "j F Y") if last else "",
        "hours": plain(other.hours or Decimal(0)),
    }
    text = _("Deze periode overlapt met '%(title)s': %(hours)s uur van %(first)s tot en met %(last)s. Klopt dat?")
    return Warning(f"work-{other.pk}", text % names)


def _unlike_the_file(told: Told, evidence: Evidence | None) -> Iterator[Warning]:
    """What was typed beside what was read in the file; the key names the number, so that another number is asked about again."""
    read = evidence.suggestions if evidence else {}
    if told.kind.form == EvidenceKind.Form.ACCREDITED and told.points is not None and read.get("points"):
        if told.points != Decimal(read["points"]):
            names = {"read": plain(Decimal(read["points"])), "typed": plain(told.points)}
            text = _("Volgens het bestand is het aantal punten %(read)s; jij vulde %(typed)s in. Klopt dat?")
            yield Warning(f"read-{told.points.normalize():f}", text % names)
    elif told.kind.form == EvidenceKind.Form.HOURS and told.hours is not None and read.get("hours"):
        if told.hours != Decimal(read["hours"]):
            names = {"read": plain(Decimal(read["hours"])), "typed": plain(told.hours)}
            text = _("In het bestand lazen we %(read)s uur; jij vulde %(typed)s in. Klopt dat?")
            yield Warning(f"read-{told.hours.normalize():f}", text % names)


def _many_points(told: Told) -> Iterator[Warning]:
    points = points_for(told)
    if points is not None and points > settings.EVIDENCE_MANY_POINTS:
        text = _("%(points)s punten is veel voor één bewijs. Klopt dat?")
        yield Warning(f"many-{points.normalize():f}", text % {"points": plain(points)})


def _outside_period(owner: User, told: Told) -> Iterator[Warning]:
    entry = RegisterEntry.objects.filter(user=owner, register=told.kind.register).first()
    if entry and entry.period_start and told.done_on < entry.period_start:
        text = _("Dit was voor je registratieperiode, die op %(day)s begon. Het telt dan niet mee.")
        yield Warning("before", text % {"day": date_format(entry.period_start, "j F Y")})
    if entry and entry.period_end and told.done_on > entry.period_end:
        text = _("Dit was na je registratieperiode, die tot en met %(day)s loopt. Het telt daarin niet mee.")
        yield Warning("after", text % {"day": date_format(entry.period_end, "j F Y")})


def alike(one: str, other: str) -> bool:
    """The same words, whatever their capitals, signs and spaces; or the one whole inside the other."""
    first, second = _words(one), _words(other)
    shorter = min(len(first), len(second))
    return bool(first) and (first == second or (shorter >= 12 and (first in second or second in first)))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def _overlap(start: time | None, end: time | None, other_start: time | None, other_end: time | None) -> bool:
    return bool(start and end and other_start and other_end and start < other_end and other_start < end)
