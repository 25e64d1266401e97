"""The files of one run, as the page reads them: only those below its folder, a frame at a time."""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import streamlit as st
from ase import Atoms

from mlip_autopipec.pipeline.records import StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.collection import collect, report_key
from mlip_autopipec.reporting.entries import exploration_records, structure_names
from mlip_autopipec.reporting.models import RunReport
from mlip_autopipec.reporting.selection import FrameOrigins
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.export import export_extxyz
from mlip_autopipec.structures.extxyz import frame_offsets, read_frame_at, write_frame
from mlip_autopipec.ui.confinement import RootFolder


@dataclass(frozen=True)
class RunFiles:
    """One run.

    Attributes:
        root: The folder that nothing is read outside of.
        run_dir: The run directory.
    """

    root: RootFolder
    run_dir: Path

    @cached_property
    def runner(self) -> PipelineRunner:
        """The run.

        Raises:
            OutsideError: A file of the run directory is a link that leads out of the folder.
            RunDirectoryError: The run has not begun.
        """
        for path in _links(self.run_dir):
            self.root.below(path)
        return PipelineRunner.open(self.run_dir)

    @cached_property
    def records(self) -> dict[str, StructureRecord]:
        """The explorations that have ended, by structure.

        Raises:
            OutsideError: A record names a file outside the folder.
        """
        found = exploration_records(self.runner, structure_names(self.runner))
        for record in found:
            if record.file is not None:
                self.root.below(self.run_dir / record.file.path)
        return {record.structure_id: record for record in found}

    @cached_property
    def origins(self) -> FrameOrigins:
        """Which trajectory each frame of the run belongs to."""
        return FrameOrigins(self.runner.directory.read_record(StageRecord, "explore"))

    def report(self) -> RunReport:
        """Return what can be said of the run; read once until it changes."""
        key = report_key(self.runner)
        _ = self.records
        return _report(key, self.runner)

    def n_frames(self, structure_id: str) -> int:
        """Return the number of frames of a trajectory; 0 where there is none."""
        record = self.records.get(structure_id)
        return 0 if record is None else record.n_frames

    def trajectory(self, structure_id: str) -> Path | None:
        """Return the file of a trajectory; None where there is none."""
        record = self.records.get(structure_id)
        if record is None or record.file is None:
            return None
        return self.root.below(self.run_dir / record.file.path)

    def frame(self, structure_id: str, place: int) -> Atoms | None:
        """Return one frame of a trajectory without reading the others; None if there is none."""
        path = self.trajectory(structure_id)
        if path is None or not path.exists():
            return None
        status = path.stat()
        offsets = _offsets(str(path), status.st_mtime_ns, status.st_size)
        return read_frame_at(path, offsets[place]) if 0 <= place < len(offsets) else None

    @property
    def database(self) -> AseDBWrapper | None:
        """The dataset; None while there is none."""
        path = self.root.below(self.database_path)
        return AseDBWrapper(path) if path.is_file() else None

    @property
    def database_path(self) -> Path:
        """Where the dataset is, or will be."""
        return self.runner.directory.database(self.runner.config.storage.database)


def as_extxyz(database: AseDBWrapper, selection: str) -> bytes:
    """Return the frames that fit a query as extended XYZ.

    Raises:
        StorageError: The query is not valid.
    """
    text = io.StringIO()
    for frame in database.frames(selection):
        write_frame(text, frame)
    return text.getvalue().encode()


def as_training_files(database: AseDBWrapper, selection: str, seed: int) -> bytes:
    """Return a ZIP file of training, validation and test frames, split by trajectory.

    Raises:
        StorageError: There is nothing to write.
    """
    packed = io.BytesIO()
    with TemporaryDirectory(prefix="mlip-autopipe-export-") as folder:
        export_extxyz(database, Path(folder), seed=seed, selection=selection)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
    return packed.getvalue()


def opened(path: Path) -> BinaryIO:
    """Open a file that is handed to the browser."""
    return path.open("rb")


@st.cache_data(max_entries=16, show_spinner="Reading the run …")
def _report(key: str, _runner: PipelineRunner) -> RunReport:
    """Collect a report; all that it depends on is in the key."""
    del key
    return collect(_runner)


@st.cache_data(max_entries=64, show_spinner=False)
def _offsets(path: str, mtime_ns: int, size: int) -> list[int]:
    """Return where the frames of a file begin; time and size stand for its content."""
    del mtime_ns, size
    return frame_offsets(Path(path))


def _links(folder: Path) -> Iterator[Path]:
    """Yield the symbolic links in a folder and those below it."""
    for here, names, files in os.walk(folder, followlinks=False):
        for name in (*names, *files):
            path = Path(here, name)
            if path.is_symlink():
                yield path
