"""Forms of one's own profile, and of managing members and reading the audit trail."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from accounts.memberships import grantable_roles
from accounts.models import Organisation, ProfessionalProfile, Register, RegisterEntry, RegisterSection, Role, User
from accounts.register_numbers import odd_about_big_number, without_spaces


class ProfileForm(forms.ModelForm):
    """What someone does and where."""

    class Meta:
        model = ProfessionalProfile
        fields = ["professions", "employer", "region"]
        widgets = {"professions": forms.CheckboxSelectMultiple}
        labels = {"professions": _("Wat ben je?"), "employer": _("Waar werk je?"), "region": _("In welke regio?")}
        help_texts = {"employer": _("Bijvoorbeeld een ziekenhuis of praktijk.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["region"]).empty_label = gettext("Geen of weet ik niet")
        self.fields["employer"].widget.attrs["autocomplete"] = "organization"


class PersonForm(forms.ModelForm):
    """Name and language."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "language"]
        labels = {"first_name": _("Voornaam"), "last_name": _("Achternaam"), "language": _("Taal van de site")}
        help_texts = {
            "last_name": _(
                "Met tussenvoegsel, zoals in het register. Deze naam komt op je certificaten; op wat al is uitgegeven verandert niets."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (("first_name", "given-name"), ("last_name", "family-name")):
            self.fields[name].required = True
            self.fields[name].widget.attrs["autocomplete"] = value


class RegisterEntryForm(forms.ModelForm):
    """A number in a register. `warnings` holds what is odd without being wrong; it never stops anyone."""

    class Meta:
        model = RegisterEntry
        fields = ["register", "number", "section", "period_start", "period_end"]
        labels = {
            "number": _("Nummer"),
            "section": _("Deelregister"),
            "period_start": _("Begin van je registratieperiode"),
            "period_end": _("Laatste dag van je registratieperiode"),
        }
        help_texts = {
            "number": _("Spaties en punten mag je laten staan. Vul nooit je burgerservicenummer in."),
            "section": _("Alleen als je register deelregisters heeft."),
            "period_start": _("Staat op je registratiebewijs. Met deze data rekenen we uit hoeveel punten je nog nodig hebt."),
        }
        widgets = {
            "period_start": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "period_end": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "section": forms.Select,
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.warnings: list[str] = []
        self.taken = ""
        register = cast(forms.ModelChoiceField, self.fields["register"])
        taken = RegisterEntry.objects.filter(user=user).exclude(pk=self.instance.pk).values("register")
        register.queryset = Register.objects.exclude(pk__in=taken)
        register.empty_label = gettext("Kies een register")
        self.fields["section"].widget.choices = [("", gettext("Geen")), *_sections(self.instance.section)]
        self.fields["number"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Before the model's own checks, which need to know whose entry it is.
        self.instance.user = self.user
        register, number = cleaned.get("register"), cleaned.get("number")
        if register and number:
            bare = without_spaces(number)
            if RegisterEntry.objects.filter(register=register, number=bare).exclude(pk=self.instance.pk).exists():
                # Not who: somebody who types numbers at random would find out who holds them.
                self.taken = bare
                self.add_error(
                    "number",
                    _("Dit nummer staat al bij iemand anders in dit register. Kijk het na; klopt het toch, laat het dan uitzoeken."),
                )
            if odd := odd_about_big_number(bare):
                self.warnings.append(odd)
        if register and (section := cleaned.get("section")):
            known = list(register.sections.values_list("code", "name"))
            if known and section not in dict(known):
                names = {"register": register.name, "sections": ", ".join(name for _code, name in known)}
                self.add_error("section", _("%(register)s kent dit deelregister niet. Kies uit: %(sections)s.") % names)
        return cleaned


def _sections(kept: str) -> list[tuple[str, str]]:
    """Every section that a register knows, each code once with the registers that have it; and the one that stands there already."""
    names: dict[str, str] = {}
    registers: dict[str, list[str]] = {}
    for section in RegisterSection.objects.select_related("register").order_by("register__name", "order", "name"):
        names.setdefault(section.code, section.name)
        registers.setdefault(section.code, []).append(section.register.name)
    found = [(code, f"{name} ({', '.join(registers[code])})") for code, name in names.items()]
    return found if not kept or kept in names else [*found, (kept, kept)]


class InviteForm(forms.Form):
    """Ask someone into an organisation."""

    email = forms.EmailField(label=_("E-mailadres"), help_text=_("Wie hier nog geen account heeft, kan er met de uitnodiging een maken."))
    role = forms.ChoiceField(label=_("Rol"))

    def __init__(self, *args: Any, organisation: Organisation, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = [
            (role.value, role.label) for role in grantable_roles(by=by, organisation=organisation)
        ]


class MemberFilter(forms.Form):
    """Who to show in the list of members."""

    q = forms.CharField(label=_("Naam of e-mailadres"), required=False)
    role = forms.ChoiceField(label=_("Rol"), required=False, choices=[("", _("Alle rollen")), *Role.choices])


class AuditFilter(forms.Form):
    """Which rows of the audit trail to show."""

    q = forms.CharField(
        label=_("Persoon"), required=False, help_text=_("Naam of e-mailadres van wie het deed of van wie de gegevens zijn.")
    )
    event = forms.ChoiceField(label=_("Gebeurtenis"), required=False)
    since = forms.DateField(label=_("Vanaf"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Tot en met"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, events: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["event"]).choices = [("", gettext("Alles")), *events]
