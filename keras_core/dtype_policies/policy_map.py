"""DTypePolicyMap: policies for a model's layers by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from keras_core.dtype_policies.policy import DTypePolicy, deserialize, dtype_policy, get, serialize


class DTypePolicyMap(MutableMapping):
    """Dtype policies by layer path; a key is a path or a regular expression that a path matches.

    Args:
        default_policy: the policy for paths that no key matches: a DTypePolicy or its name. None:
            the process-wide default policy.
        policy_map: a dict from key to policy.

    Raises:
        TypeError: if `policy_map` is no dict.
        ValueError: if a key stands twice, or a value is no policy.

    Example:

    >>> import keras_core as keras
    >>> policies = keras.dtype_policies.DTypePolicyMap("float32")
    >>> policies["encoder/.*"] = "bfloat16"
    >>> policies["encoder/dense"].compute_dtype, policies["head"].compute_dtype
    ('bfloat16', 'float32')
    """

    is_policy_map = True

    def __init__(
        self, default_policy: Any = None, policy_map: dict[str, Any] | None = None
    ) -> None:
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                f"DTypePolicyMap: policy_map must be a dict. Received: {policy_map!r} (of type "
                f"{type(policy_map).__name__})"
            )
        default = None if default_policy is None else get(default_policy)
        if isinstance(default, DTypePolicyMap):
            raise ValueError("DTypePolicyMap: default_policy must not be a map itself.")
        self._default_policy = default
        self._policies: dict[str, DTypePolicy] = {}
        for key, policy in (policy_map or {}).items():
            self[key] = policy

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy for paths that no key matches."""
        return self._default_policy if self._default_policy is not None else dtype_policy()

    @property
    def name(self) -> str:
        return "map_" + self.default_policy.name

    @property
    def compute_dtype(self) -> str:
        """The default policy's compute dtype."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The default policy's variable dtype."""
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The default policy's quantization mode."""
        return self.default_policy.quantization_mode

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """An input as a layer under the default policy sees it."""
        return self.default_policy.convert_input(x, autocast, dtype)

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        matches = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            raise ValueError(
                f"DTypePolicyMap: only one key must match a path. Received: {key!r}, which "
                f"matches {matches}"
            )
        return self._policies[matches[0]] if matches else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policies:
            raise ValueError(
                f"DTypePolicyMap: a key must be set only once. Received: {key!r}, which has "
                f"{self._policies[key]!r}. Delete it first."
            )
        found = get(policy)
        if not isinstance(found, DTypePolicy):
            raise ValueError(
                f"DTypePolicyMap: a value must be a policy or its name. Received: {policy!r}"
            )
        try:
            re.compile(key)
        except (re.error, TypeError) as error:
            raise ValueError(
                "DTypePolicyMap: a key must be a path or a regular expression. "
                f"Received: {key!r}: {error}"
            ) from error
        self._policies[key] = found

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DTypePolicyMap)
            and self._default_policy == other._default_policy
            and self._policies == other._policies
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        default = self._default_policy
        return {
            "default_policy": None if default is None else default.name,
            "policy_map": {key: serialize(policy) for key, policy in self._policies.items()},
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> DTypePolicyMap:
        """A map from what `get_config` gave."""
        policies = {
            key: deserialize(policy, custom_objects) for key, policy in config["policy_map"].items()
        }
        return cls(config["default_policy"], policies)

    def __repr__(self) -> str:
        pairs = [(key, policy.name) for key, policy in self._policies.items()]
        return f"<DTypePolicyMap default_policy={self.default_policy.name}, mapping={pairs}>"
