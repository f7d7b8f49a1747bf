import uuid
from datetime import date

import pytest

from accounts.models import AuditEvent, Role
from courses import activities
from courses.checks import findings_in_lesson, findings_of
from courses.models import LessonPage, Release, ReleaseLesson
from courses.models.releases import NeverChanged
from courses.releases import PublishRefused, changes_since_last_release, publish_release
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.courses import LessonFactory, PlainKind, drafted_course, released_course

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_kinds(monkeypatch):
    monkeypatch.setitem(activities.KINDS, "reflection", PlainKind("reflection", {"answered"}))


def reflection(key="nadenken", uid=None):
    return {
        "type": "activity_reflection",
        "id": str(uid or uuid.uuid4()),
        "value": {"key": key, "title": "Denk na", "minutes": 5, "intro": "<p>Rustig aan.</p>", "prompt": "<p>Wat nu?</p>"},
    }


def publisher_of(course):
    return MembershipFactory(organisation=course.organisation, role=Role.ASSOCIATION_ADMIN).user


def test_a_release_copies_lessons_and_activities_with_their_names():
    uid = uuid.uuid4()
    course = drafted_course(body=[reflection(uid=uid)], rule=[{"lessons_viewed": "all"}, {"answered": "nadenken"}])

    release = publish_release(course, by=publisher_of(course), note="Eerste uitgave")

    pages = list(LessonPage.objects.descendant_of(course))
    assert (release.number, release.completion) == (1, {"all_of": [{"lessons_viewed": "all"}, {"answered": "nadenken"}]})
    assert list(release.lessons.values_list("uuid", "slug", "order")) == [
        (page.uuid, page.slug, order) for order, page in enumerate(pages, start=1)
    ]
    activity = release.activities.get()
    assert (activity.uuid, activity.key, activity.kind, activity.settings) == (
        uid,
        "nadenken",
        "reflection",
        {"intro": "<p>Rustig aan.</p>"},
    )
    assert AuditEvent.objects.get(event="release-published").details["release"] == 1


def test_editing_the_course_leaves_a_release_as_it_was():
    course = drafted_course()
    by = publisher_of(course)
    first = publish_release(course, by=by, note="")
    before = list(first.lessons.values())

    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.title, lesson.body = "Anders", [{"type": "text", "value": "<p>Anders.</p>"}]
    lesson.save()
    LessonPage.objects.descendant_of(course).last().delete()

    assert list(first.lessons.values()) == before
    assert [change.text for change in changes_since_last_release(course)] == ["Les gewijzigd", "Les vervalt"]
    assert publish_release(course, by=by, note="").number == 2
    assert list(first.lessons.values()) == before


def test_nothing_changed_is_no_change():
    course = drafted_course(body=[reflection()])
    publish_release(course, by=publisher_of(course), note="")

    assert changes_since_last_release(course) == []


def test_what_is_released_is_never_changed_or_deleted():
    release = released_course(activities=[{"key": "toets"}])
    lesson = release.lessons.first()
    for attempt in [
        release.save,
        release.delete,
        lesson.save,
        lesson.delete,
        release.activities.get().delete,
        Release.objects.all().delete,
        lambda: ReleaseLesson.objects.update(title="Anders"),
        lambda: release.lessons.update(title="Anders"),
    ]:
        with pytest.raises(NeverChanged):
            attempt()


@pytest.mark.parametrize("role", [Role.LEARNER, Role.AUTHOR, Role.TEACHER, Role.ACCREDITATION_ADMIN])
def test_a_release_is_an_act_of_who_may(role):
    course = drafted_course()

    with pytest.raises(PublishRefused):
        publish_release(course, by=MembershipFactory(organisation=course.organisation, role=role).user, note="")
    with pytest.raises(PublishRefused):
        publish_release(course, by=MembershipFactory(role=Role.ASSOCIATION_ADMIN).user, note="")
    with pytest.raises(PublishRefused):
        publish_release(course, by=UserFactory(), note="")

    assert not Release.objects.exists()


def test_everything_to_mend_is_named_at_once():
    course = drafted_course(
        body=[reflection("dubbel"), reflection("dubbel")],
        rule=[
            {"answered": "bestaat-niet"},
            {"passed": {"activity": "dubbel", "at_least": 70}},
            {"n_of": {"n": 3, "rules": [{"answered": "dubbel"}]}},
            {"all_of": []},
        ],
    )
    bare = LessonFactory(parent=LessonPage.objects.descendant_of(course).first().get_parent(), sources=[], review_by=None, title="Kaal")

    with pytest.raises(PublishRefused) as refused:
        publish_release(course, by=publisher_of(course), note="")

    assert refused.value.problems == [
        "De naam ‘dubbel’ staat bij 2 activiteiten; geef elke activiteit een eigen naam.",
        "Kaal: Noem minstens één bron met een datum.",
        "Kaal: Vul in wanneer de feiten opnieuw nagekeken moeten worden.",
        "Afrondingsregel: Er is geen activiteit met de naam ‘bestaat-niet’.",
        "Afrondingsregel: De activiteit ‘dubbel’ kan niet ‘gehaald’ worden.",
        "Afrondingsregel: Een groep vraagt er 3, maar bevat er 1.",
        "Afrondingsregel: Een groep is leeg.",
    ]
    assert bare.pk in {finding.page for finding in findings_of(course)}
    assert not Release.objects.exists()


def test_a_picture_without_a_description_is_named_unless_it_only_decorates(monkeypatch):
    def picture(**fields):
        return {
            "type": "image",
            "value": {"image": None, "alt_text": "", "decorative": False, "caption": "", "long_description": "", **fields},
        }

    course = drafted_course(body=[picture(), picture(decorative=True), picture(alt_text="Een schema")])

    texts = [finding.text for finding in findings_of(course)]

    assert texts.count("Een beeld heeft geen alternatieve tekst.") == 1


def test_a_course_without_a_rule_is_refused():
    course = drafted_course(rule=[])

    with pytest.raises(PublishRefused, match="afrondingsregel"):
        publish_release(course, by=publisher_of(course), note="")


def test_facts_past_their_review_date_are_named_but_do_not_block(time_machine):
    course = drafted_course()
    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.review_by = date(2026, 3, 1)

    time_machine.move_to("2026-03-01T22:59:00Z")
    assert findings_in_lesson(lesson, course=course) == []

    time_machine.move_to("2026-03-01T23:01:00Z")  # 2 March in Amsterdam
    [finding] = findings_in_lesson(lesson, course=course)
    assert not finding.blocks


def test_a_room_above_can_block_or_warn(settings):
    course = drafted_course()
    settings.COURSES_EXTRA_CHECKS = ["tests.courses.test_releases.expired"]

    assert findings_of(course)[-1].text == "De accreditatie is verlopen."
    assert publish_release(course, by=publisher_of(course), note="").number == 1


def expired(course):
    return [("De accreditatie is verlopen.", False)]
