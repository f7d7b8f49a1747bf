"""What an administrator writes down about a register: its rules, with a line for every kind of points and of leave; sections, kinds of points."""

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext, gettext_lazy as _

from accounts.models import Profession, Register, RegisterSection
from accreditation.forms import DateInput
from accreditation.models import LeaveKind, PointCategory, RegisterRule
from accreditation.results import key_of
from accreditation.simulation import contents

LONGEST_REMINDER = 104
DEFAULT_REMINDERS = [12]


class WeeksField(forms.CharField):
    """Numbers of weeks, largest first: "12, 4"."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(week) for week in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        words = str(value or "").replace(";", " ").replace(",", " ").split()
        if not all(word.isdecimal() and len(word) < 4 and 0 < int(word) <= LONGEST_REMINDER for word in words):
            text = gettext("Schrijf hele weken, van 1 tot en met %(most)s, met een komma ertussen. Bijvoorbeeld: 12, 4.")
            raise ValidationError(text % {"most": LONGEST_REMINDER})
        return sorted({int(word) for word in words}, reverse=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class RuleForm(forms.ModelForm):
    """A dated rule of a register; with `rule` None a new one, which may end the rule that holds until then."""

    reminder_weeks = WeeksField(
        label=_("Herinneringen, in weken voor het einde"),
        required=False,
        help_text=_("Met een komma ertussen, bijvoorbeeld 12, 4. Leeg: geen herinnering."),
    )
    ends_previous = forms.BooleanField(
        label=_("Beëindig de regel die nu geldt op de dag ervoor"),
        required=False,
        help_text=_("Anders weigeren we een regel die voor dezelfde mensen en dagen al bestaat."),
    )
    source_checked = forms.BooleanField(
        label=_("Ik heb deze wijziging in de bron nagekeken"),
        required=False,
        help_text=_("Zonder dit vinkje, of een nieuwe bron, gaat ‘bevestigd’ weg bij wat je verandert: de bron zegt het dan niet meer zo."),
    )
    sure = forms.BooleanField(
        label=_("Laat deze wijziging meteen in ieders dossier gelden"),
        required=False,
        help_text=_("Alleen nodig als je niet eerst doorrekent."),
    )
    # What the rule was like when this form was opened: a digest.
    opened = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Waarom deze wijziging"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Komt in de audittrail. Bijvoorbeeld het besluit van het register."),
    )

    class Meta:
        model = RegisterRule
        fields = contents.RULE_FIELDS
        widgets = {
            "applies_from": DateInput(),
            "applies_until": DateInput(),
            "source": forms.Textarea(attrs={"rows": 2}),
            "note": forms.Textarea(attrs={"rows": 2}),
            "also_needed": forms.Textarea(attrs={"rows": 2}),
            "afterwards": forms.Textarea(attrs={"rows": 2}),
            "section": forms.Select,
            "profession": forms.Select,
        }

    def __init__(self, *args: Any, register: Register, draft: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.register = register
        self.instance.register = register
        self.ended: RegisterRule | None = None
        sections = list(RegisterSection.objects.filter(register=register).values_list("code", "name"))
        professions = list(Profession.objects.values_list("code", "name"))
        self._choose("section", gettext("Iedereen in dit register"), sections)
        self._choose("profession", gettext("Elk beroep"), professions)
        if self.instance.pk:
            del self.fields["ends_previous"]
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = gettext("Schrijf op waarom deze regel verandert. Het komt in de audittrail.")
        else:
            del self.fields["source_checked"]
        if draft or not self.instance.pk:
            # A draft takes effect only as it was reckoned from what the rule says now.
            del self.fields["sure"], self.fields["opened"]
        if not self.instance.pk and not self.is_bound and not self.initial.get("reminder_weeks"):
            self.initial["reminder_weeks"] = DEFAULT_REMINDERS

    def _choose(self, name: str, everyone: str, known: list[tuple[str, str]]) -> None:
        kept = self.initial.get(name) or ""
        if kept and kept not in dict(known):
            known = [*known, (kept, kept)]
        widget = cast(forms.Select, self.fields[name].widget)
        widget.choices = [("", everyone), *known]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("section", "profession"):
            value = cleaned.get(name)
            if value and value not in dict(cast(forms.Select, self.fields[name].widget).choices):
                self.add_error(name, gettext("Kies uit de lijst."))
        if "sure" in self.fields and "voorstel" not in self.data and not cleaned.get("sure"):
            self.add_error("sure", gettext("Zet dit vinkje als je zeker weet dat dit meteen geldt, of kies ‘Reken eerst door’."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        others = list(RegisterRule.objects.filter(register=self.register).exclude(pk=self.instance.pk))
        first = self.instance.applies_from
        if self.cleaned_data.get("ends_previous"):
            self.ended = next((one for one in others if self._is_followed(one, first)), None)
            if self.ended is None or first is None:
                self.add_error(
                    "ends_previous", gettext("Er is geen regel die dan nog geldt. Haal het vinkje weg, of kijk de eerste dag na.")
                )
                return
            others.remove(self.ended)
        try:
            self.instance.refuse_overlap(others)
        except ValidationError as error:
            self.add_error(None, error)

    def _is_followed(self, other: RegisterRule, first: date | None) -> bool:
        same = (other.section, other.profession) == (self.instance.section, self.instance.profession)
        begun = first is not None and (other.applies_from is None or other.applies_from < first)
        return same and begun and (other.applies_until is None or first is None or other.applies_until >= first)

    def content(self) -> contents.Content:
        """The valid form as JSON, without the lines."""
        found = {name: contents.as_json(self.cleaned_data[name]) for name in contents.RULE_FIELDS}
        return found | ({"ends": self.ended.pk} if self.ended else {})


class LineForm(forms.Form):
    """What a rule asks of one kind of points; `counts` off: what is of this kind counts for nothing."""

    category = forms.ModelChoiceField(PointCategory.objects.none(), widget=forms.HiddenInput)
    counts = forms.BooleanField(label=_("Telt mee"), required=False)
    minimum = forms.DecimalField(label=_("Ten minste"), required=False, min_value=0, max_digits=7, decimal_places=2)
    maximum = forms.DecimalField(label=_("Telt mee tot"), required=False, min_value=0, max_digits=7, decimal_places=2)
    times = forms.IntegerField(label=_("Zo vaak per periode"), required=False, min_value=1, max_value=1000)
    confirmed = forms.BooleanField(label=_("Bevestigd"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        minimum, maximum = cleaned.get("minimum"), cleaned.get("maximum")
        if minimum is not None and maximum is not None and minimum > maximum:
            self.add_error("maximum", gettext("Er telt minder mee dan er nodig is. Kijk beide getallen na."))
        if not cleaned.get("counts") and any(cleaned.get(name) is not None for name in ("minimum", "maximum", "times")):
            self.add_error("counts", gettext("Zet dit vinkje, of haal de getallen weg."))
        return cleaned


class LeaveTermForm(forms.Form):
    """What leave of one kind adds to the period; `extends` off: nothing."""

    kind = forms.ChoiceField(choices=LeaveKind.choices, widget=forms.HiddenInput)
    extends = forms.BooleanField(label=_("Verlengt de periode"), required=False)
    minimum_days = forms.IntegerField(label=_("Vanaf zoveel dagen"), required=False, min_value=1, max_value=3660)
    share = forms.IntegerField(
        label=_("Deel van de dagen, in procenten"), required=False, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    maximum_days = forms.IntegerField(label=_("Ten hoogste dagen erbij"), required=False, min_value=1, max_value=3660)
    confirmed = forms.BooleanField(label=_("Bevestigd"), required=False)


class _LineFormSet(BaseFormSet):
    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        self.categories = PointCategory.objects.filter(register=register).select_related("part_of")
        super().__init__(*args, **options)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["category"].queryset = self.categories

    def content(self) -> list[dict[str, Any]]:
        return sorted(
            (
                {
                    "category": line["category"].pk,
                    "minimum": contents.as_json(line["minimum"]),
                    "maximum": contents.as_json(line["maximum"]),
                    "times": line["times"],
                    "confirmed": line["confirmed"],
                }
                for line in self.cleaned_data
                if line.get("counts")
            ),
            key=lambda line: line["category"],
        )


class _LeaveFormSet(BaseFormSet):
    def content(self) -> list[dict[str, Any]]:
        return sorted(
            (
                {
                    "kind": term["kind"],
                    "minimum_days": term["minimum_days"] or 1,
                    "share": term["share"] or 100,
                    "maximum_days": term["maximum_days"],
                    "confirmed": term["confirmed"],
                }
                for term in self.cleaned_data
                if term.get("extends")
            ),
            key=lambda term: term["kind"],
        )


_Lines = formset_factory(LineForm, formset=_LineFormSet, extra=0)
_Leave = formset_factory(LeaveTermForm, formset=_LeaveFormSet, extra=0)


# What is asked besides the rule: a mistake there hides none in the rule itself.
BESIDE_THE_RULE = {"reason", "sure"}


class RuleForms:
    """The form of a rule with its lines, all as one: filled from a content, valid or not together, and a content again."""

    def __init__(self, data: Any, *, register: Register, rule: RegisterRule | None, content: contents.Content | None = None) -> None:
        before = content or (contents.of_rule(rule) if rule else None)
        initial = {name: before[name] for name in contents.RULE_FIELDS} if before else {}
        if before:
            initial |= {name: contents.day(before[name]) for name in ("applies_from", "applies_until")}
        # A copy: a form writes what was typed into its instance, and what does not take effect may not show in it.
        instance = RegisterRule.objects.get(pk=rule.pk) if rule else RegisterRule(register=register)
        self.register = register
        self.is_draft = content is not None
        self.before = contents.of_rule(instance) if rule else None
        if self.before and content:
            initial["source_checked"] = contents.without_stale_marks(self.before, content) != content
        self.now = contents.digest(self.before)
        initial["opened"] = self.now
        self.form = RuleForm(data, instance=instance, initial=initial, register=register, draft=content is not None)
        categories = list(PointCategory.objects.filter(register=register).select_related("part_of"))
        asked = {line["category"]: line for line in (before or {}).get("categories", [])}
        lines = [
            {"category": one.pk, "counts": one.pk in asked or before is None, **asked.get(one.pk, {"category": one.pk})}
            for one in categories
        ]
        terms = {term["kind"]: term for term in (before or {}).get("leave", [])}
        leave = [{"kind": kind, "extends": kind in terms, **terms.get(kind, {})} for kind in LeaveKind.values]
        self.lines: Any = _Lines(data, prefix="soorten", initial=lines, register=register)  # type: ignore[call-arg]
        self.leave: Any = _Leave(data, prefix="verlof", initial=leave)
        names = {one.pk: one for one in categories}
        self.line_rows = [(names.get(key_of(str(line["category"].value())) or 0), line) for line in self.lines]
        self.leave_rows = [(dict(LeaveKind.choices).get(str(term["kind"].value()), ""), term) for term in self.leave]

    def is_valid(self) -> bool:
        # All of them, so that every mistake is told at once.
        valid = all([self.form.is_valid(), self.lines.is_valid(), self.leave.is_valid()])
        if self.lines.is_valid() and self.leave.is_valid() and not self.form.errors.keys() - BESIDE_THE_RULE:
            valid = not self._contradictions() and valid
        if not valid:
            return False
        if self.form.cleaned_data.get("opened", "") not in ("", self.now):
            text = gettext(
                "Iemand heeft deze regel gewijzigd sinds je hem opende. Hieronder staat wat jij invulde. Kijk eerst in een ander venster wat er "
                "nu staat; bewaar je nog eens, dan komt jouw versie daarvoor in de plaats."
            )
            self.form.add_error(None, text)
            # Once told, who keeps it again means it.
            self.form.data = {**dict(self.form.data.items()), "opened": self.now}
            return False
        return True

    def _contradictions(self) -> bool:
        """Tell what in the rule itself cannot be, and that there is nothing to reckon where nothing changed."""
        if not self.is_draft and "voorstel" in self.form.data and self.as_typed() == self.before:
            self.form.add_error(None, gettext("Je hebt nog niets aan de regel veranderd. Er valt dus niets door te rekenen."))
            return True
        lines = {line.cleaned_data["category"].pk: line for line in self.lines}
        found = contents.problems(self.content(), register=self.register)
        for problem in found:
            # A category around another may have no line of its own: then it is told above the form.
            form = self.form if problem.category is None else lines.get(problem.category, self.form)
            form.add_error(problem.field if problem.field in form.fields else None, problem.text)
        return bool(found)

    def content(self) -> contents.Content:
        """What was written down, without the marks that no longer hold."""
        written = self.as_typed()
        if self.before is None or self.form.cleaned_data["source_checked"]:
            return written
        return contents.without_stale_marks(self.before, written)

    def as_typed(self) -> contents.Content:
        return self.form.content() | {"categories": self.lines.content(), "leave": self.leave.content()}

    @property
    def errors(self) -> list[dict[str, str]]:
        """The mistakes in the lines, for the summary above the form."""
        return [
            {"href": f"#{line[name].id_for_label}" if name in line.fields else "", "label": str(label), "text": text}
            for label, line in [*self.line_rows, *self.leave_rows]
            for name, texts in line.errors.items()
            for text in texts
        ]


class SectionForm(forms.ModelForm):
    """A part of a register with rules of its own."""

    class Meta:
        model = RegisterSection
        fields = ["name", "code", "professions", "order", "confirmed", "source"]
        widgets = {"professions": forms.CheckboxSelectMultiple, "source": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "code": _("Kleine letters en streepjes. Hieraan hangen de regels en de inschrijvingen; het verandert daarna niet meer.")
        }

    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.register = register
        if self.instance.pk:
            self.fields["code"].disabled = True


class CategoryForm(forms.ModelForm):
    """A kind of points."""

    class Meta:
        model = PointCategory
        fields = ["name", "code", "part_of", "accredited", "order"]
        help_texts = {
            "code": _("Kleine letters en streepjes. Verandert daarna niet meer."),
            "part_of": _("Wat in deze soort telt, telt daar ook."),
        }

    def __init__(self, *args: Any, register: Register, **options: Any) -> None:
        super().__init__(*args, **options)
        self.instance.register = register
        part_of = cast(forms.ModelChoiceField, self.fields["part_of"])
        part_of.queryset = PointCategory.objects.filter(register=register).exclude(pk=self.instance.pk)
        part_of.empty_label = gettext("Geen: staat op zichzelf")
        if self.instance.pk:
            self.fields["code"].disabled = True

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if PointCategory.objects.filter(register=self.instance.register, code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError(gettext("Dit register heeft al een soort met deze code. Kies een andere."))
        return code


class EndForm(forms.Form):
    """The last day for which a rule holds."""

    last_day = forms.DateField(label=_("Geldt voor perioden die eindigen tot en met"), widget=DateInput())
    reason = forms.CharField(label=_("Waarom de regel eindigt"), max_length=500, help_text=_("Komt in de audittrail."))
