"""From a completed course to evidence for competencies."""

import uuid

from competencies.models import Competency, Evidence
from courses.models import Enrolment, ReleaseLesson
from lrs.models import Source, Statement
from lrs.profiles.adl import SATISFIED


def project(statement: Statement) -> None:
    """A satisfied course is evidence for each competency that its lessons' objectives name.

    Only our own server says that a course is satisfied; the same words from a browser or a tool are no evidence.
    """
    if statement.verb != SATISFIED or statement.source != Source.SERVER or statement.registration is None:
        return
    enrolment = Enrolment.objects.filter(uuid=statement.registration).first()
    if enrolment is None:
        return
    lessons = list(ReleaseLesson.objects.filter(release=enrolment.release_id))
    named = {code for lesson in lessons for objective in lesson.objectives for code in objective["competencies"]}
    competencies = {competency.code: competency for competency in Competency.objects.filter(code__in=named)}
    Evidence.objects.bulk_create(
        [
            Evidence(
                learner_id=enrolment.learner_id,
                competency=competencies[code],
                enrolment=enrolment,
                lesson=lesson,
                objective=objective["text"],
                shown_at=statement.timestamp,
            )
            for lesson in lessons
            for objective in lesson.objectives
            for code in dict.fromkeys(objective["competencies"])
            if code in competencies
        ],
        ignore_conflicts=True,
    )


def clear(learner: uuid.UUID) -> None:
    """Delete this learner's evidence, so that it can be made again from the statements."""
    Evidence.objects.filter(learner__pseudonym=learner).delete()
