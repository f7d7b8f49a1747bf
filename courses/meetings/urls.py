"""Addresses of meetings."""

from django.urls import path

from courses.meetings import views

app_name = "meetings"
urlpatterns = [
    path("leren/bijeenkomst/<uuid:meeting>/aanmelden/", views.book, name="book"),
    path("leren/bijeenkomst/<uuid:meeting>/afmelden/", views.cancel, name="cancel"),
    path("leren/bijeenkomst/<uuid:meeting>/bijeenkomst.ics", views.calendar, name="calendar"),
    path("docent/bijeenkomsten/", views.meetings, name="meetings"),
    path("docent/bijeenkomsten/nieuw/", views.new_meeting, name="new"),
    path("docent/bijeenkomsten/<uuid:meeting>/", views.meeting, name="meeting"),
    path("docent/bijeenkomsten/<uuid:meeting>/wijzigen/", views.edit_meeting, name="edit"),
    path("docent/bijeenkomsten/<uuid:meeting>/afgelasten/", views.call_off, name="call_off"),
    path("docent/bijeenkomsten/<uuid:meeting>/presentielijst/", views.attendance_list, name="list"),
    path("docent/bijeenkomsten/<uuid:meeting>/aanwezigheid/", views.mark, name="mark"),
    path("docent/bijeenkomsten/<uuid:meeting>/iedereen-aanwezig/", views.mark_all, name="mark_all"),
    path("docent/bijeenkomsten/<uuid:meeting>/deelnemer-toevoegen/", views.add, name="add"),
]
