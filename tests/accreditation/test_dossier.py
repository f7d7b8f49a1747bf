from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accreditation import points, reference
from accreditation.dossier import dated_rules, pure_rows, rows_of, standings
from accreditation.evaluation import Reason
from accreditation.models import Accreditation, Leave, PointAward, RegisterRule
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory, accredited, satisfy
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


@pytest.fixture
def register():
    register = RegisterFactory()
    CategoryRuleFactory(
        rule=RegisterRuleFactory(register=register, total=10), category=PointCategoryFactory(register=register), minimum=4, confirmed=True
    )
    return register


@pytest.fixture
def learner(register):
    learner = UserFactory()
    RegisterEntryFactory(user=learner, register=register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    return learner


@pytest.fixture
def accreditation(learner, register):
    release = released_course()
    accreditation = accredited(release=release, register=register, points=4)
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    return accreditation


def the_standing(learner):
    (standing,) = standings(person=learner, day=TODAY)
    return standing


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"valid_until": date(2026, 5, 31)}, False),
        ({"valid_from": date(2026, 6, 2)}, False),
        ({"status": Accreditation.Status.REJECTED}, False),
        ({"status": Accreditation.Status.WITHDRAWN}, True),  # what was earned before the withdrawal stays earned
    ],
)
def test_an_award_counts_as_long_as_the_education_was_accredited_on_that_day(learner, accreditation, change, counts):
    Accreditation.objects.filter(pk=accreditation.pk).update(**change)

    (counted,) = the_standing(learner).evaluation.rows

    assert (counted.counted, counted.reason) == ((4, None) if counts else (0, Reason.NOT_ACCREDITED))


def test_questions_about_many_judge_the_same_rows_as_the_dossier(learner, register, accreditation, admin_user):
    award = PointAward.objects.get()
    points.correct(award=award, points=Decimal(6), reason="Telfout", actor=admin_user)
    awards = PointAward.objects.select_related("category", "accreditation")
    assert len(awards) == 3

    assert sorted(rows_of(register, people=[learner.pk])[learner.pk]) == sorted(pure_rows(awards))
    assert rows_of(register, people=[admin_user.pk]) == {}


def test_leave_moves_the_deadline_where_the_rule_knows_it_and_the_dossier_says_so(learner, register):
    Leave.objects.create(user=learner, kind="birth", first_day=date(2025, 1, 1), last_day=date(2025, 1, 31))
    assert (the_standing(learner).leave_days, the_standing(learner).leave_known) == (0, False)

    RegisterRule.objects.get().leave_rules.create(kind="birth", minimum_days=10)

    standing = the_standing(learner)
    assert (standing.leave_days, standing.leave_known, standing.evaluation.last_day) == (31, True, date(2027, 1, 31))
    assert not standing.confirmed  # nobody confirmed that leave counts


def test_the_rules_of_all_five_registers_say_what_their_sources_say():
    reference.load()

    def asks(register, section="", until=None):
        rule = RegisterRule.objects.get(register__code=register, section=section, applies_until=until)
        lines = {c.code: (c.minimum, c.maximum) for c in next(d for d in dated_rules(rule.register) if d.key == rule.pk).rule.categories}
        return rule, lines

    rule, lines = asks("kwaliteitsregister-vv", "verpleegkundige")
    assert (rule.total, lines["geaccrediteerd"], rule.work_hours, rule.reminder_weeks) == (184, (80, None), 2080, [12])
    rule, lines = asks("kwaliteitsregister-vv", "verpleegkundige", date(2027, 6, 30))
    assert (rule.total, lines["geaccrediteerd"]) == (147, (64, None))
    rule, lines = asks("kwaliteitsregister-vv", "verzorgende")
    assert (rule.total, lines["geaccrediteerd"]) == (184, (60, None))
    rule, lines = asks("register-zorgprofessionals")
    assert (rule.total, lines["geaccrediteerd"], lines["deelregister"]) == (184, (80, None), (40, None))
    rule, lines = asks("vs-register")
    assert (rule.total, rule.unit, rule.work_hours, rule.patient_care_hours, rule.confirmed) == (200, "hours", 4160, 2080, False)
    assert (lines["scholing"], lines["scholing-elders"], lines["ict"], lines["oda"]) == ((100, None), (None, 25), (40, None), (None, 60))
    rule, lines = asks("vs-register", until=date(2025, 12, 31))
    assert (rule.total, rule.work_hours) == (160, 3744)
    assert (lines["scholing"], lines["ict"], lines["oda"]) == ((85, None), (25, None), (None, 50))
    rule, lines = asks("rgs-gaia")
    assert (rule.total, lines["nascholing"], lines["ict"], lines["evaluatie"]) == (200, (200, None), (40, None), (None, 25))
    assert (rule.weekly_hours, rule.categories.get(category__code="evaluatie").times) == (16, 1)
    rule, lines = asks("nvka-voorbeeld")
    assert not rule.confirmed
    assert not any(term.confirmed for term in rule.leave_rules.all())
