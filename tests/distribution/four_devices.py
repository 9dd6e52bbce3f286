"""Run in a process of its own with four CPU devices: models laid out over them, on JAX."""

from __future__ import annotations

import numpy as np

import keras_core as kc
from keras_core import distribution as D

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 6)).astype("float32")
Y = (X @ RNG.normal(size=(6, 2))).astype("float32")


def model_of() -> kc.Model:
    kc.utils.clear_session()
    kc.utils.set_random_seed(1)
    layers = [
        kc.layers.Input((6,)),
        kc.layers.Dense(8, activation="relu"),
        kc.layers.BatchNormalization(),
        kc.layers.Dense(2),
    ]
    model = kc.Sequential(layers)
    model.compile(kc.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def trained(value: object) -> tuple:
    D.set_distribution(value)
    try:
        model = model_of()
        history = model.fit(X, Y, batch_size=16, epochs=2, verbose=0, shuffle=False).history
        batches = ((X[i : i + 16], Y[i : i + 16]) for i in range(0, 48, 16))
        more = model.fit(batches, verbose=0).history
        scores = model.evaluate(X, Y, verbose=0)
        out = model.predict(X[:10], verbose=0)
        return model, {**history, "more": more["loss"], "scores": scores, "out": out}
    finally:
        D.set_distribution(None)


def same(a: dict, b: dict) -> None:
    for key in a:
        np.testing.assert_allclose(a[key], b[key], rtol=2e-4, atol=1e-5)


def main() -> None:
    assert D.list_devices() == [f"cpu:{i}" for i in range(4)] and D.get_device_count() == 4
    _, plain = trained(None)

    parallel = D.DataParallel()
    model, results = trained(parallel)
    same(plain, results)
    kernel = model.layers[0].kernel.value
    assert len(kernel.sharding.device_set) == 4 and kernel.sharding.is_fully_replicated

    mesh = D.DeviceMesh((2, 2), ["batch", "model"])
    layouts = D.LayoutMap(mesh)
    layouts[".*dense/kernel"] = (None, "model")
    layouts[".*dense/bias"] = ("model",)
    layouts[".*dense_1/output"] = ("batch", None)
    model, results = trained(D.ModelParallel(layout_map=layouts, batch_dim_name="batch"))
    same(plain, results)
    first = model.layers[0]
    assert tuple(first.kernel.value.sharding.spec) == (None, "model")
    assert first.kernel.value.addressable_shards[0].data.shape == (6, 4)
    slots = [v for v in model.optimizer.variables if v.shape == (6, 8)]
    assert slots and all(tuple(v.value.sharding.spec) == (None, "model") for v in slots)
    first.kernel.assign(np.ones((6, 8), "float32"))
    assert tuple(first.kernel.value.sharding.spec) == (None, "model")

    split = D.distribute_tensor(np.ones((4, 2)), D.TensorLayout(["batch", None], mesh))
    assert split.addressable_shards[0].data.shape == (2, 2)
    with parallel.scope():
        assert D.distribution() is parallel
        assert kc.Variable(np.ones(3)).value.sharding.is_fully_replicated
    assert D.distribution() is None
    print("four devices agree")


if __name__ == "__main__":
    main()
