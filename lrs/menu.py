"""The pages of whoever works on the record."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.menus import Groups, Place, open_to, place
from accounts.models import User
from accounts.permissions import Action

GROUPS: Groups = [
    (
        _("Leerrecords"),
        [
            place("records", _("Zoeken"), "lrs:records", Action.VIEW_RECORDS),
            place("exchange", _("Uitwisselen"), "lrs:exchange", Action.EXCHANGE_RECORDS),
            place("set_aside", _("Terzijde gelegd"), "lrs:set_aside", Action.MANAGE_LRS_CREDENTIALS),
            place("privacy", _("Privacy"), "lrs:privacy", Action.MANAGE_PRIVACY),
        ],
    ),
    (
        _("Andere systemen"),
        [
            place("credentials", _("Toegangssleutels"), "lrs:credentials", Action.MANAGE_LRS_CREDENTIALS),
            place("forwarding", _("Doorsturen"), "forwarding:targets", Action.FORWARD_RECORDS),
        ],
    ),
]


def places_for(person: User) -> list[tuple[Promise, list[Place]]]:
    """The groups of links, with only the pages that this person may open."""
    return open_to(person, GROUPS)
