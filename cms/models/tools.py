"""Decided: the tools of the tool library. Ledger: their uses, counted without what was typed or chosen."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _, pgettext_lazy
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import StreamField
from wagtail.search import index

from accounts.models import User
from cms.blocks import SourceBlock
from cms.models.pages import BasePage, IndexPage


class ToolIndexPage(IndexPage):
    """The tool library, at /hulpmiddelen/."""

    max_count = 1
    template = "cms/index_page.html"
    subpage_types = ["cms.ToolPage"]

    class Meta:
        verbose_name = _("hulpmiddelen")


class StepBlock(blocks.StructBlock):
    """A step of a conversation."""

    title = blocks.CharBlock(label=_("Titel"), max_length=120)
    purpose = blocks.TextBlock(label=_("Waarom deze stap"))
    say = blocks.ListBlock(blocks.TextBlock(label=_("Zin")), label=_("Zo kun je het zeggen"))
    listen_for = blocks.ListBlock(blocks.TextBlock(label=_("Punt")), label=_("Let op"))
    note_prompt = blocks.TextBlock(label=_("Voor het dossier"), required=False)

    class Meta:
        label = _("Stap (gesprekshulp)")
        icon = "list-ol"


class QuestionBlock(blocks.StructBlock):
    """A question of a decision aid; each answer leads to a question or an outcome by its name."""

    key = blocks.CharBlock(label=_("Naam"), max_length=40)
    text = blocks.TextBlock(label=_("Vraag"))
    help = blocks.TextBlock(label=_("Uitleg"), required=False)
    choices = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("text", blocks.CharBlock(label=_("Antwoord"), max_length=200)),
                ("next", blocks.CharBlock(label=_("Gaat naar"), max_length=40)),
            ]
        ),
        label=_("Antwoorden"),
    )

    class Meta:
        label = _("Vraag (keuzehulp)")
        icon = "help"


class OutcomeBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Naam"), max_length=40)
    title = blocks.CharBlock(label=_("Titel"), max_length=120)
    text = blocks.TextBlock(label=_("Tekst"))
    next_steps = blocks.ListBlock(blocks.TextBlock(label=_("Stap")), label=_("Wat je nu doet"))

    class Meta:
        label = _("Uitkomst (keuzehulp)")
        icon = "tick"


class FormatFieldBlock(blocks.StructBlock):
    """A part of a text format."""

    label = blocks.CharBlock(label=_("Kop"), max_length=120)
    hint = blocks.TextBlock(label=_("Hulp"), required=False)
    example = blocks.TextBlock(label=_("Voorbeeld"), required=False)
    rows = blocks.IntegerBlock(label=pgettext_lazy("van een tekst", "Regels"), default=3, min_value=1, max_value=12)

    class Meta:
        label = _("Deel (tekstformat)")
        icon = "edit"


class ToolPage(RoutablePageMixin, BasePage):
    """A tool for the consulting room: step by step on a phone, and on one sheet of paper. It keeps nothing of what is filled in."""

    class Kind(models.TextChoices):
        CONVERSATION = "gesprekshulp", _("Gesprekshulp")
        DECISION = "keuzehulp", _("Keuzehulp")
        FORMAT = "tekstformat", _("Tekstformat")

    parent_page_types = ["cms.ToolIndexPage"]
    subpage_types: list[str] = []

    kind = models.CharField(_("soort"), max_length=20, choices=Kind)
    summary = models.TextField(_("samenvatting"), max_length=400)
    when = models.TextField(_("wanneer gebruik je dit"))
    minutes = models.PositiveSmallIntegerField(_("duur in minuten"))
    body = StreamField(
        [("step", StepBlock()), ("question", QuestionBlock()), ("outcome", OutcomeBlock()), ("field", FormatFieldBlock())],
        verbose_name=_("inhoud"),
        help_text=_("Een gesprekshulp bestaat uit stappen, een keuzehulp uit vragen en uitkomsten, een tekstformat uit delen."),
    )
    sources = StreamField([("source", SourceBlock())], verbose_name=_("bronnen"))
    review_by = models.DateField(_("opnieuw nakijken voor"))

    content_panels = [
        *BasePage.content_panels,
        FieldPanel("kind"),
        FieldPanel("summary"),
        FieldPanel("when"),
        FieldPanel("minutes"),
        FieldPanel("body"),
        FieldPanel("sources"),
        FieldPanel("review_by"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("summary"), index.SearchField("when"), index.SearchField("body")]

    class Meta:
        verbose_name = _("hulpmiddel")
        verbose_name_plural = _("hulpmiddelen")

    @property
    def card_kicker(self) -> str:
        return self.get_kind_display()

    @property
    def card_meta(self) -> str:
        return gettext("%(minutes)s minuten · op je scherm of op één A4") % {"minutes": self.minutes}

    @cached_property
    def source_values(self) -> list[Any]:
        return [block.value for block in self.sources]

    def parts(self, name: str) -> list[Any]:
        """The values of the blocks of one type, in order."""
        return [block.value for block in self.body if block.block_type == name]

    @cached_property
    def steps(self) -> list[Any]:
        return self.parts("step")

    @cached_property
    def questions(self) -> list[Any]:
        return self.parts("question")

    @cached_property
    def outcomes(self) -> list[Any]:
        return self.parts("outcome")

    @cached_property
    def fields(self) -> list[Any]:
        return self.parts("field")

    @cached_property
    def decision(self) -> dict[str, list[dict[str, Any]]]:
        """The questions numbered and the outcomes lettered, with each answer leading to one of them."""
        numbers = {question["key"]: number for number, question in enumerate(self.questions, start=1)}
        letters = {outcome["key"]: chr(ord("A") + place) for place, outcome in enumerate(self.outcomes)}

        def road(choice: Any) -> dict[str, Any]:
            target = choice["next"]
            if target in numbers:
                return {
                    "text": choice["text"],
                    "anchor": f"v-{numbers[target]}",
                    "leads_to": gettext("naar vraag %(number)s") % {"number": numbers[target]},
                }
            letter = letters.get(target, "")
            return {"text": choice["text"], "anchor": f"u-{letter}", "leads_to": gettext("uitkomst %(letter)s") % {"letter": letter}}

        return {
            "questions": [
                {"number": numbers[q["key"]], "text": q["text"], "help": q["help"], "choices": [road(choice) for choice in q["choices"]]}
                for q in self.questions
            ],
            "outcomes": [
                {"letter": letters[o["key"]], "title": o["title"], "text": o["text"], "next_steps": list(o["next_steps"])}
                for o in self.outcomes
            ],
        }

    def clean(self) -> None:
        super().clean()
        if self.body:
            problems = self._wrong_parts() or (self._loose_ends() if self.kind == self.Kind.DECISION else [])
            if problems:
                raise ValidationError({"body": problems})

    def _wrong_parts(self) -> list[str]:
        belongs = {self.Kind.CONVERSATION: {"step"}, self.Kind.DECISION: {"question", "outcome"}, self.Kind.FORMAT: {"field"}}.get(
            self.Kind(self.kind), set()
        )
        if {block.block_type for block in self.body} <= belongs:
            return []
        return [gettext("Er staat een onderdeel in dat niet bij een %(kind)s hoort.") % {"kind": self.get_kind_display().lower()}]

    def _loose_ends(self) -> list[str]:
        """A decision aid in which every answer arrives somewhere, every part can be reached, and nobody walks in circles."""
        ends = {outcome["key"] for outcome in self.outcomes}
        roads = {question["key"]: [choice["next"] for choice in question["choices"]] for question in self.questions}
        problems = [
            gettext("Bij de vraag “%(question)s” gaat een antwoord naar “%(next)s”, en dat bestaat niet.")
            % {"question": question, "next": target}
            for question, targets in roads.items()
            for target in targets
            if target not in roads and target not in ends
        ]
        if problems or not roads:
            return problems or [gettext("Een keuzehulp begint met een vraag.")]
        reached: set[str] = set()
        circles: set[str] = set()

        def walk(name: str, behind: tuple[str, ...]) -> None:
            if name in behind:
                circles.add(name)
                return
            reached.add(name)
            for target in roads.get(name, []):
                walk(target, (*behind, name))

        walk(next(iter(roads)), ())
        problems += [gettext("Vanuit “%(name)s” kom je weer bij dezelfde vraag.") % {"name": name} for name in sorted(circles)]
        return problems + [gettext("“%(name)s” is niet te bereiken.") % {"name": name} for name in sorted((set(roads) | ends) - reached)]

    @path("als-pdf/", name="pdf")
    def as_pdf(self, request: HttpRequest) -> HttpResponse:
        """The tool on one sheet of A4; counted as a use."""
        from cms.tool_paper import draw  # noqa: PLC0415 - reportlab is only loaded by who asks for paper

        record_use(tool=self, how=ToolUse.How.DOWNLOAD, person=request.user if request.user.is_authenticated else None)
        response = HttpResponse(draw(self, address=self.get_full_url(request)), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{self.slug}.pdf"'
        return response

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        return self.get_context(request)


class ToolUse(models.Model):
    """Somebody used a tool. `person` is the pseudonym of who was logged in; visitors stay unknown."""

    class How(models.TextChoices):
        SCREEN = "screen", _("op het scherm")
        DOWNLOAD = "download", _("als PDF")

    tool = models.ForeignKey(ToolPage, on_delete=models.CASCADE, related_name="uses", verbose_name=_("hulpmiddel"))
    used_at = models.DateTimeField(_("wanneer"), auto_now_add=True)
    how = models.CharField(_("hoe"), max_length=20, choices=How)
    person = models.UUIDField(_("pseudoniem"), null=True, blank=True)

    class Meta:
        ordering = ["-used_at"]
        indexes = [models.Index(fields=["tool", "used_at"], name="tool_uses_in_time")]
        verbose_name = _("gebruik van een hulpmiddel")
        verbose_name_plural = _("gebruik van hulpmiddelen")

    def __str__(self) -> str:
        return f"{self.tool_id} {self.how} {self.used_at:%Y-%m-%d}"


def record_use(*, tool: ToolPage, how: str, person: User | None) -> ToolUse:
    """Count one use of a tool."""
    return ToolUse.objects.create(tool=tool, how=how, person=person.pseudonym if person else None)
