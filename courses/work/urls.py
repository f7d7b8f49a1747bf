"""Addresses of assignments, reflections and evaluations."""

from django.urls import path

from courses.work import views

app_name = "work"
urlpatterns = [
    path("leren/opdracht/<uuid:activity>/concept/", views.draft, name="draft"),
    path("leren/opdracht/<uuid:activity>/inleveren/", views.hand_in, name="hand_in"),
    path("leren/opdracht/<uuid:activity>/bestand-weghalen/", views.remove_file, name="remove_file"),
    path("leren/ingeleverd/<uuid:submission>/bestand/", views.file, name="file"),
    path("leren/reflectie/<uuid:activity>/", views.reflection, name="reflection"),
    path("leren/evaluatie/<uuid:activity>/", views.evaluation, name="evaluation"),
    path("docent/werk/<uuid:submission>/", views.judge, name="judge"),
]
