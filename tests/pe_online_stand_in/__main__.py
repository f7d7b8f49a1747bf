"""`make pe-online-stand-in`: run the stand-in until Ctrl-C; the page at its address shows what came in and lets it misbehave."""

import sys
import time

from tests.pe_online_stand_in import StandIn, World

stand_in = StandIn(World.load(), port=int(sys.argv[1]) if len(sys.argv) > 1 else 8052).start()
sys.stdout.write(f"Page:    {stand_in.home}\nService: {stand_in.address}\n")
for name, key in stand_in.world.providers.items():
    sys.stdout.write(f"userID {name}, userKey {key}\n")
sys.stdout.flush()
try:
    while True:
        time.sleep(3600)
except KeyboardInterrupt:
    stand_in.close()
