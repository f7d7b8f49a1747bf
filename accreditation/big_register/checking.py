"""Order a check, do it, try again, and look again each year. Repeats are harmless; killed anywhere, `catch_up` goes on."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_tasks import task

from accounts.models import ProfessionalProfile, Register, RegisterEntry, User
from accounts.register_numbers import SHAPES, NumberKind
from accreditation.big_register import service
from accreditation.big_register.matching import Match, match
from accreditation.models import BigCheck, NumberClaim
from accreditation.reporting import waking

logger = logging.getLogger(__name__)

State = BigCheck.State
LEASE = timedelta(minutes=5)
RETRY_AFTER = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1)]
SETTLED = (State.AGREED, State.ACCEPTED)
AT_ONCE = 200


def order_for(entry: RegisterEntry) -> BigCheck | None:
    """Have the number of this entry looked up, unless it was lately. None when it is no BIG number, or nobody is asked."""
    if NumberKind.BIG not in entry.register.number_kinds:
        return None
    return order(person=entry.user, number=entry.number)


@transaction.atomic
def order(*, person: User, number: str) -> BigCheck | None:
    """Have the number looked up for this person, in the background; an answer that is fresh enough stands."""
    if not service.is_configured() or not SHAPES[NumberKind.BIG].fullmatch(number):
        return None
    check, made = BigCheck.objects.select_for_update().get_or_create(
        person=person, number=number, defaults={"ordered_at": timezone.now(), "next_try_at": timezone.now()}
    )
    if not made and _is_fresh(check):
        return check
    if not made:
        _again(BigCheck.objects.filter(pk=check.pk))
        check.refresh_from_db()
    transaction.on_commit(lambda: look_up.enqueue(check.pk), robust=True)
    return check


def ask_again(check: BigCheck) -> None:
    """Forget the stored answer and ask the register once more."""
    with transaction.atomic():
        _again(BigCheck.objects.filter(pk=check.pk))
        transaction.on_commit(lambda: look_up.enqueue(check.pk), robust=True)


@transaction.atomic
def order_anew(person: User) -> None:
    """Somebody took another name: what agreed with the old one is compared again. What waits for a person goes on waiting for that person."""
    if service.is_configured():
        for check in BigCheck.objects.filter(person=person, state__in=SETTLED):
            ask_again(check)


@task()
def look_up(check_id: int) -> None:
    """A worker's turn at one number."""
    do_now(check_id)


def do_now(check_id: int) -> BigCheck | None:
    """Ask and keep what came of it; None when it is not waiting or another worker has it."""
    now = timezone.now()
    # A conditional update instead of a lock: the register may take seconds, in which nothing should be held.
    mine = BigCheck.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=now), pk=check_id, state=State.WAITING)
    if not service.is_configured() or not mine.update(next_try_at=now + LEASE):
        return None
    check = BigCheck.objects.select_related("person").get(pk=check_id)
    try:
        found = service.ask(check.number)
    except service.TooSoon:
        BigCheck.objects.filter(pk=check_id, state=State.WAITING).update(next_try_at=timezone.now() + timedelta(minutes=1))
        return None
    except service.Unavailable as problem:
        wait = RETRY_AFTER[min(check.tries, len(RETRY_AFTER) - 1)]
        BigCheck.objects.filter(pk=check_id, state=State.WAITING).update(
            tries=check.tries + 1, problem=str(problem)[:300], next_try_at=timezone.now() + wait
        )
        return None
    person = check.person
    outcome = match(
        found,
        number=check.number,
        first_name=person.first_name,
        last_name=person.last_name,
        professions=_professions(person),
        day=timezone.localdate(),
    )
    return _keep(check, outcome)


def _keep(check: BigCheck, outcome: Match) -> BigCheck:
    registration, professional = outcome.registration, outcome.professional
    agreed = not outcome.findings
    with transaction.atomic():
        kept = BigCheck.objects.select_for_update().get(pk=check.pk)
        if kept.state != State.WAITING:
            return kept
        kept.state = State.AGREED if agreed else State.REVIEW
        kept.findings = [str(finding) for finding in outcome.findings]
        kept.group = registration.group if registration else ""
        kept.specialisms = list(professional.specialisms) if professional else []
        kept.starts_on = registration.starts_on if registration else None
        kept.ends_on = registration.ends_on if registration else None
        kept.register_name = professional.shown_name if professional and not agreed else ""
        kept.checked_at = timezone.now()
        kept.next_try_at, kept.tries, kept.problem = None, 0, ""
        kept.decided_by = kept.decided_at = None
        kept.reason = kept.answer = ""
        kept.save()
        if agreed:
            waking.number_settled(kept.number, actor=None)
    return kept


def catch_up() -> int:
    """Queue what waits, begin what was never looked up, look again after a year, and forget what is of no number any more."""
    if not service.is_configured():
        return 0
    now = timezone.now()
    forget()
    old = now - timedelta(days=settings.BIG_REGISTER_MAX_AGE_DAYS)
    stale = BigCheck.objects.filter(state__in=SETTLED, checked_at__lt=old).values_list("pk", flat=True)[:AT_ONCE]
    _again(BigCheck.objects.filter(pk__in=list(stale)))
    for entry in _never_looked_up()[:AT_ONCE]:
        BigCheck.objects.get_or_create(person=entry.user, number=entry.number, defaults={"ordered_at": now, "next_try_at": now})
    due = BigCheck.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=now), state=State.WAITING)
    waiting = list(due.order_by("next_try_at").values_list("pk", flat=True)[:AT_ONCE])
    for check_id in waiting:
        look_up.enqueue(check_id)
    return len(waiting)


def forget() -> None:
    """Delete what is known of a number that the person no longer holds nor asks for; a refusal stays for the year in which it may be read."""
    held = RegisterEntry.objects.filter(user=OuterRef("person"), number=OuterRef("number"))
    claimed = NumberClaim.objects.filter(person=OuterRef("person"), number=OuterRef("number"), state=NumberClaim.State.OPEN)
    gone = BigCheck.objects.filter(~Exists(held), ~Exists(claimed))
    year_ago = timezone.now() - timedelta(days=settings.BIG_REGISTER_MAX_AGE_DAYS)
    gone.filter(~Q(state=State.REFUSED) | Q(decided_at__lt=year_ago)).delete()


def _never_looked_up() -> QuerySet[RegisterEntry]:
    known = BigCheck.objects.filter(person=OuterRef("user"), number=OuterRef("number"))
    shaped = RegisterEntry.objects.filter(~Exists(known), number__regex=r"^[0-9]{11}$").select_related("register", "user")
    with_big = [pk for pk, kinds in Register.objects.values_list("pk", "number_kinds") if NumberKind.BIG in kinds]
    return shaped.filter(register__in=with_big).order_by("pk")


def _is_fresh(check: BigCheck) -> bool:
    if check.state in (State.WAITING, State.REVIEW, State.ASKED):
        # Waits for the register, or for a person; asking again would change nothing about that.
        return check.state != State.WAITING
    age = timedelta(days=settings.BIG_REGISTER_MAX_AGE_DAYS)
    return check.state in SETTLED and check.checked_at is not None and timezone.now() - check.checked_at < age


def _again(checks: QuerySet[BigCheck]) -> None:
    """Back to the beginning; what the register said before stays until it says something new."""
    checks.update(state=State.WAITING, register_name="", next_try_at=timezone.now(), tries=0, problem="")


def _professions(person: User) -> list[str]:
    profile = ProfessionalProfile.objects.filter(user=person).first()
    return list(profile.professions.values_list("code", flat=True)) if profile else []
