"""Decided: the course as its author works on it. Learners follow a release of it (`courses.models.releases`)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.snippets.models import register_snippet

from cms.models import BasePage
from courses.blocks import COMPLETION_BLOCKS, LESSON_BLOCKS, OBJECTIVE_BLOCKS, SOURCE_BLOCKS


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
    intro = RichTextField(_("inleiding"), blank=True, features=["bold", "italic", "link"])

    content_panels = [*BasePage.content_panels, FieldPanel("intro")]

    class Meta:
        verbose_name = _("cursusaanbod")


class CoursePage(BasePage):
    """A course: what it is about, for whom, and when it is complete."""

    class Form(models.TextChoices):
        ELEARNING = "elearning", _("e-learning")
        PHYSICAL = "physical", _("bijeenkomst")
        BLENDED = "blended", _("blended: online en samen")

    card_template = "courses/components/course_card.html"
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types = ["courses.ModulePage"]
    exclude_fields_in_copy = ["uuid"]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="courses", verbose_name=_("aanbieder"))
    course_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_courses", verbose_name=_("eigenaar"), help_text=_("Houdt de cursus actueel.")
    )
    summary = models.TextField(_("samenvatting"), max_length=300)
    intro = RichTextField(_("inleiding"), features=["bold", "italic", "link", "ul", "ol"])
    professions = ParentalManyToManyField("accounts.Profession", related_name="courses", verbose_name=_("beroepen"))
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="courses", verbose_name=_("thema"))
    form = models.CharField(_("vorm"), max_length=20, choices=Form)
    audience = models.TextField(_("voor wie"), blank=True)
    prior_knowledge = models.TextField(_("voorkennis"), blank=True)
    image = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("beeld"))
    is_demo = models.BooleanField(_("democurriculum"), default=False, help_text=_("Toont overal: democurriculum, niet geaccrediteerd."))
    completion = StreamField(COMPLETION_BLOCKS, verbose_name=_("wanneer is de cursus af"), blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("summary"),
        FieldPanel("intro"),
        MultiFieldPanel(
            [FieldPanel("organisation"), FieldPanel("course_owner"), FieldPanel("form"), FieldPanel("theme"), FieldPanel("professions"), FieldPanel("audience"), FieldPanel("prior_knowledge")],
            heading=_("Over deze cursus"),
        ),
        FieldPanel("image"),
        FieldPanel("completion"),
        FieldPanel("is_demo"),
    ]

    class Meta:
        verbose_name = _("cursus")
        verbose_name_plural = _("cursussen")


class ModulePage(BasePage):
    """A part of a course that holds lessons; it has no address of its own for learners."""

    parent_page_types = ["courses.CoursePage"]
    subpage_types = ["courses.LessonPage"]
    summary = models.TextField(_("samenvatting"), max_length=300, blank=True)

    content_panels = [*BasePage.content_panels, FieldPanel("summary")]

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")


class LessonPage(BasePage):
    """A lesson as its author works on it. Its slug is unique within the course: /cursus/<course>/<lesson>/."""

    parent_page_types = ["courses.ModulePage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["uuid"]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    minutes = models.PositiveSmallIntegerField(_("duur in minuten"))
    objectives = StreamField(OBJECTIVE_BLOCKS, verbose_name=_("leerdoelen"), blank=True)
    sources = StreamField(SOURCE_BLOCKS, verbose_name=_("bronnen"), blank=True)
    review_by = models.DateField(_("opnieuw nakijken voor"), null=True, blank=True)
    body = StreamField(LESSON_BLOCKS, verbose_name=_("inhoud"))

    content_panels = [*BasePage.content_panels, FieldPanel("minutes"), FieldPanel("objectives"), FieldPanel("body"), FieldPanel("sources"), FieldPanel("review_by")]

    class Meta:
        verbose_name = _("les")
        verbose_name_plural = _("lessen")
