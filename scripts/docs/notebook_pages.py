"""Notebooks as pages: their text, code, printed output and figures, as they were committed."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat


@dataclass
class NotebookPage:
    """A notebook as Markdown.

    Attributes:
        name: Of the notebook, without its ending.
        parts: The page, piece by piece.
        figures: The figures as PNG, by file name.
    """

    name: str
    parts: list[str] = field(default_factory=list)
    figures: dict[str, bytes] = field(default_factory=dict)

    @property
    def markdown(self) -> str:
        """The page."""
        return "\n\n".join(self.parts) + "\n"

    def add_output(self, output: dict[str, Any]) -> None:
        """Add what a cell printed or drew; of other outputs, their text."""
        data = output.get("data", {})
        if "image/png" in data:
            name = f"{self.name}-{len(self.figures) + 1}.png"
            self.figures[name] = base64.b64decode(data["image/png"])
            self.parts.append(f"![{self.caption()}]({name})")
            return
        text = output.get("text") or data.get("text/plain") or ""
        if text.strip():
            self.parts.append(f"```text\n{text.rstrip()}\n```")

    def caption(self) -> str:
        """Return what a figure is called: the heading that it stands under."""
        headings = [line for part in self.parts for line in part.splitlines() if line[:2] == "##"]
        return headings[-1].lstrip("# ") if headings else self.name


def page_of(path: Path) -> NotebookPage:
    """Return the page of a notebook file."""
    notebook = nbformat.read(path, as_version=4)
    page = NotebookPage(path.stem)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            page.parts.append(cell.source)
            continue
        page.parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            page.add_output(output)
    return page
