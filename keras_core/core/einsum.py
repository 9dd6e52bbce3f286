"""Einstein's notation: reading subscripts, and seeing which are one matrix product."""

from __future__ import annotations

# Plain dicts: torch.compile looks through them, but not through functools' caches.
_parsed: dict[tuple[str, tuple[int, ...]], tuple[tuple[str, ...], str]] = {}
_contractions: dict[tuple[str, tuple[int, ...]], int] = {}


def parse_subscripts(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """The labels of each operand and of the result, one character an axis.

    An ellipsis becomes letters that are not used otherwise, so that operands' batch axes line
    up from the right; an absent right-hand side is filled in as einsum defines it.

    Raises:
        ValueError: if the subscripts do not fit the operands.
    """
    key = (subscripts, ranks)
    found = _parsed.get(key)
    if found is None:
        found = _parsed[key] = _parse(subscripts, ranks)
    return found


def contraction(subscripts: str, ranks: tuple[int, ...]) -> int:
    """How many axes are summed over, if that is one matrix product; else 0.

    It is one where the last axes of the first operand meet the first ones of the second, and
    the rest stays in its order: `abc,cd->abd`, `abcd,cde->abe`. Reshaping to matrices is then
    free, and the product the fastest that a framework has.
    """
    key = (subscripts, ranks)
    found = _contractions.get(key)
    if found is None:
        found = _contractions[key] = _contracted(*parse_subscripts(subscripts, ranks))
    return found


def _contracted(inputs: tuple[str, ...], output: str) -> int:
    if len(inputs) != 2:
        return 0
    left, right = inputs
    shared = [label for label in left if label in right]
    count = len(shared)
    plain = (
        count > 0
        and len(set(left)) == len(left)
        and len(set(right)) == len(right)
        and left[-count:] == right[:count]
        and output == left[:-count] + right[count:]
    )
    return count if plain else 0


def _parse(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f"einsum: subscripts must name {len(ranks)} operands, as many as are given. "
            f"Received: {subscripts!r}"
        )
    letters = set(text)
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in letters]
    widths = []
    for term, rank in zip(terms, ranks, strict=True):
        named = len(term.replace("...", ""))
        if named > rank or ("..." not in term and named != rank):
            raise ValueError(
                f"einsum: subscripts must have a letter for each axis. Received: {subscripts!r} "
                f"with {term!r} for an operand of rank {rank}"
            )
        widths.append(rank - named)
    dots = "".join(spare[: max(widths, default=0)])

    def expand(term: str, width: int) -> str:
        return term.replace("...", dots[len(dots) - width :] if width else "")

    inputs = tuple(expand(t, w) for t, w in zip(terms, widths, strict=True))
    if arrow:
        output = expand(right, len(dots))
    else:
        flat = "".join(terms).replace("...", "")
        output = dots + "".join(sorted(c for c in set(flat) if flat.count(c) == 1))
    if len(set(output)) != len(output) or not set(output) <= set("".join(inputs)):
        raise ValueError(
            "einsum: the right-hand side must name letters of the left-hand side, each once. "
            f"Received: {subscripts!r}"
        )
    return inputs, output
