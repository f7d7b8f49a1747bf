"""Addresses under /h5p/."""

from django.urls import path
from django.views.generic import RedirectView

from courses.h5p import views

app_name = "h5p"
_nothing = RedirectView.as_view(url=None)  # 410: these two exist to be reversed, as the roots of what lies below them

urlpatterns = [
    path("embed/<str:token>/", views.embed, name="embed"),
    path("bibliotheken/", _nothing, name="library_root"),
    path("bibliotheken/<str:hash>/<path:path>", views.library_file, name="library_file"),
    path("inhoud/", _nothing, name="content_root"),
    path("inhoud/<str:token>/<path:path>", views.content_file, name="content_file"),
    path("<uuid:enrolment>/<uuid:activity>/uitspraken/", views.statements, name="statements"),
    path("<uuid:enrolment>/<uuid:activity>/toestand/", views.state, name="state"),
]
