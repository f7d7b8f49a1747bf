"""Addresses of questions: for learners under /leren/, for teachers under /docent/."""

from django.urls import URLPattern, URLResolver, path

from courses.questions import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("leren/toets/beginnen/<uuid:enrolment>/<uuid:activity>/", views.begin, name="begin_test"),
    path("leren/toets/<uuid:attempt>/", views.attempt_home, name="attempt"),
    path("leren/toets/<uuid:attempt>/vraag/<int:position>/", views.attempt_question, name="attempt_question"),
    path("leren/toets/<uuid:attempt>/overzicht/", views.attempt_overview, name="attempt_overview"),
    path("leren/toets/<uuid:attempt>/inleveren/", views.attempt_hand_in, name="attempt_hand_in"),
    path("leren/toets/<uuid:attempt>/uitslag/", views.attempt_result, name="attempt_result"),
    path("leren/oefenen/<uuid:enrolment>/<uuid:activity>/opnieuw/", views.practise_again, name="practise_again"),
    path("leren/oefenen/<uuid:enrolment>/<uuid:activity>/<int:position>/", views.practise, name="practise"),
    path("docent/open-vragen/", views.open_answers, name="open_answers"),
    path("docent/open-vragen/<int:answer>/", views.judge_answer, name="judge_open_answer"),
]
