"""Whose things a tool finds: those of one organisation share theirs, so does what one application starts, and our server has its own."""

from collections.abc import Collection

from django.db.models import Q

from lrs.models import Credential, Statement

SERVER = "server"
SESSION = "session/"
ORGANISATION = "organisation/"


def realm_of(credential: Credential | None) -> str:
    """The realm of who uses this key; without a key it is our own server. Keys without an organisation have one together."""
    if credential is None:
        return SERVER
    if credential.launch:
        return f"{SESSION}{credential.launch.application}"
    return _of_organisation(credential.organisation_id)


def realms_of(statements: Collection[Statement]) -> dict[int, str]:
    """The realm in which each statement was written, by its number; with one query for all of them."""
    keys = {statement.credential_id for statement in statements if statement.credential_id}
    organisations = dict(Credential.objects.filter(pk__in=keys).values_list("pk", "organisation_id")) if keys else {}
    return {
        statement.sequence: _of_organisation(organisations.get(statement.credential_id))
        if statement.credential_id
        else _without_key(statement)
        for statement in statements
    }


def written_in(realm: str, *, path: str = "") -> Q:
    """Statements that were written in this realm. Of those without a key all, for which application they came from only their words tell."""
    if realm.startswith(ORGANISATION):
        return Q(**{f"{path}credential__organisation_id": int(realm.removeprefix(ORGANISATION))})
    if realm == "":
        return Q(**{f"{path}credential__isnull": False, f"{path}credential__organisation__isnull": True})
    return Q(**{f"{path}credential__isnull": True})


def _of_organisation(organisation_id: int | None) -> str:
    return f"{ORGANISATION}{organisation_id}" if organisation_id else ""


def _without_key(statement: Statement) -> str:
    """The store writes the authority itself (lrs.rows.authority_of), so it can be believed."""
    name = str(statement.document.get("authority", {}).get("account", {}).get("name", ""))
    return name if name.startswith(SESSION) else SERVER
