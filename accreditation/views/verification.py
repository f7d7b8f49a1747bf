"""Check a certificate, without logging in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of
from accreditation.forms import FileForm, NumberForm
from accreditation.verification import Answer, TooManyTries, by_number, by_token, by_upload, count_try


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_number(request: HttpRequest) -> HttpResponse:
    """The page to check a certificate; with a number and its code, the answer. By POST, so that no code ends up in a log."""
    form = NumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _answered(request, "code", lambda: by_number(form.cleaned_data["number"], form.cleaned_data["check_code"]), number_form=form)
    return _page(request, number_form=form)


@never_cache
@require_safe
def check_token(request: HttpRequest, token: str) -> HttpResponse:
    """What the QR code on a certificate leads to."""
    return _answered(request, "token", lambda: by_token(token))


@never_cache
@require_POST
def check_file(request: HttpRequest) -> HttpResponse:
    """Whether this very file was issued here. Nothing of it is kept."""
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        return _answered(request, "file", lambda: by_upload(form.cleaned_data["pdf"]), by_file=True)
    return _page(request, file_form=form)


def _answered(
    request: HttpRequest, kind: str, check: Callable[[], Answer], *, by_file: bool = False, number_form: NumberForm | None = None
) -> HttpResponse:
    try:
        count_try(kind, origin=origin_of(request))
    except TooManyTries:
        text = gettext("Er is vanaf dit adres te vaak gecontroleerd. Wacht tien minuten en probeer het dan nog eens.")
        return _page(request, refused=text, number_form=number_form, status=429)
    return _page(request, answer=check(), by_file=by_file, number_form=number_form)


def _page(
    request: HttpRequest,
    *,
    answer: Answer | None = None,
    by_file: bool = False,
    refused: str = "",
    number_form: NumberForm | None = None,
    file_form: FileForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "answer": answer,
        "by_file": by_file,
        "refused": refused,
        "number_form": number_form or NumberForm(),
        "file_form": file_form or FileForm(),
    }
    response = render(request, "accreditation/verify.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    # Not "no-referrer": a browser then posts the forms of this page with Origin "null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
