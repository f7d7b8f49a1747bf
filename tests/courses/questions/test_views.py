"""What a browser gets to see, and who may not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role
from courses.models import Answer, Attempt
from courses.questions.attempts import hand_in, save_answer, start
from courses.questions.types import TYPES
from lrs.digests import digest
from lrs.models import Statement
from lrs.profiles import adl
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.questions import enrolled, posted, released_test

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = re.compile(r"GEHEIM-[A-Z]+")
SCRIPT = {"Accept": "application/json"}


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def lesson_of(activity) -> str:
    return f"/cursus/{activity.release.course.slug}/{activity.lesson.slug}/"


def pages_of(client, attempt):
    """The whole of every page of an open attempt."""
    count = attempt.questions.count()
    addresses = [reverse("courses:attempt_question", args=[attempt.uuid, n]) for n in range(1, count + 1)]
    addresses += [reverse("courses:attempt_overview", args=[attempt.uuid]), lesson_of(attempt.release_activity)]
    responses = [client.get(address, follow=True) for address in addresses]
    assert {response.status_code for response in responses} == {200}
    return "".join(response.content.decode() + f"{response.headers}" for response in responses)


def test_nothing_that_is_right_reaches_the_browser_before_it_may():
    activity = released_test(*TYPES, attempts=2)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    client.post(reverse("courses:begin_test", args=[enrolment.uuid, activity.uuid]))
    attempt = Attempt.objects.get()

    assert not SECRET.findall(pages_of(client, attempt))

    for question in attempt.questions.select_related("version"):  # answer everything, rightly or wrongly
        kind = TYPES[question.version.type]
        response = {"single_choice": 1, "case": [1], "open": "Iets"}.get(kind.code, kind.right(question.version.definition))
        for accept in ({}, SCRIPT):
            sent = client.post(
                reverse("courses:attempt_question", args=[attempt.uuid, question.position]), posted(question, response), headers=accept
            )
            assert sent.status_code in (200, 302)
            assert not SECRET.search(sent.content.decode() + f"{sent.headers}")
    before = pages_of(client, attempt)
    own_words = {"GEHEIM-EINDE", "GEHEIM-patiënt", "GEHEIM-regie"}  # the end of the case that was walked, and what the learner typed
    assert set(SECRET.findall(before)) <= {word[: word.index("-") + 1] + word[word.index("-") + 1 :] for word in own_words}
    assert "9812,5" in before  # the learner's own number, so the scan would have found it
    assert not re.search(r"correct|GEHEIM-(GOED|FOUT|UITLEG|MODEL|KNOOP)", before)
    assert not Statement.objects.with_verb(adl.ANSWERED).exists()


def test_the_ids_and_the_places_of_options_do_not_tell_which_is_right():
    activity = released_test("single_choice")
    firsts, ids = set(), set()
    for _person in range(12):
        enrolment = enrolled(activity)
        attempt = start(enrolment=enrolment, activity=activity)
        html = browser(enrolment.learner).get(reverse("courses:attempt_question", args=[attempt.uuid, 1])).content.decode()
        shown = re.findall(r'name="antwoord" value="(\w+)"', html)
        firsts.add(attempt.questions.get().layout["ids"].index(shown[0]))
        ids |= set(shown)

    assert len(firsts) > 1
    assert len(ids) == 36


def test_a_number_in_words_is_told_to_be_unreadable_and_is_not_called_answered():
    activity = released_test("numeric", "true_false", shuffle=False)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    attempt = start(enrolment=enrolment, activity=activity)
    first = reverse("courses:attempt_question", args=[attempt.uuid, 1])

    stayed = client.post(first, {"antwoord": "tien", "naar": "volgende"}, follow=True)

    assert stayed.request["PATH_INFO"] == first
    assert "Dit lezen we niet als een getal" in stayed.content.decode()
    overview = client.get(reverse("courses:attempt_overview", args=[attempt.uuid])).content.decode()
    assert "Niet te lezen" in overview
    assert "Beantwoord" not in overview
    went_on = client.post(first, {"antwoord": "10", "naar": "volgende"}, follow=True)
    assert went_on.request["PATH_INFO"] == reverse("courses:attempt_question", args=[attempt.uuid, 2])


def test_practice_does_not_mark_what_it_cannot_read():
    activity = released_test("numeric", mode="practice")
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)

    address = reverse("courses:practise", args=[enrolment.uuid, activity.uuid, 1])
    html = client.post(address, {"antwoord": "tien", "naar": "nakijken"}, headers={"HX-Request": "true"}).content.decode()

    assert "Dit lezen we niet als een getal" in html
    assert "vw-feedback" not in html


def test_after_a_fail_with_attempts_left_only_what_was_chosen_is_explained():
    activity = released_test("single_choice", "true_false", "numeric", "case", attempts=2, shuffle=False)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    attempt = start(enrolment=enrolment, activity=activity)
    save_answer(attempt=attempt, position=1, data=posted(attempt.questions.get(position=1), 1))

    html = client.post(reverse("courses:attempt_hand_in", args=[attempt.uuid]), follow=True).content.decode()

    assert "Nog niet geslaagd" in html
    assert "GEHEIM-FOUT een-b" in html  # why the learner's own choice was not right
    assert not re.search(r"GEHEIM-(GOED|UITLEG|KNOOP|EINDE)|9812[,.]5", html)
    assert "GEHEIM-FOUT een-c" not in html
    assert "Waarom je de goede antwoorden nog niet ziet" in html

    last = start(enrolment=enrolment, activity=activity)
    html = client.post(reverse("courses:attempt_hand_in", args=[last.uuid]), follow=True).content.decode()
    assert "Er is geen poging meer over" in html
    assert all(word in html for word in ("GEHEIM-UITLEG een", "GEHEIM-GOED een", "9812,5"))


def test_a_pass_shows_the_right_answers_of_earlier_attempts_too():
    activity = released_test("true_false", "ordering", pass_mark=50)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    first = hand_in(attempt=start(enrolment=enrolment, activity=activity))
    result = reverse("courses:attempt_result", args=[first.uuid])
    assert "GEHEIM-UITLEG" not in client.get(result).content.decode()

    second = start(enrolment=enrolment, activity=activity)
    assert "GEHEIM-UITLEG" not in client.get(result).content.decode()
    position = second.questions.get(version__type="true_false").position
    save_answer(attempt=second, position=position, data={"antwoord": ["waar"]})
    hand_in(attempt=second)

    assert "GEHEIM-UITLEG waar" in client.get(result).content.decode()


def test_a_case_shows_only_where_the_learner_stands():
    activity = released_test("case")
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    attempt = start(enrolment=enrolment, activity=activity)
    question = attempt.questions.get()
    address = reverse("courses:attempt_question", args=[attempt.uuid, 1])

    assert "GEHEIM" not in client.get(address).content.decode()
    moved = client.post(address, posted(question, [0]), follow=True).content.decode()

    assert "GEHEIM-KNOOP" in moved
    assert "GEHEIM-EINDE" not in moved
    assert "GEHEIM-GOED" not in moved


def test_without_a_script_a_whole_test_goes_by_forms():
    activity = released_test("ordering", "single_choice", shuffle=False)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    begun = client.post(reverse("courses:begin_test", args=[enrolment.uuid, activity.uuid]), follow=True)
    attempt = Attempt.objects.get()
    assert begun.request["PATH_INFO"] == reverse("courses:attempt_question", args=[attempt.uuid, 1])

    first, second = attempt.questions.select_related("version")
    second_line = first.layout["ids"][first.layout["order"][1]]
    here = client.post(begun.request["PATH_INFO"], {"verplaats": f"{second_line}:op"}, follow=True)
    assert here.request["PATH_INFO"] == begun.request["PATH_INFO"]
    shown = re.findall(r'name="volgorde" value="(\w+)"', client.get(begun.request["PATH_INFO"]).content.decode())
    assert shown[0] == second_line

    after = client.post(begun.request["PATH_INFO"], {"volgorde": shown, "naar": "volgende", "later": "1"}, follow=True)
    assert after.request["PATH_INFO"] == reverse("courses:attempt_question", args=[attempt.uuid, 2])
    overview = client.post(after.request["PATH_INFO"], {**posted(second, 0), "naar": "volgende"}, follow=True).content.decode()
    assert "Alle vragen zijn beantwoord" in overview
    assert "Voor later" in overview


def test_a_script_hears_that_an_answer_is_saved_and_at_what_time():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    with time_machine.travel(datetime(2026, 3, 1, 20, 14, tzinfo=UTC), tick=False):
        attempt = start(enrolment=enrolment, activity=activity)
        response = browser(enrolment.learner).post(
            reverse("courses:attempt_question", args=[attempt.uuid, 1]), {"antwoord": "waar"}, headers=SCRIPT
        )

    assert response.json() == {"saved": "Bewaard 21:14", "newer": False}
    assert Answer.objects.get().response is True


def test_an_answer_that_comes_too_late_leads_to_the_result_and_keeps_the_rest():
    activity = released_test("true_false", "single_choice", time_limit=10, pass_mark=50, shuffle=False)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)
    with time_machine.travel(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), tick=False) as clock:
        client.force_login(enrolment.learner)
        attempt = start(enrolment=enrolment, activity=activity)
        client.post(reverse("courses:attempt_question", args=[attempt.uuid, 1]), {"antwoord": "waar"}, headers=SCRIPT)
        clock.shift(timedelta(minutes=11))
        refused = client.post(
            reverse("courses:attempt_question", args=[attempt.uuid, 2]), posted(attempt.questions.get(position=2), 0), headers=SCRIPT
        )

    assert refused.status_code == 409
    assert refused.json()["address"] == reverse("courses:attempt_result", args=[attempt.uuid])
    attempt.refresh_from_db()
    assert (attempt.scaled_score, attempt.submitted_at) == (0.5, datetime(2026, 3, 1, 12, 10, tzinfo=UTC))


def test_practice_checks_in_the_lesson_and_tells_at_once():
    activity = released_test("single_choice", "multiple_choice", mode="practice", shuffle=False)
    enrolment = enrolled(activity)
    client = browser(enrolment.learner)

    lesson = client.get(lesson_of(activity)).content.decode()
    assert "GEHEIM" not in lesson
    assert not Attempt.objects.exists()  # looking stores nothing
    wanted = re.findall(r'name="antwoord" value="(\w+)"', lesson)
    checked = client.post(
        reverse("courses:practise", args=[enrolment.uuid, activity.uuid, 1]),
        {"antwoord": wanted[0], "naar": "nakijken"},
        headers={"HX-Request": "true"},
    ).content.decode()

    assert Answer.objects.get().response == 0  # the ids of the page that stored nothing still hold
    assert "GEHEIM-GOED een" in checked
    assert "meer-a" not in checked
    back = client.post(
        reverse("courses:practise", args=[enrolment.uuid, activity.uuid, 2]), {"antwoord": wanted[3:5], "naar": "nakijken"}, follow=True
    ).content.decode()
    assert "Je hebt alles geoefend" in back
    assert "2 van de 2 punten" in back
    again = client.post(reverse("courses:practise_again", args=[enrolment.uuid, activity.uuid]), follow=True).content.decode()
    assert "GEHEIM" not in again
    assert Attempt.objects.count() == 2


def test_a_visitor_without_enrolment_reads_the_questions_but_no_answers():
    activity = released_test("single_choice", mode="practice")

    html = Client().get(lesson_of(activity)).content.decode()

    assert "Wie spreekt over terugkeer" in html
    assert "GEHEIM" not in html
    assert '<form method="post" action="/leren/oefenen' not in html


@pytest.mark.parametrize("name", ["attempt", "attempt_overview", "attempt_result"])
def test_the_attempts_of_others_do_not_exist(name):
    activity = released_test("true_false")
    attempt = start(enrolment=enrolled(activity), activity=activity)
    address = reverse(f"courses:{name}", args=[attempt.uuid])

    assert browser(UserFactory()).get(address).status_code == 404
    assert browser(UserFactory(is_superuser=True)).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert browser(attempt.enrolment.learner).get(address, follow=True).status_code == 200


def test_nobody_answers_hands_in_or_begins_for_another():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    attempt = start(enrolment=enrolment, activity=activity)
    practice = released_test("true_false", mode="practice")
    theirs = enrolled(practice)
    other = browser(UserFactory())

    assert other.post(reverse("courses:attempt_question", args=[attempt.uuid, 1]), {"antwoord": "waar"}).status_code == 404
    assert other.post(reverse("courses:attempt_hand_in", args=[attempt.uuid])).status_code == 404
    assert other.post(reverse("courses:begin_test", args=[enrolment.uuid, activity.uuid])).status_code == 404
    assert other.post(reverse("courses:practise", args=[theirs.uuid, practice.uuid, 1]), {"antwoord": "waar"}).status_code == 404
    assert other.post(reverse("courses:practise_again", args=[theirs.uuid, practice.uuid])).status_code == 404
    assert not Answer.objects.exists()


def test_a_test_cannot_be_checked_question_by_question():
    activity = released_test("true_false")
    enrolment = enrolled(activity)
    start(enrolment=enrolment, activity=activity)
    client = browser(enrolment.learner)

    assert client.post(reverse("courses:practise", args=[enrolment.uuid, activity.uuid, 1]), {"antwoord": "waar"}).status_code == 404


def waiting_answer(**learner):
    activity = released_test("open", "true_false", shuffle=False)
    enrolment = enrolled(activity, **learner)
    attempt = start(enrolment=enrolment, activity=activity)
    save_answer(attempt=attempt, position=1, data={"antwoord": ["Ik vraag wat het werk is."]})
    save_answer(attempt=attempt, position=2, data={"antwoord": ["waar"]})
    return Answer.objects.get(question__attempt=hand_in(attempt=attempt), question__position=1)


def test_an_open_answer_waits_for_a_teacher_and_their_mark_makes_the_result():
    answer = waiting_answer()
    attempt = answer.question.attempt
    teacher = MembershipFactory(organisation=attempt.enrolment.course.organisation, role=Role.TEACHER).user
    learner, marker = browser(attempt.enrolment.learner), browser(teacher)
    assert "je docent kijkt na" in learner.get(reverse("courses:attempt_result", args=[attempt.uuid])).content.decode()
    assert not Statement.objects.filter(verb_digest__in=[digest(adl.PASSED), digest(adl.FAILED)]).exists()
    assert str(attempt.enrolment.learner) in marker.get(reverse("courses:open_answers")).content.decode()

    page = marker.get(reverse("courses:judge_open_answer", args=[answer.pk])).content.decode()
    assert "GEHEIM-MODEL" in page
    too_many = marker.post(reverse("courses:judge_open_answer", args=[answer.pk]), {"points": "2", "feedback": "Mooi"}).content.decode()
    assert "Het hoogste aantal punten voor deze vraag is 1." in too_many
    assert "Mooi" in too_many
    marker.post(reverse("courses:judge_open_answer", args=[answer.pk]), {"points": "0,5", "feedback": "Noem ook de taken."})

    attempt.refresh_from_db()
    assert (attempt.scaled_score, attempt.passed) == (0.75, True)
    assert Statement.objects.with_verb(adl.PASSED).count() == 1
    assert AuditEvent.objects.filter(event="open-answer-read", dossier_owner=attempt.enrolment.learner, actor=teacher).count() == 1
    assert "Noem ook de taken." in learner.get(reverse("courses:attempt_result", args=[attempt.uuid])).content.decode()
    marker.post(reverse("courses:judge_open_answer", args=[answer.pk]), {"points": "0"})
    attempt.refresh_from_db()
    assert attempt.scaled_score == 0.75  # a result that stands does not change


def test_only_those_who_judge_for_this_organisation_see_open_answers_and_never_their_own():
    answer = waiting_answer()
    organisation = answer.question.attempt.enrolment.course.organisation
    addresses = [reverse("courses:open_answers"), reverse("courses:judge_open_answer", args=[answer.pk])]
    author = MembershipFactory(organisation=organisation, role=Role.AUTHOR).user
    elsewhere = MembershipFactory(role=Role.TEACHER).user
    learner = answer.question.attempt.enrolment.learner

    assert [browser(author).get(address).status_code for address in addresses] == [403, 403]
    assert [browser(elsewhere).get(address).status_code for address in addresses] == [200, 404]
    assert [Client().get(address).status_code for address in addresses] == [302, 302]
    MembershipFactory(user=learner, organisation=organisation, role=Role.TEACHER)
    assert [browser(learner).get(address).status_code for address in addresses] == [200, 404]
    assert "Alles is nagekeken" in browser(learner).get(addresses[0]).content.decode()


def test_the_queue_asks_the_database_as_often_for_three_answers_as_for_one(django_assert_max_num_queries):
    first = waiting_answer()
    organisation = first.question.attempt.enrolment.course.organisation
    client = browser(MembershipFactory(organisation=organisation, role=Role.TEACHER).user)
    with django_assert_max_num_queries(60) as one:
        client.get(reverse("courses:open_answers"))
    for _number in range(2):
        course = waiting_answer().question.attempt.enrolment.course
        course.organisation = organisation
        course.save()
    with django_assert_max_num_queries(len(one.captured_queries)):
        assert client.get(reverse("courses:open_answers")).content.decode().count("vw-test__row") == 3
