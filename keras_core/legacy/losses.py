"""Names of losses that only `tf.keras` has."""

from __future__ import annotations

from keras_core.core.errors import message


class Reduction:
    """Names of reductions, for `reduction=` of losses."""

    AUTO = "sum_over_batch_size"  # as it is everywhere but under `tf.distribute`
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them.

        Returns:
            A tuple of strings.
        """
        return ("auto", cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Check a name.

        Args:
            key: the name.

        Raises:
            ValueError: if there is no such one.
        """
        if key not in cls.all():
            raise ValueError(message("Reduction", "key", f"be one of {cls.all()}", key))
