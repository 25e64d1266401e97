"""Fixtures that more than one folder of tests uses."""

import runpy
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def mace_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MACE model of Cu and Au with few channels and random weights, made with MACE's classes."""
    path = tmp_path_factory.mktemp("mace") / "tiny.model"
    save_tiny_mace = runpy.run_path(str(DATA / "tiny_mace.py"))["save_tiny_mace"]
    save_tiny_mace(path)
    return path
