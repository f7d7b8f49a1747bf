"""What courses add to Wagtail's editor."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Max
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets import Button
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from accounts.models import User
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from courses import cms_views
from courses.h5p import hooks as h5p_hooks  # noqa: F401 - registers itself
from courses.models import CourseIndexPage, CoursePage
from courses.questions.bank_admin import QuestionViewSet

# So that a lesson's blocks can choose them; H5P content is registered in `courses.h5p.hooks`.
register_snippet(QuestionViewSet)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern | URLResolver]:
    own = [
        path("<int:pk>/uitgave/", cms_views.publish, name="publish"),
        path("<int:pk>/uitgaven/", cms_views.releases, name="releases"),
        path("<int:pk>/uitgaven/<int:number>/overzetten/", cms_views.move_learners, name="move"),
    ]
    return [path("cursussen/", include((own, "courses_cms")))]


class MyCourses(Component):
    """The first thing an author sees in the editor: their courses, and where a new one starts."""

    name = "my_courses"
    template_name = "courses/cms/my_courses.html"
    order = 10

    def __init__(self, user: User) -> None:
        self.user = user

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        catalogue = CourseIndexPage.objects.first()
        return {
            "rows": CoursePage.objects.filter(organisation__in=organisations_where(self.user, Action.AUTHOR_COURSES))
            .select_related("organisation")
            .annotate(release_number=Max("releases__number"))
            .order_by("title"),
            "catalogue": catalogue if catalogue and catalogue.permissions_for_user(self.user).can_add_subpage() else None,
        }


@hooks.register("construct_homepage_panels")
def my_courses(request: PersonRequest, panels: list[Component]) -> None:
    if may(request.user, Action.AUTHOR_COURSES):
        panels.insert(0, MyCourses(request.user))


@hooks.register("register_page_header_buttons")
def buttons(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _buttons(page, user)


@hooks.register("register_page_listing_buttons")
def listing_buttons(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _buttons(page, user)


def _buttons(page: Page, user: User) -> Iterator[Button]:
    course = page.specific_deferred
    if isinstance(course, CoursePage) and may(user, Action.PUBLISH_RELEASES, course.organisation):
        yield Button(_("Breng uitgave uit"), url=reverse("courses_cms:publish", args=[page.pk]), icon_name="upload", priority=5)
        yield Button(_("Uitgaven en deelnemers"), url=reverse("courses_cms:releases", args=[page.pk]), icon_name="history", priority=6)


@hooks.register("register_reports_menu_item")
def due_for_review(**kwargs: Any) -> MenuItem:
    return MenuItem(_("Lessen om na te kijken"), reverse("courses:due_for_review"), icon_name="date", order=700)
