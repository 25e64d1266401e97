"""The base class of samplers, what they choose from, and what they give back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mlip_autopipec.config.sampling import SamplerBaseConfig
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.standardisation import Standardisation

if TYPE_CHECKING:
    from mlip_autopipec.sampling.environments import Environments

Indices = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Selection:
    """The frames that were chosen.

    Attributes:
        indices: Places of the chosen frames, in the order of choice; none appears twice.
        distances: Distance of each chosen frame to those chosen before it, in the units of
            `mlip_autopipec.sampling.standardisation`; infinite for the first. None for samplers
            that measure no distances.
        note: One sentence on anything out of the ordinary; empty otherwise.
    """

    indices: Indices
    distances: Distances | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a sampler chooses from.

    Attributes:
        points: Standardised descriptors, shape ``(n_points, n_features)``; None where there are
            none.
        candidates: Places that may be chosen, in rising order.
        taken: Places that are chosen already; they need not be candidates, and are not chosen.
        environments: Of all atoms of all points; None where there are none.
    """

    points: npt.NDArray[np.floating] | None
    candidates: Indices
    taken: Indices
    environments: "Environments | None" = None

    @classmethod
    def of_all(cls, points: npt.NDArray[np.floating] | None, n_points: int) -> Self:
        """Return the pool in which all may be chosen and none is."""
        return cls(points, np.arange(n_points), np.empty(0, dtype=np.int64))

    @property
    def free(self) -> Indices:
        """Candidates that are not taken."""
        return np.setdiff1d(self.candidates, self.taken, assume_unique=False)

    def required_points(self) -> npt.NDArray[np.floating]:
        """Return the points.

        Raises:
            SamplingError: There are none.
        """
        if self.points is None:
            message = "the sampler compares frames, which needs their descriptors"
            raise SamplingError(message)
        return self.points


class BaseSampler(ABC):
    """Chooses frames. A sampler with the same input and generator always chooses the same.

    Other packages add samplers by an entry point of the group ``mlip_autopipec.samplers``, whose
    name is the ``kind`` in the config file. Such a class says by ``config_class`` what its section
    of the config may hold: a model that derives from
    `mlip_autopipec.config.sampling.ComparingSamplerConfig`, or from `SamplerBaseConfig` there, with
    the field ``kind: Literal["its name"] = "its name"``.

    Attributes:
        n_samples: Number of frames to choose.
        needs_features: Whether it compares frames by their descriptors.
        config_class: The config of a plug-in.
    """

    needs_features: ClassVar[bool]
    config_class: ClassVar[type[SamplerBaseConfig]]

    def __init__(self, n_samples: int) -> None:
        """Keep the number of frames to choose."""
        self.n_samples = n_samples

    @classmethod
    def from_config(cls, config: SamplerBaseConfig) -> Self:
        """Build a plug-in from its config; one with fields of its own overrides this."""
        return cls(config.n_samples)

    @abstractmethod
    def choose(
        self, pool: Pool, n: int, rng: np.random.Generator
    ) -> tuple[Indices, Distances | None]:
        """Choose among the candidates that are not taken.

        Args:
            pool: What there is.
            n: Number of frames to choose, at most as many as there are free.
            rng: Source of all randomness.

        Returns:
            ``n`` places in the order of choice, and the distance of each to what was taken or
            chosen before it (infinite where there was nothing); None where none are measured.
        """

    def select(
        self, features: npt.NDArray[np.floating] | None, n_frames: int, rng: np.random.Generator
    ) -> Selection:
        """Choose ``n_samples`` among all frames.

        When there are no more frames than asked for, all are chosen and the note says so.

        Args:
            features: Descriptors of all frames as they were computed (they are standardised
                here), shape ``(n_frames, n_features)``; may be None for samplers that need none.
            n_frames: Number of frames.
            rng: Source of all randomness.

        Raises:
            SamplingError: Features are needed and missing, do not fit the number of frames, or are
                not finite.
        """
        points = None
        if self.needs_features:
            checked = _checked(features, n_frames)
            points = Standardisation.of(checked).applied(checked)
        note = shortage(self.n_samples, n_frames)
        n_chosen = min(self.n_samples, n_frames)
        indices, distances = self.choose(Pool.of_all(points, n_frames), n_chosen, rng)
        return Selection(indices, distances, note)


def shortage(n_wanted: int, n_frames: int) -> str:
    """Say that there are fewer frames than asked for; nothing, if there are enough."""
    if n_frames >= n_wanted:
        return ""
    return f"{n_wanted} frames were asked for and there are {n_frames}: all are kept"


def _checked(features: npt.NDArray[np.floating] | None, n_frames: int) -> npt.NDArray[np.floating]:
    """Return descriptors that are one row a frame.

    Raises:
        SamplingError: They are not.
    """
    if features is not None and features.ndim == 2 and len(features) == n_frames:  # noqa: PLR2004 - rows and columns
        return features
    given = "none" if features is None else features.shape
    message = f"descriptors of {n_frames} frames are needed, one row each; given: {given}"
    raise SamplingError(message)
