"""The frame and the files behind it: what a token opens, and what each answer says to the browser."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from whitenoise.middleware import WhiteNoiseMiddleware

from courses.h5p.embed import SANDBOX, token_for
from courses.h5p.seed import build_package, demo_sources
from courses.models import H5PLibrary
from tests.factories.h5p import PNG, library, package

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(upload):
    main = library(
        "T.Main 1.2",
        js="var T = 1;",
        css="p { color: red }",
        needs=["T.Help 1.0"],
        files={"icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
    return upload(
        package(
            "T.Main 1.2",
            main,
            library("T.Help 1.0", js="var help;"),
            params={"text": "</script><script>alert(1)</script>"},
            files={"content/images/een foto's.png": PNG},
        )
    )


def test_the_frame_loads_core_then_libraries_each_after_what_it_needs(client, version):
    page = client.get(reverse("courses:h5p:embed", args=[token_for(version)])).content.decode()

    scripts = re.findall('<script src="([^"]+)"', page)
    help_hash, main_hash = version.libraries.get(machine_name="T.Help").hash, version.main_library.hash
    assert scripts == [
        "/static/h5p/shim.js",
        "/static/h5p/frame.bundle.js",
        f"/h5p/bibliotheken/{help_hash}/main.js",
        f"/h5p/bibliotheken/{main_hash}/main.js",
        "/static/h5p/embed.js",
    ]
    assert "<script>alert(1)" not in page


def test_the_frame_is_sandboxed_by_its_own_answer_and_reaches_only_its_files(client, version):
    response = client.get(reverse("courses:h5p:embed", args=[token_for(version)]))

    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["sandbox"] == SANDBOX
    assert not {"allow-same-origin", "allow-top-navigation", "allow-top-navigation-by-user-activation"} & set(SANDBOX.split())
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "http://testserver/h5p/bibliotheken/ http://testserver/h5p/inhoud/ data: blob:"
    assert policy["frame-ancestors"] == "http://testserver"
    assert "'unsafe-eval'" in policy["script-src"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert not response.cookies


def test_only_our_own_types_wear_the_look_of_the_site(client, version, upload):
    path, own = token_for(version), upload(build_package(next(demo_sources())[1]), origin=H5PLibrary.Origin.OWN)

    theirs = client.get(reverse("courses:h5p:embed", args=[path]))
    ours = client.get(reverse("courses:h5p:embed", args=[token_for(own)]))

    assert "vakwijs-own" not in theirs.content.decode()
    assert '<html lang="nl" class="h5p-iframe vakwijs-own">' in ours.content.decode()
    assert "font-src http://testserver/static/h5p/ http://testserver/static/fonts/ " in ours["Content-Security-Policy"]


def test_fonts_are_sent_to_the_frame_though_it_has_no_origin(settings, tmp_path):
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "x.woff2").write_bytes(b"wOF2")
    settings.STATIC_ROOT = tmp_path
    whitenoise = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))

    response = whitenoise(RequestFactory().get("/static/fonts/x.woff2"))
    response.close()

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")


def test_a_forged_or_expired_token_opens_nothing(client, version):
    token = token_for(version)
    assert client.get(reverse("courses:h5p:embed", args=[token])).status_code == 200

    for forged in ["x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace(":", "."), "MQ:" + token.split(":")[1]]:
        assert client.get(reverse("courses:h5p:embed", args=[forged])).status_code == 410
        assert client.get(reverse("courses:h5p:content_file", args=[forged, "images/een foto's.png"])).status_code == 404
    with time_machine.travel(timedelta(days=2, seconds=1)):
        assert client.get(reverse("courses:h5p:embed", args=[token])).status_code == 410
        assert client.get(reverse("courses:h5p:content_file", args=[token, "images/een foto's.png"])).status_code == 404
        assert client.get(reverse("courses:h5p:embed", args=[token_for(version)])).status_code == 200


@time_machine.travel("2026-03-01 08:00+00:00", tick=False)
def test_the_token_is_the_same_all_day_so_that_media_stay_cached(version):
    first = token_for(version)
    with time_machine.travel("2026-03-01 23:59+00:00", tick=False):
        assert token_for(version) == first
    with time_machine.travel("2026-03-02 00:00+00:00", tick=False):
        assert token_for(version) != first


def test_a_file_of_content_comes_in_ranges_with_headers_for_an_opaque_origin(client, version):
    address = reverse("courses:h5p:content_file", args=[token_for(version), "images/een foto's.png"])

    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=1-3"})

    assert b"".join(whole.streaming_content) == PNG
    assert (part.status_code, b"".join(part.streaming_content), part["Content-Range"]) == (206, PNG[1:4], f"bytes 1-3/{len(PNG)}")
    assert client.get(address, headers={"Range": "bytes=9999-"}).status_code == 416
    for response in (whole, part):
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox;")
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response["Cache-Control"] == "private, max-age=86400, immutable"
    assert whole["Content-Type"] == "image/png"


def test_a_path_as_content_escapes_it_finds_the_file(client, version):
    assert client.get(reverse("courses:h5p:content_file", args=[token_for(version), "images/een foto&#039;s.png"])).status_code == 200


def test_a_preflight_is_answered(client, version):
    response = client.options(reverse("courses:h5p:content_file", args=[token_for(version), "images/een foto's.png"]))

    assert (response.status_code, response["Access-Control-Allow-Headers"]) == (204, "x-requested-with, range")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("main.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("library.json", "application/json"),
    ],
)
def test_a_file_of_a_library_is_shared_for_ever_and_runs_nowhere_else(client, version, path, content_type):
    response = client.get(reverse("courses:h5p:library_file", args=[version.main_library.hash, path]))

    assert (response.status_code, response["Content-Type"]) == (200, content_type)
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Security-Policy"].startswith("sandbox;")
    assert response["Access-Control-Allow-Origin"] == "*"


def test_what_is_not_in_the_package_is_not_there(client, version):
    for path in ["../main.js", "images/../../x", "geheim.js", "etc/passwd"]:
        assert client.get(f"/h5p/bibliotheken/{version.main_library.hash}/{path}").status_code == 404
    assert client.get("/h5p/bibliotheken/" + "0" * 64 + "/main.js").status_code == 404
    assert client.get("/h5p/inhoud/").status_code == 410
