"""Certificate templates in the CMS: each issuer edits its own."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import URLPattern
from django.utils.translation import gettext, gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import CreateView, EditView, SnippetViewSet

from accounts.models import User
from accounts.permissions import Action, organisations_where
from accounts.requests import PersonRequest
from accreditation.models import CertificateTemplate
from courses.models import CoursePage

EDIT = Action.EDIT_CERTIFICATE_TEMPLATES


class IssuersPolicy(BasePermissionPolicy):
    """Who may edit certificate templates of an organisation, edits those of that organisation. Nothing is deleted."""

    def user_has_permission(self, user: User, action: str) -> bool:
        return action != "delete" and bool(_issues_for(user))

    def user_has_permission_for_instance(self, user: User, action: str, instance: Model) -> bool:
        return action != "delete" and isinstance(instance, CertificateTemplate) and instance.organisation_id in _issues_for(user)

    def user_has_any_permission_for_instance(self, user: User, actions: Any, instance: Model) -> bool:
        return any(self.user_has_permission_for_instance(user, action, instance) for action in actions)

    def instances_user_has_any_permission_for(self, user: User, actions: Any) -> QuerySet[CertificateTemplate]:
        return _templates_of(user)

    def users_with_any_permission(self, actions: Any) -> QuerySet[User]:
        return User.objects.filter(is_active=True)


class _OwnOrganisations:
    """The form offers the organisations of this person and their courses, and takes no other."""

    request: PersonRequest

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(*args, **kwargs)  # type: ignore[misc]
        mine = organisations_where(self.request.user, EDIT)
        form.fields["organisation"].queryset = mine
        form.fields["course"].queryset = CoursePage.objects.filter(organisation__in=mine).order_by("title")
        if form.instance.pk:
            # What was issued under it names this template: it stays with its organisation.
            form.fields["organisation"].disabled = True
        elif mine.count() == 1:
            form.fields["organisation"].initial = mine.get().pk
        return form


class _SavedByHand:
    """A template has no draft: what is saved stands on the next certificate. So nothing is saved until somebody presses the button."""

    request: PersonRequest

    def setup(self, *args: Any, **kwargs: Any) -> None:
        super().setup(*args, **kwargs)  # type: ignore[misc]
        self.autosave_enabled = False

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.request.accepts("text/html"):
            # Saving while someone types asks for JSON; a form that was opened before this was switched off still does.
            text = gettext("Er is niets bewaard. Kies Opslaan als je sjabloon klaar is.")
            return JsonResponse({"success": False, "error_code": "saved_by_hand", "error_message": text}, status=400)
        answer: HttpResponse = super().post(*args, **kwargs)  # type: ignore[misc]
        return answer


class TemplateCreate(_SavedByHand, _OwnOrganisations, CreateView):
    pass


class TemplateEdit(_SavedByHand, _OwnOrganisations, EditView):
    pass


class CertificateTemplateViewSet(SnippetViewSet):
    model = CertificateTemplate
    icon = "doc-full"
    menu_label = _("Certificaatsjablonen")
    menu_name = "certificaatsjablonen"
    menu_order = 270
    add_to_admin_menu = True
    add_view_class = TemplateCreate
    edit_view_class = TemplateEdit
    copy_view_enabled = False
    inspect_view_enabled = False
    list_display = ["__str__", Column("get_language_display", label=_("Taal")), Column("version", label=_("Versie"))]

    @property
    def permission_policy(self) -> BasePermissionPolicy:
        return IssuersPolicy(self.model)

    def get_queryset(self, request: PersonRequest) -> QuerySet[CertificateTemplate]:
        return _templates_of(request.user)

    def get_urlpatterns(self) -> list[URLPattern]:
        """Wagtail's own views about one template, each behind the question whose it is: most of them ask the policy about the model only."""
        patterns: list[URLPattern] = super().get_urlpatterns()
        for pattern in patterns:
            pattern.callback = _behind_ownership(pattern.callback)
        return patterns

    def register_chooser_viewset(self) -> None:
        """No page chooses a template: a list to choose from would only show those of others."""


def _behind_ownership(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "pk" in kwargs and not _templates_of(request.user).filter(pk=kwargs["pk"]).exists():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


register_snippet(CertificateTemplateViewSet)


def _templates_of(user: User) -> QuerySet[CertificateTemplate]:
    return CertificateTemplate.objects.filter(organisation__in=organisations_where(user, EDIT)).select_related("organisation", "course")


def _issues_for(user: User) -> frozenset[int]:
    known: frozenset[int] | None = getattr(user, "_issues_for", None)
    if known is None:
        known = frozenset(organisations_where(user, EDIT).values_list("pk", flat=True))
        user._issues_for = known  # type: ignore[attr-defined]
    return known
