"""What can be done to many: for each kind what it would do to a row, doing it, undoing it by a counter-entry, and telling each of these.

`foresee` answers for a page of rows at once; `do` and `undo` work on one row within a transaction and raise Refused with why not. What was
foreseen is told in the words of beforehand; once it is done, `told` says of a row what came of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

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
    """One kind. `on` says what its rows are about; `did`, `undid` and `undoing` tell what came of a row, and how undoing works.

    `learner_reads` says whether the people concerned read the reason of doing it, and of undoing it; otherwise it stays between colleagues.
    """

    on: type[Certificate] | type[PointAward]
    event: str
    foresee: Callable[[Sequence[Any]], dict[int, Foreseen]]
    do: Callable[[BulkAction, BulkRow], None]
    did: Callable[[BulkAction, BulkRow], str]
    undo: Callable[[BulkAction, BulkRow], None] | None = None
    undid: str | Promise = ""
    undoing: str | Promise = ""
    learner_reads: tuple[bool, bool] = (False, False)


def told(action: BulkAction, row: BulkRow) -> str:
    """What came of this row by now, or what will; for one that was left out or failed, why."""
    if row.undone_at:
        return str(DEEDS[action.kind].undid)
    if row.done_at:
        did = DEEDS[action.kind].did(action, row)
        return f"{did} {gettext('Niet ongedaan gemaakt:')} {row.undo_problem}" if row.undo_problem else did
    return row.problem or row.text


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
            why = " ".join(_to_a_colleague(outcome) for outcome in outcomes) or gettext("De cursus is niet afgerond.")
            found[row.pk] = Foreseen(False, why)
    return found


def _to_a_colleague(outcome: points.Outcome) -> str:
    if outcome.why is Why.NO_ENTRY:
        return gettext("Geen nummer in %(register)s. De deelnemer kan het in het profiel invullen.") % {"register": outcome.register}
    return outcome.text


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
            one, more = (
                gettext("Wordt ingetrokken; 1 punt draait terug als je dat kiest."),
                gettext("Wordt ingetrokken; %(points)s punten draaien terug als je dat kiest."),
            )
            text = (one if had == 1 else more) % {"points": _number(had)} if had else gettext("Wordt ingetrokken.")
            found[row.pk] = Foreseen(True, text)
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
    points.reissue(certificate=_certificate(row), reason=action.undo_reason, actor=_undoer(action))


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
    Kind.AWARD: Deed(
        on=Certificate,
        event="points-awarded-later",
        foresee=_foresee_awards,
        do=_award,
        did=lambda action, row: gettext("Punten bijgeschreven; het certificaat is vervangen."),
        undo=_undo_award,
        undid=_("Punten teruggedraaid; er is een nieuw certificaat zonder die punten."),
        undoing=_("Bij elk krijgen de punten een tegenboeking, en komt er een nieuw certificaat zonder die punten."),
        learner_reads=(False, True),
    ),
    Kind.CORRECT: Deed(
        on=PointAward,
        event="points-corrected",
        foresee=_foresee_corrections,
        do=_correct,
        did=lambda action, row: (
            gettext("Punten van %(before)s naar %(after)s; het certificaat is vervangen.")
            % {"before": _number(_points(row)), "after": _number(action.points or Decimal(0))}
        ),
        undo=_undo_correction,
        undid=_("Weer op wat het was; er is een nieuw certificaat waar dat op staat."),
        undoing=_(
            "Bij elk komen de punten met een tegenboeking terug op wat ze waren, en komt er een nieuw certificaat waar dat op staat."
        ),
        learner_reads=(True, True),
    ),
    Kind.REVOKE: Deed(
        on=Certificate,
        event="certificate-revoked",
        foresee=_foresee_revocations,
        do=_revoke,
        did=lambda action, row: gettext("Ingetrokken; de punten zijn teruggedraaid.") if row.made_awards else gettext("Ingetrokken."),
        undo=_undo_revocation,
        undid=_("Er is een nieuw certificaat uitgegeven, met wat er aan punten was."),
        undoing=_("Een intrekking blijft te zien: bij elk komt er een nieuw certificaat dat geldt, en komen de punten terug."),
        learner_reads=(True, False),
    ),
    Kind.REISSUE: Deed(
        on=Certificate,
        event="certificate-reissued",
        foresee=_foresee_reissues,
        do=_reissue,
        did=lambda action, row: gettext("Vervangen door een nieuw certificaat."),
        undo=_undo_reissue,
        undid=_("Er is een nieuw certificaat uitgegeven met wat er vóór deze actie op stond."),
        undoing=_(
            "Wat is uitgegeven, kan niet worden uitgewist: bij elk komt er een nieuw certificaat met wat er vóór deze actie op stond, en dat "
            "geldt dan."
        ),
    ),
    # What a register has got cannot be taken back from here.
    Kind.REPORT: Deed(
        on=PointAward,
        event="bulk-reported",
        foresee=_foresee_reports,
        do=_report,
        did=lambda action, row: gettext("Staat bij de meldingen voor het register."),
    ),
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


def _points(row: BulkRow) -> Decimal:
    return row.award.points if row.award else Decimal(0)


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
