"""A site with a front page and indexes, and pages to put in it."""

from datetime import date
from typing import Any

from cms import reference
from cms.models import ArticleIndexPage, ArticlePage, HomePage, ToolIndexPage, ToolPage


def make_site() -> HomePage:
    """The root, the default site and its front page."""
    return reference.load()


def make_article_index(home: HomePage | None = None) -> ArticleIndexPage:
    home = home or make_site()
    found = ArticleIndexPage.objects.first()
    return found or home.add_child(instance=ArticleIndexPage(title="Artikelen", slug="artikelen"))


def make_article(slug: str = "een-artikel", *, live: bool = True, **fields: Any) -> ArticlePage:
    """An article under /artikelen/; a draft with live=False."""
    values = {
        "title": "Een artikel",
        "summary": "Over werk.",
        "date": date(2026, 1, 1),
        "body": [{"type": "text", "value": "<p>Tekst over werk.</p>"}],
    }
    page = ArticlePage(slug=slug, live=live, **{**values, **fields})
    return make_article_index().add_child(instance=page)


STEP = {"title": "Openen", "purpose": "Toestemming.", "say": ["Mag ik iets vragen?"], "listen_for": ["Een pauze."], "note_prompt": ""}


def conversation() -> list[dict[str, Any]]:
    return [{"type": "step", "value": STEP}, {"type": "step", "value": {**STEP, "title": "Afsluiten"}}]


def decision(*, target: str = "klaar") -> list[dict[str, Any]]:
    """One question with two answers; the second leads to `target`."""
    choices = [{"text": "Ja", "next": "klaar"}, {"text": "Nee", "next": target}]
    return [
        {"type": "question", "value": {"key": "v1", "text": "Wil de patiënt?", "help": "", "choices": choices}},
        {"type": "outcome", "value": {"key": "klaar", "title": "Verder", "text": "Reden: het kan.", "next_steps": ["Doe het."]}},
    ]


def make_tool(slug: str = "hulp", *, kind: str = ToolPage.Kind.CONVERSATION, live: bool = True, **fields: Any) -> ToolPage:
    """A tool under /hulpmiddelen/, a conversation of two steps unless told otherwise."""
    index = ToolIndexPage.objects.first() or make_site().add_child(instance=ToolIndexPage(title="Hulpmiddelen", slug="hulpmiddelen"))
    values = {
        "title": "Hulp",
        "summary": "Een hulp.",
        "when": "Altijd.",
        "minutes": 5,
        "review_by": date(2027, 11, 1),
        "body": conversation(),
        "sources": [
            {"type": "source", "value": {"title": "Rapport", "publisher": "NVKA", "date": "2025-10", "locator": "p. 1", "url": ""}}
        ],
    }
    return index.add_child(instance=ToolPage(slug=slug, kind=kind, live=live, **{**values, **fields}))
