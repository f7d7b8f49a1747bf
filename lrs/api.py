"""The xAPI interface over HTTP: reads a request, calls one function, answers. Versions 1.0.3 and 2.0 at two addresses.

Clauses: xAPI 1.0.3, Part Three ("Communication"); 2.0: IEEE 9274.1.1, 4.1. Every refusal of what was sent is 400 with the reason.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt

from accounts import audit
from lrs import attachments, documents, formats, json_text, limits, outage, queries, rates, recognising, replica, sequence, store
from lrs.actors import actor_key, indexable, with_pseudonyms
from lrs.forwarding import waking
from lrs.models import Credential, ProfileDocument, Source, Statement
from lrs.multipart import Readable
from lrs.profiles.adl import SIGNATURE
from lrs.validation import V1, V2, StatementRefused, check_actor, check_agent, check_iri, check_uuid, moment

VERSION_HEADER = "X-Experience-API-Version"
CONSISTENT_HEADER = "X-Experience-API-Consistent-Through"
VERSIONS = re.compile(r"([12])\.0(?:\.[0-9]+)?\Z")
MESSAGE = "multipart/mixed"
FORM = "application/x-www-form-urlencoded"
# As much is read before anybody knows who sends it; more only for a key that is in use. A form that carries its key inside
# is no larger than this; one that is has its key in a header.
FROM_STRANGERS = 64 * 1024
LARGEST_FORM = 4 * 1024 * 1024
MOST_OCTETS = 64 * 1024 * 1024
# What a form of the alternate syntax may carry in the place of headers (1.3).
HEADERS_IN_FORM = (
    "Authorization",
    VERSION_HEADER,
    "Content-Type",
    "Content-Length",
    "If-Match",
    "If-None-Match",
    "Accept",
    "Accept-Language",
)
ALLOWED_HEADERS = f"Authorization, Content-Type, Content-Length, If-Match, If-None-Match, Accept, Accept-Language, {VERSION_HEADER}, X-Experience-API-Hash"
EXPOSED_HEADERS = f"ETag, Last-Modified, Content-Length, Date, Retry-After, {VERSION_HEADER}, {CONSISTENT_HEADER}"


class Refused(Exception):
    """What the answer is to a request that is not carried out."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Call:
    """A request, whichever of the two syntaxes it came in. A message with attachments is not in `body`: it is read from `stream`."""

    method: str
    params: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    version: str
    address: str
    credential: Credential
    stream: Readable | None = None

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    @property
    def content_type(self) -> str:
        return self.header("Content-Type") or ""

    @property
    def conditions(self) -> documents.Conditions:
        return documents.Conditions(if_match=self.header("If-Match"), if_none_match=self.header("If-None-Match"))

    def need(self, *scopes: str) -> None:
        """Raises Refused with 403 unless the credential has one of these scopes (4.2)."""
        if not {"all", *scopes} & set(self.credential.scopes):
            raise Refused(403, f"this key lacks the scope {' or '.join(scopes)}")


Handler = Callable[[Call], HttpResponseBase]


@dataclass(frozen=True)
class Resource:
    """The methods of a resource, and the parameters that each of them knows."""

    handlers: dict[str, tuple[Handler, frozenset[str]]]
    open: bool = False  # the about resource: no key, no version
    streams: bool = False  # a message with attachments is read by the handler, as it comes in

    def __call__(self, request: HttpRequest, version: str) -> HttpResponseBase:
        answered = version
        response: HttpResponseBase
        try:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
            else:
                # Who it is comes first: nothing large is read of somebody we do not know.
                caller = None if self.open else _caller(request)
                method, params, headers, body = _request(
                    request, version=version, methods=self.handlers, streams=self.streams and caller is not None, caller=caller
                )
                answered = _version(headers.get(VERSION_HEADER.lower()), default=version, needed=not self.open)
                handler, known = self.handlers[method]
                _check_params(params, known)
                credential = Credential() if self.open else caller or _recognised(request, headers.get("authorization", ""))
                stream = _Upload(request) if body is None else None
                response = handler(Call(method, params, headers, body or b"", answered, request.path, credential, stream))
        except Refused as refusal:
            response = _told(refusal.status, refusal)
        except recognising.NotRecognised as refusal:
            # Without a WWW-Authenticate: a browser would ask a person for a password.
            response = _told(401, refusal)
        except rates.TooMany as refusal:
            response = _told(429, refusal, retry_after=refusal.retry_after)
        except (limits.OutsideLimits, store.VoidingRefused) as refusal:
            response = _told(403, refusal)
        except (StatementRefused, attachments.MessageRefused, documents.DocumentRefused) as refusal:
            response = _told(400, refusal)
        except attachments.MessageTooLarge as refusal:
            response = _told(413, refusal)
        except attachments.StorageUnreachable as failure:
            response = _told(503, failure, retry_after=60)
        except (store.StatementConflict, documents.DocumentConflict) as conflict:
            response = _told(409, conflict)
        except documents.PreconditionFailed as failure:
            response = _told(412, failure)
        except (DatabaseError, InterfaceError) as failure:
            if not outage.is_one(failure):
                raise
            response = _unavailable(request, failure)
        return self._finished(response, request, answered)

    def gate(self, request: HttpRequest, version: str) -> HttpResponseBase | None:
        """The answer to a large request that is not to be read, or None."""
        try:
            caller = None if self.open else _caller(request)
            if caller is None:
                raise recognising.NotRecognised("no key, or not one that is in use")
            if caller.largest_body and (_announced_length(request) or 0) > caller.largest_body:
                raise Refused(413, f"the request is larger than {caller.largest_body} octets")
        except Refused as refusal:
            response = _told(refusal.status, refusal)
        except recognising.NotRecognised as refusal:
            response = _told(401, refusal)
        except rates.TooMany as refusal:
            response = _told(429, refusal, retry_after=refusal.retry_after)
        except (DatabaseError, InterfaceError) as failure:
            response = _unavailable(request, failure)
        else:
            return None
        return self._finished(response, request, version)

    def _finished(self, response: HttpResponseBase, request: HttpRequest, version: str) -> HttpResponseBase:
        if response.status_code in (204, 405) or request.method == "OPTIONS":
            response.headers["Allow"] = ", ".join(sorted({*self.handlers, "OPTIONS", *(["HEAD"] if "GET" in self.handlers else [])}))
        if response.status_code == 204:
            del response.headers["Content-Type"]
        response.headers[VERSION_HEADER] = version
        response.headers.setdefault(CONSISTENT_HEADER, _iso(timezone.now()))
        response.headers["Date"] = http_date()
        # Content that runs in another origin sends its own key; there are no cookies in this, so any origin may ask (1.2, CORS).
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        response.headers["Access-Control-Max-Age"] = "86400"
        # A document can be HTML of anybody's, and a form can ask for it: it must never run as a page of ours.
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        elif request.method == "HEAD" and isinstance(response, StreamingHttpResponse):
            response.streaming_content = iter(())
        return response


def _unavailable(request: HttpRequest, failure: DatabaseError | InterfaceError) -> HttpResponse:
    outage.note(failure, path=request.path)
    return _told(503, outage.TOLD, retry_after=outage.RETRY_AFTER)


def _told(status: int, reason: object, *, retry_after: int | None = None) -> HttpResponse:
    """Why a request is not carried out. What that quotes of the request can hold half a character, which no answer can."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    content = str(reason).encode("utf-8", "backslashreplace")
    return HttpResponse(content, status=status, content_type="text/plain; charset=utf-8", headers=headers)


# --- Reading a request ------------------------------------------------------------------------------------------------


def _request(
    request: HttpRequest, *, version: str, methods: Mapping[str, Any], streams: bool = False, caller: Credential | None = None
) -> tuple[str, dict[str, str], dict[str, str], bytes | None]:
    """What is asked, in whichever syntax. The body is None when it is still to be read, once it is known whose it is."""
    body: bytes | None
    method = "GET" if request.method == "HEAD" else request.method or ""
    headers = {name.lower(): value for name, value in request.headers.items()}
    params = _single(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True))
    if method == "POST" and "method" in params:
        method, params, headers, body = _alternate(request, params, headers, version=version, caller=caller)
    elif streams and method in methods and _media_type(headers) == MESSAGE:
        body = None
    else:
        body = _body(request, caller=caller) if method in ("POST", "PUT") and method in methods else b""
    if method not in methods:
        raise Refused(405, f"this resource does not know {method}")
    return method, params, headers, body


def _alternate(
    request: HttpRequest, params: dict[str, str], headers: dict[str, str], *, version: str, caller: Credential | None
) -> tuple[str, dict[str, str], dict[str, str], bytes]:
    """The alternate request syntax of 1.0.3: the method in the query, the rest in a form (1.3). 2.0 does not have it."""
    if set(params) != {"method"}:
        raise Refused(400, "beside method, the parameters stand in the form (1.3)")
    if _media_type(headers) != FORM:
        raise Refused(400, f"the alternate request syntax is a form: {FORM} (1.3)")
    try:
        form = _single(
            parse_qsl(
                _body(request, caller=caller, largest=LARGEST_FORM).decode(),
                keep_blank_values=True,
                strict_parsing=True,
                max_num_fields=100,
            )
        )
    except ValueError:
        raise Refused(400, "the form cannot be read (1.3)") from None
    inner = {name: value for name, value in headers.items() if name not in ("content-type", "content-length")}
    for name in HEADERS_IN_FORM:
        if name in form:
            inner[name.lower()] = form.pop(name)
    if _version(inner.get(VERSION_HEADER.lower()), default=version, needed=False) != V1:
        raise Refused(400, "xAPI 2.0 has no alternate request syntax")
    method = params["method"]
    body = b""
    if method in ("POST", "PUT"):
        if "content" not in form:
            raise Refused(400, "the form needs the parameter content (1.3)")
        body = form.pop("content").encode("utf-8", "surrogateescape")
        inner.setdefault("content-type", "application/json")
    return method, form, inner, body


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


class _Upload:
    """The body of a request, read as it comes in."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def read(self, size: int, /) -> bytes:
        try:
            return self._request.read(size)
        except (UnreadablePostError, OSError):
            raise Refused(400, "the request ended before it was complete") from None


def _single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    params = dict(pairs)
    if len(params) < len(pairs):
        raise Refused(400, "a parameter is given twice")
    return params


def _body(request: HttpRequest, *, caller: Credential | None, largest: int = MOST_OCTETS) -> bytes:
    """All of the body. Raises Refused with 413 when it is larger than this caller may send, and 401 when it is large and nobody's."""
    largest = min(largest, getattr(settings, "LRS_LARGEST_BODY", MOST_OCTETS), (caller and caller.largest_body) or MOST_OCTETS)
    too_large = Refused(413, f"the request is larger than {largest} octets")
    length = _announced_length(request)
    if length is not None and length > largest:
        raise too_large
    if caller is None and (length is None or length > FROM_STRANGERS):
        raise Refused(401, f"more than {FROM_STRANGERS} octets are read only for a key that stands in a header")
    try:
        body = request.read(largest + 1)
    except RequestDataTooBig:
        raise too_large from None
    except (UnreadablePostError, OSError):
        raise Refused(400, "the request ended before it was complete") from None
    if len(body) > largest:
        raise too_large
    return body


def _announced_length(request: HttpRequest) -> int | None:
    """What Content-Length says, or None when it says nothing that is a length."""
    text = request.META.get("CONTENT_LENGTH", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _caller(request: HttpRequest) -> Credential | None:
    """Whose request it is by its headers; None when they say nothing, as with a form that carries its key inside."""
    authorization = request.headers.get("Authorization", "")
    return _recognised(request, authorization) if authorization else None


def _recognised(request: HttpRequest, authorization: str) -> Credential:
    return recognising.recognise(authorization, address=audit.origin_of(request))


def gate(request: HttpRequest) -> HttpResponseBase | None:
    """Whether something large may be read at all: None, or the answer (config/receiving.py asks this before it reads)."""
    found = re.fullmatch(r"/xapi/(1\.0\.3/)?(.+)", request.path_info)
    name = found[2] if found else ""
    if name not in RESOURCES:
        return HttpResponse(status=404)
    return RESOURCES[name].gate(request, V1 if found and found[1] else V2)


def _version(header: str | None, *, default: str, needed: bool) -> str:
    """The version that a request is in, and its answer will be in (3.3)."""
    if header is None:
        if needed:
            raise Refused(400, f"the header {VERSION_HEADER} is required (3.3)")
        return default
    match = VERSIONS.match(header.strip())
    if match is None:
        if needed:
            raise Refused(400, f"{VERSION_HEADER}: this store knows 1.0.x and 2.0.x (3.3)")
        return default
    return V1 if match[1] == "1" else V2


def _check_params(params: Mapping[str, str], known: frozenset[str]) -> None:
    for name in params:
        if name not in known:
            raise Refused(400, f"the parameter {name[:80]!r} is not known here (3.2)")


def _required(call: Call, name: str) -> str:
    if not call.params.get(name):
        raise Refused(400, f"the parameter {name} is required")
    return call.params[name]


def _uuid(call: Call, name: str) -> uuid.UUID | None:
    if name not in call.params:
        return None
    check_uuid(call.params[name], name)
    return uuid.UUID(call.params[name])


def _iri(call: Call, name: str) -> str:
    value = _required(call, name)
    check_iri(value, name)
    return value


def _moment(call: Call, name: str) -> datetime | None:
    return moment(call.params[name].replace(" ", "+"), name) if name in call.params else None  # an unescaped plus


def _flag(call: Call, name: str) -> bool:
    value = call.params.get(name, "false")
    if value not in ("true", "false"):
        raise Refused(400, f"{name}: must be true or false")
    return value == "true"


def _actor(call: Call, name: str, *, groups: bool) -> dict[str, Any]:
    try:
        value = json.loads(_required(call, name))
    except (ValueError, RecursionError):
        raise Refused(400, f"{name}: must be an Agent as JSON") from None
    (check_actor if groups else check_agent)(value, name)
    if not any(key in value for key in formats.IDENTIFIERS):
        raise Refused(400, f"{name}: an anonymous Group cannot be asked for")
    if call.credential.joins_people and call.credential.organisation:
        value = with_pseudonyms(value, organisation=call.credential.organisation)
    return dict(value)


# --- About ------------------------------------------------------------------------------------------------------------


def about(call: Call) -> HttpResponse:
    # Clients of 1.0.3 stumble over a version that they have never heard of.
    versions = [V1] if call.version == V1 else [V2, V1]
    return _json({"version": versions, "extensions": {"https://vakwijs.example/xapi/name": settings.SITE_NAME}})


# --- Statements -------------------------------------------------------------------------------------------------------


def post_statements(call: Call) -> HttpResponse:
    call.need("statements/write")
    with _received(call) as (statements, originals, parts, _):
        limits.check_statements(call.credential, statements)
        ids = store.append(
            statements,
            source=Source(call.credential.source),
            credential=call.credential,
            version=call.version,
            originals=originals,
            parts=parts,
        )
    _wrote(call)
    return _json([str(one) for one in ids])


def put_statement(call: Call) -> HttpResponse:
    call.need("statements/write")
    _required(call, "statementId")
    statement_id = _uuid(call, "statementId")
    with _received(call) as (statements, originals, parts, batch):
        if batch or not isinstance(statements[0], dict):
            raise Refused(400, "PUT takes one statement (2.1.1)")
        own = statements[0].get("id")
        if own is None and "id" not in statements[0]:
            statements, originals = [{**statements[0], "id": str(statement_id)}], []
        elif str(own).lower() != str(statement_id):
            raise Refused(400, "the id of the statement is not the statementId (2.1.1)")
        limits.check_statements(call.credential, statements)
        store.append(
            statements,
            source=Source(call.credential.source),
            credential=call.credential,
            version=call.version,
            originals=originals,
            parts=parts,
        )
    _wrote(call)
    return HttpResponse(status=204)


def _wrote(call: Call) -> None:
    replica.wrote(writer=_who(call))
    waking.wake_soon()


@contextmanager
def _received(call: Call) -> Iterator[tuple[list[Any], list[str], dict[str, attachments.Part], bool]]:
    """The statements, their texts, the attachments that came with them, and whether they came as a batch.

    The attachments lie in a temporary file for as long as the context lasts.
    """
    kind = _media_type({"content-type": call.content_type})
    if kind == MESSAGE:
        stream = call.stream or BytesIO(call.body)
        with attachments.received(stream, content_type=call.content_type, limits=_message_limits(call.credential)) as (content, parts):
            yield _statements(call, content, parts)
    elif kind == "application/json":
        yield _statements(call, call.body, {})
    else:
        raise Refused(400, "Content-Type: must be application/json or multipart/mixed (1.5)")


def _message_limits(credential: Credential) -> attachments.Limits:
    largest = credential.largest_body or settings.LRS_LARGEST_MESSAGE
    return attachments.Limits(
        statements=min(largest, getattr(settings, "LRS_LARGEST_BODY", MOST_OCTETS)),
        attachment=min(largest, settings.LRS_LARGEST_ATTACHMENT),
        message=min(largest, settings.LRS_LARGEST_MESSAGE),
    )


def _statements(
    call: Call, content: bytes, parts: dict[str, attachments.Part]
) -> tuple[list[Any], list[str], dict[str, attachments.Part], bool]:
    try:
        text = content.decode()
        statements, originals = json_text.split(text)
    except UnicodeDecodeError:
        raise Refused(400, "the statements are not UTF-8 (1.4)") from None
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the statements are not JSON: {str(error)[:200]}") from None
    attachments.match_parts(statements, parts)
    for statement in statements:
        if any(entry.get("usageType") == SIGNATURE for entry in attachments.attachments_of(statement)):
            store.check_statement(statement, version=call.version)
            attachments.check_signatures([statement], parts)
    return statements, originals, parts, text.lstrip(json_text.SPACE)[:1] == "["


def get_statements(call: Call) -> HttpResponseBase:
    with replica.reading(reader=_who(call)):
        return _get_statements(call)


def _who(call: Call) -> str:
    return f"credential/{call.credential.pk or call.credential.key}"


def _get_statements(call: Call) -> HttpResponseBase:
    visible = limits.visible_to(call.credential)
    if visible is None:
        raise Refused(403, "this key may not read statements")
    form = call.params.get("format", "exact")
    if form not in ("ids", "exact", "canonical"):
        raise Refused(400, "format: must be ids, exact or canonical")
    with_attachments = _flag(call, "attachments")
    languages = formats.accepted_languages(call.header("Accept-Language") or "")
    through = queries.consistent_through()

    single = [name for name in ("statementId", "voidedStatementId") if name in call.params]
    if single:
        if len(single) > 1 or set(call.params) - {*single, "attachments", "format"}:
            raise Refused(400, "statementId and voidedStatementId go with attachments and format alone (2.1.3)")
        statement_id = _uuid(call, single[0])
        found = queries.one(statement_id, voided=single[0] == "voidedStatementId", visible=visible) if statement_id else None
        if found is None or not limits.reached(call.credential, [found]):
            raise Refused(404, "there is no such statement")
        shown = [found]
        body = formats.written(shown, format=form, version=call.version, languages=languages)[0]
    else:
        page = limits.find(call.credential, _filters(call), visible=visible)
        shown = page.statements
        more = ""
        if page.last is not None:
            more = f"{call.address}?{urlencode({**call.params, 'cursor': page.last})}"
        texts = formats.written(shown, format=form, version=call.version, languages=languages)
        body = f'{{"statements":[{",".join(texts)}],"more":{json.dumps(more)}}}'
    return _statements_answer(body.encode(), shown, with_attachments=with_attachments, through=through)


def _statements_answer(body: bytes, shown: list[Statement], *, with_attachments: bool, through: datetime) -> HttpResponseBase:
    response: HttpResponseBase
    if with_attachments:
        message = attachments.message_of(body, statements=shown)
        response = StreamingHttpResponse(message.pieces, content_type=message.content_type)
        response.headers["Content-Length"] = str(message.length)
    else:
        response = HttpResponse(body, content_type="application/json")
    response.headers[CONSISTENT_HEADER] = _iso(through)
    if shown:
        response.headers["Last-Modified"] = http_date(max(statement.stored for statement in shown).timestamp())
    return response


def _filters(call: Call) -> queries.Filters:
    limit = call.params.get("limit", "0")
    cursor = call.params.get("cursor")
    for name, value in (("limit", limit), ("cursor", cursor or "0")):
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            raise Refused(400, f"{name}: must be a whole number, 0 or more")
    return queries.Filters(
        agent=_actor(call, "agent", groups=True) if "agent" in call.params else None,
        verb=_iri(call, "verb") if "verb" in call.params else None,
        activity=_iri(call, "activity") if "activity" in call.params else None,
        registration=_uuid(call, "registration"),
        related_activities=_flag(call, "related_activities"),
        related_agents=_flag(call, "related_agents"),
        since=_moment(call, "since"),
        until=_moment(call, "until"),
        ascending=_flag(call, "ascending"),
        limit=int(limit),
        after=min(int(cursor), sequence.LATEST) if cursor else None,
    )


# --- Documents --------------------------------------------------------------------------------------------------------


def _state_place(call: Call) -> documents.Place:
    agent, activity, registration = _actor(call, "agent", groups=False), _iri(call, "activityId"), _uuid(call, "registration")
    limits.check_agent(call.credential, agent)
    limits.check_activity(call.credential, activity)
    limits.check_registration(call.credential, registration)
    if call.credential.launch:  # what its content does not say: there is no other for it
        registration = call.credential.launch.registration
    return documents.state_of(
        credential=call.credential,
        actor_key=actor_key(agent),
        activity=indexable(activity, 1000),
        registration=registration,
        version=call.version,
    )


def _agent_profile_place(call: Call) -> documents.Place:
    agent = _actor(call, "agent", groups=False)
    limits.check_agent(call.credential, agent)
    kind = ProfileDocument.Kind.AGENT
    return documents.profiles_of(credential=call.credential, kind=kind, subject=actor_key(agent), version=call.version)


def _activity_profile_place(call: Call) -> documents.Place:
    activity = _iri(call, "activityId")
    limits.check_activity(call.credential, activity)
    kind = ProfileDocument.Kind.ACTIVITY
    return documents.profiles_of(credential=call.credential, kind=kind, subject=indexable(activity, 1000), version=call.version)


def _document_resource(place: Callable[[Call], documents.Place], *, subject: frozenset[str], name: str, scope: str) -> Resource:
    """GET, PUT, POST and DELETE of one kind of document."""

    def get(call: Call) -> HttpResponse:
        call.need(scope, "all/read")
        since = _moment(call, "since")
        here = place(call)
        if name not in call.params:
            if scope == "state" and "registration" not in call.params:
                here = _everywhere(call, here)
            names, changed = documents.names(here, since=since)
            listed = _with_etag(_json(names))
            if changed is not None:
                listed.headers["Last-Modified"] = http_date(changed.timestamp())
            return listed
        if since is not None and not call.version.startswith("1."):
            raise Refused(400, f"since goes with a list of documents, not with {name} (2.0: 4.1.6.2)")
        document = documents.read(here, indexable(_required(call, name), 400))
        if document is None:
            raise Refused(404, "there is no such document")
        response = HttpResponse(bytes(document.content), content_type=document.content_type or "application/octet-stream")
        response.headers["ETag"] = f'"{document.etag}"'
        response.headers["Last-Modified"] = http_date(document.updated_at.timestamp())
        return response

    def write(call: Call) -> HttpResponse:
        call.need(scope)
        change = documents.put if call.method == "PUT" else documents.merge
        content_type = call.content_type or "application/octet-stream"
        change(place(call), indexable(_required(call, name), 400), content=call.body, content_type=content_type, conditions=call.conditions)
        return HttpResponse(status=204)

    def delete(call: Call) -> HttpResponse:
        call.need(scope)
        here = place(call)
        if name in call.params:
            documents.delete(here, indexable(_required(call, name), 400), conditions=call.conditions)
        elif scope == "state":
            documents.delete_all(here if "registration" in call.params else _everywhere(call, here))
        else:
            raise Refused(400, f"the parameter {name} is required")
        return HttpResponse(status=204)

    one = subject | {name}
    return Resource({"GET": (get, one | {"since"}), "PUT": (write, one), "POST": (write, one), "DELETE": (delete, one)})


def _everywhere(call: Call, place: documents.Place) -> documents.Place:
    """Without a registration, a list or a clean-up is about all registrations (2.3); of a launch there is one."""
    if call.credential.launch:
        return place
    return replace(place, shared={key: value for key, value in place.shared.items() if key != "registration"})


# --- Activities and agents --------------------------------------------------------------------------------------------


def get_activity(call: Call) -> HttpResponse:
    call.need("statements/read", "statements/read/mine", "all/read", "define", "profile", "state")
    activity = _iri(call, "activityId")
    limits.check_activity(call.credential, activity)
    definition = formats.merged_definitions([[activity]]).get(activity)
    return _with_etag(_json({"objectType": "Activity", "id": activity, **({"definition": definition} if definition else {})}))


def get_person(call: Call) -> HttpResponse:
    call.need("statements/read", "all/read", "profile")
    agent = _actor(call, "agent", groups=False)
    limits.check_agent(call.credential, agent)
    visible = limits.visible_to(call.credential)
    seen = Statement.objects.filter(visible).by_actor(actor_key(agent)).order_by("-sequence")[:50] if visible is not None else []
    seen = limits.reached(call.credential, seen)
    return _with_etag(_json(formats.person(agent, seen_as=[statement.document["actor"] for statement in seen])))


def _with_etag(response: HttpResponse) -> HttpResponse:
    response.headers["ETag"] = f'"{documents.etag_of(response.content)}"'
    return response


def _json(value: Any) -> HttpResponse:
    return HttpResponse(json.dumps(value), content_type="application/json")


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


FILTERS = frozenset(
    {"statementId", "voidedStatementId", "agent", "verb", "activity", "registration", "related_activities", "related_agents"}
    | {"since", "until", "limit", "format", "attachments", "ascending", "cursor"}
)
RESOURCES: dict[str, Resource] = {
    "about": Resource({"GET": (about, frozenset())}, open=True),
    "statements": Resource(
        {"GET": (get_statements, FILTERS), "POST": (post_statements, frozenset()), "PUT": (put_statement, frozenset({"statementId"}))},
        streams=True,
    ),
    "activities/state": _document_resource(
        _state_place, subject=frozenset({"activityId", "agent", "registration"}), name="stateId", scope="state"
    ),
    "activities/profile": _document_resource(_activity_profile_place, subject=frozenset({"activityId"}), name="profileId", scope="profile"),
    "agents/profile": _document_resource(_agent_profile_place, subject=frozenset({"agent"}), name="profileId", scope="profile"),
    "activities": Resource({"GET": (get_activity, frozenset({"activityId"}))}),
    "agents": Resource({"GET": (get_person, frozenset({"agent"}))}),
}


@csrf_exempt
def resource(request: HttpRequest, name: str, version: str) -> HttpResponseBase:
    """One resource, at the address of one version."""
    return RESOURCES[name](request, version)
