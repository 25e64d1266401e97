"""What is foretold of a run follows from what was rehearsed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration.estimate import CostEstimate, foretell
from mlip_autopipec.pipeline.plan import make_plan
from mlip_autopipec.pipeline.rehearsal import Pace, Rehearsal, Sizes

Foretold = Callable[..., CostEstimate]

SEEN = Rehearsal(
    sizes=(Sizes(n_atoms=(8,) * 6, make_s=0.5),),
    paces=(Pace(evaluation_s=0.001, step_s=0.002, frame_bytes=100.0),),
    ready_s=4.0,
    build_s=1.0,
    scan_s=2.0,
    describe_first_s=3.0,
    describe_s=0.01,
    select_s=1.0,
    store_s=0.5,
    read_s=0.0,
    descriptor_bytes=1000.0,
    row_bytes=2000.0,
    memory_bytes=400_000_000,
)


@pytest.fixture
def foretold(short_run: Callable[..., dict[str, Any]]) -> Foretold:
    """Reckons the cost of six structures on some workers."""

    def reckoned(seen: Rehearsal = SEEN, n_workers: int = 4) -> CostEstimate:
        document = short_run(
            "foretold",
            alloy={"n_structures": 6},
            exploration={
                "n_steps": 1000,
                "save_every": 10,
                "monte_carlo": {"kind": "swap", "every": 100, "attempts": 5},
            },
            sampling={"kind": "random", "n_samples": 20},
            execution={"cluster": {"kind": "local", "n_workers": n_workers}},
        )
        config = PipelineConfig.model_validate(document)
        return foretell(config, make_plan(config), seen, import_s=2.0, import_bytes=100_000_000)

    return reckoned


def test_exploration_is_steps_and_moves_spread_over_workers(foretold: Foretold) -> None:
    cost = foretold()
    structure_s = 8 * (1000 * 0.002 + 50 * 0.001)
    assert cost.evaluation_s == (pytest.approx(0.008),)
    assert cost.core_s == pytest.approx(6 * structure_s)
    assert cost.explore_s == pytest.approx(4.0 + 2 * structure_s)  # 6 on 4 workers: two rounds
    assert cost.generate_s == pytest.approx(6 * 0.5)
    assert cost.scan_s == pytest.approx(4.0 - 1.0 + 2.0)
    assert cost.wall_s == pytest.approx(
        cost.start_s
        + cost.generate_s
        + cost.scan_s
        + cost.explore_s
        + cost.describe_s
        + cost.select_s
    )


def test_one_worker_loads_its_model_once_and_takes_one_structure_after_the_other(
    foretold: Foretold,
) -> None:
    cost = foretold(n_workers=1)
    assert cost.explore_s == pytest.approx(1.0 + cost.core_s)
    assert cost.memory_bytes < foretold().memory_bytes
    assert cost.worker_bytes == foretold().worker_bytes


def test_disk_grows_with_frames(foretold: Foretold) -> None:
    n_frames, frame_bytes = 6 * 101, 8 * 100.0
    other = foretold(replace(SEEN, paces=(replace(SEEN.paces[0], frame_bytes=200.0),)))
    grown = other.disk_bytes - foretold().disk_bytes
    assert grown == pytest.approx((2 * n_frames + 20) * frame_bytes, abs=1.0)  # to whole bytes
