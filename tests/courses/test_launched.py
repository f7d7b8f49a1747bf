"""An exercise on another site: started from a lesson, and writing in the record by itself, as cmi5 content does."""

import html
import json
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.enrolment import withdraw
from courses.iris import part_iri
from courses.launched.kind import LaunchKind
from courses.launched.starting import StartRefused, start
from courses.models import ActivityProgress, CourseProgress, Enrolment
from lrs.models import Source, Statement
from lrs.profiles import adl, cmi5
from tests.factories.accounts import UserFactory
from tests.factories.courses import EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db
SIMULATOR = "https://simulator.example/intake?taal=nl"


@pytest.fixture(autouse=True)
def _only_progress(settings):
    settings.LRS_PROJECTIONS = ["courses.progress.project"]


def an_enrolment(address: str = SIMULATOR, *, rule: str = "answered", **fields: Any) -> Enrolment:
    needed: Any = {"activity": "intake", "at_least": 70} if rule == "passed" else "intake"
    exercise = {"key": "intake", "kind": "launch", "minutes": 20, "settings": {"address": address}}
    return EnrolmentFactory(release=released_course(lessons=1, activities=[exercise], completion={"all_of": [{rule: needed}]}), **fields)


def asked(enrolment: Enrolment) -> Any:
    return enrolment.release.activities.get()


def page_of(enrolment: Enrolment) -> str:
    return reverse("launched:start", args=[asked(enrolment).uuid])


def started(enrolment: Enrolment) -> str:
    """The address on the button of the page that a learner gets."""
    client = Client()
    client.force_login(enrolment.learner)
    assert "Start de oefening" in client.get(f"/cursus/{enrolment.course.slug}/les-1/").content.decode()
    answer = client.post(page_of(enrolment))
    assert "no-store" in answer.headers["Cache-Control"]
    [address] = re.findall(r'class="vw-button vw-button--primary" href="([^"]+)"', answer.content.decode())
    return html.unescape(address)


class Simulator:
    """What stands at the other side: it knows nothing but the address by which it was opened, and has no session with us."""

    def __init__(self, address: str) -> None:
        self.address = urlsplit(address)
        self.told = {name: values[0] for name, values in parse_qs(self.address.query).items()}
        self.actor = json.loads(self.told["actor"])
        self.client = Client(headers={"Origin": "https://simulator.example", "X-Experience-API-Version": "1.0.3"})

    def fetch(self) -> dict[str, str]:
        parts = urlsplit(self.told["fetch"])
        answer = self.client.post(f"{parts.path}?{parts.query}")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        told: dict[str, str] = answer.json()
        if "auth-token" in told:
            self.client.defaults["HTTP_AUTHORIZATION"] = f"Basic {told['auth-token']}"
        return told

    def launch_data(self) -> Any:
        about = {"activityId": self.told["activityId"], "registration": self.told["registration"], "agent": self.told["actor"]}
        return self.client.get(self._at("activities/state"), {**about, "stateId": "LMS.LaunchData"}).json()

    def say(self, verb: str, *, about: str = "", **parts: Any) -> int:
        statement = {
            "id": str(uuid.uuid4()),
            "actor": self.actor,
            "verb": {"id": verb},
            "object": {"id": about or self.told["activityId"]},
            "context": {**self.launch_data()["contextTemplate"], "registration": self.told["registration"]},
            **parts,
        }
        return int(self.client.post(self._at("statements"), statement, content_type="application/json").status_code)

    def _at(self, resource: str) -> str:
        return urlsplit(self.told["endpoint"] + resource).path


def test_an_exercise_elsewhere_reports_what_its_learner_did():
    enrolment = an_enrolment()

    simulator = Simulator(started(enrolment))

    assert (simulator.address.netloc, simulator.told["taal"]) == ("simulator.example", "nl")
    assert (simulator.told["registration"], simulator.told["activityId"]) == (
        str(enrolment.uuid),
        part_iri(enrolment.course.uuid, asked(enrolment).uuid),
    )
    for known in (enrolment.learner.last_name, enrolment.learner.email):
        assert known
        assert known not in simulator.address.query
    assert "auth-token" in simulator.fetch()
    assert simulator.fetch()["error-code"] == "1", "who finds the address later gets nothing with it"
    assert simulator.launch_data()["returnURL"].endswith(f"/cursus/{enrolment.course.slug}/les-1/#activity-{asked(enrolment).uuid}")
    assert simulator.say(adl.INITIALIZED) == 200
    assert not ActivityProgress.objects.exists()
    assert simulator.say(adl.COMPLETED, result={"score": {"scaled": 0.9}, "completion": True}) == 200
    assert simulator.say(adl.TERMINATED) == 200

    done = ActivityProgress.objects.get()
    assert (done.answered_at is not None, done.best_score, done.reported_score) == (True, None, 0.9)
    assert CourseProgress.objects.get().satisfied_at is not None
    of_course = Statement.objects.filter(registration=enrolment.uuid).order_by("sequence")
    told, *said = [one for one in of_course if one.activity == simulator.told["activityId"]]
    assert (told.verb, told.source) == (adl.LAUNCHED, Source.SERVER)
    assert [one.verb for one in said] == [adl.INITIALIZED, adl.COMPLETED, adl.TERMINATED]
    assert {one.source for one in said} == {Source.LEARNER_SESSION}
    sessions = {one.document["context"]["extensions"][cmi5.SESSION_ID] for one in (told, *said)}
    assert len(sessions) == 1, "what belongs to one start can be told from the next"
    assert told.document["context"]["extensions"] == {
        cmi5.SESSION_ID: sessions.pop(),
        cmi5.LAUNCH_MODE: "Normal",
        cmi5.MOVE_ON: "NotApplicable",
        cmi5.LAUNCH_URL: SIMULATOR,
    }
    learner = Client()
    learner.force_login(enrolment.learner)
    assert "Doe de oefening nog eens" in learner.get(f"/cursus/{enrolment.course.slug}/les-1/").content.decode()


def test_an_exercise_elsewhere_passes_nobody_and_says_nothing_of_the_rest_of_the_course():
    enrolment = an_enrolment(rule="passed")
    simulator = Simulator(started(enrolment))
    simulator.fetch()

    assert simulator.say(adl.PASSED, result={"score": {"scaled": 1}, "success": True}) == 200
    assert ActivityProgress.objects.get().answered_at is not None, "that it was done is believed"
    assert CourseProgress.objects.get().satisfied_at is None

    lesson = part_iri(enrolment.course.uuid, asked(enrolment).lesson.uuid)
    assert simulator.say(adl.COMPLETED, about=lesson) == 403
    other = an_enrolment()
    assert simulator.say(adl.COMPLETED, about=part_iri(other.course.uuid, asked(other).uuid)) == 403

    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert simulator.client.get("/xapi/1.0.3/statements").status_code == 401


def test_only_who_follows_the_course_starts_it(client):
    enrolment = an_enrolment()
    assert client.post(page_of(enrolment)).status_code == 302, "who is not logged in logs in first"
    client.force_login(UserFactory())
    assert client.post(page_of(enrolment)).status_code == 404
    client.force_login(enrolment.learner)
    assert client.get(page_of(enrolment)).headers["Location"].endswith(f"#activity-{asked(enrolment).uuid}"), "looking starts nothing"
    assert not Statement.objects.exists()
    assert client.post(page_of(enrolment)).status_code == 200
    enrolment.withdrawn_at = timezone.now()
    enrolment.save()
    assert client.post(page_of(enrolment)).status_code == 404
    with pytest.raises(StartRefused):
        start(enrolment=enrolment, activity=asked(enrolment))


def test_who_logs_out_leaves_no_exercise_open_for_the_next_one(client):
    enrolment = an_enrolment()
    simulator = Simulator(started(enrolment))
    simulator.fetch()
    other = Simulator(started(an_enrolment()))
    other.fetch()
    assert simulator.say(adl.INITIALIZED) == 200

    client.force_login(enrolment.learner)
    client.post(reverse("account_logout"))

    assert simulator.client.get("/xapi/1.0.3/statements").status_code == 401
    assert other.say(adl.INITIALIZED) == 200


def test_who_leaves_the_course_leaves_its_exercises_and_no_others():
    enrolment = an_enrolment()
    simulator = Simulator(started(enrolment))
    simulator.fetch()
    other = Simulator(started(an_enrolment(learner=enrolment.learner)))
    other.fetch()
    assert simulator.say(adl.INITIALIZED) == 200

    withdraw(enrolment=enrolment)

    assert simulator.client.get("/xapi/1.0.3/statements").status_code == 401
    assert other.say(adl.INITIALIZED) == 200


@pytest.mark.parametrize(
    "address", ["", "http://simulator.example/", "https:///x", "https://x@kwaad.example/", "javascript:alert(1)", "https://[/"]
)
def test_nobody_is_sent_to_an_address_that_is_not_safe(client, address):
    enrolment = an_enrolment(address)
    client.force_login(enrolment.learner)

    answer = client.post(page_of(enrolment), follow=True)

    assert "Deze oefening kan niet worden gestart" in answer.content.decode()
    assert not Statement.objects.with_verb(adl.LAUNCHED).exists()
    assert LaunchKind().problems({"address": address}, course=enrolment.course)
    assert LaunchKind().problems({"address": SIMULATOR}, course=enrolment.course) == []
