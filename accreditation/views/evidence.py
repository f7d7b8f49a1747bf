"""A person's own evidence: theirs alone. Another's does not exist here."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.files import serve_private
from accounts.models import RegisterEntry
from accounts.requests import PersonRequest
from accreditation.dossier import counted_no_second_time
from accreditation.evidence import keeping
from accreditation.evidence.doubles import Warning, pairs, warnings  # noqa: A004 - the word for it
from accreditation.evidence.files import EXTENSIONS
from accreditation.evidence.forms import EvidenceForm, UploadForm, WithdrawForm, WorkHoursForm
from accreditation.evidence.keeping import EvidenceRefused
from accreditation.models import Evidence, EvidenceDocument, EvidenceKind

LIST = "accreditation:my_evidence"
FEW_ALIKE = 3  # named with each piece; one overview may prove a hundred courses, which would all be named with all


@login_required
@require_safe
def my_evidence(request: PersonRequest) -> HttpResponse:
    """All my own evidence, newest first; what I still have to finish on top, and what looks like something else or counts no second time."""
    mine = list(keeping.owned(request.user))
    like = pairs([one for one in mine if one.state == Evidence.State.KEPT])
    doubles = counted_no_second_time(request.user)
    by_state: dict[str, list[dict[str, Any]]] = {state: [] for state in Evidence.State.values}
    for one in mine:
        others = like.get(one.pk, [])
        named = {"like": others[:FEW_ALIKE], "more_like": len(others[FEW_ALIKE:])}
        row = {"evidence": one, "locked": _locked(one), "double": one.pk in doubles, **named}
        by_state[one.state].append(row)
    context = {"drafts": by_state["draft"], "kept": by_state["kept"], "withdrawn": by_state["withdrawn"]}
    return render(request, "accreditation/evidence/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_evidence(request: PersonRequest) -> HttpResponse:
    """Begin with a file, which is kept at once so that nothing gets lost."""
    form = UploadForm(request.POST or None, request.FILES or None, owner=request.user)
    if request.method == "POST" and form.is_valid():
        evidence = keeping.begin(owner=request.user, checked=form.cleaned_data["file"])
        return redirect("accreditation:evidence", evidence.uuid)
    registers = RegisterEntry.objects.filter(user=request.user).exists()
    return render(request, "accreditation/evidence/new.html", {"form": form, "registers": registers})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_evidence_without_file(request: PersonRequest) -> HttpResponse:
    """Begin with what it is; nothing is written before it is whole."""
    nothing_yet = Evidence(owner=request.user)
    form = EvidenceForm(request.POST or None, evidence=nothing_yet)
    answer, found = _keep(request, nothing_yet, form)
    return answer or render(request, "accreditation/evidence/without_file.html", _of_form(request, form, found))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_work_hours(request: PersonRequest, register: str) -> HttpResponse:
    """Write down hours of work for a register of mine, on a page that asks nothing else."""
    work = keeping.kinds_for(request.user).filter(form=EvidenceKind.Form.WORK, register__code=register).first()
    if work is None:
        raise Http404
    nothing_yet = Evidence(owner=request.user)
    form = WorkHoursForm(request.POST or None, evidence=nothing_yet, kind=work)
    answer, found = _keep(request, nothing_yet, form)
    context = {"form": form, "warnings": found, "seen": _keys(found), "register": work.register}
    return answer or render(request, "accreditation/evidence/work_hours.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """One piece of evidence: what it is, its files, and what to look at before it is kept. A file comes and goes with what is typed beside it."""
    mine = _mine(request, uuid)
    if keeping.lock_of(mine) or mine.state == Evidence.State.WITHDRAWN:
        late = EvidenceForm(request.POST, evidence=mine) if request.method == "POST" else None
        return _page(request, mine, form=None, not_kept=_typed(late) if late else None)
    only_files = "add" in request.POST or "remove" in request.POST
    upload = UploadForm(request.POST, request.FILES, owner=request.user) if "add" in request.POST or request.FILES else None
    done = _move_files(request, mine, upload)
    if only_files or (upload and upload.errors):
        return _with_what_was_typed(request, mine, upload=upload, done=done)
    form = EvidenceForm(request.POST or None, evidence=mine)
    answer, found = _keep(request, mine, form)
    return answer or _page(request, mine, form=form, warnings=found)


def _move_files(request: PersonRequest, mine: Evidence, upload: UploadForm | None) -> str:
    """Add the file that was chosen and take away the one that is to go: what was done, in words. A refusal stands beside the file."""
    if upload and upload.is_valid():
        try:
            keeping.add_document(evidence=mine, checked=upload.cleaned_data["file"])
        except EvidenceRefused as refused:
            upload.add_error("file", str(refused))
        else:
            return gettext("Het bestand is toegevoegd.")
    if asked := request.POST.get("remove"):
        found = next((document for document in mine.documents.all() if str(document.pk) == asked), None)
        if found is None:
            raise Http404
        try:
            keeping.remove_document(document=found)
        except EvidenceRefused as refused:
            messages.error(request, str(refused))
        else:
            return gettext("Het bestand is weg.")
    return ""


def _with_what_was_typed(request: PersonRequest, mine: Evidence, *, upload: UploadForm | None, done: str) -> HttpResponse:
    """The page after a file came or went, with everything that was typed meanwhile and is not kept yet."""
    typed = EvidenceForm(request.POST, evidence=mine)
    changed = "title" in request.POST and typed.has_changed()
    if done:
        messages.success(request, f"{done} {gettext('Wat je invulde, staat er nog; bewaar het hieronder.')}" if changed else done)
        if not changed:
            return redirect("accreditation:evidence", mine.uuid)
    initial = {"initial": {name: typed[name].data for name in typed.fields}} if changed else {}
    return _page(request, mine, form=EvidenceForm(evidence=mine, **initial), upload=upload)


def _keep(request: PersonRequest, evidence: Evidence, form: EvidenceForm) -> tuple[HttpResponse | None, list[Warning]]:
    """Keep what was filled in, if it may be and its warnings were seen: where to go on, or else what to look at first."""
    if request.method != "POST" or not form.is_valid():
        return None, []
    told = form.told()
    aside = keeping.lacks_file(evidence=evidence, told=told) and evidence.state == Evidence.State.DRAFT
    found = list(_changed_meanwhile(evidence, form))
    if not aside:
        found += warnings(owner=request.user, told=told, evidence=evidence if evidence.pk else None)
    if found and request.POST.get("seen") != _keys(found):
        return None, found
    if aside:
        draft = keeping.put_aside(evidence=evidence if evidence.pk else keeping.begin(owner=request.user), told=told)
        return redirect("accreditation:evidence", draft.uuid), []
    try:
        kept = keeping.keep(evidence=evidence, told=told) if evidence.pk else keeping.add(owner=request.user, told=told)
    except EvidenceRefused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None, found
    _note(request, "evidence-kept", kept)
    messages.success(request, gettext("Bewaard: '%(title)s' staat in je dossier.") % {"title": kept.title})
    return redirect(LIST), []


def _note(request: PersonRequest, event: str, evidence: Evidence) -> None:
    """For the owner's own trail: what kind it was, not what they called it, because the trail outlives what is thrown away."""
    subject = evidence.kind.name if evidence.kind else ""
    audit.record(event, actor=request.user, dossier_owner=request.user, subject=subject, origin=audit.origin_of(request))


def _changed_meanwhile(evidence: Evidence, form: EvidenceForm) -> Iterator[Warning]:
    """Somebody's other window kept something else after this one was opened."""
    if standing := form.kept_meanwhile():
        text = gettext("Dit bewijs is veranderd nadat je deze pagina opende. Als je nu bewaart, vervang je: %(standing)s.")
        yield Warning(f"changed-{evidence.changed_at.isoformat()}", text % {"standing": "; ".join(standing)})


def _typed(form: EvidenceForm) -> list[tuple[str, str]]:
    """What somebody changed in a form that can no longer be kept: label and what they typed, for them to take along."""
    texts = [name for name in form.changed_data if name not in ("kind", "competencies", "as_of")]
    return [(str(form[name].label), str(form[name].value() or "–")) for name in texts]


def _keys(found: list[Warning]) -> str:
    return ",".join(sorted(warning.key for warning in found))


@login_required
@require_safe
def document(request: PersonRequest, uuid: UUID, pk: int) -> HttpResponseBase:
    """A file of mine, as it is kept."""
    return serve_document(request, get_object_or_404(_mine(request, uuid).documents.select_related("file"), pk=pk))


@login_required
@require_POST
def withdraw_evidence(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Let it count no more."""
    mine = _mine(request, uuid)
    form = WithdrawForm(request.POST)
    because = form.cleaned_data["because"] if form.is_valid() else ""
    return _done(
        request,
        mine,
        lambda: keeping.withdraw(evidence=mine, because=because),
        gettext("Ingetrokken. Het telt niet meer mee; je kunt het terugzetten."),
        event="evidence-withdrawn",
    )


@login_required
@require_POST
def put_back_evidence(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Undo a withdrawal."""
    mine = _mine(request, uuid)
    return _done(
        request, mine, lambda: keeping.put_back(evidence=mine), gettext("Teruggezet. Het telt weer mee."), event="evidence-put-back"
    )


@login_required
@require_POST
def discard_evidence(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Throw it away for good, files and all."""
    mine = _mine(request, uuid)
    try:
        keeping.discard(evidence=mine)
    except EvidenceRefused as refused:
        messages.error(request, str(refused))
        return redirect("accreditation:evidence", mine.uuid)
    _note(request, "evidence-discarded", mine)
    messages.success(request, gettext("Weggegooid, met de bestanden die erbij hoorden."))
    return redirect(LIST)


def serve_document(request: Any, found: EvidenceDocument) -> HttpResponseBase:
    """The stored bytes under the name that their owner gave them, with the ending of what they are. The caller checked who asks."""
    ending = EXTENSIONS.get(found.file.content_type, "")
    name = found.name if found.name.lower().endswith((ending, ".jpeg")) else f"{found.name}{ending}"
    return serve_private(request, found.file.file, filename=name, content_type=found.file.content_type, inline="bekijk" in request.GET)


def _mine(request: PersonRequest, uuid: UUID) -> Evidence:
    return get_object_or_404(Evidence.objects.select_related("kind__register", "kind__category", "owner"), owner=request.user, uuid=uuid)


def _locked(evidence: Evidence) -> bool:
    return any(application.withdrawn_at is None for application in evidence.applications.all())


def _done(request: PersonRequest, mine: Evidence, act: Any, told: str, *, event: str) -> HttpResponse:
    try:
        act()
    except EvidenceRefused as refused:
        messages.error(request, str(refused))
    else:
        _note(request, event, mine)
        messages.success(request, told)
    return redirect("accreditation:evidence", mine.uuid)


def _page(
    request: PersonRequest,
    mine: Evidence,
    *,
    form: EvidenceForm | None,
    warnings: list[Warning] | None = None,
    upload: Any = None,
    not_kept: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    documents = mine.documents.select_related("file")
    context = {
        **_of_form(request, form, warnings or []),
        "evidence": mine,
        "not_kept": not_kept,
        "application": keeping.lock_of(mine),
        "documents": documents,
        "lacks_file": mine.state == Evidence.State.DRAFT and mine.kind and mine.kind.needs_file and not documents,
        "upload": upload or UploadForm(owner=request.user),
        "withdraw_form": WithdrawForm(),
    }
    return render(request, "accreditation/evidence/one.html", context)


def _of_form(request: PersonRequest, form: EvidenceForm | None, found: list[Warning]) -> dict[str, Any]:
    return {
        "form": form,
        "warnings": found,
        "seen": _keys(found),
        "kinds": EvidenceKind.objects.filter(pk__in=keeping.kinds_for(request.user).exclude(help_text="").values("pk")).select_related(
            "register"
        ),
        "no_registers": not RegisterEntry.objects.filter(user=request.user).exists(),
    }
