"""The pages on which administrators read the record. Who looked at whom, and who took what along, goes into the audit trail."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.files import serve_private
from accounts.models import Organisation, User
from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from lrs.activities import activities_like, courses_and_activities_like
from lrs.attachments import attachments_of, sent_with
from lrs.models import PendingProjection, Statement
from lrs.places import Place, activities_in, courses_of, effect_of, places_of, standing_of
from lrs.profiles.adl import VOIDED
from lrs.sentences import TRUST, in_language, sentence_of
from lrs.viewer import Found, find
from lrs.viewer_export import KINDS, export
from lrs.viewer_forms import Asked, SearchForm, asked_for
from lrs.viewer_people import CHOICES, Names, Sight, names_of, people_like, sight_of, text_for

LIVE_FOR = timedelta(minutes=30)
LIVE_EVERY = 5  # seconds
REFERRING = 20  # statements shown that refer to one


# --- The list -------------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def records(request: PersonRequest) -> HttpResponse:
    """Search the record. With `live` the newest page follows along by itself."""
    sight = _sight(request)
    form = SearchForm(request.GET, sight=sight)
    more = any(request.GET.get(name) for name in ("stand", "herkomst", "sleutel", "registratie"))
    if not form.is_valid():
        return render(request, "lrs/records.html", {"form": form, "sight": sight, "asked": None, "more_open": more})
    asked = asked_for(form)
    if asked.statement and _visible(asked.statement, sight):
        return redirect("lrs:record", asked.statement)
    live = request.GET.get("live", "")
    found = None if asked.open else find(asked.search, sight=sight, **({} if live else _from(request)))
    context = {"form": form, "sight": sight, "asked": asked, "more_open": more, **_addresses(asked)}
    if found is not None:
        context |= _page(found, sight, query=context["query"])
        context |= _live(request, context, live)
    if live and request.headers.get("HX-Request"):
        if context["print"] == request.GET.get("gezien") and context["live"]:
            return HttpResponse(status=204)  # nothing new: the page stays as it is, and so does what a screen reader reads
        return render(request, "lrs/records_live.html", context)
    if found is not None:
        _account_for(request, sight, asked)
        context |= _about_person(request, asked)
    return render(request, "lrs/records.html", context)


def _from(request: PersonRequest) -> dict[str, int]:
    for name, where in (("voor", "before"), ("na", "after")):
        number = request.GET.get(name, "")
        if number.isascii() and number.isdigit() and len(number) < 20:
            return {where: min(int(number), (1 << 63) - 1)}
    return {}


def _page(found: Found, sight: Sight, *, query: str) -> dict[str, Any]:
    names = names_of(found.statements, sight=sight)
    places = places_of(iri for statement in found.statements for iri in activities_in(statement.document))
    pending = {
        one.statement_id: one for one in PendingProjection.objects.filter(statement_id__in=[one.sequence for one in found.statements])
    }
    rows = [_row(statement, names, places, pending.get(statement.sequence)) for statement in found.statements]
    seen = ",".join(f"{row['statement'].sequence}{row['state']}" for row in rows)
    return {
        "found": found,
        "rows": rows,
        "print": hashlib.blake2b(seen.encode(), digest_size=8).hexdigest(),
        "older": _with(query, voor=found.older) if found.older is not None else "",
        "newer": _with(query, na=found.newer) if found.newer is not None else "",
        "farther": _with(query, **{"na" if found.newer and not found.older else "voor": found.given_up_at}) if found.given_up_at else "",
    }


def _row(statement: Statement, names: Names, places: dict[str, Place], pending: PendingProjection | None) -> dict[str, Any]:
    who = names.of(statement)
    place = next((places[iri] for iri in activities_in(statement.document) if iri in places), None)
    state = "voided" if statement.voided else "" if pending is None else "set_aside" if pending.set_aside_at else "waiting"
    return {
        "statement": statement,
        "who": who,
        "sentence": sentence_of(statement, who=who.name),
        "course": place.course_title if place and place.course != statement.activity else "",
        "state": state,
        "late": timezone.localdate(statement.stored) != timezone.localdate(statement.timestamp),
    }


def _addresses(asked: Asked) -> dict[str, Any]:
    """The search as it stands in an address, and without each of what was chosen."""
    chosen = {name: value for name, (value, _label) in asked.chosen.items()}
    active = [
        {"label": label, "without": f"?{urlencode({key: value for key, value in chosen.items() if key != name})}"}
        for name, (_value, label) in asked.chosen.items()
    ]
    query = urlencode(chosen)
    people = [{"person": one, "href": _with(query, persoon=one.pseudonym)} for one in asked.people]
    activities = [{"activity": one, "href": _with(query, activiteit=one.iri)} for one in asked.activities]
    return {
        "query": query,
        "active": active,
        "people": people,
        "activities": activities,
        "many": max(len(people), len(activities)) >= CHOICES,
    }


def _with(query: str, **more: object) -> str:
    return f"?{query}{'&' if query else ''}{urlencode(more)}"


def _live(request: PersonRequest, context: dict[str, Any], since: str) -> dict[str, Any]:
    """Following along ends by itself: a page left open in a tab asks for nothing after half an hour."""
    now = int(timezone.now().timestamp())
    began = int(since) if since.isascii() and since.isdigit() and len(since) < 12 else 0
    on = bool(since) and 0 <= now - began < LIVE_FOR.total_seconds()
    known = request.GET.get("top", "")
    seen = int(known) if known.isascii() and known.isdigit() and len(known) < 20 else None
    for row in context["rows"]:
        row["fresh"] = seen is not None and row["statement"].sequence > seen
    top = max((row["statement"].sequence for row in context["rows"]), default=0)
    return {
        "live": on,
        "ended": bool(since) and not on,
        "every": LIVE_EVERY,
        "live_url": _with(context["query"], live=now),
        "poll_url": _with(context["query"], live=began, gezien=context["print"], top=top),
        "fresh": sum(row["fresh"] for row in context["rows"]),
        "plain_url": f"?{context['query']}",
        "at": timezone.now(),
    }


def _about_person(request: PersonRequest, asked: Asked) -> dict[str, Any]:
    """Of the person who is searched for: how they stand in the course that is searched in, or in which courses they are."""
    user = asked.wanted.user if asked.wanted else None
    if user is None:
        return {}
    course, registration = asked.search.course, asked.search.registration
    query = urlencode({name: value for name, (value, _label) in asked.chosen.items() if name != "cursus"})
    return {
        "person": user,
        "part": asked.search.activity,
        "standing": standing_of(reader=request.user, learner=user.pseudonym, course=course, registration=registration)
        if course or registration
        else None,
        "courses": [] if course or registration else [(title, _with(query, cursus=iri)) for iri, title in courses_of(learner=user)],
        "person_query": urlencode({"persoon": user.pseudonym}),
    }


def _account_for(request: PersonRequest, sight: Sight, asked: Asked) -> None:
    """Say in the audit trail who was looked at; a search about everyone is one row for each organisation."""
    filters = {name: label for name, (_value, label) in asked.chosen.items() if name != "persoon"}
    user = asked.wanted.user if asked.wanted else None
    if user is not None:
        if user != request.user:
            _audit(request, sight, "records_viewed", user, subject=", ".join(filters.values()))
        return
    for organisation in _whose(sight, asked):
        audit.record(
            "records_searched",
            actor=request.user,
            on_behalf_of=organisation,
            subject=", ".join(label for _value, label in asked.chosen.values()),
            origin=audit.origin_of(request),
        )


def _whose(sight: Sight, asked: Asked) -> Sequence[Organisation | None]:
    """The organisations whose records are looked at: that of the person, that of the key, or all of the reader's."""
    if asked.wanted and asked.wanted.user:
        return [sight.organisation_of(asked.wanted.user)]
    if asked.search.credential:
        return [sight.credentials[asked.search.credential].organisation]
    return sight.organisations or [None]


def _audit(request: PersonRequest, sight: Sight, event: str, user: User | None, *, subject: str, **details: object) -> None:
    audit.record(
        event,
        actor=request.user,
        dossier_owner=user,
        on_behalf_of=sight.organisation_of(user) if user else (sight.organisations[0] if sight.organisations else None),
        subject=subject,
        origin=audit.origin_of(request),
        **details,
    )


@login_required
@never_cache
@require_GET
def records_choices(request: PersonRequest) -> HttpResponse:
    """What fits what was typed so far, for the list under a field."""
    sight = _sight(request)
    kind = request.GET.get("soort")
    text = request.GET.get(next((name for name in request.GET if name != "soort"), ""), "").strip()
    options: list[str] = []
    if len(text) > 1 and kind == "personen":
        options = [f"{one}, {one.email}" for one in people_like(text, sight=sight)]
    elif len(text) > 1:
        like = courses_and_activities_like if kind == "cursussen" else activities_like
        options = list(dict.fromkeys(one.name for one in like(text, sight=sight)))
    return render(request, "lrs/records_choices.html", {"options": options})


# --- One statement ----------------------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_GET
def record(request: PersonRequest, statement: uuid.UUID) -> HttpResponse:
    """One statement: what it says, how we know, what it led to, and what it has to do with others."""
    sight = _sight(request)
    found = _get(statement, sight)
    target = Statement.objects.with_id(found.refers_to).select_related("credential").first() if found.refers_to else None
    referring = list(Statement.objects.filter(refers_to=found.uuid).select_related("credential").order_by("sequence")[: REFERRING + 1])
    related = [one for one in [*referring, *([target] if target else [])] if sight.may_see(one)]
    names = names_of([found, *related], sight=sight, everyone=True)
    iris = activities_in(found.document)
    places = places_of(iris)
    pending = PendingProjection.objects.filter(statement_id=found.sequence).first()
    row = _row(found, names, places, pending)
    user = row["who"].user
    if user is not None and user != request.user:
        # Not its id: the trail stays for good, and would lead back to the statement after the person's records are erased.
        _audit(request, sight, "record_viewed", user, subject=row["sentence"].text)
    document = json.loads(text_for(found, sight=sight))
    context = {
        **row,
        "document": document,
        "pretty": json.dumps(document, ensure_ascii=False, indent=2),
        "whole": sight.sees_whole(found),
        "trust": TRUST[found.source],
        "pending": pending,
        "effect": None if found.voided else effect_of(found),
        "place": next((places[iri] for iri in iris if iri in places), None),
        "own_place": places.get(found.activity),
        "target": _related(target, sight, names),
        "referring": [_related(one, sight, names) for one in referring[:REFERRING]],
        "more_referring": len(referring) > REFERRING,
        "voided_by": [_related(one, sight, names) for one in referring if found.voided and one.verb == VOIDED],
        "attachments": _attachments(found) if sight.sees_whole(found) else [],
        "may_retry": may(request.user, Action.MANAGE_LRS_CREDENTIALS),
        "agents": _others(found, sight, names),
        "query": _same(found, row),
        "partial": bool(request.headers.get("HX-Request")),
        "back": request.GET.get("terug", ""),
    }
    return render(request, "lrs/components/statement/statement.html" if context["partial"] else "lrs/record.html", context)


def _related(statement: Statement | None, sight: Sight, names: Names) -> dict[str, Any] | None:
    if statement is None:
        return None
    if not sight.may_see(statement):
        return {"statement": None}
    return {"statement": statement, "sentence": sentence_of(statement, who=names.of(statement).name)}


def _attachments(statement: Statement) -> list[dict[str, Any]]:
    entries = list(attachments_of(statement.document))
    kept = sent_with([statement]).get(statement.sequence, {})
    return [
        {
            "name": in_language(entry["display"]) if entry.get("display") else str(entry.get("usageType", "")),
            "type": entry.get("contentType", ""),
            "kept": kept.get(str(entry.get("sha2", "")).lower()),
            "length": entry.get("length", 0),
            "elsewhere": str(entry.get("fileUrl", "")),
        }
        for entry in entries
    ]


def _others(statement: Statement, sight: Sight, names: Names) -> list[dict[str, Any]]:
    """Who else is in it: the instructor, the team, and an actor that is its object."""
    document, whole = statement.document, sight.sees_whole(statement)
    context = document.get("context", {})
    found = []
    for label, agent in (
        (_("Begeleider"), context.get("instructor")),
        (_("Team"), context.get("team")),
        (_("Over"), document["object"] if document["object"].get("objectType") in ("Agent", "Group") else None),
    ):
        if agent:
            found.append({"label": label, "who": names.shown(agent, whole=whole)})
    return found


def _same(statement: Statement, row: dict[str, Any]) -> dict[str, str]:
    """Addresses of searches for what has something in common with this one."""
    same = {"werkwoord": urlencode({"werkwoord": statement.verb})}
    if row["who"].pseudonym:
        same["persoon"] = urlencode({"persoon": row["who"].pseudonym})
    elif row["who"].outside and "mbox" in statement.document["actor"]:
        same["persoon"] = urlencode({"persoon": statement.document["actor"]["mbox"].removeprefix("mailto:")})
    if statement.activity:
        same["activiteit"] = urlencode({"activiteit": statement.activity})
    if statement.registration:
        same["registratie"] = urlencode({"registratie": statement.registration})
    if statement.credential_id:
        same["sleutel"] = urlencode({"sleutel": statement.credential_id})
    return same


@login_required
@never_cache
@require_GET
def record_text(request: PersonRequest, statement: uuid.UUID) -> HttpResponse:
    """The text of a statement as it came in, with what the store added at its end."""
    sight = _sight(request)
    found = _get(statement, sight)
    _account_for_one(request, sight, found)
    response = HttpResponse(text_for(found, sight=sight), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="uitspraak-{found.uuid}.json"'
    return response


@login_required
@never_cache
@require_GET
def record_attachment(request: PersonRequest, statement: uuid.UUID, sha2: str) -> HttpResponseBase:
    """An attachment of a statement that the reader may see; saved, never shown as a page of this site."""
    sight = _sight(request)
    found = _get(statement, sight)
    sha2 = sha2.lower()
    kept = sent_with([found]).get(found.sequence, {}).get(sha2) if sight.sees_whole(found) else None
    if kept is None:
        raise Http404
    _account_for_one(request, sight, found)
    return serve_private(request, kept.file, filename=f"bijlage-{sha2[:12]}", content_type="application/octet-stream")


def _account_for_one(request: PersonRequest, sight: Sight, statement: Statement) -> None:
    who = names_of([statement], sight=sight).of(statement)
    if who.user is not None and who.user != request.user:
        _audit(request, sight, "record_viewed", who.user, subject=sentence_of(statement, who=who.name).text)


# --- Taking along -----------------------------------------------------------------------------------------------------------


@login_required
@require_GET
def records_export(request: PersonRequest, kind: str) -> HttpResponseBase:
    """All that a search finds, as a file. Who took what along is written before the first row, how many rows after the last."""
    sight = _sight(request)
    form = SearchForm(request.GET, sight=sight)
    if kind not in KINDS:
        raise Http404
    asked = asked_for(form) if form.is_valid() else None
    if asked is None or asked.open:
        return redirect(f"{reverse('lrs:records')}?{request.GET.urlencode()}")
    user = asked.wanted.user if asked.wanted else None
    filters = ", ".join(label for _value, label in asked.chosen.values())
    number = str(uuid.uuid4())
    organisations = _whose(sight, asked)
    origin = audit.origin_of(request)

    def account(event: str, subject: str, **details: object) -> None:
        for one in organisations:
            audit.record(
                event,
                actor=request.user,
                dossier_owner=user,
                on_behalf_of=one,
                subject=subject,
                origin=origin,
                kind=kind,
                export=number,
                **details,
            )

    account("records_export_begun", filters or _("alles"))

    def finished(rows: int) -> None:
        account("records_exported", f"{rows}: {filters or _('alles')}", rows=rows)

    pieces = export(asked.search, sight=sight, kind=kind, finished=finished)
    response = StreamingHttpResponse(pieces, content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="leerrecords-{timezone.localdate():%Y-%m-%d}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response


# --- Shared -----------------------------------------------------------------------------------------------------------------


def _sight(request: PersonRequest) -> Sight:
    sight = sight_of(request.user)
    if sight is None:
        raise PermissionDenied
    return sight


def _visible(statement: uuid.UUID, sight: Sight) -> Statement | None:
    found = Statement.objects.with_id(statement).select_related("credential__organisation").first()
    return found if found is not None and sight.may_see(found) else None


def _get(statement: uuid.UUID, sight: Sight) -> Statement:
    """The statement, when the reader may see it: what they may not see does not exist for them."""
    found = _visible(statement, sight)
    if found is None:
        raise Http404
    return found
