"""Runs that have ended without saying so are ended at the API, and nothing else is touched."""

from uuid import UUID, uuid4

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.states import Completed, Crashed, Failed, Running

from mlip_autopipec.orchestration.states import end_run, end_subflows, mark_crashed

pytestmark = pytest.mark.usefixtures("prefect_api")


@flow
def some_flow() -> None:
    """Only its name is used."""


@task
def some_task() -> None:
    """Only its name is used."""


class Runs:
    """A flow run with a subflow run and three task runs, as a killed process leaves them."""

    def __init__(self) -> None:
        with get_client(sync_client=True) as client:
            self.flow = client.create_flow_run(some_flow, state=Running()).id
            below = client.create_task_run(some_task, self.flow, "0", state=Running()).id
            self.subflow = client.create_flow_run(
                some_flow, state=Running(), parent_task_run_id=below
            ).id
            states = {
                "running": Running(),
                "done": Completed(),
                "given up": Failed(message="Task run encountered an exception Abandoned: nobody"),
                "failed": Failed(message="Task run encountered an exception StructureFailed: hot"),
            }
            self.tasks = {
                name: client.create_task_run(some_task, self.subflow, name, state=state).id
                for name, state in states.items()
            }

    def states(self) -> dict[str, str]:
        with get_client(sync_client=True) as client:
            found = {
                "flow": client.read_flow_run(self.flow).state,
                "subflow": client.read_flow_run(self.subflow).state,
            }
            found |= {name: client.read_task_run(id_).state for name, id_ in self.tasks.items()}
        return {
            name: str(state.name if state is not None else None) for name, state in found.items()
        }


def test_a_dead_run_is_crashed_with_all_that_ran_below_it() -> None:
    runs = Runs()
    end_run(runs.flow, interrupted=False, reason="its process has ended")
    assert runs.states() == {
        "flow": "Crashed",
        "subflow": "Crashed",
        "running": "Crashed",
        "done": "Completed",
        "given up": "Failed",
        "failed": "Failed",
    }


def test_an_interrupted_run_is_cancelled_even_where_prefect_says_crashed() -> None:
    runs = Runs()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(runs.flow, Crashed(), force=True)
    end_run(runs.flow, interrupted=True, reason="interrupted by the user")
    assert runs.states() == {
        "flow": "Cancelled",
        "subflow": "Cancelled",
        "running": "Cancelled",
        "done": "Completed",
        "given up": "Cancelled",
        "failed": "Failed",
    }


def test_the_flow_run_itself_may_be_left_to_prefect() -> None:
    runs = Runs()
    end_subflows(runs.flow, reason="terminated")
    states = runs.states()
    assert (states["flow"], states["subflow"], states["running"]) == (
        "Running",
        "Crashed",
        "Crashed",
    )


def test_a_finished_run_stays_as_it_is() -> None:
    runs = Runs()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(runs.flow, Completed(), force=True)
    end_run(runs.flow, interrupted=False, reason="its process has ended")
    assert runs.states()["flow"] == "Completed"


def test_a_task_run_can_be_crashed_and_an_unknown_one_does_not_matter() -> None:
    runs = Runs()
    mark_crashed(runs.tasks["running"], "its worker was lost")
    assert runs.states()["running"] == "Crashed"
    mark_crashed(uuid4(), "its worker was lost")


def test_an_unknown_flow_run_does_not_matter() -> None:
    end_run(uuid4(), interrupted=False, reason="gone")


def test_task_runs_are_ended_on_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlip_autopipec.orchestration.states._PAGE", 3)
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(some_flow, state=Running()).id
        tasks: list[UUID] = [
            client.create_task_run(some_task, run, str(number), state=Running()).id
            for number in range(7)
        ]
        end_run(run, interrupted=False, reason="gone")
        states = [client.read_task_run(task_id).state for task_id in tasks]
    assert {state.type for state in states if state is not None} == {StateType.CRASHED}
