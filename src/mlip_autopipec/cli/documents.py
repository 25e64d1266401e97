"""What the commands say to machines: with ``--json``, one document on standard output.

Every document names itself in ``document`` and counts up ``version`` when a field changes its
meaning or goes; new fields may come without. Numbers carry their unit in their name; what is not
known is null. Errors stay lines on standard error, and exit codes are the same as without.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mlip_autopipec.generators.generation_plan import GenerationPlan
from mlip_autopipec.orchestration.estimate import CostEstimate
from mlip_autopipec.orchestration.inventory import CacheEntry
from mlip_autopipec.orchestration.monitor import RunSnapshot
from mlip_autopipec.pipeline.plan import RunPlan
from mlip_autopipec.pipeline.records import RunSummary
from mlip_autopipec.reporting.report_files import page_path
from mlip_autopipec.storage.training import ExportReport


class Document(BaseModel):
    """Base of all documents.

    Attributes:
        version: Of the document's form.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1


class Failure(BaseModel):
    """A structure whose exploration failed.

    Attributes:
        structure_id: The structure.
        reason: Why it was given up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    structure_id: str
    reason: str


class Figures(BaseModel):
    """A run in figures; stages not done yet count as 0.

    Attributes:
        name: The run's name.
        run_dir: Absolute path of the run directory.
        n_generated: Structures made.
        n_explored: Structures whose exploration ended well.
        n_failed: Structures whose exploration failed.
        n_frames: Frames kept of all trajectories.
        n_frames_zbl: Frames of them with a pair inside ZBL's range.
        n_selected: Frames selected and stored.
        n_steps: MD steps over all structures.
        exploration_s: Exploration time summed over structures, in s.
        failures: The structures that failed.
        rejections: How many candidate structures were refused, by reason.
        database: Absolute path of the dataset; null while there is none.
        report: Absolute path of the report's page; null while there is none.
        prefect_url: The run's page in the Prefect UI; null if there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    run_dir: str
    n_generated: int
    n_explored: int
    n_failed: int
    n_frames: int
    n_frames_zbl: int
    n_selected: int
    n_steps: int
    exploration_s: float
    failures: tuple[Failure, ...]
    rejections: dict[str, int]
    database: str | None
    report: str | None
    prefect_url: str | None

    @classmethod
    def of(cls, summary: RunSummary, url: str | None) -> "Figures":
        """Return what a run has done."""
        database, page = Path(summary.run_dir) / summary.database, page_path(summary.run_dir)
        other = {"failures", "database", "wall_time_s"}
        return cls(
            **summary.model_dump(exclude=other),
            exploration_s=summary.wall_time_s,
            failures=tuple(Failure(structure_id=n, reason=r) for n, r in summary.failures),
            database=str(database) if summary.n_selected and database.is_file() else None,
            report=str(page) if page.is_file() else None,
            prefect_url=url or None,
        )


class RunDocument(Document):
    """What ``run --json`` says at the end of a run.

    Attributes:
        outcome: ``partial``: some structures failed, fewer than the config allows; ``failed``:
            more than it allows (exit code 1).
        message: The same in words.
        figures: What was done.
    """

    document: Literal["run"] = "run"
    outcome: Literal["completed", "partial", "failed"]
    message: str
    figures: Figures


class RunningStructure(BaseModel):
    """An exploration that runs now.

    Attributes:
        structure_id: The structure.
        step: MD steps done.
        n_steps: MD steps to do.
        steps_per_s: Speed.
        temperature_K: Kinetic temperature.
        energy_eV: Potential energy of the mixed surface.
        updated_s: When this was written, in s since the epoch.
        pid: The process that simulates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    structure_id: str
    step: int
    n_steps: int
    steps_per_s: float
    temperature_K: float
    energy_eV: float
    updated_s: float
    pid: int


class StatusDocument(Document):
    """What ``status --json`` says.

    Attributes:
        state: ``stopped``: nobody works on the run and the dataset is not there.
        pid: The process that works on it; null if there is none on this machine.
        n_structures: Structures generated; 0 before that.
        n_ended: Structures whose exploration has ended, well or not.
        fraction: Share of all MD steps that is done.
        steps_per_s: MD steps per second of all workers together.
        remaining_s: Time left of the exploration at this speed, in s; null while none is known.
        running: Explorations that run now.
        figures: What the stages that are done have left.
    """

    document: Literal["status"] = "status"
    state: Literal["starting", "running", "finished", "stopped"]
    pid: int | None
    n_structures: int
    n_ended: int
    fraction: float
    steps_per_s: float
    remaining_s: float | None
    running: tuple[RunningStructure, ...]
    figures: Figures

    @classmethod
    def of(
        cls,
        snapshot: RunSnapshot,
        figures: Figures,
        *,
        state: Literal["starting", "running", "finished", "stopped"],
        pid: int | None,
    ) -> "StatusDocument":
        """Return how a run stands."""
        running = [RunningStructure(**each.model_dump()) for each in snapshot.running]
        return cls(
            state=state,
            pid=pid,
            n_structures=snapshot.n_structures,
            n_ended=snapshot.n_done,
            fraction=snapshot.fraction,
            steps_per_s=snapshot.steps_per_s,
            remaining_s=snapshot.remaining_s,
            running=tuple(running),
            figures=figures,
        )


class PlanDocument(Document):
    """What ``validate --json`` says of a valid config.

    Attributes:
        name: The run's name.
        generators: What each generator would make.
        n_structures: Structures of all generators.
        n_steps: MD steps of all structures.
        n_moves: Monte Carlo moves of all structures.
        n_frames: Frames of all trajectories, when all goes well.
        n_selected: Frames that would be kept.
        n_workers: Workers on this machine; null where a cluster decides.
        estimate: What the run would cost; null without ``--estimate``.
    """

    document: Literal["plan"] = "plan"
    name: str
    generators: tuple[GenerationPlan, ...]
    n_structures: int
    n_steps: int
    n_moves: int
    n_frames: int
    n_selected: int
    n_workers: int | None
    estimate: CostEstimate | None = None

    @classmethod
    def of(cls, plan: RunPlan, estimate: CostEstimate | None) -> "PlanDocument":
        """Return what a run would do."""
        return cls(
            name=plan.name,
            generators=plan.generators,
            n_structures=plan.n_structures,
            n_steps=plan.n_steps,
            n_moves=plan.n_moves,
            n_frames=plan.n_frames,
            n_selected=plan.n_selected,
            n_workers=plan.n_workers,
            estimate=estimate,
        )


class CacheDocument(Document):
    """What ``cache --json`` says.

    Attributes:
        removed: What ``--prune`` has removed.
        entries: What is kept; that which is not ``used`` is what ``--prune`` would remove.
    """

    document: Literal["cache"] = "cache"
    removed: tuple[CacheEntry, ...]
    entries: tuple[CacheEntry, ...]

    @classmethod
    def of(cls, removed: Sequence[CacheEntry], entries: Sequence[CacheEntry]) -> "CacheDocument":
        """Return what is kept, and what was removed."""
        return cls(removed=tuple(removed), entries=tuple(entries))


class ExportDocument(Document):
    """What ``export --json`` says.

    Attributes:
        source: The database.
        folder: Where the files are.
        written: What was written.
    """

    document: Literal["export"] = "export"
    source: str
    folder: str
    written: ExportReport


class ReportDocument(Document):
    """What ``report --json`` says; the figures themselves are in the file ``data``.

    Attributes:
        verdict: How the run stands, in one sentence.
        page: The page.
        data: What it says, as JSON.
        pictures: The figures as PNG, by name.
    """

    document: Literal["report"] = "report"
    verdict: str
    page: str
    data: str
    pictures: dict[str, str]


class PreviewDocument(Document):
    """What ``preview --json`` says.

    Attributes:
        picture: The sheet.
        n_shown: Structures on it.
        n_structures: Structures that the run would make.
    """

    document: Literal["preview"] = "preview"
    picture: str
    n_shown: int
    n_structures: int
