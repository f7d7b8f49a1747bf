"""Against a second store of ours: a server of its own on a database of its own, and something in between that goes wrong."""

import base64
import json
import os
import random
import shutil
import subprocess
import sys
import urllib.parse
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from accounts.outgoing.locks import locked
from lrs.forwarding import targets, undelivered
from lrs.forwarding.sending import forward
from lrs.models import Forwarded, ForwardingTarget, HeldStatement, Source
from lrs.profiles import adl
from lrs.store import append
from tests.factories.forwarding import PaperStore, a_target
from tests.factories.lrs import a_statement
from tests.lrs.serving import database_url, served

pytestmark = pytest.mark.django_db


class SecondStore:
    """Another installation of ours, and our key there."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.url, self.key, self.secret = url, key, secret

    @property
    def login(self) -> dict[str, str]:
        return {"key_locked": locked(self.key), "secret_locked": locked(self.secret)}

    def everything(self) -> list[dict]:
        """All its statements in the order in which they came in, read over its own interface."""
        found, path = [], "/xapi/statements?ascending=true"
        while path:
            answer = self.ask(path)
            found += answer["statements"]
            path = answer["more"]
        return found

    def ask(self, path: str) -> dict:
        connection = HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        login = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        connection.request("GET", path, headers={"Authorization": f"Basic {login}", "X-Experience-API-Version": "2.0.0"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200, body
        return json.loads(body)


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Path:
    """A database of its own with every table, made once: the file is copied for each test."""
    folder = tmp_path_factory.mktemp("second")
    path = folder / "second.sqlite3"
    manage(path, "migrate", "--run-syncdb", "--verbosity", "0")
    return path


def manage(path: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{path}",
        "VAR_DIR": str(path.parent),
        "DJANGO_SETTINGS_MODULE": "tests.lrs.forwarding.second_settings",
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def second(installation, tmp_path) -> Iterator[SecondStore]:
    path = tmp_path / "second.sqlite3"
    shutil.copy(installation, path)
    printed = dict(
        line.split("=", 1) for line in manage(path, "create_lrs_credential", "Van de eerste", "--scope", "all").split() if "=" in line
    )
    environment = {
        "DATABASE_URL": f"sqlite:///{path}",
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.lrs.forwarding.second_settings",
    }
    with served(**environment) as server:
        yield SecondStore(server.url, printed["KEY"], printed["SECRET"])


@pytest.fixture
def between(second) -> Iterator[PaperStore]:
    """A stand-in that passes on what it gets, unless its rule says otherwise."""
    proxy = PaperStore()

    def answer(request):
        request["statements"] = json.loads(request["body"]) if request["body"] else []
        ruled = proxy.rule(request)
        if ruled is not None and ruled != "then hang up":
            status, headers, text = ruled if isinstance(ruled, tuple) else (ruled, {}, "nee")
            return status, headers, text.encode()
        connection = HTTPConnection(urllib.parse.urlsplit(second.url).netloc, timeout=30)
        kept = {name: value for name, value in request["headers"].items() if name.lower() not in ("host", "connection")}
        connection.request(request["method"], request["path"], body=request["body"], headers=kept)
        theirs = connection.getresponse()
        content = theirs.read()
        connection.close()
        if ruled == "then hang up":
            return None, {}, b""
        return theirs.status, {"Content-Type": theirs.headers.get("Content-Type", "")}, content

    proxy.answer = answer
    yield proxy
    proxy.close()


def test_everything_arrives_and_the_connection_can_be_tested(second):
    target = a_target(f"{second.url}/xapi", **second.login)
    assert targets.test(target, by=None).passed
    statements = [a_statement() for _ in range(230)]
    voiding = a_statement(verb={"id": adl.VOIDED}, object={"objectType": "StatementRef", "id": statements[3]["id"]})
    append([*statements, voiding], source=Source.SERVER)

    run = forward(target.pk)

    assert run.sent == 231
    arrived = [one["id"] for one in second.everything()]
    assert arrived == [one["id"] for one in [*statements[:3], *statements[4:], voiding]], "the fourth is void there too"
    assert second.ask(f"/xapi/statements?voidedStatementId={statements[3]['id']}")["id"] == statements[3]["id"]


def test_version_1_0_3_and_pseudonyms_are_taken(second):
    anna = uuid.uuid4()
    target = a_target(f"{second.url}/xapi/1.0.3", version="1.0.3", actors="pseudonym", **second.login)
    append(
        [a_statement(anna, context={"contextAgents": [{"objectType": "contextAgent", "agent": {"mbox": "mailto:b@c.example"}}]})],
        source=Source.SERVER,
    )

    assert forward(target.pk).sent == 1
    assert str(anna) not in str(second.everything())


@pytest.mark.parametrize("seed", range(2))
def test_with_failures_in_the_middle_nothing_is_lost_or_twice_and_order_holds(second, between, seed):
    chance = random.Random(seed)
    people = [uuid.uuid4() for _ in range(6)]
    target = a_target(between.address, batch_size=10, **second.login)
    statements = [a_statement(chance.choice(people)) for _ in range(80)]
    append(statements, source=Source.SERVER)
    stubborn = {statements[place]["id"] for place in (7, 33)}

    def shuffled(request):
        if any(one["id"] in stubborn for one in request["statements"]):
            return 400
        what = chance.random()
        if what < 0.15:
            return chance.choice([500, (200, {}, "geen json"), (None, {}, ""), (503, {"Retry-After": "1"}, "")])
        return "then hang up" if what < 0.3 else None

    between.rule = shuffled
    for turn in range(120):
        ForwardingTarget.objects.filter(pk=target.pk).update(retry_at=None)
        if turn == 20:
            stubborn.clear()
        if turn > 20 and turn % 5 == 0:
            undelivered.send_again(target)
        forward(target.pk)
        if turn > 20 and Forwarded.objects.count() == 80 and not HeldStatement.objects.exists():
            break

    arrived = [(one["actor"]["account"]["name"], one["id"]) for one in second.everything()]
    assert len(arrived) == len(set(arrived)) == 80
    for person in people:
        own = [one["id"] for one in statements if one["actor"]["account"]["name"] == str(person)]
        assert [one for name, one in arrived if name == str(person)] == own


def test_a_sender_that_is_killed_in_the_middle_is_followed_without_loss(second, between, transactional_db):
    """A process of its own sends, is ended with SIGKILL while a request is under way, and another one takes over."""
    target = a_target(between.address, batch_size=5, **second.login)
    statements = [a_statement() for _ in range(40)]
    append(statements, source=Source.SERVER)
    code = f"import django; django.setup(); from lrs.forwarding.sending import forward; forward({target.pk})"
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    killed = []

    def kill_at_the_third(request):
        if len(between.requests) == 3:
            killed[0].kill()
            killed[0].wait()

    between.rule = kill_at_the_third
    killed.append(subprocess.Popen([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment))
    killed[0].wait(60)
    between.rule = lambda request: None
    assert killed[0].returncode == -9
    assert forward(target.pk).busy, "its lease still holds"
    ForwardingTarget.objects.update(leased_until="2020-01-01T00:00:00Z")

    forward(target.pk)

    assert [one["id"] for one in second.everything()] == [one["id"] for one in statements]
    assert Forwarded.objects.count() == 40
