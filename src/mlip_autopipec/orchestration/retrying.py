"""Which faults a task run is repeated for."""

from typing import Any

from prefect import Task
from prefect.client.schemas import State
from prefect.client.schemas.objects import TaskRun

from mlip_autopipec.orchestration.work import is_passing


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Say whether a failed task run may succeed the next time; Prefect asks before a retry."""
    return is_passing(state.data)
