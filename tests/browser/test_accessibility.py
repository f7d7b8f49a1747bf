"""WCAG 2.2 AA on every template of the site: axe-core finds nothing, all works by keyboard, at 200 % and without a script."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from cms.seed_demo import seed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(settings.BASE_DIR) / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TEMPLATES = {
    "front page": "/",
    "index": "/hulpmiddelen/",
    "article": "/artikelen/wat-is-arbeidsgerichte-zorg/",
    "story": "/verhalen/vast-aanspreekpunt-oncologie/",
    "glossary": "/begrippen/",
    "text page": "/toegankelijkheid/",
    "search results": "/zoeken/?q=werk",
    "search without results": "/zoeken/?q=xyzzy",
    "conversation": "/hulpmiddelen/gesprekshulp-arbeidsanamnese/",
    "conversation, a step": "/hulpmiddelen/gesprekshulp-arbeidsanamnese/#stap-2",
    "conversation, all of it": "/hulpmiddelen/gesprekshulp-arbeidsanamnese/#alles",
    "decision aid, a question": "/hulpmiddelen/keuzehulp-basis-of-complex/#v-2",
    "decision aid, an outcome": "/hulpmiddelen/keuzehulp-basis-of-complex/#u-B",
    "text format": "/hulpmiddelen/tekstformat-werkbehoudplan/",
    "pattern library": "/patronen/",
}


def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, one line per element."""
    page.wait_for_load_state()  # a click is over as soon as the next page begins
    # Evaluated through the debugger, so the strict policy of the page stays as it is.
    page.evaluate(AXE.read_text("utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "rules": {rule: {"enabled": False} for rule in without}}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{one['id']}: {one['help']}: {json.dumps(node['target'])}" for one in found for node in one["nodes"]]


@pytest.fixture(autouse=True)
def site(live_server):
    seed()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_template(page_at, width, scheme):
    page = page_at(width, color_scheme=scheme, reduced_motion="reduce")

    found = {}
    for name, path in TEMPLATES.items():
        page.goto("about:blank")  # so that an address that differs only behind the # is opened afresh
        page.goto(path)
        # The library shows several samples of one component, and so the same landmark more than once.
        found[name] = violations(page, without=("landmark-unique",) if name == "pattern library" else ())

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("width", [640, 320])
def test_nothing_runs_off_the_side_when_zoomed_in(page_at, width):
    """640 CSS pixels is a 1280 window at 200 %; 320 is the reflow that WCAG 1.4.10 asks for."""
    page = page_at(width)

    too_wide = {}
    for name, path in TEMPLATES.items():
        page.goto("about:blank")
        page.goto(path)
        actual = page.evaluate("document.documentElement.scrollWidth")
        if actual > width:
            too_wide[name] = actual

    assert too_wide == {}


def test_the_first_tab_leads_past_the_menu(page_at):
    page = page_at(1280)
    page.goto("/")

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Naar de inhoud")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("#inhoud")).to_be_focused()


def test_everything_that_can_be_used_can_be_reached_and_shows_its_focus(page_at):
    page = page_at(1280)
    page.goto("/hulpmiddelen/gesprekshulp-arbeidsanamnese/")
    usable = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
                 .filter(e => e.checkVisibility()).length"""
    )

    reached = 0
    for _ in range(usable + 5):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), a = getComputedStyle(e, '::after'), b = getComputedStyle(e, '::before');
                       return e === document.body ? null : [s, a, b].some(x => x.outlineStyle !== 'none' && parseFloat(x.outlineWidth) >= 2); }"""
        )
        if focus is None:
            break
        assert focus, page.evaluate("document.activeElement.outerHTML")
        reached += 1

    assert reached >= usable


def test_the_menu_on_a_phone_opens_and_closes_by_keyboard(page_at):
    page = page_at(390)
    page.goto("/")
    summary = page.locator(".vw-header__menu > summary")

    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Menu", exact=True).get_by_role("link", name="Hulpmiddelen")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator(".vw-header__drawer")).to_be_hidden()
    expect(summary).to_be_focused()


def test_a_tool_works_step_by_step_without_a_script_and_sends_nothing(page_at):
    page = page_at(390, java_script_enabled=False)
    page.goto("/hulpmiddelen/keuzehulp-basis-of-complex/")
    sent = []
    page.on("request", lambda request: None if request.url.endswith("favicon.svg") else sent.append(request.url))

    page.get_by_role("link", name="Begin met de eerste vraag").click()
    expect(page.get_by_role("heading", name="Wil de patiënt dat jullie verdergaan")).to_be_visible()
    page.get_by_role("link", name="Ja", exact=True).locator("visible=true").click()
    expect(page.get_by_role("heading", name="Zou het werk zelf")).to_be_visible()
    expect(page.get_by_role("heading", name="Wil de patiënt dat jullie verdergaan")).to_be_hidden()

    assert sent == []


def test_what_is_typed_in_a_format_never_leaves_the_page(page_at):
    page = page_at(390)
    page.goto("/hulpmiddelen/tekstformat-werkbehoudplan/")
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url, request.post_data)))

    page.get_by_label("Doel in de woorden van de patiënt").fill("Weer lesgeven op dinsdag")
    page.wait_for_timeout(300)

    assert [one for one in sent if "lesgeven" in str(one)] == []
    assert [url for _method, url, _data in sent if not url.endswith("favicon.svg") and "/gebruikt/" not in url] == []


def test_a_format_is_copied_whole_with_its_headings(page_at):
    page = page_at(390)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/hulpmiddelen/tekstformat-werkbehoudplan/")
    page.get_by_label("Doel in de woorden van de patiënt").fill("Weer lesgeven op dinsdag")

    page.get_by_role("button", name="Kopieer de tekst").click()

    expect(page.get_by_role("button", name="Gekopieerd")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith(
        "Doel in de woorden van de patiënt\nWeer lesgeven op dinsdag\n\nHet werk kort\n–"
    )


def test_the_primary_action_of_a_step_is_at_the_thumb(page_at):
    page = page_at(390)
    page.goto("/hulpmiddelen/gesprekshulp-arbeidsanamnese/#stap-1")

    box = page.get_by_role("link", name="Volgende stap").locator("visible=true").bounding_box()

    assert box["y"] > 844 * 0.8
    assert box["height"] >= 44


@pytest.mark.parametrize("tool", ["gesprekshulp-arbeidsanamnese", "keuzehulp-basis-of-complex", "tekstformat-werkbehoudplan"])
def test_a_tool_prints_on_one_sheet(page_at, tool):
    page = page_at(390)
    page.goto(f"/hulpmiddelen/{tool}/")

    pdf = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_the_page_does_not_move_when_the_font_arrives(page_at):
    page = page_at(390)
    page.goto("/")
    moved = page.evaluate(
        """() => new Promise(done => { let total = 0;
             new PerformanceObserver(list => { for (const entry of list.getEntries()) total += entry.value; }).observe({type: 'layout-shift', buffered: true});
             setTimeout(() => done(total), 400); })"""
    )

    assert moved < 0.02


def test_forced_colours_break_nothing(page_at):
    page = page_at(1280, forced_colors="active")
    page.goto("/patronen/")

    # The contrast is the visitor's own choice here, and axe-core reads the colours of the page instead of theirs.
    assert violations(page, without=("landmark-unique", "color-contrast")) == []


def test_reduced_motion_stops_all_movement(page_at):
    page = page_at(1280, reduced_motion="reduce")
    page.goto("/patronen/")

    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('*')].map(e => parseFloat(getComputedStyle(e).transitionDuration)))")
        < 0.001
    )
