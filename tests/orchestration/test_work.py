"""Which faults are worth a repeat, and what crosses process boundaries."""

import logging
import pickle
from pathlib import Path

import pytest

from mlip_autopipec.errors import CalculatorError, ExplorationError
from mlip_autopipec.orchestration.supervision import Abandoned, ProcessLost
from mlip_autopipec.orchestration.work import StructureFailed, is_passing, load_supervised
from mlip_autopipec.pipeline.records import StructureRecord

FAILED = StructureFailed(
    StructureRecord(structure_id="alloy-0001", key="k", status="failed", reason="too hot")
)


@pytest.mark.parametrize(
    "error",
    [
        ProcessLost("killed"),
        OSError(28, "No space left on device"),
        ConnectionError("reset"),
        MemoryError(),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA"),
    ],
)
def test_passing_faults_are_repeated(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        FAILED,
        CalculatorError("7net-0 does not know Xx"),
        ExplorationError("no atoms"),
        Abandoned("nobody waits"),
        ValueError("a bug"),
        None,
    ],
)
def test_hopeless_faults_are_not(error: Exception | None) -> None:
    assert not is_passing(error)


def test_errors_survive_the_way_from_a_worker() -> None:
    failed = pickle.loads(pickle.dumps(FAILED))  # noqa: S301 - made on this line
    assert failed.record == FAILED.record
    assert str(failed) == "alloy-0001: too hot"
    lost = pickle.loads(pickle.dumps(ProcessLost("killed", "last words")))  # noqa: S301 - made on this line
    assert (lost.reason, lost.log_tail) == ("killed", "last words")


def test_a_model_that_cannot_be_loaded_ahead_is_left_to_the_exploration(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        load_supervised(str(tmp_path / "no-run"))
    (message,) = caplog.messages
    assert message.startswith("the model could not be loaded ahead: ")
    assert "no-run" in message
