"""What the program loads before it is asked to do anything: no torch, no Prefect."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "prefect", "dask", "distributed", "mace", "sevenn", "dscribe", "streamlit", "ase"}
PROBE = """
import json, sys
{statement}
print("\\n" + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import mlip_autopipec",
        "from mlip_autopipec.cli.app import app; app(['--help'], standalone_mode=False)",
        "from mlip_autopipec.cli.app import app; app(['run', '--help'], standalone_mode=False)",
    ],
    ids=["package", "help", "run help"],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "mlip_autopipec" in loaded
    assert not loaded & HEAVY


def test_config_models_load_neither_torch_nor_prefect() -> None:
    statement = "from mlip_autopipec.config import PipelineConfig"
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & (HEAVY - {"ase"})
