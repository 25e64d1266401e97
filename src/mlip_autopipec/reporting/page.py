"""The report's page: one file of HTML with everything in it, for screens of any width."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from mlip_autopipec import __version__
from mlip_autopipec.reporting.figures.gallery import Picture
from mlip_autopipec.reporting.models import RunReport, StructureEntry
from mlip_autopipec.reporting.sparkline import HEIGHT, WIDTH, sparkline
from mlip_autopipec.reporting.wording import count, duration, percent, subscripts

MAX_ROWS = 300  # structures that the page lists; the data beside it has all
MAX_FAILURES = 50


def render_page(report: RunReport, pictures: Sequence[Picture]) -> str:
    """Return the page.

    Args:
        report: What it says.
        pictures: What it shows; those that a run does not have are absent.
    """
    template = _environment().get_template("report.html")
    failed = [entry for entry in report.structures if entry.status == "failed"]
    return template.render(
        report=report,
        version=__version__,
        style=Markup(_template("report.css")),  # noqa: S704 - our own file
        script=Markup(_template("report.js")),  # noqa: S704 - our own file
        pictures={picture.name: picture for picture in pictures},
        drawings={picture.name: Markup(picture.svg) for picture in pictures},  # noqa: S704 - escaped by matplotlib
        rows=_listed(report.structures),
        failed=failed[:MAX_FAILURES],
        n_failed=len(failed),
        warnings=_warnings(report.structures),
        lines=_lines(report),
        line_size=(WIDTH, HEIGHT),
        zbl_share=_zbl_share(report.structures),
        tiles=_tiles(report, len(failed)),
    )


def _environment() -> Environment:
    """Return the templates, which escape what they are given."""
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "percent": percent, "subscripts": subscripts}
    environment.globals |= {"count": count}
    return environment


def _template(name: str) -> str:
    """Return the text of a template."""
    return (files("mlip_autopipec.reporting") / "templates" / name).read_text(encoding="utf-8")


def _tiles(report: RunReport, n_failed: int) -> list[tuple[str, str]]:
    """Return the figures at the top."""
    ended = [entry for entry in report.structures if entry.status != "pending"]
    speed = report.n_steps / report.wall_time_s if report.wall_time_s > 0 else 0.0
    return [
        (f"{len(ended) - n_failed:,}/{report.n_generated:,}", "explored"),
        (f"{n_failed:,}", "failed"),
        (f"{report.n_frames:,}", "frames"),
        (f"{report.n_selected:,}", "selected"),
        (f"{report.n_steps:,}", "MD steps"),
        (f"{speed:.3g}/s", "steps a worker"),
    ]


def _listed(structures: Sequence[StructureEntry]) -> list[StructureEntry]:
    """Return the structures that are listed; where not all are, those that failed come first."""
    if len(structures) <= MAX_ROWS:
        return list(structures)
    order = {"failed": 0, "ok": 1, "pending": 2}
    return sorted(structures, key=lambda entry: order[entry.status])[:MAX_ROWS]


def _lines(report: RunReport) -> Mapping[str, tuple[str, str]]:
    """Return energy and temperature of each structure as lines."""
    return {
        course.structure_id: (sparkline(course.energy_eV_atom), sparkline(course.temperature_K))
        for course in report.courses
    }


def _warnings(structures: Sequence[StructureEntry]) -> list[tuple[str, int]]:
    """Return each warning once, and how many structures have it."""
    counts: dict[str, int] = {}
    for entry in structures:
        for warning in entry.warnings:
            counts[warning] = counts.get(warning, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def _zbl_share(structures: Sequence[StructureEntry]) -> float:
    """Return the share of all frames that ZBL touched."""
    n_frames = sum(entry.n_frames for entry in structures)
    touched = sum(entry.zbl_fraction * entry.n_frames for entry in structures)
    return touched / n_frames if n_frames else 0.0
