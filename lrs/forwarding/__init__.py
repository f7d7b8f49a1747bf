"""Forwarding to other stores: which statements go where, in whose name, in order per learner and at least once.

`forget` and `would_forget` are for erasure: they reach the copies that already went out.
"""

from lrs.forwarding.erasing import Reached, forget, would_forget

__all__ = ["Reached", "forget", "would_forget"]
