"""Where each generated structure lies in its file, so that a worker reads one and not all."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.files import write_text
from mlip_autopipec.structures.extxyz import frame_offsets, read_frames
from mlip_autopipec.structures.identity import structure_key


class IndexEntry(NamedTuple):
    """One generated structure.

    Attributes:
        structure_id: Its identifier.
        key: Its content key (see `mlip_autopipec.structures.identity`).
        offset: Byte at which its frame begins in the file.
    """

    structure_id: str
    key: str
    offset: int


class StructureIndex:
    """The generated structures of a run, in order."""

    def __init__(self, entries: Iterable[IndexEntry]) -> None:
        """Keep the entries, in the order of generation."""
        self.entries = tuple(entries)
        self._positions = {entry.structure_id: i for i, entry in enumerate(self.entries)}

    def position(self, structure_id: str) -> int:
        """Return a structure's place in the run, counted from 0.

        Raises:
            RunDirectoryError: The run has no such structure.
        """
        try:
            return self._positions[structure_id]
        except KeyError as error:
            message = f"structure {structure_id!r} is not part of this run"
            raise RunDirectoryError(message) from error

    def entry(self, structure_id: str) -> IndexEntry:
        """Return a structure's entry.

        Raises:
            RunDirectoryError: The run has no such structure.
        """
        return self.entries[self.position(structure_id)]

    @property
    def structure_ids(self) -> list[str]:
        """All identifiers, in order."""
        return [entry.structure_id for entry in self.entries]

    def write(self, path: Path) -> None:
        """Keep the index as JSON, with a checksum."""
        content = {"key": content_key(self.entries), "entries": self.entries}
        write_text(path, json.dumps(content, separators=(",", ":")) + "\n")

    @classmethod
    def of(cls, structures: Path) -> "StructureIndex":
        """Make the index of a file of generated structures."""
        entries = zip(read_frames(structures), frame_offsets(structures), strict=True)
        return cls(
            IndexEntry(str(atoms.info["structure_id"]), structure_key(atoms), offset)
            for atoms, offset in entries
        )

    @classmethod
    def read(cls, path: Path) -> "StructureIndex":
        """Read an index.

        Raises:
            RunDirectoryError: There is none, or it is damaged.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            entries = [IndexEntry(*entry) for entry in content["entries"]]
            expected = content["key"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunDirectoryError(_damaged(path)) from error
        if content_key(entries) != expected:
            raise RunDirectoryError(_damaged(path))
        return cls(entries)


def _damaged(path: Path) -> str:
    """Say that an index cannot be used."""
    return f"{path}: the index of structures is missing or damaged; run again"
