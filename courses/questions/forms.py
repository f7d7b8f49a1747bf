"""Forms of teachers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models import Answer
from courses.questions.types.numeric import written


class JudgeAnswerForm(forms.Form):
    """Points and a word for one open answer."""

    points = forms.DecimalField(label=_("Punten"), min_value=0, max_digits=6, decimal_places=2, localize=True)
    feedback = forms.CharField(
        label=_("Toelichting voor de deelnemer"), widget=forms.Textarea(attrs={"rows": 5}), required=False, max_length=5000
    )

    def __init__(self, *args: Any, answer: Answer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        maximum = answer.question.version.points
        points = self.fields["points"]
        points.help_text = _("0 tot %(max)s; halve punten mogen.") % {"max": written(maximum)}
        points.widget.attrs["inputmode"] = "decimal"
        points.validators.append(_at_most(maximum))


def _at_most(maximum: int) -> Any:
    def check(value: Any) -> None:
        if value > maximum:
            raise forms.ValidationError(_("Het hoogste aantal punten voor deze vraag is %(max)s.") % {"max": maximum})

    return check
