"""The pages of the site (`pages`) and the tool library (`tools`)."""

from cms.models.pages import (
    ArticleIndexPage,
    ArticlePage,
    BasePage,
    GlossaryPage,
    HomePage,
    StandardPage,
    StoryIndexPage,
    StoryPage,
)
from cms.models.tools import ToolIndexPage, ToolPage, ToolUse

__all__ = [
    "ArticleIndexPage",
    "ArticlePage",
    "BasePage",
    "GlossaryPage",
    "HomePage",
    "StandardPage",
    "StoryIndexPage",
    "StoryPage",
    "ToolIndexPage",
    "ToolPage",
    "ToolUse",
]
