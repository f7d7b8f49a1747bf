"""Forms about whole dossiers."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy as _


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
