"""A run as plain methods: what goes on serially here, and what the orchestrator's tasks call."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from mlip_autopipec.calculators.factory import check_elements
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.pipeline import explore, generate, sample, scan, store
from mlip_autopipec.pipeline.context import RunContext
from mlip_autopipec.pipeline.explore import ProgressCallback
from mlip_autopipec.pipeline.known import known_datasets, remember_collection
from mlip_autopipec.pipeline.records import (
    DescriptorRecord,
    RunSummary,
    StageRecord,
    StructureRecord,
)
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.pipeline.summary import summarise

Kept = TypeVar("Kept", StageRecord, StructureRecord)


class PipelineRunner:
    """Runs the stages of one config in one run directory.

    Work whose record and file are there already, made from the same content, is not done again;
    so running again resumes.

    Example:
        ``PipelineRunner(PipelineConfig.from_yaml("cu-au.yaml"), "runs/cu-au").run()``
    """

    def __init__(self, config: PipelineConfig, run_dir: str | Path) -> None:
        """Name config and directory; nothing is touched until `prepare` or a stage."""
        self._run = RunContext(config, RunDirectory(run_dir))

    @classmethod
    def open(cls, run_dir: str | Path) -> "PipelineRunner":
        """Take up the run that a directory holds, as workers do, with the model it began with.

        Raises:
            RunDirectoryError: The directory holds no run.
        """
        directory = RunDirectory(run_dir)
        runner = cls(directory.read_config(), run_dir)
        runner._run = RunContext(runner.config, directory, directory.read_model())
        return runner

    @property
    def config(self) -> PipelineConfig:
        """The run's config."""
        return self._run.config

    @property
    def directory(self) -> RunDirectory:
        """The run directory."""
        return self._run.directory

    @property
    def run_dir(self) -> Path:
        """Absolute path of the run directory."""
        return self._run.directory.path

    def check(self) -> None:
        """Refuse what cannot work, before anything is written.

        Raises:
            GenerationError: A generator cannot make what is asked for.
            CalculatorError: The model is missing or does not know an element.
            SamplingError: A known dataset does not exist.
            StorageError: The collection cannot be written to.
            RunDirectoryError: The run directory is a file, or lies below one.
        """
        self.directory.check()
        store.check_collection(self._run)
        known_datasets(self._run)
        check_elements(self.config.exploration.calculator, self._run.elements)

    def prepare(self) -> None:
        """Check, then make the run directory; keep the resolved config and the model's identity.

        Raises:
            AutoPipeError: As for `check`, or the directory cannot be written to.
        """
        self.check()
        self.directory.create()
        self.directory.write_config(self.config)
        self.directory.write_model(self._run.model_identity)
        remember_collection(self._run)

    def generate_key(self) -> str:
        """Return the content key of the generated structures."""
        return generate.generate_key(self._run)

    def generate(self) -> StageRecord:
        """Make the starting structures; where they depend on the pair scan, that comes first.

        Raises:
            GenerationError: A generator cannot make what was asked for.
            CalculatorError: Structures depend on a potential that cannot be had or is not sound.
        """
        self._run.forget("index", "exploration", "calculator")
        key = self.generate_key()
        if generate.needs_limits(self._run):
            self.scan_pairs()
        return self._run.stage("generate", key, lambda: generate.generate(self._run))

    def structure_ids(self) -> list[str]:
        """Return the identifiers of the generated structures, in order.

        Raises:
            RunDirectoryError: Nothing has been generated yet.
        """
        return self._run.index.structure_ids

    def scan_key(self) -> str:
        """Return the content key of the pair scan."""
        return self._run.keys.scan(self._run.elements)

    def scan_pairs(self) -> StageRecord:
        """Scan every pair of elements; what it finds takes part in all that follows."""
        self._run.forget("exploration", "calculator")
        return self._run.stage("scan", self.scan_key(), lambda: scan.scan(self._run))

    def load_model(self) -> None:
        """Load the model into this process before it is needed, while others scan the pairs.

        Raises:
            CalculatorError: It cannot be loaded, or has changed.
        """
        scan.load_model(self._run)

    def explore_key(self, structure_id: str) -> str:
        """Return the content key of one trajectory."""
        return explore.explore_key(self._run, structure_id)

    def ensemble_name(self, structure_id: str) -> str:
        """Return the ensemble that a structure will be explored in."""
        return explore.ensemble_name(self._run, structure_id)

    def explore_structure(
        self, structure_id: str, on_progress: ProgressCallback | None = None
    ) -> StructureRecord:
        """Explore from one structure; a failed exploration is a record, not an exception."""
        return explore.explore_structure(self._run, structure_id, on_progress)

    def lost_structure(self, structure_id: str, reason: str) -> StructureRecord:
        """Return the record of a structure whose process died for good."""
        return explore.lost_structure(self._run, structure_id, reason)

    def gather_key(self, records: Sequence[StructureRecord]) -> str:
        """Return the content key of the trajectories taken together."""
        return self._run.keys.gather(records)

    def gather(self, records: Sequence[StructureRecord]) -> StageRecord:
        """Join the trajectories, in the order given."""
        key = self.gather_key(records)
        return self._run.stage("explore", key, lambda: explore.gather(self._run, records))

    def describe_key(self, record: StructureRecord) -> str:
        """Return the content key of what is kept of one trajectory."""
        return sample.describe_key(self._run, record)

    def describe_structure(self, record: StructureRecord) -> DescriptorRecord:
        """Describe the frames of one trajectory.

        Raises:
            SamplingError: The structure has no trajectory, or a frame cannot be described.
        """
        return sample.describe_structure(self._run, record)

    def sample_key(self, explored: StageRecord) -> str:
        """Return the content key of the selection."""
        return sample.sample_key(self._run, explored)

    def sample(self, explored: StageRecord, described: Sequence[DescriptorRecord]) -> StageRecord:
        """Select frames.

        Args:
            explored: The gathered trajectories.
            described: What is kept of each trajectory, in the same order.

        Raises:
            SamplingError: There is no frame to choose from.
        """
        key = self.sample_key(explored)
        return self._run.stage("sample", key, lambda: sample.sample(self._run, explored, described))

    def store_key(self, sampled: StageRecord) -> str:
        """Return the content key of the database."""
        return self._run.keys.store(sampled)

    def store(self, sampled: StageRecord) -> StageRecord:
        """Put the selected frames into the database."""
        key = self.store_key(sampled)
        return self._run.stage("store", key, lambda: store.store(self._run, sampled))

    def keep(self, record: Kept) -> Kept:
        """Put a record in its place if it is not there, as after damage, and return it."""
        names = (
            (record.stage,) if isinstance(record, StageRecord) else ("explore", record.structure_id)
        )
        if self.directory.read_record(type(record), *names) != record:
            self.directory.write_record(record, *names)
        return record

    def summary(self) -> RunSummary:
        """Return the figures of the run as far as it has come."""
        return summarise(self._run)

    def run(self) -> RunSummary:
        """Do all stages, one structure after the other, in this process.

        Raises:
            AutoPipeError: A stage cannot be done; a failed structure alone is no such case.
        """
        with self.directory.hold():
            self.prepare()
            self.generate()
            self.scan_pairs()
            records = [self.explore_structure(name) for name in self.structure_ids()]
            explored = self.gather(records)
            described = [self.describe_structure(record) for record in records if record.n_frames]
            self.store(self.sample(explored, described))
            return self.summary()
