"""Simulations that misbehave by themselves: they crash, or take more memory than there is."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import explored_states, write_config
from killing import LONG, Command

from mlip_autopipec.pipeline.runner import PipelineRunner

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("prefect_api"),
]

Check = Callable[[Path], None]

FAULTS = '''
"""Python imports this module when it starts: faults for two structures, past step 100."""

import ctypes
import faulthandler
import importlib.util
import os
import sys

MODULE = "mlip_autopipec.orchestration.progress"
TIMES = int(os.environ["FAULT_TIMES"])


class Finder:
    """Puts the faults into the progress callback as soon as it is imported."""

    def find_spec(self, name, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            call = module.ProgressFile.__call__

            def misbehave(self, progress):
                call(self, progress)
                if progress.step > 100:
                    fault(progress.structure_id)

            module.ProgressFile.__call__ = misbehave

        spec.loader.exec_module = exec_module
        return spec


def fault(name):
    """Crash, or hoard memory, as often as told."""
    marks = os.path.join(os.environ["FAULT_FOLDER"], name)
    done = os.path.getsize(marks) if os.path.exists(marks) else 0
    if done >= TIMES:
        return
    with open(marks, "a") as stream:
        stream.write("x")
    if name == "alloy-0000":
        faulthandler.disable()
        ctypes.string_at(0)
    hoard = []
    while True:
        hoard.append(bytearray(16 * 2**20))


sys.meta_path.insert(0, Finder())
'''


@pytest.fixture
def misbehave(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """Return the environment in which simulations misbehave a number of times."""

    def environment(times: int) -> dict[str, str]:
        folder = tmp_path / "faults"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(FAULTS)
        search = os.pathsep.join([str(folder), *sys.path])
        return {"PYTHONPATH": search, "FAULT_TIMES": str(times), "FAULT_FOLDER": str(folder)}

    return environment


def config(folder: Path, retries: int) -> Path:
    cluster = {"kind": "local", "n_workers": 2, "memory_limit": "1GiB"}
    changes = {"execution.cluster": cluster, "execution.retries": retries}
    return write_config(folder / "long.yaml", LONG | changes)


def test_a_segfault_and_an_exhausted_memory_are_repeated_from_the_checkpoint(
    tmp_path: Path, misbehave: Callable[[int], dict[str, str]], same_as_undisturbed: Check
) -> None:
    run_dir = tmp_path / "run"
    command = Command(config(tmp_path, 1), "--run-dir", run_dir, environment=misbehave(1))
    code, _, errors = command.finish()
    assert code == 0, errors
    marks = {path.name for path in (tmp_path / "faults").glob("alloy-*")}
    assert marks == {"alloy-0000", "alloy-0001"}  # both did misbehave
    same_as_undisturbed(run_dir)
    assert explored_states(run_dir, 2) == dict.fromkeys(["alloy-0000", "alloy-0001"], "Completed")


def test_those_that_always_misbehave_fail_for_their_own_reasons(
    tmp_path: Path, misbehave: Callable[[int], dict[str, str]], same_as_undisturbed: Check
) -> None:
    run_dir = tmp_path / "run"
    path = config(tmp_path, 1)
    code, _, errors = Command(path, "--run-dir", run_dir, environment=misbehave(99)).finish()
    assert code == 1, errors
    reasons = dict(PipelineRunner.open(run_dir).summary().failures)
    assert reasons["alloy-0000"] == "its process was killed by SIGSEGV"
    assert reasons["alloy-0001"].endswith("GiB of memory, above its 0.95 GiB, and was ended")
    assert explored_states(run_dir, 2) == dict.fromkeys(["alloy-0000", "alloy-0001"], "Crashed")
    code, _, errors = Command(path, "--run-dir", run_dir).finish()
    assert code == 0, errors
    same_as_undisturbed(run_dir)
