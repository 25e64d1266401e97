"""Standardisation of descriptors."""

import numpy as np
import pytest

from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling import standardisation
from mlip_autopipec.sampling.standardisation import Standardisation


def test_mean_zero_and_unit_root_mean_square_over_varying_columns() -> None:
    rng = np.random.default_rng(0)
    features = np.hstack([rng.normal(5.0, 2.0, (300, 3)), np.full((300, 2), 7.0)])
    standard = Standardisation.of(features).applied(features)
    assert standard.dtype == np.float32
    assert np.allclose(standard.mean(axis=0), 0.0, atol=1e-6)  # single precision
    assert np.allclose(standard[:, :3].std(axis=0), 1 / np.sqrt(3), rtol=1e-6)
    assert not standard[:, 3:].any()


def test_blocks_give_the_same_as_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(1).normal(1e3, 1.0, (101, 4)).astype(np.float32)
    whole = Standardisation.of(features)
    monkeypatch.setattr(standardisation, "BLOCK_VALUES", 4 * 7)
    parts = Standardisation.of(features)
    assert np.allclose(parts.mean, whole.mean, rtol=1e-14)  # double precision
    assert np.allclose(parts.scale, whole.scale, rtol=1e-10)  # the same, minus 1e3² / 1² of it
    assert np.allclose(parts.applied(features), whole.applied(features), atol=1e-6)


def test_rounding_noise_stays_quiet() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(200, 3)).astype(np.float32)
    features[:, 1] = 1000.0 + 1e-4 * rng.normal(size=200)  # around the last digit of 1000
    features[:, 2] *= 1e-7  # nothing, beside the first column
    standard = Standardisation.of(features).applied(features)
    assert standard[:, 0].std() == pytest.approx(1.0, rel=1e-6)
    assert not standard[:, 1:].any()


def test_one_frame_and_none() -> None:
    assert not Standardisation.of(np.ones((1, 3))).applied(np.ones((1, 3))).any()
    assert Standardisation.of(np.ones((0, 3))).applied(np.ones((0, 3))).shape == (0, 3)


def test_the_frame_that_is_not_finite_is_named() -> None:
    features = np.zeros((5, 2))
    features[3, 1] = np.inf
    with pytest.raises(SamplingError) as error:
        Standardisation.of(features)
    assert str(error.value) == "the descriptor of frame 3 is not finite"
