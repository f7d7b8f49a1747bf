import uuid
from datetime import UTC, datetime

import pytest

from courses.explanation import why_not_yet
from courses.iris import course_iri, part_iri
from courses.models import ActivityProgress, CourseProgress, LessonProgress
from courses.progress import satisfied_id
from courses.recording import record
from lrs.actors import actor_of
from lrs.models import Source, Statement
from lrs.profiles import adl, vakwijs
from lrs.projections import rebuild
from lrs.store import append
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)  # statements are projected after commit

TEST = {"key": "toets", "kind": "questions"}
RULE = {"all_of": [{"lessons_viewed": "all"}, {"passed": {"activity": "toets", "at_least": 70}}]}


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


@pytest.fixture
def enrolment():
    return EnrolmentFactory(release=released_course(lessons=2, activities=[TEST], completion=RULE))


def finish_lessons(enrolment):
    for lesson in enrolment.release.lessons.all():
        record(enrolment=enrolment, verb=adl.COMPLETED, subject=lesson)


def passed(scaled):
    return {"score": {"scaled": scaled}, "success": True, "completion": True}


def rows():
    lessons = list(LessonProgress.objects.order_by("lesson").values("enrolment", "lesson", "opened_at", "viewed_at"))
    activities = [
        {name: value for name, value in row.items() if name != "id"} for row in ActivityProgress.objects.order_by("activity").values()
    ]
    return lessons, activities, list(CourseProgress.objects.values())


def test_opening_a_lesson_is_not_finishing_it(enrolment):
    lesson = enrolment.release.lessons.first()

    record(enrolment=enrolment, verb=adl.EXPERIENCED, subject=lesson)

    row = LessonProgress.objects.get()
    assert (row.lesson, row.viewed_at) == (lesson.uuid, None)
    assert CourseProgress.objects.get().share == 0


def test_the_last_requirement_completes_the_course_once(enrolment):
    finish_lessons(enrolment)
    assert CourseProgress.objects.get().share == pytest.approx(2 / 3)

    for scaled in (0.5, 0.8, 0.9):
        record(
            enrolment=enrolment,
            verb=adl.PASSED if scaled > 0.7 else adl.FAILED,
            subject=enrolment.release.activities.get(),
            result=passed(scaled),
        )

    satisfied = Statement.objects.with_verb(adl.SATISFIED).get()
    assert (satisfied.uuid, satisfied.activity, satisfied.source) == (
        satisfied_id(enrolment),
        course_iri(enrolment.course.uuid),
        Source.SERVER,
    )
    progress = CourseProgress.objects.get()
    assert (progress.share, progress.satisfied_at) == (1.0, satisfied.timestamp)
    assert ActivityProgress.objects.get().best_score == 0.9


@pytest.mark.parametrize("source", [Source.LEARNER_SESSION, Source.TOOL, Source.OUTSIDE])
def test_a_forged_pass_earns_nothing(enrolment, source):
    finish_lessons(enrolment)

    record(enrolment=enrolment, verb=adl.PASSED, subject=enrolment.release.activities.get(), result=passed(1.0), source=source)

    row = ActivityProgress.objects.get()
    assert (row.best_score, row.reported_score) == (None, 1.0)
    assert row.answered_at is not None
    assert not Statement.objects.with_verb(adl.SATISFIED).exists()


@pytest.mark.parametrize("verb", [adl.ATTENDED, vakwijs.JUDGED, vakwijs.EVALUATED])
def test_attendance_judgement_and_evaluation_come_from_our_own_server_only(enrolment, verb):
    record(
        enrolment=enrolment, verb=verb, subject=enrolment.release.activities.get(), result={"success": True}, source=Source.LEARNER_SESSION
    )

    assert not ActivityProgress.objects.exists()


def test_a_forged_completion_of_the_course_or_a_lesson_earns_nothing(enrolment):
    record(enrolment=enrolment, verb=adl.SATISFIED, source=Source.LEARNER_SESSION)
    record(enrolment=enrolment, verb=adl.COMPLETED, subject=enrolment.release.lessons.first(), source=Source.LEARNER_SESSION)

    assert rows() == ([], [], [])


def test_nobody_can_write_in_the_enrolment_of_another(enrolment):
    other = EnrolmentFactory(release=enrolment.release)

    append(
        [
            {
                "actor": actor_of(other.learner.pseudonym),
                "verb": {"id": adl.PASSED},
                "object": {"id": part_iri(enrolment.course.uuid, enrolment.release.activities.get().uuid)},
                "context": {"registration": str(enrolment.uuid)},
                "result": passed(1.0),
            }
        ],
        source=Source.SERVER,
    )

    assert rows() == ([], [], [])


def test_a_piece_of_an_activity_changes_nothing(enrolment):
    activity = enrolment.release.activities.get()

    append(
        [
            {
                "actor": actor_of(enrolment.learner.pseudonym),
                "verb": {"id": adl.ANSWERED},
                "object": {"id": part_iri(enrolment.course.uuid, activity.uuid, "vraag-1")},
                "context": {"registration": str(enrolment.uuid)},
                "result": passed(1.0),
            }
        ],
        source=Source.SERVER,
    )

    assert rows() == ([], [], [])


def test_an_activity_that_no_release_has_leaves_no_row(enrolment):
    stranger = EnrolmentFactory(release=released_course(activities=[TEST])).release.activities.get()

    record(enrolment=enrolment, verb=adl.ANSWERED, subject=stranger)

    assert not ActivityProgress.objects.exists()


def test_work_judged_insufficient_is_not_sufficient():
    release = released_course(activities=[{"key": "werk", "kind": "assignment"}], completion={"all_of": [{"judged_sufficient": "werk"}]})
    enrolment = EnrolmentFactory(release=release)
    work = release.activities.get()

    record(enrolment=enrolment, verb=adl.COMPLETED, subject=work)
    record(enrolment=enrolment, verb=vakwijs.JUDGED, subject=work, result={"success": False})
    assert why_not_yet(enrolment).children[0].stands == "Ingeleverd; nog niet als voldoende beoordeeld"

    record(enrolment=enrolment, verb=vakwijs.JUDGED, subject=work, result={"success": True})
    assert CourseProgress.objects.get().satisfied_at is not None


def test_rebuilding_gives_the_same_rows(enrolment):
    finish_lessons(enrolment)
    activity = enrolment.release.activities.get()
    record(enrolment=enrolment, verb=adl.FAILED, subject=activity, result=passed(0.4), at=datetime(2026, 3, 1, tzinfo=UTC))
    record(enrolment=enrolment, verb=adl.PASSED, subject=activity, result=passed(0.8), at=datetime(2026, 3, 2, tzinfo=UTC))
    record(enrolment=enrolment, verb=adl.PASSED, subject=activity, result=passed(0.8), at=datetime(2026, 3, 3, tzinfo=UTC))
    before, statements = rows(), Statement.objects.count()

    rebuild(enrolment.learner.pseudonym)

    assert rows() == before
    assert Statement.objects.count() == statements
    assert before[1][0]["scored_at"] == datetime(2026, 3, 2, tzinfo=UTC)


def test_attendance_that_is_taken_back_no_longer_counts():
    release = released_course(
        activities=[{"key": "dag", "kind": "session"}], completion={"all_of": [{"attended": "dag"}, {"lessons_viewed": "all"}]}
    )
    enrolment = EnrolmentFactory(release=release)
    marked = record(enrolment=enrolment, verb=adl.ATTENDED, subject=release.activities.get())
    assert ActivityProgress.objects.get().attended_at

    append(
        [
            {
                "actor": actor_of(enrolment.learner.pseudonym),
                "verb": {"id": adl.VOIDED},
                "object": {"objectType": "StatementRef", "id": str(marked)},
                "id": str(uuid.uuid4()),
            }
        ],
        source=Source.SERVER,
    )

    assert not ActivityProgress.objects.exists()


def test_a_tool_that_takes_the_id_of_the_completion_first_does_not_keep_the_learner_from_finishing(enrolment):
    taken = {
        "id": str(satisfied_id(enrolment)),
        "actor": actor_of(enrolment.learner.pseudonym),
        "verb": {"id": adl.EXPERIENCED},
        "object": {"id": "https://elders.example/iets"},
    }
    append([taken], source=Source.OUTSIDE)

    finish_lessons(enrolment)
    record(enrolment=enrolment, verb=adl.PASSED, subject=enrolment.release.activities.get(), result=passed(0.9))
    record(enrolment=enrolment, verb=adl.PASSED, subject=enrolment.release.activities.get(), result=passed(1.0))

    assert Statement.objects.with_verb(adl.SATISFIED).filter(source=Source.SERVER).count() == 1
    assert CourseProgress.objects.get().satisfied_at is not None
