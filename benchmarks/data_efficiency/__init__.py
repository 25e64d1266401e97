"""How good a potential is against the number of its labels, by pool and by selector.

    uv run --with ace-jax python -m benchmarks.data_efficiency            # everything, resumed
    uv run python -m benchmarks.data_efficiency label                     # one stage alone
    uv run --with ace-jax python -m benchmarks.data_efficiency --system mgo

Three pools of a system's frames are made, structures are selected from each in several ways, the
same linear potential is trained on every selection, and all are tested on sets that no pool came
from.
"""
