"""Forms about whole dossiers."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import RegisterEntry, User
from accreditation.dossiers.sharing import new_mark


class DossierFileForm(forms.Form):
    """A dossier as a ZIP."""

    file = forms.FileField(
        label=_("ZIP van het dossier"),
        help_text=_("Het bestand zoals het is gedownload."),
        widget=forms.FileInput(attrs={"accept": "application/zip,.zip"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > settings.DOSSIER_LARGEST_FILE:
            raise forms.ValidationError(
                gettext("Dit bestand is groter dan %(size)s MB; zo groot is een dossier van Vakwijs niet.")
                % {"size": settings.DOSSIER_LARGEST_FILE // 1_000_000}
            )
        return file


class ShareForm(forms.Form):
    """For whom, which register, how long."""

    entry = forms.ModelChoiceField(
        label=_("Welk register"),
        queryset=RegisterEntry.objects.none(),
        empty_label=_("Kies een register"),
        help_text=_("Je deelt de registratieperiode die nu loopt."),
    )
    reader = forms.CharField(
        label=_("Voor wie"), max_length=120, help_text=_("Bijvoorbeeld: beoordelaar van het register. Die naam ziet alleen jij.")
    )
    days = forms.IntegerField(
        label=_("Hoeveel dagen"),
        min_value=1,
        max_value=90,
        initial=14,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("Vul een heel aantal dagen in, van 1 tot en met 90.")
        ),
    )
    once = forms.CharField(max_length=64, required=False, initial=new_mark, widget=forms.HiddenInput)

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["entry"]
        field.queryset = RegisterEntry.objects.filter(user=owner).select_related("register", "user").order_by("register__name")  # type: ignore[attr-defined]
        field.label_from_instance = lambda entry: entry.register.name  # type: ignore[attr-defined]
