"""What a run has found, finished or not: figures, trajectories, the map of frames, the dataset."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.reporting.models import RadialComparison, RunReport
from mlip_autopipec.reporting.report_files import write_report
from mlip_autopipec.reporting.wording import duration, subscripts
from mlip_autopipec.ui.charts import course_charts, coverage_charts, histogram_chart, radial_chart
from mlip_autopipec.ui.dataset_view import dataset_view
from mlip_autopipec.ui.frame_view import show_frame
from mlip_autopipec.ui.map_view import map_view
from mlip_autopipec.ui.run_files import RunFiles, opened
from mlip_autopipec.ui.site import Site, empty, figures, heading

_SHOWN_AT_FIRST = 6
_PART = "results.part"


def results_page(site: Site) -> None:
    """Draw the page."""
    site.has_arrived("results")
    paths = site.root.run_directories()
    if not paths:
        heading("Results", f"Of the runs below `{site.root.path}`.")
        empty("scatter_plot", "No run yet", "Results show here as soon as a run has begun.")
        return
    files = RunFiles(site.root, _choose_run(site, paths))
    try:
        report = files.report()
    except RunDirectoryError as error:
        empty("hourglass_top", "Nothing to show yet", str(error))
        return
    _head(files, report)
    views: dict[str, Callable[[RunFiles, RunReport], None]] = {
        "Overview": _overview,
        "Trajectories": _trajectories,
        "Radial distribution": _radial,
        "Map": map_view,
        "Dataset": dataset_view,
    }
    part = st.segmented_control(
        "Part",
        list(views),
        default="Overview",
        key=_PART,
        label_visibility="collapsed",
        required=True,
    )
    views[part or "Overview"](files, report)


def _choose_run(site: Site, paths: list[Path]) -> Path:
    """Let the user choose a run."""
    chosen = site.run or paths[0]
    options = paths if chosen in paths else [chosen, *paths]
    run_dir = st.selectbox(
        "Run", options, index=options.index(chosen), format_func=site.root.relative, width=420
    )
    site.look_at(run_dir)
    return run_dir


def _head(files: RunFiles, report: RunReport) -> None:
    """Draw what the run amounts to."""
    title, actions = st.columns([3, 1], vertical_alignment="bottom")
    with title:
        st.markdown(f"## {report.name}")
        st.markdown(f":gray[{report.verdict}]")
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        st.download_button(
            "Report (HTML)",
            lambda: opened(write_report(files.runner).page),
            file_name=f"{report.name}-report.html",
            mime="text/html",
            icon=":material/download:",
            on_click="ignore",
        )
    figures(
        {
            "structures": f"{report.n_generated:,}",
            "MD steps": f"{report.n_steps:,}",
            "frames": f"{report.n_frames:,}",
            "selected": f"{report.n_selected:,}",
            "exploration time": duration(report.wall_time_s),
        }
    )


def _overview(files: RunFiles, report: RunReport) -> None:
    """Draw what was asked, what became of each structure, and what the frames cover."""
    del files
    st.markdown("##### Structures")
    rows = [
        {
            "structure": entry.structure_id,
            "status": entry.status,
            "formula": subscripts(entry.formula),
            "atoms": entry.n_atoms,
            "ensemble": entry.ensemble,
            "frames": entry.n_frames,
            "selected": entry.n_selected,
            "steps/s": entry.steps_per_s,
            "moves accepted": entry.accepted / entry.attempted if entry.attempted else None,
            "ZBL share": entry.zbl_fraction,
            "recoveries": entry.recoveries,
            "why it failed": entry.reason,
        }
        for entry in report.structures
    ]
    percentage = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(38 + 35 * max(len(rows), 1), 400),
        column_config={
            "steps/s": st.column_config.NumberColumn(format="%.0f"),
            "moves accepted": percentage,
            "ZBL share": percentage,
        },
    )
    if report.histograms:
        st.markdown("##### What the frames cover")
        columns = [c for _ in range(0, len(report.histograms), 3) for c in st.columns(3)]
        for column, histogram in zip(columns, report.histograms, strict=False):
            column.altair_chart(histogram_chart(histogram))
    _selection(report)
    asked, card = st.columns(2, gap="large")
    with asked, st.expander("What was asked", icon=":material/tune:"):
        _pairs(report.asked.rows)
        st.code(report.asked.config_yaml, language="yaml", height=320)
    with card, st.expander("The dataset's card", icon=":material/badge:"):
        st.markdown(report.card.labels)
        _pairs(report.card.rows)
        st.code("\n".join(report.card.reproduce), language="bash")


def _selection(report: RunReport) -> None:
    """Draw how well the selected frames stand for all."""
    selection = report.selection
    if selection is None or selection.coverage is None:
        return
    st.markdown("##### How well the selected frames stand for all")
    curves = {f"selected by {selection.sampler}": selection.coverage}
    if selection.random is not None:
        curves["as many at random"] = selection.random
    columns = st.columns(2, gap="large")
    for column, chart in zip(columns, coverage_charts(curves), strict=True):
        column.altair_chart(chart)
    said = [f"{selection.n_selected:,} of {selection.n_candidates:,} candidates were selected."]
    if selection.suggested_size is not None:
        said.append(f"Beyond {selection.suggested_size:,} frames, coverage improves slowly.")
    for reason, count in selection.rejected.items():
        said.append(f"{count:,} frames were left out: {reason}.")
    st.markdown(" ".join(said))
    for note in selection.notes:
        st.caption(note)


def _pairs(rows: tuple[tuple[str, str], ...]) -> None:
    """Draw names and values."""
    st.dataframe(pd.DataFrame(rows, columns=["property", "value"]), hide_index=True)


def _trajectories(files: RunFiles, report: RunReport) -> None:
    """Draw thermodynamics along the trajectories, and any frame of them."""
    if not report.courses:
        empty("show_chart", "No trajectory yet", "Each shows here when its exploration has ended.")
        return
    by_name = {course.structure_id: course for course in report.courses}
    generators = sorted({course.generator for course in report.courses})
    left, right = st.columns([1, 3])
    wanted = left.multiselect("Generators", generators, placeholder="all")
    names = [name for name, c in by_name.items() if not wanted or c.generator in wanted]
    chosen = right.multiselect(
        "Structures", names, default=names[:_SHOWN_AT_FIRST], placeholder="none"
    )
    charts = course_charts([by_name[name] for name in chosen])
    columns = [column for _ in range(0, len(charts), 2) for column in st.columns(2, gap="large")]
    for column, chart in zip(columns, charts.values(), strict=False):
        column.altair_chart(chart)
    every = max((by_name[name].every for name in chosen), default=1)
    if every > 1:
        st.caption(f"Each {every}th frame is drawn.")
    st.markdown("##### Frame by frame")
    _frame_by_frame(files, names)


def _frame_by_frame(files: RunFiles, names: list[str]) -> None:
    """Let the user look at any frame of a trajectory."""
    left, _ = st.columns([3, 2])
    with left:
        choice, where = st.columns([1, 2])
    name = choice.selectbox("Structure", names)
    if name is None:
        return
    count = files.n_frames(name)
    place = where.slider("Frame", 0, max(count - 1, 1), 0, key=f"frame.{name}", disabled=count < 2)  # noqa: PLR2004
    with left:
        show_frame(files, name, place, key="trajectory")


def _radial(files: RunFiles, report: RunReport) -> None:
    """Draw radial distributions, at the beginning of the run and at its end."""
    del files
    if not report.radial:
        empty("radar", "No trajectory yet", "Distributions show when an exploration has ended.")
        return
    columns = [c for _ in range(0, len(report.radial), 2) for c in st.columns(2, gap="large")]
    for column, comparison in zip(columns, report.radial, strict=False):
        with column:
            _comparison(comparison)


def _comparison(comparison: RadialComparison) -> None:
    """Draw the radial distributions of one group of structures."""
    st.markdown(f"##### {comparison.group}")
    pairs = sorted({*comparison.first.pairs, *comparison.last.pairs})
    choice = st.pills(
        "Pair",
        ["all atoms", *pairs],
        default="all atoms",
        key=f"radial.{comparison.group}",
        label_visibility="collapsed",
    )
    st.altair_chart(radial_chart(comparison, None if choice in {None, "all atoms"} else choice))
    st.caption(
        f"Averaged over {comparison.first.n_frames} frames of the first and "
        f"{comparison.last.n_frames} of the last quarter of each trajectory."
    )
