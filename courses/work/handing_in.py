"""Handing in work: a draft that is kept while one writes, and versions that stay as they were handed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Enrolment, Judgement, ReleaseActivity, Submission
from courses.recording import record
from courses.work.files import check_file
from lrs.profiles import adl


class HandInRefused(Exception):
    """The message tells the learner why, and what to do."""


@dataclass(frozen=True)
class Version:
    """One handed-in version with the judgement that holds, if there is one."""

    submission: Submission
    judgement: Judgement | None


@dataclass(frozen=True)
class Standing:
    """Where someone is with an assignment."""

    versions: list[Version]
    draft: Submission | None

    @property
    def last(self) -> Version | None:
        return self.versions[-1] if self.versions else None

    @property
    def waits_for_teacher(self) -> bool:
        return self.last is not None and self.last.judgement is None

    @property
    def sufficient(self) -> bool:
        return self.last is not None and self.last.judgement is not None and self.last.judgement.sufficient

    @property
    def insufficient(self) -> bool:
        return self.last is not None and self.last.judgement is not None and not self.last.judgement.sufficient

    @property
    def may_write(self) -> bool:
        return not self.waits_for_teacher and not self.sufficient


def standing(*, enrolment: Enrolment, activity: ReleaseActivity) -> Standing:
    """All versions of someone's work for this assignment, oldest first."""
    rows = Submission.objects.filter(enrolment=enrolment, activity=activity.uuid).order_by("number")
    return standing_of(with_judgements(rows))


def with_judgements(rows: QuerySet[Submission]) -> list[Submission]:
    """The same submissions, each with the judgement that holds at hand."""
    holding = Judgement.objects.filter(replaced_by=None).select_related("judge")
    return list(rows.prefetch_related(Prefetch("judgements", queryset=holding, to_attr="holding")))


def standing_of(submissions: Iterable[Submission]) -> Standing:
    """The standing from submissions of one assignment that came from `with_judgements`."""
    versions, draft = [], None
    for submission in submissions:
        if submission.handed_in_at is None:
            draft = submission
        else:
            holding: list[Judgement] = submission.holding  # type: ignore[attr-defined]
            versions.append(Version(submission=submission, judgement=holding[0] if holding else None))
    return Standing(versions=versions, draft=draft)


def save_draft(*, enrolment: Enrolment, activity: ReleaseActivity, text: str) -> Submission:
    """Keep what was typed. Raises HandInRefused while the teacher has an earlier version, or once one was sufficient."""
    with transaction.atomic():
        draft = _open_draft(enrolment, activity)
        if takes_text(activity) and draft.text != text:
            draft.text = text
            draft.save(update_fields=["text", "saved_at"])
    return draft


def attach_file(*, enrolment: Enrolment, activity: ReleaseActivity, file: File) -> Submission:
    """Put a file with the draft, in place of an earlier one. Raises FileRefused; then nothing of it is left."""
    if not takes_file(activity):
        raise HandInRefused(_("Bij deze opdracht lever je tekst in, geen bestand."))
    checked = check_file(file)
    stored = ""
    try:
        with transaction.atomic():
            draft = _open_draft(enrolment, activity)
            storage, earlier = draft.file.storage, draft.file.name
            draft.file.save(checked.name, checked.content, save=False)
            stored = draft.file.name or ""
            draft.file_name, draft.content_type = checked.name, checked.content_type
            draft.save()
            if earlier:
                transaction.on_commit(lambda: storage.delete(earlier))
    except BaseException:
        if stored:
            storage.delete(stored)
        raise
    return draft


def remove_file(*, enrolment: Enrolment, activity: ReleaseActivity) -> None:
    """Take the file away from the draft."""
    with transaction.atomic():
        draft = Submission.objects.select_for_update().filter(enrolment=enrolment, activity=activity.uuid, handed_in_at=None).first()
        if draft is not None and draft.file:
            storage, name = draft.file.storage, draft.file.name or ""
            draft.file, draft.file_name, draft.content_type = "", "", ""
            draft.save()
            transaction.on_commit(lambda: storage.delete(name))


def hand_in(*, enrolment: Enrolment, activity: ReleaseActivity, at: datetime | None = None) -> Submission:
    """Hand the draft in; from now on this version stays as it is.

    Raises HandInRefused when there is nothing to hand in, or an earlier version is with the teacher.
    """
    at = at or timezone.now()
    with transaction.atomic():
        draft = _open_draft(enrolment, activity)
        if not draft.text.strip() and not draft.file:
            asks = (
                _("Kies een bestand")
                if not takes_text(activity)
                else _("Schrijf je tekst")
                if not takes_file(activity)
                else _("Schrijf een tekst of kies een bestand")
            )
            raise HandInRefused(_("Er is nog niets om in te leveren. %(asks)s en lever dan in.") % {"asks": asks})
        draft.handed_in_at = at
        draft.asked = activity
        draft.save()
        record(enrolment=enrolment, verb=adl.ANSWERED, subject=activity, result={"completion": True}, at=at)
    return draft


def takes_text(activity: ReleaseActivity) -> bool:
    return activity.settings.get("accept", "text_and_file") in {"text", "text_and_file"}


def takes_file(activity: ReleaseActivity) -> bool:
    return activity.settings.get("accept", "text_and_file") in {"file", "text_and_file"}


def _open_draft(enrolment: Enrolment, activity: ReleaseActivity) -> Submission:
    """The draft, for this transaction alone; a new one when there is none and one may be begun."""
    drafts = Submission.objects.select_for_update().filter(enrolment=enrolment, activity=activity.uuid, handed_in_at=None)
    draft = drafts.first()
    if draft is not None:
        return draft
    present = standing(enrolment=enrolment, activity=activity)
    if present.waits_for_teacher:
        raise HandInRefused(_("Je werk ligt bij je docent. Je kunt het aanpassen als je docent om een nieuwe versie vraagt."))
    if present.sufficient:
        raise HandInRefused(_("Je werk is voldoende beoordeeld. Je hoeft niets meer in te leveren."))
    try:
        with transaction.atomic():
            return Submission.objects.create(enrolment=enrolment, activity=activity.uuid, asked=activity, number=len(present.versions) + 1)
    except IntegrityError:
        # Two tabs began at once: the constraint "one_draft_per_assignment" held, and that draft counts.
        return drafts.get()
