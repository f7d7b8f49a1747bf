"""What this room says and does when somebody's learning records are erased or grow old. Named in the settings, so that `lrs` need not know."""

import uuid
from collections.abc import Iterator, Sequence

from django.utils.translation import ngettext

from courses.iris import named_by
from courses.models import Answer, Attempt, Attendance, Enrolment, Judgement, Reflection, Submission
from courses.progress import DONE
from lrs.erasure import Standing
from lrs.models import Statement
from lrs.profiles import adl, vakwijs

# From these verbs progress is made; without such a statement it would be gone the next time it is made again.
PROGRESS = DONE | {adl.EXPERIENCED, adl.ATTENDED, adl.REGISTERED, adl.SATISFIED, vakwijs.JUDGED, vakwijs.EVALUATED}


def standing(learner: uuid.UUID) -> Iterator[Standing]:
    """What of this learner's courses the record does not hold, and so stays; and what erasing means for courses they are in."""
    enrolments = Enrolment.objects.filter(learner__pseudonym=learner)
    if following := enrolments.filter(withdrawn_at=None, progress__satisfied_at=None).count():
        text = ngettext(
            "Er loopt nog %(count)s cursus. De voortgang daarin verdwijnt: de cursus begint opnieuw.",
            "Er lopen nog %(count)s cursussen. De voortgang daarin verdwijnt: de cursussen beginnen opnieuw.",
            following,
        )
        yield Standing(text % {"count": following}, duty=True)
    if enrolled := enrolments.count():
        text = ngettext(
            "%(count)s inschrijving blijft: daarin staat welke cursus is gevolgd. De voortgang erin staat weer op nul.",
            "%(count)s inschrijvingen blijven: daarin staat welke cursussen zijn gevolgd. De voortgang erin staat weer op nul.",
            enrolled,
        )
        yield Standing(text % {"count": enrolled})
    work = sum(
        rows.count()
        for rows in (
            Submission.objects.filter(enrolment__in=enrolments),
            Reflection.objects.filter(enrolment__in=enrolments),
            Answer.objects.filter(question__attempt__enrolment__in=enrolments),
        )
    )
    if work:
        text = ngettext(
            "%(count)s ingeleverd werk, antwoord of reflectie staat in de cursus zelf, niet in de leerrecords. Dat blijft.",
            "%(count)s ingeleverde werken, antwoorden en reflecties staan in de cursussen zelf, niet in de leerrecords. Die blijven.",
            work,
        )
        yield Standing(text % {"count": work})


def forget(learner: uuid.UUID) -> dict[str, int]:
    """Cut what leads from this learner's courses to statements. The ids of many statements follow from the uuid of an enrolment or an
    attempt: with that uuid anybody could make the id again, and find whose statement it was.
    """
    enrolments = Enrolment.objects.filter(learner__pseudonym=learner)
    count = 0
    for enrolment in enrolments.order_by("pk"):
        count += Enrolment.objects.filter(pk=enrolment.pk).update(uuid=uuid.uuid4())
    for attempt in Attempt.objects.filter(enrolment__in=enrolments).order_by("pk"):
        count += Attempt.objects.filter(pk=attempt.pk).update(uuid=uuid.uuid4())
    count += Attendance.objects.filter(enrolment__in=enrolments, statement__isnull=False).update(statement=None)
    for judgement in Judgement.objects.filter(submission__enrolment__in=enrolments).order_by("pk"):
        count += Judgement.objects.filter(pk=judgement.pk).update(statement=uuid.uuid4())
    return {"links": count} if count else {}


def keeps(statements: Sequence[Statement]) -> dict[int, str]:
    """The statements from which somebody's progress is made: those stay, however old, while the enrolment is there."""
    registrations = {statement.registration for statement in statements if statement.registration}
    known = set(Enrolment.objects.filter(uuid__in=registrations).values_list("uuid", "learner__pseudonym"))
    kept = {}
    for statement in statements:
        if (statement.registration, statement.learner) not in known or statement.verb not in PROGRESS:
            continue
        named = named_by(statement.activity)
        if named is not None and not named.inner:
            kept[statement.sequence] = "progress"
    return kept
