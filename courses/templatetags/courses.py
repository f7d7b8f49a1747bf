"""Tags for the pages of courses."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from courses.course_page import worth_of
from courses.models import ReleaseActivity
from courses.route import Stop

register = template.Library()


@register.filter
def duration(minutes: int) -> str:
    """Minutes as people say them: 45 min, 1½ uur, 10 uur."""
    if minutes < 60:
        return ngettext("%(count)s min", "%(count)s min", minutes) % {"count": minutes}
    halves = round(minutes / 30)
    number = f"{halves // 2}{'½' if halves % 2 else ''}"
    return _("%(number)s uur") % {"number": number}


@register.filter
def as_hours(hours: Decimal) -> str:
    """Hours as a number without needless zeros: 3, or 2,5."""
    return number_format(f"{hours.normalize():f}", use_l10n=True)


register.filter("worth", worth_of)


@register.filter
def percentage(share: float | None) -> str:
    """A part of 1 as a percentage, downwards: what is not reached yet is not shown as reached."""
    return f"{int(round((share or 0) * 100, 6))}\u00a0%"


KIND_NAMES = {
    "questions": gettext_lazy("Vragen"),
    "h5p": gettext_lazy("Oefening"),
    "launch": gettext_lazy("Oefening elders"),
    "assignment": gettext_lazy("Opdracht"),
    "session": gettext_lazy("Bijeenkomst"),
    "reflection": gettext_lazy("Reflectie"),
    "evaluation": gettext_lazy("Evaluatie"),
}
KIND_ICONS = {
    "questions": "question",
    "h5p": "play",
    "launch": "external",
    "assignment": "pencil",
    "session": "people",
    "reflection": "quote",
    "evaluation": "star",
}


@register.filter
def kind_name(activity: Stop | ReleaseActivity) -> str:
    """What kind of activity it is, in one word."""
    return str(_("Toets") if activity.is_test else KIND_NAMES.get(activity.kind, activity.kind))


@register.filter
def kind_icon(activity: Stop | ReleaseActivity) -> str:
    return KIND_ICONS.get(activity.kind, "circle")
