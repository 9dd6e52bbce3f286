"""Prefix beam search over frame-wise class probabilities, on the host.

A prefix of labels keeps two log-probabilities: of its alignments that end in a blank, and of
those that end in its last label (Graves and Jaitly, 2014, "Towards end-to-end speech
recognition with recurrent neural networks").
"""

from __future__ import annotations

import numpy as np

_NEVER = -np.inf


def search(
    logits: np.ndarray, lengths: np.ndarray, beam_width: int, top_paths: int, blank: int
) -> tuple[np.ndarray, np.ndarray]:
    """The `top_paths` best sequences of each sample.

    Args:
        logits: `(batch, frames, classes)`.
        lengths: how many frames count, `(batch,)`.
        beam_width: how many prefixes are kept from frame to frame.
        top_paths: how many sequences are returned.
        blank: the class of blanks.

    Returns:
        Sequences `(top_paths, batch, frames)` as int32, padded with -1, and log-probabilities
        `(batch, top_paths)`.
    """
    logits = np.asarray(logits)
    batch, frames, _ = logits.shape
    out = np.full((top_paths, batch, frames), -1, np.int32)
    scores = np.full((batch, top_paths), _NEVER, logits.dtype)
    wide = logits.astype(np.float64)
    top = wide.max(-1, keepdims=True) if wide.size else 0.0
    log = wide - top - np.log(np.exp(wide - top).sum(-1, keepdims=True))
    for sample in range(batch):
        found = _one(log[sample, : int(lengths[sample])], beam_width, blank)
        for path, (prefix, score) in enumerate(found[:top_paths]):
            out[path, sample, : len(prefix)] = prefix
            scores[sample, path] = score
    return out, scores


def _one(log: np.ndarray, beam_width: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, _NEVER)}
    for frame in log:
        prefixes = list(beams)
        in_blank, in_label = (np.array(x) for x in zip(*beams.values(), strict=True))
        both = np.logaddexp(in_blank, in_label)
        # Stay on the prefix, through a blank or by its last label again.
        last = np.array([p[-1] if p else -1 for p in prefixes])
        stay_blank = both + frame[blank]
        stay_label = np.where(last >= 0, in_label + frame[last], _NEVER)
        # Go on with another label; with the same one only after a blank.
        grown = both[:, None] + frame[None, :]
        rows = np.flatnonzero(last >= 0)
        grown[rows, last[rows]] = in_blank[rows] + frame[last[rows]]
        grown[:, blank] = _NEVER
        at = {p: i for i, p in enumerate(prefixes)}
        for i, prefix in enumerate(prefixes):  # what grows into a prefix that is there already
            parent = at.get(prefix[:-1]) if prefix else None
            if parent is not None:
                stay_label[i] = np.logaddexp(stay_label[i], grown[parent, prefix[-1]])
                grown[parent, prefix[-1]] = _NEVER
        stay = np.logaddexp(stay_blank, stay_label)
        candidates = np.concatenate([stay, grown.ravel()])
        count = min(beam_width, candidates.size)
        best = np.argpartition(-candidates, count - 1)[:count]
        beams = {}
        for c in best:
            if candidates[c] == _NEVER:
                continue
            if c < len(prefixes):
                beams[prefixes[c]] = (float(stay_blank[c]), float(stay_label[c]))
            else:
                i, label = divmod(int(c) - len(prefixes), frame.size)
                beams[(*prefixes[i], label)] = (_NEVER, float(candidates[c]))
    scored = [(p, float(np.logaddexp(*pair))) for p, pair in beams.items()]
    return sorted(scored, key=lambda item: -item[1])
