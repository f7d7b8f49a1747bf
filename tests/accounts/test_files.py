"""Private files over HTTP: ranges, conditions and the headers that keep them private."""

from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import Http404
from django.test import RequestFactory

from accounts.files import serve_private

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def stored(tmp_path):
    storage = FileSystemStorage(location=tmp_path, base_url=None)
    name = storage.save("ab/cd.bin", ContentFile(CONTENT))
    return FieldFile(instance=None, field=SimpleNamespace(storage=storage, name="file", attname="file"), name=name)


def ask(file, *, method="get", filename="verslag.bin", content_type="application/octet-stream", inline=False, **headers):
    request = getattr(RequestFactory(), method)("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return serve_private(request, file, filename=filename, content_type=content_type, inline=inline)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_whole_file_is_for_one_person_and_is_not_a_page_of_this_site(stored):
    response = ask(stored)

    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["Content-Disposition"] == 'attachment; filename="verslag.bin"'


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, len(CONTENT) - 1),
        ("bytes=-10", len(CONTENT) - 10, len(CONTENT) - 1),
        ("bytes=255990-999999999", 255990, len(CONTENT) - 1),
        (f"bytes=-{len(CONTENT) * 2}", 0, len(CONTENT) - 1),
        (f"bytes={len(CONTENT) - 1}-", len(CONTENT) - 1, len(CONTENT) - 1),
    ],
)
def test_one_range_is_answered_with_exactly_those_bytes(stored, asked, first, last):
    response = ask(stored, Range=asked)

    assert response.status_code == 206
    assert body(response) == CONTENT[first : last + 1]
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", [f"bytes={len(CONTENT)}-", "bytes=999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused_with_the_size(stored, asked):
    response = ask(stored, Range=asked)

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=5-2", "items=0-1", "bytes=-", "bytes=a-b", "bytes", "bytes=٠-١"])
def test_several_ranges_and_nonsense_get_the_whole_file(stored, asked):
    response = ask(stored, Range=asked)

    assert response.status_code == 200
    assert body(response) == CONTENT


def test_an_empty_file_has_no_ranges(tmp_path):
    storage = FileSystemStorage(location=tmp_path, base_url=None)
    empty = FieldFile(None, SimpleNamespace(storage=storage, name="f", attname="f"), storage.save("leeg", ContentFile(b"")))

    assert (ask(empty).status_code, body(ask(empty))) == (200, b"")
    assert ask(empty, Range="bytes=0-").status_code == 416


def test_who_has_it_already_gets_nothing_new(stored):
    etag = ask(stored)["ETag"]

    for condition in (etag, f"W/{etag}", f'"anders", {etag}', "*"):
        response = ask(stored, If_None_Match=condition, Range="bytes=0-1")
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert ask(stored, If_None_Match='"anders"').status_code == 200


def test_a_range_of_a_file_that_changed_meanwhile_gets_the_whole_one(stored):
    now = ask(stored)

    assert ask(stored, Range="bytes=0-1", If_Range=now["ETag"]).status_code == 206
    assert ask(stored, Range="bytes=0-1", If_Range=now["Last-Modified"]).status_code == 206
    assert ask(stored, Range="bytes=0-1", If_Range='"anders"').status_code == 200
    assert ask(stored, Range="bytes=0-1", If_Range=f"W/{now['ETag']}").status_code == 200
    assert ask(stored, Range="bytes=0-1", If_Range="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200


def test_head_tells_the_size_and_sends_nothing(stored):
    response = ask(stored, method="head")

    assert (response.status_code, response["Content-Length"], body(response)) == (200, str(len(CONTENT)), b"")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Reflectie – zoë.pdf", "attachment; filename*=utf-8''Reflectie%20%E2%80%93%20zo%C3%AB.pdf"),
        ('a"b.pdf', 'attachment; filename="a\\"b.pdf"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("a\r\nSet-Cookie: x.pdf", 'attachment; filename="aSet-Cookie: x.pdf"'),
        ("factuur\u202efdp.exe", 'attachment; filename="factuurfdp.exe"'),
        ("", 'attachment; filename="bestand"'),
    ],
)
def test_the_name_is_shown_as_it_is_and_steers_nothing(stored, name, header):
    assert ask(stored, filename=name)["Content-Disposition"] == header


def test_a_pdf_may_be_shown_in_the_page_and_a_page_may_not_run(stored):
    pdf = ask(stored, filename="c.pdf", content_type="application/pdf", inline=True)
    html = ask(stored, filename="c.html", content_type="text/html", inline=True)

    assert pdf["Content-Disposition"].startswith("inline")
    assert "sandbox" not in pdf["Content-Security-Policy"]
    assert html["Content-Security-Policy"].startswith("sandbox")
    assert html["Content-Type"] == "text/html"


def test_a_file_that_is_gone_is_not_found(stored):
    stored.storage.delete(stored.name)

    with pytest.raises(Http404):
        ask(stored)


def test_bytes_made_on_the_spot_are_served_too():
    response = ask(ContentFile(b"abcdef", name="x"), Range="bytes=1-2")

    assert body(response) == b"bc"
    assert ask(ContentFile(b"abcdef"))["ETag"] == ask(ContentFile(b"abcdef"))["ETag"] != ask(ContentFile(b"abcdeg"))["ETag"]


def test_from_s3_only_the_range_is_fetched():
    asked = []

    class Remote:
        def get(self, Range):
            asked.append(Range)
            first, last = Range.removeprefix("bytes=").split("-")
            part = CONTENT[int(first) : int(last) + 1]
            return {"Body": SimpleNamespace(iter_chunks=lambda size: iter([part]))}

    class Storage:
        def open(self, name, mode):
            return SimpleNamespace(obj=Remote(), close=lambda: None)

        def size(self, name):
            return len(CONTENT)

        def get_modified_time(self, name):
            raise NotImplementedError

    file = FieldFile(None, SimpleNamespace(storage=Storage(), name="f", attname="f"), "x/y")

    response = ask(file, Range="bytes=10-19")

    assert (body(response), asked) == (CONTENT[10:20], ["bytes=10-19"])
