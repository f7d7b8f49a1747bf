"""The rules of the xAPI standard for a statement. Every breach is one error that names the JSON path and the rule."""

from typing import Any


class StatementRefused(Exception):
    """The statement breaks the standard; the message names the JSON path and the rule."""


def check_statement(statement: Any) -> None:
    """Raises StatementRefused when the statement breaks a rule of xAPI 1.0.3 or 2.0."""
    if not isinstance(statement, dict):
        raise StatementRefused("$: a statement is a JSON object")
    for key in ("actor", "verb", "object"):
        if not isinstance(statement.get(key), dict):
            raise StatementRefused(f"$.{key}: required, and an object")
