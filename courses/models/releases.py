"""Decided, then immutable: numbered releases of a course. Editing the course never disturbs who is in it.

A release copies the content instead of pointing at Wagtail revisions, because revisions can be purged and a
certificate must remain explainable for years; it names the revision it came from where that still exists.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField

from courses.blocks import LESSON_BLOCKS


class NeverChanged(TypeError):
    """Someone tried to change or delete what was released."""


class ReleasedQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise NeverChanged("What is released never changes; publish a new release.")

    def delete(self) -> Any:
        raise NeverChanged("What is released is never deleted.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise NeverChanged("What is released never changes; publish a new release.")


class Released(models.Model):
    """What is written once, when a release is published, and then neither changed nor deleted."""

    objects = ReleasedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverChanged("What is released never changes; publish a new release.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise NeverChanged("What is released is never deleted.")


class Release(Released):
    """A published edition of a course. `completion` is the rule tree (`courses.completion`)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="releases", verbose_name=_("cursus"))
    number = models.PositiveIntegerField(_("nummer"))
    title = models.CharField(_("titel"), max_length=255)
    completion = models.JSONField(_("afrondingsregel"))
    note = models.TextField(_("wat is er nieuw"), blank=True)
    published_at = models.DateTimeField(_("uitgebracht op"), auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, verbose_name=_("uitgebracht door"))

    class Meta:
        ordering = ["course", "-number"]
        verbose_name = _("uitgave")
        verbose_name_plural = _("uitgaven")
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="one_release_per_number")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class ReleaseLesson(Released):
    """A lesson as released. `uuid` is the lesson page's, the same in every release."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="lessons")
    uuid = models.UUIDField()
    slug = models.SlugField(max_length=255)
    title = models.CharField(max_length=255)
    module_title = models.CharField(max_length=255)
    module_summary = models.TextField(blank=True)
    module_number = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    objectives = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    review_by = models.DateField(null=True)
    body = StreamField(LESSON_BLOCKS)
    revision = models.ForeignKey("wagtailcore.Revision", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["release", "order"]
        verbose_name = _("uitgebrachte les")
        verbose_name_plural = _("uitgebrachte lessen")
        constraints = [
            models.UniqueConstraint(fields=["release", "slug"], name="one_lesson_per_slug"),
            models.UniqueConstraint(fields=["release", "uuid"], name="one_lesson_per_release"),
        ]

    def __str__(self) -> str:
        return self.title


class ReleaseActivity(Released):
    """An activity as released: `settings` holds all that its kind needs, with versions pinned (questions, H5P content)."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="activities")
    lesson = models.ForeignKey(ReleaseLesson, on_delete=models.PROTECT, related_name="activities")
    uuid = models.UUIDField()
    key = models.SlugField(max_length=80)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=255)
    minutes = models.PositiveSmallIntegerField(default=0)
    order = models.PositiveSmallIntegerField()
    settings = models.JSONField(default=dict)

    class Meta:
        ordering = ["release", "order"]
        verbose_name = _("uitgebrachte activiteit")
        verbose_name_plural = _("uitgebrachte activiteiten")
        constraints = [
            models.UniqueConstraint(fields=["release", "uuid"], name="one_activity_per_release"),
            models.UniqueConstraint(fields=["release", "key"], name="one_activity_per_key"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_test(self) -> bool:
        """Whether it is drawn as a test on the route."""
        return self.kind == "questions" and self.settings.get("mode") == "test"

    @property
    def anchor(self) -> str:
        """Its place on the page of its lesson: /cursus/<course>/<lesson>/#activity-<uuid>."""
        return f"activity-{self.uuid}"
