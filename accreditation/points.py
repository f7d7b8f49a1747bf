"""Points for whoever completes an accredited course: the projection, the reasons why not, and later claims.

Only a `satisfied` statement that our own server wrote earns anything; a browser, a tool or another system can say what it likes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.models import Register, RegisterEntry, User
from accreditation import certificates
from accreditation.editions import first_attended
from accreditation.evaluation import amsterdam_date
from accreditation.models import Accreditation, Certificate, CertificateEvent, PointAward
from courses.course_page import amount_of
from courses.iris import course_iri
from courses.models import Enrolment
from lrs.models import Source, Statement
from lrs.profiles.adl import SATISFIED


class AwardRefused(Exception):
    """The points ledger cannot take this row; the message tells the person what to do."""


class Why(StrEnum):
    """What a completed course brought in one register, or why nothing."""

    AWARDED = "awarded"
    UNDONE = "undone"
    EARNED_BEFORE = "earned_before"
    CAN_CLAIM = "can_claim"
    NOT_ACCREDITED = "not_accredited"
    UNDECIDED = "undecided"
    NOT_ON_THAT_DATE = "not_on_that_date"
    BEFORE_THE_GRANT = "before_the_grant"
    RELEASE_NOT_COVERED = "release_not_covered"
    NO_ENTRY = "no_entry"
    NO_POINTS = "no_points"
    WITHDRAWN = "withdrawn"


_TELLING = [
    Why.AWARDED,
    Why.UNDONE,
    Why.WITHDRAWN,
    Why.EARNED_BEFORE,
    Why.CAN_CLAIM,
    Why.NO_ENTRY,
    Why.NO_POINTS,
    Why.RELEASE_NOT_COVERED,
    Why.BEFORE_THE_GRANT,
    Why.NOT_ON_THAT_DATE,
    Why.UNDECIDED,
    Why.NOT_ACCREDITED,
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome for one accreditation of the course; `text` says it in Dutch, with the next step."""

    why: Why
    text: str
    accreditation: Accreditation | None = None
    register: Register | None = None


def project(statement: Statement) -> None:
    """Award points and order the certificate when our server says that a learner satisfied a course. Repeats change nothing."""
    if statement.verb != SATISFIED or statement.source != Source.SERVER or statement.voided or statement.registration is None:
        return
    enrolment = (
        Enrolment.objects.select_related("learner", "course", "release", "course__organisation").filter(uuid=statement.registration).first()
    )
    if enrolment is None or not _is_about(statement, enrolment):
        return
    award_completed(enrolment=enrolment, completed_at=statement.timestamp)
    certificates.order(enrolment=enrolment, completed_at=statement.timestamp)


@transaction.atomic
def award_completed(*, enrolment: Enrolment, completed_at: datetime) -> list[PointAward]:
    """Award what this completion is worth in each register the learner stands in; answers only rows that are new.

    A completion whose certificate was revoked is worth nothing more, whatever number or accreditation is added afterwards.
    """
    if certificates.withdrawn([enrolment], lock=True):
        return []
    day = amsterdam_date(completed_at)
    entries = {entry.register_id: entry for entry in RegisterEntry.objects.filter(user=enrolment.learner_id)}
    first = first_attended([enrolment]).get(enrolment.pk, day)
    new = []
    for accreditation in _accreditations(enrolment):
        entry = entries.get(accreditation.register_id)
        if entry is not None and accreditation.valid_on(day) and accreditation.granted_by(first) and _covers(accreditation, enrolment):
            new += _award(accreditation, entry=entry, enrolment=enrolment, completed_at=completed_at)
    return new


def completed_at(enrolment: Enrolment) -> datetime | None:
    """When our server found the course completed; the earliest, should there be more than one such statement."""
    return completions([enrolment]).get(enrolment.pk)


def completions(enrolments: Sequence[Enrolment]) -> dict[int, datetime]:
    """When each of these enrolments was completed, by its key; who did not complete is left out."""
    by_registration = {enrolment.uuid: enrolment for enrolment in enrolments}
    found: dict[int, datetime] = {}
    statements = Statement.objects.with_verb(SATISFIED).filter(registration__in=by_registration, source=Source.SERVER, voided=False)
    for statement in statements.order_by("sequence"):
        enrolment = by_registration[statement.registration]  # type: ignore[index]
        if enrolment.pk not in found and _is_about(statement, enrolment):
            found[enrolment.pk] = statement.timestamp
    return found


def claim(*, learner: User, register: Register) -> list[PointAward]:
    """Award what the learner completed within an accreditation of this register before adding the number they hold there.

    The certificates of those courses are replaced by ones that name the register. Raises AwardRefused without a number.
    """
    if not RegisterEntry.objects.filter(user=learner, register=register).exists():
        raise AwardRefused(gettext("Zet eerst je nummer in dit register in je profiel. Daarna kun je de punten bijschrijven."))
    awards = []
    enrolments = list(_completed(learner, registers=[register.pk]))
    moments = completions(enrolments)
    with transaction.atomic():
        for enrolment in enrolments:
            moment = moments.get(enrolment.pk)
            if moment is None:
                continue
            new = [award for award in award_completed(enrolment=enrolment, completed_at=moment) if award.register_id == register.pk]
            awards += new
            if new:
                certificates.replace_current(
                    enrolment=enrolment,
                    reason=gettext("Punten bijgeschreven in %(register)s.") % {"register": register.name},
                    actor=learner,
                )
    return awards


def claimable(*, learner: User) -> dict[Register, Decimal]:
    """The points per register that `claim` would add now."""
    entries = {entry.register_id: entry.register for entry in RegisterEntry.objects.filter(user=learner).select_related("register")}
    found: dict[Register, Decimal] = {}
    counted: set[int] = set()
    for enrolment_outcomes in explain_all(enrolments=list(_completed(learner, registers=entries))).values():
        for outcome in enrolment_outcomes:
            accreditation = outcome.accreditation
            if outcome.why is Why.CAN_CLAIM and accreditation and accreditation.pk not in counted:
                counted.add(accreditation.pk)
                register = entries[accreditation.register_id]
                found[register] = found.get(register, Decimal(0)) + sum((line.points for line in accreditation.points.all()), Decimal(0))
    return found


def explain(*, enrolment: Enrolment) -> list[Outcome]:
    """Per register why this completion brought points, or why not and what the learner can do about it; nothing before completion."""
    return explain_all(enrolments=[enrolment]).get(enrolment.pk, [])


def explain_all(*, enrolments: Sequence[Enrolment]) -> dict[int, list[Outcome]]:
    """`explain` for many enrolments, in a handful of queries."""
    completed = completions(enrolments)
    by_course: dict[int, list[Accreditation]] = {}
    accreditations = Accreditation.objects.filter(course__in={e.course_id for e in enrolments}).exclude(
        status=Accreditation.Status.REJECTED
    )
    for accreditation in (
        accreditations.select_related("register").prefetch_related("points", "releases").order_by("register__name", "valid_from")
    ):
        by_course.setdefault(accreditation.course_id, []).append(accreditation)
    learners = {enrolment.learner_id for enrolment in enrolments}
    entries = set(RegisterEntry.objects.filter(user__in=learners).values_list("user_id", "register_id"))
    awards: dict[tuple[int, int], list[PointAward]] = {}
    for award in PointAward.objects.filter(learner__in=learners, accreditation__course__in=by_course):
        awards.setdefault((award.learner_id, award.accreditation_id), []).append(award)

    withdrawn = certificates.withdrawn(enrolments)
    attended = first_attended(enrolments)
    explained = {}
    for enrolment in enrolments:
        moment = completed.get(enrolment.pk)
        if moment is None:
            continue
        best: dict[int, Outcome] = {}
        for accreditation in by_course.get(enrolment.course_id, []):
            outcome = _outcome(
                accreditation,
                awards=awards.get((enrolment.learner_id, accreditation.pk), []),
                enrolment=enrolment,
                day=amsterdam_date(moment),
                first=attended.get(enrolment.pk, amsterdam_date(moment)),
                has_entry=(enrolment.learner_id, accreditation.register_id) in entries,
                withdrawn=enrolment.pk in withdrawn,
            )
            if outcome.why in (Why.UNDECIDED, Why.NOT_ACCREDITED) and (enrolment.learner_id, accreditation.register_id) not in entries:
                continue  # what a register did not accredit is of no concern to who does not stand in it
            known = best.get(accreditation.register_id)
            # Of several accreditations in one register the most telling one speaks; among equals the newest.
            if known is None or _TELLING.index(outcome.why) <= _TELLING.index(known.why):
                best[accreditation.register_id] = outcome
        explained[enrolment.pk] = list(best.values()) or [
            Outcome(
                Why.NOT_ACCREDITED,
                gettext("Deze cursus is bij geen enkel register geaccrediteerd. Je certificaat bewijst wel dat je hem hebt afgerond."),
            )
        ]
    return explained


def undo(*, award: PointAward, reason: str, actor: User) -> PointAward:
    """Undo an award with a counter-row. Raises AwardRefused when there is nothing left to undo."""
    if not reason.strip():
        raise AwardRefused(gettext("Schrijf op waarom je deze punten terugdraait. De deelnemer kan dat lezen."))
    with transaction.atomic():
        certificates.hold(award.enrolment_id)
        locked = PointAward.objects.select_for_update().get(pk=award.pk)
        if locked.reverses_id is not None or PointAward.objects.filter(reverses=locked).exists():
            raise AwardRefused(gettext("Deze punten zijn al teruggedraaid."))
        return PointAward.objects.create(**_same(locked), points=-locked.points, reverses=locked, reason=reason, recorded_by=actor)


def undo_all(*, enrolment: Enrolment, reason: str, actor: User) -> list[PointAward]:
    """Undo whatever this enrolment still brings, in every register."""
    standing = PointAward.objects.filter(enrolment=enrolment, reverses=None, reversed_by=None)
    with transaction.atomic():
        return [undo(award=award, reason=reason, actor=actor) for award in standing]


def correct(*, award: PointAward, points: Decimal, reason: str, actor: User) -> PointAward:
    """Undo an award and record another number of points in its place."""
    with transaction.atomic():
        undo(award=award, reason=reason, actor=actor)
        return PointAward.objects.create(**_same(award), points=points, corrects=award, reason=reason, recorded_by=actor)


def restore(*, award: PointAward, reason: str, actor: User) -> PointAward:
    """Record again what was undone by mistake, as a further row. Raises AwardRefused when something took its place already."""
    with transaction.atomic():
        locked = PointAward.objects.select_for_update().get(pk=award.pk)
        if not PointAward.objects.filter(reverses=locked).exists():
            raise AwardRefused(gettext("Deze punten staan er nog."))
        if PointAward.objects.filter(corrects=locked).exists():
            raise AwardRefused(gettext("Er staan al andere punten in de plaats van deze."))
        return PointAward.objects.create(**_same(locked), points=locked.points, corrects=locked, reason=reason, recorded_by=actor)


@transaction.atomic
def reissue(*, certificate: Certificate, reason: str, actor: User) -> Certificate:
    """Issue a certificate again, from what is true now. Of one that was revoked the points that were taken back with it count once more.

    Raises CertificateRefused when it was replaced already.
    """
    # Held first, so that of two who issue it again at once the second finds the points back, and the certificate replaced.
    held = Certificate.objects.select_for_update().get(pk=certificate.pk)
    revocation = held.events.filter(kind=CertificateEvent.Kind.REVOKED).first()
    if revocation is not None:
        taken = PointAward.objects.filter(
            enrolment=held.enrolment_id,
            corrected_by=None,
            reversed_by__reason=revocation.reason,
            reversed_by__recorded_at__gte=revocation.at,
        )
        # The holder reads the reason of a row; why the certificate is issued again stays between colleagues.
        told = gettext("Het certificaat is opnieuw uitgegeven.")
        for award in taken:
            restore(award=award, reason=told, actor=actor)
    return certificates.replace(certificate=held, reason=reason, actor=actor)


def award_later(*, enrolments: Sequence[Enrolment], reason: str = "", actor: User | None = None) -> list[PointAward]:
    """Award what these enrolments completed within an accreditation before it was recorded here; their certificates are replaced."""
    moments = completions(enrolments)
    awards = []
    for enrolment in enrolments:
        moment = moments.get(enrolment.pk)
        if moment is None:
            continue
        with transaction.atomic():
            new = award_completed(enrolment=enrolment, completed_at=moment)
            if new:
                certificates.replace_current(
                    enrolment=enrolment,
                    reason=reason or gettext("Punten bijgeschreven na toekenning van de accreditatie."),
                    actor=actor,
                )
        awards += new
    return awards


def award_one(*, accreditation: Accreditation, category: int, enrolment: Enrolment, completed_at: datetime) -> PointAward | None:
    """Award one category of one accreditation for a completion that it covers; None when that was awarded before.

    For whoever settled beforehand what is due (a draft that takes effect). A revoked certificate, or no number in the register: nothing.
    """
    entry = RegisterEntry.objects.filter(user=enrolment.learner_id, register=accreditation.register_id).first()
    if entry is None or certificates.withdrawn([enrolment], lock=True):
        return None
    new = _award(accreditation, entry=entry, enrolment=enrolment, completed_at=completed_at, only=category)
    return new[0] if new else None


def _award(
    accreditation: Accreditation, *, entry: RegisterEntry, enrolment: Enrolment, completed_at: datetime, only: int | None = None
) -> list[PointAward]:
    new = []
    for line in accreditation.points.all():
        if only is not None and line.category_id != only:
            continue
        # The constraint one_award_per_accreditation decides a race; get_or_create reads the row of whoever was first.
        award, made = PointAward.objects.get_or_create(
            learner_id=enrolment.learner_id,
            accreditation=accreditation,
            category_id=line.category_id,
            reverses=None,
            corrects=None,
            defaults={
                "register_id": accreditation.register_id,
                "register_number": entry.number,
                "enrolment": enrolment,
                "points": line.points,
                "completed_at": completed_at,
                "awarded_on": amsterdam_date(completed_at),
            },
        )
        if made:
            new.append(award)
    return new


def _accreditations(enrolment: Enrolment) -> list[Accreditation]:
    return list(
        Accreditation.objects.filter(course=enrolment.course_id)
        .select_related("register")
        .prefetch_related("points", "releases")
        .order_by("register__name", "valid_from")
    )


def _covers(accreditation: Accreditation, enrolment: Enrolment) -> bool:
    return any(release.pk == enrolment.release_id for release in accreditation.releases.all())


def _is_about(statement: Statement, enrolment: Enrolment) -> bool:
    """Whether learner, course and registration of the statement belong together."""
    return statement.learner == enrolment.learner.pseudonym and statement.activity == course_iri(enrolment.course.uuid)


def _completed(learner: User, *, registers: Iterable[int]) -> Iterable[Enrolment]:
    return (
        Enrolment.objects.filter(learner=learner, course__accreditations__register__in=list(registers))
        .select_related("learner", "course", "release", "course__organisation")
        .distinct()
    )


def _same(award: PointAward) -> dict[str, object]:
    names = (
        "learner_id",
        "register_id",
        "register_number",
        "accreditation_id",
        "category_id",
        "enrolment_id",
        "completed_at",
        "awarded_on",
    )
    return {name: getattr(award, name) for name in names}


def _outcome(
    accreditation: Accreditation,
    *,
    awards: list[PointAward],
    enrolment: Enrolment,
    day: date,
    first: date,
    has_entry: bool,
    withdrawn: bool,
) -> Outcome:
    register = accreditation.register
    points = sum((award.points for award in awards), Decimal(0))
    names = {"register": register.name, "day": date_format(day, "j F Y")}
    if awards and all(award.enrolment_id != enrolment.pk for award in awards):
        earlier = date_format(awards[0].awarded_on, "j F Y")
        text = gettext("De punten van deze accreditatie bij %(register)s kreeg je al op %(first)s. Dezelfde scholing telt één keer.")
        if accreditation.valid_on(day):
            return Outcome(Why.EARNED_BEFORE, text % {**names, "first": earlier}, accreditation, register)
        awards = []
    if awards and points:
        text = gettext("%(worth)s bijgeschreven in %(register)s op %(day)s.")
        return Outcome(Why.AWARDED, text % {**names, "worth": amount_of(points, "points")}, accreditation, register)
    if awards:
        why = next((award.reason for award in awards if award.reverses_id), "")
        return Outcome(
            Why.UNDONE, gettext("De punten in %(register)s zijn teruggedraaid: %(why)s") % {**names, "why": why}, accreditation, register
        )
    if withdrawn:
        text = gettext("Het certificaat van deze cursus is ingetrokken. In %(register)s worden er geen punten voor bijgeschreven.")
        return Outcome(Why.WITHDRAWN, text % names, accreditation, register)
    if accreditation.status == Accreditation.Status.REQUESTED:
        text = gettext("%(register)s heeft nog niet beslist over de accreditatie van deze cursus. Er zijn nog geen punten bijgeschreven.")
        return Outcome(Why.UNDECIDED, text % names, accreditation, register)
    if accreditation.status != Accreditation.Status.GRANTED:
        return Outcome(
            Why.NOT_ACCREDITED,
            gettext("%(register)s heeft deze cursus niet geaccrediteerd. Er zijn geen punten bijgeschreven.") % names,
            accreditation,
            register,
        )
    if accreditation.valid_from and accreditation.valid_until and not accreditation.valid_on(day):
        period = {"first": date_format(accreditation.valid_from, "j F Y"), "last": date_format(accreditation.valid_until, "j F Y")}
        text = gettext(
            "De accreditatie bij %(register)s geldt van %(first)s tot en met %(last)s; je rondde af op %(day)s. Er zijn geen punten bijgeschreven."
        )
        return Outcome(Why.NOT_ON_THAT_DATE, text % {**names, **period}, accreditation, register)
    if accreditation.decided_on and not accreditation.granted_by(first):
        text = gettext(
            "%(register)s kende de accreditatie toe op %(granted)s. Op %(first)s was je er al; aanwezigheid van voor de toekenning brengt bij dit register geen punten."
        )
        dates = {"granted": date_format(accreditation.decided_on, "j F Y"), "first": date_format(first, "j F Y")}
        return Outcome(Why.BEFORE_THE_GRANT, text % {**names, **dates}, accreditation, register)
    if not _covers(accreditation, enrolment):
        text = gettext(
            "De accreditatie bij %(register)s geldt niet voor uitgave %(number)s van de cursus, die jij hebt gevolgd. Vraag de aanbieder ernaar."
        )
        return Outcome(Why.RELEASE_NOT_COVERED, text % {**names, "number": enrolment.release.number}, accreditation, register)
    if not accreditation.points.all():
        return Outcome(
            Why.NO_POINTS,
            gettext("Bij %(register)s staan nog geen punten vastgelegd. Vraag de aanbieder ernaar.") % names,
            accreditation,
            register,
        )
    if not has_entry:
        text = gettext("Je nummer in %(register)s staat niet in je profiel. Vul het in, dan kun je de punten alsnog laten bijschrijven.")
        return Outcome(Why.NO_ENTRY, text % names, accreditation, register)
    return Outcome(Why.CAN_CLAIM, gettext("Je kunt deze punten in %(register)s nog laten bijschrijven.") % names, accreditation, register)
