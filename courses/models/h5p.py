"""Decided: H5P libraries and content as they were installed, and where each learner left off. Versions never change."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class H5PLibrary(models.Model):
    """One exact build of an H5P library: JavaScript, style and semantics, known by the hash of all its files.

    Two builds can share a name and version (a fork). Content pins a build by its hash, so a fork never reaches content
    that did not bring it. `is_default` is the build that serves packages which bring none themselves.
    """

    class Origin(models.TextChoices):
        OWN = "own", _("van Vakwijs zelf")
        UPLOAD = "upload", _("geüpload")

    machine_name = models.CharField(_("technische naam"), max_length=255)
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    title = models.CharField(_("titel"), max_length=255)
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    runnable = models.BooleanField(_("zelfstandig te spelen"), default=False)
    manifest = models.JSONField(_("library.json"))
    semantics = models.JSONField(_("semantiek"), null=True, blank=True)
    # path in the library -> {"stored": name in the private storage, "size": bytes, "sha256": …}
    files = models.JSONField(_("bestanden"))
    is_default = models.BooleanField(_("standaard"), default=False)
    origin = models.CharField(_("herkomst"), max_length=20, choices=Origin, default=Origin.UPLOAD)
    installed_at = models.DateTimeField(_("geïnstalleerd op"), auto_now_add=True)
    installed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("geïnstalleerd door")
    )

    class Meta:
        ordering = ["machine_name", "-major", "-minor", "-patch"]
        verbose_name = _("H5P-bibliotheek")
        verbose_name_plural = _("H5P-bibliotheken")
        constraints = [
            models.UniqueConstraint(
                fields=["machine_name", "major", "minor"], condition=Q(is_default=True), name="one_default_build_per_library_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine_name} {self.major}.{self.minor}.{self.patch}"

    @property
    def versioned_name(self) -> str:
        """As content names it: `H5P.MultiChoice 1.16`."""
        return f"{self.machine_name} {self.major}.{self.minor}"

    @property
    def folder(self) -> str:
        """As H5P core asks for it: `H5P.MultiChoice-1.16`."""
        return f"{self.machine_name}-{self.major}.{self.minor}"


class H5PContent(models.Model):
    """A piece of interactive content, in successive versions. Without an organisation every author may use it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("titel"), max_length=255)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="h5p_contents", verbose_name=_("organisatie")
    )
    # The name under which our own demo content is found again when it is built anew.
    slug = models.CharField(max_length=200, blank=True, db_index=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("gemaakt door")
    )
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("H5P-inhoud")
        verbose_name_plural = _("H5P-inhoud")

    def __str__(self) -> str:
        return self.title

    @property
    def latest(self) -> "H5PVersion | None":
        return self.versions.order_by("-number").first()


class VersionIsFixed(Exception):
    """A stored version of H5P content cannot be altered: releases and learners' states point at it."""


class H5PVersion(models.Model):
    """A version of content as uploaded. A release pins one; `libraries` are the builds it plays with, in loading order."""

    content = models.ForeignKey(H5PContent, on_delete=models.PROTECT, related_name="versions", verbose_name=_("inhoud"))
    number = models.PositiveIntegerField(_("nummer"))
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("titel"), max_length=255)
    language = models.CharField(_("taal"), max_length=16, default="und")
    main_library = models.ForeignKey(H5PLibrary, on_delete=models.PROTECT, related_name="+", verbose_name=_("hoofdbibliotheek"))
    libraries = models.ManyToManyField(H5PLibrary, through="H5PVersionLibrary", related_name="versions", verbose_name=_("bibliotheken"))
    # JSON kept as text: PostgreSQL's jsonb would put the keys in another order than the package has them.
    parameters = models.TextField(_("inhoud (JSON)"))
    metadata = models.JSONField(_("h5p.json"), default=dict)
    files = models.JSONField(_("bestanden"), default=dict)
    notes = models.JSONField(_("opmerkingen bij het inlezen"), default=list)
    package_sha256 = models.CharField(max_length=64, db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("gemaakt door")
    )
    created_at = models.DateTimeField(_("gemaakt op"), auto_now_add=True)

    class Meta:
        ordering = ["content", "-number"]
        verbose_name = _("versie van H5P-inhoud")
        verbose_name_plural = _("versies van H5P-inhoud")
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="one_h5p_version_per_number")]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise VersionIsFixed(str(self))
        super().save(*args, **kwargs)

    @property
    def params(self) -> Any:
        return json.loads(self.parameters)


class H5PVersionLibrary(models.Model):
    """A library build pinned by a version of content; `order` is the order in which its files load."""

    version = models.ForeignKey(H5PVersion, on_delete=models.CASCADE, related_name="pins")
    library = models.ForeignKey(H5PLibrary, on_delete=models.PROTECT, related_name="pins")
    order = models.PositiveIntegerField()

    class Meta:
        ordering = ["version", "order"]
        verbose_name = _("vastgelegde bibliotheek")
        verbose_name_plural = _("vastgelegde bibliotheken")
        constraints = [models.UniqueConstraint(fields=["version", "library"], name="one_pin_per_library")]

    def __str__(self) -> str:
        return f"{self.version} – {self.library}"


class H5PState(models.Model):
    """Where a learner left off in an H5P activity, in the words of the content itself.

    `sub_content` is "0" for the whole. A state belongs to the version it was made with: another version starts afresh.
    """

    enrolment = models.ForeignKey("courses.Enrolment", on_delete=models.CASCADE, related_name="h5p_states")
    activity = models.UUIDField(_("activiteit"))
    version = models.ForeignKey(H5PVersion, on_delete=models.CASCADE, related_name="states")
    sub_content = models.CharField(max_length=64, default="0")
    data_id = models.CharField(max_length=64, default="state")
    data = models.TextField()
    saved_at = models.DateTimeField(_("bewaard op"), auto_now=True)

    class Meta:
        verbose_name = _("toestand van H5P")
        verbose_name_plural = _("toestanden van H5P")
        constraints = [models.UniqueConstraint(fields=["enrolment", "activity", "sub_content", "data_id"], name="one_h5p_state_per_part")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.activity} {self.data_id}"
