"""The runs below the folder, and one of them as it goes on."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from mlip_autopipec.errors import AutoPipeError, RunDirectoryError
from mlip_autopipec.orchestration.live_history import LiveHistory
from mlip_autopipec.orchestration.monitor import RunMonitor, RunSnapshot
from mlip_autopipec.orchestration.progress import StructureProgress
from mlip_autopipec.orchestration.run_state import RunState, run_state
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.wording import duration
from mlip_autopipec.ui.composition_state import Composition
from mlip_autopipec.ui.document import written
from mlip_autopipec.ui.launching import launch_run, stop_run
from mlip_autopipec.ui.site import Site, empty, figures, heading

_REFRESH_S = 2.0
_IDLE_S = 10.0  # another browser, or a shell, may take up a run that nobody works on
_MONITOR = "runs.monitor"
_STAGES = {
    "generate": "structures generated",
    "scan": "pairs scanned",
    "explore": "exploration gathered",
    "sample": "frames selected",
    "store": "dataset stored",
}
_BADGES = {
    "starting": ":blue-badge[:material/hourglass_top: starting]",
    "running": ":blue-badge[:material/play_arrow: running]",
    "finished": ":green-badge[:material/check: finished]",
    "stopped": ":orange-badge[:material/pause: stopped]",
}


def runs_page(site: Site) -> None:
    """Draw the page."""
    site.has_arrived("runs")
    paths = site.root.run_directories()
    heading("Runs", f"All runs below `{site.root.path}`, the latest first.")
    if not paths:
        empty("science", "No run yet", "Compose a config and launch it; it then shows here.")
        return
    chosen = site.run or paths[0]
    shown = _table(site, paths, chosen)
    site.look_at(shown)
    _watch(site, shown)


def _table(site: Site, paths: list[Path], chosen: Path) -> Path:
    """Draw the table of runs; return the one that is chosen."""
    rows = [_row(site, path) for path in paths]
    first = paths.index(chosen) if chosen in paths else 0
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(38 + 35 * len(rows), 290),
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [first]}},
        key=f"runs.table.{first}.{len(paths)}",
        column_config={"last change": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")},
    )
    return paths[(event["selection"]["rows"] or [first])[0]]


def _row(site: Site, path: Path) -> dict[str, object]:
    """Return a run's row."""
    state = run_state(path)
    row: dict[str, object] = {"run": site.root.relative(path), "state": state.state}
    try:
        summary = PipelineRunner.open(path).summary()
    except RunDirectoryError:
        summary = None
    changed_s = max(p.stat().st_mtime for p in (path, *path.glob("*.json")))
    return {
        **row,
        "structures": summary.n_generated if summary else 0,
        "failed": summary.n_failed if summary else 0,
        "frames": summary.n_frames if summary else 0,
        "selected": summary.n_selected if summary else 0,
        "last change": datetime.fromtimestamp(changed_s, tz=UTC).astimezone(),
    }


def _watch(site: Site, run_dir: Path) -> None:
    """Draw one run, again and again while it goes on."""
    drawn = run_state(run_dir)

    @st.fragment(run_every=_REFRESH_S if drawn.is_alive else _IDLE_S)
    def follow() -> None:
        state = run_state(run_dir)
        if state.state != drawn.state:
            st.rerun()
        _run(site, run_dir, state)

    follow()


def _run(site: Site, run_dir: Path, state: RunState) -> None:
    """Draw how one run stands."""
    title, actions = st.columns([3, 2], vertical_alignment="bottom")
    with title:
        st.markdown(f"### {site.root.relative(run_dir)}")
        st.markdown(_BADGES[state.state])
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _actions(site, run_dir, state)
    try:
        runner = PipelineRunner.open(run_dir)
    except RunDirectoryError:
        st.info("The Prefect server and the run are starting; this takes some seconds.")
        _log(state)
        return
    snapshot = _monitor(run_dir).snapshot()
    _progress(runner, snapshot, state)
    if state.is_alive:
        _structures(run_dir, snapshot)
    failures = runner.summary().failures
    if failures:
        st.markdown("##### Failed structures")
        st.dataframe(pd.DataFrame(failures, columns=["structure", "reason"]), hide_index=True)
    _log(state)


def _monitor(run_dir: Path) -> RunMonitor:
    """Return the monitor of a run, kept for this browser session: it remembers what has ended."""
    key = f"{_MONITOR}.{run_dir}.{(run_dir / 'config.json').stat().st_mtime_ns}"
    monitor: RunMonitor = st.session_state.setdefault(key, RunMonitor(run_dir))
    return monitor


def _actions(site: Site, run_dir: Path, state: RunState) -> None:
    """Draw what can be done with a run."""
    if state.url:
        st.link_button("Prefect", state.url, icon=":material/open_in_new:")
    if (run_dir / "config.json").exists() and st.button(
        "Use its config", icon=":material/edit_note:"
    ):
        Composition(st.session_state).begin(_config_yaml(run_dir))
        site.go("compose", run_dir)
    if state.state == "running" and st.button("Stop", icon=":material/stop:"):
        stop_run(run_dir)
        st.toast("Stopping; what is done stays, and the run can be resumed.")
    if state.state == "stopped" and st.button("Resume", icon=":material/play_arrow:"):
        try:
            launch_run(run_dir, _config_yaml(run_dir), site.root.path)
        except AutoPipeError as error:
            st.error(str(error), icon=":material/error:")
        else:
            st.rerun()
    if st.button("Results", type="primary", icon=":material/scatter_plot:"):
        site.go("results", run_dir)


def _config_yaml(run_dir: Path) -> str:
    """Return the config of a run: as it was launched with, or else as it was resolved."""
    try:
        return (run_dir / "config.yaml").read_text(encoding="utf-8")
    except OSError:
        config = PipelineRunner.open(run_dir).config
        return written(config.model_dump(mode="json", exclude_defaults=True))


def _progress(runner: PipelineRunner, snapshot: RunSnapshot, state: RunState) -> None:
    """Draw how far the run is."""
    summary = runner.summary()
    values = {
        "explored": f"{snapshot.n_done - snapshot.n_failed:,} of {snapshot.n_structures:,}",
        "failed": f"{snapshot.n_failed:,}",
        "frames": f"{summary.n_frames:,}",
        "selected": f"{summary.n_selected:,}",
    }
    if state.is_alive:
        left = snapshot.remaining_s
        values["steps a second"] = f"{snapshot.steps_per_s:,.0f}"
        values["time left"] = "–" if left is None else duration(left)
    figures(values)
    done = [text for stage, text in _STAGES.items() if _is_done(runner, stage)]
    if state.is_alive:
        st.progress(snapshot.fraction, text=f"{snapshot.fraction:.0%} of all MD steps")
    if done:
        st.markdown(" ".join(f":green-badge[:material/check: {text}]" for text in done))


def _is_done(runner: PipelineRunner, stage: str) -> bool:
    """Say whether a stage has left its record."""
    return runner.directory.read_record(StageRecord, stage) is not None


def _structures(run_dir: Path, snapshot: RunSnapshot) -> None:
    """Draw a row for each structure that is being explored, with its course so far."""
    if not snapshot.running:
        st.caption("No structure is being explored at this moment.")
        return
    history = LiveHistory.of(st.session_state, run_dir)
    rows = [_live_row(progress, history) for progress in snapshot.running]
    line = st.column_config.LineChartColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "progress": st.column_config.ProgressColumn(
                format="percent", min_value=0.0, max_value=1.0
            ),
            "T (K)": st.column_config.NumberColumn(format="%.0f"),
            "energy (eV)": st.column_config.NumberColumn(format="%.3f"),
            "steps/s": st.column_config.NumberColumn(format="%.0f"),
            "T, so far": line(),
            "energy, so far": line(),
        },
    )


def _live_row(progress: StructureProgress, history: LiveHistory) -> dict[str, object]:
    """Return the row of a structure."""
    history.note(progress)
    temperatures_K, energies_eV = history.courses(progress.structure_id)
    return {
        "structure": progress.structure_id,
        "progress": progress.step / progress.n_steps,
        "step": f"{progress.step:,} of {progress.n_steps:,}",
        "T (K)": progress.temperature_K,
        "T, so far": temperatures_K,
        "energy (eV)": progress.energy_eV,
        "energy, so far": energies_eV,
        "steps/s": progress.steps_per_s,
    }


def _log(state: RunState) -> None:
    """Draw what the process said."""
    if not state.log:
        return
    failed = state.state == "stopped" and any("error" in line for line in state.log)
    with st.expander("What the run says", icon=":material/terminal:", expanded=failed):
        st.code("\n".join(state.log), language=None)
