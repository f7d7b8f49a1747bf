"""Addresses of `competencies`."""

from django.urls import path

from competencies import views

app_name = "competencies"
urlpatterns = [path("mijn/competenties/", views.my_competencies, name="mine")]
