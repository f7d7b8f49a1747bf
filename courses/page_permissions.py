"""Who may work on the pages of a course: Wagtail's groups say who edits at all, the course's organisation says who edits this one."""

from django.db.models import Q, QuerySet
from wagtail.models import Page, PagePermissionTester, TaskState

from accounts.models import Organisation, User
from accounts.permissions import Action, may, organisations_where

PUBLISHING = {"publish", "lock", "unlock", "bulk_delete"}


class CoursePagePermissions(PagePermissionTester):
    """Wagtail's own, narrowed to the organisation of the course."""

    def __init__(self, user: User, page: Page, organisation: Organisation) -> None:
        super().__init__(user, page)
        self.permissions: set[str] = getattr(self, "permissions", set())
        self.is_ours = may(user, Action.AUTHOR_COURSES, organisation)
        if user.is_superuser or not user.is_active:
            return
        if not self.is_ours:
            self.permissions = set()
        elif not may(user, Action.PUBLISH_RELEASES, organisation):
            self.permissions -= PUBLISHING

    def can_edit(self) -> bool:
        # Wagtail lets whoever has a workflow task edit the page; here that holds within the organisation only.
        return self.is_ours and bool(super().can_edit())


class CataloguePermissions(PagePermissionTester):
    """The catalogue holds the courses of every organisation: each adds its own, and the page itself is the superuser's."""

    def __init__(self, user: User, page: Page) -> None:
        super().__init__(user, page)
        self.permissions: set[str] = getattr(self, "permissions", set()) & {"add", "publish"}

    def can_edit(self) -> bool:
        return bool(self.user.is_superuser and super().can_edit())

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return bool(self.user.is_superuser and super().can_delete(ignore_bulk))

    def can_publish(self) -> bool:
        # Also asked before someone shuts the page off from visitors, and with it every course below it.
        return bool(self.user.is_superuser and super().can_publish())

    def can_unpublish(self) -> bool:
        return bool(self.user.is_superuser and super().can_unpublish())

    def can_reorder_children(self) -> bool:
        return bool(self.user.is_superuser and super().can_reorder_children())


def task_states_to_review(states: QuerySet[TaskState], *, user: User) -> QuerySet[TaskState]:
    """Of these running tasks, those on pages of courses whose releases this person may publish."""
    from courses.models import CoursePage  # noqa: PLC0415 - the pages hold these permissions

    within = Q(pk__in=[])
    for path in CoursePage.objects.filter(organisation__in=organisations_where(user, Action.PUBLISH_RELEASES)).values_list(
        "path", flat=True
    ):
        within |= Q(path__startswith=path)
    pages = [str(pk) for pk in Page.objects.filter(within).values_list("pk", flat=True)]
    return states.filter(revision__object_id__in=pages)
