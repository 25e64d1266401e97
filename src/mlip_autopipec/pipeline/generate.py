"""The first stage: starting structures, checked and indexed."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from ase import Atoms

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.generation.plugins import GROUP
from mlip_autopipec.config.plugins import plugin_version
from mlip_autopipec.files import sha256_file
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.records import FileRecord
from mlip_autopipec.pipeline.structure_index import IndexEntry, StructureIndex
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.extxyz import frame_offsets, write_frames
from mlip_autopipec.structures.identity import structure_key


def generate_key(run: RunContext) -> str:
    """Return the content key of the generated structures.

    Files that they come from count, the versions of packages that make them, and the potential and
    the exploration's shortest distances where structures depend on them.
    """
    generators = build_generators(run.config)
    inputs = [sha256_file(path) for generator in generators for path in generator.inputs]
    versions = [plugin_version(GROUP, generator.config.kind) for generator in generators]
    return run.keys.generate(
        [*inputs, *(version for version in versions if version is not None)],
        potential=any(generator.needs_potential for generator in generators),
        limits=needs_limits(run),
    )


def needs_limits(run: RunContext) -> bool:
    """Say whether structures depend on what the pair scan finds, which then comes first."""
    return any(generator.pushes_pairs for generator in run.config.generation)


def generate(run: RunContext) -> tuple[FileRecord, Summary]:
    """Write ``initial_structures.xyz`` and its index.

    Raises:
        GenerationError: A generator cannot make what was asked for.
        CalculatorError: Structures depend on the potential, and it cannot be built, or a pair of
            elements is not sound.
        RunDirectoryError: Structures depend on the pair scan, which has not been done.
    """
    generators = build_generators(run.config)
    relaxing = [generator for generator in generators if generator.needs_potential]
    if relaxing:
        calculator = build_calculator(run.config.exploration, run.elements)
        for generator in relaxing:
            generator.use_potential(calculator)
    pushing = [generator for generator in generators if generator.config.pushes_pairs]
    if pushing:
        guards = run.exploration.guards
        limits = PairLimits(guards.min_distance_scale, guards.min_distances_A)
        for generator in pushing:
            generator.use_limits(limits)
    keys: list[tuple[str, str]] = []

    def structures() -> Iterator[Atoms]:
        made = chain.from_iterable(generator.generate() for generator in generators)
        for index, atoms in enumerate(made):
            atoms.info["schedule_index"] = index
            keys.append((str(atoms.info["structure_id"]), structure_key(atoms)))
            yield atoms

    path = run.directory.initial_structures
    count = write_frames(path, structures())
    offsets = frame_offsets(path)
    entries = (IndexEntry(*key, offset) for key, offset in zip(keys, offsets, strict=True))
    StructureIndex(entries).write(run.directory.structure_index)
    refused = {generator.label: generator.rejections for generator in generators}
    summary: Summary = {
        "rejections": dict(sum(refused.values(), Counter[str]())),
        "rejections_by_generator": {label: dict(n) for label, n in refused.items() if n},
    }
    return run.directory.file_record(path, count), summary
