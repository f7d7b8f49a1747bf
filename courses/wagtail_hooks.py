"""What courses add to Wagtail's editor."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from accounts.models import User
from accounts.permissions import Action, may
from courses import cms_views
from courses.h5p import hooks as h5p_hooks  # noqa: F401 - registers itself
from courses.models import CoursePage
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
