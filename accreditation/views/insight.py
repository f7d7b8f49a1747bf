"""Reports over many people, and the same as a file."""

import tempfile
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.requests import PersonRequest
from accreditation.exports.tables import CSV, XLSX, stream_csv, write_xlsx
from accreditation.insight.perspectives import Perspective, perspectives
from accreditation.insight.pictures import bars_of
from accreditation.insight.reports import DIVISIONS, REPORTS, Insight, years
from accreditation.insight.suppression import SMALLEST
from accreditation.insight.tables import HIDDEN
from accreditation.results import key_of

IN_MEMORY = 4 * 1024 * 1024


@login_required
@require_safe
def insight(request: PersonRequest) -> HttpResponse:
    """The first report of whoever may see any."""
    _choices(request)
    return redirect("accreditation:insight_report", key=next(iter(REPORTS)))


@login_required
@require_safe
def report(request: PersonRequest, key: str) -> HttpResponse:
    """One report: the choice, the picture, the table and the files."""
    found = _report(key)
    mine = _choices(request)
    chosen, year, by = _chosen(request, mine, found)
    table = found.make(chosen, year, by)
    record(
        "insight-viewed",
        actor=request.user,
        on_behalf_of=chosen.organisation,
        subject=f"{found.label}: {chosen}",
        origin=origin_of(request),
    )
    return render(
        request,
        "accreditation/insight/report.html",
        {
            "report": found,
            "reports": [one for one in REPORTS.values() if chosen.kind in one.kinds],
            "perspectives": mine,
            "chosen": chosen,
            "year": year,
            "years": years(chosen) if found.yearly else [],
            "by": by,
            "divisions": [(key, DIVISIONS[key].label) for key in found.by],
            "table": table,
            "bars": bars_of(table),
            "hidden": HIDDEN,
            "smallest": SMALLEST,
        },
    )


@login_required
@require_POST
def export(request: PersonRequest, key: str, kind: str) -> HttpResponseBase:
    """The table as a file, with the same cells hidden. By POST: each export is a row in the audit trail."""
    found = _report(key)
    chosen, year, by = _chosen(request, _choices(request), found)
    if kind not in ("csv", "xlsx"):
        raise Http404
    table = found.make(chosen, year, by)
    name = "-".join(filter(None, [slugify(str(found.label)), by, str(year) if found.yearly else "", slugify(str(chosen))]))
    name = f"{name[:80]}-{timezone.localdate():%Y%m%d}.{kind}"
    record(
        "insight-exported",
        actor=request.user,
        on_behalf_of=chosen.organisation,
        subject=f"{found.label}: {chosen}",
        origin=origin_of(request),
        kind=kind,
        rows=len(table.lines),
        file=name,
    )
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(stream_csv(table.head(), table.values()), content_type=CSV)
    else:
        packed = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the response, when it is sent
        write_xlsx(cast("Any", packed), table.head(), table.values(), title=str(found.label))
        packed.seek(0)
        response = FileResponse(packed, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _report(key: str) -> Insight:
    if key not in REPORTS:
        raise Http404
    return REPORTS[key]


def _choices(request: PersonRequest) -> list[Perspective]:
    mine = perspectives(request.user)
    if not mine:
        raise PermissionDenied
    return mine


def _chosen(request: PersonRequest, mine: list[Perspective], found: Insight) -> tuple[Perspective, int, str]:
    """What was asked for; of what is not one's own, or does not exist, the first that is."""
    asked = request.POST if request.method == "POST" else request.GET
    possible = [one for one in mine if one.kind in found.kinds]
    if not possible:
        raise Http404
    wanted = asked.get("blik", "")
    if wanted and wanted not in {one.key for one in mine}:
        raise Http404
    chosen = next((one for one in possible if one.key == wanted), possible[0])
    year = key_of(asked.get("jaar", ""))
    known = years(chosen) if found.yearly else [timezone.localdate().year]
    by = asked.get("per", "")
    return chosen, year if year in known else known[0], by if by in found.by else next(iter(found.by), "")
