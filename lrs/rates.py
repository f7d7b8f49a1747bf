"""How much somebody may ask in a minute.

With a cache that all processes share, the count is for all of them together; each takes its requests from it in small
blocks, so that not every request asks the cache. Without one, each process has its part of the limit.
"""

import logging
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

MOST_NAMES = 10_000
BLOCKS = 50


class TooMany(Exception):
    """The minute is spent. `retry_after` is how many seconds are left of it."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; try again in {retry_after} seconds")
        self.retry_after = retry_after


@dataclass
class _Minute:
    number: int
    granted: int = 0
    used: int = 0


_minutes: dict[str, _Minute] = {}
_lock = threading.Lock()


def spend(name: str, *, limit: int, shared: bool = True) -> None:
    """Count one request of whoever has this name. Raises TooMany when the limit of this minute is reached; no limit is 0."""
    if not limit:
        return
    now = time.time()
    with _lock:
        minute = _of_now(name, now)
        if minute.used < minute.granted:
            minute.used += 1
            return
    granted = _granted(name, minute, limit=limit, shared=shared)
    with _lock:
        minute.granted += granted
        if minute.used >= minute.granted:
            raise TooMany(_left(now))
        minute.used += 1


def is_spent(name: str, *, limit: int) -> bool:
    """Whether this process has let as many through as its part of the limit."""
    if not limit:
        return False
    with _lock:
        minute = _minutes.get(name)
        return minute is not None and minute.number == int(time.time() // 60) and minute.used >= _part(limit)


def seconds_left() -> int:
    return _left(time.time())


def forget_all() -> None:
    """Begin all counts anew."""
    with _lock:
        _minutes.clear()


def _of_now(name: str, now: float) -> _Minute:
    number = int(now // 60)
    minute = _minutes.get(name)
    if minute is None or minute.number != number:
        if len(_minutes) >= MOST_NAMES:
            for old in [one for one, kept in _minutes.items() if kept.number != number] or list(_minutes)[: MOST_NAMES // 10]:
                del _minutes[old]
        minute = _minutes[name] = _Minute(number)
    return minute


def _granted(name: str, minute: _Minute, *, limit: int, shared: bool) -> int:
    if shared and settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
        block = max(1, limit // BLOCKS)
        key = f"lrs-rate/{name}/{minute.number}"
        try:
            cache.add(key, 0, timeout=120)
            taken = cache.incr(key, block)
        except Exception:  # noqa: BLE001 - whatever ails the cache, tools are served, each process counting for itself
            logger.warning("The cache does not count; each process counts for itself")
        else:
            return max(0, block - max(0, taken - limit))
    return _part(limit) if minute.granted == 0 else 0


def _part(limit: int) -> int:
    return max(1, limit // max(1, settings.WEB_WORKERS))


def _left(now: float) -> int:
    return 60 - int(now % 60)
