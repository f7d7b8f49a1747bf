"""Courses, releases and enrolments for tests."""

import uuid
from datetime import date
from typing import Any

import factory
from wagtail.models import Locale, Page, Site

from courses.blocks import blocks_of
from courses.models import CourseIndexPage, CoursePage, Enrolment, LessonPage, ModulePage, Release, ReleaseActivity, ReleaseLesson, Theme
from tests.factories.accounts import OrganisationFactory, UserFactory


class ThemeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Theme

    code = factory.Sequence(lambda n: f"thema-{n}")
    name = factory.Sequence(lambda n: f"Thema {n}")


class PageFactory(factory.django.DjangoModelFactory):
    """A page of Wagtail, added under `parent`."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Page], *args: Any, parent: Page, **fields: Any) -> Page:
        many = {name: fields.pop(name) for name in ["professions"] if name in fields}
        page = parent.add_child(instance=model_class(**fields))
        for name, values in many.items():
            getattr(page, name).set(values)
            page.save()
        return page


def catalogue() -> CourseIndexPage:
    """The one catalogue, at /cursus/ of the default site; also where a test with real transactions has emptied the tables."""
    existing = CourseIndexPage.objects.first()
    if existing:
        return existing
    Locale.objects.get_or_create(language_code="nl")
    home = Page.objects.filter(depth=2).first()
    if home is None:
        home = Page.add_root(instance=Page(title="Root", slug="root")).add_child(instance=Page(title="Start", slug="start"))
    if not Site.objects.exists():
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return home.add_child(instance=CourseIndexPage(title="Cursusaanbod", slug="cursus"))


class CourseFactory(PageFactory):
    class Meta:
        model = CoursePage

    parent = factory.LazyFunction(catalogue)
    title = factory.Sequence(lambda n: f"Cursus {n}")
    slug = factory.Sequence(lambda n: f"cursus-{n}")
    organisation = factory.SubFactory(OrganisationFactory)
    course_owner = factory.SubFactory(UserFactory)
    summary = "Waar deze cursus over gaat."
    intro = "<p>Wat je leert.</p>"
    theme = factory.SubFactory(ThemeFactory)
    form = CoursePage.Form.ELEARNING


class ModuleFactory(PageFactory):
    class Meta:
        model = ModulePage

    parent = factory.SubFactory(CourseFactory)
    title = factory.Sequence(lambda n: f"Module {n}")
    slug = factory.Sequence(lambda n: f"module-{n}")


class LessonFactory(PageFactory):
    class Meta:
        model = LessonPage

    parent = factory.SubFactory(ModuleFactory)
    title = factory.Sequence(lambda n: f"Les {n}")
    slug = factory.Sequence(lambda n: f"les-{n}")
    minutes = 10
    objectives = factory.LazyFunction(lambda: [{"type": "objective", "value": {"text": "Je legt uit waarom.", "competencies": []}}])
    sources = factory.LazyFunction(
        lambda: [{"type": "source", "value": {"title": "Een bron", "publisher": "Demo", "date": "2025-10", "locator": "p. 1", "url": ""}}]
    )
    review_by = date(2030, 1, 1)
    body = factory.LazyFunction(lambda: [{"type": "text", "value": "<p>De tekst van de les.</p>", "id": str(uuid.uuid4())}])


class EnrolmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Enrolment

    learner = factory.SubFactory(UserFactory)
    release = factory.LazyFunction(lambda: released_course())
    course = factory.SelfAttribute("release.course")


def released_course(
    *,
    lessons: int = 2,
    activities: list[dict[str, Any]] | None = None,
    completion: dict[str, Any] | None = None,
    course: CoursePage | None = None,
) -> Release:
    """A course with a release, put straight into the tables: `lessons` lessons, the activities all in the last one.

    Each activity is a dict of fields of ReleaseActivity, for instance {"key": "toets", "kind": "questions", "settings": {}}.
    """
    course = course or CourseFactory()
    number = course.releases.count() + 1
    rule = completion if completion is not None else {"all_of": [{"lessons_viewed": "all"}]}
    release = Release.objects.create(course=course, number=number, title=course.title, completion=rule, published_by=course.course_owner)
    made = [
        ReleaseLesson.objects.create(
            release=release,
            uuid=uuid.uuid5(course.uuid, f"les-{n}"),
            slug=f"les-{n}",
            title=f"Les {n}",
            module_title="Module 1",
            module_number=1,
            order=n,
            minutes=10,
            review_by=date(2030, 1, 1),
            body=[
                {"type": "text", "value": f"<p>De tekst van les {n}.</p>", "id": str(uuid.uuid5(course.uuid, f"tekst-{n}"))},
                *(_places(course, activities or []) if n == lessons else []),
            ],
        )
        for n in range(1, lessons + 1)
    ]
    for order, fields in enumerate(activities or [], start=1):
        ReleaseActivity.objects.create(
            **{
                "release": release,
                "lesson": made[-1],
                "uuid": uuid.uuid5(course.uuid, fields["key"]),
                "title": fields["key"].capitalize(),
                "kind": "questions",
                "order": order,
                **fields,
            }
        )
    return release


def _places(course: CoursePage, activities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where the activities stand in the body of their lesson."""
    return [
        {
            "type": f"activity_{fields.get('kind', 'questions')}",
            "value": {},
            "id": str(fields.get("uuid") or uuid.uuid5(course.uuid, fields["key"])),
        }
        for fields in activities
    ]


class PlainKind:
    """A kind of activity that keeps nothing and finds nothing wrong, for tests that are not about one kind."""

    template = "courses/activities/unknown.html"

    def __init__(self, code: str, answers: set[str]) -> None:
        self.code = code
        self.answers = frozenset(answers)

    def freeze(self, value: Any, *, course: CoursePage) -> dict[str, Any]:
        return {}

    def problems(self, value: Any, *, course: CoursePage) -> list[str]:
        return []

    def context(self, request: Any, *, activity: ReleaseActivity, enrolment: Enrolment | None) -> dict[str, Any]:
        return {}


def drafted_course(
    *, lessons: int = 2, rule: list[dict[str, Any]] | None = None, body: list[dict[str, Any]] | None = None, **fields: Any
) -> CoursePage:
    """A course as an author made it in the CMS, published but not yet released; `body` is added to the last lesson."""
    completion = blocks_of(rule if rule is not None else [{"lessons_viewed": "all"}])
    course = CourseFactory(completion=completion, **fields)
    module = ModuleFactory(parent=course)
    for number in range(1, lessons + 1):
        lesson = LessonFactory(parent=module)
        if number == lessons and body:
            lesson.body = [*lesson.body.get_prep_value(), *body]
            lesson.save()
    return course
