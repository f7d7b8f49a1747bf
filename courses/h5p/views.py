"""Addresses of the player: its frame, the files behind it, and what the lesson page sends on behalf of the learner."""

import html
import json
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.files import serve_private
from courses.h5p.embed import frame_of, policy, version_by
from courses.h5p.package import extension_of
from courses.h5p.results import ResultRefused, TooManyResults, is_opening, record_result
from courses.h5p.state import StateRefused, save_state, states_of
from courses.models import Enrolment, H5PLibrary, H5PVersion, ReleaseActivity

MINUTE = 60
LARGEST_REPORT = 128 * 1024
LARGEST_STATE = 2 * 1024 * 1024
CONTENT_TYPES = {
    "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "json": "application/json", "svg": "image/svg+xml", "xml": "text/xml; charset=utf-8",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff",
    "eot": "application/vnd.ms-fontobject", "ttf": "font/ttf", "otf": "font/otf", "woff": "font/woff", "woff2": "font/woff2",
    "webm": "video/webm", "mp4": "video/mp4", "ogg": "audio/ogg", "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav",
    "vtt": "text/vtt; charset=utf-8", "webvtt": "text/vtt; charset=utf-8", "txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf",
    "gltf": "model/gltf+json", "glb": "model/gltf-binary",
}  # fmt: skip


# --- The frame ----------------------------------------------------------------------------------------------------


@require_safe
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """The player in its sandbox. The token is all that counts here; nothing in the answer belongs to a person."""
    origin = f"{request.scheme}://{request.get_host()}"
    opened = version_by(token)
    version = H5PVersion.objects.select_related("main_library").filter(pk=opened).first() if opened else None
    if version is None:
        response = render(request, "courses/h5p/expired.html", status=410)
    else:
        response = render(request, "courses/h5p/embed.html", frame_of(version, token=token, origin=origin))
    response["Content-Security-Policy"] = policy(origin)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    return response


# --- Files --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def library_file(request: HttpRequest, hash: str, path: str) -> HttpResponseBase:  # noqa: A002 - the word of the model
    """A file of a library build. The build never changes, so neither does this answer."""
    return _file(
        request,
        _remembered(f"h5p-library-files:{hash}", H5PLibrary.objects.filter(hash=hash)),
        path,
        cache_control="public, max-age=31536000, immutable",
    )


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def content_file(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """A picture, sound or video of content, for whoever holds a token that opens it."""
    version = version_by(token)
    if version is None:
        raise Http404
    return _file(
        request,
        _remembered(f"h5p-content-files:{version}", H5PVersion.objects.filter(pk=version)),
        path,
        cache_control="private, max-age=86400, immutable",
    )


def _remembered(key: str, rows: QuerySet[Any]) -> dict[str, Any]:
    """The list of files of a library or version: an exercise asks for dozens of them within a second."""
    files: dict[str, Any] | None = cache.get(key)
    if files is None:
        files = rows.values_list("files", flat=True).first()
        if files is not None:
            cache.set(key, files, timeout=MINUTE)
    return files or {}


def _file(request: HttpRequest, files: dict[str, Any], path: str, *, cache_control: str) -> HttpResponseBase:
    # Content holds its paths escaped, as H5P core does.
    known = files.get(path) or files.get(html.unescape(path))
    if known is None:
        raise Http404
    if request.method == "OPTIONS":
        response: HttpResponseBase = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    else:
        content_type = CONTENT_TYPES.get(extension_of(path), "application/octet-stream")
        response = serve_private(
            request, _Stored(known["stored"]), filename=path, content_type=content_type, inline=content_type != "application/octet-stream"
        )
        response["Cache-Control"] = cache_control
    # The frame has an opaque origin, to which even our own files are another site's.
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Headers"] = "x-requested-with, range"
    response["Access-Control-Expose-Headers"] = "Content-Length, Content-Range, Accept-Ranges"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'"
    return response


class _Stored(File):
    """A file in the private storage that is opened only when it is sent."""

    def __init__(self, name: str) -> None:
        super().__init__(None, name=name)
        self.storage = storages["private"]


# --- What the learner did -----------------------------------------------------------------------------------------


@login_required
@require_POST
def statements(request: HttpRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> HttpResponse:
    """Record a report of the content: `{"id": uuid, "statement": {…}}`."""
    following, doing, version = _own_activity(request, enrolment, activity)
    body = _json(request, most=LARGEST_REPORT)
    try:
        report_id = uuid.UUID(str(body.get("id")))
        kept = record_result(enrolment=following, activity=doing, version=version, statement=body.get("statement"), report_id=report_id)
    except TooManyResults as refusal:
        return JsonResponse({"error": str(refusal)}, status=429)
    except (ResultRefused, ValueError) as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    # That it was opened is on record too, but a learner who did nothing yet has nothing that was saved.
    return JsonResponse({"statement": kept, "saved": _now() if kept and not is_opening(body.get("statement")) else ""})


@login_required
@require_http_methods(["GET", "POST"])
def state(request: HttpRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> HttpResponse:
    """Read all states of an activity, or keep one: `{"sub": part, "id": kind, "data": JSON text or null}`."""
    following, doing, version = _own_activity(request, enrolment, activity)
    if request.method == "GET":
        response = JsonResponse({"state": states_of(enrolment=following, activity=doing, version=version)})
        response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ["Cookie"])
        return response
    body = _json(request, most=LARGEST_STATE)
    data = body.get("data")
    if not (data is None or isinstance(data, str)):
        return JsonResponse({"error": _("De toestand is geen JSON.")}, status=400)
    try:
        save_state(
            enrolment=following,
            activity=doing,
            version=version,
            part=str(body.get("sub", "0")),
            data_id=str(body.get("id", "state")),
            data=data,
        )
    except StateRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"saved": _now()})


def _own_activity(request: HttpRequest, enrolment: uuid.UUID, activity: uuid.UUID) -> tuple[Enrolment, ReleaseActivity, H5PVersion]:
    """The learner's own open enrolment and an H5P activity of its release; 404 for anything else."""
    following = get_object_or_404(
        Enrolment.objects.select_related("learner", "course", "release"), uuid=enrolment, learner=request.user, withdrawn_at=None
    )
    doing = get_object_or_404(
        ReleaseActivity.objects.select_related("lesson", "release"), release=following.release, uuid=activity, kind="h5p"
    )
    version = get_object_or_404(H5PVersion, pk=doing.settings.get("version"))
    return following, doing, version


def _json(request: HttpRequest, *, most: int) -> dict[str, Any]:
    if int(request.headers.get("Content-Length") or 0) > most:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _now() -> str:
    return date_format(timezone.localtime(), "H:i")
