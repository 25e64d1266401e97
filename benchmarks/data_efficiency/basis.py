"""The basis of the potential: atomic cluster expansion by ace-jax, rows of one frame at a time.

ace-jax (MIT, of the group that makes ACEpotentials.jl) gives, for every function of the basis, its
sum over the atoms of a frame and the forces that follow from it. Both are linear in what is
trained, so they are computed once a frame and kept in a file.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator
from ase.data import chemical_symbols
from ase.neighborlist import neighbor_list

from benchmarks.data_efficiency.learner import Fit
from mlip_autopipec.files import replacing

Floats = npt.NDArray[np.float64]

CUTOFF_A = 5.5
ORDER = 3
"""Neighbours that a function of the basis depends on together: 3 makes it four-body."""

GRANULE = 32
"""Frames are padded to multiples of this many atoms, so that few shapes are compiled."""

NEIGHBOURS = (60, 76, 128, 256)
"""Neighbours an atom is padded to: the least that is enough."""

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class Basis:
    """Functions of the basis, and the rows that frames give.

    Attributes:
        penalties: Of each function, from ACEpotentials' smoothness prior; shape ``(n,)``.
    """

    def __init__(self, elements: Sequence[str], degree: int, folder: Path) -> None:
        """Build the basis of these elements; rows are kept in a folder."""
        os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
        import jax  # noqa: PLC0415 - optional, and it reads the line above

        jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its signature
        from ace_jax.basis.model import BasisSpec, build_basis  # noqa: PLC0415 - after jax
        from ace_jax.fit.inducing import GPConfig  # noqa: PLC0415
        from ace_jax.fit.rows import chunked_rows_fn  # noqa: PLC0415

        spec = BasisSpec(elements=tuple(elements), order=ORDER, max_degree=degree, rcut=CUTOFF_A)
        basis = build_basis(spec)
        model, self._meta = basis.eval_pair()
        sizes = {key: self._meta[key] for key in ("n_B", "n_pair")}
        # r0 scales a Gaussian process that a linear model does not have
        config = GPConfig(r0=CUTOFF_A / 2.0, rcut=CUTOFF_A, NZ=len(elements), C=1, **sizes)
        self._rows = chunked_rows_fn(model, config)
        self._folder = folder / f"order-{ORDER}-degree-{degree}-cutoff-{CUTOFF_A:g}"
        self._first = jax.tree.map
        self._basis = basis
        self._elements = list(elements)
        self.penalties: Floats = np.asarray(basis.gamma, dtype=np.float64)

    def rows(self, frame: Atoms) -> Floats:
        """Return the rows of a frame: its energy's, then those of all force components.

        Returns:
            Shape ``(1 + 3 * n_atoms, n_functions)``, in 1 and in 1/Å.
        """
        path = self._folder / f"{_key(frame)}.npy"
        if path.exists():
            kept: Floats = np.load(path)
            return kept
        rows = self._computed(frame)
        with replacing(path) as temporary, temporary.open("wb") as stream:
            np.save(stream, rows)
        return rows

    def calculator(self, fit: Fit) -> Calculator:
        """Return a potential as a calculator of ASE."""
        from ace_jax import ACECalculator  # noqa: PLC0415 - optional
        from ace_jax.basis.export import readout_to_npz, save_npz  # noqa: PLC0415

        sizes = self._meta["n_B"], self._meta["n_pair"], len(self._elements)
        with tempfile.TemporaryDirectory(prefix="data-efficiency-") as folder:
            path = Path(folder) / "model.npz"
            save_npz(path, self._basis)
            with np.load(path) as arrays:
                content = dict(arrays)
            content["WB"], content["Wpair"] = readout_to_npz(fit.coefficients, *sizes)
            symbols = [chemical_symbols[int(number)] for number in content["elements"]]
            content["E0"] = fit.atoms_eV[[self._elements.index(symbol) for symbol in symbols]]
            np.savez(path, **content)
            calculator: Calculator = ACECalculator(str(path))
        return calculator

    def _computed(self, frame: Atoms) -> Floats:
        """Compute the rows of a frame."""
        from ace_jax.fit.data import build_dataset, load_configs  # noqa: PLC0415 - optional

        bare = Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=frame.pbc)
        bare.calc = SinglePointCalculator(bare, energy=0.0, forces=np.zeros((len(bare), 3)))
        most = int(np.bincount(neighbor_list("i", bare, CUTOFF_A), minlength=1).max())
        n_atoms = -(-len(bare) // GRANULE) * GRANULE
        data = build_dataset(
            load_configs([bare]),
            self._meta,
            np.zeros(len(self._elements)),
            1,
            n_cap=n_atoms,
            k_cap=next(size for size in NEIGHBOURS if size >= most),
        )
        rows = self._rows(self._first(lambda array: array[0], data))
        forces = np.asarray(rows.F)[: len(bare)].reshape(3 * len(bare), -1)
        return np.concatenate([np.asarray(rows.E), forces])


def _key(frame: Atoms) -> str:
    """Return what identifies a geometry."""
    digest = hashlib.sha256()
    for array in (frame.positions, frame.cell.array, frame.numbers.astype(np.int64), frame.pbc):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]
