"""What people see of the record: their own statements, and for administrators the keys of tools and what was set aside."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.models import User
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from lrs import access, projections
from lrs.access import narrowed
from lrs.forms import MyRecordsForm
from lrs.models import PendingProjection, Source, Statement
from lrs.places import Place, activities_in, courses_of, places_of
from lrs.sentences import FROM, TRUST_YOU, name_of, sentence_of
from lrs.subjects import subject_of

PER_PAGE = 50


# --- One's own records --------------------------------------------------------------------------------------------------


@login_required
@require_GET
def my_records(request: PersonRequest) -> HttpResponse:
    """What the record says of me, in sentences: per day and per course, of one course or one period when asked."""
    form = MyRecordsForm(request.GET, courses=courses_of(learner=request.user))
    found = access.statements_of(request.user.pseudonym)
    if form.is_valid():
        found = narrowed(found, **form.cleaned_data)
    page = _page(request, found)
    places = places_of(iri for statement in page for iri in activities_in(statement.document))
    rows = [_my_row(statement, places) for statement in page]
    context = {
        "page_obj": page,
        "rows": rows,
        "filter": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "trust": [(FROM[source], TRUST_YOU[source]) for source in Source],
    }
    return render(request, "lrs/my_records.html", context)


def _my_row(statement: Statement, places: dict[str, Place]) -> dict[str, Any]:
    sentence = sentence_of(statement)
    place = next((places[iri] for iri in activities_in(statement.document) if iri in places), None)
    own = places.get(statement.activity)
    return {
        "day": timezone.localdate(sentence.at),
        "course": place.course_title if place else "",
        "sentence": sentence,
        "url": own.url if own else "",
    }


@login_required
@require_GET
def my_records_download(request: PersonRequest) -> StreamingHttpResponse:
    """All of it, to take along."""
    audit.record("records_downloaded", actor=request.user, dossier_owner=request.user, origin=audit.origin_of(request))
    response = StreamingHttpResponse(access.export(subject_of(request.user)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="leerrecords-{timezone.localdate():%Y-%m-%d}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


# --- What was set aside -------------------------------------------------------------------------------------------------


@login_required
@require_GET
def set_aside(request: PersonRequest) -> HttpResponse:
    """Statements that led to an error, with the error and the next try. People stand here under their pseudonym."""
    _only_managers(request)
    page = _page(request, _set_aside_where_i_manage(request).select_related("statement").order_by("-set_aside_at"))
    rows = [
        {
            "pending": pending,
            "statement": pending.statement,
            "what": name_of(pending.statement.document),
            "verb": pending.statement.verb.rsplit("/", 1)[-1],
        }
        for pending in page
    ]
    return render(request, "lrs/set_aside.html", {"page_obj": page, "rows": rows})


@login_required
@require_POST
def set_aside_again(request: PersonRequest) -> HttpResponse:
    """Try one again, or all of them."""
    _only_managers(request)
    mine = _set_aside_where_i_manage(request)
    if request.POST.get("uitspraak", "").isdigit():
        mine = mine.filter(pk=int(request.POST["uitspraak"]))
    passed = [projections.try_again(pending) for pending in mine.order_by("pk")[:200]]
    done, left = passed.count(True), passed.count(False)
    if done:
        messages.success(
            request,
            ngettext("%(count)s uitspraak is alsnog verwerkt.", "%(count)s uitspraken zijn alsnog verwerkt.", done) % {"count": done},
        )
    if left:
        text = ngettext(
            "%(count)s uitspraak liep weer vast. Zij blijft bewaard; de fout staat erbij.",
            "%(count)s uitspraken liepen weer vast. Ze blijven bewaard; de fout staat erbij.",
            left,
        )
        messages.warning(request, text % {"count": left})
    return redirect("lrs:set_aside")


def _set_aside_where_i_manage(request: PersonRequest) -> QuerySet[PendingProjection]:
    pending = PendingProjection.objects.filter(set_aside_at__isnull=False)
    if request.user.is_superuser:
        return pending
    organisations = organisations_where(request.user, Action.MANAGE_LRS_CREDENTIALS)
    members = User.objects.filter(memberships__organisation__in=organisations).values("pseudonym")
    return pending.filter(learner_key__in=members)


# --- Shared ---------------------------------------------------------------------------------------------------------------


def _only_managers(request: PersonRequest) -> None:
    if not request.user.is_superuser and not may(request.user, Action.MANAGE_LRS_CREDENTIALS):
        raise PermissionDenied


def _page(request: HttpRequest, rows: QuerySet[Any]) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina"))
