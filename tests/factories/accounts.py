"""People and organisations for tests."""

import factory

from accounts.models import Membership, Organisation, Profession, Region, Register, RegisterEntry, Role, User
from accounts.register_numbers import NumberKind


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"persoon{n}@voorbeeld.example")
    first_name = "Test"
    last_name = factory.Sequence(lambda n: f"Persoon {n}")
    password = factory.django.Password("een-lang-wachtwoord-1")


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"regio-{n}")
    name = factory.Sequence(lambda n: f"Regio {n}")


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisatie {n}")
    slug = factory.Sequence(lambda n: f"organisatie-{n}")
    kind = Organisation.Kind.TRAINING_INSTITUTE


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Role.LEARNER


class ProfessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Profession

    code = factory.Sequence(lambda n: f"beroep-{n}")
    name = factory.Sequence(lambda n: f"Beroep {n}")


class RegisterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Register

    code = factory.Sequence(lambda n: f"register-{n}")
    name = factory.Sequence(lambda n: f"Register {n}")
    number_kinds = factory.LazyFunction(lambda: [NumberKind.BIG])


class RegisterEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegisterEntry

    user = factory.SubFactory(UserFactory)
    register = factory.SubFactory(RegisterFactory)
    number = factory.Sequence(lambda n: f"19{n:07d}30")
