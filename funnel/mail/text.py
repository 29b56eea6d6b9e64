"""The plain-text part of a mail: as somebody would type it."""

from collections.abc import Iterator, Mapping, Sequence

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from funnel.mail import cards, personalize
from funnel.mail.blocks import PRODUCT, READY
from funnel.mail.guard import MARK, Guard
from funnel.mail.markdown import Document, is_one_link
from funnel.mail.markdown import words as plain_words

WIDTH = 72
_AROUND = {"strong": "*", "em": "_"}


def render(document: Document, words: Mapping[str, str]) -> str:
    """Return the body as text; expressions are still marks."""
    writer = _Writer(document.guard, words)
    return writer.blocks(SyntaxTreeNode(document.tokens), WIDTH).strip()


class _Writer:
    """Writes block after block, each with an empty line below it.

    A tag is glued to the block that follows it, so that what is left out leaves no
    empty lines behind.
    """

    def __init__(self, guard: Guard, words: Mapping[str, str]) -> None:
        self.guard, self.words = guard, words

    def blocks(self, node: SyntaxTreeNode, width: int) -> str:
        return "".join(self._whole(child, width) for child in node.children)

    def _whole(self, node: SyntaxTreeNode, width: int) -> str:
        """Return a block and the empty line below it, or a tag."""
        if node.type == "tag":
            return node.content
        if node.type in READY:
            return self.guard.protect(cards.ready_text(node.type, self.words))
        is_product = node.type == PRODUCT
        written = self._product(node) if is_product else self.block(node, width)
        return written + "\n\n"

    def block(self, node: SyntaxTreeNode, width: int) -> str:
        match node.type:
            case "heading":
                return self._heading(node, width)
            case "bullet_list" | "ordered_list":
                return "\n".join(self._items(node, width))
            case "blockquote":
                inside = self.blocks(node, width - 2).rstrip("\n")
                return "\n".join(f"| {line}".rstrip() for line in inside.split("\n"))
            case "hr":
                return "* * *"
            case "button":
                label = self.inline(node.children[0].children)
                return f"→ {label}:\n{node.attrs['href']}"
        return self._paragraph(node, width)

    def _product(self, node: SyntaxTreeNode) -> str:
        """Write a product below its mark: it never comes without."""
        link = node.children[0].children[0]
        told = self._wrap(self.inline(node.children[1].children), WIDTH)
        name, target = self.inline(link.children), str(link.attrs["href"])
        return cards.product_text(name, target, told, self.words["advertisement"])

    def _heading(self, node: SyntaxTreeNode, width: int) -> str:
        title = self._paragraph(node, width)
        longest = max(self._length(line) for line in title.split("\n"))
        return f"{title}\n{'-' * longest}"

    def _items(self, node: SyntaxTreeNode, width: int) -> Iterator[str]:
        first = int(node.attrs.get("start", 1))
        for number, item in enumerate(node.children, start=first):
            bullet = "- " if node.type == "bullet_list" else f"{number}. "
            inside = self.blocks(item, width - len(bullet)).rstrip("\n")
            if _is_tight(item):
                inside = inside.replace("\n\n", "\n")
            yield bullet + inside.replace("\n", "\n" + " " * len(bullet))

    def _paragraph(self, node: SyntaxTreeNode, width: int) -> str:
        inline = node.children[0]
        if is_one_link(_tokens(inline)):
            link = inline.children[0]
            label, target = self.inline(link.children), str(link.attrs["href"])
            if not self._same(label, target):
                return f"{label}:\n{target}"
        return self._wrap(self.inline(inline.children), width)

    def inline(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        return "".join(self._span(node) for node in nodes)

    def _span(self, node: SyntaxTreeNode) -> str:
        if node.type in {"softbreak", "hardbreak"}:
            return "\n"
        if node.type == "text":
            return node.content
        if node.type == "image" and node.token:
            return f"[{plain_words(node.token)}]"
        inside = self.inline(node.children)
        if node.type == "link":
            target = str(node.attrs["href"])
            shown = f"{inside} <{target.removeprefix('mailto:')}>"
            return inside if self._same(inside, target) else shown
        around = _AROUND[node.type]
        return f"{around}{inside}{around}"

    def _same(self, label: str, target: str) -> bool:
        return self.guard.restore(label) == self.guard.restore(
            target.removeprefix("mailto:")
        )

    def _wrap(self, text: str, width: int) -> str:
        return "\n".join(
            line for part in text.split("\n") for line in self._lines(part, width)
        )

    def _lines(self, text: str, width: int) -> Iterator[str]:
        line, length = list[str](), 0
        for word in text.split():
            size = self._length(word)
            if line and length + 1 + size > width:
                yield " ".join(line)
                line, length = [], 0
            length += size + bool(line)
            line.append(word)
        yield " ".join(line)

    def _length(self, text: str) -> int:
        """Return how long it will be for a made-up reader."""
        marks = MARK.finditer(text)
        holes = [self.guard.pieces[int(mark[1])] for mark in marks]
        samples = [
            personalize.fill(hole.source, personalize.SAMPLES, html=False)
            for hole in holes
            if hole.kind == "value"
        ]
        return len(MARK.sub("", text)) + sum(map(len, samples))


def _is_tight(item: SyntaxTreeNode) -> bool:
    return all(child.hidden for child in item.children if child.type == "paragraph")


def _tokens(inline: SyntaxTreeNode) -> list[Token]:
    return inline.token.children or [] if inline.token else []
