"""The schemes by name; each is one object, loaded when a layer first needs it."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def by_name(name: str) -> Any:
    """The scheme of a name, such as "int8_product"."""
    from keras_core.layers.adapted import calibrated, float8, products, tables

    classes = {
        "int8_product": products.Int8Product,
        "int4_product": products.Int4Product,
        "calibrated_product": calibrated.CalibratedProduct,
        "float8_product": float8.Float8Product,
        "int8_table": tables.Int8Table,
        "int4_table": tables.Int4Table,
    }
    return classes[name]()
