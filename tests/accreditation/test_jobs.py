import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, Role
from accounts.permissions import Action
from accreditation import jobs
from accreditation.jobs import JobStopped, Kind
from accreditation.models import Job
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process is gone: nothing catches it."""


WORDS: dict[str, object] = {}


def step(job: Job) -> bool:
    """Writes one organisation in each piece; fails, dies or refuses where a test says so."""
    number = job.cursor.get("number", 0) + 1
    Organisation.objects.create(name=f"Stuk {number}", slug=f"stuk-{number}")
    failing = WORDS.get("fail_at") == number
    if failing:
        raise WORDS["with"]
    job.cursor, job.done = {"number": number}, number
    job.result = {"text": f"{number} stukken gemaakt."}
    return number < job.parameters["pieces"]


@pytest.fixture(autouse=True)
def _kind(monkeypatch):
    WORDS.clear()
    monkeypatch.setitem(jobs.KINDS, "pieces", Kind(f"{__name__}.step", "Stukken maken", Action.MANAGE_ACCREDITATION))


@pytest.fixture
def organisation():
    return OrganisationFactory(name="Aanbieder")


@pytest.fixture
def by_hand(monkeypatch):
    """A queue that loses everything, so that a test decides when a worker comes by."""
    monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *args, **kwargs: None)


def ordered(organisation, *, pieces=3):
    return jobs.start(
        kind="pieces", about="voor de proef", asked_by=None, organisation=organisation, parameters={"pieces": pieces}, total=pieces
    )


def made():
    return sorted(Organisation.objects.filter(slug__startswith="stuk-").values_list("slug", flat=True))


def test_work_is_done_in_pieces_to_the_end(organisation):
    job = ordered(organisation)

    job.refresh_from_db()
    assert (job.state, job.done, job.result["text"], job.claim) == (Job.State.DONE, 3, "3 stukken gemaakt.", None)
    assert jobs.title_of(job) == "Stukken maken: voor de proef"
    assert made() == ["stuk-1", "stuk-2", "stuk-3"]


def test_work_of_a_transaction_that_failed_never_begins(organisation):
    with transaction.atomic():
        ordered(organisation)
        transaction.set_rollback(True)

    assert not Job.objects.exists()
    assert made() == []


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_a_worker_that_dies_in_a_piece_leaves_it_to_the_next_whole(organisation, by_hand, piece):
    job = ordered(organisation)
    WORDS.update({"fail_at": piece, "with": Killed()})
    with pytest.raises(Killed):
        jobs.run(job.pk)
    assert made() == [f"stuk-{number}" for number in range(1, piece)]  # the piece it died in left nothing
    WORDS.clear()

    assert jobs.run(job.pk) is False  # the dead worker's claim still stands
    assert len(made()) == piece - 1
    with time_machine.travel(timezone.now() + jobs.LEASE + timedelta(seconds=1)):
        jobs.run(job.pk)

    assert made() == ["stuk-1", "stuk-2", "stuk-3"]
    assert Job.objects.get().state == Job.State.DONE


def test_what_a_crash_left_is_taken_up_by_catch_up(organisation, monkeypatch):
    job = Job.objects.create(kind="pieces", organisation=organisation, parameters={"pieces": 2}, cursor={"number": 1}, done=1)
    claimed = timezone.now() + timedelta(seconds=30)
    Job.objects.update(asked_at=timezone.now() - timedelta(hours=1), state="running", claim=uuid.uuid4(), claimed_until=claimed)

    call_command("catch_up")
    assert made() == []  # somebody may still be at work on it
    Job.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    call_command("catch_up")

    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.DONE, 2)
    assert made() == ["stuk-2"]


def test_an_error_is_told_without_its_words_and_tried_again_later(organisation, by_hand):
    job = ordered(organisation)
    WORDS.update({"fail_at": 2, "with": ValueError("mevrouw Geheim")})
    jobs.run(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert "ValueError" in job.problem
    assert "Geheim" not in job.problem
    assert jobs.run(job.pk) is False  # not before its time
    assert made() == ["stuk-1"]
    WORDS.clear()
    with time_machine.travel(job.next_try_at + timedelta(seconds=1)):
        jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.problem) == (Job.State.DONE, "")


def test_after_many_tries_it_waits_for_a_person(organisation, by_hand):
    job = ordered(organisation)
    WORDS.update({"fail_at": 2, "with": ValueError()})
    for _attempt in range(len(jobs.RETRY_AFTER) + 1):
        Job.objects.update(next_try_at=None)
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    WORDS.clear()

    jobs.go_on(job)
    jobs.run(job.pk)

    assert made() == ["stuk-1", "stuk-2", "stuk-3"]


def test_a_step_that_cannot_go_on_says_why_at_once(organisation):
    WORDS.update({"fail_at": 2, "with": JobStopped("De accreditatie is er niet meer. Kies een andere.")})
    job = ordered(organisation)

    job.refresh_from_db()
    assert (job.state, job.problem) == (Job.State.FAILED, "De accreditatie is er niet meer. Kies een andere.")


def test_a_stopped_job_does_nothing_more_and_goes_on_where_it_was(organisation, by_hand):
    job = ordered(organisation)
    jobs.run(job.pk, seconds=0.000001)
    assert made() == ["stuk-1"]

    jobs.stop(job)
    assert jobs.run(job.pk) is False
    assert made() == ["stuk-1"]
    jobs.go_on(job)
    jobs.run(job.pk)

    assert made() == ["stuk-1", "stuk-2", "stuk-3"]


def test_the_page_shows_how_far_it_is_and_looks_again_until_it_is_done(client, organisation, by_hand):
    client.force_login(MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user)
    job = ordered(organisation, pieces=10_000)
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        Job.objects.update(done=2500, state="running", started_at=timezone.now() - timedelta(minutes=1))
        page = client.get(reverse("accreditation:job", args=[job.pk])).content.decode()
    assert "2.500 van 10.000 klaar" in page
    assert "nog ongeveer 3 minuten" in page
    assert 'hx-trigger="every 2s"' in page

    client.post(reverse("accreditation:stop_job", args=[job.pk]))
    page = client.get(reverse("accreditation:job", args=[job.pk])).content.decode()

    assert "De taak is gestopt" in page
    assert "hx-trigger" not in page.split('id="stand"')[1]
    assert AuditEvent.objects.filter(event="job-stopped", on_behalf_of=organisation).exists()


def test_the_list_asks_no_more_for_three_jobs_than_for_one(client, organisation, by_hand):
    client.force_login(MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user)
    address = reverse("accreditation:jobs")
    counts = []
    for _number in range(2):
        Job.objects.create(kind="pieces", organisation=organisation, asked_by=UserFactory())
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_jobs_of_another_organisation_do_not_exist(client, organisation, by_hand):
    job = ordered(organisation)
    client.force_login(MembershipFactory(role=Role.ACCREDITATION_ADMIN).user)

    assert client.get(reverse("accreditation:job", args=[job.pk])).status_code == 404
    assert client.post(reverse("accreditation:stop_job", args=[job.pk])).status_code == 404
    assert client.get(reverse("accreditation:jobs")).context["rows"] == []
    job.refresh_from_db()
    assert job.state == Job.State.WAITING
