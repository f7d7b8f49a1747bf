"""What the stand-in knows: providers with their keys, persons per organisation, and courses with modules, editions and meetings."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("world.json")


@dataclass
class Course:
    type: int
    org: int
    id: str
    external: str
    since: date = date(2000, 1, 1)
    until: date = date(2099, 12, 31)
    modules: list[str] = field(default_factory=list)
    editions: dict[str, list[str]] = field(default_factory=dict)
    by_provider: bool = True


@dataclass
class World:
    providers: dict[str, str] = field(default_factory=dict)
    persons: dict[int, set[str]] = field(default_factory=dict)
    unregistered: set[str] = field(default_factory=set)
    courses: list[Course] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path = FILE) -> "World":
        read: dict[str, Any] = json.loads(path.read_text())
        return cls(
            providers=dict(read["providers"]),
            persons={int(org): set(numbers) for org, numbers in read["persons"].items()},
            unregistered=set(read["unregistered"]),
            courses=[
                Course(
                    type=one["type"],
                    org=one["org"],
                    id=one["id"],
                    external=one["external"],
                    since=date.fromisoformat(one["from"]),
                    until=date.fromisoformat(one["until"]),
                    modules=one.get("modules", []),
                    editions=one.get("editions", {}),
                    by_provider=one.get("by_provider", True),
                )
                for one in read["courses"]
            ],
        )
