"""What a config asks for, in rows for people."""

import yaml

from mlip_autopipec.config.exploration import ExplorationConfig, GuardsConfig
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.config.schedule import Schedule
from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.reporting.models import Asked
from mlip_autopipec.reporting.wording import count

Rows = list[tuple[str, str]]

_MOST_COURSES = 4


def asked(config: PipelineConfig) -> Asked:
    """Return what a config asks for."""
    rows = [*_generator_rows(config), *_exploration_rows(config.exploration), *_rest(config)]
    document = config.model_dump(mode="json")
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return Asked(rows=tuple(rows), config_yaml=text)


def _generator_rows(config: PipelineConfig) -> Rows:
    """Say what each generator makes; its kind alone where its input cannot be read any more."""
    try:
        plans = [generator.plan() for generator in build_generators(config)]
    except AutoPipeError:
        pairs = zip(config.labels, config.generation, strict=True)
        return [(label, f"{generator.kind} generator") for label, generator in pairs]
    return [
        (plan.label, f"{plan.n_structures} × {plan.formula} ({plan.n_atoms} atoms): {plan.detail}")
        for plan in plans
    ]


def _exploration_rows(exploration: ExplorationConfig) -> Rows:
    """Say how structures are explored."""
    moves, zbl = exploration.monte_carlo, exploration.zbl
    steps_ps = exploration.n_steps * exploration.timestep_fs / 1000.0
    swaps = "none" if moves is None else f"{moves.attempts} {moves.kind}s every {moves.every} steps"
    repulsion = "off"
    if zbl.enabled:
        repulsion = f"between {zbl.inner_scale:g} and {zbl.outer_scale:g} × covalent radii"
    if zbl.enabled and zbl.inner_A is not None and zbl.outer_A is not None:
        repulsion = f"between {zbl.inner_A:g} and {zbl.outer_A:g} Å"
    return [
        ("potential", _potential(exploration)),
        ("ZBL repulsion", repulsion),
        (
            "ensemble",
            "chosen by vacuum" if exploration.ensemble == "auto" else exploration.ensemble,
        ),
        ("temperature", _courses(exploration.temperature_K, "K")),
        ("pressure", _courses(exploration.pressure_GPa, "GPa")),
        ("steps", f"{exploration.n_steps:,} of {exploration.timestep_fs:g} fs ({steps_ps:.3g} ps)"),
        ("frames", f"one every {count(exploration.save_every, 'step')}"),
        ("Monte Carlo", swaps),
        ("guards", _limits(exploration.guards)),
    ]


def _limits(guards: GuardsConfig) -> str:
    """Say where the guards roll a trajectory back."""
    return (
        f"forces to {guards.max_force_eV_A:g} eV/Å, {guards.max_temperature_K:,.0f} K, "
        f"volume × {guards.max_volume_ratio:g}; at most {guards.max_recoveries} roll-backs"
    )


def _rest(config: PipelineConfig) -> Rows:
    """Say how frames are chosen, and what is left to say."""
    sampling = config.sampling
    descriptor = "" if sampling.descriptor is None else f" on {sampling.descriptor.kind}"
    return [
        ("selection", f"{sampling.n_samples:,} frames by {sampling.kind}{descriptor}"),
        ("seed", str(config.seed)),
    ]


def _potential(exploration: ExplorationConfig) -> str:
    """Name the potential."""
    calculator = exploration.calculator
    model = getattr(calculator, "model", "")
    return f"{calculator.kind} {model}".strip()


def _courses(schedules: tuple[Schedule, ...], unit: str) -> str:
    """Write courses as ``300 → 1200 K``."""
    texts = []
    for schedule in schedules[:_MOST_COURSES]:
        values = [schedule.start, *(value for _, value in schedule.points), schedule.end]
        constant = len(set(values)) == 1
        texts.append(" → ".join(f"{value:g}" for value in (values[:1] if constant else values)))
    if len(schedules) > _MOST_COURSES:
        texts.append(f"and {len(schedules) - _MOST_COURSES} more")
    return f"{'; '.join(texts)} {unit}"
