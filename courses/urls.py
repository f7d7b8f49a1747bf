"""Addresses of `courses`. The catalogue and the course pages are pages of the CMS; the latter are found by a shorter road."""

from django.urls import URLPattern, URLResolver, include, path

from courses import views

app_name = "courses"

urlpatterns: list[URLPattern | URLResolver] = [
    path("cursus/<slug:course_slug>/", views.course, name="course"),
    path("cursus/<slug:course_slug>/<slug:lesson_slug>/", views.lesson, name="lesson"),
    path("leren/<uuid:enrolment>/les/<uuid:lesson>/", views.finish, name="finish_lesson"),
    path("leren/meedoen/<uuid:course>/", views.join, name="join"),
    path("leren/<uuid:enrolment>/stoppen/", views.leave, name="leave"),
    path("docent/nakijken/", views.due_for_review, name="due_for_review"),
    path("h5p/", include("courses.h5p.urls")),
    path("", include("courses.questions.urls")),
]
