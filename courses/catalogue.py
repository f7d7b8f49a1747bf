"""The catalogue: which courses there are, searched and filtered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Profession
from courses.course_page import Credit, credits_of, next_dates_of, worth_of
from courses.models import CoursePage, CourseProgress, Release, Theme
from courses.route import Route, routes_of

SHORT, LONG = 120, 480  # minutes


class CatalogueForm(forms.Form):
    """What someone looks for. Every field may stay empty; an unknown value filters nothing away."""

    zoek = forms.CharField(label=_("Zoek in cursussen"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"}))
    beroep = forms.ModelChoiceField(
        label=_("Beroep"), queryset=Profession.objects.all(), to_field_name="code", required=False, empty_label=_("Alle beroepen")
    )
    thema = forms.ModelChoiceField(
        label=_("Thema"), queryset=Theme.objects.all(), to_field_name="code", required=False, empty_label=_("Alle thema's")
    )
    register = forms.ChoiceField(label=_("Punten voor"), required=False)
    vorm = forms.ChoiceField(label=_("Vorm"), required=False, choices=[("", _("Alle vormen")), *CoursePage.Form.choices])
    duur = forms.ChoiceField(
        label=_("Duur"),
        required=False,
        choices=[("", _("Elke duur")), ("kort", _("tot 2 uur")), ("middel", _("2 tot 8 uur")), ("lang", _("langer dan 8 uur"))],
    )
    datum = forms.ChoiceField(
        label=_("Volgende bijeenkomst"),
        required=False,
        choices=[("", _("Wanneer dan ook")), ("30", _("binnen 30 dagen")), ("90", _("binnen 90 dagen")), ("geen", _("zonder bijeenkomst"))],
    )

    def __init__(self, *args: Any, registers: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["register"] = forms.ChoiceField(
            label=self.fields["register"].label, required=False, choices=[("", _("Elk register")), *registers]
        )


@dataclass(frozen=True)
class Found:
    """A course in the catalogue."""

    course: CoursePage
    route: Route
    credits: Sequence[Credit]
    next_date: date | None
    progress: CourseProgress | None

    @property
    def minutes(self) -> int:
        return self.route.minutes_in_all

    @property
    def signs(self) -> list[str]:
        return [*(station.sign for station in self.route.stations), "end"]

    @property
    def points(self) -> str:
        return ", ".join(f"{worth_of(credit)} ({credit['register_name']})" for credit in self.credits)


def released_courses() -> QuerySet[CoursePage]:
    """The courses that someone can join: published, open to visitors, and released."""
    newest = Release.objects.filter(course=OuterRef("pk")).order_by("-number").values("pk")[:1]
    return (
        CoursePage.objects.live()
        .public()
        .annotate(newest_release=Subquery(newest))
        .exclude(newest_release=None)
        .select_related("theme")
        .order_by("title")
    )


def search(data: dict[str, Any], *, learner: int | None = None) -> tuple[CatalogueForm, list[Found]]:
    """The form with what was asked, and the courses that fit, in a number of queries that does not grow with them."""
    everything = _found(released_courses(), learner=learner)
    registers = sorted({(credit["register"], credit["register_name"]) for found in everything for credit in found.credits})
    form = CatalogueForm(data, registers=registers)
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    chosen = set(_matching(asked).values_list("pk", flat=True)) if asked else {found.course.pk for found in everything}
    return form, [found for found in everything if found.course.pk in chosen and _fits(found, asked)]


def _found(courses: QuerySet[CoursePage], *, learner: int | None) -> list[Found]:
    pages = list(courses)
    releases = {release.pk: release for release in Release.objects.filter(pk__in=[page.newest_release for page in pages])}
    for page in pages:
        releases[page.newest_release].course = page
    routes = routes_of(list(releases.values()))
    keys = [page.pk for page in pages]
    points, dates = credits_of(keys), next_dates_of(keys)
    progress = {}
    if learner is not None:
        rows = CourseProgress.objects.filter(
            enrolment__learner=learner, enrolment__course__in=keys, enrolment__withdrawn_at=None
        ).select_related("enrolment")
        progress = {row.enrolment.course_id: row for row in rows}
    return [
        Found(
            course=page,
            route=routes[page.newest_release],
            credits=points.get(page.pk, []),
            next_date=dates.get(page.pk),
            progress=progress.get(page.pk),
        )
        for page in pages
    ]


def _matching(asked: dict[str, Any]) -> QuerySet[CoursePage]:
    courses = released_courses()
    for word in str(asked.get("zoek", "")).split():
        anywhere = (
            Q(title__icontains=word)
            | Q(summary__icontains=word)
            | Q(intro__icontains=word)
            | Q(audience__icontains=word)
            | Q(theme__name__icontains=word)
        )
        courses = courses.filter(anywhere | Q(releases__pk=F("newest_release"), releases__lessons__title__icontains=word))
    if "beroep" in asked:
        courses = courses.filter(professions=asked["beroep"])
    if "thema" in asked:
        courses = courses.filter(theme=asked["thema"])
    if "vorm" in asked:
        courses = courses.filter(form=asked["vorm"])
    return courses.distinct()


def _fits(found: Found, asked: dict[str, Any]) -> bool:
    """What the database cannot say: points, duration and the next meeting."""
    if "register" in asked and asked["register"] not in {credit["register"] for credit in found.credits}:
        return False
    lengths = {"kort": found.minutes <= SHORT, "middel": SHORT < found.minutes <= LONG, "lang": found.minutes > LONG}
    if "duur" in asked and not lengths[asked["duur"]]:
        return False
    if asked.get("datum") == "geen":
        return found.route.minutes_together == 0
    if "datum" in asked:
        return found.next_date is not None and (found.next_date - timezone.localdate()).days <= int(asked["datum"])
    return True
