"""Points and certificates for many at once, as work in pieces (`accreditation.jobs`)."""

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accreditation import points
from accreditation.models import Accreditation, Job
from courses.models import Enrolment

PIECE = 20  # enrolments in one transaction


def award_missing(job: Job) -> bool:
    """Step: award those who completed the course within the accreditation before it stood here.

    `parameters`: {"accreditation": key}; `cursor`: {"after": key of the enrolment}; `result` counts "awards".
    """
    accreditation = Accreditation.objects.get(pk=job.parameters["accreditation"])
    covered = Enrolment.objects.filter(course=accreditation.course_id, release__in=accreditation.releases.all())
    if job.total is None:
        job.total = covered.count()
    enrolments = list(
        covered.filter(pk__gt=job.cursor.get("after", 0))
        .select_related("learner", "course", "release", "course__organisation")
        .order_by("pk")[:PIECE]
    )
    awards = points.award_later(enrolments=enrolments)
    count = job.result.get("awards", 0) + len(awards)
    job.result = {
        "awards": count,
        "text": ngettext("%(count)s toekenning bijgeschreven.", "%(count)s toekenningen bijgeschreven.", count) % {"count": count},
        "href": reverse("accreditation:results") + f"?accreditatie={accreditation.pk}",
        "link": gettext("Bekijk de resultaten"),
    }
    job.done += len(enrolments)
    if enrolments:
        job.cursor = {"after": enrolments[-1].pk}
    return len(enrolments) == PIECE
