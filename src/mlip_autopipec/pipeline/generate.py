"""The first stage: starting structures, checked and indexed."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from ase import Atoms

from mlip_autopipec.files import sha256_file
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.records import FileRecord
from mlip_autopipec.pipeline.structure_index import IndexEntry, StructureIndex
from mlip_autopipec.structures.extxyz import frame_offsets, write_frames
from mlip_autopipec.structures.identity import structure_key


def generate_key(run: RunContext) -> str:
    """Return the content key of the generated structures; files that they come from count."""
    paths = [path for generator in build_generators(run.config) for path in generator.inputs]
    return run.keys.generate([sha256_file(path) for path in paths])


def generate(run: RunContext) -> tuple[FileRecord, Summary]:
    """Write ``initial_structures.xyz`` and its index.

    Raises:
        GenerationError: A generator cannot make what was asked for.
    """
    generators = build_generators(run.config)
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
