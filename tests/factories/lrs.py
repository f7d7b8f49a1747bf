"""Statements for tests."""

import base64
import hashlib
import json
import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.files.base import ContentFile
from django.test import Client

from lrs.actors import actor_of
from lrs.credentials import create
from lrs.models import Attachment, AttachmentSender, Credential
from lrs.realms import SERVER


def a_statement(learner: uuid.UUID | None = None, **parts: Any) -> dict[str, Any]:
    """A small valid statement, with any part replaced."""
    return {
        "id": str(uuid.uuid4()),
        "actor": actor_of(learner or uuid.uuid4()),
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced", "display": {"en": "experienced"}},
        "object": {"objectType": "Activity", "id": "https://voorbeeld.example/les"},
        "timestamp": "2026-03-01T10:00:00Z",
        **parts,
    }


def a_credential(*, scopes: list[str] | None = None, **fields: Any) -> tuple[Credential, dict[str, str]]:
    """A credential, and the headers of a request that uses it."""
    credential, secret = create(name=fields.pop("name", "Test"), scopes=scopes or ["all"], **fields)
    token = base64.b64encode(f"{credential.key}:{secret}".encode()).decode()
    return credential, {"Authorization": f"Basic {token}"}


def a_kept_file(content: bytes, *, realm: str = SERVER) -> Attachment:
    """The bytes of an attachment, as they were sent in this realm."""
    sha2 = hashlib.sha256(content).hexdigest()
    kept = Attachment.objects.filter(sha2=sha2).first() or Attachment.objects.create(
        sha2=sha2, content_type="text/plain", size=len(content), file=ContentFile(content, "bijlage")
    )
    AttachmentSender.objects.get_or_create(attachment=kept, realm=realm)
    return kept


class Tool:
    """A small xAPI client for tests: one credential, one address, one version."""

    def __init__(self, *, version: str = "2.0.0", address: str = "/xapi", **credential: Any) -> None:
        self.credential, self.headers = a_credential(**credential)
        self.headers["X-Experience-API-Version"] = version
        self.address = address
        self.client = Client()

    def send(
        self,
        method: str,
        resource: str,
        body: Any = None,
        /,
        *,
        headers: dict[str, str] | None = None,
        content_type: str | None = None,
        **params: Any,
    ) -> Any:
        query = urlencode({name: json.dumps(value) if isinstance(value, dict) else value for name, value in params.items()})
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = content_type or ("application/json" if body is not None else "")
        all_headers = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value}
        return self.client.generic(method, f"{self.address}/{resource}?{query}", raw, content_type=kind, headers=all_headers)

    def get(self, resource: str, **params: Any) -> Any:
        return self.send("GET", resource, **params)

    def post(self, *statements: Any) -> Any:
        return self.send("POST", "statements", list(statements) if len(statements) != 1 else statements[0])

    def ids(self, **params: Any) -> list[str]:
        """The ids of the statements of one page."""
        return [statement["id"] for statement in self.get("statements", **params).json()["statements"]]
