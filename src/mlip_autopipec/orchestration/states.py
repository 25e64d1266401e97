"""States of runs that have ended without saying so to the API: it is told here."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas import State
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import StateType, TaskRun
from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Crashed

from mlip_autopipec.orchestration.supervision import Abandoned

logger = logging.getLogger(__name__)

_UNFINISHED = [
    StateType.RUNNING,
    StateType.PENDING,
    StateType.SCHEDULED,
    StateType.CANCELLING,
    StateType.PAUSED,
]
_PAGE = 200


def mark_crashed(task_run_id: UUID, reason: str) -> None:
    """Set a task run to Crashed; one that the API has never heard of is left out."""
    try:
        with get_client(sync_client=True) as client:
            client.set_task_run_state(task_run_id, Crashed(message=reason), force=True)
    except ObjectNotFound:
        logger.debug("task run %s is unknown to the API", task_run_id)
    except (HTTPError, PrefectHTTPStatusError) as error:
        logger.warning("task run %s cannot be marked as crashed: %s", task_run_id, error)


def end_run(flow_run_id: UUID | str, *, interrupted: bool, reason: str) -> None:
    """End a flow run, its subflow runs and their task runs where they are not ended yet.

    Args:
        flow_run_id: The flow run.
        interrupted: Cancelled by the user, even where Prefect has called it Crashed; otherwise
            Crashed.
        reason: Shown with the state.
    """
    ending = _Ending(interrupted=interrupted, reason=reason)
    with _talking_to_api(flow_run_id) as client:
        for run_id in [UUID(str(flow_run_id)), *_subflow_runs(client, flow_run_id)]:
            _end_flow_run(client, run_id, ending)
            _end_task_runs(client, run_id, ending)


def end_subflows(flow_run_id: UUID | str, *, reason: str) -> None:
    """Mark what runs below a flow run as crashed, but not the flow run itself."""
    ending = _Ending(interrupted=False, reason=reason)
    with _talking_to_api(flow_run_id) as client:
        for run_id in _subflow_runs(client, flow_run_id):
            _end_flow_run(client, run_id, ending)
            _end_task_runs(client, run_id, ending)


@dataclass(frozen=True)
class _Ending:
    """How runs are ended."""

    interrupted: bool
    reason: str

    def state(self) -> State[Any]:
        return Cancelled(message=self.reason) if self.interrupted else Crashed(message=self.reason)


@contextmanager
def _talking_to_api(flow_run_id: UUID | str) -> Iterator[SyncPrefectClient]:
    """Yield a client; a server that does not answer leaves the states as they are."""
    try:
        with get_client(sync_client=True) as client:
            yield client
    except (HTTPError, PrefectHTTPStatusError, ObjectNotFound) as error:
        logger.warning("flow run %s cannot be marked as ended: %s", flow_run_id, error)


def _end_flow_run(client: SyncPrefectClient, flow_run_id: UUID, ending: _Ending) -> None:
    """Set the state of one flow run."""
    state = client.read_flow_run(flow_run_id).state
    crashed = state is not None and state.is_crashed()
    if state is None or not state.is_final() or (ending.interrupted and crashed):
        client.set_flow_run_state(flow_run_id, ending.state(), force=True)


def _subflow_runs(client: SyncPrefectClient, flow_run_id: UUID | str) -> list[UUID]:
    """Return the subflow runs of a flow run."""
    parents = FlowRunFilterParentFlowRunId(any_=[UUID(str(flow_run_id))])
    runs = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(parent_flow_run_id=parents),
        sort=FlowRunSort.START_TIME_ASC,
        limit=_PAGE,
    )
    return [run.id for run in runs]


def _end_task_runs(client: SyncPrefectClient, flow_run_id: UUID, ending: _Ending) -> None:
    """Set the state of the unfinished task runs of one flow run, and of those given up with it."""
    flow_run = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    types = [*_UNFINISHED, StateType.FAILED] if ending.interrupted else _UNFINISHED
    chosen = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=types)))
    offset = 0
    found: list[TaskRun] = []
    while offset == len(found):
        found += client.read_task_runs(
            flow_run_filter=flow_run,
            task_run_filter=chosen,
            sort=TaskRunSort.EXPECTED_START_TIME_DESC,
            limit=_PAGE,
            offset=offset,
        )
        offset += _PAGE
    for run in found:
        if run.state is None or not run.state.is_failed() or _was_abandoned(run.state):
            client.set_task_run_state(run.id, ending.state(), force=True)


def _was_abandoned(state: State[Any]) -> bool:
    """Say whether a worker gave a task run up because nobody waited for it any more."""
    return Abandoned.__name__ in (state.message or "")
