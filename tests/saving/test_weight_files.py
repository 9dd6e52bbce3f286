"""Weights alone: safetensors, the editor, and saves that are cut short."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

import keras_core as K
from keras_core.core.errors import InvalidFileError
from tests.saving import twins


def make(name="sequential"):
    model = getattr(twins.twins(K), name)()
    twins.randomize(model)
    return model


def same(a, b):
    return all(map(np.array_equal, a, b)) and len(a) == len(b)


# safetensors -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sequential", "functional", "subclassed"])
def test_safetensors(tmp_path, name):
    model = make(name)
    path = tmp_path / "w.safetensors"
    model.save_weights(path)
    want = twins.values(model)
    twins.randomize(model, 5)
    model.load_weights(path)
    assert same(twins.values(model), want)


def test_safetensors_of_a_model_of_another_name(tmp_path):
    first, second = (K.Sequential([K.Input((3,)), K.layers.Dense(2, name="d")]) for _ in range(2))
    first.save_weights(tmp_path / "w.safetensors")
    second.load_weights(tmp_path / "w.safetensors")
    assert np.array_equal(first.get_weights()[0], second.get_weights()[0])


def test_safetensors_by_the_letter(tmp_path):
    T = twins.twins(K)
    model = K.Sequential([K.Input((3,)), T.Affine(2, name="a", dtype="bfloat16")], name="m")
    model.save_weights(tmp_path / "w.safetensors")
    data = (tmp_path / "w.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    assert length % 8 == 0
    header = json.loads(data[8 : 8 + length])
    kernel = header[model.weights[0].path]
    assert kernel == {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, 12]}
    assert len(data) == 8 + length + 12 + 4


def test_safetensors_by_attributes(tmp_path):
    """A file with the names of a torch state_dict."""
    T = twins.twins(K)

    class Net(K.Model):
        def __init__(self):
            super().__init__()
            self.first, self.rest = T.Affine(2), [T.Affine(4)]

        def call(self, x):
            return self.rest[0](self.first(x))

    model = Net()
    model(np.ones((1, 3), "float32"))
    names = ["first.kernel", "first.bias", "rest.0.kernel", "rest.0.bias"]
    header, data = {}, b""
    for name, v in zip(names, model.weights, strict=True):
        value = np.full(v.shape, 1.0 + len(header), "float32").tobytes()
        header[name] = {
            "dtype": "F32", "shape": list(v.shape), "data_offsets": [len(data), len(data) + len(value)]
        }  # fmt: skip
        data += value
    text = json.dumps(header).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    model.load_weights(tmp_path / "w.safetensors")
    assert [float(v.numpy().ravel()[0]) for v in model.weights] == [1, 2, 3, 4]


def test_names_by_attributes_are_those_of_a_state_dict():
    from keras_core.saving.safetensors import attribute_names

    x = K.Input((3,))
    stack = K.Sequential([K.Input((3,)), K.layers.Dense(4, name="d")], name="stack")
    model = K.Model(x, K.layers.BatchNormalization(name="norm")(stack(x)))
    names = [name for name, _ in attribute_names(model)]
    assert names == ["stack.d.kernel", "stack.d.bias", "norm.gamma", "norm.beta",
                     "norm.moving_mean", "norm.moving_variance"]  # fmt: skip
    if hasattr(model, "state_dict"):
        assert names == list(model.state_dict())


def test_safetensors_mismatch(tmp_path):
    T = twins.twins(K)
    one = K.Sequential([K.Input((3,)), T.Affine(2, name="a")], name="m")
    two = K.Sequential([K.Input((3,)), T.Affine(4, name="a")], name="m")
    one.save_weights(tmp_path / "w.safetensors")
    before = twins.values(two)
    with pytest.raises(ValueError, match=r"kernel has shape \(3, 4\), the file holds \(3, 2\)"):
        two.load_weights(tmp_path / "w.safetensors")
    assert same(twins.values(two), before)
    with pytest.warns(UserWarning, match="Skipped"):
        two.load_weights(tmp_path / "w.safetensors", skip_mismatch=True)


def _low_rank(rank, names=("a", "e"), seed=0):
    """A model whose weights differ from those of another seed, with updates of a rank or none."""
    x = K.Input((4,), name="x")
    y = K.layers.Dense(3, name=names[0])(x)
    model = K.Model(x, K.layers.EinsumDense("ab,bc->ac", 5, name=names[1])(y), name="m")
    for layer in model.layers[1:]:
        if rank:
            layer.enable_lora(rank)
    twins.randomize(model, seed)
    return model


def test_low_rank_updates_in_safetensors_are_not_lost(tmp_path):
    """The file holds them apart, where other formats hold the sum."""
    path, x = tmp_path / "w.safetensors", np.ones((2, 4), "float32")
    adapted = _low_rank(2)
    adapted.save_weights(path)
    again, plain = _low_rank(2, seed=1), _low_rank(0)
    again.load_weights(path)
    assert same(twins.values(again), twins.values(adapted))
    before = twins.values(plain)
    with pytest.raises(ValueError, match=r"a/kernel: .*apart. Call enable_lora\(2\).*weights.h5"):
        plain.load_weights(path)
    assert same(twins.values(plain), before)
    with pytest.warns(UserWarning, match="Skipped|no place for"):
        plain.load_weights(path, skip_mismatch=True)
    adapted.save_weights(tmp_path / "w.weights.h5")
    plain.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_allclose(
        *(K.ops.convert_to_numpy(m(x)) for m in (plain, adapted)), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("names", [("a", "e"), ("dense_71", "einsum_dense_72")])
def test_plain_safetensors_end_low_rank_updates(tmp_path, names):
    """As every other format does: the weight is what the file says."""
    path, x = tmp_path / "w.safetensors", np.ones((2, 4), "float32")
    plain = _low_rank(0, ("a", "e") if names[0] == "a" else ("dense_3", "einsum_dense_4"))
    plain.save_weights(path)
    adapted = _low_rank(2, names, seed=1)
    adapted.load_weights(path)
    np.testing.assert_allclose(
        *(K.ops.convert_to_numpy(m(x)) for m in (plain, adapted)), rtol=1e-5, atol=1e-6
    )
    assert adapted.layers[1].lora_enabled


def test_what_is_skipped_is_said(tmp_path):
    T = twins.twins(K)
    one = K.Sequential([K.Input((3,)), T.Affine(2, name="a"), T.Affine(2, name="b")], name="m")
    two = K.Sequential([K.Input((3,)), T.Affine(2, name="a"), T.Affine(2, name="c")], name="m")
    one.save(tmp_path / "m.h5")
    kept = two.layers[1].get_weights()
    with pytest.warns(UserWarning, match=r"keep their weights: c\. Unused in the file: b\."):
        two.load_weights(tmp_path / "m.h5", by_name=True)
    assert same(two.layers[0].get_weights(), one.layers[0].get_weights())
    assert same(two.layers[1].get_weights(), kept)
    other = K.Sequential([K.Input((3,)), T.Affine(2, name="a"), T.Affine(5, name="b")], name="m")
    for path, match in ((tmp_path / "m.h5", "b: kernel"), (tmp_path / "m.weights.h5", "affine_1")):
        if path.name == "m.weights.h5":
            one.save_weights(path)
        with pytest.raises(ValueError, match=r"\(2, 5\).* \(2, 2\)"):
            other.load_weights(path)
        with pytest.warns(UserWarning, match=match):
            other.load_weights(path, skip_mismatch=True)
        assert same(other.layers[0].get_weights(), one.layers[0].get_weights())


@pytest.mark.parametrize("form", ["weights.h5", "weights.json", "keras", "h5", "safetensors"])
def test_warnings_stand_at_the_users_line_and_offer_nothing_twice(tmp_path, form):
    T = twins.twins(K)
    one = K.Sequential([K.Input((3,)), T.Affine(2, name="a"), T.Affine(2, name="b")], name="m")
    two = K.Sequential([K.Input((3,)), T.Affine(4, name="a"), T.Affine(2, name="b")], name="m")
    path = tmp_path / f"w.{form}"
    (one.save if form in ("keras", "h5") else one.save_weights)(path)
    with pytest.warns(UserWarning, match=r"Skipped.*in \d place\(s\)") as found:
        two.load_weights(path, skip_mismatch=True)
    assert [w.filename for w in found] == [__file__]
    assert "skip_mismatch" not in str(found[0].message) and "(3, 4)" in str(found[0].message)
    with pytest.raises(ValueError, match="Pass skip_mismatch=True") as error:
        two.load_weights(path)
    name = {"h5": "a", "safetensors": "m/a/kernel"}.get(form, r"layers/affine (a)")
    assert f"\n  {name}" in str(error.value)


@pytest.mark.parametrize("form", ["weights.h5", "safetensors", "h5"])
def test_models_that_are_not_built_are_told_so(tmp_path, form):
    first, second = (
        K.Sequential([*start, K.layers.Dense(2, name="d")]) for start in ([K.Input((3,))], [])
    )
    path = tmp_path / f"w.{form}"
    (first.save if form == "h5" else first.save_weights)(path)
    with pytest.raises(ValueError, match=r"(?i)not built|build the model"):
        second.load_weights(path)


def test_what_of_a_safetensors_file_is_not_used_is_said(tmp_path):
    def made(use_bias):
        layer = K.layers.Dense(2, use_bias=use_bias, name="d")
        return K.Sequential([K.Input((3,)), layer], name="m")

    made(True).save_weights(tmp_path / "w.safetensors")
    with pytest.warns(UserWarning, match="no place for: m/d/bias$"):
        made(False).load_weights(tmp_path / "w.safetensors")


def test_two_models_of_one_file_share_nothing(tmp_path):
    model = K.Sequential([K.Input((600,)), K.layers.Dense(600)])
    for form in ("m.keras", "m.h5", "m.weights.h5", "m.safetensors"):
        path = tmp_path / form
        model.save(path) if form in ("m.keras", "m.h5") else model.save_weights(path)
        pair = []
        for _ in range(2):
            if form in ("m.keras", "m.h5"):
                pair.append(K.models.load_model(path))
            else:
                pair.append(K.models.clone_model(model))
                pair[-1].load_weights(path)
        for v in pair[0].weights:
            v.assign_add(K.ops.ones_like(v))
        assert same(pair[1].get_weights(), model.get_weights()), form
        assert not same(pair[0].get_weights(), model.get_weights()), form


def test_safetensors_take_no_more_memory_than_the_weights(tmp_path):
    """Each tensor is read into its variable, or into what becomes its variable's value."""
    import tracemalloc

    layers = [K.layers.Dense(256, use_bias=False) for _ in range(24)]
    model = K.Sequential([K.Input((256,)), *layers])
    wanted, total = model.get_weights(), 24 * 256 * 256 * 4
    model.save_weights(tmp_path / "w.safetensors")
    model.set_weights([np.zeros_like(w) for w in wanted])
    tracemalloc.start()  # NumPy tells it what arrays take
    try:
        model.load_weights(tmp_path / "w.safetensors")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.1 * total
    if K.backend.backend() == "torch":
        assert peak < 0.1 * total
    assert same(model.get_weights(), wanted)


def test_what_a_variable_reads_in_is_its_own(tmp_path, monkeypatch):
    """Neither the value it had before nor the file later on is the same memory."""
    from keras_core.core.errors import InvalidFileError
    from keras_core.saving import safetensors

    for dtype in ("float32", "bfloat16", "int8", "bool"):
        model = K.Sequential([K.Input((3,)), K.layers.Dense(64, dtype=dtype, name="d")], name="m")
        if dtype in ("int8", "bool"):
            model = K.layers.Layer(name="m")
            model.add_weight((3, 64), "ones", dtype, trainable=False, name="w")
            model.built = True
        path = tmp_path / f"{dtype}.safetensors"
        K.saving.save_weights(model, path)
        wanted, v = model.get_weights(), model.weights[0]
        v.assign(K.ops.zeros(v.shape, dtype))
        earlier = v.tensor
        K.saving.load_weights(model, path)
        if K.backend.backend() != "torch":  # there the value is the variable's own memory
            assert not np.any(K.ops.convert_to_numpy(earlier))
        data = path.read_bytes()
        path.write_bytes(data[:-64] + bytes(64))  # the same file, written over
        assert same(model.get_weights(), wanted)
        v.assign(v + v if dtype != "bool" else v)
        assert np.array_equal(v.numpy(), wanted[0] + wanted[0])
    path.write_bytes(data)
    reader = safetensors.Reader(str(path))
    os.truncate(path, len(data) - 100)
    with pytest.raises(InvalidFileError, match="cut off"):
        reader.set(next(iter(reader.tensors)), v)
    reader.close()
    with pytest.raises(InvalidFileError, match="cut off"):
        K.saving.load_weights(model, path)
    assert v.shape == (3, 64) == tuple(v.value.shape)


def test_automatic_numbers_of_another_process(tmp_path):
    def model(first):
        names = [f"dense_{n}" if n else "dense" for n in range(first, first + 12)]
        layers = [K.layers.Dense(2, name=name) for name in names]
        return K.Sequential([K.Input((2,)), *layers], name=f"sequential_{first}")

    one, two = model(0), model(7)
    twins.randomize(one)
    one.save_weights(tmp_path / "w.safetensors")
    two.load_weights(tmp_path / "w.safetensors")
    assert same(one.get_weights(), two.get_weights())


def test_pickled_weights_are_refused(tmp_path):
    import pickle
    import zipfile

    ran = []

    class Run:
        def __reduce__(self):
            return ran.append, (1,)

    model = K.Sequential([K.Input((3,)), K.layers.Dense(2)])
    (tmp_path / "w.pth").write_bytes(pickle.dumps({"a": Run()}))
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": Run()}))
    for name in ("w.pth", "w.pt"):
        with pytest.raises(ValueError, match="safetensors"):
            model.load_weights(tmp_path / name)
    assert not ran


# The editor --------------------------------------------------------------------------------


def test_editor(tmp_path, capsys):
    T = twins.twins(K)
    model = K.Sequential([K.Input((3,)), T.Affine(4), T.Affine(2)], name="m")
    twins.randomize(model)
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    for path in (tmp_path / "m.keras", tmp_path / "m.weights.h5"):
        editor = K.saving.KerasFileEditor(path)
        assert sorted(editor.weights) == ["layers/affine", "layers/affine_1"]
        editor.summary()
        assert "shape (3, 4)" in capsys.readouterr().out
        assert editor.compare(model)["status"] == "success"
        other = K.Sequential([K.Input((3,)), T.Affine(4), T.Affine(5)])
        assert editor.compare(other)["differing"] == ["layers/affine_1"]
        assert "(4, 5)" in capsys.readouterr().out
        editor.rename_object("affine", "first")
        editor.rename_object("layers/affine_1", "layers/affine")
        editor.rename_object("first", "affine_1")
        editor.add_weights("affine", {"1": np.zeros(2, "float32"), "extra": np.ones(3)})
        editor.delete_weight("affine", "extra")
        editor.add_object("layers/other", {"0": np.zeros(2)})
        editor.delete_object("other")
        assert sorted(editor.weights) == ["layers/affine", "layers/affine_1"]
        editor.save(tmp_path / "out.weights.h5")
        saved = K.saving.KerasFileEditor(tmp_path / "out.weights.h5").weights
        assert np.array_equal(saved["layers/affine_1"]["0"], twins.values(model)[0])
        assert np.array_equal(saved["layers/affine"]["0"], twins.values(model)[2])
    for act in (
        lambda: editor.rename_object("nothing", "x"),
        lambda: editor.delete_weight("affine", "7"),
        lambda: editor.add_object("layers/affine", {}),
        lambda: editor.add_object("a/../b", {}),
        lambda: editor.save(tmp_path / "out.keras"),
        lambda: K.saving.KerasFileEditor(tmp_path / "m.txt"),
    ):
        with pytest.raises(ValueError):
            act()


# Keras 2's names ---------------------------------------------------------------------------


def test_the_editor_shows_names_that_command_the_terminal(tmp_path, capsys):
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file.create_group("caf\u00e9\x1b[31m\n/vars")["\u202e0"] = np.ones(2)
    K.saving.KerasFileEditor(tmp_path / "m.weights.h5").summary()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "caf\u00e9\\x1b[31m\\n",
        "    \\u202e0: shape (2,), float64",
    ]


def test_legacy_configs():
    config = K.legacy.saving.serialize_keras_object(K.regularizers.L2(0.5))
    assert config == {"class_name": "L2", "config": {"l2": 0.5}}
    known = {"L2": K.regularizers.L2}
    assert K.utils.legacy.deserialize_keras_object(config, known).l2 == 0.5
    assert K.legacy.saving.deserialize_keras_object(None) is None
    with pytest.raises(ValueError, match="no thing"):
        K.legacy.saving.deserialize_keras_object("nope", known, printable_module_name="thing")


# Saves that are cut short ------------------------------------------------------------------

# A process saves again and again, each time with other values, the same in all variables.
WRITER = """
import os, sys, numpy as np, keras_core as K
from tests.saving.test_weight_files import big, save
model, path, limit = big(), sys.argv[1], int(sys.argv[2])
round = 1
print("ready", flush=True)
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
while True:
    round += 1
    for v in model.weights:
        v.assign(np.full(v.shape, round, "float32"))
    try:
        save(model, path)
    except OSError as error:
        print("refused", error.errno, error, flush=True)
        if round > 3:
            sys.exit(0)
"""


@K.saving.register_keras_serializable("weight_files")
class Wide(K.Layer):
    def build(self, input_shape):
        for i in range(24):
            self.add_weight(shape=(64, 1024), initializer="zeros", name=f"w{i}")

    def call(self, x):
        return x

    def save_assets(self, dir_path):
        with open(os.path.join(dir_path, "round.txt"), "w") as file:
            file.write(str(int(self.weights[0].numpy()[0, 0])) * 100_000)

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "round.txt")) as file:
            self.text = file.read()


def big():
    return K.Sequential([K.Input((2,)), Wide(name="wide")], name="big")


def save(model, path):
    if path.endswith((".keras", "m.h5", "folder")):
        model.save(path, zipped=False if path.endswith("folder") else None)
    else:
        model.save_weights(path)


def rounds_in(path):
    """The values that a file holds: one of them, if it is whole."""
    if str(path).endswith((".keras", "m.h5", "folder")):
        model = K.models.load_model(path)
    else:
        model = big()
        model.load_weights(path)
    found = {float(x) for v in model.weights for x in (v.numpy().min(), v.numpy().max())}
    if hasattr(model.layers[0], "text"):
        assert model.layers[0].text == str(int(min(found))) * 100_000
    return found


def writer(path, limit=0):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(limit)], cwd=root,
        stdout=subprocess.PIPE, env=os.environ | {"KERAS_BACKEND": "numpy"},
    )  # fmt: skip
    assert process.stdout.readline() == b"ready\n"
    return process


once = pytest.mark.skipif(
    K.backend.backend() != "numpy", reason="its processes run on NumPy whatever the backend is"
)
ALL_FORMS = ["m.keras", "folder", "m.h5", "w.weights.h5", "w.weights.json", "w.safetensors"]


@pytest.mark.parametrize("form", ALL_FORMS)
def test_links_to_files(tmp_path, monkeypatch, form):
    """What is saved by way of a link is read by way of it, whatever lies beside the link."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / form).symlink_to(f"real/{form}")
    if form == "w.weights.json":
        save(big(), "w.weights.json")  # into the link's place, where the link leads nowhere yet
        assert os.path.islink("w.weights.json")
        for shard in os.listdir("real"):
            if shard.endswith(".h5"):
                shutil.copy(f"real/{shard}", shard)
    model = big()
    for v in model.weights:
        v.assign(np.full(v.shape, 3.0, "float32"))
    save(model, form)
    assert os.path.islink(form)
    assert rounds_in(form) == rounds_in(f"real/{form}") == {3.0}


def test_layers_of_one_name_are_no_h5_file(tmp_path):
    class Two(K.Model):
        def __init__(self):
            super().__init__(name="two")
            self.parts = [K.layers.Dense(2, name="same"), K.layers.Dense(2, name="same")]

        def call(self, x):
            return self.parts[1](self.parts[0](x))

    model = Two()
    model(np.ones((1, 2), "float32"))
    with pytest.raises(ValueError, match="Two 'two': an '.h5' file .* have the name 'same'"):
        model.save(tmp_path / "m.h5")
    assert not os.listdir(tmp_path)


@once
@pytest.mark.parametrize("form", ALL_FORMS)
def test_kill_at_any_moment(tmp_path, form):
    """What is left is one whole save, never a mixture or a part of one."""
    path = tmp_path / form
    model = big()
    save(model, str(path))
    saved = len(os.listdir(tmp_path))
    rng = np.random.default_rng(0)
    left = 0
    for _ in range(3):
        process = writer(path)
        time.sleep(float(rng.uniform(0.0, 0.2)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        left = max(left, len(os.listdir(tmp_path)))
        assert len(rounds_in(path)) == 1
    assert left <= 2 * saved + 1  # each one has removed what the one before it left
    save(model, str(path))
    assert len(os.listdir(tmp_path)) == saved


@once
@pytest.mark.parametrize("at", ["link", "map", "replaced"])
@pytest.mark.parametrize("first", [True, False])
def test_shards_of_a_killed_save_go(tmp_path, monkeypatch, at, first):
    """Killed between the names it gave its files, the map that says so, and the older ones' end."""
    from keras_core.saving import atomic, sharded

    def killed(*_):
        raise SystemExit

    path, other = tmp_path / "w.weights.json", tmp_path / "w_extra_00000.weights.h5"
    model = big()
    other.write_bytes(b"somebody else's")
    if not first:  # the older files have the plain names until the map names the new ones
        model.save_weights(path)
    linked = []
    with monkeypatch.context() as patch:
        patch.setattr(sharded.ShardedWriter, "abandon", killed)
        link, to_disk, replace = os.link, atomic.to_disk, os.replace

        def linking(*names):
            link(*names)
            if os.path.basename(names[1]) == "w_00000.weights.h5" and at != "replaced":
                linked.append(names)
                if at == "link":
                    killed()

        def replacing(*names):
            replace(*names)
            killed()

        patch.setattr(os, "link", linking)
        if at == "replaced":
            patch.setattr(os, "replace", replacing)
        patch.setattr(atomic, "to_disk", lambda *a: killed() if linked else to_disk(*a))
        with pytest.raises(SystemExit):
            model.save_weights(path)
    if at != "replaced":
        assert len([p for p in os.listdir(tmp_path) if p.startswith("w_")]) == 3
    assert first or rounds_in(path) == {0.0}
    model.save_weights(path)
    assert len(os.listdir(tmp_path)) == 3 and rounds_in(path) == {0.0}
    assert other.read_bytes() == b"somebody else's"


@once
def test_a_save_removes_no_other_maps_shards(tmp_path):
    """A copied map names the shards of the first, and a stranger's any file."""
    one = make()
    one.save_weights(tmp_path / "one.weights.json")
    one.save_weights(tmp_path / "kept.weights.h5")
    shutil.copy(tmp_path / "one.weights.json", tmp_path / "copy.weights.json")
    content = {"weight_map": {"/layers/affine/vars": ["kept.weights.h5"]}}
    (tmp_path / "odd.weights.json").write_text(json.dumps(content))
    two = make()
    for name in ("copy", "odd"):
        two.save_weights(tmp_path / f"{name}.weights.json")
    for name in ("one.weights.json", "kept.weights.h5"):
        two.set_weights([np.zeros_like(value) for value in two.get_weights()])
        two.load_weights(tmp_path / name)
        assert same(twins.values(two), twins.values(one))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.keras")
    for load in (K.models.load_model, make().load_weights, K.saving.KerasFileEditor):
        with pytest.raises(InvalidFileError, match="not a pipe or a device"):
            load(tmp_path / "m.keras")


@pytest.mark.parametrize("option", [{"background": True}, {"zipped": False}])
def test_what_a_file_object_cannot_do_is_not_left_out(option):
    with pytest.raises(ValueError, match="filepath must be a path, not a file object"):
        make().save(io.BytesIO(), **option)


def test_shards_without_links(tmp_path, monkeypatch):
    """A file system that gives no second names: the files keep those they were written with."""

    def refused(*_):
        raise OSError("no links")

    monkeypatch.setattr(os, "link", refused)
    big().save_weights(tmp_path / "w.weights.json")
    big().save_weights(tmp_path / "w.weights.json")
    assert len(os.listdir(tmp_path)) == 2 and rounds_in(tmp_path / "w.weights.json") == {0.0}


@once
@pytest.mark.parametrize("form", ALL_FORMS)
def test_full_disk(tmp_path, form):
    """No file may grow beyond a size: a write fails in the middle, in a process of its own."""
    path = tmp_path / form
    model = big()
    for v in model.weights:
        v.assign(np.ones(v.shape, "float32"))
    save(model, str(path))
    before = {p: os.path.getsize(tmp_path / p) for p in os.listdir(tmp_path)}
    process = writer(path, 3 << 20)
    out, _ = process.communicate(timeout=60)
    said = f"refused {errno.EFBIG} [Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}: {str(path)!r}"
    assert process.returncode == 0 and out.decode().split("\n")[0] == said, out
    assert rounds_in(path) == {1.0}
    assert {p: os.path.getsize(tmp_path / p) for p in os.listdir(tmp_path)} == before


@once
def test_what_a_killed_save_left_is_told_from_one_that_goes_on(tmp_path):
    """The lock of a temporary file ends with its process."""
    from keras_core.saving import atomic

    path, model = tmp_path / "w.safetensors", big()
    (tmp_path / ".w.safetensors.1-0123abcd.tmp").write_bytes(b"left")
    (tmp_path / ".w.safetensors.2-0123abcd.tmp").mkdir()
    (tmp_path / ".w.safetensors.2-0123abcd.tmp" / "part").write_bytes(b"left")
    others = {"w.safetensors.1-0123abcd.tmp", ".w.safetensors.x.tmp", ".v.x.1-0123abcd.tmp"}
    for name in others:
        (tmp_path / name).write_bytes(b"somebody's")
    with atomic.replacing(str(tmp_path / "w.safetensors")) as other:
        assert atomic.is_being_written(str(path))
        for _ in range(2):
            save(model, str(path))
            assert set(os.listdir(tmp_path)) == others | {path.name, os.path.basename(other)}
        with open(other, "wb") as file:
            file.write(b"the last one")
    assert path.read_bytes() == b"the last one" and not atomic.is_being_written(str(path))
    # Parts of weights that no map names.
    path = tmp_path / "p.weights.json"
    (tmp_path / "p_00000.weights.h5").write_bytes(b"somebody's")
    (tmp_path / "p_0123ab_00000.weights.h5").write_bytes(b"left")
    save(model, str(path))
    parts = {n for n in os.listdir(tmp_path) if n.startswith("p_")}
    assert len(parts) == 2 and "p_0123ab_00000.weights.h5" not in parts
    assert (tmp_path / "p_00000.weights.h5").read_bytes() == b"somebody's"
    assert rounds_in(path) == {0.0}


@once
def test_a_save_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    """As far as the system tells: the order of fsync and rename, by file and folder."""
    done = []
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def note(fd):
        done.append(("fsync", os.fstat(fd).st_ino))
        fsync(fd)

    def moved(function):
        def move(old, new):
            done.append(("move", os.stat(old).st_ino))
            function(old, new)

        return move

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(os, "replace", moved(replace))
    monkeypatch.setattr(os, "rename", moved(rename))
    model = big()
    for form in ALL_FORMS:
        done.clear()
        (tmp_path / form).mkdir()
        path = tmp_path / form / form
        save(model, str(path))
        inode = os.stat(path).st_ino
        at = max(i for i, step in enumerate(done) if step == ("move", inode))
        assert ("fsync", inode) in done[:at]
        assert ("fsync", os.stat(tmp_path / form).st_ino) in done[at:]
        if form in ("folder", "w.weights.json"):
            inner = (
                path / "model.weights.h5"
                if form == "folder"
                else path.parent / "w_00000.weights.h5"
            )
            assert ("fsync", os.stat(inner).st_ino) in done[:at]


@once
def test_folders_change_places_in_one_step(tmp_path, monkeypatch):
    from keras_core.saving import atomic

    model, path = big(), tmp_path / "folder"
    for exchange in (True, False):
        if not exchange:
            monkeypatch.setattr(atomic, "_exchange", lambda *paths: False)
        save(model, str(path))
        save(model, str(path))
        assert os.listdir(tmp_path) == ["folder"] and rounds_in(path) == {0.0}
    monkeypatch.undo()
    (tmp_path / "other").mkdir()
    if sys.platform == "linux":
        assert atomic._exchange(str(path), str(tmp_path / "other"))
        assert not os.listdir(path)
    assert not atomic._exchange(str(tmp_path / "none"), str(path))


# Fuzzing -----------------------------------------------------------------------------------


@once
@pytest.mark.parametrize("seed", [1])
def test_mutated_files(tmp_path, seed):
    """A bounded run of `tests.saving.fuzz`: only clear errors, bounded memory, nothing run."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.saving.fuzz", "--seconds", "15", "--seed", str(seed)],
        capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | {"KERAS_BACKEND": "numpy"},
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
