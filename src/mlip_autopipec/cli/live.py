"""The live view of a run: a panel on a terminal, plain lines elsewhere."""

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, JustifyMethod
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mlip_autopipec.orchestration.live_history import LiveHistory
from mlip_autopipec.orchestration.monitor import RunMonitor, RunSnapshot
from mlip_autopipec.reporting.sparkline import text_sparkline
from mlip_autopipec.reporting.wording import duration

_REFRESH_S = 0.5
_LINE_S = 5.0
_BAR_WIDTH = 40
_MOST_ROWS = 16
_CHART_WIDTH = 20
_NARROW = 90  # columns of a terminal below which the charts are left out


class LiveView:
    """Shows a run while the block lasts, from a thread of its own.

    Attributes:
        phase: What goes on, in words.
    """

    def __init__(self, console: Console, monitor: RunMonitor, phase: str) -> None:
        """Name where to show what."""
        self.phase = phase
        self._console = console
        self._monitor = monitor
        self._history = LiveHistory()
        self._begin_s = time.monotonic()
        self._said = ""
        self._ended = threading.Event()
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._thread = threading.Thread(target=self._show, name="live-view", daemon=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""
        self._ended.set()
        self._thread.join()
        if self._console.is_terminal:
            self._live.stop()

    def _show(self) -> None:
        """Refresh until the block ends."""
        interval_s = _REFRESH_S if self._console.is_terminal else _LINE_S
        while True:
            snapshot = self._monitor.snapshot()
            if self._console.is_terminal:
                self._live.update(self._panel(snapshot), refresh=True)
            else:
                self._say(snapshot)
            if self._ended.wait(interval_s):
                return

    def _say(self, snapshot: RunSnapshot) -> None:
        """Print a line if it says something new."""
        line = headline(snapshot) if snapshot.n_structures else self.phase
        if line != self._said:
            elapsed = duration(time.monotonic() - self._begin_s)
            self._console.print(
                f"[{elapsed}] {line}", markup=False, highlight=False, soft_wrap=True
            )
            self._said = line

    def _panel(self, snapshot: RunSnapshot) -> Group:
        """Draw headline, bar and one row for each exploration that runs."""
        for progress in snapshot.running:
            self._history.note(progress)
        elapsed = duration(time.monotonic() - self._begin_s)
        parts: list[Text | Table] = [Text(f"{self.phase} · {elapsed}", style="bold")]
        if snapshot.n_structures:
            parts += [
                Text(headline(snapshot)),
                _bar(snapshot.fraction),
                _rows(snapshot, self._history, self._console.width),
            ]
        return Group(*parts)


def headline(snapshot: RunSnapshot) -> str:
    """Say in one line how far a run is: structures, steps a second, time left."""
    parts = [f"{snapshot.n_done}/{snapshot.n_structures} structures explored"]
    if snapshot.n_failed:
        parts.append(f"{snapshot.n_failed} failed")
    if snapshot.running:
        parts.append(f"{snapshot.fraction:.0%} of the steps")
    if snapshot.steps_per_s > 0:
        parts.append(f"{snapshot.steps_per_s:.3g} steps/s")
    if snapshot.remaining_s is not None:
        parts.append(f"{duration(snapshot.remaining_s)} left")
    return " · ".join(parts)


def _bar(fraction: float) -> Table:
    """Draw how much is done, on a line of its own: a bar by itself ends none."""
    line = Table.grid()
    line.add_row(ProgressBar(total=1.0, completed=fraction, width=_BAR_WIDTH))
    return line


def _rows(snapshot: RunSnapshot, history: LiveHistory, width: int) -> Table:
    """List the explorations that run, one a worker, each with the course of its energy.

    Args:
        snapshot: The run now.
        history: What was seen of it before.
        width: Columns of the terminal.
    """
    titles = ["structure", "step", "done", "T", "energy", "speed", "left"]
    if width >= _NARROW:
        titles.append("energy so far")
    table = Table(box=None, pad_edge=False, show_header=bool(snapshot.running))
    for title in titles:
        justify: JustifyMethod = "left" if title in {"structure", "energy so far"} else "right"
        table.add_column(title, justify=justify, header_style="dim", no_wrap=True)
    for progress in snapshot.running[:_MOST_ROWS]:
        left_s = progress.remaining_s
        cells = [
            progress.structure_id,
            f"{progress.step:,}/{progress.n_steps:,}",
            f"{progress.step / progress.n_steps:.0%}",
            f"{progress.temperature_K:.0f} K",
            f"{progress.energy_eV:.3f} eV",
            f"{progress.steps_per_s:.3g}/s",
            "" if left_s is None else duration(left_s),
        ]
        _, energies_eV = history.courses(progress.structure_id)
        cells.append(f"[cyan]{text_sparkline(energies_eV, _CHART_WIDTH)}[/]")
        table.add_row(*cells[: len(titles)])
    more = len(snapshot.running) - _MOST_ROWS
    if more > 0:
        table.add_row(f"[dim]and {more:,} more[/]")
    return table
