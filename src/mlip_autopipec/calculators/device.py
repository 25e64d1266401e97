"""Where torch computes, and with how many threads."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mlip_autopipec.config.calculator import TorchCalculatorConfig
from mlip_autopipec.errors import CalculatorError


def prepare_torch(config: TorchCalculatorConfig) -> str:
    """Set the number of threads of this process and return the device: ``cpu`` or ``cuda``.

    Raises:
        CalculatorError: A GPU is asked for and there is none.
    """
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    torch.set_num_threads(config.threads)
    if config.device == "cpu":
        return "cpu"
    available = torch.cuda.is_available()
    if config.device == "cuda" and not available:
        built = torch.version.cuda
        reason = (
            f"torch is built for CUDA {built} but finds no GPU"
            if built
            else "torch is built for CPUs"
        )
        message = (
            f"exploration.calculator.device: cuda was asked for, but {reason} "
            f"(torch {torch.__version__}); use auto or cpu"
        )
        raise CalculatorError(message)
    return "cuda" if available else "cpu"


@contextmanager
def torch_state_kept() -> Iterator[None]:
    """Give back torch's default dtype, and keep quiet about what the model packages still use.

    MACE's calculator sets the default dtype of the process. Both packages compile their modules
    with ``torch.jit.script`` through e3nn, which torch has deprecated and warns of.
    """
    import torch  # noqa: PLC0415 - torch is imported only where a model runs

    dtype = torch.get_default_dtype()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit\.", FutureWarning)
            warnings.filterwarnings("ignore", r"The TorchScript type system", UserWarning)
            yield
    finally:
        torch.set_default_dtype(dtype)
