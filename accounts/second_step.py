"""Taking away a second step for someone who lost it."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User


@transaction.atomic
def remove_second_step(*, user: User, by: User | None = None, origin: str = "") -> int:
    """Remove every app, key and recovery code of this person; they are told by mail. Answers how many there were."""
    found = Authenticator.objects.filter(user=user)
    count = found.count()
    found.delete()
    if count:
        audit.record("second_step_removed", actor=by, dossier_owner=user, origin=origin)
        transaction.on_commit(
            lambda: send_mail(
                _("Je tweede stap is weggehaald"),
                _(
                    "De beheerder heeft op verzoek je tweede stap bij het inloggen weggehaald. Was jij dat niet, neem dan meteen contact op met %(site)s."
                )
                % {"site": settings.SITE_URL},
                None,
                [user.email],
            )
        )
    return count
