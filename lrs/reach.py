"""What a key may do, as a person reads it; the one place where that is put into words."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from lrs.models import Credential, Source
from lrs.recognising import limit_of


def sentences_of(credential: Credential) -> list[str]:
    """Sentences, the most important first."""
    return [*_scopes(credential), *_whose(credential), *_limits(credential), *_time(credential)]


def _scopes(credential: Credential) -> Iterator[str]:
    scopes = set(credential.scopes)
    if "all" in scopes:
        yield _("Mag alles lezen en schrijven.")
        return
    if "statements/write" in scopes:
        yield _("Mag uitspraken toevoegen.")
    if {"statements/read", "all/read"} & scopes:
        yield _("Mag uitspraken lezen.")
    elif "statements/read/mine" in scopes:
        yield _("Mag uitspraken lezen die het zelf toevoegde.")
    if "state" in scopes:
        yield _("Mag onthouden waar iemand gebleven is, en dat weer lezen.")
    if "profile" in scopes:
        yield _("Mag profielen van mensen en activiteiten lezen en schrijven.")
    if "all/read" in scopes:
        yield _("Mag ook lezen waar iemand gebleven is, en profielen.")
    if "define" in scopes:
        yield _("Mag zeggen hoe activiteiten heten.")


def _whose(credential: Credential) -> Iterator[str]:
    scopes = set(credential.scopes)
    if {"all", "all/read", "statements/read"} & scopes:
        if credential.organisation:
            yield _("Leest alleen wat hulpmiddelen van %(organisation)s schreven.") % {"organisation": credential.organisation}
        else:
            yield _("Leest alles: van elke organisatie, en ook wat we zelf vastleggen.")
    if credential.activity_prefixes:
        prefixes = _(" en ").join(credential.activity_prefixes)
        yield _("Alleen over activiteiten onder %(prefixes)s.") % {"prefixes": prefixes}
    if credential.learners_of_organisation:
        yield _("Alleen over leden van %(organisation)s, onder hun pseudoniem.") % {"organisation": credential.organisation}
    if credential.joins_people:
        yield _("Herkent leden aan hun bevestigde e-mailadres.")
    if {"all", "statements/write"} & scopes:
        if credential.source == Source.TOOL:
            yield _("Wat het schrijft, geldt als gemeld door een aangesloten hulpmiddel. Er volgen geen punten uit.")
        else:
            yield _("Wat het schrijft, geldt als gemeld door een ander systeem. Er volgen geen punten uit.")


def _limits(credential: Credential) -> Iterator[str]:
    limit = limit_of(credential)
    if limit:
        yield ngettext("Hooguit %(count)s verzoek per minuut.", "Hooguit %(count)s verzoeken per minuut.", limit) % {"count": limit}
    else:
        yield _("Zonder grens aan het aantal verzoeken.")
    if credential.largest_body:
        yield _("Een verzoek is hooguit %(size)s kB groot.") % {"size": credential.largest_body // 1000}


def _time(credential: Credential) -> Iterator[str]:
    now = timezone.now()
    if credential.revoked_at:
        yield _("Ingetrokken op %(moment)s.") % {"moment": _said(credential.revoked_at)}
    elif credential.expires_at:
        day = date_format(timezone.localdate(credential.expires_at), "j F Y")
        yield (_("Werkt tot en met %(day)s.") if credential.expires_at > now else _("Werkte tot en met %(day)s.")) % {"day": day}
    if credential.previous_until and credential.previous_until > now and not credential.revoked_at:
        yield _("Het vorige geheim werkt nog tot %(moment)s.") % {"moment": _said(credential.previous_until)}


def _said(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y H:i")
