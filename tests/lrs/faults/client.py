"""A tool that sends statements until it is told to end, and keeps a journal. A process of its own, without Django.

What is not acknowledged it sends again, the same octets with the same ids; some batches it gives up instead, so that the test can see
whether such a batch is there whole or not at all. Each line of the journal is JSON: {"sent": ids}, {"kept": texts}, {"left": ids}
and {"status": number} for each answer that is no acknowledgement.
"""

import contextlib
import http.client
import json
import random
import signal
import sys
import time
import uuid
from typing import Any

ended = False


def main() -> None:
    orders = json.load(sys.stdin)
    signal.signal(signal.SIGTERM, _end)
    chance = random.Random(orders["seed"])
    connection = None
    with open(orders["journal"], "w", buffering=1) as journal:
        while not ended:
            texts = [a_text(chance, orders["enrolments"]) for _ in range(chance.choice([1, 1, 1, 1, 6]))]
            ids = [json.loads(text)["id"] for text in texts]
            _write(journal, sent=ids)
            content = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
            while True:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", orders["port"], timeout=20)
                status = _send(connection, content.encode(), orders["headers"])
                if status == 200:
                    _write(journal, kept=texts)
                    break
                if status is not None:
                    _write(journal, status=status)
                connection.close()
                connection = None
                if len(texts) > 1 and chance.random() < 0.3:
                    _write(journal, left=ids)
                    break
                time.sleep(chance.uniform(0.02, 0.1))
            time.sleep(chance.uniform(0.01, 0.08))


def _send(connection: http.client.HTTPConnection, content: bytes, headers: dict[str, str]) -> int | None:
    """The status of the answer; None when there was none."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("POST", "/xapi/statements", content, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    return None


def a_text(chance: random.Random, enrolments: list[dict[str, Any]]) -> str:
    """A statement about a lesson or the test, written as some tools do: spaces, an escape and letters that are not ASCII."""
    enrolment = chance.choice(enrolments)
    subject = chance.choice([*enrolment["lessons"], enrolment["activity"]])
    verb = "http://adlnet.gov/expapi/verbs/" + (
        "answered" if subject == enrolment["activity"] else chance.choice(["experienced", "completed"])
    )
    statement = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "actor": enrolment["actor"],
        "verb": {"id": verb, "display": {"nl": "één\u20ac"}},
        "object": {"id": subject},
        "result": {"score": {"scaled": round(chance.random(), 2)}, "response": "café"},
        "context": {
            "registration": enrolment["registration"],
            "instructor": {"mbox": f"mailto:docent{chance.randrange(5)}@voorbeeld.example"},
            "contextActivities": {"grouping": [{"id": enrolment["course"]}], "other": [{"id": "https://voorbeeld.example/oefenpop"}]},
        },
        "timestamp": f"2026-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}T10:00:{chance.randint(10, 59)}.{chance.randint(100, 999)}Z",
    }
    return json.dumps(statement, ensure_ascii=chance.random() < 0.5, separators=chance.choice([(", ", ": "), (",", ":")]))


def _write(journal: Any, **line: Any) -> None:
    journal.write(json.dumps(line) + "\n")


def _end(*_: object) -> None:
    global ended
    ended = True


if __name__ == "__main__":
    main()
