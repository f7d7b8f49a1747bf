"""The pages of whoever works on accreditation, and what one must be allowed to open each: nobody is shown a link that is refused."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Action, actions_of
from accreditation.jobs import KINDS


@dataclass(frozen=True, slots=True)
class Place:
    """`key` is how a page says that it is the one shown; `address` the name of its URL; any of the actions opens it."""

    key: str
    label: Promise
    address: str
    actions: frozenset[Action]


def _place(key: str, label: Promise, address: str, *actions: Action) -> Place:
    return Place(key, label, address, frozenset(actions))


GROUPS: list[tuple[Promise, list[Place]]] = [
    (
        _("Accrediteren"),
        [
            _place("accreditations", _("Accreditaties"), "accreditation:accreditations", Action.MANAGE_ACCREDITATION),
            _place("registers", _("Registerregels"), "accreditation:registers", Action.MANAGE_REGISTER_RULES),
            _place("drafts", _("Voorstellen"), "accreditation:drafts", Action.MANAGE_ACCREDITATION),
            _place(
                "templates",
                _("Certificaatsjablonen"),
                "wagtailsnippets_accreditation_certificatetemplate:list",
                Action.EDIT_CERTIFICATE_TEMPLATES,
            ),
        ],
    ),
    (
        _("Deelnemers"),
        [
            _place("results", _("Resultaten en certificaten"), "accreditation:results", Action.EXPORT_RESULTS),
            _place("awards", _("Toekenningen"), "accreditation:awards", Action.EXPORT_RESULTS),
            _place("attendance", _("Presentielijsten"), "accreditation:attendance_lists", Action.IMPORT_ATTENDANCE),
            _place("attendance_statements", _("Deelnameverklaringen"), "accreditation:attendance_overview", Action.MANAGE_CERTIFICATES),
            _place("numbers", _("Nummers"), "accreditation:numbers", Action.RESOLVE_NUMBERS),
        ],
    ),
    (
        _("Verantwoorden"),
        [
            _place("reporting", _("Melden aan registers"), "accreditation:reporting", Action.EXPORT_RESULTS),
            _place("insight", _("Inzicht"), "accreditation:insight", Action.SEE_INSIGHT),
            _place("jobs", _("Taken"), "accreditation:jobs", *{kind.action for kind in KINDS.values()}),
        ],
    ),
]


def places_for(person: User) -> list[tuple[Promise, list[Place]]]:
    """The groups of links, with only the pages that this person may open."""
    allowed = actions_of(person)
    mine = [(label, [place for place in places if place.actions & allowed]) for label, places in GROUPS]
    return [(label, places) for label, places in mine if places]
