"""What has been seen of running explorations, so that their course can be drawn."""

from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlip_autopipec.orchestration.progress import StructureProgress

_MOST_POINTS = 120

Points = deque[tuple[float, float]]


@dataclass
class LiveHistory:
    """Temperature and energy of each running exploration, as often as they were looked at.

    Attributes:
        points: By structure; the oldest are forgotten.
    """

    points: dict[str, Points] = field(default_factory=dict)
    _steps: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, session: MutableMapping[Any, Any], run_dir: Path) -> "LiveHistory":
        """Return what a browser session has seen of a run."""
        history: LiveHistory = session.setdefault(f"live.{run_dir}", cls())
        return history

    def note(self, progress: StructureProgress) -> None:
        """Take note of a structure, if it has moved on since the last time."""
        name = progress.structure_id
        if self._steps.get(name) != progress.step:
            self._steps[name] = progress.step
            seen = self.points.setdefault(name, deque(maxlen=_MOST_POINTS))
            seen.append((progress.temperature_K, progress.energy_eV))

    def courses(self, structure_id: str) -> tuple[list[float], list[float]]:
        """Return the temperatures in K and the energies in eV that were seen, the latest last."""
        seen = self.points.get(structure_id, deque())
        return [temperature_K for temperature_K, _ in seen], [energy_eV for _, energy_eV in seen]
