"""Pages of `cms` that are not in the site tree."""

from django.apps import apps
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from wagtail import hooks
from wagtail.documents import get_document_model
from wagtail.models import Page

from accounts.files import serve_private
from cms.models import BasePage, ToolPage, ToolUse
from cms.models.tools import record_use

RESULTS_PER_PAGE = 20


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Published pages that hold the words; a page behind a restriction is never found."""
    query = request.GET.get("q", "").strip()[:200]
    page_obj = None
    if query:
        kinds = [model for model in apps.get_models() if issubclass(model, BasePage) and model.found_by_search]
        found = Page.objects.live().public().type(*kinds).specific().search(query)
        page_obj = Paginator(found, RESULTS_PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "cms/search.html", {"query": query, "page_obj": page_obj})


FILM_TYPES = {"mp4": "video/mp4", "webm": "video/webm", "vtt": "text/vtt"}


@require_GET
def film(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A film or its captions, in ranges: Safari plays nothing without them, and Wagtail's own view gives none."""
    document = get_object_or_404(get_document_model(), pk=pk)
    content_type = FILM_TYPES.get(document.file_extension)
    if content_type is None:
        raise Http404
    for check in hooks.get_hooks("before_serve_document"):
        refusal = check(document, request)
        if isinstance(refusal, HttpResponseBase):
            return refusal
    return serve_private(request, document.file, filename=document.filename, content_type=content_type, inline=True)


# Without a token, so that a visitor's pages need no cookie; all a forged request could do is change the language.
@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language and go back to where the visitor was."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


# A beacon cannot carry a token; it only counts, and only from our own pages.
@csrf_exempt
@require_POST
def tool_used(request: HttpRequest, pk: int) -> HttpResponse:
    """Count that a tool is used on the screen: at the first step forward or the first letter, not at opening the page."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponseBadRequest()
    tool = get_object_or_404(ToolPage.objects.live().public(), pk=pk)
    record_use(tool=tool, how=ToolUse.How.SCREEN, person=request.user if request.user.is_authenticated else None)
    return HttpResponse(status=204)
