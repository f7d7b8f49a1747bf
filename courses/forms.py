"""Forms of courses."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReleaseForm(forms.Form):
    """What goes with a new release."""

    note = forms.CharField(label=_("Wat is er nieuw"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
