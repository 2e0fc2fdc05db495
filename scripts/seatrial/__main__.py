"""The console script `seatrial`."""

import os
import sys

from seatrial.core.errors import EXIT_INTERRUPTED
from seatrial.system.interrupts import held_back


def main() -> None:
    """Run the tasks named on the command line; Ctrl-C is answered from the first moment on."""
    try:
        if sys.argv[1:3] == ["--complete", "--"]:
            with held_back():
                from seatrial.tasks.completion import answer

            answer(sys.argv[3:])
            return
        with held_back():
            from seatrial.tasks.program import run

        run()
    except KeyboardInterrupt:
        print("seatrial: interrupted", file=sys.stderr, flush=True)
        # sys.exit would let Python end itself by the signal where it came in the midst of an import.
        os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
