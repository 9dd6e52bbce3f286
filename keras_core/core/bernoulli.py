"""How many random bits a coin toss needs: what the backends' dropouts share."""

from __future__ import annotations


def lanes(rate: float) -> tuple[int, int]:
    """Bits and threshold of a toss: an integer of `bits` bits is below the threshold at `rate`.

    Random words are cut into as many tosses as they hold: 8 bits where that is exact (a half,
    a quarter ...), 16 where the rate is met to a thousandth, else 32. Whoever scales by the
    rate takes `threshold / 2**bits`, so that expectations are exact.
    """
    for bits in (8, 16):
        threshold = round(rate * 2**bits)
        off = abs(threshold / 2**bits - rate)
        if off == 0 or (bits == 16 and off <= 1e-3 * min(rate, 1 - rate)):
            return bits, threshold
    return 32, min(round(rate * 2**32), 2**32 - 1)
