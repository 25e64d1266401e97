"""What a Dask worker does when it starts (``dask worker --preload`` this module, for one's own)."""

import signal
import threading
from typing import Any


def dask_setup(worker: Any) -> None:  # noqa: ANN401 - Dask's worker; this module imports no Dask
    """Leave signals to the process that started the worker, and import what the tasks need.

    Ctrl-C in a terminal, and the end of a batch job, reach all processes; the flow or the nanny
    ends its workers itself.
    """
    if worker.nanny and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    import prefect.main  # noqa: F401, PLC0415 - a second's work, done while structures are made
