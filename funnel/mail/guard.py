"""Template expressions carried unharmed through Markdown, HTML and CSS."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from funnel.mail import holes
from funnel.mail.holes import GUARD_CLOSE, GUARD_OPEN, Piece
from funnel.mail.problem import N_

MARK = re.compile(f"{GUARD_OPEN}(\\d+){GUARD_CLOSE}")
_BRACE = re.compile(f"\\{{(?=[{{%#{GUARD_OPEN}])")


@dataclass
class Guard:
    """Swaps each expression for a mark that no parser touches, and back."""

    pieces: list[Piece] = field(default_factory=list)

    def protect(
        self, source: str, change: Callable[[str], str] = lambda text: text
    ) -> str:
        """Return the source with marks for holes; `change` sees only plain text."""
        return "".join(
            change(piece.source) if piece.kind == "text" else self._mark(piece)
            for piece in holes.pieces(source)
        )

    def restore(self, text: str) -> str:
        """Put the expressions back; braces that only look like one stay text."""
        shown = _BRACE.sub('{{ "{" }}', text)
        return MARK.sub(lambda mark: self.pieces[int(mark[1])].source, shown)

    def find(self, text: str) -> Piece | None:
        """Return the expression, if the text is one mark and nothing else."""
        mark = MARK.fullmatch(text)
        return self.pieces[int(mark[1])] if mark else None

    def _mark(self, piece: Piece) -> str:
        if "\n" in piece.source:
            raise piece.problem(N_("Keep what is between the braces on one line."))
        if piece.kind == "note":
            return ""
        self.pieces.append(piece)
        return f"{GUARD_OPEN}{len(self.pieces) - 1}{GUARD_CLOSE}"
