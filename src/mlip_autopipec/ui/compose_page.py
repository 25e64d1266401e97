"""Composing a config: a form, its YAML beside it, and the structures that it stands for."""

from pathlib import Path

import pandas as pd
import streamlit as st

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.errors import AutoPipeError, ConfigError
from mlip_autopipec.orchestration.run_state import run_state
from mlip_autopipec.ui.composition_state import Composition
from mlip_autopipec.ui.document import by_path, checked, read, value_at
from mlip_autopipec.ui.examples import example_yaml, kinds
from mlip_autopipec.ui.form import Form
from mlip_autopipec.ui.launching import launch_run
from mlip_autopipec.ui.preview import MOST_STRUCTURES, Preview, make_preview
from mlip_autopipec.ui.schema import section_of
from mlip_autopipec.ui.site import Site, figures, heading

_TABS = {
    "Structures": ("name", "seed", "generation"),
    "Exploration": ("exploration",),
    "Selection": ("sampling",),
    "Storage and execution": ("storage", "execution"),
}
_SHOWN = "compose.shown"
_YAML_HEIGHT_PX = 620
_ICONS = {
    "alloy": "grain",
    "ionic": "apps",
    "file": "folder_open",
    "slab": "layers",
    "cluster": "bubble_chart",
    "molecule": "water_drop",
    "random_crystal": "casino",
    "liquid": "waves",
}


def compose_page(site: Site) -> None:
    """Draw the page."""
    composition = Composition(st.session_state)
    if composition.document is None:
        _choose_kind(composition)
        return
    if site.has_arrived("compose"):
        composition.renew_widgets()
    config, faults = checked(composition.document)
    if config is not None:
        faults = site.root.faults(config)
    faults = (*composition.yaml_faults, *faults)
    _head(site, composition, config, faults)
    left, right = st.columns([11, 9], gap="large")
    with left:
        if _form(composition, by_path(faults)):
            st.rerun()
    with right:
        _beside(composition, config, faults)


def _choose_kind(composition: Composition) -> None:
    """Let the user begin: with a kind of material, or with a config of their own."""
    heading(
        "What should the training set cover?",
        "Choose how the starting structures are made. Everything can be changed afterwards, and "
        "several generators can feed one run.",
    )
    columns = [column for _ in range(0, len(kinds()), 3) for column in st.columns(3)]
    for column, (kind, about) in zip(columns, kinds().items(), strict=False):
        with column.container(border=True, height="stretch", key=f"kind-{kind}"):
            name = kind.capitalize().replace("_", " ")
            st.markdown(f"#### :material/{_ICONS.get(kind, 'category')}: {name}")
            st.markdown(f":gray[{about}]")
            st.button(
                "Begin",
                key=f"begin-{kind}",
                on_click=composition.begin,
                args=(example_yaml(kind),),
            )
    st.markdown("##### Or begin with a config of your own")
    given = st.file_uploader(
        "Config file (YAML)", type=["yaml", "yml"], label_visibility="collapsed", max_upload_size=1
    )
    if given is not None:
        _open(composition, given.getvalue())


def _open(composition: Composition, content: bytes) -> None:
    """Begin with an uploaded file."""
    try:
        text = content.decode()
        read(text)
    except (UnicodeDecodeError, ConfigError) as error:
        reason = error if isinstance(error, ConfigError) else "is not a text file in UTF-8"
        st.error(f"The file {reason}")
        return
    composition.begin(text)
    st.rerun()


def _head(
    site: Site, composition: Composition, config: PipelineConfig | None, faults: tuple[str, ...]
) -> None:
    """Draw the name, whether all is well, and what can be done."""
    name = str(value_at(composition.document or {}, ("name",)) or "Unnamed run")
    title, actions = st.columns([3, 2], vertical_alignment="bottom")
    with title:
        st.markdown(f"## {name}")
        count = len(faults)
        if faults:
            said = f":red-badge[:material/error: {count} fault{'s' if count > 1 else ''} to mend]"
        else:
            said = ":green-badge[:material/check: valid]"
        st.markdown(said)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Start over", icon=":material/restart_alt:", on_click=composition.forget)
        st.download_button(
            "Save YAML",
            composition.source,
            file_name=f"{name}.yaml",
            mime="application/yaml",
            icon=":material/download:",
            on_click="ignore",
        )
        ready = config is not None and not faults
        if (
            st.button("Launch", type="primary", icon=":material/rocket_launch:", disabled=not ready)
            and config is not None
        ):
            _launch(site, config, composition.source)
    with st.container():  # always there: what follows keeps its place, and its open tab
        if ready and config is not None:
            _say_what_is_there(site, config)


def _run_dir(site: Site, config: PipelineConfig) -> Path:
    """Return where a config would run."""
    return site.root.below(Path("runs") / config.name)


def _say_what_is_there(site: Site, config: PipelineConfig) -> None:
    """Say what launching means where the run directory exists already."""
    run_dir = _run_dir(site, config)
    if not (run_dir / "config.json").exists():
        return
    where = site.root.relative(run_dir)
    if run_state(run_dir).is_alive:
        st.info(f"**{where}** is being worked on now; choose another name to launch beside it.")
    else:
        st.info(
            f"**{where}** holds a run already. Launching goes on from it: what is unchanged is "
            "taken as it is, what is changed is done again."
        )


def _launch(site: Site, config: PipelineConfig, source: str) -> None:
    """Start the run and show it."""
    run_dir = _run_dir(site, config)
    try:
        make_preview(config)
        launch_run(run_dir, source, site.root.path)
    except AutoPipeError as error:
        for line in str(error).splitlines():
            st.error(line, icon=":material/error:")
        return
    site.go("runs", run_dir)


def _form(composition: Composition, faults: dict[str, str]) -> bool:
    """Draw the form; say whether it has changed the config."""
    form = Form(composition.form_key, faults, composition.change)
    node = section_of(PipelineConfig)
    found = composition.baseline
    for tab, names in zip(st.tabs(list(_TABS)), _TABS.values(), strict=True):
        with tab:
            found = form.section(node, found, names=names)
    return composition.take_form(found)


def _beside(
    composition: Composition, config: PipelineConfig | None, faults: tuple[str, ...]
) -> None:
    """Draw what stands beside the form: the YAML, or the structures."""
    shown = st.segmented_control(
        "Beside the form",
        ["YAML", "Structures in 3D"],
        default="YAML",
        key=_SHOWN,
        label_visibility="collapsed",
        required=True,
    )
    if faults:
        bullet = "- " if len(faults) > 1 else ""
        st.error("\n".join(f"{bullet}{fault}" for fault in faults), icon=":material/error:")
    if shown == "YAML":
        _yaml(composition)
    elif config is not None and not faults:
        _structures(config)
    else:
        st.info("The structures are shown as soon as the config is valid.")


def _yaml(composition: Composition) -> None:
    """Draw the YAML, which can be edited."""
    key = composition.yaml_key
    st.text_area(
        "YAML",
        value=composition.source,
        key=key,
        height=_YAML_HEIGHT_PX,
        label_visibility="collapsed",
        on_change=lambda: composition.take_yaml(st.session_state[key], key),
    )
    st.caption("Edit either side; the other follows (here with Ctrl+Enter, or on leaving).")


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(key: str, _config: PipelineConfig) -> Preview:
    """Return the preview of a config; what it depends on is in the key."""
    del key
    return make_preview(_config)


def _structures(config: PipelineConfig) -> None:
    """Draw the structures that would be generated."""
    from mlip_autopipec.ui.viewer import show_structures  # noqa: PLC0415 - chemiscope takes a second

    key = content_key(config.model_dump(mode="json"))
    try:
        with st.spinner("Generating …"):
            preview = _preview(key, config)
    except AutoPipeError as error:
        for line in str(error).splitlines():
            st.error(line, icon=":material/error:")
        return
    plan = preview.plan
    figures(
        {
            "structures": f"{plan.n_structures:,}",
            "MD steps": f"{plan.n_steps:,}",
            "frames": f"{plan.n_frames:,}",
            "selected": f"{plan.n_selected:,}",
        }
    )
    rows = preview.rows()
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(38 + 35 * len(rows), 250),
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [0]}},
        key=f"compose.table.{key}",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f")
            for name in rows[0]
            if name.endswith(")")
        },
    )
    chosen = (event["selection"]["rows"] or [0])[0]
    show_structures([preview.structures[chosen]], key=f"compose.view.{key}.{chosen}")
    if plan.n_structures > len(rows):
        st.caption(
            f"The first {len(rows)} of {plan.n_structures:,} structures "
            f"({MOST_STRUCTURES} at most), as the run would make them."
        )
