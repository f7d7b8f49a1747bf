"""Decided: the pages of the site that are not courses."""

from wagtail.models import Page


class BasePage(Page):
    """What every page of ours shares. `card_template` is how a page shows itself in a list of cards."""

    card_template = "cms/components/card/page_card.html"

    class Meta:
        abstract = True


class HomePage(BasePage):
    """The front page."""
