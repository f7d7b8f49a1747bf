import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent, Organisation, Role
from accreditation import certificates, jobs, reference
from accreditation.courses import checks, credit_of
from accreditation.dossier import standings
from accreditation.dossier_picture import in_words
from accreditation.exports import asked_for
from accreditation.models import Accreditation, CategoryRule, Certificate, CertificateTemplate, Job, LeaveRule, PointAward, RegisterRule
from accreditation.simulation.contents import of_rule, problems
from courses.models import CoursePage
from portal.staff import administrator_home
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory, accredited, satisfy
from tests.factories.courses import CourseFactory, EnrolmentFactory, released_course

pytestmark = pytest.mark.django_db(transaction=True)

DAY = datetime(2026, 6, 15, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_day():
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def organisation():
    return OrganisationFactory()


@pytest.fixture
def register():
    register = RegisterFactory(name="Kwaliteitsregister V&V", pe_online_org_id=52)
    rule = RegisterRuleFactory(register=register, total=184)
    CategoryRuleFactory(rule=rule, category=PointCategoryFactory(register=register), minimum=80, confirmed=True)
    return register


@pytest.fixture
def release(organisation):
    return released_course(course=CourseFactory(organisation=organisation))


@pytest.fixture
def accreditation(release, register):
    return accredited(release=release, register=register, points=4, id_number="512345")


def completed(release, register, **person):
    learner = UserFactory(**person)
    RegisterEntryFactory(user=learner, register=register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    satisfy(EnrolmentFactory(learner=learner, release=release), at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    return learner


@pytest.fixture
def learner(accreditation, release, register):
    return completed(release, register, first_name="Noor", last_name="Voorbeeld")


@pytest.fixture
def manager(organisation):
    return MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user


OWN = ["accreditation:my_dossier", "accreditation:my_certificates"]
MANAGED = ["accreditation:accreditations", "accreditation:new_accreditation", "accreditation:results", "accreditation:registers"]
OTHERS = [Role.LEARNER, Role.AUTHOR, Role.TEACHER, Role.SUPERVISOR, Role.ASSOCIATION_ADMIN]


@pytest.mark.parametrize("name", OWN + MANAGED)
def test_a_visitor_is_sent_to_log_in(client, name):
    page = client.get(reverse(name))

    assert page.status_code == 302
    assert page.url.startswith("/account/login/")


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("name", MANAGED)
def test_administration_is_refused_to_every_other_role(client, organisation, name, role):
    client.force_login(MembershipFactory(organisation=organisation, role=role).user)

    assert client.get(reverse(name)).status_code == 403


def test_an_auditor_may_see_and_export_results_but_changes_nothing(client, organisation, learner, accreditation):
    client.force_login(MembershipFactory(organisation=organisation, role=Role.AUDITOR).user)
    certificate = Certificate.objects.get()

    assert client.get(reverse("accreditation:results")).status_code == 200
    assert client.get(reverse("accreditation:certificate", args=[certificate.pk])).status_code == 200
    assert client.post(reverse("accreditation:export", args=[accreditation.pk, "csv"])).status_code == 200
    assert client.get(reverse("accreditation:accreditations")).status_code == 403
    for name in ("revoke", "reissue"):
        assert (
            client.post(
                reverse(f"accreditation:{name}", args=[certificate.pk]), {"intrekken-reason": "x", "vervangen-reason": "x"}
            ).status_code
            == 403
        )
    assert client.get(reverse("accreditation:certificate_pdf", args=[certificate.pk])).status_code == 403
    assert certificate.events.count() == 1


def test_what_belongs_to_another_organisation_does_not_exist(client, learner, accreditation):
    client.force_login(MembershipFactory(role=Role.ACCREDITATION_ADMIN).user)
    certificate = Certificate.objects.get()

    for name, pk in (("accreditation", accreditation.pk), ("certificate", certificate.pk), ("certificate_pdf", certificate.pk)):
        assert client.get(reverse(f"accreditation:{name}", args=[pk])).status_code == 404
    for name, arguments in (
        ("award_missing", [accreditation.pk]),
        ("export", [accreditation.pk, "csv"]),
        ("revoke", [certificate.pk]),
        ("reissue", [certificate.pk]),
    ):
        assert (
            client.post(reverse(f"accreditation:{name}", args=arguments), {"intrekken-reason": "x", "vervangen-reason": "x"}).status_code
            == 404
        )
    assert client.get(reverse("accreditation:results")).context["rows"] == []
    assert client.get(reverse("accreditation:accreditations")).context["rows"] == []
    assert client.get(reverse("accreditation:results"), {"accreditatie": accreditation.pk}).status_code == 404


def test_the_certificate_of_another_learner_does_not_exist(client, learner):
    client.force_login(UserFactory())
    number = Certificate.objects.get().number

    assert client.get(reverse("accreditation:my_certificate_pdf", args=[number])).status_code == 404
    assert client.get(reverse("accreditation:my_certificates")).context["rows"] == []


def test_the_dossier_answers_what_is_missing_and_until_when(client, learner):
    client.force_login(learner)

    page = client.get(reverse("accreditation:my_dossier")).content.decode()

    assert "Je hebt 4 van 184 punten; er ontbreken er nog 180, waarvan ten minste 76 geaccrediteerde scholing" in page
    assert "Je hebt tijd tot en met 31 december 2026" in page
    assert "er ontbreken er 180" in page


@pytest.mark.parametrize(
    ("total", "minimum", "text"),
    [
        (184, None, "4 van 184 punten; er ontbreken er nog 180"),
        (10, 76, "4 van 10 punten; er ontbreken er nog 6, en aan geaccrediteerde scholing nog 72"),
        (5, None, "4 van 5 punten; er ontbreekt er nog 1"),
        (5, 5, "4 van 5 punten; er ontbreekt nog 1 punt geaccrediteerde scholing"),
        (4, 76, "4 van 4 punten; er ontbreken nog 72 punten geaccrediteerde scholing"),
        (76, 76, "4 van 76 punten; er ontbreken nog 72 punten geaccrediteerde scholing"),
        (4, 4, "4 van 4 punten: voldoet aan de regel"),
    ],
)
def test_what_is_missing_is_told_of_the_total_first_and_of_the_minimum_with_it(learner, register, total, minimum, text):
    RegisterRule.objects.filter(register=register).update(total=total)
    CategoryRule.objects.filter(rule__register=register).update(minimum=minimum)

    (standing,) = standings(person=learner)

    assert in_words(standing) == text


@pytest.mark.parametrize(
    ("unit", "total", "minimum", "text", "reached"),
    [
        ("hours", 4, 10, "4 van 4 uur; er ontbreken nog 6 uur geaccrediteerde scholing", "4 uur, nodig: 10"),
        ("hours", 1, None, "4 van 1 uur: voldoet aan de regel", "4 uur"),
        ("points", 1, None, "4 van 1 punt: voldoet aan de regel", "4 punten"),
    ],
)
def test_what_is_counted_is_told_in_one_unit(client, learner, register, unit, total, minimum, text, reached):
    RegisterRule.objects.filter(register=register).update(unit=unit, total=total)
    CategoryRule.objects.filter(rule__register=register).update(minimum=minimum)

    (standing,) = standings(person=learner)
    client.force_login(learner)
    picture = client.get(reverse("accreditation:my_dossier")).context["shown"][0]["picture"]

    assert in_words(standing) == text
    assert picture.bars[1].text == reached


def test_work_hours_stand_beside_what_the_rule_asks_without_opening_anything(client, learner, register):
    client.force_login(learner)
    assert "Werkuren" not in client.get(reverse("accreditation:my_dossier")).content.decode()

    RegisterRule.objects.filter(register=register).update(work_hours=2080, patient_care_hours=1040)

    page = client.get(reverse("accreditation:my_dossier"))
    work = page.context["shown"][0]["picture"].bars[-1]
    assert (work.text, work.missing) == ("0 van 2080 uur", "er ontbreken er 2080")
    assert "ten minste 1040 uur directe patiëntenzorg" in page.content.decode()
    RegisterRule.objects.filter(register=register).update(total=4)
    CategoryRule.objects.filter(rule__register=register).update(minimum=4)
    page = client.get(reverse("accreditation:my_dossier")).content.decode()
    assert "Je hebt 4 van 4 punten: genoeg, maar er ontbreken nog 2080 werkuren" in page
    assert "je voldoet" not in page


def test_a_rule_that_is_not_confirmed_is_said_to_be(client, learner, register):
    client.force_login(learner)
    assert "Niet bevestigd" not in client.get(reverse("accreditation:my_dossier")).content.decode()

    RegisterRule.objects.filter(register=register).update(confirmed=False)

    assert "Niet bevestigd" in client.get(reverse("accreditation:my_dossier")).content.decode()


def test_a_completion_without_points_says_why(client, release, register):
    learner = UserFactory()
    satisfy(EnrolmentFactory(learner=learner, release=release))
    client.force_login(learner)

    assert "bij geen enkel register geaccrediteerd" in client.get(reverse("accreditation:my_dossier")).content.decode()


def test_only_registers_in_which_somebody_stands_say_why_a_course_brought_nothing(client, accreditation, release, register):
    elsewhere = RegisterFactory(name="Register Elders")
    accredited(release=release, register=elsewhere, status=Accreditation.Status.REQUESTED)
    learner = completed(release, register)
    client.force_login(learner)
    assert "Afgerond zonder punten" not in client.get(reverse("accreditation:my_dossier")).content.decode()

    other = UserFactory()
    RegisterEntryFactory(user=other, register=elsewhere)
    satisfy(EnrolmentFactory(learner=other, release=release))
    client.force_login(other)
    page = client.get(reverse("accreditation:my_dossier")).content.decode()
    assert "Register Elders heeft nog niet beslist over de accreditatie van deze cursus" in page
    assert f"{register.name} staat niet in je profiel" not in page


def test_points_are_claimed_from_the_dossier_after_adding_a_number(client, accreditation, release, register):
    learner = UserFactory()
    satisfy(EnrolmentFactory(learner=learner, release=release))
    RegisterEntryFactory(user=learner, register=register)
    client.force_login(learner)
    assert "Je kunt 4 punten laten bijschrijven" in client.get(reverse("accreditation:my_dossier")).content.decode()

    page = client.post(reverse("accreditation:claim_points", args=[register.code]), follow=True)

    assert PointAward.objects.get().learner == learner
    assert "Bijgeschreven: 4" in page.content.decode()


def test_a_manager_revokes_with_a_reason_and_the_points_go_along(client, manager, learner):
    client.force_login(manager)
    certificate = Certificate.objects.get()

    refused = client.post(reverse("accreditation:revoke", args=[certificate.pk]), {"intrekken-reason": ""})
    assert refused.status_code == 422
    assert certificate.events.count() == 1
    client.post(
        reverse("accreditation:revoke", args=[certificate.pk]), {"intrekken-reason": "Niet aanwezig", "intrekken-with_points": "on"}
    )

    assert [event.kind for event in certificate.events.all()] == ["issued", "revoked"]
    assert sum(award.points for award in PointAward.objects.all()) == 0
    event = AuditEvent.objects.get(event="certificate-revoked")
    assert (event.actor, event.dossier_owner, event.details["reason"]) == (manager, learner, "Niet aanwezig")
    assert "ingetrokken" in client.get(f"/verifieer/{certificate.token}/").content.decode()


def test_a_manager_issues_again_and_the_learner_has_the_new_one(client, manager, learner):
    client.force_login(manager)
    old = Certificate.objects.get()
    learner.last_name = "Andersom"
    learner.save()

    client.post(reverse("accreditation:reissue", args=[old.pk]), {"vervangen-reason": "Naam verbeterd"})

    new = Certificate.objects.get(replaces=old)
    assert new.snapshot["name"] == "Noor Andersom"
    client.force_login(learner)
    page = client.get(reverse("accreditation:my_certificates")).content.decode()
    assert "Anders op het nieuwe certificaat: je naam." in page
    assert page.index(new.number) < page.index("Eerdere versie") < page.rindex(old.number)
    assert "Naam verbeterd" in str(old.events.get(kind="replaced").reason)
    assert "Naam verbeterd" not in page  # that is between colleagues


def test_looking_at_a_certificate_is_recorded_for_its_owner(client, manager, learner):
    client.force_login(manager)

    client.get(reverse("accreditation:certificate", args=[Certificate.objects.get().pk]))
    b"".join(client.get(reverse("accreditation:certificate_pdf", args=[Certificate.objects.get().pk])))

    assert list(AuditEvent.objects.filter(dossier_owner=learner).order_by("pk").values_list("event", "actor")) == [
        ("certificate-viewed", manager.pk),
        ("certificate-downloaded", manager.pk),
    ]


@pytest.mark.parametrize(
    ("kind", "content_type", "suffix"),
    [
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("lijst", "text/plain; charset=utf-8", "txt"),
        ("pe-online", "application/xml; charset=utf-8", "xml"),
    ],
)
def test_an_export_is_a_file_and_a_row_in_the_audit_trail(client, manager, learner, accreditation, kind, content_type, suffix):
    client.force_login(manager)

    answer = client.post(reverse("accreditation:export", args=[accreditation.pk, kind]))

    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert f'.{suffix}"' in answer["Content-Disposition"]
    event = AuditEvent.objects.get(event="results-exported")
    assert (event.actor, event.details["kind"], event.details["rows"]) == (manager, kind, 1)


def test_results_that_take_long_are_made_by_a_worker_and_fetched_for_a_day(client, manager, learner, accreditation, monkeypatch):
    monkeypatch.setattr(asked_for, "LONG", 0)
    monkeypatch.setattr(asked_for, "TOLD_EVERY", 1)
    client.force_login(manager)

    page = client.post(reverse("accreditation:export", args=[accreditation.pk, "xlsx"]), follow=True)

    job = Job.objects.get()
    assert (job.state, job.done, job.total, job.claim) == (Job.State.DONE, 1, 1, None)
    assert job.parameters["name"] in page.content.decode()
    fetched = client.get(job.result["href"])
    sheet = load_workbook(io.BytesIO(b"".join(fetched.streaming_content))).active
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["Naam", str(learner)]
    events = AuditEvent.objects.filter(actor=manager, event__in=("results-exported", "job-file-fetched"))
    assert [event.event for event in events.order_by("pk")] == ["results-exported", "job-file-fetched"]

    with time_machine.travel(timezone.now() + asked_for.KEPT + timedelta(minutes=1), tick=False):
        assert asked_for.sweep() == 1
        assert asked_for.sweep() == 0
    assert client.get(reverse("accreditation:job_file", args=[job.pk])).status_code == 404
    assert not storages["private"].exists(job.parameters["place"])


def test_a_file_that_somebody_stopped_is_not_made_any_further(manager, learner, accreditation, monkeypatch):
    monkeypatch.setattr(asked_for, "TOLD_EVERY", 1)
    monkeypatch.setattr(jobs.work_on.__class__, "enqueue", lambda *args, **kwargs: None)
    job = asked_for.order(accreditation=accreditation, asked_by=manager, rows=1)
    told = jobs.reached
    monkeypatch.setattr(jobs, "reached", lambda job, *, done: (jobs.stop(job), told(job, done=done)))

    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.STOPPED, {})
    assert not storages["private"].exists(job.parameters["place"])


def test_an_export_needs_a_post(client, manager, accreditation):
    client.force_login(manager)

    assert client.get(reverse("accreditation:export", args=[accreditation.pk, "csv"])).status_code == 405


def test_a_report_that_lacks_a_field_makes_no_file_and_names_the_field(client, manager, learner, accreditation):
    Accreditation.objects.update(external_course_id="")
    client.force_login(manager)

    page = client.post(reverse("accreditation:export", args=[accreditation.pk, "pe-online"]), follow=True)

    assert "PECourseID of externalCourseID nodig" in page.content.decode()
    assert not AuditEvent.objects.filter(event="results-exported").exists()


def form_data(release, register, **more):
    return {
        "course": release.course_id, "register": register.pk, "status": "granted", "id_number": "598765", "decided_on": "2025-12-01", "valid_from": "2026-01-01", "valid_until": "2026-12-31",
        "releases": [release.pk], "pass_mark": 70, "course_type": 2, "external_course_id": "c-1",
        "punten-TOTAL_FORMS": 1, "punten-INITIAL_FORMS": 0, "punten-0-category": register.point_categories.get().pk, "punten-0-points": "6", **more,
    }  # fmt: skip


def test_a_manager_records_an_accreditation_and_those_already_done_get_their_points(client, manager, release, register):
    learner = completed(release, register)
    client.force_login(manager)

    page = client.post(reverse("accreditation:new_accreditation"), form_data(release, register), follow=True)
    recorded = Accreditation.objects.get(id_number="598765")
    assert "1 persoon was al klaar" in page.content.decode()
    client.post(reverse("accreditation:award_missing", args=[recorded.pk]))

    assert [(award.learner, award.points) for award in PointAward.objects.all()] == [(learner, 6)]


def test_a_form_with_a_mistake_keeps_what_was_typed_and_says_what_to_do(client, manager, release, register):
    client.force_login(manager)

    page = client.post(
        reverse("accreditation:new_accreditation"), form_data(release, register, valid_until="2025-01-01", id_number="ABC-TYPED")
    ).content.decode()

    assert "ABC-TYPED" in page
    assert "De laatste dag ligt voor de eerste" in page
    assert not Accreditation.objects.exists()


def test_a_course_of_another_organisation_cannot_be_chosen(client, manager, register):
    client.force_login(manager)
    elsewhere = released_course()

    client.post(reverse("accreditation:new_accreditation"), form_data(elsewhere, register))

    assert not Accreditation.objects.exists()


def test_results_are_filtered_and_sorted(client, manager, learner, release, register, accreditation):
    completed(release, register, first_name="Anna", last_name="Aalbers")
    client.force_login(manager)

    def names(**query):
        return [str(row["certificate"].learner) for row in client.get(reverse("accreditation:results"), query).context["rows"]]

    assert names(sorteer="naam") == ["Anna Aalbers", "Noor Voorbeeld"]
    assert names(sorteer="-naam") == ["Noor Voorbeeld", "Anna Aalbers"]
    assert names(zoek="voorb") == ["Noor Voorbeeld"]
    assert names(accreditatie=accreditation.pk, stand="ingetrokken") == []
    assert len(names(cursus=release.course_id, stand="geldig")) == 2


def test_the_number_of_an_old_certificate_leads_to_who_holds_the_new_one(client, manager, learner, accreditation):
    first = Certificate.objects.get()
    certificates.revoke(certificate=first, reason="Vergissing", actor=manager)
    second = certificates.replace(certificate=first, reason="Teruggezet", actor=manager)
    third = certificates.replace(certificate=second, reason="Andere naam", actor=manager)
    client.force_login(manager)

    def shown(**query):
        page = client.get(reverse("accreditation:results"), query)
        return [(row["certificate"], row["state"], row["older"], row["newest"]) for row in page.context["rows"]]

    newest = (third, "valid", [first, second], None)
    assert shown(zoek=first.number) == shown(zoek=second.number.lower()) == shown(zoek=third.number) == [newest]
    assert shown() == shown(stand="geldig") == [newest]
    # What became of the old ones stays to be found, under what happened to them.
    assert shown(stand="ingetrokken") == [(first, "revoked", [], third)]
    assert shown(stand="vervangen", zoek=second.number) == [(second, "replaced", [first], third)]
    assert administrator_home(manager).revoked.count == 1


def test_a_figure_at_home_leads_to_the_list_that_shows_just_as_many(client, manager, learner, release, register, accreditation):
    """Each differs in one thing from the learner, whose certificate is valid and of these thirty days."""
    template = CertificateTemplate.objects.create(organisation=release.course.organisation, valid_months=1)
    completed(release, register, first_name="Verlopen", last_name="Anders")
    template.delete()
    for name in ("Ingetrokken", "Lang geleden"):
        completed(release, register, first_name=name, last_name="Anders")
    certificates.revoke(certificate=Certificate.objects.get(learner__first_name="Ingetrokken"), reason="Fout", actor=manager)
    # 23:59 in Amsterdam, on the day before the thirty begin; that of the learner is of the first minute of them.
    edge = datetime(2026, 6, 4, 22, tzinfo=UTC)
    Certificate.objects.filter(learner=learner).update(sealed_at=edge)
    Certificate.objects.filter(learner__first_name="Lang geleden").update(sealed_at=edge - timedelta(minutes=1))

    def names(query):
        page = client.get(f"{reverse('accreditation:results')}?{query}")
        return sorted(row["certificate"].learner.first_name for row in page.context["rows"])

    with time_machine.travel(datetime(2026, 7, 5, 10, tzinfo=UTC)):
        client.force_login(manager)
        home = administrator_home(manager)
        shown = {figure.query: (figure.count, names(figure.query)) for figure in (home.issued, home.waiting, home.revoked)}
        assert shown == {
            "stand=geldig&vanaf=2026-06-05": (1, ["Noor"]),
            "stand=wacht": (0, []),
            "stand=ingetrokken": (1, ["Ingetrokken"]),
        }
        assert names("stand=verlopen") == ["Verlopen"]
        assert names("stand=geldig") == ["Lang geleden", "Noor"]
        assert len(names("vanaf=onzin")) == 4


@pytest.mark.parametrize("name", ["accreditation:results", "accreditation:accreditations"])
def test_a_longer_table_takes_no_more_queries(client, manager, release, register, accreditation, django_assert_max_num_queries, name):
    completed(release, register)
    client.force_login(manager)
    client.get(reverse(name))
    with django_assert_max_num_queries(100) as one:
        client.get(reverse(name))
    for _ in range(2):
        completed(release, register)
        other = released_course(course=CourseFactory(organisation=release.course.organisation))
        accredited(release=other, register=register)

    with django_assert_max_num_queries(len(one)) as three:
        client.get(reverse(name))

    assert len(three) <= len(one)


@pytest.mark.parametrize("name", OWN)
def test_a_longer_dossier_takes_no_more_queries(client, learner, register, django_assert_max_num_queries, name):
    client.force_login(learner)
    client.get(reverse(name))
    with django_assert_max_num_queries(100) as one:
        client.get(reverse(name))
    for _ in range(2):
        release = released_course()
        accredited(release=release, register=register)
        satisfy(EnrolmentFactory(learner=learner, release=release))

    with django_assert_max_num_queries(len(one)):
        client.get(reverse(name))


def test_a_provider_reads_the_rules_of_a_register_and_only_an_association_changes_them(client, manager, register):
    rule = RegisterRule.objects.get(register=register)
    address = reverse("accreditation:register_rule", args=[rule.pk])
    client.force_login(manager)

    assert address not in client.get(reverse("accreditation:registers")).content.decode()
    assert client.get(address).status_code == 403
    assert client.post(address, {"total": "1"}).status_code == 403

    Organisation.objects.update(kind=Organisation.Kind.ASSOCIATION)
    assert address in client.get(reverse("accreditation:registers")).content.decode()
    assert client.get(address).status_code == 200


def rule_data(rule, *, total, minimum, **more):
    return {
        "name": rule.name, "unit": "points", "period_years": 5, "total": total, "source": "Besluit", "confirmed": "on", "reminder_weeks": "12, 4",
        "soorten-TOTAL_FORMS": 1, "soorten-INITIAL_FORMS": 1, "soorten-0-category": rule.register.point_categories.first().pk,
        "soorten-0-counts": "on", "soorten-0-minimum": minimum, "soorten-0-confirmed": "on",
        "verlof-TOTAL_FORMS": 1, "verlof-INITIAL_FORMS": 1, "verlof-0-kind": "birth", "reason": "Besluit", "sure": "on", **more,
    }  # fmt: skip


def test_a_changed_rule_holds_at_once_and_is_recorded(client, manager, learner, register):
    Organisation.objects.update(kind=Organisation.Kind.ASSOCIATION)
    rule = RegisterRule.objects.get(register=register)
    client.force_login(manager)
    data = rule_data(rule, total="4", minimum="2", source="Nieuw besluit")

    client.post(reverse("accreditation:register_rule", args=[rule.pk]), data)

    client.force_login(learner)
    assert "je voldoet aan de regel" in client.get(reverse("accreditation:my_dossier")).content.decode()
    assert "total" in AuditEvent.objects.get(event="register-rule-saved").details["changed"]


def test_reference_data_load_twice_and_leave_an_administrators_change_alone():
    reference.load()
    rule = RegisterRule.objects.get(register__code="kwaliteitsregister-vv", section="verpleegkundige", applies_from=date(2027, 7, 1))
    assert (rule.total, rule.categories.get(category__code="geaccrediteerd").minimum) == (184, 80)
    rule.total = 190
    rule.save()
    moved = RegisterRule.objects.filter(register__code="register-zorgprofessionals", section="")
    assert moved.update(applies_from=date(2026, 1, 1)) == 1
    count = RegisterRule.objects.count()

    reference.load()

    rule.refresh_from_db()
    assert (rule.total, RegisterRule.objects.count()) == (190, count)
    assert moved.get().applies_from == date(2026, 1, 1)
    assert not RegisterRule.objects.filter(source="").exists()
    assert not [rule for rule in RegisterRule.objects.all() if problems(of_rule(rule), register=rule.register)]


def test_a_rule_that_was_seeded_earlier_is_brought_up_to_date_unless_a_person_saved_it(client, manager):
    reference.load()
    whole = {rule.pk: of_rule(rule) for rule in RegisterRule.objects.all()}
    later = {"afterwards": "", "also_needed": "", "weekly_hours": None, "patient_care_hours": None, "work_confirmed": False}
    RegisterRule.objects.update(**later)
    CategoryRule.objects.update(times=None)
    LeaveRule.objects.all().delete()
    for rule in reference.REGISTERS[3].rules:
        RegisterRule.objects.filter(register__code="rgs-gaia").update(note=rule.note_before)
    saved = RegisterRule.objects.get(register__code="vs-register", applies_from=None)
    own_hours = RegisterRule.objects.get(register__code="vs-register", applies_from=date(2026, 1, 1))
    Organisation.objects.update(kind=Organisation.Kind.ASSOCIATION)
    client.force_login(manager)
    data = rule_data(saved, total="160", minimum="85", source="Ons besluit", applies_until="2025-12-31")
    assert client.post(reverse("accreditation:register_rule", args=[saved.pk]), data).status_code == 302
    as_saved = of_rule(RegisterRule.objects.get(pk=saved.pk))
    assert (as_saved["afterwards"], len(as_saved["categories"])) == ("", 1)
    RegisterRule.objects.filter(pk=own_hours.pk).update(work_hours=1000)

    for _ in range(2):
        reference.load()

    now = {rule.pk: of_rule(rule) for rule in RegisterRule.objects.all()}
    expected = {
        **whole,
        saved.pk: as_saved,
        own_hours.pk: {**whole[own_hours.pk], "work_hours": 1000, "patient_care_hours": None, "work_confirmed": False},
    }
    assert {pk: now[pk] for pk in whole} == expected


def test_courses_are_told_their_credit_and_an_author_what_expires(release, register, accreditation):
    course = CoursePage.objects.get(pk=release.course_id)
    (credit,) = credit_of([course.pk])[course.pk]

    assert (credit["register"], credit["points"], credit["id_number"]) == (register.code, 4, "512345")
    assert credit_of([course.pk + 1]) == {}
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC)):
        assert any("verloopt op 31 december 2026" in text for text, _blocks in checks(course))
    with time_machine.travel(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):
        assert credit_of([course.pk]) == {}
        assert any("is verlopen" in text for text, _blocks in checks(course))
