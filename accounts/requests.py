"""Requests as views see them behind `login_required`."""

from django.http import HttpRequest

from accounts.models import User


class PersonRequest(HttpRequest):
    """A request of someone who has logged in."""

    user: User
