"""The database has no room, or is started again: the answer is 503, nothing is half-written, and all goes on without a new server."""

import http.client
import json
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from lrs import store
from lrs.models import Source, Statement
from tests.factories.lrs import a_statement
from tests.lrs.faults import client
from tests.lrs.faults.cluster import Cluster
from tests.lrs.faults.record import Journals, Scene, check_nothing_is_lost
from tests.lrs.faults.room import MEGABYTE, can_mount, fill, limit_files, mounted
from tests.lrs.faults.site import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.mark.parametrize("place", ["data", "wal"])
def test_a_full_disk_is_a_503_until_there_is_room_again(place, own_cluster, folder):
    with _small_disk(own_cluster, folder, place) as (database, take, give_back):
        sender = Sender(Scene.make(learners=2, courses=1))
        connection.close()
        site = Site(database_url=database.url, folder=folder, worker=False, processes=1)
        try:
            assert sender.send(site.port).status == 200
            first = site.server.pid, site.server_processes()
            take()
            refused = sender.send_until(site.port, {503, None})
            assert refused.status == 503
            assert refused.headers["Retry-After"]
            assert refused.headers["Content-Type"].startswith("text/plain")

            give_back()
            sender.send_until(site.port, {200})
            assert (site.server.pid, site.server_processes()) == first
            assert "Internal Server Error" not in site.said()
        finally:
            site.end()
        assert set(sender.found.statuses) == {503}
        check_nothing_is_lost(sender.found)


def test_a_database_that_starts_again_is_waited_for_by_who_sends_and_not_by_an_administrator(own_cluster, folder):
    with own_cluster() as database:
        sender = Sender(Scene.make(learners=2, courses=1))
        connection.close()
        site = Site(database_url=database.url, folder=folder, worker=False, processes=1)
        try:
            assert sender.send(site.port).status == 200  # from here on it has a connection
            database.stop()
            refused = sender.send(site.port)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5")

            database.start()
            assert sender.send(site.port).status == 200

            database.stop()  # and nobody asks while it is away
            database.start()
            assert [sender.send(site.port).status for _ in range(4)] == [200] * 4
        finally:
            site.end()
        assert sender.found.statuses == {503: 1}
        check_nothing_is_lost(sender.found)


def test_a_statement_whose_connection_breaks_is_tried_again_on_a_new_one(transactional_db):
    kept = a_statement()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        _end_backend(cursor.fetchone()[0])
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the connection is really gone

    store.append([kept], source=Source.TOOL)

    assert [str(row.uuid) for row in Statement.objects.all()] == [kept["id"]]


class Answer:
    def __init__(self, status: int | None, headers: Any) -> None:
        self.status, self.headers = status, headers


class Sender:
    """A tool that sends batches of new statements, and again what was not acknowledged."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.found = scene, Journals()
        self._chance = random.Random(1)
        self._texts: list[str] = []

    def send(self, port: int) -> Answer:
        if not self._texts:
            self._texts = [client.a_text(self._chance, self.scene.enrolments) for _ in range(100)]
        self.found.sent.update(json.loads(text)["id"] for text in self._texts)
        with suppress(OSError, http.client.HTTPException), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as asking:
            headers = {**self.scene.headers[1], "Content-Type": "application/json"}
            asking.request("POST", "/xapi/statements", ("[" + ",".join(self._texts) + "]").encode(), headers)
            answer = asking.getresponse()
            answer.read()
            if answer.status == 200:
                self.found.kept.update({json.loads(text)["id"]: text for text in self._texts})
                self._texts = []
            else:
                self.found.statuses[answer.status] += 1
            return Answer(answer.status, answer.headers)
        return Answer(None, {})

    def send_until(self, port: int, statuses: set[int | None]) -> Answer:
        until = time.monotonic() + 60
        while (answer := self.send(port)).status not in statuses:
            assert time.monotonic() < until, f"still {answer.status}"
            time.sleep(0.02)
        return answer


@contextmanager
def _small_disk(own_cluster, folder: Path, place: str) -> Iterator[tuple[Cluster, Any, Any]]:
    """A database of which the tables or the log stand where there is soon no room, and how room is taken and given back."""
    if can_mount(folder):
        with (
            mounted(folder / "small", megabytes=160 if place == "data" else 24) as small,
            own_cluster(**{place: small / "own"}) as database,
        ):
            filler = small / "filler"

            def take() -> None:
                fill(small, leave=MEGABYTE // 2)

            def give_back() -> None:
                filler.unlink()
                _start_if_down(database)

            yield database, take, give_back
        return
    with own_cluster(data=folder / "data") as database:

        def limit() -> None:
            limit_files(database, MEGABYTE + 8192 if place == "data" else MEGABYTE // 4)

        def lift() -> None:
            with suppress(OSError):  # it is down
                limit_files(database, None)
            _start_if_down(database)

        yield database, limit, lift


def _start_if_down(database: Cluster) -> None:
    """A log without room ends PostgreSQL, as it should; whoever minds it starts it again."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            database.ask("SELECT 1")
            return
        with suppress(subprocess.CalledProcessError):
            if not (database.data / "postmaster.pid").exists():
                database.start()
        time.sleep(0.2)


def _end_backend(pid: int) -> None:
    values = connection.settings_dict
    address = f"host={values['HOST']} port={values['PORT']} user={values['USER']} dbname={values['NAME']} password={values['PASSWORD']}"
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
