"""MLIP-AutoPipe: training sets for machine-learned interatomic potentials from one config file.

Importing this package is cheap: neither torch nor Prefect is loaded.
"""

from importlib.metadata import version

__version__ = version("mlip-autopipe")
