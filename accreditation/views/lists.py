"""The lists of an administrator: accreditations, results and awards, with filters, order, columns and views that are kept."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.models import Organisation, Register
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation import certificates, lists
from accreditation.bulk.deeds import DEEDS
from accreditation.expiry import expiring
from accreditation.lists import ACCREDITATIONS, AWARDS, RESULTS, Listing
from accreditation.models import Accreditation, AccreditationPoints, BulkAction, Certificate, PointAward, SavedView
from accreditation.results import credits_of, day_of, key_of, others_of, results_for
from accreditation.views.administration import EXPORT_KINDS
from courses.models import CoursePage

ADDRESSES = {"accreditaties": "accreditation:accreditations", "resultaten": "accreditation:results", "toekenningen": "accreditation:awards"}


@login_required
@require_safe
def accreditations(request: PersonRequest) -> HttpResponse:
    """The accreditations of courses of my organisations, what ends first on top; what has ended is left out until asked for."""
    mine = _mine(request, ACCREDITATIONS)
    today = timezone.localdate()
    found = lists.accreditations_found(organisations=mine, filters=request.GET.dict(), today=today)
    shown = found.select_related("course", "register").prefetch_related(
        Prefetch("points", queryset=AccreditationPoints.objects.select_related("category")), "releases"
    )
    context = _context(request, ACCREDITATIONS, shown, mine)
    ending = {row.pk for row in expiring(accreditations=Accreditation.objects.filter(course__organisation__in=mine), day=today)}
    context["rows"] = [
        {"accreditation": row, "days_left": (row.valid_until - today).days if row.valid_until else None, "ends": row.pk in ending}
        for row in context["page"].rows
    ]
    return render(request, "accreditation/accreditations.html", {**context, "today": today, "statuses": Accreditation.Status.choices})


@login_required
@require_safe
def results_table(request: PersonRequest) -> HttpResponse:
    """Who completed what, with points and certificate: filter, sort, export, and do something to many."""
    mine = _mine(request, RESULTS)
    chosen = _chosen_accreditation(request, mine)
    found = results_for(Certificate, request.GET.dict(), organisations=mine).select_related("organisation")
    context = _context(request, RESULTS, found, mine)
    context["rows"] = [_result(certificate) for certificate in context["page"].rows]
    record(
        "results-viewed",
        actor=request.user,
        origin=origin_of(request),
        rows=len(context["rows"]),
        course=request.GET.get("cursus", ""),
        accreditation=chosen.pk if chosen else None,
    )
    deeds = [(kind, label) for kind, label in BulkAction.Kind.choices if kind in DEEDS and DEEDS[kind].on is Certificate]
    return render(request, "accreditation/results.html", {**context, "chosen": chosen, "export_kinds": EXPORT_KINDS, "deeds": deeds})


@login_required
@require_safe
def awards(request: PersonRequest) -> HttpResponse:
    """The ledger of points, row by row, with what was undone and what undid it."""
    mine = _mine(request, AWARDS)
    chosen = _chosen_accreditation(request, mine)
    found = results_for(PointAward, request.GET.dict(), organisations=mine).select_related(
        "learner", "register", "category", "accreditation__course", "reversed_by", "corrects"
    )
    context = _context(request, AWARDS, found, mine)
    context["rows"] = context["page"].rows
    record("awards-viewed", actor=request.user, origin=origin_of(request), rows=len(context["rows"]))
    deeds = [(kind, label) for kind, label in BulkAction.Kind.choices if kind in DEEDS and DEEDS[kind].on is PointAward]
    return render(request, "accreditation/awards.html", {**context, "chosen": chosen, "deeds": deeds})


@login_required
@require_POST
def keep_view(request: PersonRequest, table: str) -> HttpResponse:
    """Keep how a list is shown now, under a name."""
    if table not in ADDRESSES:
        raise Http404
    listing = lists.LISTINGS[table]
    mine = _mine(request, listing)
    shared = request.POST.get("delen", "")
    organisation = mine.filter(pk=key_of(shared) or 0).first()
    try:
        view = lists.keep_view(
            owner=request.user,
            table=table,
            name=request.POST.get("naam", ""),
            params=dict(request.POST.lists()),
            organisation=organisation,
        )
    except lists.ViewRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse(ADDRESSES[table])}?{request.POST.get('vraag', '')[:1000]}")
    messages.success(request, gettext("Weergave ‘%(name)s’ is bewaard.") % {"name": view.name})
    return redirect(f"{reverse(ADDRESSES[table])}?{view.query}")


@login_required
@require_POST
def drop_view(request: PersonRequest, pk: int) -> HttpResponse:
    """Remove a view of one's own."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user)
    view.delete()
    messages.success(request, gettext("Weergave ‘%(name)s’ is weg.") % {"name": view.name})
    return redirect(ADDRESSES.get(view.table, "accreditation:results"))


def _result(certificate: Certificate) -> dict[str, Any]:
    older, newest = others_of(certificate)
    return {
        "certificate": certificate,
        "state": certificates.shown_state(certificate),
        "credits": credits_of(certificate),
        "older": older,
        "newest": newest,
    }


def _mine(request: PersonRequest, listing: Listing) -> QuerySet[Organisation]:
    if not may(request.user, listing.action):
        raise PermissionDenied
    return organisations_where(request.user, listing.action)


def _context(request: PersonRequest, listing: Listing, found: QuerySet[Any], mine: QuerySet[Organisation]) -> dict[str, Any]:
    asked, fields = listing.order(request.GET.get("sorteer", ""))
    columns = listing.chosen(request.GET.getlist("kolom"))
    kept = request.GET.copy()
    for name in ("na", "voor"):
        kept.pop(name, None)
    return {
        "page": lists.page_of(found, fields=fields, after=request.GET.get("na", ""), before=request.GET.get("voor", "")),
        "total": lists.count_of(found),
        "listing": listing,
        "columns": columns,
        "visible": {column.key for column in columns},
        "order": asked,
        "query": kept.urlencode(),
        "kept": [(name, value) for name, values in kept.lists() for value in values],
        "views": lists.views_of(request.user, listing.key),
        "organisations": mine.order_by("name")[:20],
        "courses": CoursePage.objects.filter(organisation__in=mine).order_by("title"),
        "registers": Register.objects.order_by("name"),
        "accreditations": Accreditation.objects.filter(course__organisation__in=mine).select_related("course", "register"),
        "active": _active(request),
        "may_manage": may(request.user, Action.MANAGE_CERTIFICATES),
    }


def _chosen_accreditation(request: PersonRequest, mine: QuerySet[Organisation]) -> Accreditation | None:
    chosen = key_of(request.GET.get("accreditatie", ""))
    if chosen is None:
        return None
    rows = Accreditation.objects.filter(course__organisation__in=mine).select_related("register", "course")
    return get_object_or_404(rows, pk=chosen)


def _active(request: PersonRequest) -> list[dict[str, str]]:
    """The filters that are on, each with the address without it."""
    since = day_of(request.GET.get("vanaf", ""))
    labels = {
        "cursus": gettext("één cursus"),
        "accreditatie": gettext("één accreditatie"),
        "register": gettext("één register"),
        "stand": request.GET.get("stand", ""),
        "vanaf": gettext("uitgegeven vanaf %(day)s") % {"day": date_format(since, "j F Y") if since else request.GET.get("vanaf", "")},
        "verlopen": {"alleen": gettext("alleen verlopen"), "binnenkort": gettext("loopt binnenkort af")}.get(
            request.GET.get("verlopen", ""), gettext("ook verlopen")
        ),
        "zoek": request.GET.get("zoek", ""),
    }
    found = []
    for name, label in labels.items():
        if request.GET.get(name):
            kept = request.GET.copy()
            for gone in (name, "na", "voor"):
                kept.pop(gone, None)
            found.append({"label": label, "without": f"?{kept.urlencode()}"})
    return found
