"""What a report says, as data: everything its page and figures show, and nothing else.

Lists are thinned to what can be seen; where they are, the stride is said. A part that a run does
not have is None, or empty.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from mlip_autopipec.calculators.pair_scan import PairScan

Values = tuple[float, ...]


class Part(BaseModel):
    """Base of all parts: exact fields, finite numbers, never changed after they are made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Asked(Part):
    """What the config asked for.

    Attributes:
        rows: Name and value, for people.
        config_yaml: The resolved config.
    """

    rows: tuple[tuple[str, str], ...]
    config_yaml: str


class SwapCount(Part):
    """Monte Carlo moves of one pair of species.

    Attributes:
        pair: The species, for instance ``Au-Cu``.
        attempted: Moves tried.
        accepted: Moves accepted.
    """

    pair: str
    attempted: int
    accepted: int

    @property
    def acceptance(self) -> float:
        """Accepted moves as a fraction of those tried; 0 if none was."""
        return self.accepted / self.attempted if self.attempted else 0.0


class StructureEntry(Part):
    """What became of one structure.

    Attributes:
        structure_id: The structure.
        status: ``pending`` while its exploration has not ended.
        reason: Why it failed; empty otherwise.
        formula: Of the starting structure; empty where no frame was kept. So is ``generator``.
        generator: What made it.
        n_atoms: Number of atoms; 0 where no frame was kept.
        dimensionality: 3 bulk, 2 slab, 1 wire, 0 cluster; None where no frame was kept.
        ensemble: ``nvt``, ``npt`` or ``npt_in_plane``.
        ensemble_reason: Why this ensemble.
        n_frames: Frames kept.
        n_selected: Frames of it that were selected.
        n_steps: MD steps done.
        steps_per_s: Speed.
        wall_time_s: Time spent.
        attempted: Monte Carlo moves tried.
        accepted: Monte Carlo moves accepted.
        recoveries: Times it was rolled back.
        faults: What each roll-back, and the failure, was for.
        zbl_fraction: Share of the frames with a pair inside ZBL's range.
        warnings: What the user should know.
        log_tail: Last lines of its log, where it failed.
    """

    structure_id: str
    status: Literal["ok", "failed", "pending"]
    reason: str = ""
    formula: str = ""
    generator: str = ""
    n_atoms: int = 0
    dimensionality: int | None = None
    ensemble: str = ""
    ensemble_reason: str = ""
    n_frames: int = 0
    n_selected: int = 0
    n_steps: int = 0
    steps_per_s: float = 0.0
    wall_time_s: float = 0.0
    attempted: int = 0
    accepted: int = 0
    recoveries: int = 0
    faults: tuple[str, ...] = ()
    zbl_fraction: float = 0.0
    warnings: tuple[str, ...] = ()
    log_tail: tuple[str, ...] = ()


class Course(Part):
    """Thermodynamics of one trajectory.

    Attributes:
        structure_id: The structure.
        generator: What made it.
        formula: Reduced formula of its first frame.
        n_atoms: Number of atoms.
        dimensionality: 3 bulk, 2 slab, 1 wire, 0 cluster.
        every: Each how many-th saved frame is listed.
        steps: MD step of each listed frame.
        thermostat_K: Temperature of the thermostat.
        temperature_K: Kinetic temperature.
        energy_eV_atom: The model's own energy.
        max_force_eV_A: Largest force on an atom.
        volume_A3_atom: Volume; empty unless bulk, since vacuum has no thermodynamic meaning.
        pressure_GPa: Kinetic part and the model's own stress; empty unless bulk, or without stress.
    """

    structure_id: str
    generator: str
    formula: str
    n_atoms: int
    dimensionality: int
    every: int
    steps: tuple[int, ...]
    thermostat_K: Values
    temperature_K: Values
    energy_eV_atom: Values
    max_force_eV_A: Values
    volume_A3_atom: Values = ()
    pressure_GPa: Values = ()


class RadialPart(Part):
    """Radial distribution over a part of the trajectories.

    Attributes:
        n_frames: Frames it was averaged over.
        total: All atoms.
        pairs: By pair of species, for instance ``Au-Cu``: Cu around Au.
    """

    n_frames: int
    total: Values
    pairs: dict[str, Values]


class RadialComparison(Part):
    """Radial distributions of one group of structures, in the first and the last part of the run.

    Attributes:
        group: The generator, and what it made unless that is bulk.
        kind: ``g``: relative to an ideal gas of the same density. ``neighbours``: number of
            neighbours an Å, where there is vacuum and a density means nothing.
        distances_A: Middle of each bin.
        first: In the first quarter of each trajectory.
        last: In its last quarter.
    """

    group: str
    kind: Literal["g", "neighbours"]
    distances_A: Values
    first: RadialPart
    last: RadialPart


class CoverageCurve(Part):
    """Distance of frames to the selected ones, as more are selected.

    Attributes:
        sizes: Numbers of selected frames.
        largest: Largest distance of any frame to the selected ones.
        mean: Mean distance.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    sizes: tuple[int, ...]
    largest: Values
    mean: Values


class DescriptorMap(Part):
    """Frames in the plane of the first two principal components of their descriptors.

    Attributes:
        explained: Share of the variance along each axis.
        coordinates: Of the frames shown, ``(n, 2)``.
        generators: What made each of them; empty where it is not known.
        temperatures_K: The thermostat's temperature of each; empty where it is not known.
        selected: Coordinates of the selected frames.
    """

    explained: tuple[float, float]
    coordinates: tuple[tuple[float, float], ...]
    generators: tuple[str, ...]
    temperatures_K: Values
    selected: tuple[tuple[float, float], ...]


class Selection(Part):
    """How frames were chosen, and the evidence for it.

    Attributes:
        sampler: Kind of sampler.
        n_asked: Frames asked for.
        n_frames: Frames there were.
        n_candidates: Frames that passed the filters.
        n_selected: Frames selected.
        rejected: Number of frames by reason.
        quotas: What each round has taken.
        known: Novelty against earlier datasets, if there were any.
        notes: What the user should know.
        compared: What coverage is of: whole frames, or the environments of their atoms.
        coverage: By the selection; None where frames are not compared.
        random: By as many random frames.
        suggested_size: Size beyond which coverage improves slowly.
        map: Descriptor space.
    """

    sampler: str
    n_asked: int
    n_frames: int
    n_candidates: int
    n_selected: int
    rejected: dict[str, int]
    quotas: dict[str, JsonValue]
    known: dict[str, JsonValue] | None
    notes: tuple[str, ...]
    compared: Literal["frames", "environments"]
    coverage: CoverageCurve | None
    random: CoverageCurve | None
    suggested_size: int | None
    map: DescriptorMap | None


class Histogram(Part):
    """Shares of all frames, and of the selected ones, by a number.

    Attributes:
        quantity: What is counted.
        unit: Its unit.
        edges: Of the bins.
        all_frames: Share in each bin; sums to 1.
        selected: The same of the selected frames; empty where there are none.
    """

    quantity: str
    unit: str
    edges: Values
    all_frames: Values
    selected: Values


class Shares(Part):
    """Shares of all frames, and of the selected ones, by name (see `Histogram`)."""

    names: tuple[str, ...]
    all_frames: Values
    selected: Values


class Card(Part):
    """The dataset's card.

    Attributes:
        rows: Name and value, for people.
        labels: What the labels are, in one sentence.
        model: Kind, name, SHA-256, package and version; None where it cannot be told.
        licence: Of the model's weights.
        elements: Chemical symbols.
        versions: Of the packages that made the dataset, or would make it now.
        reproduce: Shell commands.
    """

    rows: tuple[tuple[str, str], ...]
    labels: str
    model: dict[str, JsonValue] | None
    licence: str
    elements: tuple[str, ...]
    versions: dict[str, str]
    reproduce: tuple[str, ...]


class Shot(Part):
    """Two atoms shot at each other, head-on (see `mlip_autopipec.reporting.collisions`).

    Attributes:
        pair: The elements, such as Cu-Au.
        energy_eV: Kinetic energy in the centre-of-mass frame, far apart.
        explored_A: Where they turn back on the surface that was explored, ZBL and floor included;
            None if they fall through.
        bare_A: The same on the model alone.
    """

    pair: str
    energy_eV: float
    explored_A: float | None
    bare_A: float | None


class RunReport(Part):
    """All that a report says.

    Attributes:
        key: Content key of what it was made from.
        created: When, in ISO 8601.
        name: The run's name.
        run_dir: Absolute path of the run directory.
        is_finished: Whether the last stage is done.
        verdict: How the run stands, in one sentence.
        n_generated: Structures made.
        n_frames: Frames kept.
        n_selected: Frames selected and stored.
        n_steps: MD steps over all structures.
        wall_time_s: Exploration time summed over structures.
    """

    key: str
    created: str
    name: str
    run_dir: str
    is_finished: bool
    verdict: str
    n_generated: int
    n_frames: int
    n_selected: int
    n_steps: int
    wall_time_s: float
    asked: Asked
    card: Card
    structures: tuple[StructureEntry, ...]
    courses: tuple[Course, ...]
    radial: tuple[RadialComparison, ...]
    swaps: tuple[SwapCount, ...]
    scan: PairScan | None
    shots: tuple[Shot, ...] = ()
    selection: Selection | None
    composition: Shares | None
    histograms: tuple[Histogram, ...]
