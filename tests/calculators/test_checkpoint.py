"""Model files are read without running what is pickled in them."""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlip_autopipec.calculators.checkpoint import Checkpoint, Record
from mlip_autopipec.errors import CalculatorError


class Harmful:
    """What makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, (str(self.path),))


def archive(path: Path, content: object) -> Path:
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("archive/data.pkl", pickle.dumps(content, protocol=2))
    return path


def test_a_harmful_pickle_does_nothing(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    checkpoint = Checkpoint(archive(tmp_path / "bad.pth", {"config": 1, "bad": Harmful(victim)}))
    assert checkpoint.root["config"] == 1
    assert isinstance(checkpoint.root["bad"], Record)
    assert not victim.exists()


@pytest.mark.model
def test_reads_what_torch_saves(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - collecting the tests should not import torch

    whole = torch.arange(12, dtype=torch.int64)
    content = {
        "plain": [1, 2.5, "three", None, {4, 5}],
        "part": whole[4:10].reshape(2, 3),
        "single": torch.tensor([0.5, -1.5]),
        "module": torch.nn.Linear(2, 1),
    }
    path = tmp_path / "file.pt"
    torch.save(content, path)
    checkpoint = Checkpoint(path)
    assert checkpoint.root["plain"] == content["plain"]
    assert_array_equal(checkpoint.array(checkpoint.root["part"]), [[4, 5, 6], [7, 8, 9]])
    assert checkpoint.array(checkpoint.root["single"]).dtype == np.float32
    assert checkpoint.root["module"].name.endswith(".Linear")
    assert checkpoint.root["module"].state["in_features"] == 2
    with pytest.raises(CalculatorError, match=r"Linear, no tensor"):
        checkpoint.array(checkpoint.root["module"])


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning")  # a file of the kind is made here
def test_refuses_a_torchscript_program(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - collecting the tests should not import torch

    path = tmp_path / "deployed.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), path)
    with pytest.raises(CalculatorError) as caught:
        Checkpoint(path)
    assert str(caught.value) == (
        f"exploration.calculator.model: {path} holds a TorchScript program; "
        "give the file it was made from"
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"{}"])
def test_refuses_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.model"
    path.write_bytes(content)
    with pytest.raises(CalculatorError, match=r"is not a file made by torch\.save"):
        Checkpoint(path)


def test_refuses_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("readme.txt", "hello")
    with pytest.raises(CalculatorError, match=r"is not a file made by torch\.save"):
        Checkpoint(path)
