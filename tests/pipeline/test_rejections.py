"""What was refused while generating is kept with the stage, and shown wherever a run is shown."""

from pathlib import Path

import pytest

from mlip_autopipec.cli.tables import summary_rows
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner

# eight sites of fcc, four of each element: chance repeats itself soon
SMALL = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}
SMALL |= {"supercell": [2, 1, 1], "n_structures": 2}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> PipelineRunner:
    generation = [SMALL, SMALL | {"label": "allowed", "checks": {"duplicates": "allow"}}]
    document = {"name": "small", "seed": 1, "generation": generation}
    config = PipelineConfig.model_validate(
        document | {"exploration": {"calculator": {"kind": "emt"}}}
    )
    runner = PipelineRunner(config, tmp_path_factory.mktemp("run") / "small")
    runner.prepare()
    runner.generate()
    return runner


def test_refusals_are_kept_by_reason_and_generator(generated: PipelineRunner) -> None:
    summary = generated.generate().summary  # read back from the record
    assert summary["rejections"] == {"near-duplicate": 1}
    assert summary["rejections_by_generator"] == {"alloy": {"near-duplicate": 1}}


def test_the_summary_shows_them(generated: PipelineRunner) -> None:
    summary = generated.summary()
    assert (summary.n_generated, summary.rejections) == (4, {"near-duplicate": 1})
    assert ("candidates refused", "1 near-duplicate") in summary_rows(summary, None)


def test_a_run_without_refusals_does_not_speak_of_them(tmp_path: Path) -> None:
    config = PipelineConfig.model_validate(
        {
            "name": "one",
            "generation": [SMALL | {"n_structures": 1}],
            "exploration": {"calculator": {"kind": "emt"}},
        }
    )
    runner = PipelineRunner(config, tmp_path / "run")
    runner.prepare()
    runner.generate()
    assert "candidates refused" not in dict(summary_rows(runner.summary(), None))
