"""StreamField blocks of a course: lesson text, activities, objectives, sources and the completion rule."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class ActivityBlock(blocks.StructBlock):
    """What every activity has. The id of the block in its StreamField is the activity's uuid; `key` is its name in rules."""

    key = blocks.CharBlock(label=_("Naam in regels"), max_length=80, help_text=_("Kort en uniek in de cursus, bijvoorbeeld eindtoets."))
    title = blocks.CharBlock(label=_("Titel"), max_length=255)
    minutes = blocks.IntegerBlock(label=_("Duur in minuten"), min_value=0)
    intro = blocks.RichTextBlock(label=_("Inleiding"), required=False, features=["bold", "italic", "link", "ul", "ol"])


OBJECTIVE_BLOCKS = [("objective", blocks.StructBlock([("text", blocks.CharBlock()), ("competencies", blocks.ListBlock(blocks.CharBlock()))]))]
SOURCE_BLOCKS = [("source", blocks.StructBlock([("title", blocks.CharBlock()), ("publisher", blocks.CharBlock(required=False)), ("date", blocks.CharBlock()), ("locator", blocks.CharBlock(required=False)), ("url", blocks.URLBlock(required=False))]))]
COMPLETION_BLOCKS = [("lessons_viewed", blocks.StaticBlock())]
LESSON_BLOCKS = [("text", blocks.RichTextBlock(features=["bold", "italic", "link", "ul", "ol"]))]
