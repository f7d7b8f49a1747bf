"""Addresses of teachers and supervisors."""

from django.urls import path

from courses.teaching import views

app_name = "teaching"
urlpatterns = [
    path("docent/", views.home, name="home"),
    path("docent/cursus/<uuid:course>/", views.participants, name="participants"),
    path("docent/cursus/<uuid:course>/evaluatie/", views.evaluation, name="evaluation"),
    path("docent/deelnemer/<uuid:enrolment>/", views.learner, name="learner"),
]
