"""The live view: what a terminal shows of each worker, and what a file gets."""

import io
import re

import pytest
from rich.console import Console

from mlip_autopipec.cli.live import LiveView
from mlip_autopipec.orchestration.monitor import RunMonitor, RunSnapshot
from mlip_autopipec.orchestration.progress import StructureProgress

BLOCKS = re.compile("[▁▂▃▄▅▆▇█]+")


def _progress(name: str, step: int, energy_eV: float) -> StructureProgress:
    return StructureProgress(
        structure_id=name,
        step=step,
        n_steps=1000,
        steps_per_s=50.0,
        temperature_K=650.0,
        energy_eV=energy_eV,
        updated_s=0.0,
    )


class _Course(RunMonitor):
    """A run of four structures on two workers, each look ten steps later."""

    def __init__(self) -> None:
        self._looks = 0

    def snapshot(self) -> RunSnapshot:
        self._looks += 1
        step = 10 * self._looks
        running = (
            _progress("alloy-0001", step, -100.0 + self._looks),
            _progress("alloy-0002", step, -100.0 - self._looks),
        )
        return RunSnapshot(4, 1, 0, 1000, running)


def _drawn(width: int, looks: int = 8) -> str:
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        width=width,
        color_system=None,
        legacy_windows=False,
    )
    monitor = _Course()
    view = LiveView(console, monitor, "running alloy")
    for _ in range(looks - 1):
        view._panel(monitor.snapshot())
    with console.capture() as capture:
        console.print(view._panel(monitor.snapshot()))
    return capture.get()


def test_each_worker_has_a_line_with_the_course_of_its_energy() -> None:
    lines = _drawn(110).splitlines()
    assert lines[0].startswith("running alloy · ")
    assert lines[1].startswith(
        "1/4 structures explored · 29% of the steps · 100 steps/s · 28 s left"
    )
    assert re.fullmatch("[━╸╺ ]+", lines[2])
    assert " ".join(lines[3].split()) == "structure step done T energy speed left energy so far"
    (rising,) = (line for line in lines if line.startswith("alloy-0001"))
    (falling,) = (line for line in lines if line.startswith("alloy-0002"))
    assert re.search(r"80/1,000 +8% +650 K +-92\.000 eV +50/s +18 s +▁▂▃▄▅▆▇█ *$", rising)
    assert re.search(r"-108\.000 eV .* █▇▆▅▄▃▂▁ *$", falling)


@pytest.mark.parametrize("width", [60, 89, 90, 110])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = _drawn(width, looks=60).splitlines()
    assert all(len(line) <= width for line in lines)
    charted = [line for line in lines if line.startswith("alloy") and BLOCKS.search(line)]
    assert len(charted) == (2 if width >= 90 else 0)


def test_a_file_gets_plain_lines_that_say_something_new() -> None:
    written = io.StringIO()
    with LiveView(Console(file=written), _Course(), "running alloy"):
        pass
    (line,) = written.getvalue().splitlines()
    assert line.startswith("[0 s] 1/4 structures explored · ")
    assert "\x1b" not in line
