"""What a person decides of a number that the register and the profile do not say the same of."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, override

from accounts import audit
from accounts.models import RegisterEntry, User
from accounts.permissions import Action, organisations_where
from accreditation.models import BigCheck
from accreditation.reporting import waking

State = BigCheck.State


class DecisionRefused(Exception):
    """The message tells the administrator what to do."""


def people_of(person: User, *, field: str) -> Q:
    """The rows about people whom this person may decide about: members of their organisations, and who follow its courses. Never oneself."""
    if person.is_superuser:
        return ~Q(**{field: person})
    where = organisations_where(person, Action.RESOLVE_NUMBERS)
    known = User.objects.filter(Q(memberships__organisation__in=where) | Q(enrolments__course__organisation__in=where)).exclude(
        pk=person.pk
    )
    return Q(**{f"{field}__in": known.values("pk")})


def visible_to(person: User) -> QuerySet[BigCheck]:
    return BigCheck.objects.filter(people_of(person, field="person")).select_related("person")


def accept(*, check: BigCheck, actor: User, reason: str, origin: str = "") -> BigCheck:
    """The number is this person's, whatever differs. Raises DecisionRefused."""
    return _decide(check, State.ACCEPTED, actor=actor, reason=reason, origin=origin)


def ask_learner(*, check: BigCheck, actor: User, question: str, origin: str = "") -> BigCheck:
    """Put a question to the learner, who mends the profile or answers. Raises DecisionRefused."""
    decided = _decide(check, State.ASKED, actor=actor, reason=question, origin=origin)
    tell(check.person, _about(check), question)
    return decided


@transaction.atomic
def refuse(*, check: BigCheck, actor: User, reason: str, origin: str = "") -> BigCheck:
    """The number is not this person's: it goes off the profile, and new points no longer go to it. Raises DecisionRefused.

    What was awarded under it stays in the ledger; who manages accreditation takes that back, with a reason of its own.
    """
    decided = _decide(check, State.REFUSED, actor=actor, reason=reason, origin=origin)
    for entry in RegisterEntry.objects.filter(user=check.person, number=check.number).select_related("register"):
        audit.record("register_entry_removed", actor=actor, dossier_owner=check.person, subject=str(entry), origin=origin)
        entry.delete()
    tell(check.person, _about(check), reason)
    return decided


@transaction.atomic
def answer(*, check: BigCheck, text: str) -> BigCheck:
    """What the learner says to the question; a person looks again. Raises DecisionRefused."""
    locked = BigCheck.objects.select_for_update().get(pk=check.pk)
    if locked.state != State.ASKED:
        raise DecisionRefused(_("Er staat geen vraag meer open over dit nummer."))
    if not text.strip():
        raise DecisionRefused(_("Schrijf een antwoord, of verbeter je naam of nummer in je profiel."))
    locked.state, locked.answer = State.REVIEW, text.strip()
    locked.save(update_fields=["state", "answer"])
    return locked


@transaction.atomic
def _decide(check: BigCheck, state: State, *, actor: User, reason: str, origin: str) -> BigCheck:
    if actor == check.person:
        raise DecisionRefused(_("Vraag een ander: niemand beslist over het eigen nummer."))
    if not reason.strip():
        raise DecisionRefused(_("Schrijf op waarom. De deelnemer kan dat lezen."))
    locked = BigCheck.objects.select_for_update().get(pk=check.pk)
    if locked.state not in (State.REVIEW, State.ASKED):
        raise DecisionRefused(_("Hierover is al besloten, of het register wordt opnieuw gevraagd."))
    locked.state, locked.reason, locked.decided_by, locked.decided_at = state, reason.strip(), actor, timezone.now()
    if state != State.ASKED:
        locked.register_name = ""
    locked.save()
    if state != State.ASKED:
        waking.number_settled(locked.number, actor=actor)
    audit.record(
        "big-number-decided", actor=actor, dossier_owner=check.person, subject=check.number, origin=origin, state=str(state), reason=reason
    )
    return locked


def _about(check: BigCheck) -> str:
    return _("Je BIG-nummer %(number)s") % {"number": check.number}


def tell(person: User, subject: str, text: str) -> None:
    """A mail after commit, in the language of who reads it as far as we write it."""
    with override(person.language):
        address = f"{settings.SITE_URL}{reverse('accounts:profile')}"
        body = _("%(text)s\n\nJe leest en beantwoordt dit bij je profiel: %(url)s") % {"text": text, "url": address}
    transaction.on_commit(lambda: send_mail(subject, body, None, [person.email], fail_silently=True))
