"""Pages of one's own profile, of who looked at it, and of an organisation's members and audit trail."""

import csv
import re
from collections.abc import Iterator
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, numbers
from accounts.forms import AuditFilter, InviteForm, MemberFilter, PersonForm, ProfileForm, RegisterEntryForm
from accounts.looking_up import meant_by
from accounts.memberships import RoleRefused, answer, grant, grantable_roles, invite, revoke
from accounts.models import AuditEvent, Invitation, Membership, Organisation, RegisterEntry, Role, User
from accounts.permissions import ALLOWED, Action, may, organisations_where
from accounts.profiles import profile_of, record_change, remove_register_entry
from accounts.requests import PersonRequest

PER_PAGE = 50
BARE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


# --- one's own profile ------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    """Name, language, professions, employer, region and register numbers."""
    person, work = PersonForm(instance=request.user), ProfileForm(instance=profile_of(request.user))
    if request.method == "POST":
        person, work = PersonForm(request.POST, instance=request.user), ProfileForm(request.POST, instance=profile_of(request.user))
        if person.is_valid() and work.is_valid():
            person.save()
            work.save()
            record_change(user=request.user, event="profile_changed", origin=audit.origin_of(request))
            if {"first_name", "last_name"} & set(person.changed_data):
                numbers.renamed(request.user)
            messages.success(request, _("Je profiel is bewaard."))
            response = redirect("accounts:profile")
            _remember_language(request, response)
            return response
        request.user.refresh_from_db()
    entries = request.user.register_entries.select_related("register")
    memberships = _with_onlookers(request.user.memberships.select_related("organisation").order_by("organisation__name"))
    return render(
        request,
        "accounts/profile.html",
        {"person": person, "work": work, "entries": entries, "standings": numbers.standings(request.user), "memberships": memberships},
    )


def _remember_language(request: PersonRequest, response: HttpResponse) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        request.user.language,
        max_age=365 * 24 * 3600,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def _with_onlookers(memberships: Any) -> list[dict[str, Any]]:
    """Each organisation once, with this person's roles in it and the roles that may see their progress there."""
    seeing = [Role(role).label for role in Role if role in ALLOWED[Action.SEE_LEARNERS]]
    found: dict[int, dict[str, Any]] = {}
    for membership in memberships:
        row = found.setdefault(membership.organisation_id, {"organisation": membership.organisation, "roles": [], "seeing": seeing})
        row["roles"].append(membership.get_role_display())
    return list(found.values())


@login_required
@require_http_methods(["GET", "POST"])
def profile_start(request: PersonRequest) -> HttpResponse:
    """The short step after signing up; it can be skipped and is not asked again."""
    mine = profile_of(request.user)
    form = ProfileForm(request.POST or None, instance=mine, prefix="werk")
    entry = RegisterEntryForm(
        request.POST or None, user=request.user, prefix="register", empty_permitted=True, use_required_attribute=False
    )
    if request.method == "POST":
        if "overslaan" in request.POST:
            return redirect("/mijn/")
        with_entry = bool(request.POST.get("register-register") or request.POST.get("register-number"))
        if form.is_valid() and (not with_entry or entry.is_valid()):
            form.save()
            if with_entry:
                _save_entry(request, entry, "register_entry_added")
            messages.success(request, _("Je profiel is bewaard. Je kunt het altijd aanvullen."))
            return redirect("/mijn/")
    return render(request, "accounts/profile_start.html", {"form": form, "entry": entry})


@login_required
@require_http_methods(["GET", "POST"])
def register_entry_add(request: PersonRequest) -> HttpResponse:
    """Add a number in a register."""
    form = RegisterEntryForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        _save_entry(request, form, "register_entry_added")
        return redirect("accounts:profile")
    # Asked for in so many words, and nothing else is wrong with what was typed.
    if "uitzoeken" in request.POST and form.taken and set(form.errors) == {"number"} and _claim(request, form):
        return redirect("accounts:profile")
    return render(request, "accounts/register_entry.html", {"form": form})


@login_required
@require_http_methods(["GET", "POST"])
def register_entry_change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change one of your own numbers."""
    entry = get_object_or_404(request.user.register_entries, pk=pk)
    form = RegisterEntryForm(request.POST or None, user=request.user, instance=entry)
    if request.method == "POST" and form.is_valid():
        _save_entry(request, form, "register_entry_changed")
        return redirect("accounts:profile")
    return render(request, "accounts/register_entry.html", {"form": form, "entry": entry})


@login_required
@require_POST
def register_entry_remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Take one of your own numbers off your profile."""
    entry = get_object_or_404(request.user.register_entries.select_related("register"), pk=pk)
    name = entry.register.name
    remove_register_entry(entry=entry, origin=audit.origin_of(request))
    messages.success(
        request, _("Je nummer in %(register)s staat niet meer in je profiel. Punten en certificaten blijven.") % {"register": name}
    )
    return redirect("accounts:profile")


def _claim(request: PersonRequest, form: RegisterEntryForm) -> bool:
    """Have it found out whose number it is; False leaves the form with the reason why not."""
    typed = form.cleaned_data
    try:
        told = numbers.claim(
            person=request.user,
            register=typed["register"],
            number=form.taken,
            section=typed.get("section", ""),
            period_start=typed.get("period_start"),
            period_end=typed.get("period_end"),
            origin=audit.origin_of(request),
        )
    except numbers.ClaimRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, told)
    return True


def _save_entry(request: PersonRequest, form: RegisterEntryForm, event: str) -> None:
    entry = cast(RegisterEntry, form.save())
    record_change(user=request.user, event=event, subject=str(entry), origin=audit.origin_of(request))
    numbers.saved(entry)
    messages.success(request, _("Je nummer in %(register)s is bewaard.") % {"register": entry.register.name})
    for warning in form.warnings:
        messages.warning(request, warning)


@login_required
@require_GET
def access_log(request: PersonRequest) -> HttpResponse:
    """Who looked at my data: each look, with who, on whose behalf and when."""
    everything = request.GET.get("alles") == "1"
    page = _page(request, audit.about(request.user, by_others_only=not everything))
    return render(
        request, "accounts/access_log.html", {"page_obj": page, "everything": everything, "rows": _rows(page, reader=request.user)}
    )


@login_required
@require_http_methods(["GET", "POST"])
def invitation(request: PersonRequest, uuid: str) -> HttpResponse:
    """Say yes or no to an organisation that asks you in."""
    asked = get_object_or_404(Invitation.objects.select_related("organisation", "invited_by"), uuid=uuid)
    refusal = ""
    if request.method == "POST":
        accept = request.POST.get("antwoord") == "ja"
        try:
            answer(invitation=asked, user=request.user, accept=accept, origin=audit.origin_of(request))
        except RoleRefused as refused:
            refusal = str(refused)
        else:
            if accept:
                messages.success(request, _("Je hoort nu bij %(organisation)s.") % {"organisation": asked.organisation})
            else:
                messages.info(request, _("Je hebt de uitnodiging afgeslagen."))
            return redirect("accounts:profile")
    elif asked.email != request.user.email.lower():
        refusal = _("Deze uitnodiging is voor een ander e-mailadres. Log in met het adres waarop je haar kreeg.")
    sees = Role(asked.role) == Role.LEARNER
    return render(
        request,
        "accounts/invitation.html",
        {"invitation": asked, "refusal": refusal, "sees": sees},
        status=409 if refusal and request.method == "POST" else 200,
    )


# --- members of an organisation -----------------------------------------------------------------------------------------


@login_required
@require_GET
def organisations(request: PersonRequest) -> HttpResponse:
    """The organisations whose members I manage; straight on when there is only one."""
    mine = organisations_where(request.user, Action.MANAGE_MEMBERS).annotate(people=Count("memberships__user", distinct=True))
    if not mine:
        raise PermissionDenied
    if len(mine) == 1:
        return redirect("accounts:members", mine[0].slug)
    return render(request, "accounts/organisations.html", {"organisations": mine})


@login_required
@require_GET
def members(request: PersonRequest, organisation: str) -> HttpResponse:
    """Everyone with a role here, and who was asked but did not answer yet."""
    where = _managed(request, organisation)
    form = MemberFilter(request.GET)
    held = Membership.objects.filter(organisation=where)
    people = User.objects.filter(memberships__organisation=where).distinct().order_by("last_name", "first_name", "email")
    if form.is_valid():
        if q := form.cleaned_data["q"]:
            people = people.filter(meant_by(q))
        if role := form.cleaned_data["role"]:
            people = people.filter(memberships__in=held.filter(role=role))
    page = _page(request, people.prefetch_related(Prefetch("memberships", queryset=held.order_by("role"), to_attr="held_here")))
    open_invitations = where.invitations.filter(answered_at=None, valid_until__gt=timezone.now())
    return render(
        request, "accounts/members.html", {"organisation": where, "page_obj": page, "filter": form, "invitations": open_invitations}
    )


@login_required
@require_http_methods(["GET", "POST"])
def invite_member(request: PersonRequest, organisation: str) -> HttpResponse:
    """Ask someone in by e-mail."""
    where = _managed(request, organisation)
    form = InviteForm(request.POST or None, organisation=where, by=request.user)
    if request.method == "POST" and form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        try:
            invite(email=email, organisation=where, role=role, by=request.user, origin=audit.origin_of(request))
        except RoleRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("De uitnodiging aan %(email)s is verstuurd. Ze is twee weken geldig.") % {"email": email})
            return redirect("accounts:members", where.slug)
    return render(request, "accounts/invite.html", {"organisation": where, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def member(request: PersonRequest, organisation: str, pk: int) -> HttpResponse:
    """One member's roles here: give a further one, or take one away."""
    where = _managed(request, organisation)
    person = get_object_or_404(User.objects.filter(memberships__organisation=where).distinct(), pk=pk)
    held = list(person.memberships.filter(organisation=where).order_by("role"))
    if request.method == "POST":
        try:
            if (taken := request.POST.get("neem")) is not None:
                membership = get_object_or_404(Membership, user=person, organisation=where, role=taken)
                revoke(membership=membership, by=request.user, origin=audit.origin_of(request))
                messages.success(
                    request, _("%(person)s is geen %(role)s meer.") % {"person": person, "role": membership.get_role_display()}
                )
            elif (given := request.POST.get("geef", "")) in Role:
                grant(user=person, organisation=where, role=Role(given), by=request.user, origin=audit.origin_of(request))
                messages.success(request, _("%(person)s is nu %(role)s.") % {"person": person, "role": Role(given).label})
        except RoleRefused as refusal:
            messages.error(request, str(refusal))
        still_there = person.memberships.filter(organisation=where).exists() and may(request.user, Action.MANAGE_MEMBERS, where)
        return redirect("accounts:member", where.slug, person.pk) if still_there else redirect("accounts:organisations")
    may_give = [role for role in grantable_roles(by=request.user, organisation=where) if role not in {one.role for one in held}]
    context = {"organisation": where, "person": person, "held": held, "may_give": may_give, "is_me": person == request.user}
    return render(request, "accounts/member.html", context)


def _managed(request: PersonRequest, slug: str) -> Organisation:
    """The organisation, if this person manages its members: 403 without any such role, 404 for another organisation."""
    mine = organisations_where(request.user, Action.MANAGE_MEMBERS)
    if not mine.exists():
        raise PermissionDenied
    return get_object_or_404(mine, slug=slug)


# --- the audit trail ------------------------------------------------------------------------------------------------------


@login_required
@require_GET
def audit_trail(request: PersonRequest) -> HttpResponse:
    """What was done and seen in the organisations that I audit."""
    events, form = _audit_asked_for(request)
    page = _page(request, events)
    return render(
        request,
        "accounts/audit.html",
        {"page_obj": page, "rows": _rows(page, reader=request.user), "filter": form, "query": request.GET.urlencode()},
    )


@login_required
@require_GET
def audit_export(request: PersonRequest) -> StreamingHttpResponse:
    """The same rows as a CSV file that a spreadsheet opens as it is."""
    events, _form = _audit_asked_for(request)
    audit.record("audit_exported", actor=request.user, origin=audit.origin_of(request), filter=request.GET.urlencode()[:500])
    response = StreamingHttpResponse(_csv_lines(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audittrail-{timezone.localdate():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _audit_asked_for(request: PersonRequest) -> tuple[Any, AuditFilter]:
    if not may(request.user, Action.READ_AUDIT):
        raise PermissionDenied
    events = audit.readable_by(request.user)
    form = AuditFilter(request.GET, events=audit.event_choices(events))
    return audit.narrowed(events, **form.cleaned_data) if form.is_valid() else events, form


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def _csv_lines(events: Any) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    header = [_("tijdstip"), _("gebeurtenis"), _("wie"), _("van wie"), _("namens"), _("waarover"), _("waarvandaan")]
    # The mark at the start tells a spreadsheet that this is UTF-8.
    yield "\ufeff" + cast(str, writer.writerow(header))
    for event in events.iterator(chunk_size=500):
        at = timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S")
        people = [event.actor.email if event.actor else event.visitor, event.dossier_owner.email if event.dossier_owner else ""]
        cells = [at, audit.words_for(event.event), *people, str(event.on_behalf_of or ""), event.subject, event.origin]
        yield cast(str, writer.writerow([_harmless(cell) for cell in cells]))


def _harmless(cell: str) -> str:
    """A cell that starts like a formula is text, whoever typed it."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


# --- shared by the lists ----------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, found: Any) -> Any:
    return Paginator(found, PER_PAGE).get_page(request.GET.get("pagina"))


def _rows(page: Any, *, reader: User) -> list[dict[str, Any]]:
    def row(event: AuditEvent) -> dict[str, Any]:
        at = timezone.localtime(event.at)
        role = str(event.details.get("role", ""))
        return {
            "event": event,
            "day": date_format(at, "j F Y"),
            "time": date_format(at, "H:i"),
            "what": audit.words_for(event.event),
            "detail": Role(role).label if role in Role else _with_reason(event),
            "who": _who(event, reader),
        }

    return [row(event) for event in page]


def _with_reason(event: AuditEvent) -> str:
    if BARE_ID.fullmatch(event.subject):
        # For who has to find it in an export of the trail; it tells a reader nothing.
        return ""
    because = event.details.get("because")
    return f"{event.subject} ({because})" if because else event.subject


def _who(event: AuditEvent, reader: User) -> str:
    if event.actor_id == reader.pk:
        name = _("jijzelf")
    elif event.actor:
        name = str(event.actor)
    elif event.visitor:
        name = _("%(name)s, zonder account") % {"name": event.visitor}
    else:
        name = _("onbekend wie") if event.event == "login_failed" else _("het systeem")
    if event.on_behalf_of:
        return _("%(name)s, namens %(organisation)s") % {"name": name, "organisation": event.on_behalf_of}
    if event.actor and event.actor.is_superuser and event.actor_id != reader.pk:
        return _("%(name)s, die deze installatie beheert") % {"name": name}
    return name
