"""Decided: the pages of the site that are neither courses nor tools."""

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import CommentPanel, FieldPanel, MultiFieldPanel, PublishingPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from cms.blocks import CONTENT_BLOCKS, PageListBlock, SourceBlock

PER_PAGE = 24


class BasePage(Page):
    """What every page of ours shares. `card_template` is how a page shows itself in a list of cards."""

    card_template = "cms/components/card/page_card.html"
    # Whether a visitor finds this kind of page with the search of the site.
    found_by_search = True
    # The language the page is written in, whatever the language of the interface.
    content_language = "nl"

    # Comments stand apart from the publishing dates: that tab is hidden from authors, who discuss a page as well.
    promote_panels = [*Page.promote_panels, CommentPanel()]
    settings_panels = [PublishingPanel()]

    class Meta:
        abstract = True

    @property
    def card_text(self) -> str:
        return getattr(self, "summary", "") or self.search_description

    @property
    def card_kicker(self) -> str:
        return ""

    @property
    def card_meta(self) -> str:
        return ""

    def trail(self, request: HttpRequest | None = None) -> list[dict[str, str]]:
        """The pages above this one, below the front page: for the breadcrumbs."""
        above = self.get_ancestors().filter(depth__gt=2).live()
        return [{"title": page.title, "href": page.get_url(request)} for page in above]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["trail"] = self.trail(request) if self.depth > 3 else []
        return context


class IndexPage(BasePage):
    """An index: an introduction, and cards of what stands under it, newest first."""

    intro = RichTextField(_("inleiding"), blank=True, features=["bold", "italic", "link"])
    content_panels = [*BasePage.content_panels, FieldPanel("intro")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        children = self.children_to_show(request)
        context["page_obj"] = Paginator(children, PER_PAGE).get_page(request.GET.get("pagina"))
        return context

    def children_to_show(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.get_children().live().public().specific().order_by("-first_published_at", "-pk")


class StepsBlock(blocks.StructBlock):
    """How it works: a route with a few stations."""

    title = blocks.CharBlock(label=_("Kop"), max_length=120)
    steps = blocks.ListBlock(
        blocks.StructBlock([("title", blocks.CharBlock(label=_("Titel"), max_length=80)), ("text", blocks.TextBlock(label=_("Tekst")))]),
        label=_("Stappen"),
    )

    class Meta:
        label = _("Zo werkt het")
        icon = "list-ol"
        template = "cms/blocks/steps.html"


class ReasonsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Kop"), max_length=120)
    items = blocks.ListBlock(
        blocks.StructBlock([("title", blocks.CharBlock(label=_("Titel"), max_length=80)), ("text", blocks.TextBlock(label=_("Tekst")))]),
        label=_("Redenen"),
    )

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        # In a template `value.items` would be the method of a dictionary.
        return {**super().get_context(value, parent_context=parent_context), "reasons": value["items"]}

    class Meta:
        label = _("Redenen")
        icon = "tick"
        template = "cms/blocks/reasons.html"


class HomePage(BasePage):
    """The front page."""

    max_count = 1
    hero_title = models.CharField(_("kop"), max_length=120, blank=True)
    hero_lead = models.TextField(_("inleiding"), blank=True)
    primary_action = models.CharField(_("opschrift van de knop naar de cursussen"), max_length=60, blank=True)
    secondary_action = models.CharField(_("opschrift van de knop naar de hulpmiddelen"), max_length=60, blank=True)
    body = StreamField(
        [("steps", StepsBlock()), ("reasons", ReasonsBlock()), ("page_list", PageListBlock()), *CONTENT_BLOCKS[:1]],
        verbose_name=_("inhoud"),
        blank=True,
    )

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel(
            [FieldPanel("hero_title"), FieldPanel("hero_lead"), FieldPanel("primary_action"), FieldPanel("secondary_action")],
            heading=_("Boven aan"),
        ),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("voorpagina")


class ArticleIndexPage(IndexPage):
    """Articles, at /artikelen/."""

    max_count = 1
    template = "cms/index_page.html"
    subpage_types = ["cms.ArticlePage"]

    class Meta:
        verbose_name = _("artikelen")


class ArticlePage(BasePage):
    """An article; its facts have sources and a date by which they are checked again."""

    parent_page_types = ["cms.ArticleIndexPage"]
    subpage_types: list[str] = []

    summary = models.TextField(_("samenvatting"), max_length=400)
    date = models.DateField(_("datum"))
    body = StreamField(CONTENT_BLOCKS, verbose_name=_("inhoud"))
    sources = StreamField([("source", SourceBlock())], verbose_name=_("bronnen"), blank=True)
    review_by = models.DateField(_("opnieuw nakijken voor"), null=True, blank=True)

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("summary"),
        FieldPanel("date"),
        FieldPanel("body"),
        FieldPanel("sources"),
        FieldPanel("review_by"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("summary"), index.SearchField("body")]

    class Meta:
        verbose_name = _("artikel")
        verbose_name_plural = _("artikelen")

    @property
    def card_kicker(self) -> str:
        return gettext("Artikel")

    @cached_property
    def source_values(self) -> list[Any]:
        return [block.value for block in self.sources]


class StoryIndexPage(IndexPage):
    """Stories of ambassadors, at /verhalen/."""

    max_count = 1
    template = "cms/index_page.html"
    subpage_types = ["cms.StoryPage"]

    class Meta:
        verbose_name = _("verhalen")


class StoryPage(BasePage):
    """How someone works: told by a role, never by a name in the demo."""

    parent_page_types = ["cms.StoryIndexPage"]
    subpage_types: list[str] = []

    role = models.CharField(_("rol"), max_length=200)
    summary = models.TextField(_("samenvatting"), max_length=400)
    body = StreamField(CONTENT_BLOCKS, verbose_name=_("inhoud"))

    content_panels = [*BasePage.content_panels, FieldPanel("role"), FieldPanel("summary"), FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("role"), index.SearchField("summary"), index.SearchField("body")]

    class Meta:
        verbose_name = _("verhaal")
        verbose_name_plural = _("verhalen")

    @property
    def card_kicker(self) -> str:
        return self.role


class TermBlock(blocks.StructBlock):
    term = blocks.CharBlock(label=_("Begrip"), max_length=120)
    meaning = blocks.TextBlock(label=_("Betekenis"))
    see_also = blocks.ListBlock(blocks.CharBlock(label=_("Zie ook")), label=_("Zie ook"), default=[], required=False)
    source = blocks.CharBlock(label=_("Bron"), required=False, max_length=300)

    class Meta:
        label = _("Begrip")
        icon = "openquote"


class GlossaryPage(BasePage):
    """Terms in plain words, at /begrippen/; each has its own anchor."""

    max_count = 1
    subpage_types: list[str] = []

    intro = RichTextField(_("inleiding"), blank=True, features=["bold", "italic", "link"])
    terms = StreamField([("term", TermBlock())], verbose_name=_("begrippen"), blank=True)

    content_panels = [*BasePage.content_panels, FieldPanel("intro"), FieldPanel("terms")]
    search_fields = [*BasePage.search_fields, index.SearchField("terms")]

    class Meta:
        verbose_name = _("begrippenlijst")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        values = sorted((block.value for block in self.terms), key=lambda value: value["term"].lower())
        known = {value["term"] for value in values}
        letters: dict[str, list[dict[str, Any]]] = {}
        for value in values:
            see_also = [{"term": term, "anchor": slugify(term)} for term in value["see_also"] if term in known]
            letters.setdefault(value["term"][0].upper(), []).append(
                {
                    "term": value["term"],
                    "anchor": slugify(value["term"]),
                    "meaning": value["meaning"],
                    "source": value["source"],
                    "see_also": see_also,
                }
            )
        context["letters"] = letters
        return context


class StandardPage(BasePage):
    """A page of text: privacy, accessibility statement, about."""

    summary = models.TextField(_("samenvatting"), max_length=400, blank=True)
    body = StreamField(CONTENT_BLOCKS, verbose_name=_("inhoud"))

    content_panels = [*BasePage.content_panels, FieldPanel("summary"), FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("summary"), index.SearchField("body")]

    class Meta:
        verbose_name = _("tekstpagina")
        verbose_name_plural = _("tekstpagina's")
