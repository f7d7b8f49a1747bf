"""Decided (by tools): the documents that the standard keeps beside the statements, states and profiles."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StateDocument(models.Model):
    """A document of the xAPI state resource: where an activity left off, per actor and registration.

    `realm` keeps what tools of one organisation wrote apart from what those of another did.
    """

    realm = models.CharField(max_length=60, default="", blank=True)
    actor_key = models.CharField(max_length=400)
    activity = models.CharField(max_length=1000)
    registration = models.UUIDField(null=True)
    state_id = models.CharField(max_length=400)
    content_type = models.CharField(max_length=200)
    content = models.BinaryField()
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("toestand")
        verbose_name_plural = _("toestanden")
        constraints = [
            models.UniqueConstraint(
                fields=["realm", "actor_key", "activity", "registration", "state_id"],
                condition=Q(registration__isnull=False),
                name="one_state_per_registration",
            ),
            models.UniqueConstraint(
                fields=["realm", "actor_key", "activity", "state_id"],
                condition=Q(registration__isnull=True),
                name="one_state_without_registration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.state_id}"


class ProfileDocument(models.Model):
    """A document of the agent profile or activity profile resource."""

    class Kind(models.TextChoices):
        AGENT = "agent", _("over een actor")
        ACTIVITY = "activity", _("over een activiteit")

    realm = models.CharField(max_length=60, default="", blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=1000)
    profile_id = models.CharField(max_length=400)
    content_type = models.CharField(max_length=200)
    content = models.BinaryField()
    etag = models.CharField(max_length=64)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("profieldocument")
        verbose_name_plural = _("profieldocumenten")
        constraints = [models.UniqueConstraint(fields=["realm", "kind", "subject", "profile_id"], name="one_profile_document")]

    def __str__(self) -> str:
        return f"{self.subject} {self.profile_id}"
