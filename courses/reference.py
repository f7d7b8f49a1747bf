"""What every installation needs of this room: themes, the catalogue, and who may work on and approve courses."""

from django.utils.translation import gettext as _
from wagtail.models import Workflow, WorkflowPage, WorkflowTask

from accounts import editors
from cms import reference as site
from courses.models import CourseIndexPage, ReviewTask, Theme

THEMES = [
    ("gesprek-over-werk", "Gesprek over werk"),
    ("kag-opleiding", "Opleiding tot KAG"),
    ("samenwerken", "Samenwerken"),
    ("samenwerking", "Samenwerking"),
]


def load() -> CourseIndexPage:
    """Add what is missing; names that an administrator changed stay. Gives the catalogue."""
    for code, name in THEMES:
        Theme.objects.get_or_create(code=code, defaults={"name": name})
    catalogue = CourseIndexPage.objects.first()
    if catalogue is None:
        catalogue = CourseIndexPage(title=_("Cursussen"), slug="cursus", show_in_menus=True)
        site.load().add_child(instance=catalogue)
    editors.open_pages(catalogue)
    _approval(catalogue)
    return catalogue


def _approval(catalogue: CourseIndexPage) -> None:
    """What an author submits is looked at by those who may publish."""
    if WorkflowPage.objects.filter(page=catalogue).exists():
        return
    workflow, made = Workflow.objects.get_or_create(name=_("Nakijken door de vereniging"))
    if made:
        WorkflowTask.objects.create(workflow=workflow, task=ReviewTask.objects.create(name=_("Nakijken")), sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=catalogue)
