"""Starting an activity of elsewhere, the way cmi5 does: its site gets leave to write about this activity of this learner, for a while.

Threat: the other site can say what it likes about this activity in this enrolment, as can who looks into the browser. So it has
the learner's pseudonym and no name, its token reaches no farther, and what it says counts as the learner's own word (lrs.launch).
"""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from courses.iris import course_iri, part_iri
from courses.models import Enrolment, ReleaseActivity
from courses.recording import record
from courses.route import route_of
from lrs import launch
from lrs.profiles import adl, cmi5

AT_LEAST = timedelta(hours=1)
MODE = "Normal"
MOVE_ON = "NotApplicable"  # when it is done, the rule of the course says


class StartRefused(Exception):
    """The activity cannot be started; the message says why."""


def start(*, enrolment: Enrolment, activity: ReleaseActivity) -> str:
    """The address to which the learner's browser goes; of use to one browser, once. Raises StartRefused."""
    content = activity.settings.get("address", "")
    if enrolment.withdrawn_at is not None or not is_safe(content):
        raise StartRefused(_("Deze oefening kan niet worden gestart. Meld het aan de eigenaar van de cursus."))
    session = {cmi5.SESSION_ID: str(uuid.uuid4())}
    tokens = launch.make(
        learner=enrolment.learner.pseudonym,
        application=site_of(activity)[-launch.LONGEST_NAME :],
        activity_prefix=part_iri(enrolment.course.uuid, activity.uuid),
        registration=enrolment.uuid,
        lasts=min(launch.LONGEST, max(AT_LEAST, 2 * timedelta(minutes=activity.minutes))),
    )
    data = {
        "contextTemplate": {"contextActivities": {"grouping": [{"id": course_iri(enrolment.course.uuid)}]}, "extensions": session},
        "launchMode": MODE,
        "moveOn": MOVE_ON,
        "returnURL": f"{settings.SITE_URL}{route_of(enrolment.release).activity_url(activity.uuid)}",
    }
    address = launch.address_of(content, tokens=tokens, data=data)
    # Before content says anything itself (cmi5, 9.3.1), with what it was started with (9.6.3).
    record(
        enrolment=enrolment,
        verb=adl.LAUNCHED,
        subject=activity,
        context={"extensions": {**session, cmi5.LAUNCH_MODE: MODE, cmi5.MOVE_ON: MOVE_ON, cmi5.LAUNCH_URL: content}},
    )
    return address


def is_safe(address: str) -> bool:
    """Whether a learner can be sent there: the address carries what opens the record for a while."""
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def site_of(activity: ReleaseActivity) -> str:
    """The name of the other site, as a person recognises it."""
    address = activity.settings.get("address", "")
    return urlsplit(address).hostname or "" if is_safe(address) else ""
