"""Fixtures that more than one folder of tests uses."""

import runpy
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).parent / "data"
ALLOY = {
    "kind": "alloy",
    "lattice": "fcc",
    "composition": {"Cu": 0.5, "Au": 0.5},
    "supercell": [2, 1, 1],
    "n_structures": 2,
}

Document = dict[str, Any]


def pytest_configure() -> None:
    """Let the commands that tests start hear Ctrl-C.

    What a shell without job control starts in the background ignores it, and so do its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mace_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MACE model of Cu and Au with few channels and random weights, made with MACE's classes."""
    path = tmp_path_factory.mktemp("mace") / "tiny.model"
    save_tiny_mace = runpy.run_path(str(DATA / "tiny_mace.py"))["save_tiny_mace"]
    save_tiny_mace(path)
    return path


@pytest.fixture(scope="session")
def short_run() -> Callable[..., Document]:
    """Makes the document of a run of moments: two cells of eight atoms Cu-Au on EMT, 20 steps.

    What is given of the alloy and of the exploration adds to that; other sections are as given.
    """

    def make(
        name: str,
        *,
        alloy: Document | None = None,
        exploration: Document | None = None,
        **rest: object,
    ) -> Document:
        steps = {"calculator": {"kind": "emt"}, "n_steps": 20, "save_every": 5}
        document = {
            "name": name,
            "generation": [ALLOY | (alloy or {})],
            "exploration": steps | (exploration or {}),
            "sampling": {"kind": "random", "n_samples": 3},
        }
        return document | rest

    return make


@pytest.fixture(scope="session")
def write_run(short_run: Callable[..., Document]) -> Callable[..., Path]:
    """Writes such a document as a config file."""

    def write(path: Path, name: str, **changes: object) -> Path:
        path.write_text(yaml.safe_dump(short_run(name, **changes), sort_keys=False), "utf-8")
        return path

    return write
