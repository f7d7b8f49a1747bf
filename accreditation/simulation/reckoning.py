"""Judge everybody in a register twice: by the rules and points as they are, and as a draft would make them.

Both times the very functions of the dossier judge (`rulebook.judge` over `dossier.rows_of`), so that the prediction is what happens. The work
is a job in pieces of some hundred people; a piece and how far it got are one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Mod
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext, ngettext

from accounts.models import Organisation, RegisterEntry, User
from accreditation import jobs
from accreditation.dossier import dated, place_of, professions_of, rows_of, rules_in_full
from accreditation.models import Draft, Job, Leave, SimulatedPerson, Simulation
from accreditation.rulebook import DatedRule, Judgement, judge
from accreditation.simulation import awards, contents, groups
from accreditation.simulation.basis import BUCKETS, WORDS, basis, touched

PEOPLE_AT_ONCE = 400
AGAIN_AT_MOST = 5 * PEOPLE_AT_ONCE  # in one request, when somebody looks or lets it take effect
Outcome = SimulatedPerson.Outcome


class DraftClosed(Exception):
    """The draft took effect or was put away, and stays as it was then."""

    def __str__(self) -> str:
        return gettext("Dit voorstel is al ingegaan of weggelegd. Maak een nieuw voorstel.")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a draft does to one person: before and after, and in which of the outcomes that puts them (None: nothing changes)."""

    before: Judgement | None
    after: Judgement | None
    outcome: Outcome | None


@dataclass(frozen=True)
class World:
    """The rules of a register now and after a draft, and what an accreditation draft does to the rows; fetched once for each piece."""

    now: list[DatedRule]
    then: list[DatedRule]
    changes: awards.Changes | None = field(default=None)


@transaction.atomic
def start(*, draft: Draft, asked_by: User, organisation: Organisation | None) -> Simulation:
    """Order the reckoning of a draft; what it rests on is written down first, so that a change during it is noticed. Raises DraftClosed."""
    hold(draft)
    day = timezone.localdate()
    # What is no longer the outcome tells of people for nothing.
    draft.simulations.all().delete()
    simulation = Simulation.objects.create(draft=draft, content=draft.content, base=basis(draft, day=day), day=day, asked_by=asked_by)
    simulation.job = jobs.start(
        kind="simulate-draft",
        about=str(draft),
        asked_by=asked_by,
        organisation=organisation,
        parameters={"simulation": simulation.pk},
        total=RegisterEntry.objects.filter(register=draft.register).count(),
    )
    simulation.save(update_fields=["job"])
    return simulation


def hold(draft: Draft) -> Draft:
    """The draft as it is now, held until the commit: meanwhile it does not take effect and is not put away. Raises DraftClosed."""
    found: Draft = (
        Draft.objects.select_for_update(of=("self",)).select_related("register", "rule", "accreditation__course").get(pk=draft.pk)
    )
    if found.state != Draft.State.OPEN:
        raise DraftClosed
    return found


def step(job: Job) -> bool:
    """One piece of the reckoning; answers whether there is more."""
    simulation = (
        Simulation.objects.select_related("draft__register", "draft__rule", "draft__accreditation")
        .filter(pk=job.parameters["simulation"])
        .first()
    )
    if simulation is None:
        job.result = {"text": gettext("Er is opnieuw doorgerekend; deze doorrekening is niet meer nodig.")}
        return False
    register = simulation.draft.register
    after = job.cursor.get("after", 0)
    entries = list(RegisterEntry.objects.filter(register=register, pk__gt=after).order_by("pk")[:PEOPLE_AT_ONCE])
    if not entries:
        simulation.finished_at = timezone.now()
        simulation.outcomes, simulation.judged = groups.counted(simulation), simulation.judged or 0
        simulation.save(update_fields=["finished_at", "outcomes", "judged"])
        job.result = _result(simulation)
        return False
    people, rows, judged = reckon(simulation, entries, day=simulation.day)
    SimulatedPerson.objects.bulk_create(people)
    simulation.people_seen += len(entries)
    simulation.ledger_rows += rows
    simulation.judged = (simulation.judged or 0) + judged
    simulation.save(update_fields=["people_seen", "ledger_rows", "judged"])
    job.cursor = {"after": entries[-1].pk}
    job.done += len(entries)
    return True


def reckon(simulation: Simulation, entries: Sequence[RegisterEntry], *, day: date) -> tuple[list[SimulatedPerson], int, int]:
    """Those of these people to whom the draft does something, how many ledger rows were looked at, and whom its rule would judge."""
    register = simulation.draft.register
    world = _world(simulation)
    users = [entry.user_id for entry in entries]
    rows = rows_of(register, people=users)
    leave: dict[int, list[Leave]] = {}
    for one in Leave.objects.filter(user__in=users):
        leave.setdefault(one.user_id, []).append(one)
    professions = professions_of(users)
    coming = world.changes.missing(users) if world.changes else {}
    people, judged = [], 0
    drafted = simulation.draft.rule_id or contents.NEW
    for entry in entries:
        user = entry.user_id
        mine = rows.get(user, [])
        then = world.changes.applied(mine, coming.get(user, [])) if world.changes else mine
        place = place_of(entry, professions=professions[user], leave=leave.get(user, []))
        effect = compare(judge(mine, place=place, rules=world.now, day=day), judge(then, place=place, rules=world.then, day=day))
        judged += effect.after is not None and effect.after.rule.key == drafted
        if effect.outcome is not None:
            people.append(_person(simulation, user, effect, world.changes.worth(mine, then) if world.changes else None))
    return people, sum(len(found) for found in rows.values()), judged


def compare(before: Judgement | None, after: Judgement | None) -> Effect:
    """Whether someone gains or loses by it: complete or not first, then how much is missing, then what counts, then until when."""
    if before is None and after is None:
        return Effect(before, after, None)
    if before is None or after is None:
        # Without a rule nobody can tell how they stand: to get one that is met is a gain, all else is not.
        return Effect(before, after, Outcome.MEETS if after is not None and after.evaluation.complete else Outcome.LOSES)
    old, new = before.evaluation, after.evaluation
    if old.complete and not new.complete:
        return Effect(before, after, Outcome.FALLS_SHORT)
    if new.complete and not old.complete:
        return Effect(before, after, Outcome.MEETS)
    earlier = (-old.needed, -old.gap, old.total, old.last_day)
    later = (-new.needed, -new.gap, new.total, new.last_day)
    if earlier == later:
        return Effect(before, after, None)
    return Effect(before, after, Outcome.GAINS if later > earlier else Outcome.LOSES)


def still_true(simulation: Simulation) -> list[str]:
    """What changed since the reckoning, in words; nothing when its outcome still is what would happen.

    Whoever something changed for is reckoned again. What makes no difference to what was foretold of them is no reason to begin anew.
    """
    today = timezone.localdate()
    draft = simulation.draft
    return [
        str(WORDS[part])
        for part, who in touched(draft, simulation.base, basis(draft, day=today)).items()
        if who is None or _differs(simulation, who, day=today)
    ]


def _differs(simulation: Simulation, who: Q, *, day: date) -> bool:
    """Whether something else would be foretold now of some of these people; also when they are too many to see that at once."""
    entries = RegisterEntry.objects.filter(register=simulation.draft.register).annotate(bucket=Mod("user", BUCKETS))
    found = list(entries.filter(who).order_by("pk")[: AGAIN_AT_MOST + 1])
    if len(found) > AGAIN_AT_MOST:
        return True
    foretold = SimulatedPerson.objects.filter(simulation=simulation)
    # Of somebody who left the register something was foretold that will not happen.
    if foretold.exclude(user__in=entries.values("user")).exists():
        return True
    for first in range(0, len(found), PEOPLE_AT_ONCE):
        some = found[first : first + PEOPLE_AT_ONCE]
        now, _rows, _judged = reckon(simulation, some, day=day)
        if {_said(one) for one in now} != {_said(one) for one in foretold.filter(user__in=[entry.user_id for entry in some])}:
            return True
    return False


def _said(person: SimulatedPerson) -> tuple[Any, ...]:
    return tuple(getattr(person, field.attname) for field in SimulatedPerson._meta.concrete_fields if not field.primary_key)


def _world(simulation: Simulation) -> World:
    draft = simulation.draft
    rules = list(rules_in_full().filter(register=draft.register).order_by("pk"))
    now = [dated(rule) for rule in rules]
    if draft.accreditation is not None:
        return World(now, now, awards.Changes(draft.accreditation, simulation.content))
    return World(now, contents.drafted(rules, simulation.content, register=draft.register, rule=draft.rule))


def _person(simulation: Simulation, user: int, effect: Effect, worth: tuple[Decimal, Decimal] | None) -> SimulatedPerson:
    before = effect.before.evaluation if effect.before else None
    after = effect.after.evaluation if effect.after else None
    return SimulatedPerson(
        simulation=simulation,
        user_id=user,
        outcome=effect.outcome or "",
        total_before=before.total if before else None,
        total_after=after.total if after else None,
        gap_before=before.needed if before else None,
        gap_after=after.needed if after else None,
        last_day_before=before.last_day if before else None,
        last_day_after=after.last_day if after else None,
        points_before=worth[0] if worth else None,
        points_after=worth[1] if worth else None,
    )


def _result(simulation: Simulation) -> dict[str, object]:
    """Not how many gain or lose: the page of the draft tells that, to whom may know it."""
    people = simulation.people_seen
    text = ngettext("Doorgerekend voor %(people)s persoon in dit register", "Doorgerekend voor %(people)s mensen in dit register", people)
    text %= {"people": localize(people, use_l10n=True)}
    return {"text": text, "lines": [], "href": f"/beheer/voorstellen/{simulation.draft_id}/", "link": gettext("Bekijk de uitkomst")}
