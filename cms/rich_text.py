"""Simple Markdown as Wagtail's rich text, for content that is kept in files."""

from functools import cache

from markdown_it import MarkdownIt


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def from_markdown(text: str) -> str:
    """Paragraphs, bold, italic, lists and links as the HTML that a RichTextField stores."""
    html: str = _parser().render(text.strip())
    return html.replace("<strong>", "<b>").replace("</strong>", "</b>").replace("<em>", "<i>").replace("</em>", "</i>").strip()
