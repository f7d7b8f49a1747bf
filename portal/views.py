"""The home of everyone who logs in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import Action, may
from accounts.requests import PersonRequest
from courses.teaching.queries import waits_for
from portal.learner import has_a_register_number, learner_home
from portal.staff import administrator_home, association_home, auditor_home, author_home, open_invitations


@login_required
@require_safe
def home(request: PersonRequest) -> HttpResponse:
    """What matters to this person now: their own learning first, then what waits for each of their roles."""
    person = request.user
    teaches = may(person, Action.JUDGE_WORK) or may(person, Action.MARK_ATTENDANCE)
    learner = learner_home(person)
    staff = {
        "teacher": waits_for(person) if teaches else None,
        "administrator": administrator_home(person),
        "author": author_home(person),
        "association": association_home(person),
        "auditor": auditor_home(person),
    }
    has_role = any(part is not None for part in staff.values())
    learns = bool(learner.courses or learner.certificates or learner.registers or not has_role)
    context = {
        **staff,
        "learner": learner,
        "learns": learns,
        "has_role": has_role,
        "has_number": has_a_register_number(person),
        "invitations": list(open_invitations(person)),
        "may_mark": may(person, Action.MARK_ATTENDANCE),
    }
    return render(request, "portal/home.html", context)
