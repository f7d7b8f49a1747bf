"""Decided: people, their professions and the numbers they hold in professional registers."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.register_numbers import NumberKind, clean_number


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person, known by an e-mail address; `pseudonym` is all that the learning records know of them."""

    username = None  # type: ignore[assignment]  # people are known by their e-mail address
    email = models.EmailField(_("e-mailadres"), unique=True)
    language = models.CharField(_("taal"), max_length=5, choices=settings.LANGUAGES, default="nl")
    pseudonym = models.UUIDField(_("pseudoniem"), default=uuid.uuid4, unique=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[misc,assignment]  # makes people without a user name

    class Meta:
        verbose_name = _("persoon")
        verbose_name_plural = _("personen")

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Profession(models.Model):
    """A profession as data: VPK, VS agz, VS ggz, verzorgende IG, bedrijfsarts, KAG i.o., KAG, other."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("naam"), max_length=120)
    order = models.PositiveSmallIntegerField(_("volgorde"), default=0)

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("beroep")
        verbose_name_plural = _("beroepen")

    def __str__(self) -> str:
        return self.name


class ProfessionalProfile(models.Model):
    """What someone does and where."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile", verbose_name=_("persoon"))
    professions = models.ManyToManyField(Profession, blank=True, related_name="profiles", verbose_name=_("beroepen"))
    employer = models.CharField(_("werkgever"), max_length=200, blank=True)
    region = models.ForeignKey("accounts.Region", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("regio"))

    class Meta:
        verbose_name = _("beroepsprofiel")
        verbose_name_plural = _("beroepsprofielen")

    def __str__(self) -> str:
        return str(self.user)


class Register(models.Model):
    """A professional register as a place where people hold a number; its dated rules stand in `accreditation`."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("naam"), max_length=200)
    number_kinds = models.JSONField(_("soorten nummers"), default=list, help_text=_("Codes uit NumberKind, de gangbaarste eerst."))
    pe_online_org_id = models.PositiveIntegerField(_("orgID in PE-online"), null=True, blank=True)
    confirmed = models.BooleanField(_("gegevens bevestigd"), default=False)
    source = models.TextField(_("bron"), blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("register")
        verbose_name_plural = _("registers")

    def __str__(self) -> str:
        return self.name


class RegisterSection(models.Model):
    """A part of a register with rules of its own, for instance the one for verzorgenden. `professions` are those it is meant for."""

    register = models.ForeignKey(Register, on_delete=models.CASCADE, related_name="sections", verbose_name=_("register"))
    code = models.SlugField(_("code"))
    name = models.CharField(_("naam"), max_length=120)
    professions = models.ManyToManyField(Profession, blank=True, related_name="sections", verbose_name=_("beroepen"))
    order = models.PositiveSmallIntegerField(_("volgorde"), default=0)
    confirmed = models.BooleanField(_("bevestigd door het register"), default=False)
    source = models.TextField(_("bron"), blank=True)

    class Meta:
        ordering = ["register", "order", "name"]
        verbose_name = _("deelregister")
        verbose_name_plural = _("deelregisters")
        constraints = [models.UniqueConstraint(fields=["register", "code"], name="one_section_per_register_code")]

    def __str__(self) -> str:
        return self.name


class RegisterEntry(models.Model):
    """The number under which a person stands in a register. One person can hold several."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="register_entries", verbose_name=_("persoon"))
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="entries", verbose_name=_("register"))
    number = models.CharField(_("nummer"), max_length=20)
    section = models.SlugField(_("deelregister"), blank=True, help_text=_("Bijvoorbeeld verpleegkundige of verzorgende."))
    period_start = models.DateField(_("begin van de registratieperiode"), null=True, blank=True)
    period_end = models.DateField(_("laatste dag van de registratieperiode"), null=True, blank=True)

    class Meta:
        verbose_name = _("registerinschrijving")
        verbose_name_plural = _("registerinschrijvingen")
        constraints = [
            models.UniqueConstraint(fields=["register", "number"], name="one_person_per_register_number"),
            models.UniqueConstraint(fields=["user", "register"], name="one_number_per_person_and_register"),
        ]

    def __str__(self) -> str:
        return f"{self.register}: {self.number}"

    def clean(self) -> None:
        if self.period_start and self.period_end and self.period_end < self.period_start:
            raise ValidationError({"period_end": _("De laatste dag ligt voor het begin van de periode. Kijk beide data na.")})
        # An empty number is for `full_clean` to refuse.
        if self.register_id and self.number:
            try:
                self.number = clean_number(self.number, kinds=[NumberKind(k) for k in self.register.number_kinds])
            except ValidationError as error:
                raise ValidationError({"number": error}) from error
