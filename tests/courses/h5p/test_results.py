"""What a browser may report, and what no console can forge."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.h5p.embed import content_iri
from courses.iris import part_iri
from courses.models import ActivityProgress, CourseProgress, H5PState
from lrs.actors import actor_of
from lrs.models import Source, Statement
from tests.factories.accounts import UserFactory
from tests.factories.courses import EnrolmentFactory, released_course
from tests.factories.h5p import package

pytestmark = pytest.mark.django_db
ADL = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def version(upload):
    return upload(package())


@pytest.fixture
def enrolment(version):
    release = released_course(
        activities=[{"key": "oefening", "kind": "h5p", "settings": {"version": version.pk}}],
        completion={"all_of": [{"answered": "oefening"}]},
    )
    return EnrolmentFactory(release=release)


@pytest.fixture
def activity(enrolment):
    return enrolment.release.activities.get()


@pytest.fixture
def report(client, enrolment, activity, version):
    """Send a report as the browser of this learner does; answers the response."""
    client.force_login(enrolment.learner)

    def report(verb="answered", *, name=None, result=None, definition=None, report_id=None, **statement):
        thing = {"objectType": "Activity", "id": name or content_iri(version), "definition": definition or {}}
        body = {
            "id": str(report_id or uuid.uuid4()),
            "statement": {
                "verb": {"id": verb if verb.startswith("http") else ADL + verb},
                "object": thing,
                **({"result": result} if result is not None else {}),
                **statement,
            },
        }
        return client.post(
            reverse("courses:h5p:statements", args=[enrolment.uuid, activity.uuid]), json.dumps(body), content_type="application/json"
        )

    return report


def only_report():
    """The one statement that came from the learner's browser; completing the course adds one of the server."""
    return Statement.objects.exclude(source=Source.SERVER).get()


def test_an_answer_is_recorded_as_the_learners_own_browser_says_and_counts_as_done(report, enrolment, activity):
    response = report(
        result={
            "score": {"raw": 3, "min": 0, "max": 4, "scaled": 0.1},
            "completion": True,
            "success": False,
            "duration": "PT12.3S",
            "response": "a[,]b",
        }
    )

    assert response.status_code == 200
    assert response.json()["saved"] == timezone.localtime().strftime("%H:%M")
    statement = only_report()
    assert statement.source == Source.LEARNER_SESSION
    assert statement.document["actor"] == actor_of(enrolment.learner.pseudonym)
    assert statement.document["object"]["id"] == part_iri(enrolment.course.uuid, activity.uuid)
    assert statement.document["context"]["registration"] == str(enrolment.uuid)
    assert statement.document["result"] == {
        "completion": True,
        "success": False,
        "duration": "PT12.3S",
        "response": "a[,]b",
        "score": {"raw": 3, "min": 0, "max": 4, "scaled": 0.75},
    }
    progress = ActivityProgress.objects.get(activity=activity.uuid)
    assert (progress.best_score, progress.reported_score) == (None, 0.75)
    assert progress.answered_at
    assert CourseProgress.objects.get().satisfied_at


def test_an_essay_is_recorded_without_its_words(report):
    report(result={"completion": True, "response": "Mijn naam is Jan"}, definition={"interactionType": "long-fill-in"})

    assert only_report().document["result"] == {"completion": True}
    assert "Jan" not in only_report().exact


def test_part_of_the_content_is_recorded_on_its_own_and_completes_nothing(report, version, enrolment, activity):
    sub = str(uuid.uuid4())
    definition = {
        "interactionType": "choice",
        "choices": [{"id": "0", "description": {"nl-NL": "Ja"}}, {"id": "0"}, "x"],
        "correctResponsesPattern": ["0"],
        "description": {"en-US": "Vraag", "not a tag": "x"},
        "extensions": {"http://h5p.org/x-api/h5p-subContentId": sub},
    }

    assert report("answered", name=f"{content_iri(version)}?subContentId={sub}", definition=definition).status_code == 200

    statement = only_report().document
    assert statement["object"] == {
        "objectType": "Activity",
        "id": f"{part_iri(enrolment.course.uuid, activity.uuid)}/{sub}",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "choices": [{"id": "0", "description": {"nl-NL": "Ja"}}],
            "correctResponsesPattern": ["0"],
            "description": {"en-US": "Vraag"},
        },
    }
    assert not ActivityProgress.objects.filter(answered_at__isnull=False).exists()


def test_the_actor_registration_and_time_of_the_browser_are_ignored(report, enrolment):
    report(
        actor={"mbox": "mailto:baas@example.org"},
        context={"registration": str(uuid.uuid4()), "instructor": {"mbox": "mailto:x@example.org"}},
        timestamp="2020-01-01T00:00:00Z",
        authority={"mbox": "mailto:x@example.org"},
    )

    document = only_report().document
    assert document["actor"] == actor_of(enrolment.learner.pseudonym)
    assert document["context"]["registration"] == str(enrolment.uuid)
    assert "instructor" not in document["context"]
    assert document["timestamp"] > "2026"


@pytest.mark.parametrize(
    "verb",
    [
        "attended",
        "voided",
        "registered",
        "https://w3id.org/xapi/adl/verbs/satisfied",
        "https://vakwijs.example/xapi/verbs/judged",
        "https://vakwijs.example/xapi/verbs/evaluated",
        "ANSWERED",
        "",
    ],
)
def test_a_verb_that_content_has_no_business_with_is_refused(report, verb):
    response = report(verb, result={"success": True})

    assert (response.status_code, response.json()["error"]) == (400, "verb.id: dit werkwoord kan een oefening niet melden.")
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    "score",
    [
        {"raw": 99, "max": 4}, {"raw": -1, "min": 0, "max": 4}, {"scaled": 99}, {"scaled": -0.5}, {"raw": "4", "max": 4}, {"raw": True, "max": 4}, {"raw": 1e300, "max": 1e301},
        {"raw": 1, "min": 3, "max": 2}, {"max": 0}, "10", [1], {"scaled": {}},
    ],
)  # fmt: skip
def test_a_score_out_of_bounds_is_refused(report, score):
    assert report(result={"score": score}).status_code == 400
    assert not Statement.objects.exists()


def test_a_claimed_pass_is_progress_and_never_a_trusted_score(report, activity):
    report("passed", result={"score": {"scaled": 1}, "success": True})

    progress = ActivityProgress.objects.get(activity=activity.uuid)
    assert (progress.best_score, progress.judged_sufficient_at, progress.attended_at) == (None, None, None)


@pytest.mark.parametrize(
    "name",
    [
        "https://vakwijs.example/xapi/activities/x",
        "http://example.org/",
        "{iri}x",
        "{iri}?x=1",
        "{iri}?subContentId=../x",
        "{iri}?subContentId=" + "a" * 65,
        3,
    ],
)
def test_a_statement_about_something_else_is_refused(report, version, name):
    response = report(name=name.replace("{iri}", content_iri(version)) if isinstance(name, str) else name)

    assert response.status_code == 400
    assert not Statement.objects.exists()


def test_an_exercise_without_points_is_recorded_without_a_score(report):
    assert report("completed", result={"score": {"raw": 0, "min": 0, "max": 0}}).status_code == 200
    assert "result" not in only_report().document


def test_sending_again_after_a_lost_connection_records_once(report):
    report_id = uuid.uuid4()
    for _ in range(2):
        assert report(result={"score": {"scaled": 1}}, report_id=report_id).status_code == 200

    assert Statement.objects.with_verb(ADL + "answered").count() == 1


def test_opening_is_kept_and_not_called_saved(report):
    answer = report(ADL + "attempted").json()

    assert answer["statement"]
    assert answer["saved"] == ""


@pytest.mark.parametrize(
    "verb", [ADL + "interacted", ADL + "exited", ADL + "accessed-copyright", "https://w3id.org/xapi/video/verbs/played"]
)
def test_every_touch_is_taken_but_not_kept(report, verb):
    assert report(verb).json() == {"statement": None, "saved": ""}
    assert not Statement.objects.exists()


def test_what_a_part_without_a_name_says_while_a_film_plays_is_taken_too(report):
    assert report("https://w3id.org/xapi/video/verbs/paused", name="https://video.example/1").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "null",
        '{"id": "x", "statement": {}}',
        '{"statement": {"verb": 3}}',
        '{"id": "0e9a3b5e-6a68-4d0c-8f0f-0d2b1f6a5c11", "statement": {"verb": {"id": []}, "object": []}}',
    ],
)
def test_nonsense_is_refused(client, report, enrolment, activity, body):
    response = client.post(reverse("courses:h5p:statements", args=[enrolment.uuid, activity.uuid]), body, content_type="application/json")

    assert response.status_code == 400


def test_a_flood_is_stopped(report, monkeypatch):
    monkeypatch.setattr("courses.h5p.results.PER_HOUR", 2)

    assert [report("progressed").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("address", ["courses:h5p:statements", "courses:h5p:state"])
def test_only_the_learner_reaches_an_enrolment(client, enrolment, activity, address):
    url = reverse(address, args=[enrolment.uuid, activity.uuid])
    post = {"path": url, "data": "{}", "content_type": "application/json"}

    assert client.post(**post).status_code == 302  # to log in
    client.force_login(UserFactory())
    assert client.post(**post).status_code == 404
    client.force_login(UserFactory(is_superuser=True))
    assert client.post(**post).status_code == 404
    client.force_login(enrolment.learner)
    assert client.post(**post).status_code in {200, 400}


def test_an_activity_of_another_course_or_after_leaving_is_not_there(client, enrolment, activity):
    other = released_course(activities=[{"key": "elders", "kind": "h5p", "settings": activity.settings}]).activities.get()
    client.force_login(enrolment.learner)
    assert client.get(reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid])).status_code == 200

    assert client.get(reverse("courses:h5p:state", args=[enrolment.uuid, other.uuid])).status_code == 404
    enrolment.withdrawn_at = timezone.now()
    enrolment.save()
    assert client.get(reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid])).status_code == 404


def test_reports_need_the_csrf_token(enrolment, activity):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(enrolment.learner)

    assert (
        strict.post(
            reverse("courses:h5p:statements", args=[enrolment.uuid, activity.uuid]), "{}", content_type="application/json"
        ).status_code
        == 403
    )


# --- State --------------------------------------------------------------------------------------------------------


def test_state_is_there_again_for_this_enrolment_on_any_device(client, enrolment, activity):
    client.force_login(enrolment.learner)
    url = reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid])
    sub = str(uuid.uuid4())
    for body in [
        {"sub": "0", "id": "state", "data": '{"a":1}'},
        {"sub": sub, "id": "state", "data": '"x"'},
        {"sub": "0", "id": "state", "data": '{"a":2}'},
    ]:
        assert client.post(url, json.dumps(body), content_type="application/json").json()["saved"]

    response = client.get(url)

    assert response.json() == {"state": {"0": {"state": '{"a":2}'}, sub: {"state": '"x"'}}}
    assert response["Cache-Control"] == "private, no-store"
    assert client.post(url, json.dumps({"sub": sub, "id": "state", "data": None}), content_type="application/json").status_code == 200
    assert client.get(url).json() == {"state": {"0": {"state": '{"a":2}'}}}


def test_state_of_another_version_is_not_handed_to_content_it_does_not_fit(client, enrolment, activity, upload, version):
    client.force_login(enrolment.learner)
    url = reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid])
    H5PState.objects.create(enrolment=enrolment, activity=activity.uuid, version=version, data="1")
    assert client.get(url).json() == {"state": {"0": {"state": "1"}}}

    H5PState.objects.update(version=upload(package(params={"text": "nieuw"}), content=version.content))

    assert client.get(url).json() == {"state": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"sub": "../x"},
        {"id": "a b"},
        {"data": "geen json"},
        {"data": 3},
        {"data": '"' + "x" * 2000 + '"'},
        {"data": "[" * 100_000},
        {"data": '"\x00"'},
    ],
)
def test_a_state_that_cannot_be_kept_is_refused(client, enrolment, activity, settings, body):
    settings.H5P_STATE_BYTES = 1000
    client.force_login(enrolment.learner)

    response = client.post(
        reverse("courses:h5p:state", args=[enrolment.uuid, activity.uuid]),
        json.dumps({"sub": "0", "id": "state", "data": "1"} | body),
        content_type="application/json",
    )

    assert response.status_code == 400
    assert not H5PState.objects.exists()
