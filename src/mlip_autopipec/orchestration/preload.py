"""What a Dask worker does when it starts (``dask worker --preload`` this module, for one's own)."""

import signal
import threading
from typing import Any


def dask_setup(worker: Any) -> None:  # noqa: ANN401 - Dask's worker; this module imports no Dask
    """Leave signals to whoever started the worker, import what tasks need, keep a steady clock.

    Ctrl-C in a terminal, and the end of a batch job, reach all processes; the flow or the nanny
    ends its workers itself.
    """
    if worker.nanny and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    from mlip_autopipec.orchestration.steady_clock import use_steady_clock  # noqa: PLC0415 - Dask's

    use_steady_clock()
    import prefect.main  # noqa: F401, PLC0415 - a second's work, done while structures are made
