"""The same classes on both packages, so that a file of one side names what the other has."""

from __future__ import annotations

import functools
import types

import numpy as np


@functools.cache
def twins(K) -> types.SimpleNamespace:
    """Layers and models written against the public API, for `keras` or `keras_core`."""
    register = K.saving.register_keras_serializable("twins")

    @register
    class Affine(K.layers.Layer):
        def __init__(self, units, dtype=None, **kwargs):
            super().__init__(dtype=dtype, **kwargs)
            self.units = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
            self.built = True

        def call(self, x):
            return K.ops.add(K.ops.matmul(x, self.kernel), self.bias)

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], self.units)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    @register
    class Nest(K.layers.Layer):
        """Layers in attributes, lists, dicts, twice under two names, and own variables."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.zeta = Affine(2)
            self._hidden = Affine(2)
            self.Big = Affine(2)
            self.again = self.zeta
            self.items = [Affine(2), [[1, 2], [Affine(2)], {}, (Affine(2),)], Affine(2)]
            self.table = {"y": Affine(2), "x": [Affine(2)]}
            self.text, self.number = "text", 3

        def parts(self):
            i = self.items
            found = [self.zeta, self._hidden, self.Big, i[0], i[1][1][0], i[1][3][0], i[2]]
            return [*found, self.table["y"], self.table["x"][0]]

        def build(self, input_shape):
            for part in self.parts():
                part.build((None, 2))
            self.own = self.add_weight(shape=(3,), name="own", initializer="ones")
            self.counter = self.add_weight(
                shape=(), name="counter", initializer="zeros", trainable=False, dtype="int32"
            )
            self.built = True

        def call(self, x):
            for part in self.parts():
                x = part(x)
            return x

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 2)

    @register
    class Keeper(K.layers.Layer):
        """Own storage: named values and files."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.words = []

        def build(self, input_shape):
            self.v = self.add_weight(shape=(2,), name="v", initializer="ones")
            self.built = True

        def call(self, x):
            return x

        def compute_output_shape(self, input_shape):
            return input_shape

        def save_own_variables(self, store):
            store["named"] = self.v
            store["deep/er"] = np.arange(3.0, dtype="float32")

        def load_own_variables(self, store):
            assert sorted(store.keys()) in (["deep", "named"], ["deep/er", "named"])
            self.v.assign(store["named"])
            self.deep = np.asarray(store["deep/er"])

        def save_assets(self, dir_path):
            import os

            with open(os.path.join(dir_path, "words.txt"), "w") as file:
                file.write("\n".join(self.words))

        def load_assets(self, dir_path):
            import os

            with open(os.path.join(dir_path, "words.txt")) as file:
                self.words = file.read().split("\n")

    @register
    class Subclassed(K.Model):
        def __init__(self, width=3, **kwargs):
            super().__init__(**kwargs)
            self.width = width
            self.head = Affine(2)
            self.enc = K.Sequential([Affine(width), Affine(4)])
            self.lst = [Affine(5), [Affine(2)]]
            self.also = self.head

        def call(self, x):
            return self.lst[1][0](self.lst[0](self.enc(x))) + self.head(x)

        def get_config(self):
            return {**super().get_config(), "width": self.width}

    def sequential():
        return K.Sequential([K.Input((3,)), Affine(4), Nest0(), Keeper()], name="seq")

    def Nest0():
        return K.Sequential([Affine(2), Nest()], name="inner")

    def functional():
        a, b = K.Input((3,), name="a"), K.Input((3,), name="b")
        shared = Affine(3, name="shared")
        x = shared(a) + 2.0 * shared(b)
        y = K.ops.concatenate([x, K.ops.sum(x, axis=-1, keepdims=True)], axis=-1)
        inner_in = K.Input((4,))
        inner = K.Model(inner_in, [Affine(2)(inner_in), Affine(1)(inner_in)], name="inner")
        first, second = inner(y)
        return K.Model({"a": a, "b": b}, {"first": first, "second": second, "cut": y[:, 1:]})

    def subclassed():
        model = Subclassed(name="sub")
        model(np.ones((2, 3), "float32"))
        return model

    return types.SimpleNamespace(
        Affine=Affine, Nest=Nest, Keeper=Keeper, Subclassed=Subclassed,
        sequential=sequential, functional=functional, subclassed=subclassed,
    )  # fmt: skip


def randomize(model, seed=0):
    """Give every weight a value of its own."""
    rng = np.random.default_rng(seed)
    for v in model.weights:
        value = rng.normal(size=v.shape) * 3
        if "variance" in v.path:
            value = abs(value)
        v.assign(value.astype(v.dtype) if v.dtype != "bfloat16" else value.astype("float32"))


def values(model):
    return [np.array(v.numpy() if hasattr(v, "numpy") else v) for v in model.weights]
