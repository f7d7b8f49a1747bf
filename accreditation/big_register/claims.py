"""A number that stands with somebody else: whoever typed it first no longer simply has it. A person finds out, and neither learns of the other."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Register, RegisterEntry, User
from accreditation.big_register import checking
from accreditation.big_register.reviewing import DecisionRefused, people_of, tell
from accreditation.models import BigCheck, NumberClaim, PointAward
from accreditation.reporting import waking

State = NumberClaim.State


class ClaimRefused(Exception):
    """The message tells the person what to do."""


def ask(
    *,
    person: User,
    register: Register,
    number: str,
    section: str = "",
    period_start: date | None = None,
    period_end: date | None = None,
    origin: str = "",
) -> NumberClaim:
    """Ask for a number that stands with somebody else. The same question twice is one claim. Raises ClaimRefused."""
    if RegisterEntry.objects.filter(user=person, register=register).exists():
        raise ClaimRefused(_("Je hebt al een nummer in dit register. Wijzig dat, of haal het eerst weg."))
    details = {"number": number, "section": section, "period_start": period_start, "period_end": period_end}
    with transaction.atomic():
        claim, _made = NumberClaim.objects.update_or_create(person=person, register=register, state=State.OPEN, defaults=details)
        audit.record("number-claimed", actor=person, dossier_owner=person, subject=str(claim), origin=origin)
    checking.order(person=person, number=number)
    holder = holder_of(claim)
    if holder:
        checking.order(person=holder, number=number)
    return claim


def holder_of(claim: NumberClaim) -> User | None:
    """With whom the number stands now."""
    entry = (
        RegisterEntry.objects.filter(register=claim.register, number=claim.number).exclude(user=claim.person).select_related("user").first()
    )
    return entry.user if entry else None


def visible_to(person: User) -> QuerySet[NumberClaim]:
    """The claims this person may decide: both people are theirs, for one of them may lose something."""
    held = RegisterEntry.objects.filter(register=OuterRef("register"), number=OuterRef("number")).exclude(user=OuterRef("person"))
    strangers = held.exclude(people_of(person, field="user"))
    return NumberClaim.objects.filter(people_of(person, field="person"), ~Exists(strangers)).select_related("person", "register")


def checks_of(claim: NumberClaim) -> dict[int, BigCheck]:
    """What the register said of both, by key of the person."""
    holder = holder_of(claim)
    people = [claim.person_id, *([holder.pk] if holder else [])]
    return {check.person_id: check for check in BigCheck.objects.filter(Q(person__in=people), number=claim.number)}


def points_at_stake(claim: NumberClaim) -> int:
    """How many awards stand under this number with the one who holds it; they stay there until somebody undoes them."""
    standing = PointAward.objects.filter(register=claim.register, register_number=claim.number, reverses=None, reversed_by=None)
    return standing.exclude(learner=claim.person).count()


def grant(*, claim: NumberClaim, actor: User, reason: str, origin: str = "") -> NumberClaim:
    """The number goes to who asked for it, and off the profile of who had it. Both read the reason, neither a name. Raises DecisionRefused."""
    try:
        with transaction.atomic():
            locked = _decide(claim, State.GRANTED, actor=actor, reason=reason, origin=origin)
            holder = holder_of(locked)
            for entry in RegisterEntry.objects.select_for_update().filter(register=locked.register, number=locked.number):
                audit.record("register_entry_removed", actor=actor, dossier_owner=entry.user, subject=str(entry), origin=origin)
                entry.delete()
            RegisterEntry.objects.create(
                user=locked.person,
                register=locked.register,
                number=locked.number,
                section=locked.section,
                period_start=locked.period_start,
                period_end=locked.period_end,
            )
            text = _("Je nummer in %(register)s is nagekeken en staat nu in je profiel.") % {"register": locked.register}
            tell(locked.person, _("Je registernummer"), text)
            if holder:
                text = _("Het nummer %(number)s in %(register)s bleek niet bij jou te horen. Kijk je nummer na en vul het opnieuw in.")
                tell(holder, _("Je registernummer"), text % {"number": locked.number, "register": locked.register})
    except IntegrityError:
        raise DecisionRefused(_("Wie erom vraagt heeft intussen een ander nummer in dit register. Vraag wat er klopt.")) from None
    return locked


@transaction.atomic
def refuse(*, claim: NumberClaim, actor: User, reason: str, origin: str = "") -> NumberClaim:
    """The number stays where it stands. Raises DecisionRefused."""
    decided = _decide(claim, State.REFUSED, actor=actor, reason=reason, origin=origin)
    tell(claim.person, _("Je registernummer"), reason)
    return decided


def _decide(claim: NumberClaim, state: State, *, actor: User, reason: str, origin: str) -> NumberClaim:
    if not reason.strip():
        raise DecisionRefused(_("Schrijf op waarom. Wie erom vroeg kan dat lezen; noem dus niemand."))
    locked = NumberClaim.objects.select_for_update(of=("self",)).select_related("register", "person").get(pk=claim.pk)
    if locked.state != State.OPEN:
        raise DecisionRefused(_("Hierover is al besloten."))
    if actor in (locked.person, holder_of(locked)):
        raise DecisionRefused(_("Vraag een ander: niemand beslist over het eigen nummer."))
    locked.state, locked.reason, locked.decided_by, locked.decided_at = state, reason.strip(), actor, timezone.now()
    locked.save()
    waking.number_settled(locked.number, actor=actor)
    audit.record(
        "number-claim-decided",
        actor=actor,
        dossier_owner=locked.person,
        subject=str(locked),
        origin=origin,
        state=str(state),
        reason=reason,
    )
    return locked
