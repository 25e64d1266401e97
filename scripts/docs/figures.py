"""The figures of the guide and the tutorials, from real runs; `docs/assets/figures` holds them.

    uv run python scripts/docs/figures.py guide      # EMT, and dimers on SevenNet-0: minutes
    uv run python scripts/docs/figures.py tutorials  # runs the examples on SevenNet-0: longer

Runs are kept in `runs/figures`, so that a figure can be drawn again without computing again.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from PIL import Image
from scipy.stats import spearmanr

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.pair_scan import scan_pairs
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.sampling import SOAPConfig
from mlip_autopipec.descriptors.soap import SOAPDescriptor
from mlip_autopipec.pipeline.preview import preview, write_sheet
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.figures import style
from mlip_autopipec.reporting.radial import RadialDistribution
from mlip_autopipec.reporting.report_files import write_report
from mlip_autopipec.sampling.coverage import coverage, nearest_distances, suggested_size
from mlip_autopipec.sampling.farthest_point import central_index, farthest_point_indices
from mlip_autopipec.sampling.frames import tabulate
from mlip_autopipec.sampling.standardisation import Standardisation
from mlip_autopipec.structures.extxyz import read_frames

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "assets" / "figures"
RUNS = ROOT / "runs" / "figures"
HEIGHT_IN = 2.5
MANY = 5
TEMPERATURES_K = (300, 600, 900, 1200, 1500, 1800, 2400)
DESCRIPTORS = ((3.5, 4, 3), (5.0, 4, 3), (5.0, 6, 4), (5.0, 8, 6), (6.5, 6, 4), (6.5, 8, 6))
PICTURES = {  # what the tutorials show of each example's report
    "cu-au": ("thermodynamics", "descriptor-map"),
    "mgo-schottky": ("radial-pairs",),
    "cu111": ("radial",),
    "pt-cluster": ("radial",),
    "nacl-liquid": ("radial-pairs", "pair-scan"),
    "my-files": ("descriptor-map",),
}

Points = npt.NDArray[np.float32]


def emt_run(name: str, **exploration: Any) -> list[list[Atoms]]:  # noqa: ANN401 - as in a config file
    """Explore random Cu3Au of 32 atoms on EMT, or take what is kept; return the trajectories."""
    n_structures = exploration.pop("n_structures")
    document = {
        "name": name,
        "seed": 42,
        "generation": [
            {
                "kind": "alloy",
                "lattice": "fcc",
                "composition": {"Cu": 0.75, "Au": 0.25},
                "lattice_constant_A": "relaxed",
                "n_structures": n_structures,
            }
        ],
        "exploration": {"calculator": {"kind": "emt"}, **exploration},
        "sampling": {"kind": "random", "n_samples": 10},
    }
    runner = PipelineRunner(validate(PipelineConfig, document), RUNS / name)
    runner.run()
    paths = sorted((runner.run_dir / "trajectories").glob("*.xyz"))
    return [list(read_frames(path)) for path in paths]


def soap_points(frames: Sequence[Atoms], config: SOAPConfig | None = None) -> Points:
    """Return standardised descriptors."""
    rows = SOAPDescriptor(config or SOAPConfig(), ["Cu", "Au"]).describe(frames)
    return Standardisation.of(rows).applied(rows)


def save(figure: Any, name: str) -> None:  # noqa: ANN401 - matplotlib's figure
    """Write a figure."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / f"{name}.png").write_bytes(style.small_png(figure))
    print(f"wrote {name}.png")


def draw_temperature() -> None:
    """How structure and displacement answer to temperature."""
    trajectories = emt_run(
        "temperature",
        n_structures=len(TEMPERATURES_K),
        temperature_K=list(TEMPERATURES_K),
        n_steps=800,
        save_every=10,
    )
    figure = style.new_figure(style.WIDE_IN, HEIGHT_IN)
    left, right = style.panels(figure, 2, 2)
    moved = []
    for temperature_K, frames in zip(TEMPERATURES_K, trajectories, strict=True):
        table = tabulate(frames)
        late = slice(len(frames) // 2, None)
        moved.append(float(np.sqrt((table.displacement[late] ** 2).mean())))
        if temperature_K in {300, 900, 1800}:
            radial = RadialDistribution(bulk=True)
            for frame in frames[late]:
                radial.add(frame)
            name = f"{temperature_K} K"
            left.plot(radial.distances_A, radial.part().total, lw=style.LINE_PT, label=name)
    for line, colour in zip(left.lines, style.CYCLE, strict=False):
        line.set_color(colour)
    left.set_xlim(2, 8)
    style.label(left, x="distance r (Å)", y="g(r)", title="order")
    style.legend(left)
    right.plot(TEMPERATURES_K, moved, "o-", color=style.BLUE, lw=style.LINE_PT, ms=3.5)
    right.axhline(0.15, color=style.MUTED, lw=0.8, ls=":")
    right.text(320, 0.17, "Lindemann, 0.15", fontsize=style.SMALL_PT, color=style.MUTED)
    right.set_ylim(bottom=0)
    style.label(
        right, x="temperature (K)", y="rms displacement / neighbour distance", title="displacement"
    )
    save(figure, "temperature")


def draw_steps() -> None:
    """How much is new as a run gets longer: at one temperature, and on a ramp."""
    courses = {"600 K": 600, "1500 K": 1500, "300 → 1800 K": {"start": 300, "end": 1800}}
    runs = {
        name: emt_run(
            f"steps-{place}", n_structures=2, temperature_K=course, n_steps=1500, save_every=10
        )
        for place, (name, course) in enumerate(courses.items())
    }
    frames = [frame for run in runs.values() for trajectory in run for frame in trajectory]
    points = soap_points(frames)
    figure = style.new_figure(style.COLUMN_IN * 1.25, HEIGHT_IN)
    (panel,) = style.panels(figure, 1, 1)
    steps = np.array([frame.info["step"] for frame in frames])
    everything = np.arange(len(frames))
    begin = 0
    for (name, run), colour in zip(runs.items(), style.CYCLE, strict=False):
        own = everything[begin : begin + sum(map(len, run))]
        begin += len(own)
        lengths = np.unique(np.geomspace(10, 1500, 16).round(-1))
        seen = [
            nearest_distances(points, everything, own[steps[own] <= length]).mean()
            for length in lengths
        ]
        panel.plot(lengths, seen, color=colour, lw=style.LINE_PT, label=name)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    style.label(panel, x="MD steps of 2 fs", y="mean distance of all frames")
    style.legend(panel)
    save(figure, "steps")


def draw_zbl() -> None:
    """The dimer of Cu on SevenNet-0: the hole, the floor, and what wide radii do to a bond."""
    document = {
        "name": "dimer",
        "generation": [{"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}}],
        "exploration": {"calculator": {"kind": "sevennet"}},
    }
    exploration = validate(PipelineConfig, document).exploration
    calculator = build_calculator(exploration)
    (curve,) = scan_pairs(calculator, exploration, ["Cu"]).curves
    floored = style.new_figure(style.COLUMN_IN * 1.25, HEIGHT_IN)
    (panel,) = style.panels(floored, 1, 1)
    for energies, colour, name, dashes in (
        (curve.energies_mlip_eV, style.BLUE, "model", "-"),
        (curve.energies_zbl_eV, style.ORANGE, "ZBL", "--"),
        (curve.energies_eV, style.INK, "sum with floor", "-"),
    ):
        panel.plot(curve.distances_A, energies, dashes, color=colour, lw=style.LINE_PT, label=name)
    panel.set_yscale("symlog", linthresh=10)
    panel.set_ylim(-1e4, 1e5)
    panel.set_xlim(0.2, 3.2)
    panel.axvline(float(curve.floor_A or 0), color=style.MUTED, lw=0.8, ls=":")
    panel.text(float(curve.floor_A or 0) + 0.04, -2e3, "floor", fontsize=style.SMALL_PT)
    style.label(panel, x="Cu–Cu distance (Å)", y="energy − far apart (eV)")
    style.legend(panel)
    save(floored, "zbl-floor")
    draw_radii(calculator)


def draw_radii(calculator: Any) -> None:  # noqa: ANN401 - a mixing calculator
    """What ZBL with wide radii does to the bond that it should leave alone."""
    total_A = 2 * covalent_radii[atomic_numbers["Cu"]]
    distances_A = np.linspace(1.55, 3.6, 60)
    figure = style.new_figure(style.COLUMN_IN * 1.25, HEIGHT_IN)
    (panel,) = style.panels(figure, 1, 1)
    dimers = [Atoms("Cu2", positions=[[0, 0, 0], [0, 0, r]]) for r in distances_A]
    calculator.zbl = None
    model = np.array([calculator.get_potential_energy(dimer) for dimer in dimers])
    far = calculator.get_potential_energy(Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 6]]))
    panel.plot(distances_A, model - far, color=style.INK, lw=2.2 * style.LINE_PT, label="model")
    for (inner, outer), colour in zip(
        ((0.5, 0.7), (0.7, 0.9), (0.8, 1.1)), style.CYCLE, strict=False
    ):
        zbl = ZBLCalculator(inner_scale=inner, outer_scale=outer)
        energies = model - far + [zbl.sums(dimer).energy_eV for dimer in dimers]
        panel.plot(
            distances_A, energies, color=colour, lw=style.LINE_PT, label=f"+ ZBL {inner} to {outer}"
        )
    panel.axvline(0.7 * total_A, color=style.MUTED, lw=0.8, ls=":")
    panel.set_ylim(-3, 6)
    style.label(panel, x="Cu–Cu distance (Å)", y="energy − far apart (eV)")
    style.legend(panel)
    save(figure, "zbl-radii")


def draw_descriptor(frames: Sequence[Atoms]) -> None:
    """What a longer descriptor costs, and how far it orders pairs of frames otherwise."""
    rng = np.random.default_rng(0)
    pairs = rng.integers(len(frames), size=(4000, 2))
    rows = []
    for r_cut_A, n_max, l_max in DESCRIPTORS:
        config = SOAPConfig(r_cut_A=r_cut_A, n_max=n_max, l_max=l_max)
        begin = time.process_time()
        points = soap_points(frames, config)
        milliseconds = 1000 * (time.process_time() - begin) / len(frames)
        distances = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
        rows.append((f"{r_cut_A:g} Å, {n_max}, {l_max}", milliseconds, distances))
    figure = style.new_figure(style.COLUMN_IN * 1.25, HEIGHT_IN)
    (panel,) = style.panels(figure, 1, 1)
    for place, (name, milliseconds, distances) in enumerate(rows):
        colour = style.CYCLE[place]
        agreement = spearmanr(distances, rows[-1][2]).statistic
        panel.plot([milliseconds], [agreement], "o", color=colour, ms=5)
        panel.annotate(
            name,
            (milliseconds, agreement),
            xytext=(4, -11 if place % 2 else 6),
            textcoords="offset points",
            fontsize=style.SMALL_PT,
        )
        print(f"SOAP {name}: {milliseconds:.2f} ms a frame, rank correlation {agreement:.3f}")
    panel.set_xlim(0, 1.25 * max(row[1] for row in rows))
    panel.set_ylim(0.91, 1.02)
    style.label(panel, x="processor time of a frame (ms)", y="rank correlation with the longest")
    save(figure, "descriptor")


def draw_size(frames: Sequence[Atoms]) -> None:
    """How the selection covers the pool as it grows."""
    points = soap_points(frames)
    everything = np.arange(len(points))
    none = np.empty(0, dtype=np.int64)
    n = len(points) // 3
    chosen, _ = farthest_point_indices(points, n, start=central_index(points))
    drawn = np.random.default_rng(0).permutation(len(points))[:n]
    curves = {
        "fps": coverage(points, everything, chosen, none),
        "random": coverage(points, everything, drawn, none),
    }
    figure = style.new_figure(style.COLUMN_IN * 1.25, HEIGHT_IN)
    (panel,) = style.panels(figure, 1, 1)
    for (name, curve), colour in zip(curves.items(), style.CYCLE, strict=False):
        panel.plot(curve.sizes, curve.largest, "--", color=colour, label=f"{name}: largest", lw=1.1)
        panel.plot(curve.sizes, curve.mean, color=colour, label=f"{name}: mean", lw=1.8)
    knee = suggested_size(curves["fps"])
    panel.axvline(knee, color=style.INK, lw=0.9, ls=":")
    panel.text(knee * 1.06, 0.06, f"knee: {knee}", fontsize=style.SMALL_PT)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    style.label(panel, x=f"selected of {len(points)} frames", y="distance to the selection")
    style.legend(panel)
    save(figure, "size")


def with_few_colours(path: Path) -> None:
    """Write a picture again with a palette, at a third of the size."""
    Image.open(path).convert("RGB").quantize(colors=128).save(path, optimize=True)


def guide() -> None:
    """Draw the figures of the guide."""
    draw_temperature()
    draw_steps()
    pool = [
        frame
        for place in range(3)
        for path in sorted((RUNS / f"steps-{place}" / "trajectories").glob("*.xyz"))
        for frame in read_frames(path)
    ]
    draw_size(pool)
    draw_descriptor(pool[::3])
    draw_zbl()


def tutorials() -> None:
    """Run the examples where that has not been done, and keep some pictures of each."""
    for name, pictures in PICTURES.items():
        config = PipelineConfig.from_yaml(ROOT / "examples" / f"{name}.yaml")
        runner = PipelineRunner(config, RUNS / name)
        runner.run()
        write_report(runner)
        FIGURES.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            png = (runner.run_dir / "report" / f"{picture}.png").read_bytes()
            (FIGURES / f"{name}-{picture}.png").write_bytes(png)
        sheet = FIGURES / f"{name}-preview.png"
        write_sheet(preview(config, 2 if len(runner.structure_ids()) < MANY else 6), sheet)
        with_few_colours(sheet)
        print(f"wrote the pictures of {name}")


if __name__ == "__main__":
    {"guide": guide, "tutorials": tutorials}[sys.argv[1]]()
