import pytest

from courses.models import ActivityProgress, EvaluationAnswers, Reflection
from courses.recording import record
from courses.work.evaluating import EvaluationRefused, fill_in, results_of
from courses.work.reflecting import ReflectionRefused, save_reflection
from lrs.models import Source, Statement
from lrs.profiles import adl, vakwijs
from tests.factories.courses import EnrolmentFactory
from tests.factories.work import course_with_work

pytestmark = pytest.mark.django_db

ANSWERS = {0: "4", 1: "De lessen", 2: "Meer tijd"}


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def enrolment():
    return EnrolmentFactory(release=course_with_work())


def activity(enrolment, key):
    return enrolment.release.activities.get(key=key)


def test_only_that_one_reflected_is_recorded_never_what_was_written(enrolment):
    asked = activity(enrolment, "reflectie")
    save_reflection(enrolment=enrolment, activity=asked, text="Mijn geheim")
    assert not Statement.objects.with_verb(adl.ANSWERED).exists()

    save_reflection(enrolment=enrolment, activity=asked, text="Mijn geheim, af", done=True)
    save_reflection(enrolment=enrolment, activity=asked, text="Mijn geheim, bijgewerkt", done=True)

    statement = Statement.objects.with_verb(adl.ANSWERED).get()
    assert "geheim" not in str(statement.document)
    assert statement.source == Source.SERVER
    assert ActivityProgress.objects.get().answered_at is not None
    assert Reflection.objects.get().text == "Mijn geheim, bijgewerkt"


def test_an_empty_reflection_is_not_done(enrolment):
    with pytest.raises(ReflectionRefused):
        save_reflection(enrolment=enrolment, activity=activity(enrolment, "reflectie"), text="  ", done=True)


def test_a_text_stays_under_the_promise_it_was_written_with(enrolment):
    for key in ("reflectie", "actieplan"):
        save_reflection(enrolment=enrolment, activity=activity(enrolment, key), text="x", done=True)

    assert {row.asked.key: row.shared for row in Reflection.objects.all()} == {"reflectie": False, "actieplan": True}


def test_an_evaluation_is_kept_apart_from_who_gave_it(enrolment):
    fill_in(enrolment=enrolment, activity=activity(enrolment, "evaluatie"), answers=ANSWERS)

    row = EvaluationAnswers.objects.get()
    assert {field.name for field in row._meta.get_fields()} == {"id", "course", "activity", "month", "answers"}
    assert row.month.day == 1
    assert "Meer tijd" not in str(Statement.objects.with_verb(vakwijs.EVALUATED).get().document)
    assert ActivityProgress.objects.get().evaluated_at is not None


def test_an_evaluation_is_filled_in_once(enrolment):
    fill_in(enrolment=enrolment, activity=activity(enrolment, "evaluatie"), answers=ANSWERS)

    with pytest.raises(EvaluationRefused, match="al ingevuld"):
        fill_in(enrolment=enrolment, activity=activity(enrolment, "evaluatie"), answers=ANSWERS)
    assert EvaluationAnswers.objects.count() == 1


@pytest.mark.parametrize("wrong", [{0: ""}, {0: "6"}, {0: "abc"}, {1: "Iets anders"}, {1: ""}])
def test_scales_and_choices_must_be_answered_with_what_there_is_to_choose(enrolment, wrong):
    with pytest.raises(EvaluationRefused) as refused:
        fill_in(enrolment=enrolment, activity=activity(enrolment, "evaluatie"), answers={**ANSWERS, **wrong})

    assert set(refused.value.errors) == set(wrong)
    assert not EvaluationAnswers.objects.exists()


def test_answers_are_shown_from_five_on_and_a_question_that_few_answered_stays_hidden():
    release = course_with_work()
    asked = release.activities.get(key="evaluatie")
    for number in range(4):
        fill_in(
            enrolment=EnrolmentFactory(release=release), activity=asked, answers={0: "3", 1: "De toets", 2: "Zin" if number == 0 else ""}
        )
    four = results_of(course=release.course, activity=asked.uuid)
    assert (four.count, four.shown, four.questions) == (4, False, [])

    fill_in(enrolment=EnrolmentFactory(release=release), activity=asked, answers={0: "5", 1: "De lessen", 2: ""})
    five = results_of(course=release.course, activity=asked.uuid)

    assert five.shown
    assert [(question.type, question.counts) for question in five.questions] == [
        ("scale", [("1", 0), ("2", 0), ("3", 4), ("4", 0), ("5", 1)]),
        ("choice", [("De lessen", 1), ("De toets", 4)]),
    ]
    assert five.questions[0].mean == pytest.approx(3.4)


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_an_evaluation_that_a_browser_reports_earns_nothing(enrolment, source):
    record(enrolment=enrolment, verb=vakwijs.EVALUATED, subject=activity(enrolment, "evaluatie"), source=source)

    assert not ActivityProgress.objects.exists()
