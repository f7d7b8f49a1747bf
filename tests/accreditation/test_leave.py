from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from accreditation.models import Leave
from tests.factories.accounts import RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory

pytestmark = pytest.mark.django_db
SPRING = {"kind": "birth", "first_day": "2025-01-01", "last_day": "2025-03-31", "percentage": "100"}


@pytest.fixture
def rule():
    rule = RegisterRuleFactory(register=RegisterFactory(name="Voorbeeldregister"))
    CategoryRuleFactory(rule=rule, category=PointCategoryFactory(register=rule.register), minimum=4, confirmed=True)
    return rule


@pytest.fixture
def learner(rule, client):
    learner = UserFactory()
    RegisterEntryFactory(user=learner, register=rule.register, period_start=date(2022, 1, 1), period_end=date(2026, 12, 31))
    client.force_login(learner)
    return learner


def test_leave_is_written_down_and_its_effect_told(client, learner, rule):
    page = client.post(reverse("accreditation:my_leave"), SPRING, follow=True).content.decode()
    assert "geen regel over verlof vastgelegd" in page
    rule.leave_rules.create(kind="birth", minimum_days=10)

    page = client.get(reverse("accreditation:my_leave")).content.decode()

    assert "90 dagen erbij: je hebt tijd tot en met 31 maart 2027" in page
    assert "Niet bevestigd door het register" in page
    dossier = client.get(reverse("accreditation:my_dossier")).content.decode()
    assert "Door je verlof is dat 90 dagen later dan anders" in dossier


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"last_day": "2024-12-31"}, "De laatste dag ligt voor de eerste"),
        ({"last_day": "2045-12-31"}, "langer dan tien jaar"),
        ({"percentage": "0"}, "Zorg ervoor dat deze waarde"),
        ({"percentage": "101"}, "Zorg ervoor dat deze waarde"),
        ({"first_day": "onzin"}, "datum"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_says_what_to_do(client, learner, change, told):
    answer = client.post(reverse("accreditation:my_leave"), {**SPRING, **change})

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert next(iter(change.values())) in answer.content.decode()
    assert not Leave.objects.exists()


def test_leave_is_changed_and_taken_away_and_the_trail_does_not_say_which(client, learner):
    client.post(reverse("accreditation:my_leave"), SPRING)
    one = Leave.objects.get()

    client.post(reverse("accreditation:change_leave", args=[one.pk]), {**SPRING, "percentage": "50"})
    one.refresh_from_db()
    assert one.percentage == 50
    client.post(reverse("accreditation:remove_leave", args=[one.pk]))

    assert not Leave.objects.exists()
    trail = AuditEvent.objects.filter(event__startswith="leave")
    assert [event.event for event in trail.order_by("pk")] == ["leave-saved", "leave-saved", "leave-removed"]
    assert not any(event.subject or event.details for event in trail)


def test_the_leave_of_another_does_not_exist(client, learner):
    theirs = Leave.objects.create(user=UserFactory(), kind="away", first_day=date(2025, 1, 1), last_day=date(2025, 6, 1))

    assert client.get(reverse("accreditation:change_leave", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("accreditation:remove_leave", args=[theirs.pk])).status_code == 404
    assert "langdurig afwezig (" not in client.get(reverse("accreditation:my_leave")).content.decode()
    assert Leave.objects.filter(pk=theirs.pk).exists()
