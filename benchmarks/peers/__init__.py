"""The whole way from structures to a database, in this pipeline and in others, side by side.

    uv run python -m benchmarks.peers install       # environments of their own, once
    uv run python -m benchmarks.peers               # measure everything and report
    uv run python -m benchmarks.peers tasks kill    # some parts alone; the others are kept

All do the same work with the same calculator on the same machine: Cu-Au cells are made, each is
run through molecular dynamics, frames are selected by farthest-point selection on SOAP, and go
into an ASE database. Each contestant is a process of its own, timed from
outside. What ``measurements.json`` has is not measured again.
"""
