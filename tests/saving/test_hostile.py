"""Files that a stranger made: each ends in one of two errors, with nothing run or written.

Crafted files for the published weaknesses of Keras's loaders, whose numbers are in the tests'
names where their text is known to us; SECURITY.md lists them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import struct
import sys
import zipfile

import h5py
import numpy as np
import pytest

import keras_core as K
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import zipio

MARK: list[str] = []  # what any code that gets to run would leave behind
REFUSED = (InvalidFileError, UnsafeFileError)


@K.saving.register_keras_serializable("hostile")
class Plain(K.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(2, 3), initializer="ones", name="w")

    def call(self, x):
        return x


@contextlib.contextmanager
def bounded_memory(more=512 << 20):
    """Allocations of more than that fail, which no loader may answer with one of its errors."""
    if not os.path.exists("/proc/self/statm") or K.backend.backend() != "numpy":
        yield  # the other frameworks' threads reserve address space when they like
        return
    import resource

    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + more, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.fixture(autouse=True)
def nothing_ran(tmp_path):
    before = set(sys.modules)
    with bounded_memory():
        yield
    assert not MARK
    assert "antigravity" not in set(sys.modules) - before
    assert not (tmp_path / "pwned").exists()


def obj(module, class_name, registered_name=None, /, **config):
    return {"module": module, "class_name": class_name, "config": config,
            "registered_name": registered_name}  # fmt: skip


def sequential(*layers):
    first = obj("keras.layers", "InputLayer", batch_shape=[None, 2], dtype="float32", name="in")
    return obj("keras", "Sequential", name="s", layers=[first, *layers])


def good_config():
    return sequential({**obj("tests", "Plain", "hostile>Plain", name="p"),
                       "build_config": {"input_shape": [None, 2]}})  # fmt: skip


def weights_bytes(edit=None):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_group("layers/plain/vars")["0"] = np.ones((2, 3), "float32")
        if edit is not None:
            edit(file)
    return buffer.getvalue()


def keras_file(path, config=None, weights=None, members=(), metadata=b"{}"):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", metadata)
        config = good_config() if config is None else config
        archive.writestr(
            "config.json", config if isinstance(config, (str, bytes)) else json.dumps(config)
        )
        archive.writestr("model.weights.h5", weights_bytes() if weights is None else weights)
        for name, data in members:
            archive.writestr(name, data)
    return path


def refuse(path, error=REFUSED, **kwargs):
    with pytest.raises(error) as found:
        K.models.load_model(path, **kwargs)
    assert isinstance(found.value, ValueError)
    return str(found.value)


def test_the_pattern_itself_loads(tmp_path):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    assert np.array_equal(model.layers[0].w.numpy(), np.ones((2, 3)))


# Configurations ----------------------------------------------------------------------------

GADGETS = {
    "2025-1550 a module of Python": obj("os", "system", "x", command="touch pwned"),
    "2025-1550 a function by module": obj("builtins", "function", "function") | {"config": "os.system"},
    "2025-1550 any module is imported": obj("antigravity", "Flight", "Flight"),
    "2025-8747 a download by config": obj(
        "keras.utils", "get_file", "get_file", fname="pwned", origin="http://127.0.0.1:1/x"),
    "2025-8747 the inner module": obj("keras.src.utils.file_utils", "get_file", None, fname="x"),
    "2025-9906 the switch by config": obj("keras.config", "enable_unsafe_deserialization", None),
    "2025-9906 the inner switch": obj(
        "keras.src.saving.serialization_lib", "enable_unsafe_deserialization", None),
    "a loader by config": obj("keras.models", "load_model", None, filepath="x"),
    "our own module": obj("keras_core.core.lambdas", "load", "load", code="x"),
    "a dunder": obj("keras.layers", "__getattr__", None, name="x"),
    "an attribute path": obj("keras.layers.core.sys.modules", "os", None),
    "a dotted class": obj("keras", "layers.Dense", None, units=2),
    "numpy's loader": obj("numpy", "load", "load", file="x", allow_pickle=True),
    "pickle": obj("pickle", "loads", "loads"),
    "a layer that is none": obj("keras.initializers", "Zeros", None),
    "an operation that is none": obj("keras.src.ops.numpy", "Load", "Load"),
}  # fmt: skip


@pytest.mark.parametrize("name", GADGETS)
@pytest.mark.parametrize("where", ["root", "layer", "argument", "function"])
def test_gadgets(tmp_path, monkeypatch, name, where):
    monkeypatch.chdir(tmp_path)
    gadget = GADGETS[name]
    config = {
        "root": gadget,
        "layer": sequential(gadget),
        "argument": sequential(obj("tests", "Plain", "hostile>Plain", name="p", dtype=gadget)),
        "function": sequential(obj("keras.layers", "Activation", None, activation=gadget)),
    }[where]
    if where == "function" and name == "a layer that is none":
        pytest.skip("an initializer is a function of a kind")
    refuse(keras_file(tmp_path / "m.keras", config))


def lambda_code():
    import base64
    import marshal

    code = (lambda x: MARK.append("lambda") or x).__code__
    return base64.encodebytes(marshal.dumps(code)).decode()


LAMBDAS = {
    "2024-3660 today's form": obj("keras.layers", "Lambda", None, function={
        "class_name": "__lambda__", "config": {"code": lambda_code(), "defaults": None, "closure": None}}),
    "2024-3660 the older form": obj("keras.layers", "Lambda", None, function=[lambda_code(), None, None],
                                    function_type="lambda"),
    "a literal": {"class_name": "__lambda__", "config": {"value": [lambda_code(), None, None]}},
    "garbled": {"class_name": "__lambda__", "config": 5},
}  # fmt: skip


@pytest.mark.parametrize("name", LAMBDAS)
def test_lambdas(tmp_path, name):
    gadget = LAMBDAS[name]
    refuse(keras_file(tmp_path / "m.keras", sequential(gadget)))
    wrapped = obj("tests", "Plain", "hostile>Plain", name={"deep": [gadget]})
    refuse(keras_file(tmp_path / "n.keras", sequential(wrapped)))


@pytest.mark.parametrize("name", LAMBDAS)
def test_2025_9905_lambdas_in_h5(tmp_path, name):
    gadget = LAMBDAS[name]
    bare = {k: v for k, v in gadget.items() if k in ("class_name", "config")}
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "name": "in"}}
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": [first, bare]}}
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights").attrs["layer_names"] = []
    refuse(path)
    refuse(path, safe_mode=True, compile=False)


PATHS = {
    "2025-12058 a vocabulary file": ("StringLookup", {"vocabulary": "/etc/passwd"}),
    "2025-12058 a vocabulary URL": ("StringLookup", {"vocabulary": "http://127.0.0.1:1/v"}),
    "2025-12058 integers": ("IntegerLookup", {"vocabulary": "/etc/passwd"}),
    "2025-12058 text": ("TextVectorization", {"vocabulary": "/etc/passwd"}),
    "2026-1462 a SavedModel": ("TFSMLayer", {"filepath": "/tmp/saved"}),
    "2025-49655 a pickled module": ("TorchModuleWrapper", {"module": "gASVBQAAAAAAAABoAC4="}),
    "a Flax module": ("FlaxLayer", {"module": "gASVBQAAAAAAAABoAC4="}),
    "JAX functions": ("JaxLayer", {"call_fn": "x"}),
}


@pytest.mark.parametrize("name", PATHS)
def test_layers_that_reach_outside(tmp_path, name):
    class_name, config = PATHS[name]
    refuse(
        keras_file(
            tmp_path / "m.keras", sequential(obj("keras.layers", class_name, None, **config))
        )
    )


@pytest.mark.parametrize("name", PATHS)
def test_guards_stand_before_the_classes(name):
    from keras_core.core import guards

    class_name, config = PATHS[name]
    inner = type("X", (type(class_name, (), {"__module__": "keras_core.layers.x"}),), {})
    with pytest.raises(UnsafeFileError, match="safe_mode"):
        guards.check(inner, config)


@pytest.mark.parametrize(
    "config",
    [
        b"", b"null", b"[]", b"3", b"{", b'{"class_name": 3}', b'{"class_name": "Sequential"}',
        b'{"class_name": "Sequential", "config": null, "module": "keras"}',
        b'{"class_name": "Sequential", "config": {"layers": 5}, "module": "keras"}',
        b'{"class_name": "__tensor__", "config": {"value": [1], "dtype": "float32"}}',
        b"!!python/object/apply:os.system [touch pwned]",  # 2021-37678: YAML
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"class_name": "Functional", "module": "keras.src.models.functional", "config": '
        b'{"name": "f", "layers": [], "input_layers": [["x", 0, 0]], "output_layers": [["x", 0, 0]]}}',
        b"1" * 5000,
        b"\xff\xfe",
    ],
)  # fmt: skip
def test_malformed_configs(tmp_path, config):
    refuse(keras_file(tmp_path / "m.keras", config))
    with pytest.raises(REFUSED):
        K.models.model_from_json(config.decode("latin-1"))


def test_deep_nesting(tmp_path):
    head, tail = json.dumps(sequential("HERE")).split('"HERE"')
    for depth in (100, 5000):
        config = head * depth + json.dumps(good_config()) + tail * depth
        refuse(keras_file(tmp_path / "m.keras", config))


def test_variables_that_the_file_cannot_account_for(tmp_path):
    @K.saving.register_keras_serializable("hostile")
    class Wide(K.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(shape=(self.units, self.units))

        def call(self, x):
            return x

    layer = obj("tests", "Wide", "hostile>Wide", units=10**6)
    layer["build_config"] = {"input_shape": [None, 2]}
    assert "account" in refuse(keras_file(tmp_path / "m.keras", sequential(layer)), UnsafeFileError)


# Archives ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../pwned", "/pwned", "assets/../../pwned", "assets/a\\..\\b", "C:/pwned", "assets/./x",
     "assets//x", "assets/a\nb", "assets/" + "x" * 2000, "assets/a:b"],
)  # fmt: skip
def test_member_names(tmp_path, name):
    path = keras_file(tmp_path / "m.keras", members=[(name, b"x")])
    refuse(path, UnsafeFileError)
    assert sorted(os.listdir(tmp_path)) == ["m.keras"]


def test_duplicate_members(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        keras_file(tmp_path / "m.keras", members=[("config.json", b"{}")])
    refuse(tmp_path / "m.keras", UnsafeFileError)
    keras_file(tmp_path / "n.keras", members=[("CONFIG.json", b"{}")])
    refuse(tmp_path / "n.keras", UnsafeFileError)
    for names in (("\u00e9", "e\u0301"), ("a", "a/b"), ("a/b", "a"), ("a", "a/b/c")):
        members = [(f"assets/{name}", b"x") for name in names]
        refuse(keras_file(tmp_path / "o.keras", members=members), UnsafeFileError)


def test_links_in_archives(tmp_path):
    info = zipfile.ZipInfo("assets/link")
    info.external_attr = 0o120777 << 16
    refuse(keras_file(tmp_path / "m.keras", members=[(info, b"/etc/passwd")]), UnsafeFileError)


def test_a_directory_of_very_many_members_is_not_made_objects_of(tmp_path, monkeypatch):
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"x") * (zipio.MAX_MEMBERS + 1)
    for count in (1, 0xFFFF):  # what the end of the file says of them
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), 0, 0)
        (tmp_path / "m.keras").write_bytes(directory + end)
        made = []
        with monkeypatch.context() as patch:
            patch.setattr(zipfile, "ZipInfo", made.append)
            assert "more than" in refuse(tmp_path / "m.keras", UnsafeFileError)
        assert not made


@pytest.mark.parametrize("name", ["model.weights.h5", "assets/x"])
def test_compression_bombs(tmp_path, name):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(good_config()))
        if name != "model.weights.h5":
            archive.writestr("model.weights.h5", weights_bytes())
        archive.writestr(name, b"\0" * (50 << 20))
    refuse(path, UnsafeFileError)


def test_compressed_members_are_read(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(good_config()))
        archive.writestr("model.weights.h5", weights_bytes())
    assert K.models.load_model(path).count_params() == 6


def test_sizes_that_lie(tmp_path):
    data = bytearray(keras_file(tmp_path / "m.keras").read_bytes())
    at = data.rfind(b"PK\1\2")  # the last member's directory entry
    for offset, size in ((20, 4), (24, 4), (42, 4)):
        bad = bytearray(data)
        bad[at + offset : at + offset + size] = struct.pack("<I", 0x7FFFFFF0)
        (tmp_path / "bad.keras").write_bytes(bad)
        refuse(tmp_path / "bad.keras")


def test_truncation(tmp_path):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    model.save(tmp_path / "m.keras")
    data = (tmp_path / "m.keras").read_bytes()
    for length in [0, 1, 4, 30, len(data) // 2, len(data) - 30, len(data) - 1]:
        (tmp_path / "cut.keras").write_bytes(data[:length])
        refuse(tmp_path / "cut.keras")


def test_missing_members_and_other_formats(tmp_path):
    for kept in ([], ["config.json"], ["model.weights.h5"]):
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
            for name in kept:
                archive.writestr(name, json.dumps(good_config()))
        refuse(tmp_path / "m.keras")
    (tmp_path / "p.keras").write_bytes(pickle.dumps({"a": 1}))
    refuse(tmp_path / "p.keras")


def test_pickled_arrays(tmp_path):
    class Run:
        def __reduce__(self):
            return MARK.append, ("pickle",)

    buffer = io.BytesIO()
    np.savez(buffer, x=np.array(Run(), dtype=object))
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(good_config()))
        archive.writestr("model.weights.npz", buffer.getvalue())
    refuse(path, UnsafeFileError)


def test_folders_with_links(tmp_path):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    model.save(tmp_path / "folder", zipped=False)
    secret = tmp_path / "secret"
    secret.write_text("x")
    (tmp_path / "folder" / "assets").mkdir()
    (tmp_path / "folder" / "assets" / "link").symlink_to(secret)
    refuse(tmp_path / "folder", UnsafeFileError)
    (tmp_path / "folder" / "assets" / "link").unlink()
    os.rename(tmp_path / "folder" / "model.weights.h5", tmp_path / "w.h5")
    (tmp_path / "folder" / "model.weights.h5").symlink_to(tmp_path / "w.h5")
    refuse(tmp_path / "folder", UnsafeFileError)


# HDF5 --------------------------------------------------------------------------------------


def external_storage(file, folder):
    secret = os.path.join(folder, "secret.bin")
    with open(secret, "wb") as out:
        out.write(b"s" * 24)
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (2, 3), "float32", external=[(secret, 0, 24)])


def virtual_dataset(file, folder):
    other = os.path.join(folder, "other.h5")
    with h5py.File(other, "w") as source:
        source["x"] = np.ones((2, 3), "float32")
    layout = h5py.VirtualLayout((2, 3), "float32")
    layout[:] = h5py.VirtualSource(other, "x", (2, 3))
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_virtual_dataset("0", layout)


def external_link(file, folder):
    with h5py.File(os.path.join(folder, "other.h5"), "w") as source:
        source["x"] = np.ones((2, 3), "float32")
    del file["layers/plain/vars/0"]
    file["layers/plain/vars/0"] = h5py.ExternalLink(os.path.join(folder, "other.h5"), "x")


def external_group(file, folder):
    with h5py.File(os.path.join(folder, "other.h5"), "w") as source:
        source["plain/vars/0"] = np.ones((2, 3), "float32")
    del file["layers"]
    file["layers"] = h5py.ExternalLink(os.path.join(folder, "other.h5"), "/")


def chain_of_links(file, folder):
    """To a file that links on to the one that has the values."""
    first, second = (os.path.join(folder, name) for name in ("first.h5", "second.h5"))
    with h5py.File(first, "w") as source:
        source["vars"] = h5py.ExternalLink(second, "/")
    with h5py.File(second, "w") as source:
        source["0"] = np.ones((2, 3), "float32")
    del file["layers/plain/vars"]
    file["layers/plain/vars"] = h5py.ExternalLink(first, "vars")


def view_of_its_own_file(file, folder):
    file.move("layers/plain/vars/0", "x")
    layout = h5py.VirtualLayout((2, 3), "float32")
    layout[:] = h5py.VirtualSource(".", "/x", (2, 3))
    file["layers/plain/vars"].create_virtual_dataset("0", layout)


def soft_link_to_a_group(file, folder):
    file.move("layers/plain/vars", "hidden")
    file["layers/plain/vars"] = h5py.SoftLink("/hidden")


def soft_link(file, folder):
    file["x"] = np.ones((2, 3), "float32")
    del file["layers/plain/vars/0"]
    file["layers/plain/vars/0"] = h5py.SoftLink("/x")


def looping_link(file, folder):
    del file["layers/plain/vars"]
    file["layers/plain/vars"] = h5py.SoftLink("/layers/plain/vars")


def python_objects(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (2, 3), h5py.vlen_dtype("int8"))


def compound(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (2, 3), np.dtype([("a", "f4"), ("b", "f4")]))


def complex_numbers(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars/0"] = np.full((2, 3), 1 + 2j, "complex64")


def unwritten_space(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (1 << 20, 1 << 20), "float32")


def unwritten_chunks(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (2, 1 << 40), "float32", chunks=(1, 1 << 10))


def zeros_deflated(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset(
        "0", data=np.zeros((1024, 1024, 8), "float32"), chunks=(1024, 1024, 1), compression=9
    )


def dataset_in_place_of_group(file, folder):
    del file["layers/plain/vars"]
    file["layers/plain/vars"] = np.ones(3)


def empty_space(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars/0"] = h5py.Empty("float32")


def wrong_shape(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars/0"] = np.ones((3, 2), "float32")


def text(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset("0", (2, 3), h5py.string_dtype(), data=[["x"] * 3] * 2)


def odd_filter(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset(
        "0", data=np.ones((2, 3), "int32"), chunks=(2, 3), scaleoffset=4
    )


def huge_chunk(file, folder):
    del file["layers/plain/vars/0"]
    file["layers/plain/vars"].create_dataset(
        "0", (2, 3), "float32", chunks=(1 << 15, 1 << 12), maxshape=(None, None), compression=9
    )


HDF5 = [odd_filter, huge_chunk, chain_of_links, view_of_its_own_file, soft_link_to_a_group, external_storage, virtual_dataset, external_link, external_group, soft_link, looping_link,
        python_objects, compound, unwritten_space, unwritten_chunks, zeros_deflated,
        dataset_in_place_of_group, empty_space, wrong_shape, text, complex_numbers]  # fmt: skip


@pytest.mark.parametrize("edit", HDF5, ids=lambda f: f.__name__)
@pytest.mark.parametrize("form", ["keras", "weights"])
def test_2026_1669_2026_0897_hdf5(tmp_path, edit, form):
    data = weights_bytes(lambda file: edit(file, str(tmp_path)))
    if form == "keras":
        refuse(keras_file(tmp_path / "m.keras", weights=data))
    else:
        model = K.models.load_model(keras_file(tmp_path / "m.keras"))
        path = tmp_path / "w.weights.h5"
        path.write_bytes(data)
        before = model.layers[0].w.numpy().copy()
        with pytest.raises(REFUSED):
            model.load_weights(path)
        assert np.array_equal(model.layers[0].w.numpy(), before)


@pytest.mark.parametrize("edit", HDF5, ids=lambda f: f.__name__)
def test_the_editor_obeys_the_same(tmp_path, edit):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(weights_bytes(lambda file: edit(file, str(tmp_path))))
    harmless = (dataset_in_place_of_group, wrong_shape, text, complex_numbers, zeros_deflated)
    if edit in harmless:  # a few megabytes out of the deflated one, whose file is to be shown
        K.saving.KerasFileEditor(path)
        return
    with pytest.raises(REFUSED):
        K.saving.KerasFileEditor(path)


def test_legacy_h5_obeys_the_same(tmp_path):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    model.save(tmp_path / "m.h5")
    assert K.models.load_model(tmp_path / "m.h5").count_params() == 6
    edits = (external_storage, virtual_dataset, external_link, soft_link, unwritten_space)
    for edit in (*edits, complex_numbers):
        with (
            h5py.File(tmp_path / "m.h5", "r") as source,
            h5py.File(tmp_path / "bad.h5", "w") as bad,
        ):
            for key, value in source.attrs.items():
                bad.attrs[key] = value
            source.copy("model_weights", bad)
            names = bad["model_weights/p"].attrs["weight_names"]
            bad.create_group("layers/plain/vars")["0"] = np.ones((2, 3), "float32")
            edit(bad, str(tmp_path))
            del bad[f"model_weights/p/{names[0]}"]
            bad.move("layers/plain/vars/0", f"model_weights/p/{names[0]}")
        refuse(tmp_path / "bad.h5")


@pytest.mark.parametrize(
    "attributes",
    [{"model_config": "{"}, {"model_config": 3}, {"model_config": "[]"}, {},
     {"model_config": json.dumps({"class_name": "Sequential", "config": {"layers": "x"}})},
     {"model_config": json.dumps({"class_name": "Functional", "config": {"layers": [3]}})},
     {"model_config": json.dumps({"class_name": "Functional", "config": {
         "layers": [{"class_name": "TFOpLambda", "config": {"name": "x", "function": "io.read_file"},
                     "inbound_nodes": [["a", 0, 0, {}]]}], "input_layers": [], "output_layers": []}})},
     {"model_config": json.dumps({"class_name": "os.system", "config": "touch pwned"})}],
)  # fmt: skip
def test_malformed_legacy_h5(tmp_path, attributes):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_group("model_weights").attrs["layer_names"] = []
        for key, value in attributes.items():
            file.attrs[key] = value
    refuse(tmp_path / "m.h5")


# Maps of shards and safetensors ------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"/layers/plain/vars": 3}}',
     '{"weight_map": {"/layers/plain/vars": "../w.weights.h5"}}',
     '{"weight_map": {"/layers/plain/vars": "/etc/w.weights.h5"}}',
     '{"weight_map": {"/layers/plain/vars": ["a\\\\..\\\\w.weights.h5"]}}',
     '{"weight_map": {"/layers/plain/vars": "passwd"}}',
     '{"weight_map": {"/layers/plain/vars": "missing.weights.h5"}}',
     '{"weight_map": {"/layers/plain/vars": "link.weights.h5"}}'],
)  # fmt: skip
def test_maps_that_point_elsewhere(tmp_path, content):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "w.weights.h5").write_bytes(weights_bytes())
    (inner / "link.weights.h5").symlink_to(tmp_path / "w.weights.h5")
    (inner / "m.weights.json").write_text(content)
    with pytest.raises(REFUSED):
        model.load_weights(inner / "m.weights.json")


def safetensors_bytes(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [b"", b"\1", struct.pack("<Q", 1 << 62), struct.pack("<Q", 5) + b"{}", safetensors_bytes(b"nope!"),
     safetensors_bytes([]), safetensors_bytes({"p/w": 3}),
     safetensors_bytes({"__metadata__": {"places": "["}}),
     safetensors_bytes({"__metadata__": {"places": '{"p/w": ["layers/plain/w"]}'}}),
     safetensors_bytes({"__metadata__": {"places": "[" * 100_000}}),
     safetensors_bytes({"p/w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}),
     safetensors_bytes({"p/w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 8]}}, b"x" * 8),
     safetensors_bytes({"p/w": {"dtype": "OBJ", "shape": [2, 3], "data_offsets": [0, 24]}}, b"x" * 24),
     safetensors_bytes({"p/w": {"dtype": "F32", "shape": [-2, -3], "data_offsets": [0, 24]}}, b"x" * 24),
     safetensors_bytes({"p/w": {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 24]}}),
     safetensors_bytes({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                        "b": {"dtype": "U8", "shape": [8], "data_offsets": [4, 12]}}, b"x" * 12),
     safetensors_bytes({"p/w": {"dtype": "C64", "shape": [2, 3], "data_offsets": [0, 48]}}, b"x" * 48)],
)  # fmt: skip
def test_safetensors(tmp_path, content):
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(REFUSED):
        model.load_weights(tmp_path / "w.safetensors")
