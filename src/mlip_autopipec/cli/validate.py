"""`mlip-autopipe validate`: the resolved plan of a config, without running it."""

from typing import Annotated

import typer

from mlip_autopipec.cli.types import ConfigArgument, JsonOption, SetOption


def validate(
    config: ConfigArgument,
    overrides: SetOption = None,
    *,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Rehearse for some seconds; foretell time, memory and disk."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a config and show what it would do."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.documents import PlanDocument  # noqa: PLC0415
    from mlip_autopipec.cli.tables import cost_rows, plan_rows, print_figures  # noqa: PLC0415
    from mlip_autopipec.config import PipelineConfig  # noqa: PLC0415
    from mlip_autopipec.orchestration.estimate import estimate_cost  # noqa: PLC0415
    from mlip_autopipec.pipeline.plan import make_plan  # noqa: PLC0415

    resolved = PipelineConfig.from_yaml(config, tuple(overrides or ()))
    plan = make_plan(resolved)
    cost = estimate_cost(resolved, plan) if estimate else None
    if as_json:
        typer.echo(PlanDocument.of(plan, cost).model_dump_json(indent=2))
        return
    console = Console()
    print_figures(console, f"Plan of {plan.name}", plan_rows(plan))
    if cost is not None:
        print_figures(console, "Estimate from a short rehearsal on this machine", cost_rows(cost))
