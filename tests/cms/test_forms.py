"""Forms in our own words."""

import pytest
from django import forms

from accounts.models import Region
from accreditation.models import Accreditation
from tests.factories.accounts import RegionFactory


class Choosing(forms.ModelForm):
    """A choice of a model, one that may stay empty, one of a model, and one with words of its own."""

    region = forms.ModelChoiceField(Region.objects.all())
    other = forms.ModelChoiceField(Region.objects.all(), required=False, empty_label="alle regio's")
    again = forms.ModelChoiceField(Region.objects.all(), required=False)

    class Meta:
        model = Accreditation
        fields = ["register"]


@pytest.mark.django_db
def test_the_empty_choice_of_a_select_is_said_in_words():
    RegionFactory(name="--------- Noord")

    shown = str(Choosing())

    assert [words for words in ("Kies …", "alle regio&#x27;s", "Geen keuze") if f'<option value="" selected>{words}</option>' in shown] == [
        "Kies …",
        "alle regio&#x27;s",
        "Geen keuze",
    ]
    assert ">---------<" not in shown
    assert "--------- Noord" in shown
