"""Pages about competencies."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from accounts.requests import PersonRequest
from competencies.queries import overview_of


@login_required
def my_competencies(request: PersonRequest) -> HttpResponse:
    """What my completed courses show of the competencies of my profession. Only one's own."""
    return render(request, "competencies/my_competencies.html", {"overviews": overview_of(request.user)})
