"""The pattern library: every component of every room with its sample data."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from cms import charts, route

GROUPS = ["Route", "Handelen", "Tonen", "Antwoord geven", "Formulieren", "Lijsten", "Inhoud", "Bladzijde"]


class SampleForm(forms.Form):
    """What a form looks like when someone made a mistake."""

    name = forms.CharField(label=_("Naam op het certificaat"), help_text=_("Zoals in het BIG-register."))
    big_number = forms.CharField(label=_("BIG-nummer"), help_text=_("11 cijfers."))
    profession = forms.ChoiceField(label=_("Beroep"), choices=[("vpk", "Verpleegkundige"), ("vs", "Verpleegkundig specialist")])
    reminder = forms.ChoiceField(
        label=_("Waaraan wil je herinnerd worden?"), widget=forms.RadioSelect, choices=[("all", "Aan alles"), ("dates", "Alleen aan data")]
    )
    remarks = forms.CharField(label=_("Opmerking voor de docent"), widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label=_("Dit heb ik zelf gemaakt"), required=True)

    def clean_big_number(self) -> str:
        raise ValidationError(_("Een BIG-nummer heeft 11 cijfers; je typte er 10."))


def _sample_form() -> SampleForm:
    return SampleForm(
        {"name": "Demo verpleegkundige", "big_number": "1912345678", "profession": "vpk", "reminder": "dates", "agreed": "on"}
    )


FORMS = {
    "demo": lambda: render_to_string("cms/components/form/sample.html", {"form": _sample_form()}),
    "field": lambda: mark_safe(SampleForm()["name"].as_field_group()),  # noqa: S308 - our own template
}

OBJECTS: dict[str, Callable[[], object]] = {
    "paginator": lambda: Paginator(range(248), 25).page(3),
    "period": lambda: route.period(
        identifier="periode-voorbeeld",
        title="Je bent ruim over de helft; nog 24 geaccrediteerde punten te gaan",
        start=date(2024, 1, 1),
        end=date(2028, 12, 31),
        today=date(2026, 11, 22),
        events=[
            route.Event(date(2024, 5, 14), "E-learning pijn, 4 punten", 4),
            route.Event(date(2025, 3, 3), "Scholing vermoeidheid, 12 punten", 12),
            route.Event(date(2026, 2, 9), "Congres, 20 punten", 20),
            route.Event(date(2026, 10, 30), "Intervisie, wacht op oordeel", 3, "waiting"),
            route.Event(date(2027, 2, 12), "Contactbijeenkomst, 8 punten", 8, "planned"),
        ],
    ),
    "portfolio": lambda: route.portfolio(
        identifier="opleiding-voorbeeld",
        title="Je bent voor één van de drie EPA's bekwaam verklaard",
        start=date(2026, 1, 1),
        end=date(2027, 12, 31),
        today=date(2026, 11, 22),
        rows=[
            (
                "Arbeidsgerichte probleemanalyse",
                [route.Level(date(2026, 3, 1), 2), route.Level(date(2026, 10, 1), 4, True)],
                route.Goal(date(2027, 3, 1), 5),
            ),
            ("Beoordelen van belastbaarheid", [route.Level(date(2026, 6, 1), 2)], route.Goal(date(2027, 6, 1), 4)),
            ("Overleg met de bedrijfsarts", [], route.Goal(date(2027, 9, 1), 4)),
        ],
    ),
    "bar": lambda: charts.bar(
        identifier="punten-voorbeeld",
        title="Je hebt 132 van 184 punten; 24 geaccrediteerde punten ontbreken nog",
        unit="punten",
        parts=[charts.Part("geaccrediteerd", 56), charts.Part("overige activiteiten", 76, hatched=True)],
        rules=[charts.Rule(80, "80 geaccr.", "Ten minste geaccrediteerd"), charts.Rule(184, "184 nodig", "Nodig in vijf jaar")],
    ),
}


@cache
def components() -> list[dict[str, Any]]:
    """Each folder with a sample.json: its title, group, when to use it, and how it is included."""
    found = []
    for app in apps.get_app_configs():
        folder = Path(app.path) / "templates" / app.label / "components"
        for sample in sorted(folder.glob("*/sample.json")):
            if settings.BASE_DIR not in sample.parents:
                continue
            name = sample.parent.name
            found.append(
                {
                    "name": name,
                    "room": app.label,
                    "template": f"{app.label}/components/{name}/{name}.html",
                    **json.loads(sample.read_text("utf-8")),
                }
            )
    return found


def pattern_library(request: HttpRequest) -> HttpResponse:
    """Every component, rendered from its sample data, in groups."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for component in components():
        samples = [
            {"name": sample.get("name", ""), "html": _render(component["template"], sample, request)}
            for sample in component.get("samples", [])
        ]
        if form := component.get("form"):
            samples.append({"name": "", "html": FORMS[form]()})
        groups[component.get("group", "Tonen")].append({**component, "samples": samples})
    ordered = sorted(groups.items(), key=lambda group: GROUPS.index(group[0]) if group[0] in GROUPS else len(GROUPS))
    return render(request, "cms/patterns.html", {"groups": ordered})


def _render(template: str, sample: dict[str, Any], request: HttpRequest) -> str:
    context = dict(sample["context"])
    for key in sample.get("safe", []):
        context[key] = mark_safe(context[key])  # noqa: S308 - sample data of ours
    for key, name in sample.get("objects", {}).items():
        context[key] = OBJECTS[name]()
    for key in sample.get("dates", []):
        context[key] = date.fromisoformat(context[key])
    return render_to_string(sample.get("template", template), context, request=request)
