"""The learner, the errors and the cells of the benchmark of data efficiency."""

from pathlib import Path

import numpy as np
import pytest
import spglib
from ase import Atoms
from ase.calculators.emt import EMT
from pydantic import TypeAdapter

from benchmarks.data_efficiency import grid, learner, pools, selection
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.learner import Example, Fit, Triangle, train
from benchmarks.data_efficiency.scores import Scores, labels_needed, overall
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.summary import Curve, needed, told
from benchmarks.data_efficiency.systems import SYSTEMS
from benchmarks.data_efficiency.systems.copper_gold import ordered_cell, solid_solution
from mlip_autopipec.config.sampling import FarthestPointSamplerConfig, SamplingConfig

N_FUNCTIONS = 6
PENALTIES = np.array([1.0, 1.0, 2.0, 4.0, 8.0, 16.0])
ATOMS_EV = np.array([-4.0, -3.0])


def examples(
    coefficients: np.ndarray, n_frames: int, rng: np.random.Generator, noise: float = 0.0
) -> list[Example]:
    made = []
    for _ in range(n_frames):
        rows = rng.normal(size=(1 + 3 * 4, N_FUNCTIONS))
        values = rows @ coefficients + noise * rng.normal(size=len(rows))
        n_first = rng.integers(5)
        counts = np.array([n_first, 4 - n_first], dtype=np.float64)
        energy_eV = float(values[0] + counts @ ATOMS_EV)
        made.append(Example(rows, counts, energy_eV, values[1:].reshape(4, 3)))
    return made


def test_forces_without_noise_give_the_coefficients() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(size=N_FUNCTIONS)
    made = examples(true, 20, rng)
    # energies that the composition gives in full, so that taking them off takes nothing else
    made = [
        Example(
            np.concatenate([np.zeros((1, N_FUNCTIONS)), each.rows[1:]]),
            each.counts,
            float(each.counts @ ATOMS_EV),
            each.forces_eV_A,
        )
        for each in made
    ]
    fit = train(made, PENALTIES, np.random.default_rng(2))
    np.testing.assert_allclose(fit.atoms_eV, ATOMS_EV, rtol=1e-12)
    # the strongest regularisation that could win without noise is 1e-15 or so
    np.testing.assert_allclose(fit.coefficients, true, atol=1e-8)


def test_a_fit_is_the_penalised_weighted_least_squares_solution() -> None:
    rng = np.random.default_rng(3)
    frames = examples(rng.normal(size=N_FUNCTIONS), 10, rng, noise=0.5)
    fit = train(frames, PENALTIES, np.random.default_rng(4))
    weights = np.concatenate([frame.weights() for frame in frames])
    rows = weights[:, None] * np.concatenate([frame.rows for frame in frames])
    targets = weights * np.concatenate([frame.targets(fit.atoms_eV) for frame in frames])
    scaled = rows / PENALTIES
    ridge = fit.strength * np.linalg.norm(scaled, ord=2) ** 2
    augmented = np.concatenate([rows, np.sqrt(ridge) * np.diag(PENALTIES)])
    padded = np.concatenate([targets, np.zeros(N_FUNCTIONS)])
    expected = np.linalg.lstsq(augmented, padded)[0]
    np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-8)


@pytest.mark.parametrize("n_rows", [3, 30])
def test_small_singular_values_survive_the_reduction(n_rows: int) -> None:
    # the sums of squares of such a matrix would hold nothing of its third column
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(n_rows, 3)) * [1e6, 1.0, 1e-6]
    true = np.array([1e-6, 1.0, 1e6])
    parts = [Triangle.of(rows, rows @ true) for rows in np.array_split(matrix, 2)]
    found = Triangle.joined(parts).solutions([1e-30])[:, 0]
    # conditioned by 1e12, of 16 digits
    np.testing.assert_allclose(found, true, rtol=1e-2)


def test_noise_alone_is_held_down() -> None:
    rng = np.random.default_rng(5)
    frames = examples(np.zeros(N_FUNCTIONS), 20, rng, noise=1.0)
    fit = train(frames, PENALTIES, np.random.default_rng(6))
    assert fit.strength == learner.STRENGTHS[-1]


def test_an_energy_weighs_by_the_atom() -> None:
    example = Example(np.zeros((13, 1)), np.array([4.0]), 0.0, np.zeros((4, 3)))
    weights = example.weights()
    assert weights[0] == pytest.approx(1.0 / (4 * learner.ENERGY_SCALE_EV))
    assert set(weights[1:]) == {1.0 / learner.FORCE_SCALE_EV_A}


def test_fewer_frames_than_folds_are_refused() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(ValueError, match="4 frames are fewer than the 5 folds"):
        train(examples(np.zeros(N_FUNCTIONS), 4, rng), PENALTIES, rng)


def test_scores_are_in_thousandths_and_energies_by_the_atom() -> None:
    # a potential of one function: it predicts 4 eV and forces of 0.1 eV/Å, all true ones are 0
    rows = np.array([[4.0], *[[0.1]] * 12])
    fit = Fit(np.array([1.0]), np.array([0.0]), 0.0)
    scores = Scores.of(fit, [Example(rows, np.array([4.0]), 0.0, np.zeros((4, 3)))])
    assert scores.energy_rmse == pytest.approx(1000.0)
    assert scores.energy_mae == pytest.approx(1000.0)
    assert scores.force_rmse == pytest.approx(100.0)
    assert scores.force_mae == pytest.approx(100.0)


def test_a_test_set_counts_alike_whatever_its_scale() -> None:
    scores = {"a": {"force_rmse": 1.0}, "b": {"force_rmse": 100.0}}
    assert overall(scores, "force_rmse") == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("target", "labels"), [(1.0, None), (2.0, 100.0), (3.0, 44.4), (4.0, 25.0), (9.0, 25.0)]
)
def test_labels_needed_follow_a_power_law(target: float, labels: float | None) -> None:
    sizes = [25, 50, 100]
    errors = [20.0 / np.sqrt(n) for n in sizes]  # 4, 2.83, 2
    assert labels_needed(sizes, errors, target) == labels


def test_the_reference_needs_all_its_labels() -> None:
    curve = Curve.of({25: [4.0, 6.0], 100: [2.0, 3.0]})
    assert curve.means == (5.0, 2.5)
    assert curve.spreads[0] == pytest.approx(np.sqrt(2.0))
    found = {("nvt", "random", "liquid", "force_rmse"): curve}
    assert needed(found, ("nvt", "random", "liquid", "force_rmse")) == 100.0
    assert told(None, curve.sizes) == "not reached"
    assert told(25.0, curve.sizes) == "≤ 25"


@pytest.mark.parametrize(
    ("prototype", "minority", "symbol", "n_Cu"),
    [
        ("L1_0", "Au", "P4/mmm (123)", 16),
        ("L1_2", "Au", "Pm-3m (221)", 24),
        ("L1_2", "Cu", "Pm-3m (221)", 8),
    ],
)
def test_ordered_cells_have_their_symmetry(
    prototype: str, minority: str, symbol: str, n_Cu: int
) -> None:
    atoms = ordered_cell(prototype, minority)
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    assert spglib.get_spacegroup(cell) == symbol
    assert atoms.symbols.count("Cu") == n_Cu


def frames_of_two_trajectories() -> list[Atoms]:
    calculator, rng = EMT(), np.random.default_rng(9)
    frames = []
    for trajectory in range(2):
        atoms = solid_solution(0.5, rng)
        for step in range(6):
            atoms.rattle(0.05, rng=rng)
            frames.append(labelled(atoms, calculator, f"t-{trajectory}", step=step))
    return frames


def test_strategies_are_sections_of_a_config() -> None:
    adapter = TypeAdapter(SamplingConfig)
    assert adapter.validate_python(selection.STRATEGIES["fps"]) == FarthestPointSamplerConfig()
    for section in selection.STRATEGIES.values():
        adapter.validate_python({**section, "n_samples": 5})


def test_a_selection_is_of_distinct_frames_and_the_same_again(tmp_path: Path) -> None:
    selector = selection.Selector(SYSTEMS["cu-au"], frames_of_two_trajectories(), tmp_path)
    for strategy in ("random", "fps"):
        chosen = selector.select(strategy, 5, seed=0)
        assert len(set(chosen.tolist())) == 5
        np.testing.assert_array_equal(selector.select(strategy, 5, seed=0), chosen)


def test_a_seed_draws_its_own_pool() -> None:
    case = Case(pool_size=50)
    frames = [Atoms()] * 100
    drawn = [pools.drawn_pool(case, "nvt", frames, seed) for seed in (0, 0, 1)]
    assert (np.diff(drawn[0]) > 0).all()
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


def test_cells_of_other_settings_are_not_added_to(tmp_path: Path) -> None:
    grid.keep_settings(Case(kept=tmp_path))
    grid.keep_settings(Case(kept=tmp_path))
    with pytest.raises(ValueError, match="the results there are of other settings"):
        grid.keep_settings(Case(kept=tmp_path, degree=6))
