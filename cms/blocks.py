"""The generic blocks of pages and lessons. `CONTENT_BLOCKS` is the list that a StreamField takes; other rooms add their own to it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

PROSE = ["bold", "italic", "link", "document-link", "ul", "ol"]
SHORT_PROSE = ["bold", "italic", "link", "ul", "ol"]


class FigureBlock(blocks.StructBlock):
    """A picture. Without a description it is refused, unless the author says that it only decorates."""

    image = ImageChooserBlock(label=_("Afbeelding"))
    alt_text = blocks.CharBlock(
        label=_("Beschrijving voor wie het beeld niet ziet"),
        required=False,
        max_length=400,
        help_text=_("Wat zegt het beeld? Verplicht, behalve bij versiering."),
    )
    decorative = blocks.BooleanBlock(label=_("Alleen versiering"), required=False, default=False)
    caption = blocks.CharBlock(label=_("Bijschrift"), required=False, max_length=300)
    long_description = blocks.RichTextBlock(
        label=_("Lange beschrijving"),
        required=False,
        features=SHORT_PROSE,
        help_text=_("Voor een schema: alles wat erin staat, in woorden."),
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if not value["decorative"] and not value["alt_text"].strip():
            raise StructBlockValidationError(
                {"alt_text": ValidationError(_("Beschrijf het beeld, of vink aan dat het alleen versiering is."))}
            )
        return value

    class Meta:
        label = _("Afbeelding")
        icon = "image"
        template = "cms/blocks/figure.html"


class VideoBlock(blocks.StructBlock):
    """A film of our own, with captions and a transcript: no film from elsewhere that follows its viewers."""

    title = blocks.CharBlock(label=_("Titel"), max_length=255)
    video = DocumentChooserBlock(label=_("Video (mp4 of webm)"))
    captions = DocumentChooserBlock(label=_("Ondertiteling (vtt)"))
    language = blocks.ChoiceBlock(label=_("Taal"), choices=[("nl", _("Nederlands")), ("en", _("Engels"))], default="nl")
    minutes = blocks.IntegerBlock(label=_("Duur in minuten"), min_value=1, default=3)
    poster = ImageChooserBlock(label=_("Stilstaand beeld"), required=False)
    transcript = blocks.RichTextBlock(
        label=_("Uitgeschreven tekst"), features=SHORT_PROSE, help_text=_("Alles wat gezegd en getoond wordt.")
    )

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        if value["captions"].file_extension != "vtt":
            raise StructBlockValidationError({"captions": ValidationError(_("Ondertiteling is een bestand dat eindigt op .vtt."))})
        if value["video"].file_extension not in {"mp4", "webm"}:
            raise StructBlockValidationError({"video": ValidationError(_("Kies een bestand dat eindigt op .mp4 of .webm."))})
        return value

    class Meta:
        label = _("Video")
        icon = "media"
        template = "cms/blocks/video.html"


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Citaat"))
    attribution = blocks.CharBlock(label=_("Wie zegt dit"), required=False, max_length=200)

    class Meta:
        label = _("Citaat")
        icon = "openquote"
        template = "cms/blocks/quote.html"


class SourceBlock(blocks.StructBlock):
    """Where a fact comes from, and of when it is."""

    title = blocks.CharBlock(label=_("Titel"), max_length=300)
    publisher = blocks.CharBlock(label=_("Uitgever"), required=False, max_length=200)
    date = blocks.CharBlock(label=_("Datum"), max_length=20, help_text=_("Jaar, of jaar en maand: 2025-10."))
    locator = blocks.CharBlock(label=_("Vindplaats"), required=False, max_length=300, help_text=_("Bladzijde of paragraaf."))
    url = blocks.URLBlock(label=_("Adres"), required=False)

    class Meta:
        label = _("Bron")
        icon = "doc-full"
        template = "cms/blocks/source.html"


class CalloutBlock(blocks.StructBlock):
    tone = blocks.ChoiceBlock(
        label=_("Soort"),
        choices=[("info", _("uitleg")), ("voorbeeld", _("voorbeeld")), ("let-op", _("let op")), ("samenvatting", _("samenvatting"))],
        default="info",
    )
    title = blocks.CharBlock(label=_("Titel"), required=False, max_length=200)
    text = blocks.RichTextBlock(label=_("Tekst"), features=SHORT_PROSE)

    class Meta:
        label = _("Kader")
        icon = "warning"
        template = "cms/blocks/callout.html"


class DownloadBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Titel"), max_length=255)
    document = DocumentChooserBlock(label=_("Bestand"))

    class Meta:
        label = _("Download")
        icon = "download"
        template = "cms/blocks/download.html"


class ToolBlock(blocks.PageChooserBlock):
    """A tool of the tool library, shown as a card."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "page_type": "cms.ToolPage",
                "label": _("Hulpmiddel"),
                "icon": "clipboard-list",
                "template": "cms/blocks/tool.html",
                **kwargs,
            }
        )

    def get_context(self, value: Page, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**super().get_context(value, parent_context=parent_context), "page": value.specific if value and value.live else None}


class PageListBlock(blocks.StructBlock):
    """Cards of chosen pages, or of the newest under a page. Each page brings its own card (`page.card_template`)."""

    title = blocks.CharBlock(label=_("Kop"), max_length=120)
    pages = blocks.ListBlock(blocks.PageChooserBlock(label=_("Pagina")), label=_("Gekozen pagina's"), default=[], required=False)
    under = blocks.PageChooserBlock(label=_("Of de nieuwste onder"), required=False)
    count = blocks.IntegerBlock(label=_("Hoeveel"), default=3, min_value=1, max_value=12)

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        chosen = [page.pk for page in value["pages"] if page]
        pages = Page.objects.live().public()
        if chosen:
            found = {page.pk: page for page in pages.filter(pk__in=chosen).specific()}
            context["pages"] = [found[pk] for pk in chosen if pk in found][: value["count"]]
        elif value["under"]:
            newest = pages.child_of(value["under"]).order_by("-first_published_at", "-pk")
            context["pages"] = list(newest.specific()[: value["count"]])
        else:
            context["pages"] = []
        return context

    class Meta:
        label = _("Lijst van pagina's")
        icon = "list-ul"
        template = "cms/blocks/page_list.html"


CONTENT_BLOCKS: list[tuple[str, blocks.Block]] = [
    ("text", blocks.RichTextBlock(label=_("Tekst"), features=PROSE, template="cms/blocks/text.html")),
    ("heading", blocks.CharBlock(label=_("Tussenkop"), max_length=200, icon="title", template="cms/blocks/heading.html")),
    ("image", FigureBlock()),
    ("video", VideoBlock()),
    ("quote", QuoteBlock()),
    ("source", SourceBlock()),
    ("callout", CalloutBlock()),
    ("download", DownloadBlock()),
    ("tool", ToolBlock()),
    ("page_list", PageListBlock()),
]
