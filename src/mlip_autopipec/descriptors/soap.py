"""Smooth overlap of atomic positions (SOAP), by dscribe."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.geometry import complete_cell

from mlip_autopipec.config.sampling import SOAPConfig
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.errors import SamplingError


class SOAPDescriptor(BaseDescriptor):
    """The SOAP power spectrum (https://doi.org/10.1103/PhysRevB.87.184115).

    It is resolved by the elements of the neighbours; `BaseDescriptor` resolves by the element of
    the central atom. Gaussians are 1 Å wide and the radial functions are Gaussian-type orbitals,
    as dscribe has them by default (https://doi.org/10.1016/j.cpc.2019.106949).
    """

    def __init__(self, config: SOAPConfig, elements: Iterable[str]) -> None:
        """Prepare the radial functions.

        Args:
            config: Cutoff radius and the size of the basis.
            elements: All elements of the run.
        """
        super().__init__(elements)
        soap = _soap_class()
        settings: dict[str, Any] = {
            "species": list(self.elements),
            "r_cut": config.r_cut_A,
            "n_max": config.n_max,
            "l_max": config.l_max,
        }
        self._periodic = soap(**settings, periodic=True)
        self._isolated = soap(**settings, periodic=False)

    @property
    def n_atom_features(self) -> int:
        """Number of features of one atom's environment."""
        return int(self._isolated.get_number_of_features())

    def _environments(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Return the power spectrum of each atom, in double precision."""
        bare = Atoms(frame.numbers, positions=frame.positions)
        if not frame.pbc.any():
            spectrum: npt.NDArray[np.floating] = self._isolated.create(bare, n_jobs=1)
            return spectrum
        # dscribe needs a volume even where only some axes are periodic, and misses the neighbours
        # of atoms that lie outside the cell, as they do after some diffusion.
        bare.set_cell(complete_cell(frame.cell))
        bare.pbc = frame.pbc
        bare.wrap()
        try:
            spectrum = self._periodic.create(bare, n_jobs=1)
        except ValueError as error:
            message = f"{frame.get_chemical_formula()}: cannot be described ({error})"
            raise SamplingError(message) from error
        return spectrum


def _soap_class() -> Any:  # noqa: ANN401 - dscribe has no types
    """Import dscribe, which takes a second, only where it is used."""
    with warnings.catch_warnings():
        # dscribe 2.1 has LaTeX in plain docstrings; Python warns when it first compiles them.
        for category in (DeprecationWarning, SyntaxWarning):
            warnings.filterwarnings("ignore", message="invalid escape", category=category)
        from dscribe.descriptors import SOAP  # noqa: PLC0415 - heavy, and wanted only here
    return SOAP
