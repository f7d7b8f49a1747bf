"""Fixtures for tests that drive Chromium: `browser`, `page_at(width)`, `log_in(page, user)`; the server is pytest-django's `live_server`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", shutil.which("chromium") or shutil.which("google-chrome") or "")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine takes its time. What is there is found at once; only what fails waits this long.
PATIENCE = 30_000  # ms
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for each module of tests.

    Not for the whole run: Playwright's event loop would go on in this thread, and what runs a loop of its own (pyHanko does,
    to seal and to validate) refuses to do so beside it.
    """
    if not CHROMIUM:
        pytest.fail("no Chromium on this machine: deploy/ensure-browser.sh brings one")
    if not (Path(settings.BASE_DIR) / "frontend" / "dist" / "site.css").exists():
        pytest.fail("build the front end first: cd frontend && npm ci --ignore-scripts && node build.mjs")
    # Playwright's sync API runs an event loop in this thread, in which Django would refuse to use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def static_files_for_opaque_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live server sends static files with the header that WhiteNoise gives them: the H5P frame fetches its fonts with CORS."""
    serve = StaticFilesHandlerMixin.serve

    def serve_to_all(handler: StaticFilesHandlerMixin, request: HttpRequest) -> HttpResponseBase:
        response = serve(handler, request)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    monkeypatch.setattr(StaticFilesHandlerMixin, "serve", serve_to_all)


@pytest.fixture
def page_at(browser: Browser, live_server, static_files_for_opaque_origins: None) -> Iterator[Callable[..., Page]]:
    """`page_at(390)`: a fresh visitor with a window that wide; paths such as "/cursus/" lead to the test server.

    Keyword arguments go to Playwright's new_context (color_scheme, java_script_enabled, locale, reduced_motion).
    After the test, errors in the console of any page fail it (a refused inline style, a missing file).
    """
    contexts, complaints = [], []

    def open_page(width: int = 1280, height: int | None = None, *, expect_errors: bool = False, **options: object) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height or (844 if width < 700 else 900)},
            locale=options.pop("locale", "nl-NL"),
            has_touch=width < 700,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        if not expect_errors:
            page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}") if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    if complaints:
        pytest.fail("in the console: " + "\n".join(complaints))


@pytest.fixture
def log_in(live_server) -> Callable[..., None]:
    """`log_in(page, user)`: the page's visitor is this person from now on, without passing the log-in form."""

    def as_user(page: Page, user: object) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": live_server.url}])

    return as_user


@contextmanager
def state_kept(page: Page, is_wanted: Callable[[dict[str, Any]], bool]) -> Iterator[None]:
    """What is done within leads to a state of an H5P exercise that the server has kept, and that is the wanted one."""
    with page.expect_response(lambda answer: answer.ok and is_wanted(_state_in(answer.request))):
        yield


def _state_in(request: Request) -> dict[str, Any]:
    if request.method != "POST" or not request.url.endswith("/toestand/"):
        return {}
    state: dict[str, Any] = json.loads(json.loads(request.post_data or "{}").get("data") or "{}")
    return state


@contextmanager
def statement_kept(page: Page, verb: str) -> Iterator[None]:
    """What is done within leads to a statement with this verb that the server has kept."""
    with page.expect_response(
        lambda answer: answer.ok and answer.url.endswith("/uitspraken/") and f'/{verb}"' in (answer.request.post_data or "")
    ):
        yield
