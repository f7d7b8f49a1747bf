"""Decided: how the certificates of an issuer look. Ledger: the pictures that stand on certificates, kept by their hash."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin, RevisionMixin

from accounts.append_only import AppendOnlyModel
from accreditation.blocks import SignatoryBlock
from accreditation.models.certificates import private_storage

MOST_SIGNATORIES = 3


class CertificateTemplate(PreviewableMixin, RevisionMixin, models.Model):
    """What an issuer puts on its certificates. `frozen` is what a certificate copies when it is ordered, with the hashes of its pictures."""

    class Language(models.TextChoices):
        DUTCH = "nl", _("Nederlands")
        ENGLISH = "en", _("Engels")

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="certificate_templates", verbose_name=_("organisatie")
    )
    course = models.ForeignKey(
        "courses.CoursePage",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cursus"),
        help_text=_("Leeg: voor alle cursussen van de organisatie die geen eigen sjabloon hebben."),
    )
    language = models.CharField(_("taal van het certificaat"), max_length=2, choices=Language, default=Language.DUTCH)
    logo = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("beeldmerk"),
        help_text=_("Komt linksboven, hoogstens 48 bij 16 mm."),
    )
    title_nl = models.CharField(_("kop in het Nederlands"), max_length=60, default="Certificaat van afronding")
    title_en = models.CharField(_("kop in het Engels"), max_length=60, default="Certificate of completion")
    text_nl = models.TextField(_("tekst in het Nederlands"), max_length=400, blank=True, help_text=_("Onder de titel van de cursus."))
    text_en = models.TextField(_("tekst in het Engels"), max_length=400, blank=True)
    signatories = StreamField(
        [("signatory", SignatoryBlock())], verbose_name=_("ondertekenaars"), blank=True, max_num=MOST_SIGNATORIES, use_json_field=True
    )
    valid_months = models.PositiveSmallIntegerField(
        _("geldig, in maanden"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
        help_text=_("Leeg: het certificaat verloopt niet. Vul dit in als de vaardigheid opnieuw getoetst moet worden."),
    )
    version = models.PositiveIntegerField(_("versie"), default=0, editable=False)
    frozen = models.JSONField(_("zoals certificaten het overnemen"), default=dict, editable=False)

    panels = [
        HelpPanel(
            content=_(
                "Wat je hier verandert, geldt voor certificaten die daarna worden uitgegeven. Wat al is uitgegeven, blijft precies zoals het is."
            )
        ),
        FieldRowPanel([FieldPanel("organisation"), FieldPanel("course")]),
        FieldRowPanel([FieldPanel("language"), FieldPanel("valid_months")]),
        FieldPanel("logo"),
        MultiFieldPanel([FieldPanel("title_nl"), FieldPanel("text_nl")], heading=_("Nederlands")),
        MultiFieldPanel([FieldPanel("title_en"), FieldPanel("text_en")], heading=_("Engels")),
        FieldPanel("signatories"),
    ]

    class Meta:
        ordering = ["organisation__name", "course__title", "pk"]
        verbose_name = _("certificaatsjabloon")
        verbose_name_plural = _("certificaatsjablonen")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "course"],
                name="one_template_per_course",
                violation_error_message=_("Deze cursus heeft al een sjabloon. Verander dat sjabloon."),
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(course=None),
                name="one_general_template",
                violation_error_message=_("Deze organisatie heeft al een algemeen sjabloon. Verander dat, of kies een cursus."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.course or gettext('alle cursussen')}"

    def clean(self) -> None:
        if self.course and self.organisation_id and self.course.organisation_id != self.organisation_id:
            raise ValidationError(
                {"course": gettext("Deze cursus is van een andere organisatie. Kies een cursus van je eigen organisatie.")}
            )
        from accreditation.certificate_templates import unusable_pictures  # noqa: PLC0415 - it reads this model

        if problems := unusable_pictures(self):
            raise ValidationError(problems)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A template is saved with what certificates copy of it; each change is a further version."""
        from accreditation.certificate_templates import freeze  # noqa: PLC0415 - it reads this model

        frozen = freeze(self)
        if frozen != {name: value for name, value in self.frozen.items() if name != "version"}:
            self.version += 1
        self.frozen = {**frozen, "version": self.version}
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "frozen", "version"}
        super().save(*args, **kwargs)

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        return [("page", _("Certificaat")), ("pdf", _("Certificaat als PDF"))]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from accreditation.certificate_templates import preview  # noqa: PLC0415 - it reads this model

        return preview(self, as_pdf=mode_name == "pdf")


class CertificatePicture(AppendOnlyModel):
    """A logo or a signature as it stands on certificates: the bytes are kept for as long as a certificate names their hash."""

    sha256 = models.CharField(_("vingerafdruk (SHA-256)"), max_length=64, unique=True, editable=False)
    file = models.FileField(_("bestand"), storage=private_storage, max_length=200, editable=False)
    made_at = models.DateTimeField(_("bewaard op"), auto_now_add=True)

    class Meta:
        verbose_name = _("beeld op certificaten")
        verbose_name_plural = _("beelden op certificaten")

    def __str__(self) -> str:
        return self.sha256
