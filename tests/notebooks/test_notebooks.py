"""The notebooks: executed in short form, and committed with the outputs of a full run."""

import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
WITH_OUTPUTS = ["quick-start", "acceptance", "full-case"]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "run_notebooks.py"))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def short_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What makes a notebook short, and a home of its own for the server of its commands."""
    monkeypatch.setenv("MLIP_AUTOPIPE_NOTEBOOKS", "short")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("MLIP_AUTOPIPE_HOME", str(tmp_path / "home"))
    yield
    program = Path(sys.executable).parent / "mlip-autopipe"
    subprocess.run([program, "server", "stop"], check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("short_form")
@pytest.mark.parametrize(
    "name",
    [
        "quick-start",
        pytest.param("acceptance", marks=pytest.mark.model),
        pytest.param("full-case", marks=pytest.mark.model),
    ],
)
def test_every_assertion_holds_in_short_form(name: str) -> None:
    notebook = SCRIPT["execute"](NOTEBOOKS / f"{name}.ipynb")  # raises where a cell fails
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("name", WITH_OUTPUTS)
def test_committed_outputs_are_those_of_one_whole_run(name: str) -> None:
    """Cells were executed once, in order, without an error, and figures were drawn."""
    path = NOTEBOOKS / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
    text = path.read_text(encoding="utf-8")
    for folder in ("/home/", "/root/", "/tmp/", "/work/"):  # noqa: S108 - of one machine
        assert folder not in text
