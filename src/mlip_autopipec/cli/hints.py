"""What to try after an error: one line, for people at a terminal."""

from collections.abc import Sequence

from mlip_autopipec.errors import (
    AutoPipeError,
    CalculatorError,
    ConfigError,
    ExplorationError,
    GenerationError,
    OrchestrationError,
    RunDirectoryError,
    SamplingError,
    StorageError,
)

_HINTS: dict[type[AutoPipeError], str] = {
    ConfigError: "`mlip-autopipe init KIND` prints an example with comments on every key",
    GenerationError: "`mlip-autopipe preview CONFIG` draws what a config makes; "
    "a larger supercell or other checks may help",
    CalculatorError: "`--set 'exploration.calculator={kind: emt}'` tries a config of metals "
    "without a model; `mlip-autopipe init KIND` shows how one is named",
    ExplorationError: "exploration.timestep_fs, temperature_K and guards say what is explored",
    SamplingError: "sampling.filters, sampling.known and sampling.n_samples say what is chosen",
    StorageError: "`mlip-autopipe status RUN_DIR` says whether the dataset is there; "
    "`mlip-autopipe export --help` what can be asked of it",
    RunDirectoryError: "`mlip-autopipe run CONFIG --run-dir DIR` begins a run or goes on with one",
    OrchestrationError: "`mlip-autopipe server status` says whether the Prefect server runs; "
    "running again goes on from what is done",
}
_OTHERWISE = "`mlip-autopipe --debug …` shows where it happened"


def hint_for(error: AutoPipeError) -> str:
    """Return what to try after an error.

    Example:
        >>> hint_for(ConfigError(["seed: -1 is below 0"]))
        '`mlip-autopipe init KIND` prints an example with comments on every key'
    """
    families = [family for family in type(error).__mro__ if family in _HINTS]
    return _HINTS[families[0]] if families else _OTHERWISE


def usage_hint(arguments: Sequence[str], commands: Sequence[str]) -> str:
    """Return where to read on after a command line that cannot be taken.

    Args:
        arguments: Those of the program.
        commands: Names of its commands.

    Example:
        >>> usage_hint(["run", "--typo"], ["run"]), usage_hint(["rnu"], ["run"])
        ('`mlip-autopipe run --help` shows what it takes', '`mlip-autopipe --help` lists commands')
    """
    command = next((word for word in arguments if word in commands), None)
    if command is None:
        return "`mlip-autopipe --help` lists commands"
    return f"`mlip-autopipe {command} --help` shows what it takes"
