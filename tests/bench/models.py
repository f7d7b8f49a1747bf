"""Decided: a bare Wagtail page, to compare ours with."""

from django.db import models
from wagtail.models import Page


class BarePage(Page):
    """A page that only shows its text, on Wagtail's own road, without anything of ours."""

    template = "bench/bare_page.html"
    body = models.TextField()
