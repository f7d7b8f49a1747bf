"""The pages of whoever works on accreditation."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.menus import Groups, Place, open_to, place
from accounts.models import User
from accounts.permissions import Action
from accreditation.jobs import KINDS

GROUPS: Groups = [
    (
        _("Accrediteren"),
        [
            place("accreditations", _("Accreditaties"), "accreditation:accreditations", Action.MANAGE_ACCREDITATION),
            place("registers", _("Registerregels"), "accreditation:registers", Action.MANAGE_REGISTER_RULES),
            place("drafts", _("Voorstellen"), "accreditation:drafts", Action.MANAGE_ACCREDITATION),
            place(
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
            place("results", _("Resultaten en certificaten"), "accreditation:results", Action.EXPORT_RESULTS),
            place("awards", _("Toekenningen"), "accreditation:awards", Action.EXPORT_RESULTS),
            place("attendance", _("Presentielijsten"), "accreditation:attendance_lists", Action.IMPORT_ATTENDANCE),
            place("attendance_statements", _("Deelnameverklaringen"), "accreditation:attendance_overview", Action.MANAGE_CERTIFICATES),
            place("numbers", _("Nummers"), "accreditation:numbers", Action.RESOLVE_NUMBERS),
        ],
    ),
    (
        _("Verantwoorden"),
        [
            place("reporting", _("Melden aan registers"), "accreditation:reporting", Action.EXPORT_RESULTS),
            place("insight", _("Inzicht"), "accreditation:insight", Action.SEE_INSIGHT),
            place("jobs", _("Taken"), "accreditation:jobs", *{kind.action for kind in KINDS.values()}),
        ],
    ),
]


def places_for(person: User) -> list[tuple[Promise, list[Place]]]:
    """The groups of links, with only the pages that this person may open."""
    return open_to(person, GROUPS)
