from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import reverse

from accounts.models import AuditEvent, Role
from accreditation import certificate_pdf, certificate_seal, certificates, jobs, points
from accreditation.bulk import running
from accreditation.bulk.running import BulkRefused, choose, confirm, undo
from accreditation.models import BulkAction, BulkRow, Certificate, CertificateEvent, Job, PointAward, RegisterConnection, Report
from tests.accreditation.racing import at_once
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory
from tests.factories.accreditation import accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _plain_pdfs(monkeypatch):
    """A PDF is a line of text here: these tests are about how many there are, not what they look like."""
    monkeypatch.setattr(certificate_pdf, "render", lambda snapshot, *, number, **said: f"PDF {number}".encode())
    monkeypatch.setattr(certificate_seal, "seal", lambda content: content + b" sealed")


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def register():
    return RegisterFactory(name="Kwaliteitsregister V&V")


@pytest.fixture
def release(organisation):
    return released_course(course=CourseFactory(organisation=organisation))


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


def completions(release, register, count, *, in_register=True):
    made = []
    for _number in range(count):
        enrolment = EnrolmentFactory(release=release)
        if in_register:
            RegisterEntryFactory(user=enrolment.learner, register=register)
        satisfy(enrolment, at=datetime(2026, 6, 1, 12, tzinfo=UTC))
        made.append(Certificate.objects.get(enrolment=enrolment))
    return made


def done(kind, manager, rows, **more):
    action, _job = choose(kind=kind, by=manager, rows=[row.pk for row in rows])
    confirm(action=action, by=manager, reason="Een fout in de lijst", **more)
    action.refresh_from_db()
    return action


def texts(action, *, included):
    return [row.text for row in action.rows.filter(included=included)]


def totals():
    """The points that stand, per learner."""
    found: dict[int, Decimal] = {}
    for award in PointAward.objects.all():
        found[award.learner_id] = found.get(award.learner_id, Decimal(0)) + award.points
    return found


def test_the_preview_says_who_takes_part_and_who_does_not_and_changes_nothing(release, register, manager):
    accredited(release=release, register=register)
    valid, gone = completions(release, register, 2)
    certificates.revoke(certificate=gone, reason="Eerder", actor=manager)
    before = (Certificate.objects.count(), CertificateEvent.objects.count(), PointAward.objects.count())

    action, _job = choose(kind="revoke", by=manager, rows=[valid.pk, gone.pk])

    assert texts(action, included=True) == ["Wordt ingetrokken; 4 punten draaien terug als je dat kiest."]
    assert texts(action, included=False) == ["Is al ingetrokken."]
    assert (Certificate.objects.count(), CertificateEvent.objects.count(), PointAward.objects.count()) == before


def test_revoking_many_takes_their_points_and_undoing_gives_a_new_certificate_and_the_same_points(release, register, manager):
    accredited(release=release, register=register)
    chosen = completions(release, register, 3)
    before = totals()

    action = done("revoke", manager, chosen)
    assert {certificates.state(row) for row in Certificate.objects.all()} == {Certificate.State.REVOKED}
    assert set(totals().values()) == {Decimal(0)}
    undo(action=action, by=manager, reason="Toch goed")

    assert totals() == before
    newest = Certificate.objects.filter(replaced_by=None)
    assert [certificates.state(row) for row in newest] == [Certificate.State.VALID] * 3
    assert all(row.snapshot["lines"][0]["credited"] for row in newest)
    assert CertificateEvent.objects.filter(kind="revoked").count() == 3  # what happened stays to be seen
    assert PointAward.objects.count() == 9  # award, reversal, restored
    reasons = set(PointAward.objects.values_list("reason", flat=True))
    assert reasons == {"", "Een fout in de lijst", "Het certificaat is opnieuw uitgegeven."}  # what the participant reads


def test_what_somebody_changed_afterwards_is_not_undone(release, register, manager):
    accredited(release=release, register=register)
    first, second = completions(release, register, 2)
    action = done("reissue", manager, [first, second])
    later = Certificate.objects.get(replaces=first)
    certificates.revoke(certificate=later, reason="Iets anders", actor=manager)

    undo(action=action, by=manager, reason="Toch niet")

    problems = {row.certificate_id: row.undo_problem for row in action.rows.all()}
    assert problems == {first.pk: "Dit certificaat is intussen ingetrokken.", second.pk: ""}
    assert certificates.state(later) == Certificate.State.REVOKED


def test_undoing_a_reissue_says_again_what_the_old_certificate_said(release, register, manager):
    [certificate] = completions(release, register, 1)
    certificate.learner.last_name = "Nieuwe naam"
    certificate.learner.save()
    action = done("reissue", manager, [certificate])
    assert Certificate.objects.get(replaces=certificate).snapshot["name"] == str(certificate.learner)

    undo(action=action, by=manager, reason="De naam was goed")

    assert Certificate.objects.get(replaced_by=None).snapshot == certificate.snapshot


def test_why_many_are_left_out_is_told_to_the_administrator_once_with_their_number(client, release, register, manager):
    unable = completions(release, register, 2, in_register=False)
    accredited(release=release, register=register)
    action, _job = choose(kind="award", by=manager, rows=[row.pk for row in unable])
    client.force_login(manager)

    page = client.get(reverse("accreditation:bulk", args=[action.pk])).content.decode()

    assert "2 keer: Geen nummer in Kwaliteitsregister V&amp;V." in page
    assert "Je nummer" not in page


def test_awarding_many_leaves_out_who_is_in_no_register_and_undo_takes_it_back(release, register, manager):
    [able] = completions(release, register, 1)
    [unable] = completions(release, register, 1, in_register=False)
    accredited(release=release, register=register)
    action, _job = choose(kind="award", by=manager, rows=[able.pk, unable.pk])
    assert texts(action, included=True) == ["Krijgt erbij: 4 Kwaliteitsregister V&V. Het certificaat wordt vervangen."]
    assert "Geen nummer in" in texts(action, included=False)[0]

    confirm(action=action, by=manager, reason="Accreditatie kwam later")
    assert totals() == {able.learner_id: Decimal(4)}
    action.refresh_from_db()
    undo(action=action, by=manager, reason="Verkeerde cursus")

    assert totals() == {able.learner_id: Decimal(0)}


def test_correcting_many_and_taking_it_back(release, register, manager):
    accredited(release=release, register=register)
    completions(release, register, 2)
    awards = list(PointAward.objects.all())
    points.undo(award=awards[1], reason="Al eerder", actor=manager)

    action = done("correct", manager, awards, points=Decimal("2.5"))
    assert totals() == {awards[0].learner_id: Decimal("2.5"), awards[1].learner_id: Decimal(0)}
    assert texts(action, included=False) == ["Is al teruggedraaid."]
    undo(action=action, by=manager, reason="Het was toch 4")

    assert totals()[awards[0].learner_id] == Decimal(4)


def test_each_person_reads_in_the_trail_what_was_done_and_why(release, register, manager):
    chosen = completions(release, register, 2)
    done("revoke", manager, chosen)

    events = AuditEvent.objects.filter(event="certificate-revoked")
    assert {event.dossier_owner_id for event in events} == {row.learner_id for row in chosen}
    assert {event.details["reason"] for event in events} == {"Een fout in de lijst"}


def test_nobody_acts_on_what_another_organisation_issued(release, register):
    chosen = completions(release, register, 1)
    stranger = MembershipFactory(role=Role.ACCREDITATION_ADMIN).user

    action, _job = choose(kind="revoke", by=stranger, rows=[chosen[0].pk])

    assert not action.rows.exists()
    with pytest.raises(BulkRefused):
        confirm(action=action, by=stranger, reason="Toch")
    everything, _job = choose(kind="revoke", by=stranger, filters={})
    assert not everything.rows.exists()


def test_everything_that_a_filter_shows_can_be_chosen(release, register, manager, organisation):
    completions(release, register, 2)
    other = released_course(course=CourseFactory(organisation=organisation))
    [elsewhere] = completions(other, register, 1)

    action, _job = choose(kind="reissue", by=manager, filters={"cursus": str(other.course_id)})
    assert [row.certificate_id for row in action.rows.all()] == [elsewhere.pk]
    none, _job = choose(kind="reissue", by=manager, filters={"accreditatie": "999999"})
    assert not none.rows.exists()


def test_it_is_confirmed_once_by_who_chose_and_undone_once(release, register, manager, organisation):
    chosen = completions(release, register, 1)
    action, _job = choose(kind="reissue", by=manager, rows=[chosen[0].pk])
    colleague = MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user
    with pytest.raises(BulkRefused, match="Alleen wie deze keuze maakte"):
        confirm(action=action, by=colleague, reason="Ja")
    with pytest.raises(BulkRefused, match="Schrijf op waarom"):
        confirm(action=action, by=manager, reason=" ")
    confirm(action=action, by=manager, reason="Ja")
    with pytest.raises(BulkRefused, match="al bevestigd"):
        confirm(action=action, by=manager, reason="Ja")
    undo(action=action, by=colleague, reason="Nee")
    with pytest.raises(BulkRefused, match="niet \\(meer\\) ongedaan"):
        undo(action=action, by=manager, reason="Nee")

    assert Certificate.objects.count() == 3


def test_who_no_longer_manages_an_organisation_neither_sees_nor_undoes_what_they_did_there(
    client, release, register, manager, organisation
):
    action = done("reissue", manager, completions(release, register, 1))
    MembershipFactory(user=manager, role=Role.ACCREDITATION_ADMIN)
    client.force_login(manager)
    assert client.get(reverse("accreditation:bulk", args=[action.pk])).status_code == 200
    manager.memberships.filter(organisation=organisation).delete()

    assert client.get(reverse("accreditation:bulk", args=[action.pk])).status_code == 404
    assert client.post(reverse("accreditation:bulk_undo", args=[action.pk]), {"ongedaan-reason": "Terug"}).status_code == 404


# --- On the page --------------------------------------------------------------------------------------------------------


def test_an_administrator_chooses_looks_confirms_and_takes_back(client, release, register, manager):
    chosen = completions(release, register, 2)
    client.force_login(manager)
    table = client.get(reverse("accreditation:results")).content.decode()
    assert "Certificaten intrekken" in table

    preview = client.post(reverse("accreditation:bulk_begin"), {"actie": "revoke", "rij": [row.pk for row in chosen]}, follow=True)
    page = preview.content.decode()
    assert "2 doen mee" in page
    assert str(chosen[0].learner) in page
    action = BulkAction.objects.get()
    refused = client.post(reverse("accreditation:bulk_confirm", args=[action.pk]), {"reason": ""})
    assert refused.status_code == 422
    client.post(reverse("accreditation:bulk_confirm", args=[action.pk]), {"reason": "Examenfraude", "with_points": "on"})
    assert "Maak dit ongedaan" in client.get(reverse("accreditation:bulk", args=[action.pk])).content.decode()
    job = client.post(reverse("accreditation:bulk_undo", args=[action.pk]), {"ongedaan-reason": "Vergissing"}, follow=True)

    assert "2 zijn ongedaan gemaakt" in job.content.decode()
    assert Certificate.objects.filter(replaced_by=None).count() == 2


def test_the_page_follows_what_happened_and_leads_to_the_certificate_that_stands_now(client, release, register, manager):
    [certificate] = completions(release, register, 1)
    learner = certificate.learner
    learner.last_name = "Andersom"
    learner.save()
    client.force_login(manager)
    client.post(reverse("accreditation:bulk_begin"), {"actie": "reissue", "rij": [certificate.pk]})
    action = BulkAction.objects.get()
    address = reverse("accreditation:bulk", args=[action.pk])

    def page():
        return client.get(address)

    def row():
        return page().context["rows"][0]

    assert (page().context["stage"], row()["told"]) == ("chosen", "Er komt een nieuw certificaat, van wat nu waar is.")
    assert "Alleen voor jou en je collega's" in page().content.decode()
    client.post(reverse("accreditation:bulk_confirm", args=[action.pk]), {"reason": "Interne opmerking een"})
    second = Certificate.objects.get(replaces=certificate)
    assert (page().context["stage"], row()["told"], row()["certificate"]) == ("done", "Vervangen door een nieuw certificaat.", second)
    assert "Er komt een nieuw certificaat, van" not in page().content.decode()
    assert "kan niet worden uitgewist" in page().content.decode()  # how undoing works, before it is asked
    client.post(reverse("accreditation:bulk_undo", args=[action.pk]), {"ongedaan-reason": "Interne opmerking twee"})
    third = Certificate.objects.get(replaces=second)

    assert (page().context["stage"], row()["certificate"], row()["state"]) == ("undone", third, "valid")
    assert row()["told"] == "Er is een nieuw certificaat uitgegeven met wat er vóór deze actie op stond."
    assert third.snapshot == certificate.snapshot
    client.force_login(learner)
    mine = client.get(reverse("accreditation:my_certificates"))
    [completion] = mine.context["rows"]
    assert (completion.newest.certificate, completion.newest.told) == (third, "")
    assert [version.certificate for version in completion.earlier] == [second, certificate]
    assert {version.told.partition(". ")[2] for version in completion.earlier} == {"Anders op het nieuwe certificaat: je naam."}
    assert "Interne opmerking" not in mine.content.decode()
    for number, verdict in [(certificate, "vervangen"), (second, "vervangen"), (third, "geldig")]:
        assert f"Dit certificaat is {verdict}" in client.get(f"/verifieer/{number.token}/").content.decode()


def test_without_rows_nothing_begins(client, manager):
    client.force_login(manager)

    page = client.post(reverse("accreditation:bulk_begin"), {"actie": "revoke"}, follow=True)

    assert "Kies eerst een of meer rijen" in page.content.decode()
    assert not BulkAction.objects.exists()


# --- A worker that dies -------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


class Death:
    """Kills at the nth thing that reaches the outside: a statement that writes, a commit (before it and after it), a stored file."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def here(self) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed

    def around_sql(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            self.here()
        return execute(sql, params, many, context)


def run_until_killed(job, death, monkeypatch):
    """Whether the worker was killed before it was ready."""
    commit = BaseDatabaseWrapper._commit
    storage = Certificate._meta.get_field("pdf").storage
    save = storage.__class__.save

    def dying_commit(self):
        try:
            death.here()
        except Killed:
            self._rollback()  # what the database does when the process is gone
            raise
        commit(self)
        death.here()

    def dying_save(self, *args, **kwargs):
        name = save(self, *args, **kwargs)
        death.here()
        return name

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_commit", dying_commit)
        patch.setattr(storage.__class__, "save", dying_save)
        with connection.execute_wrapper(death.around_sql):
            try:
                jobs.run(job.pk, take_over=True)
            except Killed:
                return True
    return False


def test_a_worker_killed_at_any_moment_of_issuing_loses_nothing_and_does_nothing_twice(release, register, manager, monkeypatch):
    """Each certificate is issued, recorded and sealed exactly once, wherever the worker died: every write, commit and file is walked."""
    monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *args, **kwargs: None)
    monkeypatch.setattr(running, "PIECE", 1)
    accredited(release=release, register=register)
    completed = completions(release, register, 2)
    for certificate in completed:
        certificates.make_pdf_now(certificate)
    old = [row.pk for row in completed]
    moment, killed = 0, True
    while killed:
        moment += 1
        action, planning = choose(kind="reissue", by=manager, rows=old)
        jobs.run(planning.pk)
        job = confirm(action=action, by=manager, reason="Opnieuw")

        killed = run_until_killed(job, Death(moment), monkeypatch)
        jobs.run(job.pk, take_over=True)  # the next worker

        job.refresh_from_db()
        assert (job.state, job.done) == (Job.State.DONE, 2), moment
        new = list(Certificate.objects.filter(replaces__in=old).order_by("pk"))
        assert [row.replaces_id for row in new] == old, moment
        assert [CertificateEvent.objects.filter(certificate=row, kind="issued").count() for row in new] == [1, 1], moment
        assert [CertificateEvent.objects.filter(certificate=row, kind="replaced").count() for row in old] == [1, 1], moment
        assert [certificates.read_pdf(row) for row in new] == [f"PDF {row.number} sealed".encode() for row in new], moment
        assert BulkRow.objects.filter(action=action, done_at__isnull=False, problem="").count() == 2, moment
        assert AuditEvent.objects.filter(event="certificate-reissued", details__bulk=action.pk).count() == 2, moment
        old = [row.pk for row in new]
    assert moment > 25  # the walk really passed them all
    assert totals() == dict.fromkeys((row.learner_id for row in completed), Decimal(4))


@pytest.mark.postgresql
def test_two_workers_at_one_action_do_each_row_once(release, register, manager, monkeypatch):
    monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *args, **kwargs: None)
    chosen = completions(release, register, 6)
    action, planning = choose(kind="reissue", by=manager, rows=[row.pk for row in chosen])
    jobs.run(planning.pk)
    job = confirm(action=action, by=manager, reason="Opnieuw")

    at_once(lambda: jobs.run(job.pk, take_over=True), lambda: jobs.run(job.pk, take_over=True))
    jobs.run(job.pk, take_over=True)

    assert Certificate.objects.filter(replaces__in=[row.pk for row in chosen]).count() == 6
    assert CertificateEvent.objects.filter(kind="issued", certificate__replaces__in=[row.pk for row in chosen]).count() == 6


def test_the_day_that_points_count_on_does_not_move_when_they_are_given_back(release, register, manager):
    accredited(release=release, register=register)
    [certificate] = completions(release, register, 1)
    action = done("revoke", manager, [certificate])
    undo(action=action, by=manager, reason="Toch goed")

    assert {award.awarded_on for award in PointAward.objects.all()} == {date(2026, 6, 1)}


def test_reporting_many_puts_each_in_the_outbox_once_and_cannot_be_undone(release, register, manager, organisation):
    accreditation = accredited(release=release, register=register)
    completions(release, register, 2)
    awards = list(PointAward.objects.all())
    without = done("report", manager, awards[:1])
    assert "meldt je organisatie nog niet" in without.rows.get().problem
    RegisterConnection.objects.create(organisation=organisation, register=register)

    action = done("report", manager, awards)
    again = done("report", manager, awards)

    assert Report.objects.filter(accreditation=accreditation).count() == 2
    assert {row.problem for row in again.rows.all()} == {"Staat al bij de meldingen."}
    with pytest.raises(BulkRefused):
        undo(action=action, by=manager, reason="Toch niet")
