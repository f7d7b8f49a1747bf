"""A person's own profile: what they do, where, and under which numbers they are registered."""

from django.db import transaction

from accounts import audit
from accounts.models import ProfessionalProfile, RegisterEntry, User


def profile_of(user: User) -> ProfessionalProfile:
    """This person's profile, made when it is not there yet."""
    return ProfessionalProfile.objects.get_or_create(user=user)[0]


@transaction.atomic
def record_change(*, user: User, event: str, subject: str = "", origin: str = "") -> None:
    """Keep in the audit trail that someone changed their own profile; certificates and reports rest on it."""
    audit.record(event, actor=user, dossier_owner=user, subject=subject, origin=origin)


@transaction.atomic
def remove_register_entry(*, entry: RegisterEntry, origin: str = "") -> None:
    """Take a number off the profile. What was awarded or reported under it stays: those rows carry the number themselves."""
    subject, user = str(entry), entry.user
    entry.delete()
    audit.record("register_entry_removed", actor=user, dossier_owner=user, subject=subject, origin=origin)
