"""Reflections: someone's own words. Only that it was done is recorded, never what was written."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Enrolment, Reflection, ReleaseActivity
from courses.recording import record
from lrs.profiles import adl


class ReflectionRefused(Exception):
    """The message tells the learner what to do."""


def save_reflection(
    *, enrolment: Enrolment, activity: ReleaseActivity, text: str, done: bool = False, at: datetime | None = None
) -> Reflection:
    """Keep the text, under the promise that the activity makes now about who reads it; `done` says that it is finished.

    Raises ReflectionRefused when there is nothing written to be done with.
    """
    if done and not text.strip():
        raise ReflectionRefused(_("Schrijf eerst iets op, al is het één zin. Daarna kun je de reflectie afronden."))
    at = at or timezone.now()
    with transaction.atomic():
        row = _own(enrolment, activity)
        row.text, row.asked = text, activity
        row.shared = bool(activity.settings.get("shared_with_teacher", False))
        if done and row.done_at is None:
            row.done_at = at
            done_id = uuid.uuid5(enrolment.uuid, f"reflected {activity.uuid}")
            record(enrolment=enrolment, verb=adl.ANSWERED, subject=activity, result={"completion": True}, statement_id=done_id, at=at)
        row.save()
    return row


def _own(enrolment: Enrolment, activity: ReleaseActivity) -> Reflection:
    rows = Reflection.objects.select_for_update().filter(enrolment=enrolment, activity=activity.uuid)
    row = rows.first()
    if row is not None:
        return row
    try:
        with transaction.atomic():
            return Reflection.objects.create(enrolment=enrolment, activity=activity.uuid, asked=activity)
    except IntegrityError:
        return rows.get()
