"""`mlip-autopipe cache`: the finished work that a run directory keeps, and how to prune it."""

from typing import Annotated

import typer

from mlip_autopipec.cli.types import JsonOption, RunDirArgument


def cache(
    run_dir: RunDirArgument,
    *,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what the run's last config does not use.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what finished work is kept, so that it is not done again; prune what is of no use."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.documents import CacheDocument  # noqa: PLC0415
    from mlip_autopipec.cli.tables import cache_table, file_size  # noqa: PLC0415
    from mlip_autopipec.orchestration import inventory  # noqa: PLC0415
    from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: PLC0415

    runner = PipelineRunner.open(run_dir)
    removed = inventory.prune(runner) if prune else []
    entries = inventory.take_inventory(runner)
    if as_json:
        typer.echo(CacheDocument.of(removed, entries).model_dump_json(indent=2))
        return
    console = Console()
    if prune:
        size = file_size(sum(entry.size_bytes for entry in removed))
        console.print(f"{len(removed):,} removed, {size}", highlight=False)
    console.print(cache_table(entries))
    unused = [entry for entry in entries if not entry.used]
    if unused:
        console.print("`--prune` removes what is not used", highlight=False)
