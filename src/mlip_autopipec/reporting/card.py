"""The dataset's card: what it holds, where it comes from, and how to make it again."""

import shlex
from collections.abc import Sequence
from typing import Any

from ase.symbols import Symbols

from mlip_autopipec.calculators.identity import model_identity
from mlip_autopipec.errors import AutoPipeError, StorageError
from mlip_autopipec.pipeline.records import FileRecord, StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.licences import weights_licence
from mlip_autopipec.reporting.models import Card, Course
from mlip_autopipec.reporting.wording import subscripts
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.provenance import installed_versions, label_statement

_FORMULAS_SHOWN = 8


def card(runner: PipelineRunner, courses: Sequence[Course]) -> Card:
    """Return the card of a run's dataset, stored or not yet.

    What a stored dataset says about itself goes before what can be told of this machine.
    """
    stored = runner.directory.read_record(StageRecord, "store")
    metadata = _metadata(runner) if stored is not None else {}
    model = metadata.get("model") or _model(runner)
    labels = "not known: the potential is not on this machine"
    if model is not None:
        labels = label_statement({**model, "sha256": None})  # a row of its own
    versions = metadata.get("versions") or installed_versions()
    rows = _contents(courses, stored.file if stored is not None else None)
    rows += _origin(runner, metadata, model)
    return Card(
        rows=tuple(rows),
        labels=labels,
        model=model,
        licence=weights_licence(runner.config.exploration.calculator),
        elements=tuple(_elements(courses)),
        versions={str(name): str(version) for name, version in versions.items()},
        reproduce=_commands(runner, versions),
    )


def _metadata(runner: PipelineRunner) -> dict[str, Any]:
    """Return the metadata of the database; nothing where it is gone."""
    try:
        return AseDBWrapper(runner.directory.database(runner.config.storage.database)).metadata
    except StorageError:
        return {}


def _model(runner: PipelineRunner) -> dict[str, Any] | None:
    """Return the identity of the potential as this machine has it; None where it has not."""
    try:
        return model_identity(runner.config.exploration.calculator).model_dump(mode="json")
    except AutoPipeError:
        return None


def _elements(courses: Sequence[Course]) -> list[str]:
    """Return the elements of the trajectories."""
    formulas = {course.formula for course in courses}
    return sorted({symbol for text in formulas for symbol in Symbols.fromsymbols(text).species()})


def _contents(courses: Sequence[Course], file: FileRecord | None) -> list[tuple[str, str]]:
    """Say what the dataset holds."""
    formulas = sorted({course.formula for course in courses})
    shown = ", ".join(subscripts(text) for text in formulas[:_FORMULAS_SHOWN])
    if len(formulas) > _FORMULAS_SHOWN:
        shown += f" and {len(formulas) - _FORMULAS_SHOWN} more"
    atoms = sorted({course.n_atoms for course in courses})
    size = "" if not atoms else f"{atoms[0]}" if len(atoms) == 1 else f"{atoms[0]} to {atoms[-1]}"
    rows = [
        ("elements", ", ".join(_elements(courses)) or "none yet"),
        ("compositions", shown or "none yet"),
        ("atoms a frame", size or "none yet"),
    ]
    if file is None:
        return [("frames", "none stored yet"), *rows]
    return [
        ("frames", f"{file.n_items:,}"),
        *rows,
        ("file", file.path),
        ("SHA-256 of the file", file.sha256),
    ]


def _origin(
    runner: PipelineRunner, metadata: dict[str, Any], model: dict[str, Any] | None
) -> list[tuple[str, str]]:
    """Say where the dataset comes from."""
    rows = []
    if model is not None:
        name = " ".join(dict.fromkeys((str(model["kind"]), str(model["model"]))))
        rows.append(("potential", f"{name} ({model['package']} {model['version']})"))
        rows.append(("SHA-256 of the model", str(model["sha256"] or "none: it has no file")))
    rows.append(("licence of the weights", weights_licence(runner.config.exploration.calculator)))
    rows.append(("seed", str(runner.config.seed)))
    machine = ("python", "platform")
    return rows + [(name, str(metadata[name])) for name in machine if name in metadata]


def _commands(runner: PipelineRunner, versions: dict[str, Any]) -> tuple[str, ...]:
    """Return what makes the dataset again: the versions, then the run."""
    config = shlex.quote(str(runner.directory.config))
    pins = " ".join(f"'{name}=={version}'" for name, version in sorted(versions.items()))
    return (
        f"uv pip install {pins}",
        f"mlip-autopipe run {config} --run-dir runs/{runner.config.name}-again",
    )
