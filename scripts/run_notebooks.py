"""Execute notebooks in place, with all their outputs: `run_notebooks.py [NAME ...]`.

uv run python scripts/run_notebooks.py              # all, in full: half an hour
uv run python scripts/run_notebooks.py quick-start  # one of them
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CELL_TIMEOUT_S = 3600
START_TIMEOUT_S = 300


def execute(path: Path) -> nbformat.NotebookNode:
    """Return a notebook as executed by the environment's own interpreter, from its folder.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        sockets = AsyncKernelManager(  # files, so that no port is opened
            kernel_name="python3", transport="ipc", ip=f"{folder}/kernel"
        )
        client = NotebookClient(
            notebook,
            km=sockets,
            timeout=CELL_TIMEOUT_S,
            startup_timeout=START_TIMEOUT_S,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        )
        client.execute()
    return notebook


def main(names: list[str]) -> None:
    """Execute the named notebooks, or all."""
    for name in names or [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]:
        path = NOTEBOOKS / f"{name}.ipynb"
        notebook = execute(path)
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, path)
        print(f"executed {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
