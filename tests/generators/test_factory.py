from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.generators.factory import build_generators


def test_generators_follow_the_config_with_their_labels_and_the_seed() -> None:
    alloy = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}}
    config = validate(
        PipelineConfig,
        {
            "name": "copper",
            "seed": 7,
            "generation": [alloy, {**alloy, "label": "mine"}, alloy],
            "exploration": {"calculator": {"kind": "emt"}},
        },
    )
    generators = build_generators(config)
    assert [generator.label for generator in generators] == ["alloy", "mine", "alloy_2"]
    assert {generator.seed for generator in generators} == {7}
    assert all(isinstance(generator, AlloyGenerator) for generator in generators)
    ids = [atoms.info["structure_id"] for source in generators for atoms in source.generate()]
    assert ids == ["alloy-0000", "mine-0000", "alloy_2-0000"]
