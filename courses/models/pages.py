"""Decided: the course as its author works on it. Learners follow a release of it (`courses.models.releases`)."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Task, TaskState
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from accounts.models import Membership, User
from accounts.permissions import ALLOWED, Action, may, organisations_where
from cms.models import BasePage
from courses.blocks import COMPLETION_BLOCKS, LESSON_BLOCKS, OBJECTIVE_BLOCKS, SOURCE_BLOCKS
from courses.page_permissions import CataloguePermissions, CoursePagePermissions, task_states_to_review
from courses.panels import ChecksPanel, OutlinePanel


@register_snippet
class Theme(models.Model):
    """A subject by which the catalogue is filtered."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("naam"), max_length=120)

    class Meta:
        ordering = ["name"]
        verbose_name = _("thema")
        verbose_name_plural = _("thema's")

    def __str__(self) -> str:
        return self.name


class CourseIndexPage(BasePage):
    """The catalogue, at /cursus/."""

    max_count = 1
    subpage_types = ["courses.CoursePage"]
    admin_default_ordering = "title"
    intro = RichTextField(_("inleiding"), blank=True, features=["bold", "italic", "link"])

    content_panels = [*BasePage.content_panels, FieldPanel("intro")]

    class Meta:
        verbose_name = _("cursusaanbod")

    def permissions_for_user(self, user: User) -> CataloguePermissions:
        return CataloguePermissions(user, self)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.catalogue import search  # noqa: PLC0415 - the catalogue asks these models, and they it when served

        form, found = search(request.GET.dict(), learner=request.user.pk if request.user.is_authenticated else None)
        return {
            **super().get_context(request, *args, **kwargs),
            "form": form,
            "found": found,
            "filtered": bool({*form.changed_data} - {"zoek"}),
        }


class CourseForm(WagtailAdminPageForm):
    """An author chooses among the organisations for which they may make courses; who makes a course keeps it up to date."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.for_user and "organisation" in self.fields:
            organisations = organisations_where(self.for_user, Action.AUTHOR_COURSES)
            self.fields["organisation"].queryset = organisations
            if self.instance.pk is None:
                self.initial["course_owner"] = self.for_user.pk
                self.initial["organisation"] = organisations[0].pk if len(organisations) == 1 else None
            self._keep_organisation()
        if self.for_user and "course_owner" in self.fields:
            self.fields["course_owner"].queryset = self._possible_owners(self.for_user)

    def _keep_organisation(self) -> None:
        """What learners did in a course is seen by the people of its organisation: after the first release it stays there."""
        if self.instance.pk and self.instance.releases.exists():
            self.fields["organisation"].disabled = True
            # As it is, not as an earlier draft would have it.
            self.initial["organisation"] = CoursePage.objects.values_list("organisation", flat=True).get(pk=self.instance.pk)

    def _possible_owners(self, user: User) -> models.QuerySet[User]:
        """Who makes courses beside this author, and who owns this one now: never a list of everybody who has an account."""
        beside = Membership.objects.filter(
            organisation__in=organisations_where(user, Action.AUTHOR_COURSES), role__in=ALLOWED[Action.AUTHOR_COURSES]
        )
        known = models.Q(pk__in=beside.values("user")) | models.Q(pk__in=[user.pk, self.instance.course_owner_id])
        return User.objects.filter(known, is_active=True).order_by("last_name", "first_name", "pk")


class CoursePage(BasePage):
    """A course: what it is about, for whom, and when it is complete."""

    class Form(models.TextChoices):
        ELEARNING = "elearning", _("e-learning")
        PHYSICAL = "physical", _("bijeenkomst")
        BLENDED = "blended", _("blended: online en samen")

    card_template = "courses/components/course_card.html"
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types = ["courses.ModulePage"]
    admin_default_ordering = "ord"  # modules stand in the order in which they are followed
    base_form_class = CourseForm
    exclude_fields_in_copy = ["uuid"]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="courses", verbose_name=_("aanbieder"))
    course_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="owned_courses",
        verbose_name=_("eigenaar"),
        help_text=_("Houdt de cursus actueel."),
    )
    summary = models.TextField(_("samenvatting"), max_length=300)
    intro = RichTextField(_("inleiding"), features=["bold", "italic", "link", "ul", "ol"])
    professions = ParentalManyToManyField("accounts.Profession", related_name="courses", verbose_name=_("beroepen"))
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="courses", verbose_name=_("thema"))
    form = models.CharField(_("vorm"), max_length=20, choices=Form)
    audience = models.TextField(_("voor wie"), blank=True)
    prior_knowledge = models.TextField(_("voorkennis"), blank=True)
    image = models.ForeignKey(
        "wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("beeld")
    )
    is_demo = models.BooleanField(_("democurriculum"), default=False, help_text=_("Toont overal: democurriculum, niet geaccrediteerd."))
    completion = StreamField(COMPLETION_BLOCKS, verbose_name=_("wanneer is de cursus af"), blank=True)

    content_panels = [
        ChecksPanel(),
        *BasePage.content_panels,
        FieldPanel("summary"),
        FieldPanel("intro"),
        OutlinePanel(heading=_("Modules en lessen")),
        MultiFieldPanel(
            [
                FieldPanel("organisation"),
                FieldPanel("course_owner"),
                FieldPanel("form"),
                FieldPanel("theme"),
                FieldPanel("professions", widget=forms.CheckboxSelectMultiple),
                FieldPanel("audience"),
                FieldPanel("prior_knowledge"),
            ],
            heading=_("Over deze cursus"),
        ),
        FieldPanel("image"),
        FieldPanel("completion"),
        FieldPanel("is_demo"),
    ]

    search_fields = [*BasePage.search_fields, index.SearchField("summary"), index.SearchField("intro"), index.SearchField("audience")]

    class Meta:
        verbose_name = _("cursus")
        verbose_name_plural = _("cursussen")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.course_page import show_course  # noqa: PLC0415 - it asks these models, and they it when served

        return {**super().get_context(request, *args, **kwargs), "shown": show_course(self, user=request.user)}

    def trail(self, request: HttpRequest | None = None) -> list[dict[str, str]]:
        # What stands above a course is always the catalogue, at its fixed address: no query for every visitor.
        return [{"title": gettext("Cursussen"), "href": "/cursus/"}]

    def permissions_for_user(self, user: User) -> CoursePagePermissions:
        return CoursePagePermissions(user, self, self.organisation)


class ModulePage(BasePage):
    """A part of a course that holds lessons; it has no address of its own for learners."""

    found_by_search = False  # a course is found; its modules have no page of their own
    parent_page_types = ["courses.CoursePage"]
    subpage_types = ["courses.LessonPage"]
    admin_default_ordering = "ord"
    summary = models.TextField(_("samenvatting"), max_length=300, blank=True)

    content_panels = [*BasePage.content_panels, FieldPanel("summary")]

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.get_parent().get_url(request))

    def permissions_for_user(self, user: User) -> CoursePagePermissions:
        return CoursePagePermissions(user, self, CoursePage.objects.ancestor_of(self).get().organisation)


class LessonPage(BasePage):
    """A lesson as its author works on it. Its slug is unique within the course: /cursus/<course>/<lesson>/."""

    found_by_search = False  # what stands here may not be released yet; the course is found
    parent_page_types = ["courses.ModulePage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["uuid"]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    minutes = models.PositiveSmallIntegerField(_("duur in minuten"))
    objectives = StreamField(OBJECTIVE_BLOCKS, verbose_name=_("leerdoelen"), blank=True)
    sources = StreamField(SOURCE_BLOCKS, verbose_name=_("bronnen"), blank=True)
    review_by = models.DateField(_("opnieuw nakijken voor"), null=True, blank=True)
    body = StreamField(LESSON_BLOCKS, verbose_name=_("inhoud"))

    content_panels = [
        ChecksPanel(),
        *BasePage.content_panels,
        FieldPanel("minutes"),
        FieldPanel("objectives"),
        FieldPanel("body"),
        FieldPanel("sources"),
        FieldPanel("review_by"),
    ]

    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("les")
        verbose_name_plural = _("lessen")

    @property
    def course(self) -> CoursePage:
        """The course that this lesson stands in."""
        return CoursePage.objects.ancestor_of(self).get()

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """The address that learners know: /cursus/<course>/<lesson>/, without the module."""
        parts = super().get_url_parts(request)
        if parts is None or not parts[2]:
            return parts
        above, _module, slug = parts[2].rstrip("/").rsplit("/", 2)
        return parts[0], parts[1], f"{above}/{slug}/"

    def permissions_for_user(self, user: User) -> CoursePagePermissions:
        return CoursePagePermissions(user, self, self.course.organisation)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self.get_url(request))

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from courses.previews import preview_lesson  # noqa: PLC0415 - it asks these models, and they it when previewed

        return preview_lesson(self, request=request)


class ReviewTask(Task):
    """The step of a workflow in which someone who may publish for the course's organisation looks at what an author submitted."""

    class Meta:
        verbose_name = _("nakijken door wie mag uitbrengen")
        verbose_name_plural = _("nakijken door wie mag uitbrengen")

    def user_can_access_editor(self, obj: Any, user: User) -> bool:
        return self._may_review(obj, user)

    def locked_for_user(self, obj: Any, user: User) -> bool:
        return not self._may_review(obj, user)

    def user_can_lock(self, obj: Any, user: User) -> bool:
        return self._may_review(obj, user)

    def user_can_unlock(self, obj: Any, user: User) -> bool:
        return False

    def get_actions(self, obj: Any, user: User) -> list[tuple[str, Any, bool]]:
        if not self._may_review(obj, user):
            return []
        return [
            ("reject", _("Vraag om aanpassing"), True),
            ("approve", _("Keur goed"), False),
            ("approve", _("Keur goed met opmerking"), True),
        ]

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> models.QuerySet[TaskState]:
        return task_states_to_review(self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS), user=user)

    @classmethod
    def get_description(cls) -> str:
        return str(_("Wie voor de aanbieder uitgaven mag uitbrengen, keurt goed of vraagt om aanpassing."))

    def _may_review(self, obj: Any, user: User) -> bool:
        course = CoursePage.objects.ancestor_of(obj, inclusive=True).first()
        return may(user, Action.PUBLISH_RELEASES, course.organisation if course else None)
