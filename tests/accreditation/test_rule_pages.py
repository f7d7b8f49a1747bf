"""What an administrator of an association writes down about a register, and that every mistake is told without losing what was typed."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Organisation, Profession, ProfessionalProfile, RegisterEntry, RegisterSection, Role
from accreditation.dossier import standings
from accreditation.models import PointCategory, RegisterRule
from accreditation.simulation.reach import people_under
from tests.accreditation.racing import at_once
from tests.factories.accounts import MembershipFactory, OrganisationFactory, RegisterEntryFactory, RegisterFactory, UserFactory
from tests.factories.accreditation import CategoryRuleFactory, PointCategoryFactory, RegisterRuleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    return RegisterFactory(code="voorbeeld", name="Voorbeeldregister")


@pytest.fixture
def rule(register):
    rule = RegisterRuleFactory(register=register, total=184, name="De eerste")
    CategoryRuleFactory(rule=rule, category=PointCategoryFactory(register=register), minimum=80, confirmed=True)
    return rule


@pytest.fixture
def manager(client):
    organisation = OrganisationFactory(kind=Organisation.Kind.ASSOCIATION)
    manager = MembershipFactory(organisation=organisation, role=Role.ACCREDITATION_ADMIN).user
    client.force_login(manager)
    return manager


def data(register, **more):
    return {
        "name": "De tweede", "section": "", "profession": "", "unit": "points", "period_years": "5", "total": "200", "source": "Besluit",
        "reminder_weeks": "12, 4", "soorten-TOTAL_FORMS": 1, "soorten-INITIAL_FORMS": 1, "soorten-0-category": register.point_categories.get().pk,
        "soorten-0-counts": "on", "soorten-0-minimum": "90", "soorten-0-times": "", "verlof-TOTAL_FORMS": 2, "verlof-INITIAL_FORMS": 2,
        "verlof-0-kind": "birth", "verlof-0-extends": "on", "verlof-0-minimum_days": "28", "verlof-0-share": "50", "verlof-1-kind": "care", **more,
    }  # fmt: skip


def test_a_new_rule_may_end_the_one_that_held_until_then(client, manager, rule, register):
    client.post(reverse("accreditation:new_rule", args=[register.code]), data(register, applies_from="2028-01-01", ends_previous="on"))

    rule.refresh_from_db()
    new = RegisterRule.objects.get(name="De tweede")
    assert rule.applies_until == date(2027, 12, 31)
    assert (new.total, new.applies_from, new.reminder_weeks) == (200, date(2028, 1, 1), [12, 4])
    assert [(line.minimum, line.confirmed) for line in new.categories.all()] == [(90, False)]
    assert [(term.kind, term.minimum_days, term.share, term.confirmed) for term in new.leave_rules.all()] == [("birth", 28, 50, False)]
    assert AuditEvent.objects.get(event="register-rule-saved").actor == manager


AFTER = {"applies_from": "2028-01-01", "ends_previous": "on"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "geldt dan al een regel: ‘De eerste’"),
        ({"ends_previous": "on"}, "geen regel die dan nog geldt"),
        ({"total": ""}, "verplicht"),
        ({"reminder_weeks": "twaalf"}, "Schrijf hele weken"),
        ({"reminder_weeks": "0"}, "Schrijf hele weken"),
        ({"reminder_weeks": "²"}, "Schrijf hele weken"),
        ({"reminder_weeks": "9" * 5000}, "Schrijf hele weken"),
        ({"applies_from": "2028-01-01", "applies_until": "2027-01-01"}, "De laatste dag ligt voor de eerste"),
        ({"soorten-0-maximum": "10"}, "Er telt minder mee dan er nodig is"),
        ({**AFTER, "soorten-0-minimum": "200.5"}, "De soorten vragen samen ten minste 200,5; dat is meer dan het totaal van 200"),
        ({**AFTER, "soorten-0-maximum": "150"}, "zo haalt niemand dit totaal"),
        ({"period_years": "0"}, "Zorg ervoor dat deze waarde"),
        ({"soorten-0-counts": ""}, "Zet dit vinkje, of haal de getallen weg"),
        ({"section": "bestaat-niet"}, "Kies uit de lijst"),
        ({"work_hours": "100", "patient_care_hours": "200"}, "meer dan alle werkuren samen"),
        ({"verlof-0-share": "101"}, "Zorg ervoor dat deze waarde"),
        ({"soorten-0-category": "999999"}, "soorten-0"),
    ],
)
def test_a_mistake_in_a_rule_keeps_what_was_typed_and_makes_nothing(client, manager, rule, register, change, told):
    answer = client.post(reverse("accreditation:new_rule", args=[register.code]), data(register, source="Mijn bron", **change))

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Mijn bron" in answer.content.decode()
    assert RegisterRule.objects.get() == rule
    rule.refresh_from_db()
    assert rule.applies_until is None


def test_a_rule_in_force_changes_with_a_reason_and_a_confirmation_and_is_then_confirmed_no_more(client, manager, rule, register):
    RegisterRule.objects.update(confirmed=True, source="Besluit")
    address = reverse("accreditation:register_rule", args=[rule.pk])
    typed = data(register, total="190", confirmed="on", **{"soorten-0-minimum": "80", "soorten-0-confirmed": "on", "verlof-0-extends": "", "verlof-0-minimum_days": "", "verlof-0-share": ""})  # fmt: skip

    for given, told in (({"sure": "on"}, "Schrijf op waarom"), ({"reason": "Brief"}, "Zet dit vinkje als je zeker weet")):
        answer = client.post(address, {**typed, **given})
        assert (answer.status_code, told in answer.content.decode()) == (422, True)
        rule.refresh_from_db()
        assert (rule.total, rule.confirmed) == (184, True)

    def marks():
        rule.refresh_from_db()
        return rule.total, rule.confirmed, rule.categories.get().confirmed

    both = {"sure": "on", "reason": "Brief"}
    assert "is weggehaald bij wat je veranderde" in client.post(address, {**typed, **both}, follow=True).content.decode()
    assert marks() == (190, False, True)
    client.post(address, {**typed, **both})  # set again by whoever looked it up
    assert marks() == (190, True, True)
    client.post(address, {**typed, **both, "soorten-0-minimum": "85"})
    assert marks() == (190, False, False)
    client.post(address, {**typed, **both, "soorten-0-minimum": "85"})
    client.post(address, {**typed, **both, "total": "195", "source_checked": "on"})
    assert marks()[:2] == (195, True)
    client.post(address, {**typed, **both, "total": "200", "source": "Een later besluit"})
    assert marks()[:2] == (200, True)


def test_what_cannot_be_is_told_together_with_what_is_missing_and_nothing_changed_is_said(client, manager, rule, register):
    address = reverse("accreditation:register_rule", args=[rule.pk])
    typed = data(register, total="147", **{"soorten-0-minimum": "300"})

    told = client.post(address, typed).content.decode()
    assert "Schrijf op waarom" in told
    assert "Zet dit vinkje als je zeker weet" in told
    assert "meer dan het totaal" in told

    first = client.get(address).context["forms"]
    same = {name: first.form[name].value() for name in first.form.fields} | {"voorstel": "1"}
    for formset in (first.lines, first.leave):
        same |= {f"{formset.prefix}-{name}": formset.management_form[name].value() for name in formset.management_form.fields}
        same |= {line.add_prefix(name): line[name].value() for line in formset for name in line.fields}
    unchanged = client.post(address, {name: value for name, value in same.items() if value not in (None, False)})
    assert unchanged.status_code == 422
    assert "nog niets aan de regel veranderd" in unchanged.content.decode()


def test_who_opened_a_rule_before_a_colleague_changed_it_is_told_and_then_means_it(client, manager, rule, register):
    address = reverse("accreditation:register_rule", args=[rule.pk])
    mine = client.get(address).context["forms"].form["opened"].value()
    rule.categories.update(minimum=70)  # by a colleague
    typed = data(register, total="190", sure="on", reason="Brief", opened=mine)

    told = client.post(address, typed)
    assert told.status_code == 422
    assert "sinds je hem opende" in told.content.decode()
    rule.refresh_from_db()
    assert (rule.total, rule.categories.get().minimum) == (184, 70)
    again = told.context["forms"].form["opened"].value()
    assert again != mine
    assert 'value="190"' in told.content.decode()

    assert client.post(address, {**typed, "opened": again}).status_code == 302
    rule.refresh_from_db()
    assert (rule.total, rule.categories.get().minimum) == (190, 90)


def test_a_rule_for_a_profession_stands_beside_the_general_one(client, manager, rule, register):
    Profession.objects.create(code="bedrijfsarts", name="Bedrijfsarts")

    client.post(reverse("accreditation:new_rule", args=[register.code]), data(register, profession="bedrijfsarts"))

    assert RegisterRule.objects.filter(register=register).count() == 2
    assert "bedrijfsarts" in client.get(reverse("accreditation:registers")).content.decode()


def test_a_rule_tells_for_how_many_people_it_holds_now_as_their_dossier_does_and_small_numbers_to_nobody(
    client, manager, rule, register, django_assert_max_num_queries
):
    doctors = RegisterRuleFactory(register=register, profession="bedrijfsarts", applies_from=date(2026, 1, 1), name="Voor bedrijfsartsen")
    later = RegisterRuleFactory(register=register, section="later", name="Voor later")
    profession = Profession.objects.create(code="bedrijfsarts", name="Bedrijfsarts")
    for number, (period_end, doctor) in enumerate(itertools.product([date(2025, 12, 31), date(2027, 12, 31), None], [True, False] * 3)):
        entry = RegisterEntryFactory(register=register, number=f"{number}", period_end=period_end)
        if doctor:
            ProfessionalProfile.objects.get_or_create(user=entry.user)[0].professions.add(profession)
    RegisterEntryFactory()  # of another register

    def told(rule):
        return " ".join(client.get(reverse("accreditation:register_rule", args=[rule.pk])).content.decode().split())

    # Three doctors ended before their rule began; whose period is unknown, is judged today.
    entries = RegisterEntry.objects.filter(register=register)
    judged = Counter(
        str(standing.rule.pk) for entry in entries for standing in standings(person=entry.user, day=date(2026, 6, 1)) if standing.rule
    )
    assert judged == {str(rule.pk): 12, str(doctors.pk): 6}
    with django_assert_max_num_queries(5):
        assert people_under(register, day=date(2026, 6, 1)) == judged
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        client.force_login(manager)
        assert "geldt nu voor 12 van de 18 mensen in dit register" in told(rule)
        assert "geldt nu voor niemand in dit register" in told(later)
        RegisterEntry.objects.filter(pk__in=entries.filter(user__profile__professions=profession).order_by("-pk").values("pk")[:2]).delete()
        assert "tonen we niet" in told(rule)
        assert "tonen we niet" in told(doctors)
        client.force_login(UserFactory(is_superuser=True, is_staff=True))
        assert "geldt nu voor 4 van de 16 mensen in dit register" in told(doctors)
        entries.exclude(pk=entries.filter(user__profile__professions=profession).latest("pk").pk).delete()
        assert "geldt nu voor de enige persoon in dit register" in told(doctors)


def test_a_rule_is_ended_on_a_day_and_not_before_it_begins(client, manager, rule):
    address = reverse("accreditation:end_rule", args=[rule.pk])
    client.post(address, {"einde-last_day": "2027-06-30", "einde-reason": "Besluit"})
    rule.refresh_from_db()
    assert rule.applies_until == date(2027, 6, 30)
    RegisterRule.objects.update(applies_from=date(2027, 1, 1))

    answer = client.post(address, {"einde-last_day": "2026-12-31", "einde-reason": "Besluit"})

    assert (answer.status_code, "Kies een latere dag" in answer.content.decode()) == (422, True)
    rule.refresh_from_db()
    assert rule.applies_until == date(2027, 6, 30)
    assert AuditEvent.objects.filter(event="register-rule-ended").count() == 1


def test_a_section_is_added_and_changed_and_keeps_its_code(client, manager, register):
    profession = Profession.objects.create(code="vig", name="Verzorgende IG")
    posted = {"name": "Verzorgende", "code": "verzorgende", "professions": [profession.pk], "order": "0", "source": "Register"}
    client.post(reverse("accreditation:new_section", args=[register.code]), posted)
    section = RegisterSection.objects.get()
    assert (section.register, list(section.professions.all()), section.confirmed) == (register, [profession], False)

    client.post(
        reverse("accreditation:section", args=[register.code, section.pk]),
        {**posted, "code": "anders", "name": "Verzorgenden", "confirmed": "on"},
    )

    section.refresh_from_db()
    assert (section.code, section.name, section.confirmed) == ("verzorgende", "Verzorgenden", True)


def test_a_kind_of_points_is_added_once_and_is_never_part_of_itself(client, manager, register):
    posted = {"name": "Scholing", "code": "scholing", "accredited": "on", "order": "0"}
    address = reverse("accreditation:new_category", args=[register.code])
    client.post(address, posted)
    outer = PointCategory.objects.get()
    assert "al een soort met deze code" in client.post(address, posted).content.decode()
    client.post(address, {**posted, "name": "Deel", "code": "deel", "part_of": outer.pk})
    part = PointCategory.objects.get(code="deel")
    assert part.part_of == outer

    circle = client.post(reverse("accreditation:category", args=[register.code, outer.pk]), {**posted, "part_of": part.pk})

    assert "geen onderdeel van zichzelf" in circle.content.decode()
    outer.refresh_from_db()
    assert outer.part_of is None
    assert client.get(reverse("accreditation:category", args=[RegisterFactory().code, outer.pk])).status_code == 404


def test_a_longer_list_of_rules_takes_no_more_queries(
    client, manager, rule, register, django_assert_num_queries, django_assert_max_num_queries
):
    address = reverse("accreditation:registers")
    RegisterSection.objects.create(register=register, code="deel", name="Deel")
    client.get(address)
    with django_assert_max_num_queries(60) as one:
        client.get(address)
    for number in range(2):
        other = RegisterRuleFactory(register=RegisterFactory(), name=f"Regel {number}")
        CategoryRuleFactory(rule=other, category=PointCategoryFactory(register=other.register))
        RegisterSection.objects.create(register=other.register, code="deel", name="Deel")

    with django_assert_num_queries(len(one)):
        client.get(address)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_a_rule_for_the_same_people_at_once_one_is_told(client, manager, rule, register):
    def press(first):
        mine = Client()
        mine.force_login(manager)
        return mine.post(reverse("accreditation:new_rule", args=[register.code]), data(register, applies_from=first, ends_previous="on"))

    answers = at_once(lambda: press("2028-01-01"), lambda: press("2028-06-01"))

    rules = list(RegisterRule.objects.order_by("applies_from"))
    assert not [one for one, other in itertools.combinations(rules, 2) if one.overlaps(other)]
    # Who comes second ends what the first made, or is told that this people and these days have a rule already.
    assert {answer.status_code for answer in answers} <= {302, 422}
    assert len(rules) == 1 + sum(answer.status_code == 302 for answer in answers)
