"""What was changed in an accreditation: a picture before, a picture after, and the difference in words."""

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.models import User
from accreditation.models import Accreditation, AccreditationChange

Picture = dict[str, dict[str, str]]
LEFT_OUT = {"id", "course", "register"}


def picture(accreditation: Accreditation) -> Picture:
    """All that an administrator can change, as text: {field: {"label", "value"}}. Nothing for one that is not there yet."""
    if accreditation.pk is None:
        return {}
    found = {
        field.name: {"label": str(field.verbose_name), "value": _text(accreditation, field)}
        for field in Accreditation._meta.concrete_fields
        if field.name not in LEFT_OUT
    }
    lines = accreditation.points.select_related("category").order_by("category__order", "pk")
    found["points"] = {"label": gettext("punten"), "value": ", ".join(f"{line.category}: {line.points.normalize():f}" for line in lines)}
    numbers = accreditation.releases.order_by("number").values_list("number", flat=True)
    found["releases"] = {"label": gettext("uitgaven"), "value": ", ".join(map(str, numbers))}
    editions = accreditation.editions.prefetch_related("meetings__meeting").order_by("pk")
    found["editions"] = {"label": gettext("edities en bijeenkomsten"), "value": "; ".join(_edition(edition) for edition in editions)}
    return found


def record_change(*, accreditation: Accreditation, before: Picture, actor: User | None) -> AccreditationChange | None:
    """Add a row with what is different from `before`; none when nothing is."""
    after = picture(accreditation)
    changes = [
        {"field": name, "label": shown["label"], "before": before.get(name, {}).get("value", ""), "after": shown["value"]}
        for name, shown in after.items()
        if before.get(name, {}).get("value", "") != shown["value"]
    ]
    if not changes:
        return None
    return AccreditationChange.objects.create(accreditation=accreditation, actor=actor, changes=changes)


def _edition(edition: Any) -> str:
    number = edition.pe_edition_id or edition.external_edition_id or "–"
    meetings = [f"{row.meeting.starts_at:%Y-%m-%d} {row.pe_meeting_id or row.external_meeting_id or '–'}" for row in edition.meetings.all()]
    return f"{edition.name} ({number})" + (f": {', '.join(meetings)}" if meetings else "")


def _text(accreditation: Accreditation, field: Any) -> str:
    if field.choices:
        return str(getattr(accreditation, f"get_{field.name}_display")())
    value = getattr(accreditation, field.attname)
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nee")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return "" if value is None else str(value)
