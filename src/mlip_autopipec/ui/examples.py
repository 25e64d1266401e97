"""What a new config begins with, for each kind of generator."""

from importlib.resources import files
from typing import Any, get_args

from mlip_autopipec.config.generation import GeneratorConfig
from mlip_autopipec.ui.document import Document, read, written

_GENERATORS: dict[str, dict[str, Any]] = {
    "alloy": {"lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}, "n_structures": 8},
    "ionic": {
        "prototype": "rocksalt",
        "species": {"A": "Mg", "X": "O"},
        "supercell": [2, 2, 2],
        "n_structures": 8,
    },
    "file": {"path": "structures/*.cif"},
    "slab": {
        "crystal": {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}},
        "miller": [1, 1, 1],
        "layers": 6,
        "repeats": [3, 3],
    },
    "cluster": {
        "shape": {"kind": "icosahedron", "shells": 3},
        "composition": {"Cu": 0.5, "Au": 0.5},
        "n_structures": 4,
    },
    "molecule": {"names": ["H2O", "CH3CH2OH"]},
}


def kinds() -> dict[str, str]:
    """Return the kinds of generators, each with what its model says of itself."""
    models = get_args(get_args(GeneratorConfig)[0])
    lines = {str(m.model_fields["kind"].default): (m.__doc__ or "").strip() for m in models}
    return {kind: text.partition("\n")[0] for kind, text in lines.items()}


def example_yaml(kind: str) -> str:
    """Return the YAML that a config of a kind begins with.

    It is the commented one that `mlip-autopipe init` prints, where there is one.
    """
    template = files("mlip_autopipec.cli") / "templates" / f"{kind}.yaml"
    return template.read_text(encoding="utf-8") if template.is_file() else written(_example(kind))


def example(kind: str) -> Document:
    """Return the config that one of a kind begins with."""
    return read(example_yaml(kind))


def _example(kind: str) -> Document:
    """Return a config for a kind that has no commented one."""
    transforms = [{"kind": "rattle", "stdev_A": 0.05}]
    return {
        "name": f"my-{kind}".replace("_", "-"),
        "seed": 42,
        "generation": [{"kind": kind, **_GENERATORS.get(kind, {}), "transforms": transforms}],
        "exploration": {
            "calculator": {"kind": "sevennet", "model": "7net-0"},
            "temperature_K": {"start": 300, "end": 1200},
            "timestep_fs": 1.0 if kind == "molecule" else 2.0,
            "n_steps": 1000,
            "save_every": 20,
        },
        "sampling": {"kind": "fps", "n_samples": 100},
    }
