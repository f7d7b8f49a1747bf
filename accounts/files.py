"""Serve a private file to someone whose right to it the calling view has already checked.

The view decides who may read; this module only speaks HTTP (RFC 9110: conditional requests §13, ranges §14). A private file never has
an address of its own: it lies in `storages["private"]` under an unguessable name, and is answered with headers that keep it from being
cached by others, from being taken for something it is not, and from running as a page of this site.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date, parse_etags, parse_http_date_safe
from django.utils.translation import gettext as _

CHUNK = 64 * 1024
SANDBOX = "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'"
# A browser's PDF viewer refuses to start inside a sandbox; a PDF cannot run script in this site's name.
PDF_POLICY = "script-src 'none'; frame-ancestors 'self'"


def serve_private(request: HttpRequest, file: File, *, filename: str, content_type: str, inline: bool = False) -> HttpResponseBase:
    """Answer with this file: whole (200), one range of it (206), nothing new (304), or no such range (416).

    `file` is a FieldFile or any open File; `filename` is the name the person will see, in any script. `inline` shows it in the browser
    instead of saving it. Raises Http404 when the file is gone from storage.
    """
    source = _source(file)
    if _knows_it_already(request, source):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        wanted = _range(request, source)
        if wanted == "unsatisfiable":
            response = HttpResponse(
                status=416, content_type="text/plain; charset=utf-8", headers={"Content-Range": f"bytes */{source.size}"}
            )
            return _guarded(response, content_type="text/plain", inline=False)
        start, end = cast("tuple[int, int]", wanted or (0, source.size - 1))
        response = _body(request, source, start, end, status=206 if wanted else 200)
        response["Content-Type"] = content_type
        response["Content-Length"] = str(end - start + 1)
        response["Content-Disposition"] = content_disposition_header(not inline, _shown_name(filename)) or "attachment"
        if wanted:
            response["Content-Range"] = f"bytes {start}-{end}/{source.size}"
    response["ETag"] = source.etag
    if source.modified:
        response["Last-Modified"] = http_date(source.modified.timestamp())
    response["Accept-Ranges"] = "bytes"
    return _guarded(response, content_type=content_type, inline=inline)


@dataclass(frozen=True)
class _Source:
    """Bytes that can be read from any place on, with what HTTP wants to know of them."""

    size: int
    etag: str
    modified: datetime | None
    read: Callable[[int, int], Iterator[bytes]]


def _source(file: File) -> _Source:
    storage, name = getattr(file, "storage", None), file.name or ""
    if not storage:
        file.seek(0)
        mark = file.read()
        return _Source(size=len(mark), etag=_etag(mark), modified=None, read=lambda first, last: _parts(io.BytesIO(mark), first, last))
    try:
        size = storage.size(name)
    except (FileNotFoundError, ValueError) as gone:
        raise Http404(_("Dit bestand is er niet meer.")) from gone
    modified = _modified(storage, name)
    mark = f"{name}\0{size}\0{modified.timestamp() if modified else ''}".encode()
    return _Source(size=size, etag=_etag(mark), modified=modified, read=lambda first, last: stored_parts(storage, name, first, last))


def _etag(mark: bytes) -> str:
    return f'"{hashlib.sha256(mark).hexdigest()[:32]}"'


def _modified(storage: Any, name: str) -> datetime | None:
    try:
        return storage.get_modified_time(name).astimezone(UTC)
    except NotImplementedError:
        return None


def stored_parts(storage: Any, name: str, first: int, last: int) -> Iterator[bytes]:
    """The bytes of this range. The file is opened when sending starts and closed when it ends, also when the client leaves half-way."""
    with closing(storage.open(name, "rb")) as opened:
        if hasattr(opened, "obj"):
            # An object in S3 is asked for the range itself; reading it as a file would fetch all of it for a few bytes of video.
            yield from opened.obj.get(Range=f"bytes={first}-{last}")["Body"].iter_chunks(CHUNK)
        else:
            yield from _parts(opened, first, last)


def _parts(opened: Any, first: int, last: int) -> Iterator[bytes]:
    opened.seek(first)
    left = last - first + 1
    while left > 0 and (chunk := opened.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def _body(request: HttpRequest, source: _Source, start: int, end: int, *, status: int) -> HttpResponseBase:
    if request.method == "HEAD" or end < start:
        return HttpResponse(status=status)
    return StreamingHttpResponse(source.read(start, end), status=status)


def _knows_it_already(request: HttpRequest, source: _Source) -> bool:
    if none_match := request.headers.get("If-None-Match"):
        known = parse_etags(none_match)
        # §13.1.2: weak comparison.
        return "*" in known or source.etag in {tag.removeprefix("W/") for tag in known}
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return bool(since and source.modified and int(source.modified.timestamp()) <= since)


def _range(request: HttpRequest, source: _Source) -> tuple[int, int] | str | None:
    """First and last byte asked for; None for the whole file; "unsatisfiable" when it lies beyond the end.

    Several ranges at once, other units and nonsense are answered with the whole file, which §14.2 allows.
    """
    header = request.headers.get("Range", "")
    match = re.fullmatch(r"bytes=\s*([0-9]{0,19})-([0-9]{0,19})\s*", header)
    if request.method != "GET" or not match or match[0].strip() == "bytes=-" or not _still_the_same(request, source):
        return None
    first, last = match[1], match[2]
    if not first:
        if not last:
            return None
        length = min(int(last), source.size)
        return (source.size - length, source.size - 1) if length else "unsatisfiable"
    if last and int(last) < int(first):
        return None
    if int(first) >= source.size:
        return "unsatisfiable"
    return int(first), min(int(last), source.size - 1) if last else source.size - 1


def _still_the_same(request: HttpRequest, source: _Source) -> bool:
    """§13.1.5: a range of what the client already has part of; if the file changed, it gets the whole one. Weak tags never match."""
    condition = request.headers.get("If-Range")
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == source.etag
    date = parse_http_date_safe(condition)
    return bool(date and source.modified and int(source.modified.timestamp()) == date)


def _shown_name(filename: str) -> str:
    """The name without folders and without characters that steer a header or a terminal."""
    bare = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", filename).replace("\\", "/").rsplit("/", 1)[-1].strip()
    return bare or "bestand"


def _guarded(response: HttpResponseBase, *, content_type: str, inline: bool) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = PDF_POLICY if inline and content_type == "application/pdf" else SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    if inline:
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response
