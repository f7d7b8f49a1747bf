"""A stand-in of the attendance service of PE-online: it follows the manual, refuses as it does, and misbehaves when told to.

`StandIn(World.load()).start()` in a test; `make pe-online-stand-in` by hand. What it knows stands in world.json.
"""

from tests.pe_online_stand_in.server import StandIn
from tests.pe_online_stand_in.world import World

__all__ = ["StandIn", "World"]
