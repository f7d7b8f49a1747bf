"""The demo's site: pages from the files in `cms/demo`. Safe to run again; it brings pages back to what the files say."""

from pathlib import Path
from typing import Any

import yaml
from wagtail.models import Page

from cms import reference
from cms.models import (
    ArticleIndexPage,
    ArticlePage,
    BasePage,
    GlossaryPage,
    HomePage,
    StandardPage,
    StoryIndexPage,
    StoryPage,
    ToolIndexPage,
    ToolPage,
)
from cms.rich_text import from_markdown

DEMO = Path(__file__).parent / "demo"


def seed() -> HomePage:
    """Build the site and give its front page."""
    home = reference.load()
    _tools(home)
    _articles(home)
    _stories(home)
    _glossary(home)
    for slug in ["over", "privacy", "toegankelijkheid"]:
        data = _read(f"pages/{slug}.yaml")
        _put(home, StandardPage, slug, title=data["title"], summary=data.get("summary", ""), body=content(data["body"]))
    arrange_front_page()
    return home


def content(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The generic blocks of a file as StreamField data: text, heading, callout, quote, tool. Unknown ones raise KeyError."""
    return [{"type": kind, "value": _BLOCKS[kind](value)} for entry in body for kind, value in entry.items()]


def _callout(value: dict[str, Any]) -> dict[str, Any]:
    return {"tone": value.get("tone", "info"), "title": value.get("title", ""), "text": from_markdown(value["text"])}


def _quote(value: dict[str, Any]) -> dict[str, Any]:
    return {"text": value["text"], "attribution": value.get("attribution", "")}


def _tool(slug: str) -> int | None:
    return ToolPage.objects.filter(slug=slug).values_list("pk", flat=True).first()


_BLOCKS: dict[str, Any] = {"text": from_markdown, "heading": str, "callout": _callout, "quote": _quote, "tool": _tool}


def _tools(home: HomePage) -> None:
    index = _put(
        home,
        ToolIndexPage,
        "hulpmiddelen",
        title="Hulpmiddelen",
        intro="<p>Voor in de spreekkamer: stap voor stap op je telefoon, of op één A4. Wat je invult blijft bij jou; hier wordt niets bewaard.</p>",
    )
    for path in sorted(DEMO.glob("tools/*.yaml"), reverse=True):
        data = yaml.safe_load(path.read_text("utf-8"))
        _put(
            index,
            ToolPage,
            data["slug"],
            title=data["title"],
            kind=data["kind"],
            summary=data["summary"],
            when=data["when"],
            minutes=data["minutes"],
            review_by=data["review_by"],
            sources=sources(data["sources"]),
            body=_tool_body(data),
        )


def _tool_body(data: dict[str, Any]) -> list[dict[str, Any]]:
    if data["kind"] == ToolPage.Kind.CONVERSATION:
        return [{"type": "step", "value": {"note_prompt": "", **step}} for step in data["steps"]]
    if data["kind"] == ToolPage.Kind.FORMAT:
        return [
            {"type": "field", "value": {key: field[key] for key in ("label", "hint", "example", "rows") if key in field}}
            for field in data["fields"]
        ]
    nodes, start = data["questions"]["nodes"], data["questions"]["start"]
    outcomes = data.get("outcomes") or data["questions"]["outcomes"]
    in_order = [start, *[name for name in nodes if name != start]]
    return [
        *[{"type": "question", "value": {"key": name, "help": "", **nodes[name]}} for name in in_order],
        *[{"type": "outcome", "value": {"key": name, **outcome}} for name, outcome in outcomes.items()],
    ]


def _articles(home: HomePage) -> None:
    index = _put(
        home,
        ArticleIndexPage,
        "artikelen",
        title="Artikelen",
        intro="<p>Kort en met bron: wat arbeidsgerichte zorg is, en hoe leren en punten werken.</p>",
    )
    found = [yaml.safe_load(path.read_text("utf-8")) for path in DEMO.glob("articles/*.yaml")]
    for data in sorted(found, key=lambda data: str(data["date"])):
        _put(
            index,
            ArticlePage,
            data["slug"],
            title=data["title"],
            summary=data["summary"],
            date=data["date"],
            body=content(data["body"]),
            sources=sources(data.get("sources", [])),
            review_by=data.get("review_by"),
        )


def _stories(home: HomePage) -> None:
    index = _put(
        home,
        StoryIndexPage,
        "verhalen",
        title="Verhalen",
        intro="<p>Verzonnen, en toch herkenbaar: hoe zorgprofessionals werk een plek geven in het gesprek.</p>",
    )
    for path in sorted(DEMO.glob("stories/*.yaml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        _put(index, StoryPage, data["slug"], title=data["title"], role=data["role"], summary=data["summary"], body=content(data["body"]))


def _glossary(home: HomePage) -> None:
    terms = [
        {
            "type": "term",
            "value": {
                "term": entry["term"],
                "meaning": entry["meaning"],
                "see_also": entry.get("see_also", []),
                "source": entry.get("source", ""),
            },
        }
        for entry in _read("glossary.yaml")
    ]
    _put(home, GlossaryPage, "begrippen", title="Begrippen", intro="<p>Vakwoorden in gewone taal, met de bron erbij.</p>", terms=terms)


def arrange_front_page() -> None:
    """Fill the front page with what the site holds by now; again after the courses are there."""
    data = _read("pages/home.yaml")
    home = HomePage.objects.get()
    lists = [("Cursussen", "cursus"), ("Voor in de spreekkamer", "hulpmiddelen"), ("Verhalen", "verhalen"), ("Lezen", "artikelen")]
    under = dict(Page.objects.child_of(home).live().values_list("slug", "pk"))
    cards = {
        slug: [{"type": "page_list", "value": {"title": title, "pages": [], "under": under[slug], "count": 3}}] if slug in under else []
        for title, slug in lists
    }
    hero = data["hero"]
    home.hero_title, home.hero_lead = hero["title"], hero["lead"]
    home.primary_action, home.secondary_action = hero["primary_action"], hero["secondary_action"]
    home.title = data["title"]
    home.search_description = data["summary"]
    how, why = {"type": "steps", "value": data["how_it_works"]}, {"type": "reasons", "value": data["reasons"]}
    home.body = [*cards["cursus"], how, *cards["hulpmiddelen"], why, *cards["verhalen"], *cards["artikelen"]]
    home.save_revision().publish()


def sources(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sources of a file as StreamField data."""
    return [
        {
            "type": "source",
            "value": {
                "title": e["title"],
                "publisher": e.get("publisher", ""),
                "date": str(e["date"]),
                "locator": e.get("locator", ""),
                "url": e.get("url", ""),
            },
        }
        for e in entries
    ]


def _put(parent: Page, model: type[BasePage], slug: str, /, **fields: Any) -> Any:
    """The page of this kind with this slug under the parent, made or brought up to date, and published."""
    page = model.objects.child_of(parent).filter(slug=slug).first()
    if page is None:
        page = model(slug=slug, **fields)
        parent.refresh_from_db()
        parent.add_child(instance=page)
    else:
        for name, value in fields.items():
            setattr(page, name, value)
    page.save_revision().publish()
    return page


def _read(path: str) -> Any:
    return yaml.safe_load((DEMO / path).read_text("utf-8"))
