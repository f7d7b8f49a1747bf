"""Letting a draft take effect: exactly as it was reckoned, or not at all."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.audit import record
from accounts.models import Organisation, User
from accreditation import certificates, history, jobs, points
from accreditation.models import Accreditation, Draft, Job, SimulatedPerson, Simulation
from accreditation.simulation import awards, contents
from accreditation.simulation.reckoning import DraftClosed, hold, still_true
from courses.models import Enrolment

LEARNERS_AT_ONCE = 20


class ApplyRefused(Exception):
    """The draft does not take effect; the message says why and what to do."""


def newest(draft: Draft) -> Simulation | None:
    """The last reckoning of a draft, finished or not."""
    return draft.simulations.select_related("job", "draft__register").order_by("-pk").first()


def apply(*, draft: Draft, simulation: Simulation | None, actor: User, organisation: Organisation | None, origin: str = "") -> Job | None:
    """Let the draft take effect as `simulation` reckoned it; for an accreditation that touches awards, answers the job that does so.

    Raises ApplyRefused when the draft, the rules, the ledger or the people changed since: what was seen would not be what happens; and when
    nobody could meet the rule.
    """
    with transaction.atomic():
        draft = _locked(draft)
        _refuse_unless_true(draft, simulation)
        draft.before = contents.standing(draft)
        draft.applied_by, draft.applied_at = actor, timezone.now()
        if draft.accreditation is None:
            try:
                draft.rule = contents.write_rule(draft.content, register=draft.register, rule=draft.rule)
            except contents.ImpossibleRule as problem:
                raise ApplyRefused(gettext("Aan deze regel kan niemand voldoen. %(why)s") % {"why": problem}) from problem
            draft.state = Draft.State.APPLIED
        else:
            before = history.picture(draft.accreditation)
            contents.write_accreditation(draft.content, accreditation=draft.accreditation)
            history.record_change(accreditation=draft.accreditation, before=before, actor=actor)
            draft.state = Draft.State.APPLYING if draft.content.get("with_awards") else Draft.State.APPLIED
        draft.save()
        record(
            "draft-applied",
            actor=actor,
            on_behalf_of=organisation,
            subject=str(draft),
            origin=origin,
            draft=draft.pk,
            reason=draft.reason,
            content=draft.content,
        )
        if draft.state == Draft.State.APPLIED:
            return None
        return jobs.start(kind="apply-draft", about=str(draft), asked_by=actor, organisation=organisation, parameters={"draft": draft.pk})


def step(job: Job) -> bool:
    """One piece of letting an accreditation take effect in the ledger: correct awards, then add those that were missing."""
    draft = Draft.objects.select_related("accreditation__register", "applied_by").get(pk=job.parameters["draft"])
    accreditation = draft.accreditation
    if accreditation is None or draft.state != Draft.State.APPLYING:
        return False
    learners = list(_touched(accreditation).filter(pk__gt=job.cursor.get("after", 0)).order_by("pk")[:LEARNERS_AT_ONCE])
    if job.total is None:
        job.total = _touched(accreditation).count()
    count = job.result.get("changed", 0)
    if learners:
        count += _settle(draft, accreditation, learners)
        job.cursor = {"after": learners[-1].pk}
        job.done += len(learners)
    else:
        draft.state = Draft.State.APPLIED
        draft.save(update_fields=["state"])
    job.result = {
        "changed": count,
        "text": ngettext("%(count)s toekenning veranderd of bijgeschreven.", "%(count)s toekenningen veranderd of bijgeschreven.", count)
        % {"count": count},
        "href": f"/beheer/voorstellen/{draft.pk}/",
        "link": gettext("Terug naar het voorstel"),
    }
    return bool(learners)


def drop(*, draft: Draft, actor: User, organisation: Organisation | None, origin: str = "") -> None:
    """Put an open draft away; nothing happens to anybody. What it would have changed is kept, and for how many, but not for whom.

    Raises ApplyRefused when it took effect already.
    """
    with transaction.atomic():
        draft = _locked(draft)
        draft.state, draft.before = Draft.State.DROPPED, contents.standing(draft)
        draft.save(update_fields=["state", "before"])
        draft.simulations.filter(finished_at=None).delete()
        SimulatedPerson.objects.filter(simulation__draft=draft).delete()
        record("draft-dropped", actor=actor, on_behalf_of=organisation, subject=str(draft), origin=origin, draft=draft.pk)


def _locked(draft: Draft) -> Draft:
    """The draft, held until the commit: of two who press the button one is told that it took effect already."""
    try:
        found = hold(draft)
    except DraftClosed as closed:
        raise ApplyRefused(str(closed)) from closed
    contents.hold_rules(found.register)
    if found.accreditation_id:
        Accreditation.objects.select_for_update(of=("self",)).get(pk=found.accreditation_id)
    return found


def _refuse_unless_true(draft: Draft, simulation: Simulation | None) -> None:
    if simulation is None or simulation.draft_id != draft.pk or simulation.finished_at is None:
        raise ApplyRefused(gettext("Reken het voorstel eerst door. Dan zie je wat er gebeurt voordat het ingaat."))
    if simulation.content != draft.content:
        raise ApplyRefused(gettext("Het voorstel is na de doorrekening gewijzigd. Reken het opnieuw door; je wijziging is bewaard."))
    if parts := still_true(simulation):
        text = gettext(
            "Er is sinds de doorrekening iets veranderd: %(parts)s. De uitkomst klopt dus niet meer. Er is niets ingegaan; reken opnieuw door."
        )
        raise ApplyRefused(text % {"parts": "; ".join(parts)})


def _touched(accreditation: Accreditation) -> QuerySet[User]:
    """Who holds an award under the accreditation, or followed the course under it."""
    earners = User.objects.filter(point_awards__accreditation=accreditation)
    followers = User.objects.filter(
        pk__in=Enrolment.objects.filter(course=accreditation.course_id, release__in=accreditation.releases.all()).values("learner")
    )
    return User.objects.filter(pk__in=earners.values("pk")) | followers


def _settle(draft: Draft, accreditation: Accreditation, learners: list[User]) -> int:
    """Make the ledger of these learners what the reckoning said; harmless to repeat. Answers how many awards it touched."""
    changes = awards.Changes(accreditation, draft.content)
    reason = draft.reason or gettext("De accreditatie is gewijzigd.")
    actor = draft.applied_by
    assert actor is not None  # noqa: S101 - `apply` wrote it in the transaction that made this job
    enrolments: dict[int, Enrolment] = {}
    touched = 0
    for award in awards.standing(accreditation, learners):
        worth = changes.worth_of.get(award.category_id)
        if award.points == (worth or 0):
            continue
        if worth:
            points.correct(award=award, points=worth, reason=reason, actor=actor)
        else:
            points.undo(award=award, reason=reason, actor=actor)
        enrolments[award.enrolment_id] = award.enrolment
        touched += 1
    for coming in changes.missing([learner.pk for learner in learners]).values():
        for one in coming:
            if points.award_one(accreditation=accreditation, category=one.category, enrolment=one.enrolment, completed_at=one.completed_at):
                enrolments[one.enrolment.pk] = one.enrolment
                touched += 1
    for enrolment in enrolments.values():
        certificates.replace_current(enrolment=enrolment, reason=reason, actor=actor)
    return touched
