"""The small records that travel between stages; structures and arrays stay in files."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Stage = Literal["generate", "scan", "explore", "sample", "store"]


class Record(BaseModel):
    """Base of all records: exact fields, never changed after they are made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileRecord(Record):
    """A file of the run directory and what it held when it was written.

    Attributes:
        path: Path relative to the run directory.
        sha256: SHA-256 of the file's bytes, hexadecimal.
        n_items: Number of frames, rows of the array, or rows of the database.
    """

    path: str
    sha256: str
    n_items: int


class StageRecord(Record):
    """A finished stage.

    Attributes:
        stage: Which stage.
        key: Content key of everything that determined the file (see `pipeline.keys`).
        file: What the stage left.
        summary: Small JSON-ready figures for reports.
    """

    stage: Stage
    key: str
    file: FileRecord
    summary: dict[str, JsonValue] = {}


class StructureRecord(Record):
    """An exploration that has ended, well or not.

    Attributes:
        structure_id: The structure's identifier.
        key: Content key of everything that determined the trajectory.
        status: ``failed`` when the exploration was given up.
        reason: Why it failed; empty otherwise.
        file: The trajectory; None when nothing could be kept.
        exploration: The `ExplorationResult` as JSON-ready data; empty when the process was lost.
    """

    structure_id: str
    key: str
    status: Literal["ok", "failed"]
    reason: str = ""
    file: FileRecord | None = None
    exploration: dict[str, JsonValue] = {}

    @property
    def n_frames(self) -> int:
        """Number of frames kept."""
        return 0 if self.file is None else self.file.n_items

    def figure(self, name: str) -> float:
        """Return a number of the exploration's result; 0 where the process was lost."""
        value = self.exploration.get(name, 0)
        return float(value) if isinstance(value, int | float) else 0.0


class DescriptorRecord(Record):
    """What sampling keeps of one trajectory.

    Attributes:
        structure_id: The structure that the trajectory began from.
        key: Content key of trajectory and descriptor.
        file: Holds a `mlip_autopipec.sampling.description.Description`.
    """

    structure_id: str
    key: str
    file: FileRecord


class CollectionRecord(Record):
    """A collection as it was when the run began.

    Attributes:
        location: Path or URL, as the config gives it.
        last_row: Number of its last row; rows that any run adds later do not count as known. None
            where the run does not continue from the collection.
        place: Absolute path, or URL; None in the records of earlier versions.
    """

    location: str
    last_row: int | None
    place: str | None = None


class RunSummary(Record):
    """A finished run in figures.

    Attributes:
        name: The run's name.
        run_dir: Absolute path of the run directory.
        n_generated: Structures made.
        n_explored: Structures whose exploration ended well.
        n_failed: Structures whose exploration failed.
        n_frames: Frames kept of all trajectories.
        n_frames_zbl: Frames of them with a pair inside ZBL's range.
        n_selected: Frames selected and stored.
        failures: ``(structure_id, reason)`` of each failed structure.
        database: Path of the database relative to the run directory.
        wall_time_s: Exploration time summed over structures, in s.
        n_steps: MD steps summed over structures.
        rejections: How many candidate structures were refused, by reason.
    """

    name: str
    run_dir: str
    n_generated: int
    n_explored: int
    n_failed: int
    n_frames: int
    n_frames_zbl: int
    n_selected: int
    failures: tuple[tuple[str, str], ...]
    database: str
    wall_time_s: float
    n_steps: int
    rejections: dict[str, int] = {}

    @property
    def failed_fraction(self) -> float:
        """Failed structures as a share of all generated ones."""
        return self.n_failed / self.n_generated if self.n_generated else 0.0

    @property
    def zbl_fraction(self) -> float:
        """Share of the frames with a pair of atoms inside ZBL's range."""
        return self.n_frames_zbl / self.n_frames if self.n_frames else 0.0
