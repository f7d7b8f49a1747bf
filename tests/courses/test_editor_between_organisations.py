"""The editor is one for all organisations; what belongs to one stays there."""

import uuid

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains
from wagtail.documents import get_document_model
from wagtail.models import Collection

from accounts import editors
from accounts.models import Role
from courses.h5p.library import content_for
from courses.models import CoursePage, H5PContent, LessonPage, ModulePage, Question
from courses.questions.kind import QuestionsKind
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.courses import CourseFactory, ModuleFactory, catalogue, drafted_course, released_course
from tests.factories.questions import make_question

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def groups():
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    editors.make_groups()
    editors.open_pages(catalogue())


def someone(role, organisation):
    user = MembershipFactory(organisation=organisation, role=role).user
    editors.keep_groups_in_step(user)
    return user


def test_the_list_of_possible_owners_is_no_list_of_everyone(client):
    course = drafted_course()
    colleague = someone(Role.AUTHOR, course.organisation)
    UserFactory(first_name="Vreemde", last_name="Deelnemer")
    MembershipFactory(user=UserFactory(first_name="Eigen", last_name="Cursist"), organisation=course.organisation, role=Role.LEARNER)
    client.force_login(someone(Role.AUTHOR, course.organisation))

    page = client.get(f"/cms/pages/{course.pk}/edit/")

    assertContains(page, str(colleague))
    assertContains(page, str(course.course_owner))
    assertNotContains(page, "Vreemde Deelnemer")
    assertNotContains(page, "Eigen Cursist")


def test_a_released_course_stays_with_its_organisation():
    release = released_course()
    elsewhere = OrganisationFactory()
    author = someone(Role.AUTHOR, release.course.organisation)
    MembershipFactory(user=author, organisation=elsewhere, role=Role.AUTHOR)
    form_class = CoursePage.get_edit_handler().get_form_class()

    released = form_class(instance=release.course, parent_page=catalogue(), for_user=author)
    draft = form_class(instance=CourseFactory(organisation=release.course.organisation), parent_page=catalogue(), for_user=author)

    assert released.fields["organisation"].disabled
    assert released.initial["organisation"] == release.course.organisation_id
    assert not draft.fields["organisation"].disabled


def test_the_catalogue_itself_is_not_one_organisations_to_close(client):
    page, course = catalogue(), drafted_course()
    client.force_login(someone(Role.ASSOCIATION_ADMIN, course.organisation))

    client.post(f"/cms/pages/{page.pk}/unpublish/", {"include_descendants": "on"})
    client.post(f"/cms/pages/{page.pk}/privacy/", {"restriction_type": "login"})

    page.refresh_from_db()
    assert page.live
    assert not page.view_restrictions.exists()
    assert client.get(f"/cms/pages/{page.pk}/edit/").status_code == 302
    assert client.get(f"/cms/pages/add/courses/coursepage/{page.pk}/").status_code == 200


def test_nobody_touches_the_pages_of_another_organisation(client):
    theirs, ours = drafted_course(), drafted_course()
    module, lesson = ModulePage.objects.descendant_of(theirs).get(), LessonPage.objects.descendant_of(theirs).first()
    own_module = ModulePage.objects.descendant_of(ours).get()
    client.force_login(someone(Role.ASSOCIATION_ADMIN, ours.organisation))

    for address in (
        f"/cms/pages/{lesson.pk}/edit/",
        f"/cms/pages/{lesson.pk}/view_draft/",
        f"/cms/pages/{lesson.pk}/copy/",
        f"/cms/pages/{lesson.pk}/move/",
        f"/cms/pages/{lesson.pk}/history/",
        f"/cms/pages/{lesson.pk}/edit/preview/",
        f"/cms/pages/add/courses/lessonpage/{module.pk}/",
        f"/cms/pages/add/courses/lessonpage/{module.pk}/preview/",
    ):
        assert client.get(address).status_code in (302, 403), address
    client.post(f"/cms/pages/{own_module.pk}/move/{theirs.pk}/confirm/")
    client.post(f"/cms/bulk/wagtailcore/page/unpublish/?id={theirs.pk}", {"include_descendants": "on"})
    client.post(f"/cms/bulk/wagtailcore/page/delete/?id={lesson.pk}")
    client.post(f"/cms/pages/{theirs.pk}/privacy/", {"restriction_type": "login"})

    assert ModulePage.objects.child_of(ours).get() == own_module
    assert CoursePage.objects.get(pk=theirs.pk).live
    assert not theirs.view_restrictions.exists()
    assert LessonPage.objects.filter(pk=lesson.pk).exists()


def test_questions_of_another_organisation_do_not_come_into_a_preview_or_by_their_number():
    course, theirs = CourseFactory(), make_question("single_choice", organisation=OrganisationFactory())
    ours = make_question("single_choice", organisation=course.organisation)

    settings = QuestionsKind().freeze({"questions": [theirs, ours]}, course=course)

    assert settings["fixed"] == [ours.versions.get().pk]


def test_choosing_by_number_names_nothing_of_another_organisation(client):
    theirs = make_question("single_choice", organisation=OrganisationFactory(), title="Toetsvraag van een ander")
    content = H5PContent.objects.create(title="Oefening van een ander", organisation=OrganisationFactory())
    author = someone(Role.AUTHOR, OrganisationFactory())
    client.force_login(author)
    assert content not in content_for(author)

    for model, pk in (("question", theirs.pk), ("h5pcontent", content.pk)):
        for address in (
            f"/cms/snippets/choose/courses/{model}/chosen/{pk}/",
            f"/cms/snippets/choose/courses/{model}/chosen-multiple/?id={pk}",
            f"/cms/snippets/courses/{model}/edit/{pk}/",
            f"/cms/snippets/courses/{model}/usage/{pk}/",
            f"/cms/snippets/courses/{model}/history/{pk}/",
            f"/cms/snippets/courses/{model}/delete/{pk}/",
        ):
            assert "van een ander" not in client.get(address).content.decode(), address


def test_a_file_is_replaced_by_nobody_but_who_put_it_there(client):
    owner, other = someone(Role.AUTHOR, OrganisationFactory()), someone(Role.ASSOCIATION_ADMIN, OrganisationFactory())
    document = get_document_model().objects.create(
        title="Werkblad", file=ContentFile(b"van ons", name=f"{uuid.uuid4().hex}.txt"), uploaded_by_user=owner
    )

    client.force_login(other)
    assert client.get(f"/cms/documents/edit/{document.pk}/").status_code == 302
    client.force_login(owner)
    assert client.get(f"/cms/documents/edit/{document.pk}/").status_code == 200


def test_a_module_of_ones_own_course_can_still_be_added(client):
    course = CourseFactory()
    module = ModuleFactory(parent=course)
    client.force_login(someone(Role.AUTHOR, course.organisation))

    assert client.get(f"/cms/pages/add/courses/modulepage/{course.pk}/").status_code == 200
    assert client.get(f"/cms/pages/{module.pk}/edit/").status_code == 200


def test_an_author_finds_a_question_by_course_words_and_kind_and_never_one_of_another_organisation(client):
    course = drafted_course()
    make_question(organisation=course.organisation, course=course, title="Wie belt de bedrijfsarts")
    make_question(organisation=course.organisation, course=CourseFactory(organisation=course.organisation), title="Wie belt er terug")
    make_question(organisation=OrganisationFactory(), title="Wie belt een vreemde")
    client.force_login(someone(Role.AUTHOR, course.organisation))
    address = reverse(Question.snippet_viewset.chooser_viewset.get_url_name("choose_results"))

    everything = client.get(address)
    narrowed = client.get(address, {"q": "belt", "course": course.pk})

    assertContains(everything, "Wie belt er terug")
    assertNotContains(everything, "Wie belt een vreemde")
    assertContains(narrowed, "Wie belt de bedrijfsarts")
    assertNotContains(narrowed, "Wie belt er terug")


def test_the_editor_opens_with_the_courses_of_an_author_and_a_way_to_make_one(client):
    course, other = drafted_course(), drafted_course()
    client.force_login(someone(Role.AUTHOR, course.organisation))

    home = client.get("/cms/")

    assertContains(home, f"/cms/pages/{course.pk}/edit/")
    assertNotContains(home, f"/cms/pages/{other.pk}/edit/")
    assertContains(home, f"/cms/pages/add/courses/coursepage/{catalogue().pk}/")
    assertNotContains(home, "gravatar")


def test_a_course_shows_its_modules_and_lessons_with_drafts_and_where_to_add_one(client):
    course = drafted_course(lessons=2)
    lesson = LessonPage.objects.descendant_of(course).first()
    lesson.unpublish()
    module = ModulePage.objects.child_of(course).get()
    client.force_login(someone(Role.AUTHOR, course.organisation))

    page = client.get(f"/cms/pages/{course.pk}/edit/")

    assertContains(page, f"/cms/pages/{lesson.pk}/edit/")
    assertContains(page, f"/cms/pages/add/courses/lessonpage/{module.pk}/")
    assertContains(page, f"/cms/pages/add/courses/modulepage/{course.pk}/")
    # An author without the right to publish discusses the page too.
    assertContains(page, 'id="comments-data"')
