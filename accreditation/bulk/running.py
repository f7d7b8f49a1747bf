"""A bulk action from choice to undo: what is chosen is fixed first, then looked at, then done row by row, each exactly once.

Every row is done in one transaction with the mark that it was done. A worker that dies leaves rows that are done and rows that are not;
the next goes on with those that are not. A certificate whose row was done and whose PDF was not yet made is sealed first.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.audit import record
from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where
from accreditation import certificates, jobs
from accreditation.bulk.deeds import DEEDS, Refused
from accreditation.certificates import CertificateRefused, with_state
from accreditation.models import BulkAction, BulkRow, Certificate, Job, PointAward
from accreditation.points import AwardRefused
from accreditation.results import results_for

PLANNED_AT_ONCE = 200
PIECE = 10
Refusals = (Refused, CertificateRefused, AwardRefused)


class Stage(StrEnum):
    """How far an action is."""

    PLANNING = "planning"
    CHOSEN = "chosen"
    DOING = "doing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class BulkRefused(Exception):
    """The action cannot begin or be undone; the message tells the administrator what to do."""


def choose(*, kind: str, by: User, rows: Sequence[int] = (), filters: dict[str, str] | None = None) -> tuple[BulkAction, Job]:
    """Fix what the action is about: these certificates or awards, or with `filters` all that the list shows; a job looks at each.

    What is not in an organisation where this person manages certificates is never chosen.
    """
    if kind not in DEEDS:
        raise BulkRefused(gettext("Deze actie kennen we niet."))
    if not rows and filters is None:
        raise BulkRefused(gettext("Kies eerst een of meer rijen."))
    selection: dict[str, Any] = {"rows": sorted(set(rows))} if filters is None else {"filters": filters}
    organisations = list(organisations_where(by, Action.MANAGE_CERTIFICATES)[:2])
    with transaction.atomic():
        action = BulkAction.objects.create(
            kind=kind, asked_by=by, selection=selection, organisation=organisations[0] if len(organisations) == 1 else None
        )
        job = jobs.start(
            kind="bulk-plan",
            about=action.get_kind_display(),
            asked_by=by,
            organisation=action.organisation,
            parameters={"action": action.pk},
            total=None if filters is not None else len(selection["rows"]),
        )
    return action, job


def plan(job: Job) -> bool:
    """Step: look at a page of what was chosen, and say of each what will happen or why it is left out."""
    action = BulkAction.objects.select_related("asked_by").get(pk=job.parameters["action"])
    deed = DEEDS[action.kind]
    chosen = _chosen(action)
    if job.total is None:
        job.total = chosen.count()
    subjects = list(chosen.filter(pk__gt=job.cursor.get("after", 0)).order_by("pk")[:PLANNED_AT_ONCE])
    foreseen = deed.foresee(subjects)
    about = "certificate" if deed.on is Certificate else "award"
    BulkRow.objects.bulk_create(
        BulkRow(
            action=action,
            learner_id=subject.learner_id,
            included=foreseen[subject.pk].included,
            text=foreseen[subject.pk].text,
            **{about: subject},
        )
        for subject in subjects
    )
    job.done += len(subjects)
    if subjects:
        job.cursor = {"after": subjects[-1].pk}
    if len(subjects) == PLANNED_AT_ONCE:
        return True
    action.planned_at = timezone.now()
    action.save(update_fields=["planned_at"])
    job.result = {
        "text": gettext("Het overzicht staat klaar. Er is nog niets veranderd."),
        "href": reverse("accreditation:bulk", args=[action.pk]),
        "link": gettext("Bekijk wat er gebeurt"),
    }
    return False


def confirm(*, action: BulkAction, by: User, reason: str, with_points: bool = True, points: Decimal | None = None, origin: str = "") -> Job:
    """Begin. Only who chose confirms, once. Raises BulkRefused."""
    if not reason.strip():
        raise BulkRefused(gettext("Schrijf op waarom je dit doet."))
    if action.kind == BulkAction.Kind.CORRECT and points is None:
        raise BulkRefused(gettext("Vul in hoeveel punten het worden."))
    with transaction.atomic():
        locked = BulkAction.objects.select_for_update(of=("self",)).get(pk=action.pk)
        if locked.asked_by_id != by.pk:
            raise BulkRefused(gettext("Alleen wie deze keuze maakte, kan haar bevestigen."))
        if locked.planned_at is None or locked.confirmed_at is not None:
            raise BulkRefused(gettext("Deze actie is al bevestigd, of het overzicht is nog niet klaar."))
        count = locked.rows.filter(included=True).count()
        if not count:
            raise BulkRefused(gettext("Er is niemand bij wie dit iets verandert."))
        locked.reason, locked.with_points, locked.points, locked.confirmed_at = reason.strip(), with_points, points, timezone.now()
        locked.save()
        record(
            "bulk-confirmed",
            actor=by,
            on_behalf_of=locked.organisation,
            subject=str(locked),
            origin=origin,
            rows=count,
            reason=reason[:500],
        )
        return jobs.start(
            kind="bulk-do",
            about=locked.get_kind_display(),
            asked_by=by,
            organisation=locked.organisation,
            parameters={"action": locked.pk},
            total=count,
        )


def do(job: Job) -> bool:
    """Step: some rows, each in a transaction of its own with its mark; then the PDFs of what they made."""
    action = BulkAction.objects.select_related("asked_by", "organisation").get(pk=job.parameters["action"])
    _seal_what_waits(action)
    waiting = action.rows.filter(included=True, done_at=None, problem="")
    for row in waiting.order_by("pk")[:PIECE]:
        _do_row(action, row.pk)
    _seal_what_waits(action)
    rows = action.rows.filter(included=True)
    job.done = rows.exclude(done_at=None, problem="").count()
    if waiting.exists():
        return True
    BulkAction.objects.filter(pk=action.pk, finished_at=None).update(finished_at=timezone.now())
    job.result = _outcome(action, done=rows.filter(done_at__isnull=False).count(), failed=rows.exclude(problem="").count())
    return False


def undo(*, action: BulkAction, by: User, reason: str, origin: str = "") -> Job:
    """Take back, by counter-entries, what this action did and nobody changed since. Raises BulkRefused."""
    if not reason.strip():
        raise BulkRefused(gettext("Schrijf op waarom je dit ongedaan maakt."))
    with transaction.atomic():
        locked = BulkAction.objects.select_for_update(of=("self",)).get(pk=action.pk)
        if not may_undo(locked):
            raise BulkRefused(gettext("Deze actie kan niet (meer) ongedaan worden gemaakt."))
        locked.undo_reason, locked.undone_by, locked.undo_asked_at = reason.strip(), by, timezone.now()
        locked.save()
        count = locked.rows.filter(done_at__isnull=False).count()
        record(
            "bulk-undone", actor=by, on_behalf_of=locked.organisation, subject=str(locked), origin=origin, rows=count, reason=reason[:500]
        )
        return jobs.start(
            kind="bulk-undo",
            about=locked.get_kind_display(),
            asked_by=by,
            organisation=locked.organisation,
            parameters={"action": locked.pk},
            total=count,
        )


def stage(action: BulkAction) -> Stage:
    if action.undo_asked_at:
        return Stage.UNDOING if _to_undo(action).exists() else Stage.UNDONE
    if action.finished_at:
        return Stage.DONE
    if action.confirmed_at:
        return Stage.DOING
    return Stage.CHOSEN if action.planned_at else Stage.PLANNING


def may_undo(action: BulkAction) -> bool:
    return action.finished_at is not None and action.undo_asked_at is None and DEEDS[action.kind].undo is not None


def take_back(job: Job) -> bool:
    """Step of undoing: some rows, each in a transaction of its own."""
    action = BulkAction.objects.select_related("asked_by", "undone_by", "organisation").get(pk=job.parameters["action"])
    waiting = _to_undo(action)
    for row in waiting.order_by("pk")[:PIECE]:
        _undo_row(action, row.pk)
    job.done = action.rows.filter(done_at__isnull=False).exclude(undone_at=None, undo_problem="").count()
    if waiting.exists():
        return True
    undone = action.rows.filter(undone_at__isnull=False).count()
    left = action.rows.exclude(undo_problem="").count()
    job.result = {
        "text": ngettext("%(count)s is ongedaan gemaakt.", "%(count)s zijn ongedaan gemaakt.", undone) % {"count": undone},
        "lines": [gettext("%(count)s niet; bij elk staat waarom.") % {"count": left}] if left else [],
        "href": reverse("accreditation:bulk", args=[action.pk]),
        "link": gettext("Bekijk wat er gebeurde"),
    }
    return False


def _to_undo(action: BulkAction) -> QuerySet[BulkRow]:
    return action.rows.filter(done_at__isnull=False, undone_at=None, undo_problem="")


def visible_to(person: User) -> QuerySet[BulkAction]:
    """Those of an organisation where they manage certificates now, and their own over more than one."""
    mine = organisations_where(person, Action.MANAGE_CERTIFICATES)
    if not mine.exists():
        return BulkAction.objects.none()
    return BulkAction.objects.filter(Q(asked_by=person, organisation=None) | Q(organisation__in=mine))


def _chosen(action: BulkAction) -> QuerySet[Any]:
    """What was chosen, within what its chooser may manage now."""
    organisations = organisations_where(action.asked_by, Action.MANAGE_CERTIFICATES)
    found: QuerySet[Any]
    if DEEDS[action.kind].on is Certificate:
        found = with_state().filter(organisation__in=organisations).select_related("enrolment__learner", "enrolment__release")
    else:
        found = PointAward.objects.filter(accreditation__course__organisation__in=organisations).select_related("register")
    if "rows" in action.selection:
        return found.filter(pk__in=action.selection["rows"])
    return found.filter(pk__in=_filtered(action, organisations).order_by().values("pk"))


def _filtered(action: BulkAction, organisations: QuerySet[Organisation]) -> QuerySet[Any]:
    return results_for(DEEDS[action.kind].on, action.selection["filters"], organisations=organisations)


def _do_row(action: BulkAction, pk: int) -> None:
    try:
        with transaction.atomic():
            # The mark and the deed are one: two workers at one row come one after the other, and the second finds it done.
            row = BulkRow.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.done_at is not None:
                return
            DEEDS[action.kind].do(action, row)
            row.done_at = timezone.now()
            row.save()
            _audit(action, row, DEEDS[action.kind].event, actor=action.asked_by, reason=action.reason)
    except Refusals as refusal:
        BulkRow.objects.filter(pk=pk, done_at=None).update(problem=str(refusal))


def _undo_row(action: BulkAction, pk: int) -> None:
    undo_one = DEEDS[action.kind].undo
    try:
        with transaction.atomic():
            row = BulkRow.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.undone_at is not None or undo_one is None:
                return
            undo_one(action, row)
            row.undone_at = timezone.now()
            row.save()
            _audit(action, row, "bulk-row-undone", actor=action.undone_by, reason=action.undo_reason)
    except Refusals as refusal:
        BulkRow.objects.filter(pk=pk, undone_at=None).update(undo_problem=str(refusal))


def _audit(action: BulkAction, row: BulkRow, event: str, *, actor: User | None, reason: str) -> None:
    record(
        event,
        actor=actor,
        dossier_owner=User.objects.get(pk=row.learner_id),
        on_behalf_of=action.organisation,
        subject=str(row.certificate.number if row.certificate else row.award_id),
        reason=reason[:500],
        bulk=action.pk,
    )


def _seal_what_waits(action: BulkAction) -> None:
    """The PDFs that this action still has to make: of the rows just done, or of those that a worker which died had done."""
    waiting = action.rows.filter(made_certificate__sha256="", made_certificate__problem="", done_at__isnull=False)
    for key in list(waiting.order_by("pk").values_list("made_certificate", flat=True)[:PIECE]):
        certificates.make_pdf.func(key)


def _outcome(action: BulkAction, *, done: int, failed: int) -> dict[str, Any]:
    out = action.rows.filter(included=False).count()
    lines = []
    if failed:
        lines.append(
            ngettext("%(count)s lukte niet; er staat bij waarom.", "%(count)s lukten niet; er staat bij waarom.", failed)
            % {"count": failed}
        )
    if out:
        lines.append(ngettext("%(count)s deed niet mee.", "%(count)s deden niet mee.", out) % {"count": out})
    return {
        "text": ngettext("Bij %(count)s is het gedaan.", "Bij %(count)s is het gedaan.", done) % {"count": done},
        "lines": lines,
        "href": reverse("accreditation:bulk", args=[action.pk]),
        "link": gettext("Bekijk wat er gebeurde"),
    }
