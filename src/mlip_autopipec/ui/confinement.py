"""The folder that the page was started for: what lies below it may be read, and nothing else."""

import os
from collections.abc import Iterator
from glob import iglob
from pathlib import Path
from typing import Any

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.ui.document import Place, path_text

_DEPTH = 4
_MARKS = ("config.json", "launch.json")
"""Files of a run directory: the resolved config, or before that the note of who launched it."""
_MOST_RUNS = 2000


class OutsideError(AutoPipeError):
    """A path leaves the folder that the page was started for."""


class RootFolder:
    """The folder below which the page works.

    Attributes:
        path: Its real path, without symbolic links.
    """

    def __init__(self, path: str | Path) -> None:
        """Name the folder.

        Raises:
            OutsideError: It is no folder.
        """
        self.path = Path(path).expanduser().resolve()
        if not self.path.is_dir():
            message = f"{self.path}: is not a folder; the page needs one to work in"
            raise OutsideError(message)

    def below(self, given: str | Path) -> Path:
        """Return a path below the folder, without symbolic links; relative ones begin there.

        Raises:
            OutsideError: The path leads out of the folder: by ``..``, as an absolute path, or
                through a symbolic link.
        """
        text = str(given)
        if "\x00" in text:
            message = f"{text!r}: is not a path"
            raise OutsideError(message)
        try:
            real = (self.path / Path(text).expanduser()).resolve()
        except (OSError, RuntimeError) as error:
            message = f"{text}: is not a path"
            raise OutsideError(message) from error
        if not real.is_relative_to(self.path):
            message = f"{text}: leaves {self.path}, below which this page works"
            raise OutsideError(message)
        return real

    def run_directory(self, given: str | Path) -> Path:
        """Return a run directory below the folder.

        Raises:
            OutsideError: The path leads out of the folder, or no run is there.
        """
        real = self.below(given)
        if not any((real / name).is_file() for name in _MARKS):
            message = f"{given}: holds no run (there is no {_MARKS[0]})"
            raise OutsideError(message)
        return real

    def relative(self, path: Path) -> str:
        """Return a path as it is shown: relative to the folder."""
        return path.relative_to(self.path).as_posix()

    def run_directories(self) -> list[Path]:
        """Return the run directories below the folder, the latest first; links are not followed."""
        found = []
        for path in self._walk():
            found.append(path)
            if len(found) == _MOST_RUNS:
                break
        return sorted(found, key=_changed_s, reverse=True)

    def _walk(self) -> Iterator[Path]:
        """Yield the folders that hold a run, to some depth; a run holds no other runs."""
        for folder, names, files in os.walk(self.path, followlinks=False):
            here = Path(folder)
            if any(name in files and not (here / name).is_symlink() for name in _MARKS):
                names.clear()
                yield here
                continue
            deep = len(here.relative_to(self.path).parts) >= _DEPTH
            names[:] = [] if deep else sorted(n for n in names if not n.startswith((".", "_")))

    def faults(self, config: PipelineConfig) -> tuple[str, ...]:
        """Return one line for each path in a config that leaves the folder.

        Any text may be a path: that is for the generators, samplers and calculators to know. So
        each is looked at, and so are the files that it stands for as a pattern or a folder.
        """
        found = []
        for place, text in _texts(config.model_dump(mode="json"), ()):
            try:
                for path in self._meant(text):
                    self.below(path)
            except OutsideError as error:
                found.append(f"{path_text(place)}: {error}")
        return tuple(found)

    def _meant(self, text: str) -> Iterator[str]:
        """Yield a text, and the files that it stands for if it is a pattern or a folder."""
        yield text
        if "*" in text or "?" in text:
            yield from iglob(text, root_dir=self.path)  # noqa: PTH207 - patterns may be absolute
        elif text and (self.path / text).is_dir():
            yield from (str(path) for path in sorted((self.path / text).iterdir()))


def _changed_s(run_dir: Path) -> float:
    """Return when a run was begun, or begun again, in s since the epoch."""
    paths = (run_dir / name for name in _MARKS)
    return max(path.stat().st_mtime for path in paths if path.exists())


def _texts(value: Any, path: Place) -> Iterator[tuple[Place, str]]:  # noqa: ANN401 - JSON
    """Yield the texts of JSON-ready data, with their places."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from _texts(child, (*path, place))
