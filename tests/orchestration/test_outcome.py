"""The share of failed structures decides how a run ends."""

import pytest

from mlip_autopipec.orchestration.outcome import final_state
from mlip_autopipec.pipeline.records import RunSummary


def summary(n_failed: int, n_frames: int = 40) -> RunSummary:
    return RunSummary(
        name="a",
        run_dir="/r",
        n_generated=4,
        n_explored=4 - n_failed,
        n_failed=n_failed,
        n_frames=n_frames,
        n_frames_zbl=0,
        n_selected=10,
        failures=tuple((f"alloy-000{number}", "hot") for number in range(n_failed)),
        database="dataset.db",
        wall_time_s=1.0,
        n_steps=100,
    )


@pytest.mark.parametrize(
    ("n_failed", "allowed", "name"),
    [
        (0, 0.0, "Completed"),
        (1, 0.25, "PartialSuccess"),
        (1, 0.2, "Failed"),
        (4, 0.99, "Failed"),
        (4, 1.0, "PartialSuccess"),
    ],
)
def test_name_of_the_state(n_failed: int, allowed: float, name: str) -> None:
    assert final_state(summary(n_failed), allowed).name == name


def test_partial_success_is_a_completed_state() -> None:
    assert final_state(summary(1), 0.25).is_completed()


def test_a_run_without_frames_has_failed_whatever_is_allowed() -> None:
    state = final_state(summary(4, n_frames=0), 1.0)
    assert state.is_failed()


def test_the_message_counts() -> None:
    assert final_state(summary(1), 0.2).message == (
        "3 of 4 structures explored, 1 failed; 40 frames, 10 stored; "
        "execution.max_failed_fraction allows 0.2"
    )
