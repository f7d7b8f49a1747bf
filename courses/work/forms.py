"""The teacher's judgement as a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.work.judging import Rubric, Verdict


class JudgementForm(forms.Form):
    """A level per criterion, and what the teacher adds to it."""

    BY_RUBRIC, SUFFICIENT, INSUFFICIENT = "criteria", "voldoende", "onvoldoende"

    feedback = forms.CharField(
        label=_("Toelichting voor de deelnemer"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Wat is goed, en wat maakt het beter? Noem niets waaraan een patiënt te herkennen is."),
    )
    verdict = forms.ChoiceField(label=_("Oordeel"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Waarom je anders oordeelt"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Alleen als je afwijkt van de criteria of een eerder oordeel herziet. De deelnemer leest dit."),
    )

    def __init__(self, *args: Any, rubric: Rubric, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria: list[str] = []
        for number, criterion in enumerate(rubric.criteria):
            name = f"criterion-{number}"
            self.criteria.append(name)
            self.fields[name] = forms.TypedChoiceField(
                label=criterion["criterion"],
                coerce=int,
                widget=forms.RadioSelect,
                choices=[
                    (at, f"{level['label']} ({level['points']}): {level['description']}") for at, level in enumerate(criterion["levels"])
                ],
                error_messages={"required": _("Kies een niveau.")},
            )
        choices = [(self.SUFFICIENT, _("Voldoende")), (self.INSUFFICIENT, _("Onvoldoende: vraag om een nieuwe versie"))]
        if rubric.criteria:
            choices = [
                (self.BY_RUBRIC, _("Volg de criteria")),
                (self.SUFFICIENT, _("Toch voldoende")),
                (self.INSUFFICIENT, _("Toch onvoldoende")),
            ]
            self.fields["verdict"].initial = self.BY_RUBRIC
        verdict: Any = self.fields["verdict"]
        verdict.choices = choices

    def criterion_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.criteria]

    def chosen(self) -> Verdict:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        sufficient = {self.BY_RUBRIC: None, self.SUFFICIENT: True, self.INSUFFICIENT: False}[data["verdict"]]
        return Verdict(
            levels=[data[name] for name in self.criteria], sufficient=sufficient, reason=data["reason"], feedback=data["feedback"]
        )
