"""Code blocks of Markdown pages, and what a comment above each says about how it is tested.

A comment ``<!-- test: … -->`` on the line above a block says, in full view of the page's source:

- ``set a.b=1; c.d=2``: the file that the block is written to is shortened by these overrides.
- ``prints "text"``, ``exits 2 and prints "text"``: what the block has to do.
- ``not run, reason`` and ``elsewhere, tests/x.py``: it is not run here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)[ ]*(.*)$")
COMMENT = re.compile(r"^<!-- test: (.*) -->$")
SNIPPET = re.compile(r'^--8<-- "(.*)"$')
TITLE = re.compile(r'title="(.*?)"')
PRINTS = re.compile(r'prints "(.*?)"$')
EXITS = re.compile(r"^exits (\d)")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: Where it stands.
        line: Line of its first fence.
        language: As the fence says.
        title: Name of the file that it shows; empty if it has none.
        text: Its content, with what it includes.
        comment: What the comment above says about tests; empty if there is none.
    """

    page: str
    line: int
    language: str
    title: str
    text: str
    comment: str

    @property
    def is_skipped(self) -> bool:
        """Whether the comment says that it is not run here."""
        return self.comment.startswith(("not run, ", "elsewhere, "))

    @property
    def overrides(self) -> tuple[str, ...]:
        """How the file is shortened."""
        if not self.comment.startswith("set "):
            return ()
        return tuple(part.strip() for part in self.comment.removeprefix("set ").split(";"))

    @property
    def exit_code(self) -> int:
        """With what a command ends."""
        found = EXITS.match(self.comment)
        return int(found[1]) if found else 0

    @property
    def printed(self) -> str:
        """What has to be printed."""
        found = PRINTS.search(self.comment)
        return found[1] if found else ""

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block, without what is said about them."""
        lines = [re.sub(r"\s+#.*$", "", line).strip() for line in self.text.splitlines()]
        return [line for line in lines if line]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(root: Path, page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = (root / page).read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        end = next(k for k in range(number + 1, len(lines)) if lines[k] == "```")
        above = COMMENT.match(lines[number - 1]) if number else None
        title = TITLE.search(opened[2])
        found.append(
            Block(
                page=page,
                line=number + 1,
                language=opened[1],
                title=title[1] if title else "",
                text="\n".join(_included(root, line) for line in lines[number + 1 : end]),
                comment=above[1] if above else "",
            )
        )
        number = end + 1
    return found


def _included(root: Path, line: str) -> str:
    """Return a line, or the file that it stands for."""
    snippet = SNIPPET.match(line)
    return (root / snippet[1]).read_text(encoding="utf-8") if snippet else line
