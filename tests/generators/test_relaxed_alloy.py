from pathlib import Path

import pytest
from ase.calculators.emt import EMT

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AlloyConfig, SlabConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.alloy import AlloyGenerator
from mlip_autopipec.generators.slab import SlabGenerator
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.structures.extxyz import read_frames

MIXED = {"lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}, "lattice_constant_A": "relaxed"}


def generator(**document: object) -> AlloyGenerator:
    return AlloyGenerator(validate(AlloyConfig, MIXED | document), label="alloy", seed=1)


def relaxed(**document: object) -> AlloyGenerator:
    source = generator(**document)
    source.use_potential(EMT())
    return source


def energy_per_atom(source: AlloyGenerator, constant_A: float | str) -> float:
    fixed = generator(**source.config.model_dump() | {"lattice_constant_A": constant_A})
    atoms = fixed.make(0)
    atoms.calc = EMT()
    return atoms.get_potential_energy() / len(atoms)


def test_the_constant_is_of_least_energy() -> None:
    source = relaxed(supercell=[3, 3, 3])
    constant_A = source.make(0).cell.lengths()[0] / 3
    at_best = energy_per_atom(source, constant_A)
    # another random cell than the one relaxed: its minimum is within 1 % of that
    assert at_best < energy_per_atom(source, 0.99 * constant_A)
    assert at_best < energy_per_atom(source, 1.01 * constant_A)
    assert source.detail == (f"random fcc, a = {constant_A:.3f} Å (relaxed), 3×3×3 cells")


@pytest.mark.parametrize(
    ("document", "expected_A"),
    [  # EMT's own lattice constants, of ASE's test of its equation of state, to three digits
        ({"composition": {"Cu": 1.0}}, 3.590),
        ({"composition": {"Al": 1.0}}, 3.995),
        ({"composition": {"Ag": 1.0}}, 4.064),
    ],
)
def test_elements_have_the_constants_of_the_potential(
    document: dict[str, object], expected_A: float
) -> None:
    (atoms,) = relaxed(**document, supercell=[1, 1, 1]).generate()
    assert atoms.cell.lengths() == pytest.approx([expected_A] * 3, abs=0.005)


def test_each_composition_is_relaxed_and_structures_of_one_are_alike() -> None:
    compositions = [{"Cu": 1.0}, {"Cu": 0.5, "Au": 0.5}]
    source = relaxed(
        composition=None,
        compositions=compositions,
        n_structures=4,
        checks={"duplicates": "allow"},
    )
    lengths_A = [atoms.cell.lengths()[0] for atoms in source.generate()]
    assert lengths_A[0] == lengths_A[2] < lengths_A[1] == lengths_A[3]


def test_ordered_alloys_and_hexagonal_ones_are_relaxed() -> None:
    ordered = relaxed(composition={"Cu": 0.75, "Au": 0.25}, order="L1_2").make(0)
    # EMT has Cu3Au between its elements, 3.59 and 4.06 Å
    assert 3.6 < ordered.cell.lengths()[0] / 2 < 3.9
    hexagonal = relaxed(lattice="hcp", c_over_a=1.6, supercell=[1, 1, 1]).make(0)
    assert hexagonal.cell.lengths()[2] / hexagonal.cell.lengths()[0] == pytest.approx(1.6)


def test_the_plan_goes_by_an_estimate_and_generate_refuses_to() -> None:
    source = generator()
    assert source.needs_potential
    assert source.plan().detail == "random fcc, a = 3.845 Å (Vegard, to be relaxed), 2×2×2 cells"
    with pytest.raises(GenerationError) as caught:
        next(source.generate())
    assert str(caught.value) == "alloy: the run's potential is needed; call use_potential first"
    assert not generator(lattice_constant_A=3.8).needs_potential


def test_a_slab_is_cut_from_a_relaxed_crystal() -> None:
    crystal = {"kind": "alloy", **MIXED, "composition": {"Cu": 1.0}}
    config = validate(SlabConfig, {"crystal": crystal, "miller": [1, 0, 0], "layers": 4})
    source = SlabGenerator(config, label="slab", seed=1)
    assert source.needs_potential
    estimated = source.make(0)
    source.use_potential(EMT())
    (slab,) = source.generate()
    assert estimated.cell.lengths()[0] == pytest.approx(3.61 / 2**0.5, abs=1e-6)
    assert slab.cell.lengths()[0] == pytest.approx(3.590 / 2**0.5, abs=0.004)


def test_a_potential_without_a_minimum_there_is_an_error() -> None:
    class Attraction(EMT):
        """Draws everything together."""

        def calculate(self, *arguments: object) -> None:
            super().calculate(*arguments)
            self.results["energy"] = self.atoms.get_volume()

    source = generator()
    source.use_potential(Attraction())
    with pytest.raises(
        GenerationError, match=r"alloy: lattice_constant_A: the energy of .* no min"
    ):
        source.make(0)


def test_a_run_relaxes_on_its_own_potential(tmp_path: Path) -> None:
    document = {
        "name": "relaxed",
        "generation": [
            {"kind": "alloy", **MIXED, "composition": {"Cu": 1.0}, "supercell": [1, 1, 1]}
        ],
        "exploration": {"calculator": {"kind": "emt"}, "n_steps": 2, "save_every": 2},
    }
    runner = PipelineRunner(validate(PipelineConfig, document), tmp_path / "run")
    runner.prepare()
    runner.generate()
    (atoms,) = read_frames(runner.directory.initial_structures)
    assert atoms.cell.lengths()[0] == pytest.approx(3.590, abs=0.005)

    def key(**changes: object) -> str:
        exploration = document["exploration"] | changes
        changed = validate(PipelineConfig, document | {"exploration": exploration})
        return PipelineRunner(changed, tmp_path / "other").generate_key()

    # the potential counts, the rest of the exploration does not
    assert key(n_steps=4) == runner.generate_key()
    assert key(zbl={"enabled": False}) != runner.generate_key()
    assert key(calculator={"kind": "lj"}) != runner.generate_key()


def test_other_words_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"lattice_constant_A: 'relax' .*'relaxed'"):
        generator(lattice_constant_A="relax")
