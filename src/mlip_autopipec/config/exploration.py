"""Config of the exploration: molecular dynamics, Monte Carlo and the guards."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field, field_validator

from mlip_autopipec.config.base import (
    Count,
    Element,
    NonNegative,
    NonNegativeCount,
    Positive,
    Section,
)
from mlip_autopipec.config.calculator import (
    PLUGIN_GROUP,
    CalculatorBaseConfig,
    CalculatorConfig,
    ZBLConfig,
)
from mlip_autopipec.config.pairs import PairValues
from mlip_autopipec.config.plugins import plugin_configs
from mlip_autopipec.config.schedule import (
    Pressures,
    PressureSchedule,
    Temperatures,
    TemperatureSchedule,
)

if TYPE_CHECKING:
    AnyCalculatorConfig = CalculatorConfig
else:
    AnyCalculatorConfig = Annotated[
        reduce(
            or_,
            plugin_configs(PLUGIN_GROUP, CalculatorBaseConfig),
            get_args(CalculatorConfig)[0],
        ),
        Field(discriminator="kind"),
    ]


class MovesConfig(Section):
    """How often Monte Carlo moves are tried."""

    every: Count = Field(20, description="MD steps between two rounds of moves.")
    attempts: Count = Field(4, description="Moves tried in a round.")


class SwapConfig(MovesConfig):
    """Exchange of two atoms of different species between MD segments."""

    kind: Literal["swap"] = "swap"
    groups: tuple[Annotated[tuple[Element, ...], Field(min_length=2)], ...] | None = Field(
        None,
        description="Elements that may trade places, group by group, such as [[Cu, Au], [O, S]]; "
        "null: metals among themselves, non-metals among themselves.",
    )

    @field_validator("groups")
    @classmethod
    def _disjoint(
        cls, groups: tuple[tuple[str, ...], ...] | None
    ) -> tuple[tuple[str, ...], ...] | None:
        symbols = [symbol for group in groups or () for symbol in group]
        for symbol in symbols:
            if symbols.count(symbol) > 1:
                message = f"{symbol} is named twice; an element belongs to one group"
                raise ValueError(message)
        return groups


class VacancyConfig(MovesConfig):
    """Exchange of an atom with a vacancy between MD segments."""

    kind: Literal["vacancy"] = "vacancy"


MonteCarloConfig = Annotated[SwapConfig | VacancyConfig, Field(discriminator="kind")]


class GuardsConfig(Section):
    """Limits beyond which a trajectory is rolled back."""

    max_force_eV_A: Positive = Field(100.0, description="Largest force on an atom, in eV/Å.")
    min_distance_scale: NonNegative = Field(
        0.4, description="Shortest distance, as a fraction of the pair's sum of covalent radii."
    )
    min_distances_A: PairValues[Positive] = Field(
        default_factory=dict,
        description="Shortest distance of named pairs in Å, such as {Cu-Au: 1.2}, where it is "
        "larger; the pair scan adds those below which the surface cannot be trusted.",
    )
    max_temperature_K: Positive = Field(
        20_000.0, description="Largest instantaneous temperature, in K."
    )
    max_volume_ratio: Annotated[Positive, Field(gt=1.0)] = Field(
        2.0, description="Largest ratio of the volume to the starting one, and of its inverse."
    )
    max_recoveries: NonNegativeCount = Field(
        3, description="Roll-backs before the structure ends as failed."
    )


class ExplorationConfig(Section):
    """How each structure is explored."""

    calculator: AnyCalculatorConfig = Field(
        description="The potential that is explored and labels."
    )
    zbl: ZBLConfig = Field(default_factory=ZBLConfig, description="Short-range repulsion.")
    ensemble: Literal["auto", "nvt", "npt", "npt_in_plane"] = Field(
        "auto", description="auto: NPT for bulk, NVT where vacuum is found."
    )
    temperature_K: Temperatures = Field(
        (TemperatureSchedule(start=300.0, end=300.0),),
        description="Temperature in K: a number, {start, end}, or a list spread over structures.",
    )
    pressure_GPa: Pressures = Field(
        (PressureSchedule(start=0.0, end=0.0),),
        description="Pressure in GPa: a number, {start, end}, or a list spread over structures.",
    )
    timestep_fs: Annotated[Positive, Field(le=10.0)] = Field(2.0, description="Timestep in fs.")
    n_steps: Count = Field(1000, description="MD steps for each structure.")
    save_every: Count = Field(20, description="Steps between two frames.")
    thermostat_time_fs: Positive = Field(
        100.0, description="Relaxation time of the Langevin thermostat, in fs."
    )
    barostat_time_fs: Positive = Field(
        1000.0, description="Relaxation time of the barostat, in fs."
    )
    cell_shape: Literal["isotropic", "full"] = Field(
        "isotropic", description="What NPT may change: the volume alone, or the shape as well."
    )
    monte_carlo: MonteCarloConfig | None = Field(
        None, description="Moves between MD segments, or null."
    )
    guards: GuardsConfig = Field(default_factory=GuardsConfig, description="Limits.")
    checkpoint_every: Count = Field(
        100, description="Steps between two checkpoints, from which a killed run resumes."
    )

    def schedules_for(self, index: int) -> tuple[TemperatureSchedule, PressureSchedule]:
        """Return the temperature and pressure of the structure at ``index`` of the run.

        Lists are spread so that the structures cover the grid of both: temperatures run fastest.
        """
        n_temperatures = len(self.temperature_K)
        temperature = self.temperature_K[index % n_temperatures]
        pressure = self.pressure_GPa[(index // n_temperatures) % len(self.pressure_GPa)]
        return temperature, pressure

    def content(self) -> dict[str, Any]:
        """Return what determines a trajectory, as JSON-ready data (for cache keys)."""
        return self.model_dump(mode="json")
