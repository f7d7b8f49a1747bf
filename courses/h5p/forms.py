"""The upload of a package."""

from django import forms
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from accounts.models import Organisation, User
from accounts.permissions import Action, organisations_where


class UploadForm(forms.Form):
    """A package for an organisation of the author. A browser never keeps a chosen file; the rest stays as it was typed."""

    organisation = forms.ModelChoiceField(
        label=pgettext_lazy("van wie iets is", "Van"), queryset=Organisation.objects.none(), empty_label=None
    )
    title = forms.CharField(label=_("Titel"), max_length=255, required=False, help_text=_("Leeg: de titel uit het pakket."))
    package = forms.FileField(
        label=_("H5P-pakket"), help_text=_("Een bestand dat eindigt op .h5p."), widget=forms.ClearableFileInput(attrs={"accept": ".h5p"})
    )

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["organisation"].queryset = organisations_where(user, Action.AUTHOR_COURSES)  # type: ignore[attr-defined]


class NewVersionForm(forms.Form):
    """The next version of content that is there."""

    package = forms.FileField(label=_("Nieuw pakket"), widget=forms.ClearableFileInput(attrs={"accept": ".h5p"}))
