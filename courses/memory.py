"""What never changes is kept in the process: a cache outside it would pack and unpack it for every visitor."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Memory(Generic[Kept]):
    """Things by name, for some seconds and never more than so many. Readers share what is in it, so it must not be changed."""

    def __init__(self, *, seconds: int, at_most: int = 1000) -> None:
        self.seconds, self.at_most = seconds, at_most
        self._kept: dict[str, tuple[float, Kept]] = {}

    def get(self, name: str) -> Kept | None:
        until, kept = self._kept.get(name, (0.0, None))
        return kept if until > time.monotonic() else None

    def put(self, name: str, thing: Kept) -> Kept:
        if len(self._kept) >= self.at_most:
            self._kept = {}  # all at once: it fills again in a moment, and nobody waits for a lock
        self._kept[name] = (time.monotonic() + self.seconds, thing)
        return thing

    def get_or_make(self, name: str, make: Callable[[], Kept]) -> Kept:
        kept = self.get(name)
        return self.put(name, make()) if kept is None else kept

    def clear(self) -> None:
        self._kept = {}
