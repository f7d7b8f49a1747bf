"""Where a learner left off: saved per enrolment, so that it is there after a reload and on another device."""

import json
import re

from django.conf import settings
from django.utils.translation import gettext as _

from courses.models import Enrolment, H5PState, H5PVersion, ReleaseActivity

DATA_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
MOST_PARTS = 300
MOST_BYTES = 1024 * 1024


class StateRefused(Exception):
    """This state cannot be kept; the message says why."""


def save_state(
    *, enrolment: Enrolment, activity: ReleaseActivity, version: H5PVersion, part: str, data_id: str, data: str | None
) -> H5PState | None:
    """Keep the newest state of a part ("0" is the whole); without data, forget it. Raises StateRefused."""
    if not DATA_ID.fullmatch(part) or not DATA_ID.fullmatch(data_id):
        raise StateRefused(_("Dit onderdeel heeft geen geldige naam."))
    known = H5PState.objects.filter(enrolment=enrolment, activity=activity.uuid)
    if data is None:
        known.filter(sub_content=part, data_id=data_id).delete()
        return None
    if len(data) > getattr(settings, "H5P_STATE_BYTES", MOST_BYTES):
        raise StateRefused(_("De toestand is te groot om te bewaren."))
    if "\x00" in data or not _is_json(data):
        raise StateRefused(_("De toestand is geen JSON."))
    if not known.filter(sub_content=part, data_id=data_id).exists() and known.count() >= MOST_PARTS:
        raise StateRefused(_("Deze oefening bewaart te veel onderdelen."))
    state, _created = H5PState.objects.update_or_create(
        enrolment=enrolment, activity=activity.uuid, sub_content=part, data_id=data_id, defaults={"version": version, "data": data}
    )
    return state


def states_of(*, enrolment: Enrolment, activity: ReleaseActivity, version: H5PVersion) -> dict[str, dict[str, str]]:
    """The states as H5P core wants them preloaded: per part, per kind. Those of another version no longer fit."""
    found: dict[str, dict[str, str]] = {}
    for state in H5PState.objects.filter(enrolment=enrolment, activity=activity.uuid, version=version):
        found.setdefault(state.sub_content, {})[state.data_id] = state.data
    return found


def _is_json(text: str) -> bool:
    try:
        text.encode()
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
