"""What the pages say is done: commands run, configs are valid, Python blocks execute."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_blocks import Block, blocks_of

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.loader import parse_document, read_document
from mlip_autopipec.generators.factory import build_generators

ROOT = Path(__file__).parents[2]
SITE = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
LANGUAGES = {"bash", "yaml", "python", "text", "math", "toml"}
NOT_RUN = {"docs/quick-start.md": 1}
"""Blocks whose comment says that nobody runs them: they make the environment of the tests."""

REST: dict[str, Any] = {
    "name": "part",
    "generation": [{"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}}],
    "exploration": {"calculator": {"kind": "emt"}},
}
"""What a block that shows a part of a config is taken to be a part of."""


def blocks(page: str, *languages: str) -> list[Block]:
    return [block for block in blocks_of(ROOT, page) if block.language in languages]


def run_block(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Run a block as a reader would: in the page's folder, one after the other."""
    match block.language:
        case "yaml" if block.title:
            path = folder / block.title
            path.write_text(block.text, encoding="utf-8")
            path.write_text(yaml.safe_dump(read_document(path, block.overrides)), encoding="utf-8")
            return
        case "bash":
            commands = [["bash", "-euo", "pipefail", "-c", line] for line in block.commands]
        case "python":
            commands = [["python", "-W", "ignore", "-c", block.text]]
        case _:
            return
    for command in commands:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == block.exit_code, f"{block}: {command[-1]}\n{said}"
        assert block.printed in said, f"{block}: {said}"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", [page for page in SITE if blocks(page, "bash", "python")])
def test_every_block_runs(page: str, folder: Path, environment: dict[str, str]) -> None:
    for block in blocks_of(ROOT, page):
        if not block.is_skipped:
            run_block(block, folder, environment)


@pytest.mark.parametrize("page", [page for page in SITE if blocks(page, "yaml")])
def test_configs_and_parts_of_configs_are_valid(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generators are built as well, and each makes a structure."""
    monkeypatch.chdir(ROOT)
    for block in blocks(page, "yaml"):
        if block.is_skipped:
            continue
        document = parse_document(block.text, str(block))
        config = validate(PipelineConfig, REST | document)
        for generator in build_generators(config) if "generation" in document else ():
            assert len(generator.make(0)) > 0


@pytest.mark.parametrize("page", SITE)
def test_blocks_are_of_known_languages(page: str) -> None:
    """A block in a language that nobody runs would not be tested."""
    assert {block.language for block in blocks_of(ROOT, page)} <= LANGUAGES
    for block in blocks(page, "python"):
        compile(block.text, str(block), "exec")
    not_run = [block for block in blocks_of(ROOT, page) if block.comment.startswith("not run, ")]
    assert len(not_run) == NOT_RUN.get(page, 0)
    for block in blocks_of(ROOT, page):
        if block.comment.startswith("elsewhere, "):
            assert (ROOT / block.comment.removeprefix("elsewhere, ")).is_file()


def test_shortened_configs_are_still_what_the_page_shows() -> None:
    """Overrides touch sizes, and the potential where it would be slow; nothing else."""
    allowed = {
        *("exploration.calculator", "exploration.n_steps", "exploration.save_every"),
        *("exploration.timestep_fs", "exploration.monte_carlo.every", "sampling.n_samples"),
        *("sampling.descriptor", "execution.cluster.n_workers"),
        *("generation.0.n_atoms", "generation.0.n_structures"),
    }
    for page in SITE:
        for block in blocks(page, "yaml"):
            assert {override.split("=")[0] for override in block.overrides} <= allowed, str(block)
