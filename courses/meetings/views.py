"""Pages about meetings: the learner's place, and the teacher's planning and attendance list."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Action, organisations_where
from accounts.requests import PersonRequest
from courses.enrolment import open_enrolment
from courses.meetings import attendance, booking, planning
from courses.meetings.calendar import calendar_file
from courses.meetings.forms import AddForm, MarkForm, MeetingForm, SessionChoiceForm
from courses.models import Booking, CoursePage, Enrolment, Meeting
from courses.route import route_of
from courses.teaching.access import needs

teachers_only = needs(Action.MARK_ATTENDANCE)


# --- The learner --------------------------------------------------------------------------------------------------


@login_required
@require_POST
def book(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """Take a place."""
    found, enrolment = _own_meeting(request, meeting)
    try:
        made = booking.book(enrolment=enrolment, meeting=found)
    except booking.BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        if made.waiting:
            messages.info(request, _("De bijeenkomst is vol. Je staat op de wachtlijst; komt er een plaats vrij, dan krijg je bericht."))
        else:
            messages.success(request, _("Je bent aangemeld. Zet de bijeenkomst in je agenda met het bestand hieronder."))
    return redirect(route_of(enrolment.release).standing_url(found.activity))


@login_required
@require_POST
def cancel(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """Give the place back."""
    found, enrolment = _own_meeting(request, meeting)
    try:
        booking.cancel(enrolment=enrolment, meeting=found)
    except booking.BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, _("Je bent afgemeld. Je kunt een andere datum kiezen."))
    return redirect(route_of(enrolment.release).standing_url(found.activity))


@login_required
def calendar(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """The meeting for one's own calendar; only with a place, because the video link is in it."""
    found, enrolment = _own_meeting(request, meeting)
    if not Booking.objects.filter(meeting=found, enrolment=enrolment, cancelled_at=None, waiting=False).exists():
        raise Http404
    url = route_of(enrolment.release).activity_url(found.activity)
    headers = {"Content-Disposition": 'attachment; filename="bijeenkomst.ics"', "Cache-Control": "private, no-store"}
    return HttpResponse(calendar_file(found, lesson_url=url), content_type="text/calendar; charset=utf-8", headers=headers)


def _own_meeting(request: PersonRequest, meeting: uuid.UUID) -> tuple[Meeting, Enrolment]:
    """A meeting of a course that this learner follows."""
    found = get_object_or_404(Meeting.objects.select_related("course"), uuid=meeting)
    enrolment = open_enrolment(learner=request.user, course=found.course)
    if enrolment is None:
        raise Http404
    return found, enrolment


# --- The teacher --------------------------------------------------------------------------------------------------


@teachers_only
def meetings(request: PersonRequest) -> HttpResponse:
    """Every meeting of the courses where this teacher teaches."""
    rows = planning.meetings_of(request.user)
    now = timezone.now()
    coming = list(rows.filter(ends_at__gt=now).order_by("starts_at"))
    past = list(rows.filter(ends_at__lte=now).order_by("-starts_at")[:100])
    open_ = attendance.to_mark([*coming, *past])
    return render(
        request,
        "courses/meetings/meetings.html",
        {"coming": coming, "past": [{"meeting": row, "to_mark": 0 if row.cancelled_at else open_.get(row.pk, 0)} for row in past]},
    )


@teachers_only
def new_meeting(request: PersonRequest) -> HttpResponse:
    """Plan a meeting: first for which session, then when and where."""
    courses = CoursePage.objects.filter(organisation__in=organisations_where(request.user, Action.MARK_ATTENDANCE)).select_related(
        "organisation"
    )
    sessions = planning.sessions_of(courses)
    choice = SessionChoiceForm(request.POST or request.GET or None, sessions=sessions)
    if not choice.is_valid():
        form = choice if choice.is_bound else SessionChoiceForm(sessions=sessions)
        return render(request, "courses/meetings/choose_session.html", {"form": form, "sessions": sessions})
    activity = choice.cleaned_data["session"]
    course = activity.release.course
    meeting = Meeting(course=course, activity=activity.uuid, title=activity.title, organisation=course.organisation)
    return _edit(request, meeting, activity_title=activity.title, session=str(activity.uuid))


@teachers_only
def edit_meeting(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """Change date, place or places."""
    found = _meeting_to_teach(request, meeting)
    return _edit(request, found, activity_title=found.title)


def _edit(request: PersonRequest, meeting: Meeting, *, activity_title: str, session: str = "") -> HttpResponse:
    initial = {} if meeting.pk else {"teachers": [request.user.pk]}
    form = MeetingForm(request.POST or None, instance=meeting, course=meeting.course, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = planning.save_meeting(meeting=form.instance, by=request.user, teachers=form.cleaned_data["teachers"])
        except planning.MeetingRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("De bijeenkomst is bewaard. Wie al was aangemeld, krijgt bericht van een andere tijd of plaats."))
            return redirect("meetings:meeting", meeting=saved.uuid)
    context = {"form": form, "meeting": meeting, "activity_title": activity_title, "session": session}
    return render(request, "courses/meetings/edit.html", context, status=400 if form.errors else 200)


@teachers_only
@require_POST
def call_off(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """The meeting does not take place."""
    found = _meeting_to_teach(request, meeting)
    try:
        planning.call_off(meeting=found, by=request.user)
    except planning.MeetingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, _("De bijeenkomst is afgelast. Wie was aangemeld, krijgt bericht."))
    return redirect("meetings:meeting", meeting=found.uuid)


@teachers_only
def meeting(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """The attendance list, made to be used on a phone at the door."""
    found = _meeting_to_teach(request, meeting)
    return render(request, "courses/meetings/meeting.html", _list_context(found))


@teachers_only
def attendance_list(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """The list on paper, to be signed."""
    found = _meeting_to_teach(request, meeting)
    lines = attendance.participants(found)
    context = {"meeting": found, "lines": lines, "blank": range(max(3, 12 - len(lines))), "teachers": found.teachers.all()}
    return render(request, "courses/meetings/attendance_list.html", context)


@teachers_only
@require_POST
def mark(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """One participant was there, or was not."""
    found = _meeting_to_teach(request, meeting)
    form = MarkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Vul de uren in als getal, bijvoorbeeld 2,5. Er is niets veranderd."))
        return redirect("meetings:meeting", meeting=found.uuid)
    enrolment = get_object_or_404(
        Enrolment.objects.select_related("learner", "course", "release"), uuid=form.cleaned_data["enrolment"], course=found.course_id
    )
    refused = ""
    try:
        attendance.mark(
            meeting=found,
            enrolment=enrolment,
            present=form.cleaned_data["present"],
            hours=form.cleaned_data["hours"] or None,
            by=request.user,
        )
    except attendance.AttendanceRefused as refusal:
        refused = str(refusal)
    completed = not form.cleaned_data["present"] and attendance.already_completed(enrolment)
    warning = (
        _("Deze deelnemer heeft de cursus al afgerond. Laat de accreditatiebeheerder naar het certificaat kijken.") if completed else ""
    )
    if request.headers.get("HX-Request"):
        line = next((line for line in attendance.participants(found) if line.enrolment == enrolment), None)
        context = {**_list_context(found), "line": line, "refused": refused, "warning": warning, "partial": True}
        return render(request, "courses/meetings/participant.html", context)
    if refused:
        messages.error(request, refused)
    if warning:
        messages.warning(request, warning)
    return redirect(f"/docent/bijeenkomsten/{found.uuid}/#deelnemer-{enrolment.uuid}")


@teachers_only
@require_POST
def mark_all(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """Everyone without a mark was there."""
    found = _meeting_to_teach(request, meeting)
    try:
        count = attendance.mark_all(meeting=found, by=request.user)
    except attendance.AttendanceRefused as refusal:
        messages.error(request, str(refusal))
    else:
        if count:
            text = ngettext("%(count)s deelnemer staat nu als aanwezig.", "%(count)s deelnemers staan nu als aanwezig.", count)
            messages.success(request, text % {"count": count})
        else:
            messages.warning(request, _("Van iedereen op de lijst was de aanwezigheid al vastgelegd; er is niets veranderd."))
    return redirect("meetings:meeting", meeting=found.uuid)


@teachers_only
@require_POST
def add(request: PersonRequest, meeting: uuid.UUID) -> HttpResponse:
    """Put someone who turned up on the list."""
    found = _meeting_to_teach(request, meeting)
    form = AddForm(request.POST, queryset=planning.not_on_the_list(found))
    if form.is_valid():
        booking.add_participant(enrolment=form.cleaned_data["enrolment"], meeting=found)
        messages.success(request, _("%(name)s staat op de lijst.") % {"name": form.cleaned_data["enrolment"].learner})
    else:
        messages.error(request, _("Kies een deelnemer die de cursus volgt en nog niet op de lijst staat."))
    return redirect("meetings:meeting", meeting=found.uuid)


def _meeting_to_teach(request: PersonRequest, meeting: uuid.UUID) -> Meeting:
    return get_object_or_404(planning.meetings_of(request.user).select_related("course__organisation", "organisation"), uuid=meeting)


def _list_context(meeting: Meeting) -> dict[str, Any]:
    lines = attendance.participants(meeting)
    others = planning.not_on_the_list(meeting)
    return {
        "meeting": meeting,
        "lines": lines,
        "unmarked": sum(line.mark is None for line in lines),
        "present": sum(line.mark is not None and line.mark.present for line in lines),
        "waiting_list": planning.open_bookings(meeting).filter(waiting=True),
        "begun": meeting.starts_at <= timezone.now(),
        "length": attendance.length(meeting),
        "add_form": AddForm(queryset=others) if others.exists() else None,
        "teachers": meeting.teachers.all(),
    }
