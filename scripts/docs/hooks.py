"""What mkdocs does beside its own work: pages made from the code, and formulas as MathML."""

from pathlib import Path
from typing import Any

import command_reference
import config_reference
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from notebook_pages import page_of

ROOT = Path(__file__).parents[2]
COPIES = {
    "operations/deployments.md": "deployments/README.md",
    "operations/SCALE.md": "deployments/SCALE.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
}
"""Pages that are files of the repository, as they are."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let blocks marked ``math`` be formulas."""
    fence = {"name": "math", "class": "math", "format": formula}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code, and those that lie elsewhere."""
    pages: dict[str, str | bytes] = {
        "reference/config.md": config_reference.reference(),
        "reference/commands.md": command_reference.reference(),
    }
    for name, source in COPIES.items():
        pages[name] = (ROOT / source).read_text(encoding="utf-8")
    pages |= benchmark_results()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = page_of(path)
        pages[f"notebooks/{path.stem}.md"] = page.markdown
        pages |= {f"notebooks/{name}": png for name, png in page.figures.items()}
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def benchmark_results() -> dict[str, str | bytes]:
    """Return the files that the benchmarks left: their pages, figures and raw results.

    A README becomes ``report.md``: under its own name it would be the index of a section.
    """
    folder = ROOT / "benchmarks"
    files = [
        path
        for path in sorted((folder / "results").rglob("*"))
        if path.suffix in {".json", ".png", ".txt"} or path.name == "README.md"
    ]
    return {
        str(path.relative_to(folder)).replace("README.md", "report.md"): path.read_bytes()
        for path in files
    }


def formula(
    source: str,
    _language: str,
    _css_class: str,
    _options: dict[str, Any],
    _md: Any,  # noqa: ANN401 - the parser, which is not needed
    **_others: Any,  # noqa: ANN401 - as superfences calls it
) -> str:
    """Return a formula as MathML, which browsers draw by themselves."""
    lines = [convert(line, display="block") for line in source.split("\n\n") if line.strip()]
    return f'<div class="formula">{"".join(lines)}</div>'
