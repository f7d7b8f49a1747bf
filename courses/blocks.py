"""StreamField blocks of a course: lesson text, activities, objectives, sources and the completion rule.

The kinds of activity are all declared here, because a StreamField must know its blocks when models are loaded;
what a kind does with its block stands with the kind (`courses.activities`).
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_slug
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from cms.blocks import CONTENT_BLOCKS

PROSE = ["bold", "italic", "link", "ul", "ol"]


# --- Activities ---------------------------------------------------------------------------------------------------


class ActivityBlock(blocks.StructBlock):
    """What every activity has. The id of the block in its StreamField is the activity's uuid; `key` is its name in rules."""

    key = blocks.CharBlock(
        label=_("Naam in regels"),
        max_length=80,
        validators=[validate_slug],
        help_text=_("Kort en uniek in de cursus, bijvoorbeeld eindtoets. Zonder spaties."),
    )
    title = blocks.CharBlock(label=_("Titel"), max_length=255)
    minutes = blocks.IntegerBlock(label=_("Duur in minuten"), min_value=0, default=5)
    intro = blocks.RichTextBlock(label=_("Inleiding"), required=False, features=PROSE)

    class Meta:
        group = _("Activiteiten")
        template = "courses/blocks/activity.html"
        label_format = "{title}"


class DrawBlock(blocks.StructBlock):
    """So many questions with this tag, drawn anew for each attempt."""

    tag = blocks.CharBlock(label=_("Met label"), max_length=80)
    count = blocks.IntegerBlock(label=_("Aantal"), min_value=1, default=10)

    class Meta:
        label = _("Trekking")


class QuestionsBlock(ActivityBlock):
    """Questions scored on the server: to practise with, or as a test."""

    mode = blocks.ChoiceBlock(label=_("Soort"), choices=[("practice", _("oefening")), ("test", _("toets"))], default="practice")
    questions = blocks.ListBlock(
        SnippetChooserBlock("courses.Question", label=_("Vraag")),
        label=_("Gekozen vragen"),
        default=[],
        required=False,
        help_text=_("In deze volgorde, behalve als je laat schudden."),
    )
    draw = blocks.ListBlock(DrawBlock(), label=_("Trekking uit de vragenbank"), default=[], required=False)
    pass_mark = blocks.IntegerBlock(label=_("Cesuur in procenten"), min_value=0, max_value=100, default=70)
    attempts = blocks.IntegerBlock(label=_("Aantal pogingen"), min_value=0, default=0, help_text=_("0 is onbeperkt."))
    wait_hours = blocks.IntegerBlock(label=_("Wachttijd tussen pogingen in uren"), min_value=0, default=0)
    time_limit = blocks.IntegerBlock(label=_("Tijd in minuten"), min_value=0, default=0, help_text=_("0 is zonder tijdslimiet."))
    shuffle = blocks.BooleanBlock(label=_("Vragen en antwoorden schudden"), required=False, default=True)

    class Meta:
        label = _("Vragen of toets")
        icon = "help"


class H5PBlock(ActivityBlock):
    """An interactive exercise from an H5P package."""

    content = SnippetChooserBlock("courses.H5PContent", label=_("H5P"))

    class Meta:
        label = _("Interactieve oefening (H5P)")
        icon = "media"


class LaunchBlock(ActivityBlock):
    """An activity on another site, that is started for one learner and reports what they did."""

    address = blocks.URLBlock(
        label=_("Adres"),
        help_text=_(
            "Van een simulator, of van cmi5-inhoud, op een andere site. De deelnemer start daar onder een nummer; de site haalt een token op, zoals cmi5 het voorschrijft."
        ),
    )

    class Meta:
        label = _("Oefening op een andere site")
        icon = "link-external"


class RubricLevelBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Niveau"), max_length=80)
    points = blocks.IntegerBlock(label=_("Punten"), min_value=0)
    description = blocks.TextBlock(label=_("Wanneer"), rows=2)


class CriterionBlock(blocks.StructBlock):
    criterion = blocks.CharBlock(label=_("Criterium"), max_length=255)
    levels = blocks.ListBlock(RubricLevelBlock(), label=_("Niveaus"), min_num=2)


class AssignmentBlock(ActivityBlock):
    """Work to hand in, judged by a teacher along a rubric."""

    accept = blocks.ChoiceBlock(
        label=_("Inleveren als"),
        choices=[("text", _("tekst")), ("file", _("bestand")), ("text_and_file", _("tekst en bestand"))],
        default="text_and_file",
    )
    instructions = blocks.RichTextBlock(label=_("Opdracht"), features=PROSE)
    rubric = blocks.ListBlock(CriterionBlock(), label=_("Beoordelingscriteria"), default=[], required=False)
    sufficient_from = blocks.IntegerBlock(label=_("Voldoende vanaf (punten)"), min_value=0, default=0)

    class Meta:
        label = _("Opdracht")
        icon = "edit"


class SessionBlock(ActivityBlock):
    """A meeting. When and where it is held is planned apart from the course, for each group."""

    programme = blocks.RichTextBlock(label=_("Programma"), required=False, features=PROSE)

    class Meta:
        label = _("Bijeenkomst")
        icon = "group"


class ReflectionBlock(ActivityBlock):
    """A question to oneself, kept by the learner."""

    prompt = blocks.RichTextBlock(label=_("Vraag om over na te denken"), features=PROSE)
    shared_with_teacher = blocks.BooleanBlock(label=_("De docent leest mee"), required=False, default=False)

    class Meta:
        label = _("Reflectie")
        icon = "comment"


class EvaluationQuestionBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Vraag"), max_length=500)
    type = blocks.ChoiceBlock(
        label=_("Antwoord"), choices=[("scale", _("schaal van 1 tot 5")), ("open", _("open")), ("choice", _("keuze"))], default="scale"
    )
    options = blocks.ListBlock(
        blocks.CharBlock(max_length=255), label=_("Keuzes"), default=[], required=False, help_text=_("Alleen bij een keuze.")
    )


class EvaluationBlock(ActivityBlock):
    """What learners think of the course."""

    questions = blocks.ListBlock(EvaluationQuestionBlock(), label=_("Vragen"), min_num=1)

    class Meta:
        label = _("Evaluatie")
        icon = "form"


ACTIVITY_PREFIX = "activity_"
ACTIVITY_BLOCKS: list[tuple[str, blocks.Block]] = [
    ("activity_questions", QuestionsBlock()),
    ("activity_h5p", H5PBlock()),
    ("activity_launch", LaunchBlock()),
    ("activity_assignment", AssignmentBlock()),
    ("activity_session", SessionBlock()),
    ("activity_reflection", ReflectionBlock()),
    ("activity_evaluation", EvaluationBlock()),
]


# --- The lesson ---------------------------------------------------------------------------------------------------


def competency_choices() -> list[tuple[str, str]]:
    """(code, label) of each competency an objective can serve, from the room above (`COURSES_COMPETENCY_CHOICES`)."""
    try:
        choices: Callable[[], list[tuple[str, str]]] = import_string(settings.COURSES_COMPETENCY_CHOICES)
    except (AttributeError, ImportError):
        return []
    return choices()


class ObjectiveBlock(blocks.StructBlock):
    """What someone can do after the lesson, and which competencies that serves."""

    text = blocks.CharBlock(label=_("Na deze les kun je"), max_length=500)
    competencies = blocks.MultipleChoiceBlock(
        label=_("Competenties"), choices=competency_choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        label = _("Leerdoel")
        icon = "tick"


class SourceBlock(blocks.StructBlock):
    """Where the facts come from; the learner sees it with its date."""

    title = blocks.CharBlock(label=_("Titel"), max_length=500)
    publisher = blocks.CharBlock(label=_("Uitgever"), max_length=255, required=False)
    date = blocks.RegexBlock(
        label=_("Datum"),
        regex=r"^\d{4}(-\d{2}(-\d{2})?)?$",
        error_messages={"invalid": _("Schrijf de datum als 2025, 2025-10 of 2025-10-31.")},
        help_text=_("Als 2025, 2025-10 of 2025-10-31."),
    )
    locator = blocks.CharBlock(label=_("Vindplaats"), max_length=255, required=False, help_text=_("Bijvoorbeeld p. 26 of § 4.2."))
    url = blocks.URLBlock(label=_("Adres"), required=False)

    class Meta:
        label = _("Bron")
        icon = "openquote"


OBJECTIVE_BLOCKS: list[tuple[str, blocks.Block]] = [("objective", ObjectiveBlock())]
SOURCE_BLOCKS: list[tuple[str, blocks.Block]] = [("source", SourceBlock())]
LESSON_BLOCKS: list[tuple[str, blocks.Block]] = [*CONTENT_BLOCKS, *ACTIVITY_BLOCKS]


# --- When a course is complete ------------------------------------------------------------------------------------


class ActivityKeyBlock(blocks.CharBlock):
    """The name of an activity, as the author gave it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=80, validators=[validate_slug], help_text=_("De naam in regels van de activiteit, bijvoorbeeld eindtoets."), **kwargs
        )


class LessonsViewedBlock(blocks.StructBlock):
    lessons = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="courses.LessonPage", label=_("Les")),
        label=_("Alleen deze lessen"),
        default=[],
        required=False,
        help_text=_("Leeg: alle lessen van de cursus."),
    )

    class Meta:
        label = _("Lessen afgerond")
        icon = "doc-full-inverse"


class PassedBlock(blocks.StructBlock):
    activity = ActivityKeyBlock(label=_("Toets"))
    at_least = blocks.IntegerBlock(label=_("Minstens (procent)"), min_value=0, max_value=100, default=70)

    class Meta:
        label = _("Gehaald met minstens")
        icon = "tick-inverse"


def _leaves() -> list[tuple[str, blocks.Block]]:
    group = _("Eisen")
    return [
        ("lessons_viewed", LessonsViewedBlock(group=group)),
        ("answered", ActivityKeyBlock(label=_("Gedaan (elke score telt)"), icon="check", group=group)),
        ("passed", PassedBlock(group=group)),
        ("attended", ActivityKeyBlock(label=_("Aanwezig geweest bij"), icon="group", group=group)),
        ("judged_sufficient", ActivityKeyBlock(label=_("Voldoende beoordeeld"), icon="edit", group=group)),
        ("evaluated", ActivityKeyBlock(label=_("Evaluatie ingevuld"), icon="form", group=group)),
    ]


class RulesBlock(blocks.StreamBlock):
    """The rules inside a group, and groups within it down to `depth`. Empty groups are left to the checks to name."""

    def __init__(self, *, depth: int, **kwargs: Any) -> None:
        super().__init__([*_leaves(), *_groups(depth=depth)], **{"required": False, "label": _("Regels"), **kwargs})


def _groups(*, depth: int) -> list[tuple[str, blocks.Block]]:
    if depth == 0:
        return []
    group = _("Groepen")
    n_of = blocks.StructBlock(
        [("n", blocks.IntegerBlock(label=_("Hoeveel"), min_value=1, default=2)), ("rules", RulesBlock(depth=depth - 1))],
        label=_("Een aantal van deze"),
        icon="list-ol",
        group=group,
    )
    return [
        ("all_of", RulesBlock(depth=depth - 1, label=_("Alle van deze"), icon="list-ul", group=group)),
        ("one_of", RulesBlock(depth=depth - 1, label=_("Eén van deze"), icon="list-ul", group=group)),
        ("n_of", n_of),
    ]


COMPLETION_BLOCKS: list[tuple[str, blocks.Block]] = [*_leaves(), *_groups(depth=2)]


def rule_of(completion: blocks.StreamValue) -> dict[str, Any]:
    """The completion rule as data (`courses.completion`), from what the author put together. All of the top level counts."""
    return {"all_of": [_rule(child.block_type, child.value) for child in completion]}


def _rule(name: str, value: Any) -> dict[str, Any]:
    if name in {"all_of", "one_of"}:
        return {name: rule_of(value)["all_of"]}
    if name == "n_of":
        return {name: {"n": value["n"], "rules": rule_of(value["rules"])["all_of"]}}
    if name == "lessons_viewed":
        chosen = [str(page.specific.uuid) for page in value["lessons"] if page is not None]
        return {name: chosen or "all"}
    if name == "passed":
        return {name: {"activity": value["activity"], "at_least": value["at_least"]}}
    return {name: value}


def blocks_of(rules: list[dict[str, Any]], *, lessons: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The reverse: rules as the raw content of the author's StreamField. `lessons` gives the page of each lesson uuid."""
    return [_block(*next(iter(rule.items())), lessons=lessons or {}) for rule in rules]


def _block(name: str, content: Any, *, lessons: dict[str, int]) -> dict[str, Any]:
    if name in {"all_of", "one_of"}:
        content = blocks_of(content, lessons=lessons)
    elif name == "n_of":
        content = {"n": content["n"], "rules": blocks_of(content["rules"], lessons=lessons)}
    elif name == "lessons_viewed":
        content = {"lessons": [] if content == "all" else [lessons[lesson] for lesson in content]}
    return {"type": name, "value": content}
