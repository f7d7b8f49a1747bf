"""A person's own leave, because a register may give them longer. Nobody else sees it, and nobody asks why."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import origin_of
from accounts.profiles import record_change
from accounts.requests import PersonRequest
from accreditation.dossier import standings
from accreditation.forms import DateInput
from accreditation.models import Leave, LeaveKind


class LeaveForm(forms.ModelForm):
    """One stretch of leave."""

    class Meta:
        model = Leave
        fields = ["kind", "first_day", "last_day", "percentage"]
        labels = {
            "kind": _("Wat voor verlof"),
            "first_day": _("Eerste dag"),
            "last_day": _("Laatste dag"),
            "percentage": _("Hoeveel van je uren werkte je niet, in procenten"),
        }
        widgets = {"first_day": DateInput(), "last_day": DateInput()}
        error_messages = {"kind": {"required": _("Kies wat voor verlof het was.")}}
        help_texts = {"last_day": _("Duurt het nog? Vul de dag in waarop je weer denkt te beginnen, en pas het later aan.")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kind = cast(forms.ChoiceField, self.fields["kind"])
        kind.choices = [*BLANK_CHOICE_DASH, *((value, str(label).capitalize()) for value, label in LeaveKind.choices)]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_leave(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """All my leave with what it does in each register, and the form for one more, or for changing one."""
    instance = get_object_or_404(Leave, user=request.user, pk=pk) if pk else Leave(user=request.user)
    form = LeaveForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        form.save()
        _record(request, "leave-saved")
        messages.success(request, gettext("Je verlof is bewaard."))
        return redirect("accreditation:my_leave")
    return render(
        request,
        "accreditation/my_leave.html",
        {"form": form, "leave": Leave.objects.filter(user=request.user), "changing": pk, "effects": _effects(request)},
        status=422 if request.method == "POST" else 200,
    )


@login_required
@require_POST
def remove_leave(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a stretch of leave away."""
    get_object_or_404(Leave, user=request.user, pk=pk).delete()
    _record(request, "leave-removed")
    messages.success(request, gettext("Dit verlof is weggehaald."))
    return redirect("accreditation:my_leave")


def _effects(request: PersonRequest) -> list[dict[str, Any]]:
    """What leave does to my period in each register: a number of days, nothing, or that the register has no rule for it here."""
    return [
        {
            "register": standing.entry.register.name,
            "days": standing.leave_days,
            "known": standing.leave_known,
            "last_day": standing.evaluation.last_day if standing.evaluation else None,
            "assumed": standing.period_assumed,
            "confirmed": standing.rule is not None and all(term.confirmed for term in standing.rule.leave_rules.all()),
        }
        for standing in standings(person=request.user)
    ]


def _record(request: PersonRequest, event: str) -> None:
    # Not which leave: the trail outlives what it tells of.
    record_change(user=request.user, event=event, origin=origin_of(request))
