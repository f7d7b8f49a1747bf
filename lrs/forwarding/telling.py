"""Tells those who manage a target that it stopped. A mail says that something is wrong, not with whose records."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _, override

from accounts.models import User
from accounts.permissions import ALLOWED, Action
from lrs.models import ForwardingTarget


def tell_that_it_stopped(target: ForwardingTarget, reason: ForwardingTarget.Reason) -> None:
    """Mail who may do something about it."""
    with override(settings.LANGUAGE_CODE):
        subject = _("Doorsturen gestopt: %(name)s") % {"name": target.name}
        text = _(
            "Vakwijs stuurt geen leerrecords meer door naar ‘%(name)s’: %(reason)s. Er gaat niets verloren; alles wacht tot je hervat."
        ) % {
            "name": target.name,
            "reason": ForwardingTarget.Reason(reason).label,
        }
    _send(target, subject, text)


def tell_to_erase(target: ForwardingTarget) -> None:
    """Mail that the other side has to be asked to erase somebody."""
    with override(settings.LANGUAGE_CODE):
        subject = _("Vraag om te wissen: %(name)s") % {"name": target.name}
        text = _(
            "Iemand is bij ons gewist. Vraag de beheerder van ‘%(name)s’ om de doorgestuurde uitspraken ook te wissen. De lijst staat klaar:"
        ) % {"name": target.name}
    _send(target, subject, text)


def _send(target: ForwardingTarget, subject: str, text: str) -> None:
    addresses = list(_managers(target))
    url = f"{settings.SITE_URL}{reverse('forwarding:target', args=[target.pk])}"
    if addresses:
        # One mail each: they need not know each other's addresses.
        transaction.on_commit(
            lambda: [send_mail(subject, f"{text}\n\n{url}\n", None, [address], fail_silently=True) for address in addresses]
        )


def _managers(target: ForwardingTarget) -> list[str]:
    people = User.objects.filter(is_active=True)
    if target.organisation_id is None:
        people = people.filter(is_superuser=True)
    else:
        people = people.filter(memberships__organisation=target.organisation_id, memberships__role__in=ALLOWED[Action.FORWARD_RECORDS])
    return list(people.order_by("email").values_list("email", flat=True).distinct())
