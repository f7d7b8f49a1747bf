"""Pages for a role: whoever lacks it is told so (403); what belongs to another organisation does not exist for them (404)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from accounts.permissions import Action, may
from accounts.requests import PersonRequest

View = Callable[..., HttpResponseBase]


def needs(*actions: Action) -> Callable[[View], View]:
    """The page is for those who may do one of these in some organisation; the view itself looks in which."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(may(request.user, action) for action in actions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(checked)

    return decorate
