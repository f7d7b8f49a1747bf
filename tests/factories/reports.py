"""People with points and a connection to a register, for tests of reporting; and the stand-in that knows them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Organisation, Register, RegisterEntry, User
from accounts.outgoing.locks import locked
from accreditation.models import Accreditation, PointAward, RegisterConnection
from courses.models import Enrolment
from tests.factories.accounts import RegisterFactory
from tests.factories.accreditation import accredited
from tests.pe_online_stand_in import StandIn, World
from tests.pe_online_stand_in.world import Course

USER, KEY = "aanbieder-7", "heel-geheime-sleutel<&>"
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def a_register(org_id: int | None = 52, **fields: Any) -> Register:
    return RegisterFactory(pe_online_org_id=org_id, **{"number_kinds": ["relatie", "big"], **fields})


def a_connection(of: Accreditation, endpoint: str = "https://pe.example/WriteAttendance.asmx", **fields: Any) -> RegisterConnection:
    """A live connection of the provider of this accreditation, with any part replaced."""
    organisation: Organisation = of.course.organisation
    defaults: dict[str, Any] = {
        "endpoint": endpoint,
        "user_id_locked": locked(USER),
        "user_key_locked": locked(KEY),
        "test_mode": False,
    }
    return RegisterConnection.objects.create(organisation=organisation, register=of.register, **{**defaults, **fields})


def an_accreditation(org_id: int = 52, **fields: Any) -> Accreditation:
    """Granted, an e-learning under the provider's own number."""
    register = fields.pop("register", None) or a_register(org_id)
    return accredited(register=register, **{"course_type": 2, "external_course_id": "cursus-1", **fields})


def awards(of: Accreditation, count: int, *, first: int = 100001, at: datetime = AT) -> list[PointAward]:
    """So many people with points under this accreditation, with numbers that follow one another. In bulk: there may be thousands."""
    start = User.objects.count()
    people = User.objects.bulk_create(
        [User(email=f"persoon-{start + n}@voorbeeld.example", first_name="Persoon", last_name=f"{start + n}") for n in range(count)]
    )
    RegisterEntry.objects.bulk_create(
        [RegisterEntry(user=person, register=of.register, number=f"{first + n}") for n, person in enumerate(people)]
    )
    release = of.releases.get()
    enrolments = Enrolment.objects.bulk_create([Enrolment(learner=person, course=of.course, release=release) for person in people])
    category = of.points.get().category
    return PointAward.objects.bulk_create(
        [
            PointAward(
                learner=person,
                register=of.register,
                register_number=f"{first + n}",
                accreditation=of,
                category=category,
                enrolment=enrolment,
                points=Decimal(4),
                completed_at=at,
                awarded_on=at.date(),
            )
            for n, (person, enrolment) in enumerate(zip(people, enrolments, strict=True))
        ]
    )


def a_world(of: Accreditation, numbers: Sequence[str], **course: Any) -> World:
    """A world that knows this provider, these people and this one course."""
    org = of.effective_org_id() or 0
    fields: dict[str, Any] = {
        "type": of.course_type,
        "org": org,
        "id": str(of.pe_course_id or 9471),
        "external": of.external_course_id or "cursus",
        "since": date(2026, 1, 1),
        "until": date(2026, 12, 31),
    }
    return World(providers={USER: KEY}, persons={org: set(numbers)}, courses=[Course(**{**fields, **course})])


def a_stand_in(of: Accreditation, numbers: Sequence[str], **course: Any) -> StandIn:
    return StandIn(a_world(of, numbers, **course)).start()
