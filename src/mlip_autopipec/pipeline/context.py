"""What all stages of a run share: config, directory, the potential and the content keys."""

from collections.abc import Callable
from functools import cached_property

from pydantic import JsonValue

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.identity import ModelIdentity, check_unchanged, model_identity
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.pair_scan import PairScan
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.keys import StageKeys
from mlip_autopipec.pipeline.records import FileRecord, Stage, StageRecord
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.pipeline.structure_index import StructureIndex

Summary = dict[str, JsonValue]


class RunContext:
    """One run: its config, its directory, and what is derived from them once.

    Attributes:
        config: The run's config.
        directory: The run directory.
    """

    def __init__(
        self, config: PipelineConfig, directory: RunDirectory, model: ModelIdentity | None = None
    ) -> None:
        """Keep config and directory; the rest is made when it is first asked for.

        Args:
            config: The run's config.
            directory: The run directory.
            model: The potential that the run began with; None: as it is now.
        """
        self.config = config
        self.directory = directory
        self._begun_with = model

    @cached_property
    def model_identity(self) -> ModelIdentity:
        """Identity of the potential that this run uses, from its beginning to its end."""
        return self._begun_with or model_identity(self.config.exploration.calculator)

    @property
    def model(self) -> Summary:
        """The same, JSON-ready."""
        return self.model_identity.model_dump(mode="json")

    def check_model(self) -> None:
        """Refuse a potential that is not the one the run began with.

        Raises:
            CalculatorError: The model's file has changed, or another version would evaluate it.
        """
        check_unchanged(self.config.exploration.calculator, self.model_identity)

    @cached_property
    def keys(self) -> StageKeys:
        """The content keys of the stages."""
        return StageKeys(self.config, self.model)

    @cached_property
    def calculator(self) -> MixingCalculator:
        """The potential of the exploration, built once and kept by the process.

        The model is checked before it is loaded, since loading runs what its file says, and after,
        since the file may have been replaced meanwhile.

        Raises:
            CalculatorError: It cannot be built, or is not the one the run began with.
        """
        self.check_model()
        calculator = build_calculator(self.exploration, self.elements)
        self.check_model()
        return calculator

    @cached_property
    def exploration(self) -> ExplorationConfig:
        """The exploration's config with the radii, floors and limits that the pair scan found.

        Raises:
            CalculatorError: A pair of elements is not sound; one line for each.
            RunDirectoryError: The pairs have not been scanned yet.
        """
        record = self.directory.read_record(StageRecord, "scan")
        if record is None or record.key != self.keys.scan(self.elements):
            message = f"{self.directory.path}: the pairs of elements have not been scanned yet"
            raise RunDirectoryError(message)
        text = self.directory.pair_scan.read_text(encoding="utf-8")
        return PairScan.model_validate_json(text).applied_to(self.config.exploration)

    @cached_property
    def elements(self) -> list[str]:
        """Symbols of all elements that the generators use, sorted."""
        plans = [generator.plan() for generator in build_generators(self.config)]
        return sorted({symbol for plan in plans for symbol in plan.elements})

    @cached_property
    def index(self) -> StructureIndex:
        """The generated structures; an index that is lost or damaged is made again from them.

        Raises:
            RunDirectoryError: Nothing has been generated yet.
        """
        try:
            return StructureIndex.read(self.directory.structure_index)
        except RunDirectoryError:
            generated = self.directory.read_record(StageRecord, "generate")
            if generated is None or not self.directory.is_intact(generated.file):
                raise
            index = StructureIndex.of(self.directory.initial_structures)
            index.write(self.directory.structure_index)
            return index

    def forget(self, *names: str) -> None:
        """Read the index, or the exploration's config, anew: a stage has written it again."""
        for name in names:
            self.__dict__.pop(name, None)

    def stage(
        self, stage: Stage, key: str, make: Callable[[], tuple[FileRecord, Summary]]
    ) -> StageRecord:
        """Return a stage's record, doing its work unless the same is there already.

        Args:
            stage: Which stage.
            key: Content key of all that determines the result.
            make: Does the work; returns the file and figures for reports.
        """
        known = self.directory.read_record(StageRecord, stage)
        if known is not None and known.key == key and self.directory.is_intact(known.file):
            return known
        file, summary = make()
        record = StageRecord(stage=stage, key=key, file=file, summary=summary)
        self.directory.write_record(record, stage)
        return record
