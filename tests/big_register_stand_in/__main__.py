"""`make big-stand-in`: run the stand-in until Ctrl-C; `ARGS="8054 slow"` on another port, or misbehaving."""

import sys
import time

from tests.big_register_stand_in import DEMO, StandIn, running

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8053
with running(StandIn(mode=sys.argv[2] if len(sys.argv) > 2 else "well", seconds=8.0), port=port) as stand_in:
    sys.stdout.write(f"BIG_REGISTER_ENDPOINT={stand_in.address}\n")
    for known in DEMO:
        sys.stdout.write(f"{known.number} {known.mailing_name}, group {known.group}\n")
    sys.stdout.flush()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
