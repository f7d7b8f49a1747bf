"""What can be done to many: for each kind what it would do to a row, doing it, and undoing it by a counter-entry.

`foresee` answers for a page of rows at once; `do` and `undo` work on one row within a transaction and raise Refused with why not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accreditation import certificates, points
from accreditation.models import BulkAction, BulkRow, Certificate, PointAward
from accreditation.points import Why
from accreditation.reporting import outbox, waking

Kind = BulkAction.Kind


class Refused(Exception):
    """This one cannot be done, or undone; the message tells why."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen to one row, or why it is left out."""

    included: bool
    text: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind. `on` says what its rows are about."""

    on: type[Certificate] | type[PointAward]
    event: str
    foresee: Callable[[Sequence[Any]], dict[int, Foreseen]]
    do: Callable[[BulkAction, BulkRow], None]
    undo: Callable[[BulkAction, BulkRow], None] | None


def _foresee_awards(rows: Sequence[Certificate]) -> dict[int, Foreseen]:
    enrolments = {row.enrolment_id: row.enrolment for row in rows}
    explained = points.explain_all(enrolments=list(enrolments.values()))
    found = {}
    for row in rows:
        outcomes = explained.get(row.enrolment_id, [])
        claimable = [outcome for outcome in outcomes if outcome.why is Why.CAN_CLAIM and outcome.accreditation]
        if claimable:
            worth = [
                f"{_number(sum((line.points for line in outcome.accreditation.points.all()), Decimal(0)))} {outcome.register}"
                for outcome in claimable
                if outcome.accreditation
            ]
            found[row.pk] = Foreseen(
                True, gettext("Krijgt erbij: %(worth)s. Het certificaat wordt vervangen.") % {"worth": ", ".join(worth)}
            )
        else:
            why = " ".join(outcome.text for outcome in outcomes) or gettext("De cursus is niet afgerond.")
            found[row.pk] = Foreseen(False, why)
    return found


def _award(action: BulkAction, row: BulkRow) -> None:
    certificate = _certificate(row)
    new = points.award_later(enrolments=[certificate.enrolment], reason=action.reason, actor=action.asked_by)
    if not new:
        raise Refused(gettext("Er viel intussen niets meer bij te schrijven."))
    row.made_awards = [award.pk for award in new]
    row.made_certificate = Certificate.objects.filter(enrolment=certificate.enrolment_id, replaced_by=None).first()


def _undo_award(action: BulkAction, row: BulkRow) -> None:
    _refuse_others(row)
    for award in PointAward.objects.filter(pk__in=row.made_awards):
        points.undo(award=award, reason=action.undo_reason, actor=_undoer(action))
    certificates.replace_current(enrolment=_certificate(row).enrolment, reason=action.undo_reason, actor=_undoer(action))


def _foresee_revocations(rows: Sequence[Certificate]) -> dict[int, Foreseen]:
    worth: dict[int, Decimal] = {}
    for award in PointAward.objects.filter(enrolment__in=[row.enrolment_id for row in rows]):
        worth[award.enrolment_id] = worth.get(award.enrolment_id, Decimal(0)) + award.points
    found = {}
    for row in rows:
        state = certificates.state(row)
        if state == Certificate.State.VALID:
            had = worth.get(row.enrolment_id, Decimal(0))
            text = gettext("Wordt ingetrokken; %(points)s punten draaien terug als je dat kiest.") if had else gettext("Wordt ingetrokken.")
            found[row.pk] = Foreseen(True, text % {"points": _number(had)} if had else text)
        else:
            found[row.pk] = Foreseen(False, gettext("Is al %(state)s.") % {"state": state.label})
    return found


def _revoke(action: BulkAction, row: BulkRow) -> None:
    certificate = _certificate(row)
    certificates.revoke(certificate=certificate, reason=action.reason, actor=action.asked_by)
    if action.with_points:
        undone = points.undo_all(enrolment=certificate.enrolment, reason=action.reason, actor=action.asked_by)
        row.made_awards = [award.pk for award in undone]


def _undo_revocation(action: BulkAction, row: BulkRow) -> None:
    """A revocation stays to be seen; the counter-entry is a new certificate, and the same points again."""
    if Certificate.objects.filter(replaces=row.certificate_id).exists():
        raise Refused(gettext("Voor dit certificaat is intussen een ander uitgegeven."))
    for reversal in PointAward.objects.filter(pk__in=row.made_awards).select_related("reverses"):
        if reversal.reverses is not None:
            points.restore(award=reversal.reverses, reason=action.undo_reason, actor=_undoer(action))
    certificates.replace(certificate=_certificate(row), reason=action.undo_reason, actor=_undoer(action))


def _foresee_reissues(rows: Sequence[Certificate]) -> dict[int, Foreseen]:
    found = {}
    for row in rows:
        state = certificates.state(row)
        if state == Certificate.State.VALID:
            found[row.pk] = Foreseen(True, gettext("Er komt een nieuw certificaat, van wat nu waar is."))
        elif state == Certificate.State.REVOKED:
            found[row.pk] = Foreseen(False, gettext("Is ingetrokken. Geef het afzonderlijk opnieuw uit als dat een vergissing was."))
        else:
            found[row.pk] = Foreseen(False, gettext("Is al %(state)s.") % {"state": state.label})
    return found


def _reissue(action: BulkAction, row: BulkRow) -> None:
    certificate = _certificate(row)
    if certificates.state(certificate) == Certificate.State.REVOKED:
        raise Refused(gettext("Dit certificaat is al ingetrokken."))
    # The worker that does the row seals the PDF right after, so that how far the work is tells how many are there.
    row.made_certificate = certificates.replace(certificate=certificate, reason=action.reason, actor=action.asked_by, order_pdf=False)


def _undo_reissue(action: BulkAction, row: BulkRow) -> None:
    """What was issued stays to be seen; the counter-entry is a further certificate that says again what the old one said."""
    _refuse_others(row)
    if row.made_certificate is not None:
        certificates.replace(
            certificate=row.made_certificate, reason=action.undo_reason, actor=_undoer(action), saying=_certificate(row).snapshot
        )


def _foresee_corrections(rows: Sequence[PointAward]) -> dict[int, Foreseen]:
    reversed_ = set(PointAward.objects.filter(reverses__in=[row.pk for row in rows]).values_list("reverses", flat=True))
    found = {}
    for row in rows:
        if row.reverses_id is not None:
            found[row.pk] = Foreseen(False, gettext("Is zelf een tegenboeking."))
        elif row.pk in reversed_:
            found[row.pk] = Foreseen(False, gettext("Is al teruggedraaid."))
        else:
            names = {"points": _number(row.points), "register": row.register}
            found[row.pk] = Foreseen(True, gettext("Staat nu op %(points)s in %(register)s.") % names)
    return found


def _correct(action: BulkAction, row: BulkRow) -> None:
    award = _award_of(row)
    if action.points is None:
        raise Refused(gettext("Vul in hoeveel punten het worden."))
    if award.points == action.points:
        raise Refused(gettext("Stond al op dit aantal punten."))
    made = points.correct(award=award, points=action.points, reason=action.reason, actor=action.asked_by)
    row.made_awards = [made.pk]
    certificates.replace_current(enrolment=award.enrolment, reason=action.reason, actor=action.asked_by)


def _undo_correction(action: BulkAction, row: BulkRow) -> None:
    for award in PointAward.objects.filter(pk__in=row.made_awards):
        points.correct(award=award, points=_award_of(row).points, reason=action.undo_reason, actor=_undoer(action))
        certificates.replace_current(enrolment=award.enrolment, reason=action.undo_reason, actor=_undoer(action))


def _foresee_reports(rows: Sequence[PointAward]) -> dict[int, Foreseen]:
    return {
        key: Foreseen(True, gettext("Gaat naar de meldingen voor het register.")) if foreseen.included else foreseen
        for key, foreseen in _foresee_corrections(rows).items()
    }


def _report(action: BulkAction, row: BulkRow) -> None:
    queued = outbox.queue(awards=[_award_of(row)], actor=action.asked_by)
    if queued.new:
        connection = queued.new[0].connection
        transaction.on_commit(lambda: waking.wake_one(connection), robust=True)
        return
    if queued.known:
        raise Refused(gettext("Staat al bij de meldingen."))
    if queued.without_connection:
        raise Refused(gettext("Aan dit register meldt je organisatie nog niet. Leg eerst een aansluiting vast."))
    raise Refused(gettext("Er valt niets te melden."))


DEEDS: dict[str, Deed] = {
    Kind.AWARD: Deed(Certificate, "points-awarded-later", _foresee_awards, _award, _undo_award),
    Kind.CORRECT: Deed(PointAward, "points-corrected", _foresee_corrections, _correct, _undo_correction),
    Kind.REVOKE: Deed(Certificate, "certificate-revoked", _foresee_revocations, _revoke, _undo_revocation),
    Kind.REISSUE: Deed(Certificate, "certificate-reissued", _foresee_reissues, _reissue, _undo_reissue),
    # What a register has got cannot be taken back from here.
    Kind.REPORT: Deed(PointAward, "bulk-reported", _foresee_reports, _report, None),
}


def _certificate(row: BulkRow) -> Certificate:
    if row.certificate_id is None:
        raise TypeError(f"row {row.pk} is not about a certificate")
    return Certificate.objects.select_related("learner", "enrolment__learner", "enrolment__release", "enrolment__course__organisation").get(
        pk=row.certificate_id
    )


def _award_of(row: BulkRow) -> PointAward:
    if row.award_id is None:
        raise TypeError(f"row {row.pk} is not about an award")
    return PointAward.objects.select_related("enrolment__learner", "enrolment__release", "enrolment__course__organisation").get(
        pk=row.award_id
    )


def _undoer(action: BulkAction) -> Any:
    return action.undone_by or action.asked_by


def _refuse_others(row: BulkRow) -> None:
    """What came after this action was somebody's decision, and is not undone with it."""
    if row.made_certificate_id is not None and Certificate.objects.filter(replaces=row.made_certificate_id).exists():
        raise Refused(gettext("Dit certificaat is intussen opnieuw uitgegeven."))
    if row.made_certificate is not None and certificates.state(row.made_certificate) == Certificate.State.REVOKED:
        raise Refused(gettext("Dit certificaat is intussen ingetrokken."))


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
