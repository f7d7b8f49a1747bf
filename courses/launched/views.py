"""The step between a lesson and an activity of elsewhere."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from courses.enrolment import own_activity
from courses.launched.starting import StartRefused, site_of, start
from courses.route import route_of


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start_activity(request: PersonRequest, activity: uuid.UUID) -> HttpResponse:
    """Leave to write for the other site, and the link to it. A form may not lead to another site, so the link is one to follow."""
    found = own_activity(learner=request.user, activity=activity, kind="launch")
    if found is None:
        raise Http404
    enrolment, asked = found
    back = route_of(enrolment.release).activity_url(activity)
    if request.method != "POST":
        return redirect(back)
    try:
        address = start(enrolment=enrolment, activity=asked)
    except StartRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(back)
    return render(request, "courses/launched/start.html", {"activity": asked, "address": address, "site": site_of(asked), "back": back})
