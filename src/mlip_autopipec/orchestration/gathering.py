"""Task runs in a moving window, gathered as they finish; what is lost becomes a value too."""

import concurrent.futures
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from httpx import TransportError
from prefect.client.schemas import State
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.futures import PrefectWrappedFuture

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.server import regain_server
from mlip_autopipec.orchestration.states import mark_crashed
from mlip_autopipec.orchestration.supervision import ProcessLost

logger = logging.getLogger(__name__)

Future = PrefectWrappedFuture[Any, Any]

WINDOW = 500
"""Task runs submitted and not finished: enough for any cluster, and memory stays flat."""


_RESTARTS = 3
"""How often a task run that could not begin is submitted again."""


class WorkerLost(OrchestrationError):  # noqa: N818 - it names what happened
    """The worker that ran a task was lost more often than is allowed."""


class _NotBegun(OrchestrationError):  # noqa: N818 - it names what happened
    """A task run could not begin, since the API was away."""


def gather(
    submit: Callable[[str], Future], names: Iterable[str], window: int = WINDOW
) -> Iterator[tuple[str, Any]]:
    """Submit a task run for each name; yield name and result of each as it finishes.

    An error is a result, never raised. A task run that could not begin because the API was away
    is submitted again once it answers. A future is released as soon as it is read, so that Dask
    does not compute a finished task again when the worker that holds its result is lost.

    Args:
        submit: Submits the task run of a name, to Dask or to threads.
        names: The names.
        window: Task runs submitted and not finished at any time.
    """
    left = iter(names)
    running: dict[Any, tuple[Future, str]] = {}
    again: list[str] = []
    beginnings: Counter[str] = Counter()

    def submit_next(count: int) -> list[Any]:
        chosen = [again.pop() for _ in range(min(count, len(again)))]
        chosen += islice(left, count - len(chosen))
        beginnings.update(chosen)
        futures = [(submit(name), name) for name in chosen]
        running.update({future.wrapped_future: (future, name) for future, name in futures})
        return [future.wrapped_future for future, _ in futures]

    for wrapped in _as_completed(submit_next(window), lambda: submit_next(1)):
        future, name = running.pop(wrapped)
        outcome = _outcome(future)
        if hasattr(wrapped, "release"):
            wrapped.release()
        if isinstance(outcome, _NotBegun) and beginnings[name] <= _RESTARTS:
            logger.warning("%s could not begin: %s", name, outcome)
            regain_server()
            again.append(name)
            continue
        if isinstance(outcome, _NotBegun):
            outcome = _lost(future.task_run_id, str(outcome))
        beginnings.pop(name)
        yield name, outcome


def _as_completed(first: list[Any], more: Callable[[], list[Any]]) -> Iterator[Any]:
    """Yield futures of Dask, or of a thread pool, as they complete, submitting more meanwhile."""
    if not first:
        return
    if isinstance(first[0], concurrent.futures.Future):
        waiting = set(first)
        while waiting:
            done, waiting = concurrent.futures.wait(
                waiting, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                yield future
                waiting.update(more())
        return
    from distributed import as_completed  # noqa: PLC0415 - threads need no Dask

    waited = as_completed(first, loop=first[0].client.loop)
    for future in waited:
        yield future
        waited.update(more())


def _api_was_away(error: BaseException) -> bool:
    """Say whether a task run could not begin for want of an API (Prefect has no error of its own).

    A client of Prefect's that has never reached the API does not try again, and its first request
    asks for the API's version. A task run asks the API for its concurrency slots before it begins.
    """
    unreached = isinstance(error, RuntimeError) and "Failed to reach API" in str(error)
    return unreached or isinstance(error, TransportError | ConcurrencySlotAcquisitionError)


def _outcome(future: Future) -> Any:  # noqa: ANN401 - the task's
    """Return a finished task run's result or error."""
    try:
        state = future.wrapped_future.result()
    except Exception as error:  # noqa: BLE001 - KilledWorker, CancelledError, a failed unpickling
        if _api_was_away(error):
            return _NotBegun("the Prefect API was away")
        logger.error("task run %s: %s", future.task_run_id, error)  # noqa: TRY400 - the worker's
        return _lost(future.task_run_id, f"its worker was lost ({type(error).__name__})")
    outcome = state.result(raise_on_failure=False) if isinstance(state, State) else state
    if isinstance(outcome, ProcessLost):
        mark_crashed(future.task_run_id, outcome.reason)  # Prefect has called it Failed
    return outcome


def _lost(task_run_id: UUID, reason: str) -> WorkerLost:
    """Put an end to a task run that can no longer do so itself, and say what happened."""
    logger.error("task run %s: %s", task_run_id, reason)
    mark_crashed(task_run_id, reason)
    return WorkerLost(reason)
