"""What the benchmark asks of the database directly, beside the servers."""

import sqlite3
from typing import Any

import psycopg


def scalar(url: str, sql: str) -> Any:
    """The first value of the answer, or None where there is none."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60) as connection:
            row = connection.execute(sql).fetchone()
            return row[0] if row else None
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]  # written in this package
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def execute(url: str, *statements: str) -> None:
    """Run each of these by itself."""
    for sql in statements:
        scalar(url, sql)
