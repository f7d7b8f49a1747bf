"""Launches: leave for content in a learner's browser to write as that learner, about one activity, in one registration, for minutes.

Threat: the token is in the browser, where the learner and other scripts of that page can read it. So it reaches no farther than
what the learner's session could say anyway: the source of what it writes is the learner's session, and nothing that earns points
counts that (docs/architecture.md, "Trust"). Content knows only Basic authentication, so a token is a key and a secret as well.

cmi5 (8.2) has content fetch its token once, with an address that is of no use to whoever finds it later: `make` gives both, and
`address_of` the address by which a browser starts content of elsewhere.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from lrs import documents
from lrs.actors import actor_key, actor_of, indexable
from lrs.credentials import Remembered, hash_of, is_secret
from lrs.models import Credential, Launch, Source
from lrs.validation import V1

SCOPES = ["statements/write", "statements/read/mine", "state", "profile"]
PREFIX = "launch-"
KEPT_FOR = timedelta(days=1)
LONGEST = timedelta(hours=12)
LONGEST_NAME = 40
LAUNCH_DATA = "LMS.LaunchData"  # the state in which content finds how it was started (cmi5 10.1)


class LaunchRefused(Exception):
    """There is no such launch to be made or fetched."""


class LaunchOver(LaunchRefused):
    """There was, and it was fetched or has ended."""


@dataclass(frozen=True)
class Tokens:
    """What content gets: one of these, once."""

    launch: Launch
    secret: str
    fetch: str

    @property
    def basic(self) -> str:
        """What stands behind `Basic` in an Authorization header; cmi5 calls it the auth-token."""
        return base64.b64encode(f"{self.launch.key}:{self.secret}".encode()).decode()

    @property
    def bearer(self) -> str:
        return f"{self.launch.key}.{self.secret}"


def make(*, learner: UUID, application: str, activity_prefix: str, registration: UUID, lasts: timedelta = timedelta(minutes=60)) -> Tokens:
    """Let content write as this learner (their pseudonym) about this activity and what lies under it. Raises LaunchRefused."""
    if not timedelta(0) < lasts <= LONGEST:
        raise LaunchRefused("a launch lasts for at most twelve hours")
    if not activity_prefix or not application or len(application) > LONGEST_NAME:
        raise LaunchRefused("a launch has an application and an activity")
    now = timezone.now()
    Launch.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
    secret, fetch = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    launch = Launch.objects.create(
        key=PREFIX + secrets.token_urlsafe(18),
        secret_hash=hash_of(secret),
        fetch_hash=hash_of(fetch),
        learner=learner,
        application=application,
        activity_prefix=activity_prefix,
        registration=registration,
        expires_at=now + lasts,
    )
    return Tokens(launch=launch, secret=secret, fetch=f"{launch.key}.{fetch}")


def address_of(content: str, *, tokens: Tokens, data: Mapping[str, Any]) -> str:
    """The address of `content` with what cmi5 has it know (8.1); `data` is what it then finds as its LMS.LaunchData (10.2)."""
    launch, actor = tokens.launch, actor_of(tokens.launch.learner)
    place = documents.state_of(
        credential=_credential(launch),
        actor_key=actor_key(actor),
        activity=indexable(launch.activity_prefix, 1000),
        registration=launch.registration,
        version=V1,
    )
    documents.put(
        place,
        LAUNCH_DATA,
        content=json.dumps(data).encode(),
        content_type="application/json",
        conditions=documents.Conditions(),
    )
    told = {
        "endpoint": f"{settings.SITE_URL}/xapi/1.0.3/",
        "fetch": f"{settings.SITE_URL}{reverse('xapi:launch_fetch')}?token={tokens.fetch}",
        "actor": json.dumps(actor, separators=(",", ":")),
        "registration": str(launch.registration),
        "activityId": launch.activity_prefix,
    }
    parts = urlsplit(content)
    return parts._replace(query="&".join(filter(None, [parts.query, urlencode(told, quote_via=quote, safe="")]))).geturl()


def fetch(token: str) -> str:
    """The auth-token of cmi5, in exchange for the fetch token of `make`; once. Raises LaunchRefused.

    The secret is made anew: what was not fetched was never anywhere.
    """
    key, _, given = token.partition(".")
    if "\0" in key:
        raise LaunchRefused("there is no such launch")
    with transaction.atomic():
        launch = Launch.objects.select_for_update().filter(key=key[:64]).first()
        right = is_secret(given, launch.fetch_hash if launch else "")
        if launch is None or not right:
            raise LaunchRefused("there is no such launch")
        if launch.fetched_at:
            raise LaunchOver("the token of this launch was fetched before")
        if not _in_use(launch):
            raise LaunchOver("the time of this launch is over")
        secret = secrets.token_urlsafe(32)
        launch.secret_hash, launch.fetched_at = hash_of(secret), timezone.now()
        launch.save(update_fields=["secret_hash", "fetched_at"])
    _known.forget(launch.key)
    return Tokens(launch=launch, secret=secret, fetch="").basic


def end(launch: Launch) -> None:
    """Nothing more is written with this launch."""
    if launch.ended_at is None:
        launch.ended_at = timezone.now()
        launch.save(update_fields=["ended_at"])
    _known.forget(launch.key)


def end_of(learner: UUID, *, registration: UUID | None = None) -> None:
    """Nothing more is written with any launch of this learner, or with those in this registration: they logged out, left, or are erased."""
    now = timezone.now()
    launches = Launch.objects.filter(learner=learner, ended_at=None, expires_at__gt=now)
    if registration is not None:
        launches = launches.filter(registration=registration)
    keys = list(launches.values_list("key", flat=True))
    Launch.objects.filter(key__in=keys).update(ended_at=now)
    for key in keys:
        _known.forget(key)


def authenticate_pair(key: str, secret: str) -> Credential | None:
    """What stands for the launch of this key at the door, when the secret is right and its time is not over."""
    launch = _known.get(key)
    right = is_secret(secret, launch.secret_hash if launch else "")
    return _credential(launch) if launch is not None and right and launch.key == key and _in_use(launch) else None


def is_stranger(key: str) -> bool:
    """Whether this key has not been good in this process."""
    return not _known.has_known(key)


def forget_all() -> None:
    """Look every launch up anew."""
    _known.forget_all()


def _credential(launch: Launch) -> Credential:
    """A key that is in no table: the rest of the interface need not know that there are launches."""
    credential = Credential(
        key=launch.key,
        name=launch.application,
        scopes=list(SCOPES),
        source=Source.LEARNER_SESSION,
        largest_body=settings.LRS_LAUNCH_LARGEST_BODY,
    )
    credential.launch = launch
    return credential


def _in_use(launch: Launch) -> bool:
    return launch.ended_at is None and timezone.now() < launch.expires_at


def _found(key: str) -> Launch | None:
    launch = Launch.objects.filter(key=key).first()
    if launch is not None and not User.objects.filter(pseudonym=launch.learner, is_active=True).exists():
        return None
    return launch


_known: Remembered[Launch] = Remembered(_found)
