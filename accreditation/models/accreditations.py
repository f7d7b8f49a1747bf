"""Decided: what a register has granted for a course, for which releases, and how its attendance is reported."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_lazy as _

from courses.models import CoursePage


class Accreditation(models.Model):
    """A course asked for, granted or rejected by a register. Points are only earned while it is granted and valid."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("aangevraagd")
        GRANTED = "granted", _("toegekend")
        REJECTED = "rejected", _("afgewezen")
        WITHDRAWN = "withdrawn", _("ingetrokken")

    class CourseType(models.IntegerChoices):
        """How PE-online knows the course; it decides which fields a report has."""

        PER_MEETING = 1, _("1: fysiek, per bijeenkomst geaccrediteerd")
        ELEARNING = 2, _("2: e-learning")
        EXPERTISE_GROUP = 3, _("3: deskundigheidsgroep")
        AS_A_WHOLE = 4, _("4: fysiek, als geheel geaccrediteerd")

    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="accreditations", verbose_name=_("cursus"))
    register = models.ForeignKey("accounts.Register", on_delete=models.PROTECT, related_name="accreditations", verbose_name=_("register"))
    id_number = models.CharField(
        _("ID-nummer"), max_length=40, blank=True, help_text=_("Het nummer waaronder het register de scholing kent.")
    )
    status = models.CharField(_("stand"), max_length=12, choices=Status, default=Status.REQUESTED)
    requested_on = models.DateField(_("aangevraagd op"), null=True, blank=True)
    application = models.TextField(
        _("tekst van de aanvraag"),
        blank=True,
        help_text=_("Wat je aan het register schreef, zodat een verlenging er weer van uit kan gaan."),
    )
    asked_for = models.CharField(
        _("wat er is gevraagd"), max_length=200, blank=True, help_text=_("Bijvoorbeeld: 8 punten, vakinhoudelijk, voor twee jaar.")
    )
    decided_on = models.DateField(
        _("besloten op"),
        null=True,
        blank=True,
        help_text=_("Wie voor deze dag al aanwezig was of klaar was, krijgt bij dit register geen punten."),
    )
    valid_from = models.DateField(_("geldig van"), null=True, blank=True)
    valid_until = models.DateField(_("geldig tot en met"), null=True, blank=True)
    pass_mark = models.PositiveSmallIntegerField(
        _("cesuur in procenten"),
        default=70,
        validators=[MaxValueValidator(100)],
        help_text=_("70 % is een huisregel van één aanbieder, geen norm van een register."),
    )
    form = models.CharField(_("vorm"), max_length=20, blank=True, choices=CoursePage.Form, help_text=_("Leeg: de vorm van de cursus."))
    releases = models.ManyToManyField(
        "courses.Release", blank=True, related_name="accreditations", verbose_name=_("uitgaven die eronder vallen")
    )
    is_demo = models.BooleanField(_("voorbeeld, geen echte accreditatie"), default=False)
    note = models.TextField(_("notitie"), blank=True)

    course_type = models.PositiveSmallIntegerField(_("cursussoort in PE-online"), choices=CourseType, default=CourseType.ELEARNING)
    org_id = models.PositiveIntegerField(_("orgID in PE-online"), null=True, blank=True, help_text=_("Leeg: het orgID van het register."))
    pe_course_id = models.PositiveIntegerField(_("PECourseID"), null=True, blank=True)
    external_course_id = models.CharField(_("externalCourseID"), max_length=60, blank=True)
    pe_module_id = models.PositiveIntegerField(_("PEModuleID"), null=True, blank=True)
    external_module_id = models.CharField(_("externalmoduleID"), max_length=60, blank=True)
    pe_edition_id = models.PositiveIntegerField(_("PEEditionID"), null=True, blank=True)
    external_edition_id = models.CharField(_("externalEditionID"), max_length=60, blank=True)
    pe_meeting_id = models.PositiveIntegerField(_("PEMeetingID"), null=True, blank=True)
    external_meeting_id = models.CharField(_("externalMeetingID"), max_length=60, blank=True)

    class Meta:
        ordering = ["course", "register", "-valid_from"]
        verbose_name = _("accreditatie")
        verbose_name_plural = _("accreditaties")
        constraints = [
            models.UniqueConstraint(fields=["register", "id_number"], condition=~Q(id_number=""), name="one_accreditation_per_id_number"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_from__lte=F("valid_until")),
                name="accreditation_valid_forwards",
            ),
            models.CheckConstraint(
                condition=~Q(status="granted") | (Q(valid_from__isnull=False) & Q(valid_until__isnull=False) & ~Q(id_number="")),
                name="granted_has_number_and_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course} – {self.register} ({self.id_number or self.get_status_display()})"

    def clean(self) -> None:
        if self.status == self.Status.GRANTED:
            missing = {
                name: gettext("Vul dit in: zonder dit kan niemand punten krijgen.")
                for name in ("id_number", "valid_from", "valid_until")
                if not getattr(self, name)
            }
            if missing:
                raise ValidationError(missing)
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValidationError({"valid_until": gettext("De laatste dag ligt voor de eerste. Kijk de datums na.")})

    def valid_on(self, day: date) -> bool:
        """Whether points can be earned on this Amsterdam date; the first and the last day both count."""
        return (
            self.status == self.Status.GRANTED
            and self.valid_from is not None
            and self.valid_until is not None
            and self.valid_from <= day <= self.valid_until
        )

    def granted_by(self, day: date) -> bool:
        """Whether the register had decided when someone was first there, on this Amsterdam date; unknown when it did counts as yes."""
        return self.decided_on is None or self.decided_on <= day

    def effective_org_id(self) -> int | None:
        """The orgID a report names."""
        return self.org_id or self.register.pe_online_org_id


class AccreditationPoints(models.Model):
    """How much the accreditation is worth, in one category."""

    accreditation = models.ForeignKey(Accreditation, on_delete=models.CASCADE, related_name="points", verbose_name=_("accreditatie"))
    category = models.ForeignKey("accreditation.PointCategory", on_delete=models.PROTECT, related_name="+", verbose_name=_("puntensoort"))
    points = models.DecimalField(_("punten"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)])

    class Meta:
        ordering = ["category__order"]
        verbose_name = _("punten per soort")
        verbose_name_plural = _("punten per soort")
        constraints = [models.UniqueConstraint(fields=["accreditation", "category"], name="one_number_of_points_per_category")]

    def __str__(self) -> str:
        return f"{self.category}: {self.points}"


class AccreditationEdition(models.Model):
    """One time that an accredited course is given, as the register numbers it. Per number PE-online's own, or ours: never both."""

    accreditation = models.ForeignKey(Accreditation, on_delete=models.CASCADE, related_name="editions", verbose_name=_("accreditatie"))
    name = models.CharField(_("naam van de editie"), max_length=120, help_text=_("Bijvoorbeeld: voorjaar 2026, Utrecht."))
    pe_edition_id = models.PositiveIntegerField(_("PEEditionID"), null=True, blank=True)
    external_edition_id = models.CharField(_("externalEditionID"), max_length=60, blank=True)

    class Meta:
        ordering = ["accreditation", "pk"]
        verbose_name = _("editie")
        verbose_name_plural = _("edities")
        constraints = [
            models.UniqueConstraint(fields=["accreditation", "name"], name="one_edition_per_name"),
            models.CheckConstraint(condition=Q(pe_edition_id=None) | Q(external_edition_id=""), name="edition_has_one_number"),
        ]

    def __str__(self) -> str:
        return self.name


class AccreditationMeeting(models.Model):
    """A meeting of an edition, with the numbers under which this register knows it. The same meeting has others in another register."""

    accreditation = models.ForeignKey(Accreditation, on_delete=models.CASCADE, related_name="meetings", verbose_name=_("accreditatie"))
    edition = models.ForeignKey(AccreditationEdition, on_delete=models.CASCADE, related_name="meetings", verbose_name=_("editie"))
    meeting = models.ForeignKey("courses.Meeting", on_delete=models.PROTECT, related_name="accredited_as", verbose_name=_("bijeenkomst"))
    pe_meeting_id = models.PositiveIntegerField(_("PEMeetingID"), null=True, blank=True)
    external_meeting_id = models.CharField(_("externalMeetingID"), max_length=60, blank=True)

    class Meta:
        ordering = ["edition", "meeting__starts_at", "pk"]
        verbose_name = _("bijeenkomst bij het register")
        verbose_name_plural = _("bijeenkomsten bij het register")
        constraints = [
            models.UniqueConstraint(fields=["accreditation", "meeting"], name="one_edition_per_meeting"),
            models.CheckConstraint(condition=Q(pe_meeting_id=None) | Q(external_meeting_id=""), name="meeting_has_one_number"),
        ]

    def __str__(self) -> str:
        return f"{self.edition}: {self.meeting}"
