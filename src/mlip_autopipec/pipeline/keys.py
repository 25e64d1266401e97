"""Content keys: what determines the result of each stage, and nothing else.

Equal keys mean that the work need not be done again. They are made of canonical content, so
comments, key order and the way a number is written in the YAML change nothing.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.pipeline.records import FileRecord, StageRecord, StructureRecord

VERSIONS = {
    "generate": 2,
    "scan": 1,
    "explore": 1,
    "gather": 1,
    "describe": 1,
    "sample": 1,
    "store": 1,
}
"""Raised when a stage would give another result for the same content."""


class StageKeys:
    """The keys of one run.

    Attributes:
        config: The run's config.
        model: Identity of the potential (name, SHA-256, versions), JSON-ready.
    """

    def __init__(self, config: PipelineConfig, model: Mapping[str, JsonValue]) -> None:
        """Keep what all keys draw on."""
        self.config = config
        self.model = dict(model)

    def generate(
        self, inputs: Sequence[str], *, potential: bool = False, limits: bool = False
    ) -> str:
        """Return the key of the generated structures.

        Args:
            inputs: SHA-256 of each file that a generator reads, and whatever else the structures
                depend on.
            potential: Whether they depend on the run's potential.
            limits: Whether they depend on the shortest distances that the exploration allows, some
                of which are the potential's.
        """
        generators = [generator.model_dump(mode="json") for generator in self.config.generation]
        labels = list(self.config.labels)
        parts: list[object] = [self.config.seed, labels, generators, list(inputs)]
        if potential or limits:
            parts.extend(self._potential())
        if limits:
            named = {"min_distance_scale", "min_distances_A"}
            parts.append(self.config.exploration.guards.model_dump(mode="json", include=named))
        return self._key("generate", *parts)

    def scan(self, elements: Sequence[str]) -> str:
        """Return the key of the pair scan."""
        exploration, model = self._potential()
        return self._key("scan", exploration, list(elements), model)

    def explore(
        self, structure_id: str, structure_key: str, index: int, exploration: ExplorationConfig
    ) -> str:
        """Return the key of one trajectory.

        Lists of temperatures and pressures count with the one course this structure gets.

        Args:
            structure_id: The structure.
            structure_key: What it is.
            index: Its place in the run.
            exploration: The exploration's config, with what the pair scan found.
        """
        content = exploration.content()
        temperature, pressure = exploration.schedules_for(index)
        content["temperature_K"] = temperature.model_dump(mode="json")
        content["pressure_GPa"] = pressure.model_dump(mode="json")
        return self._key(
            "explore", self.config.seed, structure_id, structure_key, content, self.model
        )

    def gather(self, records: Sequence[StructureRecord]) -> str:
        """Return the key of the trajectories taken together."""
        return self._key("gather", [_content(record.file) for record in records])

    def describe(self, trajectory: FileRecord, elements: Sequence[str]) -> str:
        """Return the key of what is kept of one trajectory."""
        sampling = self.config.sampling
        descriptor = sampling.model_dump(mode="json", include={"descriptor"})
        compared = [descriptor, sampling.compares_environments]
        return self._key("describe", trajectory.sha256, compared, list(elements), self.model)

    def sample(self, explored: StageRecord, known: Sequence[str], plugin: str | None = None) -> str:
        """Return the key of the selection.

        Args:
            explored: The gathered trajectories.
            known: SHA-256 of each earlier dataset.
            plugin: Package and version of the sampler; None if it is one of the package's own.
        """
        sampling = self.config.sampling.model_dump(mode="json", exclude={"known"})
        parts = [explored.file.sha256, sampling, list(known), self.config.seed]
        return self._key("sample", *parts, *([] if plugin is None else [plugin]))

    def store(self, sampled: StageRecord) -> str:
        """Return the key of the database."""
        content = self.config.model_dump(mode="json", exclude={"execution"})
        return self._key("store", sampled.file.sha256, content, self.model)

    def _potential(self) -> tuple[Mapping[str, JsonValue], Mapping[str, JsonValue]]:
        """Return what determines the potential before its pairs are scanned."""
        exploration = self.config.exploration.model_dump(mode="json", include={"calculator", "zbl"})
        return exploration, self.model

    def _key(self, stage: str, *parts: object) -> str:
        """Return the key of a stage's content."""
        return content_key(stage, VERSIONS[stage], *parts)


def _content(file: FileRecord | None) -> str | None:
    """Return what a file holds, wherever it lies."""
    return None if file is None else file.sha256
