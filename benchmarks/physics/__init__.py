"""This package's ZBL, dynamics and swap Monte Carlo beside those of LAMMPS.

    uv run python -m benchmarks.physics              # what is missing; then table, JSON and figures
    uv run python -m benchmarks.physics report       # from the stored results alone

The results of LAMMPS are in ``benchmarks/results/physics/lammps``. They are made again in an
environment of its own, as `benchmarks.physics.lammps_side` says.
"""
