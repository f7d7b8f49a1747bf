import pytest
from django.contrib.auth.models import Group, Permission
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from wagtail.models import GroupPagePermission, Page, Workflow, WorkflowPage, WorkflowTask

from accounts.models import AuditEvent, Role
from courses.enrolment import enrol
from courses.models import Enrolment, LessonPage, Release, ReviewTask
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.courses import catalogue, drafted_course, released_course

pytestmark = pytest.mark.django_db


def editor(organisation, role, *permissions):
    """Someone with this role, in a group of the editor that may do this to every page."""
    user = MembershipFactory(organisation=organisation, role=role).user
    group = Group.objects.create(name=f"Redactie {user.pk}")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in permissions:
        GroupPagePermission.objects.create(
            group=group, page=catalogue(), permission=Permission.objects.get(codename=codename, content_type__app_label="wagtailcore")
        )
    user.groups.add(group)
    return user


ALL = ["add_page", "change_page", "publish_page"]


@pytest.fixture
def course():
    return drafted_course(lessons=2)


def test_an_author_changes_the_courses_of_their_own_organisation_only(course, client):
    author = editor(course.organisation, Role.AUTHOR, *ALL)
    lesson = LessonPage.objects.descendant_of(course).first()
    other = LessonPage.objects.descendant_of(drafted_course()).first()
    client.force_login(author)

    assert client.get(f"/cms/pages/{lesson.pk}/edit/").status_code == 200
    assert not other.permissions_for_user(author).can_edit()
    assert client.get(f"/cms/pages/{other.pk}/edit/").status_code == 302
    assert not Page.objects.get(pk=other.pk).permissions_for_user(author).can_edit()


def test_an_author_submits_and_someone_who_publishes_approves(course):
    workflow = Workflow.objects.create(name="Nakijken")
    WorkflowTask.objects.create(workflow=workflow, task=ReviewTask.objects.create(name="Nakijken"), sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=catalogue())
    author = editor(course.organisation, Role.AUTHOR, *ALL)
    chair = editor(course.organisation, Role.ASSOCIATION_ADMIN, *ALL)
    outsider = editor(drafted_course().organisation, Role.ASSOCIATION_ADMIN, *ALL)
    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.title = "Verbeterde les"
    lesson.save_revision(user=author)
    assert not lesson.permissions_for_user(author).can_publish()
    assert lesson.permissions_for_user(author).can_submit_for_moderation()

    state = workflow.start(lesson, author)

    task = state.current_task_state.task.specific
    assert [name for name, _label, _form in task.get_actions(lesson, chair)] == ["reject", "approve", "approve"]
    assert task.get_actions(lesson, outsider) == task.get_actions(lesson, author) == []
    assert list(task.get_task_states_user_can_moderate(chair)) == [state.current_task_state]
    assert not task.get_task_states_user_can_moderate(outsider).exists()
    state.current_task_state.approve(user=chair)
    assert LessonPage.objects.get(pk=lesson.pk).title == "Verbeterde les"


def test_the_editor_names_what_has_to_be_mended(course, client):
    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.sources, lesson.title = [], "Zonder bron"
    lesson.save()
    client.force_login(editor(course.organisation, Role.AUTHOR, *ALL))

    assertContains(client.get(f"/cms/pages/{lesson.pk}/edit/"), "Noem minstens één bron")
    assertContains(client.get(f"/cms/pages/{course.pk}/edit/"), "Zonder bron")


def test_publishing_a_release_is_offered_to_who_may(course, client):
    author = editor(course.organisation, Role.AUTHOR, *ALL)
    chair = editor(course.organisation, Role.ASSOCIATION_ADMIN, *ALL)
    outsider = editor(drafted_course().organisation, Role.ASSOCIATION_ADMIN, *ALL)
    url = f"/cms/cursussen/{course.pk}/uitgave/"

    client.force_login(author)
    assertNotContains(client.get(f"/cms/pages/{course.pk}/edit/"), url)
    for person in (author, outsider):
        client.force_login(person)
        for address in (url, f"/cms/cursussen/{course.pk}/uitgaven/"):
            # Wagtail answers a refusal in its editor with its front page and a message.
            assert client.get(address).status_code in (302, 403)
        client.post(url, {"note": ""})
    assert not Release.objects.exists()

    client.force_login(chair)
    assertContains(client.get(f"/cms/pages/{course.pk}/edit/"), url)
    assertContains(client.get(url), "Nieuwe les")
    assertRedirects(client.post(url, {"note": "Eerste"}), f"/cms/cursussen/{course.pk}/uitgaven/")
    assert Release.objects.get().note == "Eerste"
    assertContains(client.get(url), "Er is niets veranderd")


def test_a_release_that_is_not_ready_is_refused_with_the_reasons(course, client):
    LessonPage.objects.descendant_of(course).first().delete()
    lesson = LessonPage.objects.descendant_of(course).last()
    lesson.review_by = None
    lesson.save()
    client.force_login(editor(course.organisation, Role.ASSOCIATION_ADMIN, *ALL))

    response = client.post(f"/cms/cursussen/{course.pk}/uitgave/", {"note": ""})

    assertContains(response, "Er is niets uitgebracht")
    assertContains(response, "opnieuw nagekeken moeten worden")
    assert not Release.objects.exists()


def test_moving_learners_shows_first_and_acts_on_who_was_chosen(client):
    old = released_course(lessons=1)
    stays, goes = enrol(learner=UserFactory(), course=old.course), enrol(learner=UserFactory(), course=old.course)
    new = released_course(lessons=2, course=old.course)
    client.force_login(editor(old.course.organisation, Role.ASSOCIATION_ADMIN, *ALL))
    url = f"/cms/cursussen/{old.course.pk}/uitgaven/2/overzetten/"

    response = client.get(url)

    assertContains(response, "Rond les ‘Les 2’ af", count=2)
    assert AuditEvent.objects.filter(event="move-previewed", dossier_owner=stays.learner).exists()
    assert not Enrolment.objects.filter(release=new).exists()
    client.post(url, {"enrolment": [str(goes.uuid)]})
    assert list(Enrolment.objects.filter(release=new)) == [goes]


def test_only_who_publishes_sees_who_would_move(client):
    old = released_course(lessons=1)
    enrol(learner=UserFactory(last_name="Geheim"), course=old.course)
    released_course(lessons=2, course=old.course)
    url = f"/cms/cursussen/{old.course.pk}/uitgaven/2/overzetten/"

    for person in (
        editor(old.course.organisation, Role.AUTHOR, *ALL),
        editor(drafted_course().organisation, Role.ASSOCIATION_ADMIN, *ALL),
        UserFactory(),
    ):
        client.force_login(person)
        assert "Geheim" not in client.get(url).content.decode()
    assert not AuditEvent.objects.filter(event="move-previewed").exists()
