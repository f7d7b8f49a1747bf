"""Where the parts of a statement may stand, so that a rule about a part is tested at each of those places."""

import hashlib
import uuid
from typing import Any

from tests.factories.lrs import Tool

ANN: dict[str, Any] = {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@voorbeeld.example"}
BEA: dict[str, Any] = {"objectType": "Agent", "mbox": "mailto:bea@voorbeeld.example"}
IRI = "https://voorbeeld.example/iets"
LESSON: dict[str, Any] = {"objectType": "Activity", "id": "https://voorbeeld.example/les"}
DID: dict[str, Any] = {"id": "https://voorbeeld.example/deed", "display": {"nl": "deed", "en": "did"}}
ACCOUNT = {"homePage": "https://voorbeeld.example", "name": "ann"}
IDENTIFIERS: dict[str, Any] = {
    "mbox": "mailto:ann@voorbeeld.example",
    "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
    "openid": "https://ann.example/",
    "account": ACCOUNT,
}
# A path from the statement; below "sub/" it is from the statement that is its object.
ACTORS = ("actor", "object", "context/instructor", "sub/actor", "sub/object", "sub/context/instructor")
GROUPS = (*ACTORS, "context/team", "sub/context/team")
AGENTS = (*ACTORS, "authority")
ACTIVITIES = (
    "object",
    "sub/object",
    *(f"{sub}context/contextActivities/{kind}" for sub in ("", "sub/") for kind in ("parent", "grouping", "category", "other")),
)
EITHER = ("", "sub/")  # a part of the statement itself, or of a sub-statement


def a_new(**parts: Any) -> dict[str, Any]:
    """The smallest statement that uses what the standard recommends."""
    return {"id": str(uuid.uuid4()), "actor": ANN, "verb": DID, "object": LESSON, **parts}


def placed(path: str, value: Any) -> dict[str, Any]:
    """A statement with this value at this place."""
    if path.startswith("sub/"):
        inner = placed(path.removeprefix("sub/"), value)
        del inner["id"]
        return a_new(object={"objectType": "SubStatement", **inner})
    statement = a_new()
    *way, last = path.split("/")
    place = statement
    for step in way:
        place[step] = dict(place.get(step, {}))
        place = place[step]
    place[last] = value
    return statement


def accepts(tool: Tool, statement: dict[str, Any]) -> bool:
    """Whether the store takes this statement, under an id that it does not have yet."""
    return bool(tool.post({**statement, "id": str(uuid.uuid4())}).status_code == 200)


def refuses(tool: Tool, statement: dict[str, Any]) -> bool:
    return bool(tool.post(statement).status_code == 400)


def kept(tool: Tool, statement: dict[str, Any]) -> Any:
    """The statement as it is read back."""
    return tool.get("statements", statementId=statement["id"]).json()


def a_reference(statement_id: str) -> dict[str, Any]:
    return {"objectType": "StatementRef", "id": statement_id}


def an_attachment(content: bytes, **fields: Any) -> dict[str, Any]:
    """What a statement says of an attachment with this content."""
    return {
        "usageType": IRI,
        "display": {"nl": "Bijlage"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
        **fields,
    }


BOUNDARY = "grens-tussen-de-delen"


def message(*parts: tuple[dict[str, str], bytes]) -> bytes:
    """A multipart message of these parts: headers and content."""
    lines = []
    for headers, content in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        lines.append(f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + b"\r\n")
    return b"".join(lines) + f"--{BOUNDARY}--\r\n".encode()


def a_part(content: bytes, **headers: str) -> tuple[dict[str, str], bytes]:
    """An attachment as a part; a header given as "" is left out."""
    usual = {
        "content_type": "text/plain",
        "content_transfer_encoding": "binary",
        "x_experience_api_hash": hashlib.sha256(content).hexdigest(),
    }
    return {name.replace("_", "-"): value for name, value in {**usual, **headers}.items() if value}, content
