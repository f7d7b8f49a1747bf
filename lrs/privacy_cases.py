"""Who may look into whose records, and the dossier that is open while they do."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Action, acting_for, organisations_where
from lrs.access_export import statements_about
from lrs.models import PrivacyCase, StateDocument
from lrs.subjects import Subject, subject_of, subject_outside

OPEN_FOR = timedelta(days=7)


class CaseRefused(Exception):
    """Nothing is opened; the message tells what to do."""


def open_case(*, by: User, person: User | None = None, actor: dict[str, Any] | None = None) -> PrivacyCase:
    """Open a dossier about one of our people or an outside actor; it stands in the audit trail. Raises CaseRefused."""
    if person is not None:
        case, _made = PrivacyCase.objects.get_or_create(person=person, opened_by=by, defaults={"actor": None})
    else:
        if not is_responsible_outside(by, subject_outside(actor or {})):
            # The same words whether there is nothing or something of others: nobody may find out by asking.
            raise CaseRefused(
                _(
                    "Bij de hulpmiddelen van jouw organisaties vinden we niets van deze persoon, of niet alleen daar. Vraag het de platformbeheerder."
                )
            )
        case = PrivacyCase.objects.create(actor=actor, opened_by=by)
    audit.record(
        "records_case_opened",
        actor=by,
        dossier_owner=person,
        on_behalf_of=acting_for(by, Action.MANAGE_PRIVACY, about=person),
        subject=str(case.uuid),
    )
    return case


def close_old() -> int:
    """Forget the dossiers that were opened a week ago; answers how many."""
    return PrivacyCase.objects.filter(opened_at__lte=timezone.now() - OPEN_FOR).delete()[0]


def subject_in(case: PrivacyCase) -> Subject:
    return subject_of(case.person) if case.person is not None else subject_outside(case.actor or {})


def is_responsible_for(user: User, person: User) -> bool:
    """Whether everything of this person is this administrator's to give out or erase: of nobody but their own organisations.

    Records of somebody who belongs to another organisation too are for who runs the installation, or for the person themselves.
    """
    if user.is_superuser:
        return True
    theirs = set(Organisation.objects.filter(memberships__user=person).values_list("pk", flat=True))
    return bool(theirs) and theirs <= set(organisations_where(user, Action.MANAGE_PRIVACY).values_list("pk", flat=True))


def is_responsible_outside(user: User, subject: Subject) -> bool:
    """The same for an outside actor: everything came in with keys of their own organisations."""
    if user.is_superuser:
        return True
    mine = set(organisations_where(user, Action.MANAGE_PRIVACY).values_list("pk", flat=True))
    writers = set(statements_about(subject).order_by().values_list("credential__organisation", flat=True).distinct())
    realms = set(StateDocument.objects.filter(actor_key__in=subject.keys).values_list("realm", flat=True).distinct())
    return bool(writers or realms) and writers <= mine and realms <= {f"organisation/{pk}" for pk in mine}
