"""The question bank as Wagtail lists and chooses it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.contrib.admin.utils import unquote
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenMultipleView,
    SnippetChosenView,
)
from wagtail.snippets.views.snippets import HistoryView, IndexView, SnippetViewSet, UsageView

from accounts.models import User
from accounts.permissions import Action, organisations_where
from accounts.requests import PersonRequest
from courses.models import CoursePage, Question
from courses.questions import admin_views
from courses.questions.bank import questions_of, with_latest
from courses.questions.types import TYPES


class AuthorsPolicy(BasePermissionPolicy):
    """Who makes courses somewhere, makes questions there. Nothing is deleted: a question is taken out of use."""

    def user_has_permission(self, user: User, action: str) -> bool:
        return action != "delete" and bool(user.is_authenticated and _author_at(user))

    def user_has_permission_for_instance(self, user: User, action: str, instance: Model) -> bool:
        return action != "delete" and isinstance(instance, Question) and instance.organisation_id in _author_at(user)

    def user_has_any_permission_for_instance(self, user: User, actions: Any, instance: Model) -> bool:
        return any(self.user_has_permission_for_instance(user, action, instance) for action in actions)

    def instances_user_has_any_permission_for(self, user: User, actions: Any) -> QuerySet[Question]:
        return questions_of(user)

    def users_with_any_permission(self, actions: Any) -> QuerySet[User]:
        return User.objects.filter(is_active=True)


def _author_at(user: User) -> frozenset[int]:
    # Wagtail asks for every row of a list; the answer holds for one request, which is as long as this object lives.
    known: frozenset[int] | None = getattr(user, "_author_at", None)
    if known is None:
        known = frozenset(organisations_where(user, Action.AUTHOR_COURSES).values_list("pk", flat=True))
        user._author_at = known  # type: ignore[attr-defined]
    return known


class QuestionFilter(WagtailFilterSet):
    latest_type = django_filters.ChoiceFilter(label=_("Soort"), choices=lambda: [(kind.code, kind.label) for kind in TYPES.values()])
    difficulty = django_filters.ChoiceFilter(label=_("Moeilijkheid"), choices=Question.Difficulty.choices)
    tags = django_filters.ModelChoiceFilter(label=_("Trefwoord"), queryset=Tag.objects.order_by("name"))
    course = django_filters.ModelChoiceFilter(
        label=_("Cursus"),
        queryset=lambda request: _courses_of(request.user),
    )
    retired_at = django_filters.BooleanFilter(label=_("In gebruik"), lookup_expr="isnull")

    class Meta:
        model = Question
        fields: list[str] = []


class QuestionIndex(IndexView):
    """The list, with import and export beside "add"."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [
            *super().header_more_buttons,
            Button(_("Vragen inlezen"), url=reverse("wagtailsnippets_courses_question:import"), icon_name="upload", priority=80),
            Button(_("Vragen uitvoeren"), url=reverse("wagtailsnippets_courses_question:export"), icon_name="download", priority=81),
        ]


def kind_of(question: Question) -> str:
    kind = TYPES.get(getattr(question, "latest_type", "") or "")
    return str(kind.label) if kind else ""


def tags_of(question: Question) -> str:
    return ", ".join(sorted(tag.name for tag in question.tags.all()))


class _OwnQuestion:
    """A page about one question, which has to be of one's own organisation."""

    request: PersonRequest
    pk: str

    def get_object(self, *args: Any, **kwargs: Any) -> Question:
        return get_object_or_404(questions_of(self.request.user), pk=unquote(str(self.pk)))


class QuestionUsage(_OwnQuestion, UsageView):
    pass


class QuestionHistory(_OwnQuestion, HistoryView):
    pass


def _at_once() -> forms.Select:
    """A choice that searches as soon as it is made."""
    return forms.Select(attrs={"data-chooser-modal-search-filter": True})


class QuestionSearch(BaseFilterForm):
    """Finding one question among hundreds: by words, course, type or tag."""

    q = forms.CharField(label=_("Zoek in titel of naam"), required=False)
    course = forms.ModelChoiceField(
        label=_("Cursus"), queryset=CoursePage.objects.none(), required=False, empty_label=_("alle"), widget=_at_once()
    )
    kind = forms.ChoiceField(label=_("Soort"), required=False, widget=_at_once())
    tag = forms.ModelChoiceField(
        label=_("Trefwoord"), queryset=Tag.objects.order_by("name"), required=False, empty_label=_("alle"), widget=_at_once()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("alle")), *((kind.code, kind.label) for kind in TYPES.values())]

    def filter(self, objects: QuerySet[Question]) -> QuerySet[Question]:
        objects = super().filter(objects)
        asked = self.cleaned_data
        if asked["q"]:
            objects = objects.filter(Q(title__icontains=asked["q"]) | Q(key__icontains=asked["q"]))
            self.is_searching, self.search_query = True, asked["q"]
        if asked["course"]:
            # A question without a course may stand in each of its organisation's courses.
            objects = objects.filter(Q(course=asked["course"]) | Q(course=None, organisation=asked["course"].organisation))
        if asked["kind"]:
            objects = objects.filter(latest_type=asked["kind"])  # type: ignore[misc]
        return objects.filter(tags=asked["tag"]) if asked["tag"] else objects


def _courses_of(user: User) -> QuerySet[CoursePage]:
    return CoursePage.objects.filter(organisation__in=organisations_where(user, Action.AUTHOR_COURSES)).order_by("title")


class _OfOnesOwn:
    """Only the questions of one's own organisations, and nothing out of use."""

    request: PersonRequest
    filter_form_class = QuestionSearch

    def get_filter_form(self) -> "QuestionSearch":
        form = QuestionSearch(self.request.GET)
        form.fields["course"].queryset = _courses_of(self.request.user)
        return form

    def get_object_list(self) -> QuerySet[Question]:
        return with_latest(questions_of(self.request.user).filter(retired_at=None)).select_related("course").prefetch_related("tags")  # type: ignore[misc]

    @property
    def columns(self) -> list[Column]:
        return [
            self.title_column,  # type: ignore[attr-defined]
            Column("kind", label=_("Soort"), accessor=kind_of),
            Column("tags", label=_("Trefwoorden"), accessor=tags_of),
            Column("course", label=_("Alleen voor cursus"), accessor="course"),
        ]


class ChooseQuestion(_OfOnesOwn, ChooseView):
    pass


class ChooseQuestionResults(_OfOnesOwn, ChooseResultsView):
    pass


class QuestionChosen(SnippetChosenView):
    """The name of the chosen question; of another organisation's it tells nothing."""

    def get_object(self, pk: str) -> Question:
        return questions_of(self.request.user).get(pk=pk)


class QuestionsChosen(SnippetChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[Question]:
        return questions_of(self.request.user).filter(pk__in=pks)


class QuestionChooser(SnippetChooserViewSet):
    """Choosing a question in a lesson."""

    choose_view_class = ChooseQuestion
    choose_results_view_class = ChooseQuestionResults
    chosen_view_class = QuestionChosen
    chosen_multiple_view_class = QuestionsChosen


class QuestionViewSet(SnippetViewSet):
    """Listing and choosing are Wagtail's; a question is made and revised with a form per type."""

    model = Question
    icon = "help"
    menu_label = _("Vragenbank")
    menu_name = "vragenbank"
    menu_order = 250
    add_to_admin_menu = True
    index_view_class = QuestionIndex
    usage_view_class = QuestionUsage
    history_view_class = QuestionHistory
    chooser_viewset_class = QuestionChooser
    copy_view_enabled = False
    inspect_view_enabled = False
    list_display = [
        "title",
        Column(kind_of, label=_("Soort")),
        Column("get_difficulty_display", label=_("Moeilijkheid")),
        Column(tags_of, label=_("Trefwoorden")),
        Column("course", label=_("Cursus")),
        Column("latest_number", label=_("Versie")),
    ]
    filterset_class = QuestionFilter
    search_fields = ["title", "key", "provenance"]
    search_backend_name = None
    list_per_page = 50

    @cached_property
    def menu_url(self) -> str:
        # Wagtail takes the first of the addresses below, which is the import.
        return reverse(self.get_url_name("list"))

    @property
    def permission_policy(self) -> BasePermissionPolicy:
        return AuthorsPolicy(self.model)

    def get_queryset(self, request: PersonRequest) -> QuerySet[Question]:
        return with_latest(questions_of(request.user)).select_related("course").prefetch_related("tags")  # type: ignore[misc]

    @property
    def add_view(self) -> Callable[..., HttpResponse]:
        return admin_views.add

    @property
    def edit_view(self) -> Callable[..., HttpResponse]:
        return admin_views.edit

    def get_urlpatterns(self) -> list[URLPattern]:
        index, *others = super().get_urlpatterns()
        return [
            index,  # the menu leads to whichever comes first
            path("inlezen/", admin_views.bring_in, name="import"),
            path("uitvoeren/", admin_views.hand_over, name="export"),
            path("voorbeeld/<int:pk>/", admin_views.preview, name="preview"),
            path("cijfers/<int:pk>/", admin_views.statistics, name="statistics"),
            *others,
        ]
