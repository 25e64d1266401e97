"""The peers' environments: a virtual environment each, from their packages, outside the project."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("runs/peers/environments")
MODEL = ("sevenn==0.13.*", "torch==2.15.*")
DATE = "2026-11-01T00:00:00Z"
"""Packages published later are not seen, as in the project's own environment."""


@dataclass(frozen=True)
class Environment:
    """What one peer needs.

    Attributes:
        name: Folder of the environment.
        requirements: Of pip's kind.
        shown: Packages whose versions the results name.
        python: Version of the interpreter.
    """

    name: str
    requirements: tuple[str, ...]
    shown: tuple[str, ...]
    python: str = "3.11"

    def interpreter(self, folder: Path) -> Path:
        """Return the interpreter of the environment below a folder."""
        return folder.absolute() / self.name / "bin" / "python"

    def install(self, folder: Path) -> None:
        """Make the environment anew, compiled, so that no first run compiles."""
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / self.name
        target = ["--python", str(self.interpreter(folder))]
        options = ["--compile-bytecode", "--exclude-newer", DATE]
        for command in (
            ["uv", "venv", "--quiet", "--clear", "--python", self.python, str(place)],
            ["uv", "pip", "install", "--quiet", *target, *options, *self.requirements],
        ):
            subprocess.run(command, check=True)  # noqa: S603 - uv, with the lists below

    def versions(self, folder: Path) -> dict[str, str]:
        """Return the versions of the packages that matter."""
        code = (
            "import importlib.metadata as m, sys\n"
            "for name in sys.argv[1:]: print(name, m.version(name))"
        )
        command = [str(self.interpreter(folder)), "-c", code, *self.shown]
        output = subprocess.run(  # noqa: S603 - the environment's interpreter
            command, check=True, capture_output=True, text=True
        ).stdout
        return dict(line.split() for line in output.splitlines())


PLAIN_ASE = Environment(
    "plain-ase", ("ase==3.29.*", "dscribe==2.1.*", *MODEL), ("ase", "dscribe", "numpy")
)
# wfl 0.3.5 passes MaxwellBoltzmannDistribution an argument that ASE 3.29 no longer takes.
WFL = Environment(
    "wfl", ("wfl==0.3.5", "ase==3.28.*", "quippy-ase", *MODEL), ("wfl", "ase", "quippy-ase")
)
QUACC = Environment(
    "quacc",
    ("quacc==1.8.2", "ase==3.29.*", "dask[distributed]==2026.8.*", "dscribe==2.1.*", *MODEL),
    ("quacc", "ase", "distributed", "dscribe"),
)
TORCH_SIM = Environment(
    "torch-sim",
    ("torch-sim-atomistic==0.6.2", *MODEL),
    ("torch-sim-atomistic", "sevenn", "torch"),
    python="3.12",
)
ENVIRONMENTS = (PLAIN_ASE, WFL, QUACC, TORCH_SIM)
