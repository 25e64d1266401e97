"""A MACE model of a few channels with random weights, made with MACE's own classes.

The tests build it anew, and ``make_mace_e3nn_0_4_4.py`` builds it under an old e3nn.
"""

import warnings
from pathlib import Path

CUTOFF_A = 4.5
CHANNELS = 4


def save_tiny_mace(
    path: Path,
    atomic_numbers: tuple[int, ...] = (29, 79),
    *,
    pair_repulsion: bool = False,
) -> None:
    """Write a model in double precision; the same arguments give the same weights."""
    import numpy as np  # noqa: PLC0415 - collecting the tests should not import torch
    import torch  # noqa: PLC0415

    energies = -0.1 * np.asarray(atomic_numbers, dtype=np.float64)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.random.fork_rng(), warnings.catch_warnings():
            # e3nn compiles its modules with torch.jit.script, which torch warns of.
            warnings.filterwarnings("ignore", r"`torch\.jit\.", FutureWarning)
            warnings.filterwarnings("ignore", r"The TorchScript type system", UserWarning)
            from e3nn import o3  # noqa: PLC0415
            from mace.modules import (  # noqa: PLC0415
                RealAgnosticResidualInteractionBlock,
                ScaleShiftMACE,
            )

            torch.manual_seed(0)
            model = ScaleShiftMACE(
                atomic_inter_scale=10.0,
                atomic_inter_shift=0.0,
                r_max=CUTOFF_A,
                num_bessel=4,
                num_polynomial_cutoff=5,
                max_ell=1,
                interaction_cls=RealAgnosticResidualInteractionBlock,
                interaction_cls_first=RealAgnosticResidualInteractionBlock,
                num_interactions=2,
                num_elements=len(atomic_numbers),
                hidden_irreps=o3.Irreps(f"{CHANNELS}x0e"),
                MLP_irreps=o3.Irreps(f"{CHANNELS}x0e"),
                gate=torch.nn.functional.silu,
                atomic_energies=energies,
                avg_num_neighbors=12.0,
                atomic_numbers=list(atomic_numbers),
                correlation=2,
                radial_MLP=[8],
                pair_repulsion=pair_repulsion,
            )
            torch.save(model, path)
    finally:
        torch.set_default_dtype(before)
