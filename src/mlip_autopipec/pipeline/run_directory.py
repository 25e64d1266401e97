"""The run directory: which file lies where, records beside them, and who holds it."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from mlip_autopipec.calculators.identity import ModelIdentity
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.files import sha256_file, write_text
from mlip_autopipec.pipeline.records import FileRecord, Record

RecordType = TypeVar("RecordType", bound=Record)


class RunDirectory:
    """Paths and records of one run.

    Attributes:
        path: Absolute path of the directory.
    """

    def __init__(self, path: str | Path) -> None:
        """Name the directory; nothing is touched."""
        self.path = Path(path).expanduser().absolute()

    @property
    def config(self) -> Path:
        """The resolved config of the run, as JSON."""
        return self.path / "config.json"

    @property
    def model(self) -> Path:
        """Identity of the potential that the run began with, as JSON."""
        return self.path / "model.json"

    @property
    def initial_structures(self) -> Path:
        """What was generated."""
        return self.path / "initial_structures.xyz"

    @property
    def structure_index(self) -> Path:
        """Identifier, content key and byte offset of each generated structure."""
        return self.path / "records" / "structures.json"

    @property
    def pair_scan(self) -> Path:
        """The curves of every pair of elements, and the limits that follow from them."""
        return self.path / "pair_scan.json"

    @property
    def trajectories(self) -> Path:
        """Folder of the trajectories, one file a structure."""
        return self.path / "trajectories"

    @property
    def exploration_trajectories(self) -> Path:
        """All trajectories, one after the other."""
        return self.path / "exploration_trajectories.xyz"

    @property
    def sampled_structures(self) -> Path:
        """The selected frames."""
        return self.path / "sampled_structures.xyz"

    @property
    def sampling_report(self) -> Path:
        """How the frames were chosen, and the evidence for it."""
        return self.path / "sampling.json"

    @property
    def progress(self) -> Path:
        """Folder of the live progress of each exploration."""
        return self.path / "progress"

    @property
    def results(self) -> Path:
        """Folder of the orchestrator's cached task results."""
        return self.path / ".results"

    def database(self, name: str) -> Path:
        """Return the path of the final database."""
        return self.path / name

    def descriptors(self, structure_id: str) -> Path:
        """Return the path of what sampling keeps of one trajectory."""
        return self.path / "descriptors" / f"{structure_id}.npz"

    def check(self) -> None:
        """Refuse a path that cannot be a directory; nothing is touched.

        Raises:
            RunDirectoryError: It is a file, or lies below one.
        """
        nearest = next(path for path in (self.path, *self.path.parents) if path.exists())
        if not nearest.is_dir():
            message = f"--run-dir {self.path}: is a file, or lies below one; a directory is needed"
            raise RunDirectoryError(message)

    def create(self) -> None:
        """Make the directory.

        Raises:
            RunDirectoryError: It cannot be made or written to.
        """
        self.check()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            message = f"--run-dir {self.path}: cannot be written to ({error.strerror})"
            raise RunDirectoryError(message) from error

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other runs out of the directory while the block lasts.

        Raises:
            RunDirectoryError: Another process holds it; the message says which.
        """
        self.create()
        holder = self.path / ".holder"
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            who = holder.read_text(encoding="utf-8") if holder.exists() else "another process"
            message = f"--run-dir {self.path}: in use by {who}; wait for it or choose another"
            raise RunDirectoryError(message) from error
        try:
            write_text(holder, f"process {os.getpid()} on {socket.gethostname()}")
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def forget_results(self) -> None:
        """Remove what stands for finished work, so that all of it is done again.

        The files of the stages stay until new ones take their places.
        """
        for name in ("records", "trajectories", "descriptors", "progress", self.results.name):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def write_config(self, config: PipelineConfig) -> None:
        """Keep the resolved config."""
        write_text(self.config, json.dumps(config.model_dump(mode="json"), indent=2) + "\n")

    def read_config(self) -> PipelineConfig:
        """Return the resolved config.

        Raises:
            RunDirectoryError: The directory holds no run.
        """
        try:
            return PipelineConfig.model_validate_json(self.config.read_text(encoding="utf-8"))
        except OSError as error:
            message = f"{self.path}: holds no run (there is no {self.config.name})"
            raise RunDirectoryError(message) from error
        except ValidationError as error:
            message = f"{self.config}: was not written by this version of mlip-autopipe"
            raise RunDirectoryError(message) from error

    def write_model(self, model: ModelIdentity) -> None:
        """Keep the identity of the potential that the run begins with."""
        write_text(self.model, model.model_dump_json(indent=2) + "\n")

    def read_model(self) -> ModelIdentity:
        """Return the identity of the potential that the run began with.

        Raises:
            RunDirectoryError: It is not known, so that no model could be told from another.
        """
        try:
            return ModelIdentity.model_validate_json(self.model.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            message = f"{self.model}: is missing or damaged; `mlip-autopipe run` writes it anew"
            raise RunDirectoryError(message) from error

    def record_path(self, *names: str) -> Path:
        """Return where a record is kept."""
        return self.path.joinpath("records", *names).with_suffix(".json")

    def write_record(self, record: Record, *names: str) -> None:
        """Keep a record."""
        write_text(self.record_path(*names), record.model_dump_json(indent=2) + "\n")

    def read_record(self, model: type[RecordType], *names: str) -> RecordType | None:
        """Return a record, or None when there is none or it is damaged (the work is done again)."""
        try:
            return model.model_validate_json(self.record_path(*names).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValidationError):
            return None

    def file_record(self, path: Path, n_items: int) -> FileRecord:
        """Describe a file of the directory as it is now."""
        relative = path.relative_to(self.path).as_posix()
        return FileRecord(path=relative, sha256=sha256_file(path), n_items=n_items)

    def is_intact(self, file: FileRecord) -> bool:
        """Say whether a recorded file exists and holds what was recorded."""
        path = self.path / file.path
        return path.is_file() and sha256_file(path) == file.sha256
