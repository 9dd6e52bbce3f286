"""The devices at hand, processes that work together, and tensors laid out by hand."""

from __future__ import annotations

import os
from typing import Any

from keras_core.backends.select import backend
from keras_core.core.errors import message


def list_devices(device_type: str | None = None) -> list[str]:
    """The devices of all processes, as "cpu:0".

    Args:
        device_type: "cpu", "gpu" or "tpu"; None for the kind that is used by default.

    Returns:
        Their names.

    Raises:
        ValueError: if there are none of that type.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.list_devices("cpu")[0]
    'cpu:0'
    """
    kind = device_type.lower() if isinstance(device_type, str) else device_type
    if kind not in (None, "cpu", "gpu", "cuda", "tpu"):
        raise ValueError(
            message("list_devices", "device_type", "be 'cpu', 'gpu' or 'tpu'", device_type)
        )
    found = backend.distribution.list_devices(kind)
    if not found:
        raise ValueError(
            f"list_devices: there are no devices of type {device_type!r} on the {backend.name} "
            "backend."
        )
    return found


def get_device_count(device_type: str | None = None) -> int:
    """How many devices there are; see `list_devices`.

    Args:
        device_type: "cpu", "gpu" or "tpu"; None for the kind that is used by default.

    Returns:
        An int.

    Raises:
        ValueError: if there are none of that type.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.get_device_count("cpu") >= 1
    True
    """
    return len(list_devices(device_type))


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Join the processes that train together; call it first, before any computation.

    Args:
        job_addresses: the coordinator's address, "host:port" (of several, separated by commas,
            the first one). None: the environment variable `KERAS_DISTRIBUTION_JOB_ADDRESSES`,
            else what the cluster says.
        num_processes: how many processes there are; None: `KERAS_DISTRIBUTION_NUM_PROCESSES`.
        process_id: this one's number; None: `KERAS_DISTRIBUTION_PROCESS_ID`.

    Raises:
        ValueError: if an argument is of another kind.
        NotImplementedError: if the backend has no processes that work together.

    Example:

    >>> import keras_core as keras
    >>> keras.distribution.initialize("10.0.0.1:1234", 2, 0)  # doctest: +SKIP
    """

    def setting(value: Any, name: str) -> Any:
        return os.environ.get(f"KERAS_DISTRIBUTION_{name}") if value is None else value

    for name, value, kind, must in (
        ("job_addresses", job_addresses, str, "be a string like '10.0.0.1:1234'"),
        ("num_processes", num_processes, int, "be an int"),
        ("process_id", process_id, int, "be an int"),
    ):
        if value is not None and not isinstance(value, kind):
            raise ValueError(message("initialize", name, must + " or None", value))
    addresses = setting(job_addresses, "JOB_ADDRESSES")
    count, index = setting(num_processes, "NUM_PROCESSES"), setting(process_id, "PROCESS_ID")
    backend.distribution.initialize(
        addresses.split(",")[0].strip() if addresses else None,
        None if count is None else int(count),
        None if index is None else int(index),
    )


def distribute_tensor(tensor: Any, layout: Any) -> Any:
    """Lay a tensor out over devices.

    Args:
        tensor: a tensor or array.
        layout: a `TensorLayout`, or the framework's own layout.

    Returns:
        The tensor in that layout.

    Raises:
        ValueError: if `layout` is none.
        NotImplementedError: if the backend cannot.

    Example:

    >>> import keras_core as keras
    >>> mesh = keras.distribution.DeviceMesh((1,), ["batch"], ["cpu:0"])
    >>> layout = keras.distribution.TensorLayout(["batch", None], mesh)
    >>> x = keras.distribution.distribute_tensor([[1.0, 2.0]], layout)  # doctest: +SKIP
    """
    if isinstance(layout, (str, int, float, tuple, list, dict)):
        raise ValueError(
            message(
                "distribute_tensor", "layout", "be a TensorLayout", layout,
                "Write TensorLayout(axes, device_mesh).",
            )
        )  # fmt: skip
    return backend.distribution.distribute(tensor, getattr(layout, "backend_layout", layout))
