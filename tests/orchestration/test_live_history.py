"""The course of running explorations, as it was seen."""

from pathlib import Path

from mlip_autopipec.orchestration.live_history import LiveHistory
from mlip_autopipec.orchestration.progress import StructureProgress


def _progress(step: int) -> StructureProgress:
    return StructureProgress(
        structure_id="a",
        step=step,
        n_steps=1000,
        steps_per_s=1.0,
        temperature_K=300.0 + step,
        energy_eV=-1.0,
        updated_s=0.0,
    )


def test_each_step_is_noted_once() -> None:
    history = LiveHistory()
    for step in (10, 10, 20):
        history.note(_progress(step))
    assert history.courses("a") == ([310.0, 320.0], [-1.0, -1.0])
    assert history.courses("b") == ([], [])


def test_the_oldest_are_forgotten() -> None:
    history = LiveHistory()
    for step in range(200):
        history.note(_progress(step))
    temperatures_K, _ = history.courses("a")
    assert temperatures_K == [300.0 + step for step in range(80, 200)]


def test_a_session_keeps_one_of_each_run() -> None:
    session: dict[str, LiveHistory] = {}
    history = LiveHistory.of(session, Path("run"))
    assert LiveHistory.of(session, Path("run")) is history
    assert LiveHistory.of(session, Path("other")) is not history
