"""Views in the editor, under /cms/h5p/: upload packages, see what there is and where it is used, and manage libraries."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record as audit
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.h5p.archive import PackageRefused
from courses.h5p.embed import token_for
from courses.h5p.forms import NewVersionForm, UploadForm
from courses.h5p.install import import_package, make_default
from courses.h5p.kind import lost_files
from courses.h5p.library import LibraryInUse, content_for, installed_libraries, may_change, may_install_for, remove_library, uses_of
from courses.models import H5PContent, H5PLibrary, H5PVersion

PER_PAGE = 50


def _authors_only(request: PersonRequest) -> None:
    if not may(request.user, Action.AUTHOR_COURSES):
        raise PermissionDenied


def _installers_only(request: PersonRequest) -> None:
    if not may(request.user, Action.INSTALL_H5P_LIBRARIES):
        raise PermissionDenied


# --- Content ------------------------------------------------------------------------------------------------------


@require_safe
def contents(request: PersonRequest) -> HttpResponse:
    """The content that this author may use."""
    _authors_only(request)
    wanted = request.GET.get("q", "").strip()
    found = content_for(request.user).select_related("organisation").prefetch_related("versions__main_library")
    if wanted:
        found = found.filter(title__icontains=wanted)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    rows = [
        {"content": content, "version": max(content.versions.all(), key=lambda version: version.number, default=None)} for content in page
    ]
    context = {
        "rows": rows,
        "page": page,
        "wanted": wanted,
        "may_install": may(request.user, Action.INSTALL_H5P_LIBRARIES),
    }
    return render(request, "courses/h5p/cms_contents.html", {**context, **_header(_("H5P"))})


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PersonRequest) -> HttpResponse:
    """Upload a package as new content."""
    _authors_only(request)
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    reasons: list[str] = []
    if request.method == "POST" and form.is_valid():
        organisation = form.cleaned_data["organisation"]
        version, reasons = _import(request, form.cleaned_data["package"], organisation=organisation, title=form.cleaned_data["title"])
        if version is not None:
            return redirect("h5p_cms:content", version.content_id)
    context = {"form": form, "reasons": reasons, "may_install": may(request.user, Action.INSTALL_H5P_LIBRARIES)}
    return render(request, "courses/h5p/cms_upload.html", {**context, **_header(_("H5P uploaden"))}, status=422 if reasons else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def content(request: PersonRequest, pk: int) -> HttpResponse:
    """One piece of content: how it plays, its versions and where it is used; and a next version of it."""
    _authors_only(request)
    shown = get_object_or_404(content_for(request.user).select_related("organisation"), pk=pk)
    changeable = may_change(request.user, shown)
    form = NewVersionForm(request.POST or None, request.FILES or None)
    reasons: list[str] = []
    if request.method == "POST":
        if not changeable:
            raise PermissionDenied
        if form.is_valid():
            version, reasons = _import(request, form.cleaned_data["package"], organisation=shown.organisation, content=shown)
            if version is not None:
                return redirect("h5p_cms:content", shown.pk)
    latest = shown.versions.select_related("main_library").order_by("-number").first()
    context = {
        "content": shown,
        "version": latest,
        "versions": shown.versions.select_related("main_library", "created_by").defer("parameters", "files"),
        "libraries": [pin.library for pin in latest.pins.select_related("library").defer("library__files", "library__semantics")]
        if latest
        else [],
        "lost": lost_files(latest) if latest else [],
        "uses": uses_of(shown),
        "changeable": changeable,
        "form": form,
        "reasons": reasons,
        "embed_url": reverse("courses:h5p:embed", args=[token_for(latest)]) if latest else "",
        "h5p_title": shown.title,
    }
    return render(request, "courses/h5p/cms_content.html", {**context, **_header(shown.title)}, status=422 if reasons else 200)


def _import(
    request: PersonRequest, package: Any, *, organisation: Any, title: str = "", content: H5PContent | None = None
) -> tuple[H5PVersion | None, list[str]]:
    """Import for this person; answers the version, or the reasons of the refusal."""
    try:
        version = import_package(
            package,
            filename=package.name,
            by=request.user,
            organisation=organisation,
            content=content,
            title=title,
            may_install=may_install_for(request.user, organisation),
        )
    except PackageRefused as refusal:
        return None, refusal.reasons
    audit(
        "h5p_uploaded",
        actor=request.user,
        on_behalf_of=organisation,
        subject=str(version),
        origin=origin_of(request),
        package=version.package_sha256,
        library=version.main_library.versioned_name,
    )
    messages.success(request, _("%(title)s staat klaar als versie %(number)s.") % {"title": version.title, "number": version.number})
    return version, []


# --- Libraries ----------------------------------------------------------------------------------------------------


@require_safe
def libraries(request: PersonRequest) -> HttpResponse:
    """Every installed build."""
    _installers_only(request)
    return render(request, "courses/h5p/cms_libraries.html", {"libraries": installed_libraries(), **_header(_("H5P-bibliotheken"))})


@require_POST
def default_library(request: PersonRequest, pk: int) -> HttpResponse:
    """Let this build serve packages that bring none themselves."""
    _installers_only(request)
    library = get_object_or_404(H5PLibrary, pk=pk)
    make_default(library)
    audit("h5p_library_chosen", actor=request.user, subject=str(library), origin=origin_of(request), hash=library.hash)
    messages.success(request, _("%(library)s is nu de standaard. Bestaande inhoud houdt wat die had.") % {"library": library})
    return redirect("h5p_cms:libraries")


@require_POST
def delete_library(request: PersonRequest, pk: int) -> HttpResponse:
    """Remove a build that nothing uses."""
    _installers_only(request)
    library = get_object_or_404(H5PLibrary, pk=pk)
    try:
        remove_library(library)
    except LibraryInUse as refusal:
        messages.error(request, str(refusal))
    else:
        audit("h5p_library_removed", actor=request.user, subject=str(library), origin=origin_of(request), hash=library.hash)
        messages.success(request, _("%(library)s is verwijderd.") % {"library": library})
    return redirect("h5p_cms:libraries")


def _header(title: str) -> dict[str, Any]:
    crumbs = [{"url": reverse("wagtailadmin_home"), "label": _("Home")}, {"url": reverse("h5p_cms:contents"), "label": _("H5P")}]
    if title != _("H5P"):
        crumbs.append({"url": "", "label": title})
    return {"page_title": title, "breadcrumbs_items": crumbs}
