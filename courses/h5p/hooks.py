"""What H5P adds to Wagtail's editor: a menu item, its pages, and a chooser that shows an author what they may use."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.menu import MenuItem
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenMultipleView,
    SnippetChosenView,
)
from wagtail.snippets.views.snippets import SnippetViewSet

from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.h5p import cms_views
from courses.h5p.library import content_for
from courses.models import H5PContent


class _Search(BaseFilterForm):
    q = forms.CharField(label=_("Zoek op titel"), required=False)

    def filter(self, objects: QuerySet[H5PContent]) -> QuerySet[H5PContent]:
        words = self.cleaned_data["q"]
        self.is_searching, self.search_query = bool(words), words
        return super().filter(objects).filter(title__icontains=words)


class _OwnContent:
    request: PersonRequest
    filter_form_class = _Search

    def get_object_list(self) -> QuerySet[H5PContent]:
        return content_for(self.request.user)


class _Choose(_OwnContent, ChooseView):
    pass


class _ChooseResults(_OwnContent, ChooseResultsView):
    pass


class _Chosen(SnippetChosenView):
    def get_object(self, pk: str) -> H5PContent:
        return content_for(self.request.user).get(pk=pk)


class _ChosenMultiple(SnippetChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[H5PContent]:
        return content_for(self.request.user).filter(pk__in=pks)


class _Chooser(SnippetChooserViewSet):
    choose_view_class = _Choose
    choose_results_view_class = _ChooseResults
    chosen_view_class = _Chosen
    chosen_multiple_view_class = _ChosenMultiple


class _OnlyByUpload(ModelPermissionPolicy):
    """Content comes and changes by uploading a package; Wagtail's own forms would let the checks be passed by."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return False

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return False


class H5PContentViewSet(SnippetViewSet):
    model = H5PContent
    icon = "media"
    chooser_viewset_class = _Chooser
    list_per_page = 50

    @property
    def permission_policy(self) -> ModelPermissionPolicy:
        return _OnlyByUpload(self.model)


register_snippet(H5PContentViewSet)


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern | URLResolver]:
    own = [
        path("", cms_views.contents, name="contents"),
        path("uploaden/", cms_views.upload, name="upload"),
        path("<int:pk>/", cms_views.content, name="content"),
        path("bibliotheken/", cms_views.libraries, name="libraries"),
        path("bibliotheken/<int:pk>/standaard/", cms_views.default_library, name="default_library"),
        path("bibliotheken/<int:pk>/verwijderen/", cms_views.delete_library, name="delete_library"),
    ]
    return [path("h5p/", include((own, "h5p_cms")))]


class _AuthorsMenuItem(MenuItem):
    def is_shown(self, request: PersonRequest) -> bool:
        return may(request.user, Action.AUTHOR_COURSES)


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return _AuthorsMenuItem(_("H5P"), reverse("h5p_cms:contents"), icon_name="media", order=350)
