"""ASE's own potentials: effective-medium theory and Lennard-Jones."""

from ase.calculators.calculator import Calculator

from mlip_autopipec.config.calculator import EMTConfig, LJConfig


def build_emt(_config: EMTConfig) -> Calculator:
    """Build the effective-medium potential."""
    from ase.calculators.emt import EMT  # noqa: PLC0415 - only the asked-for potential is imported

    return EMT()


def emt_elements(_config: EMTConfig) -> frozenset[str]:
    """Return the elements that have effective-medium parameters."""
    from ase.calculators.emt import parameters  # noqa: PLC0415 - as above

    return frozenset(parameters)


def build_lj(config: LJConfig) -> Calculator:
    """Build a Lennard-Jones potential whose energy and forces go smoothly to zero at the cutoff."""
    from ase.calculators.lj import LennardJones  # noqa: PLC0415 - as above

    return LennardJones(
        epsilon=config.epsilon_eV,
        sigma=config.sigma_A,
        rc=config.cutoff_A,
        ro=0.8 * config.cutoff_A,
        smooth=True,
    )
