"""H5P in a real browser: several on one page, by keyboard on a phone, resumed after a reload, and locked in its frame."""

import io
import uuid

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from courses.enrolment import enrol
from courses.h5p.install import import_package
from courses.h5p.seed import build_package
from courses.models import ActivityProgress, H5PLibrary, H5PState
from courses.releases import publish_release
from lrs.models import Source, Statement
from tests.chromium import state_kept, statement_kept
from tests.factories.accounts import UserFactory
from tests.factories.courses import drafted_course
from tests.factories.h5p import PNG, library, old_style_package, package

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHOICE = """
type: choice
title: Twee vragen
intro: Kies het beste antwoord.
questions:
  - prompt: Wat vraag je het eerst?
    options:
      - {text: "Hoe gaat het met je werk?", correct: true, feedback: Open en vriendelijk.}
      - {text: "Waarom werk je niet?", feedback: Dat klinkt als een verwijt.}
  - prompt: Wat noteer je?
    multiple: true
    options:
      - {text: Het beroep, correct: true, feedback: Ja.}
      - {text: De uren, correct: true, feedback: Ja.}
      - {text: Het salaris, feedback: Niet nodig.}
"""
SORT = """
type: sort
title: Sorteren
categories: [{id: a, label: Functies}, {id: b, label: Werk}]
items:
  - {text: Vermoeidheid, category: a, feedback: Een functie.}
  - {text: Nachtdienst, category: b, feedback: Iets van het werk.}
"""
ESCAPE = """
var T = T || {};
T.Escape = function () {
  H5P.EventDispatcher.call(this);
  var outcome = {};
  function attempt(name, action) {
    try { outcome[name] = String(action()); } catch (error) { outcome[name] = error.name; }
  }
  this.attach = function ($container) {
    attempt("origin", function () { return window.origin; });
    attempt("cookie", function () { return Object.getOwnPropertyDescriptor(Document.prototype, "cookie").get.call(document); });
    attempt("storage", function () { return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(window), "localStorage") ? "accessor" : window.localStorage.length; });
    attempt("parentDocument", function () { return window.parent.document.title; });
    attempt("frameElement", function () { return window.frameElement; });
    if (window.top !== window) attempt("top", function () { window.top.location = "/weg/"; return "navigated"; });
    attempt("popupOpener", function () { return window.opener; });
    outcome.eval = eval("1 + 1");
    fetch("/mijn/", {credentials: "include"}).then(function () { outcome.fetch = "reached"; }, function () { outcome.fetch = "blocked"; }).then(function () {
      return fetch("https://example.org/").then(function () { outcome.outside = "reached"; }, function () { outcome.outside = "blocked"; });
    }).then(function () {
      var image = new Image();
      image.onload = image.onerror = function (event) {
        outcome.image = event.type;
        window.outcome = outcome;
        $container.append($container.constructor("<p class='done'></p>").text(JSON.stringify(outcome)));
      };
      image.src = "/cursus/?steal=" + encodeURIComponent(document.title);
    });
  };
};
T.Escape.prototype = Object.create(H5P.EventDispatcher.prototype);
"""


# What widely used libraries do, each in a few lines: they take their own files for files of the same site.
AT_HOME = """
var T = T || {};
T.AtHome = function (params, contentId) {
  H5P.EventDispatcher.call(this);
  var outcome = {}, picture = H5P.getPath("images/foto.png", contentId), captions = H5P.getPath("files/ondertiteling.vtt", contentId);
  function tell(name, promise) {
    return Promise.race([promise, new Promise(function (_, fail) { setTimeout(fail, 20000, new Error("too late")); })]).then(
      function (value) { outcome[name] = String(value); }, function (error) { outcome[name] = error && (error.name || error.type); });
  }
  function drawn(image) {
    return new Promise(function (done, fail) {
      image.onload = function () {
        var canvas = document.createElement("canvas");
        canvas.width = canvas.height = 1;
        canvas.getContext("2d").drawImage(image, 0, 0);
        try { done(canvas.toDataURL().slice(0, 14)); } catch (error) { fail(error); }
      };
      image.onerror = fail;
    });
  }
  this.attach = function ($container) {
    $container.css("margin", "40px 0");
    var property = new Image(), attribute = H5P.jQuery("<img>", { src: picture })[0];
    var jobs = [tell("property", drawn(property)), tell("attribute", drawn(attribute))];
    property.src = picture;
    jobs.push(tell("captions", new Promise(function (done, fail) {
      var video = document.createElement("video"), track = document.createElement("track");
      video.src = H5P.getPath("videos/film.mp4", contentId);
      track.kind = "subtitles"; track.src = captions; track.default = true;
      track.onload = function () { done(track.track.cues[0].text); };
      track.onerror = fail;
      video.appendChild(track);
      $container.append(video);
      track.track.mode = "showing";
    })));
    jobs.push(tell("worker", new Promise(function (done, fail) {
      var worker = new Worker(H5P.getLibraryPath("T.AtHome-1.0") + "/worker.js");
      worker.onmessage = function (event) { done(event.data); };
      worker.onerror = fail;
    })));
    jobs.push(tell("history", new Promise(function (done) { history.replaceState({}, "", "?hoofdstuk=2"); done("went on"); })));
    jobs.push(tell("hash", new Promise(function (done) {
      window.addEventListener("hashchange", function () { done(location.hash); });
      location.hash = "h5pbookid=1&chapter=2";
    })));
    jobs.push(tell("json", H5P.jQuery.getJSON(H5P.getLibraryPath("T.AtHome-1.0") + "/library.json").then(function (found) { return found.machineName; })));
    var own = H5P.getLibraryPath("T.AtHome-1.0");
    outcome.oldName = String(H5P.getLibraryPath("T.AtHome-0.3") === own && H5P.getLibraryPath("T.AtHome") === own);
    outcome.otherName = H5P.getLibraryPath("T.Away-1.0").split("/").pop();
    Promise.all(jobs).then(function () {
      outcome.fullscreen = String(document.fullscreenEnabled && H5P.fullscreenSupported);
      window.outcome = outcome;
      $container.append("<p class='done'>klaar</p>");
    });
  };
};
T.AtHome.prototype = Object.create(H5P.EventDispatcher.prototype);
"""
OUTSIDE = """
var T = T || {};
T.Outside = function () {
  H5P.EventDispatcher.call(this);
  this.attach = function ($container) {
    var script = document.createElement("script");
    script.src = "https://video.example/iframe_api";
    document.head.appendChild(script);
    $container.append("<p class='done'>Hier had een film kunnen spelen.</p>");
  };
};
T.Outside.prototype = Object.create(H5P.EventDispatcher.prototype);
"""


@pytest.fixture(autouse=True)
def own_private_storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private", "base_url": None},
        },
    }
    cache.clear()


def upload(content):
    return import_package(io.BytesIO(content), filename="x.h5p", may_install=True).content


def upload_own(content):
    return import_package(io.BytesIO(content), filename="x.h5p", may_install=True, origin=H5PLibrary.Origin.OWN).content


def built(tmp_path, source):
    path = tmp_path / "x.yaml"
    path.write_text(source)
    return build_package(path)


def lesson_with(*contents):
    """Someone enrolled in a released course whose one lesson has these H5P activities; and the address of that lesson."""
    body = [
        {
            "type": "activity_h5p",
            "id": str(uuid.uuid4()),
            "value": {"key": f"oefening-{n}", "title": f"Oefening {n}", "minutes": 5, "intro": "", "content": content.pk},
        }
        for n, content in enumerate(contents, start=1)
    ]
    course = drafted_course(lessons=1, body=body)
    release = publish_release(course, by=UserFactory(is_superuser=True), note="")
    enrolment = enrol(learner=UserFactory(), course=course)
    return enrolment, f"/cursus/{course.slug}/{release.lessons.get().slug}/"


def frames_of(page, count):
    """The exercises on the page, when all of them have started."""
    for number in range(count):
        expect(page.locator(".vw-h5p").nth(number)).to_have_attribute("data-started", "true")
    return [page.frame_locator(".vw-h5p iframe >> nth=" + str(number)) for number in range(count)]


def place(sort, group):
    """Put the statement that is shown with this group, by keyboard; answers the statement."""
    shown = sort.locator(".vw-ex-card").inner_text()
    sort.get_by_role("button", name=group).press("Enter")
    return shown


def statements(enrolment):
    rows = Statement.objects.filter(registration=enrolment.uuid, source=Source.LEARNER_SESSION).order_by("sequence")
    return [(row.verb.rsplit("/", 1)[-1], row.activity.rsplit("/", 1)[-1]) for row in rows]


def test_two_exercises_on_a_phone_by_keyboard_interrupted_and_resumed(page_at, log_in, tmp_path):
    enrolment, address = lesson_with(upload(built(tmp_path, CHOICE)), upload(built(tmp_path, SORT)))
    first_activity, second_activity = (str(activity.uuid) for activity in enrolment.release.activities.order_by("order"))
    page = page_at(390)
    log_in(page, enrolment.learner)
    page.goto(address)
    choice, sort = frames_of(page, 2)

    choice.get_by_label("Waarom werk je niet?").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(choice.locator(".vw-ex-verdict-title")).to_have_text("Goed")
    with state_kept(page, lambda state: state.get("at") == 1):
        page.keyboard.press("Enter")  # the focus is on the next step
    expect(choice.get_by_text("Vraag 2 van 2")).to_be_visible()
    with state_kept(page, lambda state: state.get("shown") is not None):
        assert place(sort, "Werk") == "Nachtdienst"
    expect(sort.locator(".vw-ex-verdict-title")).to_have_text("Goed")
    expect(page.locator("[data-h5p-status]").first).to_contain_text("Bewaard")
    expect(page.locator("[data-h5p-status]").nth(1)).to_contain_text("Bewaard")

    page.reload()
    choice, sort = frames_of(page, 2)

    expect(choice.get_by_text("Vraag 2 van 2")).to_be_visible()
    expect(sort.locator(".vw-ex-verdict-title")).to_have_text("Goed")
    sort.get_by_role("button", name="Volgende").press("Enter")
    expect(sort.get_by_text("2 van 2")).to_be_visible()
    choice.get_by_label("Het beroep").press("Space")
    choice.get_by_label("De uren").press("Space")
    choice.get_by_role("button", name="Controleer").press("Enter")
    with statement_kept(page, "completed"):
        choice.get_by_role("button", name="Bekijk hoe het ging").press("Enter")
    expect(choice.get_by_text("Je hebt 2 van de 2 goed.")).to_be_visible()
    assert place(sort, "Werk") == "Vermoeidheid"
    expect(sort.locator(".vw-ex-verdict")).to_contain_text("Past beter bij: FunctiesEen functie.")
    with statement_kept(page, "answered"):
        page.keyboard.press("Enter")  # the focus is on the next step
    expect(sort.get_by_text("Je hebt 1 van de 2 goed.")).to_be_visible()
    expect(sort.locator("details[open]")).to_contain_text("1 van 2 past hier")

    recorded = statements(enrolment)
    assert ("answered", "vraag-1") in recorded
    assert ("answered", "vraag-2") in recorded
    assert ("completed", first_activity) in recorded
    assert ("answered", second_activity) in recorded
    scores = {str(row.activity): (row.best_score, row.reported_score) for row in ActivityProgress.objects.all()}
    assert scores == {first_activity: (None, 1.0), second_activity: (None, 0.5)}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for frame in page.frames[1:]:
        assert frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_same_learner_goes_on_at_another_device(page_at, log_in, tmp_path):
    enrolment, address = lesson_with(upload(built(tmp_path, SORT)))
    phone, desktop = page_at(390), page_at(1280)
    for page in (phone, desktop):
        log_in(page, enrolment.learner)
    phone.goto(address)
    (sort,) = frames_of(phone, 1)
    with state_kept(phone, lambda state: state.get("shown") is not None):
        first = place(sort, "Werk")

    desktop.goto(address)

    (sort,) = frames_of(desktop, 1)
    expect(sort.locator(".vw-ex-card")).to_have_text(first)
    expect(sort.get_by_text("Jij koos: Werk")).to_be_visible()


def test_our_own_types_wear_the_letters_and_the_scheme_of_the_site(page_at, log_in, tmp_path):
    enrolment, address = lesson_with(upload_own(built(tmp_path, SORT)))
    page = page_at(390, color_scheme="dark")
    log_in(page, enrolment.learner)
    page.goto(address)
    frames_of(page, 1)
    frame = page.frames[1]

    frame.wait_for_function("[...document.fonts].some((face) => face.status === 'loaded')")
    assert frame.evaluate("getComputedStyle(document.querySelector('.vw-ex')).color") == "rgb(232, 240, 239)"
    assert frame.evaluate("[...document.querySelectorAll('button, summary')].every((thing) => thing.getBoundingClientRect().height >= 44)")


def test_a_package_is_locked_in_its_frame(page_at, log_in):
    enrolment, address = lesson_with(upload(package("T.Escape 1.0", library("T.Escape 1.0", js=ESCAPE))))
    page = page_at(390, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(address)
    page.frame_locator(".vw-h5p iframe").locator(".done").wait_for()

    outcome = page.frames[1].evaluate("window.outcome")

    assert outcome["origin"] == "null"
    assert outcome["cookie"] == "SecurityError"
    assert outcome["parentDocument"] == "SecurityError"
    assert outcome["frameElement"] in {"null", "SecurityError"}
    assert outcome["top"] == "SecurityError"
    assert outcome["popupOpener"] == "null"
    assert (outcome["fetch"], outcome["outside"], outcome["image"]) == ("blocked", "blocked", "error")
    assert outcome["eval"] == 2
    assert page.url.endswith(address)


def test_content_finds_its_own_files_as_on_a_site_of_its_own(page_at, log_in):
    content = package(
        "T.AtHome 1.0",
        library("T.AtHome 1.0", js=AT_HOME, files={"worker.js": "postMessage('worked');"}),
        files={
            "content/images/foto.png": PNG,
            "content/videos/film.mp4": b"no film",
            "content/files/ondertiteling.vtt": "WEBVTT\n\n00:00.000 --> 00:09.000\nGoedemorgen\n",
        },
    )
    enrolment, address = lesson_with(upload(content))
    page = page_at(1280, expect_errors=True)  # the film is none
    log_in(page, enrolment.learner)
    page.goto(address)
    page.frame_locator(".vw-h5p iframe").locator(".done").wait_for()

    assert page.frames[1].evaluate("window.outcome") == {
        "property": "data:image/png",
        "attribute": "data:image/png",
        "captions": "Goedemorgen",
        "worker": "worked",
        "history": "went on",
        "hash": "#h5pbookid=1&chapter=2",
        "json": "T.AtHome",
        "oldName": "true",
        "otherName": "T.Away-1.0",
        "fullscreen": "true",
    }
    page.frames[1].wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")  # margins included


def test_content_from_elsewhere_is_said_to_be_missing(page_at, log_in):
    enrolment, address = lesson_with(upload(package("T.Outside 1.0", library("T.Outside 1.0", js=OUTSIDE))))
    page = page_at(390, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(address)
    (frame,) = frames_of(page, 1)

    expect(frame.get_by_role("status")).to_contain_text("Een deel van deze oefening staat op video.example.")
    expect(frame.locator(".done")).to_be_visible()


def test_the_frame_opened_on_its_own_is_still_without_an_origin(page_at, log_in, live_server):
    enrolment, address = lesson_with(upload(package("T.Escape 1.0", library("T.Escape 1.0", js=ESCAPE))))
    page = page_at(1280, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(address)
    source = page.locator(".vw-h5p iframe").get_attribute("src")

    page.goto(source)
    page.locator(".done").wait_for()

    outcome = page.evaluate("window.outcome")
    assert (outcome["origin"], outcome["cookie"], outcome["fetch"]) == ("null", "SecurityError", "blocked")


def test_an_old_package_with_eval_and_inline_handlers_runs(page_at, log_in):
    enrolment, address = lesson_with(upload(old_style_package("Werkt het nog?")))
    activity = str(enrolment.release.activities.get().uuid)
    page = page_at(1280)
    log_in(page, enrolment.learner)
    page.goto(address)
    (old,) = frames_of(page, 1)

    expect(old.locator(".old-text")).to_have_text("Werkt het nog?")
    old.locator(".old-button").click()

    expect(old.locator(".old-answer")).to_have_text("gedaan")
    expect(page.locator("[data-h5p-status]")).to_contain_text("Bewaard")
    assert ("answered", activity) in statements(enrolment)


def test_a_missing_script_is_said_and_not_waited_for(page_at, log_in, monkeypatch):
    content = upload(package())
    enrolment, address = lesson_with(content)
    library_build = content.latest.main_library
    type(library_build).objects.filter(pk=library_build.pk).update(files={})
    page = page_at(1280, expect_errors=True)
    log_in(page, enrolment.learner)
    page.goto(address)

    frame = page.frame_locator(".vw-h5p iframe")
    expect(frame.get_by_role("alert")).to_contain_text("Deze oefening kan niet beginnen: een onderdeel ontbreekt")
    expect(page.locator(".vw-h5p")).to_have_attribute("data-started", "failed")


def test_a_taste_plays_without_being_recorded(page_at):
    enrolment, address = lesson_with(upload(package()))
    page = page_at(1280)
    page.goto(address)
    (frame,) = frames_of(page, 1)

    frame.locator(".t-button").click()

    expect(frame.locator(".t-button")).to_have_text("Geteld: 1")
    expect(page.locator("[data-h5p-status]")).to_have_text("Je oefent zonder dat er iets wordt bewaard.")
    assert statements(enrolment) == []
    assert not H5PState.objects.exists()
