"""A certificate's badge: made when its holder first asks for it, signed both ways, then kept to the letter."""

import json
import uuid
from datetime import UTC

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accreditation import certificates
from accreditation.badges import keys
from accreditation.badges.credential import credential_of
from accreditation.badges.proofs import as_token, with_proof
from accreditation.models import Badge, Certificate


class BadgeRefused(Exception):
    """This certificate gets no badge; the message tells its holder why."""


class BadgeGone(BadgeRefused):
    """The certificate is not valid any more, and no badge of it was ever given out."""


def badge_of(certificate: Certificate) -> Badge:
    """The badge of this certificate, made now if there is none that counts.

    Of a certificate that was revoked or replaced, the badge that was given out before: its own status tells that it no longer counts.
    Raises BadgeRefused, and BadgeGone when there never was one.
    """
    if certificates.state(certificate) != Certificate.State.VALID:
        if given := Badge.objects.filter(certificate=certificate).last():
            return given
        raise BadgeGone(gettext("Dit certificaat geldt niet meer, dus er is geen badge van te maken."))
    if existing := current(certificate):
        return existing
    if not certificate.learner.email:
        raise BadgeRefused(gettext("Vul eerst je e-mailadres in: daarmee bewijs je dat de badge van jou is."))
    return _make(certificate)


def current(certificate: Certificate) -> Badge | None:
    """The badge that counts: the newest that no leaked key signed."""
    return (
        Badge.objects.filter(certificate=certificate, proof_key__compromised=False, token_key__compromised=False)
        .select_related("proof_key", "token_key")
        .last()
    )


def _make(certificate: Certificate) -> Badge:
    pair = keys.in_use(certificate.organisation)
    name = uuid.uuid4()
    credential = credential_of(certificate, uuid=name, issuer=pair.proof.issuer, release=certificate.enrolment.release.uuid)
    signed = with_proof(credential, key=pair.proof, at=timezone.now().astimezone(UTC))
    try:
        with transaction.atomic():
            return Badge.objects.create(
                uuid=name,
                certificate=certificate,
                proof_key=pair.proof,
                token_key=pair.token,
                document=json.dumps(signed, ensure_ascii=False, indent=2),
                token=as_token(credential, key=pair.token),
            )
    except IntegrityError:  # asked for twice at once: the first one counts
        return Badge.objects.select_related("proof_key", "token_key").get(certificate=certificate, proof_key=pair.proof)
