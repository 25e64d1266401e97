"""A clock for Dask that nobody sets.

Dask and Tornado reckon their deadlines on the clock on the wall. When that is set back, by a time
server or by hand, a message that waits for the end of its batch waits for as long as the clock lost
(``distributed.batched``; dask/distributed#4128 saw the like), and a run stands still meanwhile.
"""

import sys
import time


def use_steady_clock() -> None:
    """Have Dask and Tornado, in this process, count on from now, whatever the wall clock does.

    Their times still say about what hour it is; Dask expects no more of the clocks of its machines.
    """
    from distributed import metrics  # noqa: PLC0415 - commands that need no workers start fast
    from tornado.ioloop import IOLoop  # noqa: PLC0415

    if metrics.time is _steady_s:
        return
    on_the_wall = metrics.time
    for name, module in list(sys.modules.items()):
        if name.startswith("distributed.") and vars(module).get("time") is on_the_wall:
            vars(module)["time"] = _steady_s
    IOLoop.time = staticmethod(_steady_s)  # type: ignore[assignment, method-assign]


def _steady_s() -> float:
    """Return seconds since the epoch by the wall clock at import, and steady since."""
    return _BEGAN_S + time.monotonic()


_BEGAN_S = time.time() - time.monotonic()
