"""A person's points beside the rule in force: reads the ledger and the rules, and lets `rulebook` and `evaluation` judge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import ProfessionalProfile, Register, RegisterEntry, User
from accreditation.evaluation import Category, Evaluation, Reason, Row, RowKey, Rule
from accreditation.evidence.work_hours import worked
from accreditation.models import Accreditation, CategoryRule, Evidence, EvidenceDocument, Leave, PointAward, RegisterRule
from accreditation.rulebook import Away, DatedRule, LeaveTerm, Place, judge

# An accreditation that ended for other reasons than that it was never given: what was earned before stays earned.
_ONCE_GIVEN = (Accreditation.Status.GRANTED, Accreditation.Status.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Line:
    """One row as a person reads it: an award, or evidence of their own. `award` or `evidence` is there, whichever it came from."""

    title: str
    category: str
    points: Decimal
    on: date
    note: str = ""
    is_demo: bool = False
    award: PointAward | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How someone stands in one register. Without a known period, or without a rule, there is nothing to judge by.

    `leave_days` of the period come from leave; `leave_known` whether the rule says anything about leave at all. `worked`: hours of work
    that the person wrote down for this period.
    """

    entry: RegisterEntry
    rule: RegisterRule | None
    evaluation: Evaluation | None
    lines: dict[RowKey, Line]
    period_assumed: bool
    leave_days: int = 0
    leave_known: bool = False
    leave: list[Leave] = field(default_factory=list)
    worked: Decimal = Decimal(0)

    @property
    def earned(self) -> Decimal:
        """All points in this register, whatever rule they may count for."""
        return sum((line.points for line in self.lines.values()), Decimal(0))

    @property
    def work_missing(self) -> Decimal:
        """How many hours of work the rule asks beyond what was written down."""
        asked = self.rule.work_hours if self.rule else None
        return max(Decimal(0), Decimal(asked or 0) - self.worked)

    @property
    def complete(self) -> bool:
        """Whether all that is kept here meets the rule: the points, and the hours of work."""
        return self.evaluation is not None and self.evaluation.complete and not self.work_missing

    @property
    def confirmed(self) -> bool:
        """Whether the register itself confirmed every number that this standing rests on."""
        return (
            self.rule is not None
            and self.rule.confirmed
            and all(line.confirmed for line in self.rule.categories.all() if line.minimum or line.maximum or line.times)
            and (not self.leave_days or all(term.confirmed for term in self.rule.leave_rules.all()))
        )


def standings(*, person: User, day: date | None = None) -> list[Standing]:
    """How this person stands in each register they are in, on this day (today in Amsterdam when none is given)."""
    day = day or timezone.localdate()
    entries = list(RegisterEntry.objects.filter(user=person).select_related("register").order_by("register__name"))
    registers = [entry.register_id for entry in entries]
    rules = list(rules_in_full().filter(register__in=registers).select_related("register"))
    awards = list(
        PointAward.objects.filter(learner=person, register__in=registers).select_related("category", "accreditation__course", "register")
    )
    evidence = (
        list(_counting().filter(owner=person, kind__register__in=registers).prefetch_related("competencies__framework", "documents"))
        if entries
        else []
    )
    leave = list(Leave.objects.filter(user=person)) if entries else []
    professions = professions_of([person.pk])[person.pk] if any(rule.profession for rule in rules) else frozenset()
    return [
        _standing(
            entry,
            rules=[rule for rule in rules if rule.register_id == entry.register_id],
            awards=[award for award in awards if award.register_id == entry.register_id],
            evidence=[one for one in evidence if one.kind and one.kind.register_id == entry.register_id],
            leave=leave,
            professions=professions,
            day=day,
        )
        for entry in entries
    ]


def counted_no_second_time(person: User, *, day: date | None = None) -> set[int]:
    """Their own evidence, by its keys, that counts nothing because the same thing counts already."""
    return {
        counted.row.id[1]
        for standing in standings(person=person, day=day)
        if standing.evaluation
        for counted in standing.evaluation.rows
        if counted.reason == Reason.DUPLICATE and counted.row.source == "evidence"
    }


def rules_in_full() -> QuerySet[RegisterRule]:
    """The rules with all that judging by them needs, in four queries."""
    lines = CategoryRule.objects.select_related("category__part_of__part_of__part_of")
    return RegisterRule.objects.prefetch_related(Prefetch("categories", queryset=lines), "leave_rules")


def dated_rules(register: Register) -> list[DatedRule]:
    """The rules of a register as the rulebook takes them."""
    return [dated(rule) for rule in rules_in_full().filter(register=register)]


def dated(rule: RegisterRule) -> DatedRule:
    return DatedRule(
        key=rule.pk,
        section=rule.section,
        profession=rule.profession,
        applies_from=rule.applies_from,
        applies_until=rule.applies_until,
        period_years=rule.period_years,
        rule=pure_rule(rule),
        leave=tuple(LeaveTerm(term.kind, term.minimum_days, term.share, term.maximum_days) for term in rule.leave_rules.all()),
    )


def pure_rule(rule: RegisterRule) -> Rule:
    """The rule as the evaluator takes it. A category around another is part of the rule even where it asks nothing itself."""
    return rule_of(total=rule.total, lines=rule.categories.all())


def rule_of(*, total: Decimal, lines: Iterable[CategoryRule]) -> Rule:
    """A rule from what it asks of each category; the lines need not be in the database."""
    asked = {line.category.code: line for line in lines}
    categories = {line.category.code: line.category for line in asked.values()}
    for line in asked.values():
        outer = line.category.part_of
        while outer is not None and outer.code not in categories:
            categories[outer.code] = outer
            outer = outer.part_of
    return Rule(
        total=total,
        categories=tuple(
            Category(
                code=code,
                minimum=asked[code].minimum if code in asked else None,
                maximum=asked[code].maximum if code in asked else None,
                part_of=category.part_of.code if category.part_of else None,
                name=category.name,
                confirmed=asked[code].confirmed if code in asked else True,
                accredited=category.accredited,
                times=asked[code].times if code in asked else None,
            )
            for code, category in sorted(categories.items(), key=lambda item: (item[1].order, item[0]))
        ),
    )


def pure_rows(awards: Iterable[PointAward]) -> list[Row]:
    """Awards as the evaluator takes them. Needs `category` and `accreditation` fetched along."""
    return [
        _award_row(
            award.pk,
            award.category.code,
            award.points,
            award.awarded_on,
            award.reverses_id,
            award.accreditation_id,
            award.accreditation.id_number,
            award.accreditation.status,
            award.accreditation.valid_from,
            award.accreditation.valid_until,
        )
        for award in awards
    ]


def evidence_rows(evidence: Sequence[Evidence]) -> list[Row]:
    """Own evidence as the evaluator takes it; work gives no points and no row. Needs `kind` and its `category` and `documents` fetched along."""
    files = {one.pk: {document.file_id for document in one.documents.all()} for one in evidence}
    return _one_per_file(
        [
            _evidence_row(one.pk, one.kind.category.code, one.points, one.done_on, one.id_number)
            for one in evidence
            if one.kind and one.kind.category and one.points is not None and one.done_on
        ],
        files,
    )


def rows_of(register: Register, *, people: Sequence[int]) -> dict[int, list[Row]]:
    """All rows of these people (by their keys) in a register, for questions about many at once: the same rows that their dossier judges."""
    found: dict[int, list[Row]] = {}
    awards = PointAward.objects.filter(register=register, learner__in=people).order_by()
    values: list[Any]  # django-stubs knows each field of a row, and not that the rest of them fit together
    for learner, *values in awards.values_list(
        "learner",
        "pk",
        "category__code",
        "points",
        "awarded_on",
        "reverses",
        "accreditation",
        "accreditation__id_number",
        "accreditation__status",
        "accreditation__valid_from",
        "accreditation__valid_until",
    ).iterator(chunk_size=5000):
        found.setdefault(learner, []).append(_award_row(*values))
    own: dict[int, list[Row]] = {}
    evidence = _counting().filter(owner__in=people, kind__register=register, kind__category__isnull=False, points__isnull=False).order_by()
    for owner, *values in evidence.values_list("owner", "pk", "kind__category__code", "points", "done_on", "id_number").iterator(
        chunk_size=5000
    ):
        own.setdefault(owner, []).append(_evidence_row(*values))
    files: dict[int, set[int]] = {}
    for one, file in EvidenceDocument.objects.filter(evidence__in=evidence.values("pk")).values_list("evidence", "file"):
        files.setdefault(one, set()).add(file)
    for owner, rows in own.items():
        found.setdefault(owner, []).extend(_one_per_file(rows, files))
    return found


def _counting() -> QuerySet[Evidence]:
    return Evidence.objects.filter(state=Evidence.State.KEPT).select_related("kind__category")


def _evidence_row(key: int, category: str, points: Decimal, on: date, id_number: str) -> Row:
    # In which category a kind of evidence counts is the register's word, as data: also where that category is for accredited education.
    return Row(
        id=("evidence", key),
        category=category,
        points=points,
        on=on,
        once=thing_of(id_number, 0) if id_number.strip() else "",
        claim=f"evidence:{key}",
    )


def _one_per_file(rows: list[Row], files: Mapping[int, set[int]]) -> list[Row]:
    """Somebody's own rows, in which those with the same file as proof are one thing; `files` by the key of the evidence.

    A number of its own tells evidence apart: a file may prove several courses, when each is named by its number.
    """
    things: dict[int, str] = {}
    told_apart = []
    for row in sorted(rows, key=lambda row: (not row.once, row.id)):
        mine = files.get(row.id[1], set())
        once = row.once or next((things[file] for file in sorted(mine) if file in things), "")
        if mine and not once:
            once = f"file:{min(mine)}"
        for file in mine:
            things.setdefault(file, once)
        told_apart.append(row._replace(once=once))
    return told_apart


def _award_row(
    key: int,
    category: str,
    points: Decimal,
    on: date,
    reverses: int | None,
    accreditation: int,
    id_number: str,
    status: str,
    valid_from: date | None,
    valid_until: date | None,
) -> Row:
    return Row(
        id=("award", key),
        category=category,
        points=points,
        on=on,
        reverses=("award", reverses) if reverses else None,
        accredited=was_accredited(status, valid_from, valid_until, on=on),
        once=thing_of(id_number, accreditation),
        claim=f"accreditation:{accreditation}",
    )


def thing_of(id_number: str, accreditation: int) -> str:
    """What counts once: the education that the register knows by this number, whoever hands it in."""
    return f"id:{id_number.strip().casefold()}" if id_number.strip() else f"accreditation:{accreditation}"


def was_accredited(status: str, valid_from: date | None, valid_until: date | None, *, on: date) -> bool:
    """Whether education was accredited on a day, seen from now: a withdrawal takes nothing away from the days before it."""
    return status in _ONCE_GIVEN and (valid_from is None or valid_from <= on) and (valid_until is None or on <= valid_until)


def place_of(entry: RegisterEntry, *, professions: frozenset[str], leave: Iterable[Leave]) -> Place:
    """Someone's place in the register as the rulebook takes it."""
    return Place(
        section=entry.section,
        professions=professions,
        period_start=entry.period_start,
        period_end=entry.period_end,
        away=tuple(Away(one.kind, one.first_day, one.last_day, one.percentage) for one in leave),
    )


def professions_of(people: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """The codes of the professions of these people, by their keys."""
    found: dict[int, set[str]] = {person: set() for person in people}
    rows = ProfessionalProfile.professions.through.objects.filter(professionalprofile__user__in=people)
    for person, code in rows.values_list("professionalprofile__user", "profession__code"):
        found[person].add(code)
    return {person: frozenset(codes) for person, codes in found.items()}


def _standing(
    entry: RegisterEntry,
    *,
    rules: list[RegisterRule],
    awards: list[PointAward],
    evidence: list[Evidence],
    leave: list[Leave],
    professions: frozenset[str],
    day: date,
) -> Standing:
    lines = {("award", award.pk): _line(award) for award in awards}
    lines |= {("evidence", one.pk): _evidence_line(one) for one in evidence if one.points is not None and not one.is_work}
    judgement = judge(
        [*pure_rows(awards), *evidence_rows(evidence)],
        place=place_of(entry, professions=professions, leave=leave),
        rules=[dated(rule) for rule in rules],
        day=day,
    )
    if judgement is None:
        return Standing(entry, None, None, lines, entry.period_end is None, leave=leave)
    rule = next(rule for rule in rules if rule.pk == judgement.rule.key)
    return Standing(
        entry,
        rule,
        judgement.evaluation,
        lines,
        judgement.assumed,
        leave_days=judgement.added,
        leave_known=bool(judgement.rule.leave),
        leave=leave,
        worked=worked(
            [one for one in evidence if one.is_work], first_day=judgement.evaluation.first_day, last_day=judgement.evaluation.last_day
        ),
    )


def _evidence_line(evidence: Evidence) -> Line:
    return Line(
        title=evidence.title,
        category=evidence.kind.category.name if evidence.kind and evidence.kind.category else "",
        points=evidence.points or Decimal(0),
        on=evidence.done_on or date.min,
        note="; ".join(text for text in (evidence.provider, evidence.taken_from) if text),
        evidence=evidence,
    )


def _line(award: PointAward) -> Line:
    return Line(
        title=award.accreditation.course.title,
        category=award.category.name,
        points=award.points,
        on=award.awarded_on,
        note=award.reason,
        is_demo=award.accreditation.is_demo,
        award=award,
    )
