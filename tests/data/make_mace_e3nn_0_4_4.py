"""Makes ``mace_e3nn_0_4_4.model`` and the energy it has under the e3nn that saved it.

Run once in an environment of its own, since the project's holds another e3nn:

    uv venv /tmp/e3nn-0.4.4
    uv pip install --python /tmp/e3nn-0.4.4 mace-torch==0.3.16 e3nn==0.4.4
    /tmp/e3nn-0.4.4/bin/python tests/data/make_mace_e3nn_0_4_4.py
"""

import json
from importlib.metadata import version
from pathlib import Path

from tiny_mace import save_tiny_mace

HERE = Path(__file__).parent


def main() -> None:
    """Write the model, and a JSON file with a structure, its energy and forces."""
    import torch  # noqa: PLC0415 - collecting the tests should not import torch
    from ase.build import bulk  # noqa: PLC0415
    from mace.calculators import MACECalculator  # noqa: PLC0415

    model = HERE / "mace_e3nn_0_4_4.model"
    save_tiny_mace(model)
    torch.set_num_threads(1)
    atoms = bulk("Cu", cubic=True)
    atoms.symbols[:2] = "Au"
    atoms.rattle(0.1, seed=1)
    atoms.calc = MACECalculator(model_paths=str(model), device="cpu", default_dtype="float64")
    record = {
        "packages": {name: version(name) for name in ("e3nn", "mace-torch", "torch")},
        "symbols": list(atoms.symbols),
        "cell_A": atoms.cell.array.tolist(),
        "positions_A": atoms.positions.tolist(),
        "energy_eV": atoms.get_potential_energy(),
        "forces_eV_A": atoms.get_forces().tolist(),
        "stress_eV_A3": atoms.get_stress().tolist(),
    }
    path = HERE / "mace_e3nn_0_4_4.json"
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
