"""How long kinds of records are kept: counted first, then deleted, in bounded pieces. A hold and a ledger's proof win from every rule.

The time counts from when the record came in: what was brought over from elsewhere was not ours to keep before that.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_tasks import task

from accounts import audit
from accounts.models import User
from lrs import sequence
from lrs.attachments import hashes_in, let_go
from lrs.digests import digest
from lrs.holds import Keeper
from lrs.models import (
    ActivityVersion,
    Attachment,
    ImportedStatement,
    Mention,
    OpenReferral,
    PendingProjection,
    Referral,
    RetentionRule,
    RetentionRun,
    Statement,
    StatementId,
)
from lrs.rows import mentions_of
from lrs.sentences import sentence_of

BATCH = 500
# A count that is older than this says too little about what would be deleted.
COUNT_HOLDS_FOR = timedelta(days=7)


class RetentionRefused(Exception):
    """The rule cannot be made or carried out like this; the message tells what to do."""


# --- Rules --------------------------------------------------------------------------------------------------------------


def rules_in_force() -> QuerySet[RetentionRule]:
    return RetentionRule.objects.filter(ended_at=None)


def add_rule(*, name: str, months: int, by: User, activity_type: str = "", verb: str = "", source: str = "") -> RetentionRule:
    """Make a rule. It deletes nothing until somebody has it carried out. Raises RetentionRefused."""
    if not (activity_type or verb or source):
        raise RetentionRefused(_("Zeg voor welke records de termijn geldt: een soort activiteit, een werkwoord of een herkomst."))
    rule = RetentionRule.objects.create(name=name, months=months, made_by=by, activity_type=activity_type, verb=verb, source=source)
    audit.record("retention_rule_made", actor=by, subject=name, months=months)
    return rule


def end_rule(rule: RetentionRule, *, by: User) -> None:
    """The rule no longer counts. What it deleted stays deleted."""
    RetentionRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_at=timezone.now())
    audit.record("retention_rule_ended", actor=by, subject=rule.name)


# --- Carrying out -------------------------------------------------------------------------------------------------------


def count(rule: RetentionRule, *, by: User) -> RetentionRun:
    """Order a count of what the rule would delete now."""
    return _order(rule, dry=True, by=by)


def carry_out(rule: RetentionRule, *, by: User) -> RetentionRun:
    """Order the deletion. Raises RetentionRefused unless it was counted lately: nobody deletes what they have not seen."""
    lately = rule.runs.filter(dry=True, state=RetentionRun.State.DONE, finished_at__gte=timezone.now() - COUNT_HOLDS_FOR)
    if not lately.exists():
        raise RetentionRefused(_("Tel eerst wat er weg zou gaan. Er is niets gewist."))
    if rule.ended_at:
        raise RetentionRefused(_("Deze bewaartermijn geldt niet meer. Er is niets gewist."))
    run = _order(rule, dry=False, by=by)
    audit.record("retention_ordered", actor=by, subject=rule.name, run=str(run.uuid))
    return run


def _order(rule: RetentionRule, *, dry: bool, by: User | None) -> RetentionRun:
    with transaction.atomic():
        run = RetentionRun.objects.create(rule=rule, dry=dry, asked_by=by, before=limit_of(rule, today=timezone.localdate()))
        transaction.on_commit(lambda: walk.enqueue(run.pk), robust=True)
    return run


def limit_of(rule: RetentionRule, *, today: date) -> datetime:
    """What came in before this moment is past the rule: whole months back, from the start of the day in Amsterdam."""
    months = today.year * 12 + today.month - 1 - rule.months
    year, month = months // 12, months % 12 + 1
    day = today.day
    while True:
        try:
            return timezone.make_aware(datetime.combine(date(year, month, day), time.min))
        except ValueError:  # the 31st of a month with 30 days
            day -= 1


@task(queue_name="lrs")
def walk(run_id: int) -> None:
    """The worker's part."""
    bring(run_id)


def go_on() -> int:
    """Take up every run that is not done; answers how many were finished."""
    return sum(bring(pk) for pk in list(RetentionRun.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True)))


def bring(run_id: int) -> bool:
    """Bring a run to its end, piece by piece. Harmless to repeat and to interrupt."""
    while (outcome := _piece(run_id)) == "more":
        pass
    return outcome == "finished"


def _piece(run_id: int) -> str:
    gone: list[str] = []
    with transaction.atomic():
        run = RetentionRun.objects.select_for_update(of=("self",)).select_related("rule").get(pk=run_id)
        if run.state == RetentionRun.State.DONE:
            return "was done"
        rows = list(_old(run).select_related("credential").order_by("sequence")[:BATCH])
        weighed = _weigh([row for row in rows if _is_of_type(run.rule, row)])
        for why, kept in weighed.kept.items():
            run.kept[why] = run.kept.get(why, 0) + kept
        for statement in weighed.may_go:
            month = f"{timezone.localtime(statement.stored):%Y-%m}"
            run.counts[month] = run.counts.get(month, 0) + 1
            run.example = run.example or sentence_of(statement).text[:500]
        if not run.dry:
            gone = _delete(weighed.may_go)
        run.state, run.touched_at = RetentionRun.State.RUNNING, timezone.now()
        if rows:
            run.cursor = rows[-1].sequence
        if len(rows) < BATCH:
            run.state, run.finished_at = RetentionRun.State.DONE, timezone.now()
            if not run.dry:
                audit.record("retention_carried_out", actor=run.asked_by, subject=run.rule.name, run=str(run.uuid), deleted=run.total)
        run.save()
        finished = run.state == RetentionRun.State.DONE
        transaction.on_commit(lambda: _delete_files(gone), robust=True)
    return "finished" if finished else "more"


def _old(run: RetentionRun) -> QuerySet[Statement]:
    rows = Statement.objects.filter(sequence__gt=run.cursor, sequence__lt=sequence.at(run.before))
    if run.rule.verb:
        rows = rows.with_verb(run.rule.verb)
    if run.rule.source:
        rows = rows.filter(source=run.rule.source)
    return rows


def _is_of_type(rule: RetentionRule, statement: Statement) -> bool:
    if not rule.activity_type:
        return True
    target = statement.document["object"]
    if target.get("objectType", "Activity") != "Activity":
        return False
    own = target.get("definition", {}).get("type")
    if own:
        return bool(own == rule.activity_type)
    # A statement may leave out what earlier ones said of the activity.
    versions = ActivityVersion.objects.filter(activity=target["id"]).values_list("definition", flat=True)
    return any(json.loads(definition).get("type") == rule.activity_type for definition in versions)


# --- What has to stay -----------------------------------------------------------------------------------------------------


@dataclass
class _Weighed:
    may_go: list[Statement] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)


def _weigh(statements: list[Statement]) -> _Weighed:
    """Which of these nobody needs, and how many are kept by what."""
    weighed = _Weighed()
    if not statements:
        return weighed
    keeper = Keeper()
    waiting = set(
        PendingProjection.objects.filter(statement_id__in=[row.sequence for row in statements]).values_list("statement_id", flat=True)
    )
    proof: dict[int, str] = {}
    for path in settings.LRS_RETENTION_KEEPS:
        proof |= import_string(path)(statements)
    for statement in statements:
        why = "hold" if keeper.keeps(statement) else "waiting" if statement.sequence in waiting else proof.get(statement.sequence, "")
        if why:
            weighed.kept[why] = weighed.kept.get(why, 0) + 1
        else:
            weighed.may_go.append(statement)
    return weighed


def why_range_stays(first: int, end: int) -> str:
    """For who detaches a whole part of the table: why these statements (from `first`, before `end`) must stay; empty when none must."""
    rules = [(rule, sequence.at(limit_of(rule, today=timezone.localdate()))) for rule in rules_in_force()]
    after = first - 1
    while True:
        rows = list(Statement.objects.filter(sequence__gt=after, sequence__lt=end).order_by("sequence")[:BATCH])
        if not rows:
            return ""
        for row in rows:
            if not any(row.sequence < limit and _is_under(rule, row) for rule, limit in rules):
                return _("Niet alles hierin is over een bewaartermijn heen.")
        if kept := _weigh(rows).kept:
            return _("Hierin staat iets dat bewaard moet blijven: %(why)s.") % {
                "why": ", ".join(sorted(WORDS.get(why, why) for why in kept))
            }
        after = rows[-1].sequence


def _is_under(rule: RetentionRule, statement: Statement) -> bool:
    if rule.verb and statement.verb_digest != digest(rule.verb):
        return False
    return (not rule.source or statement.source == rule.source) and _is_of_type(rule, statement)


WORDS = {"hold": "bewaarplicht", "waiting": "wacht op verwerking", "progress": "voortgang", "ledger": "punten of certificaat"}


# --- Deleting -------------------------------------------------------------------------------------------------------------


def _delete(statements: Iterable[Statement]) -> list[str]:
    """Delete these statements with what stands beside them; answers the names of the files that nobody uses any more."""
    rows = list(statements)
    numbers = [row.sequence for row in rows]
    keys = {key for row in rows for key in mentions_of(row.document)}
    Mention.objects.filter(statement_id__in=numbers, key__in=keys).delete()
    ImportedStatement.objects.filter(statement_id__in=numbers).delete()
    referring = [row.sequence for row in rows if row.refers_to]
    if referring:  # few do, and nothing finds their referrals but a look through all of them
        Referral.objects.filter(statement_id__in=referring).delete()
        OpenReferral.objects.filter(statement_id__in=referring).delete()
    StatementId.objects.filter(uuid__in=[row.uuid for row in rows]).delete()
    Statement.objects.filter(sequence__in=numbers).delete()
    return [file for sha2 in sorted({sha2 for row in rows for sha2 in hashes_in(row)}) if (file := let_go(sha2))]


def _delete_files(names: list[str]) -> None:
    for name in names:
        if not Attachment.objects.filter(file=name).exists():
            storages["private"].delete(name)
