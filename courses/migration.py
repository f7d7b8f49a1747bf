"""Moving people who are in a course to a newer release: first what it would change for whom, then the act itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import record as audit
from accounts.models import User
from accounts.permissions import Action, may
from courses.completion import Facts, evaluate, key_of, requirements
from courses.explanation import explain
from courses.models import CoursePage, Enrolment, Release
from courses.progress import facts_of, settle
from courses.route import Route, route_of
from lrs.projections import lock_learner


class MoveRefused(Exception):
    """The message tells the administrator why not."""


@dataclass(frozen=True)
class Move:
    """What moving changes for one learner. What they did counts on: lessons and activities keep their names in every release."""

    enrolment: Enrolment
    to: Release
    gains: Sequence[str]
    loses: Sequence[str]
    share_before: float
    share_after: float

    @property
    def completes(self) -> bool:
        """Whether the course is complete for this learner once moved."""
        return self.share_after == 1

    @property
    def before(self) -> int:
        return int(self.share_before * 100)

    @property
    def after(self) -> int:
        return int(self.share_after * 100)


def who_could_move(course: CoursePage, *, to: Release) -> list[Enrolment]:
    """Those who follow an older release and have not finished: who is done stays with what they were certified for."""
    rows = Enrolment.objects.filter(course=course, withdrawn_at=None, release__number__lt=to.number, progress__satisfied_at=None)
    return list(rows.select_related("learner", "course", "release").order_by("learner__last_name", "learner__first_name", "pk"))


def plan(enrolments: Sequence[Enrolment], *, to: Release) -> list[Move]:
    """The dry run: what would change for whom. Changes nothing."""
    new = route_of(to)
    return [_planned(enrolment, old=route_of(enrolment.release), new=new, to=to) for enrolment in enrolments]


def move(enrolments: Sequence[Enrolment], *, to: Release, by: User) -> list[Move]:
    """Move them, each under their own lock, with a line in the audit trail for each; answers what changed.

    Raises MoveRefused. Someone who finished or left in the meantime is passed over.
    """
    if not may(by, Action.PUBLISH_RELEASES, to.course.organisation):
        raise MoveRefused(_("Overzetten doet wie voor %(organisation)s uitgaven uitbrengt.") % {"organisation": to.course.organisation})
    if any(enrolment.course_id != to.course_id for enrolment in enrolments):
        raise MoveRefused(_("Deze uitgave hoort bij een andere cursus."))
    return [moved for enrolment in enrolments if (moved := _move_one(enrolment, to=to, by=by))]


@transaction.atomic
def _move_one(enrolment: Enrolment, *, to: Release, by: User) -> Move | None:
    lock_learner(str(enrolment.learner.pseudonym))
    here = Enrolment.objects.select_related("learner", "course", "release__course").get(pk=enrolment.pk)
    if here not in who_could_move(here.course, to=to):
        return None
    [planned] = plan([here], to=to)
    before = here.release.number
    here.release = to
    here.save(update_fields=["release"])
    settle(here, at=None)
    audit(
        "enrolment-moved",
        actor=by,
        dossier_owner=here.learner,
        on_behalf_of=to.course.organisation,
        subject=str(to.course),
        from_release=before,
        to_release=to.number,
        share_before=planned.share_before,
        share_after=planned.share_after,
    )
    return planned


def _planned(enrolment: Enrolment, *, old: Route, new: Route, to: Release) -> Move:
    asked, asks = _requirements(old), _requirements(new)
    # What was done is found by uuid, so the same rows are read through either route.
    before = evaluate(old.completion, facts_of(enrolment, route=old))
    after = evaluate(new.completion, facts_of(enrolment, route=new))
    return Move(
        enrolment=enrolment,
        to=to,
        gains=[text for what, text in asks.items() if what not in asked],
        loses=[text for what, text in asked.items() if what not in asks],
        share_before=before.share,
        share_after=after.share,
    )


def _requirements(route: Route) -> dict[tuple[str, str, str], str]:
    """What a release asks, each once: by what it is about, whatever it is called now, with the sentence that asks it."""
    asked: dict[tuple[str, str, str], str] = {}
    for name, content in requirements(route.completion):
        if name == "lessons_viewed":
            chosen = route.stations if content == "all" else [route.by_uuid[uuid.UUID(lesson)] for lesson in content]
            asked |= {(name, str(station.uuid), ""): _("Rond les ‘%(title)s’ af") % {"title": station.title} for station in chosen}
            continue
        stop = route.stops.get(key_of(name, content))
        mark = str(content.get("at_least", "")) if name == "passed" else ""
        outcome = evaluate({name: content}, Facts(lessons=[]))
        asked[(name, str(stop.uuid) if stop else str(content), mark)] = explain(outcome, route).asks
    return asked
