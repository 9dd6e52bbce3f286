"""Files and configs that ask for far more than they hold, and texts that would run as code.

Each is refused before anything is made; `test_hostile` watches over memory.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from typing import Any

import h5py
import numpy as np
import pytest

import keras_core as K
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.saving import archive, hdf5
from tests.saving.test_closed_table import functional
from tests.saving.test_hostile import (  # noqa: F401 - `nothing_ran` looks after every test
    LAMBDAS,
    REFUSED,
    good_config,
    keras_file,
    nothing_ran,
    obj,
    refuse,
    safetensors_bytes,
    sequential,
    weights_bytes,
)


def layer(name: str, /, **config: Any) -> dict[str, Any]:
    return sequential(obj("keras.layers", name, **config))


def metric(name: str, /, **config: Any) -> dict[str, Any]:
    compiled = {
        "optimizer": "sgd",
        "loss": "mse",
        "metrics": [obj("keras.metrics", name, **config)],
    }
    return good_config() | {"compile_config": compiled}


def operation(name: str, module: str, args: list[Any] | None = None, /, **config: Any) -> Any:
    found = functional(obj(f"keras.src.ops.{module}", name, name, name="x", **config))
    if args is not None:
        found["config"]["layers"][1]["inbound_nodes"][0]["args"] = args
    return found


def constant(size: int) -> dict[str, Any]:
    return {"class_name": "__numpy__", "config": {"value": [[1.0] * size], "dtype": "float32"}}


def of_function(name: str, /, **arguments: Any) -> dict[str, Any]:
    function = {"module": "builtins", "class_name": "function", "config": name,
                "registered_name": "function"}  # fmt: skip
    return layer("Lambda", function=function, arguments=arguments)


CONFIGS = {
    "a kernel": layer("Dense", units=10**13),
    "a table": layer("Embedding", input_dim=10**9, output_dim=10**6),
    "many kernels": sequential(
        *[obj("keras.layers", "Dense", units=10**7, name=f"d{i}") for i in range(4)]
    ),
    "a bank of filters": layer("MelSpectrogram", fft_length=2**28, num_mel_bins=10**5),
    "unknown strings": layer("StringLookup", num_oov_indices=10**9, vocabulary=["a"]),
    "unknown numbers": layer("IntegerLookup", num_oov_indices=1e12, vocabulary=[1]),
    "thresholds": metric("AUC", num_thresholds=10**9),
    "more thresholds": metric("PrecisionAtRecall", recall=0.5, num_thresholds=10**9),
    "a matrix of classes": metric("MeanIoU", num_classes=10**7),
    "parts": operation("Split", "numpy", None, indices_or_sections=10**9, axis=0),
    "slices": operation("Unstack", "core", None, num=10**9, axis=0),
    "repeats of a constant": operation("Tile", "numpy", [constant(2)], repeats=[10**9, 1]),
    "a constant of a size": operation("Zeros", "numpy", [[10**10]]),
    "a layer on a constant": functional(obj("keras.layers", "RepeatVector", n=10**9)),
}
# What is no size, and stands where nothing but names, numbers and shapes belong.
ODD = {
    "a policy map of models": layer(
        "Dense",
        units=2,
        dtype=obj("keras.dtype_policies", "DTypePolicyMap", policy_map={"a": sequential()}),
    ),
    "a policy from an attribute": layer(
        "Dense",
        units=2,
        dtype=obj(
            "keras.dtype_policies", "QuantizedDTypePolicy", mode="int8", source_name="__init__"
        ),
    ),
    "groups without end": layer(
        "Dense",
        units=2,
        dtype=obj("keras", "DTypePolicy", name="gptq/4/" + "1" * 30 + "_from_float32"),
    ),
    "blocks of less than nothing": layer(
        "Dense",
        units=2,
        dtype="int4_from_float32",
        quantization_config=obj("keras.quantizers", "Int4QuantizationConfig", block_size=-5),
    ),
    "a kernel that is given": layer(
        "Dense",
        units=2,
        kernel_initializer=obj("keras.initializers", "Constant", value=[[1.0] * 1000] * 1000),
    ),
    "a kernel by its build config": sequential(
        obj("keras.layers", "Dense", units=4) | {"build_config": {"input_shape": [None, 10**12]}}
    ),
    "arguments of a build config": sequential(
        obj("tests", "Plain", "hostile>Plain", name="p")
        | {"build_config": {"shapes_dict": {"__class__": [1], "self": [2]}}}
    ),
    "a metric's function": metric("MeanMetricWrapper", fn="os.system", name="x"),
    "classes of a metric": metric("IoU", num_classes=10**9, target_class_ids=[0]),
    "a tensor of means": metric("MeanTensor", shape=[10**9, 10**9]),
    "filters": layer("Conv2D", filters=10**6, kernel_size=10**4),
    "heads": layer("MultiHeadAttention", num_heads=10**6, key_dim=10**6),
    "an equation without end": layer("EinsumDense", equation="a" * 10**6, output_shape=4),
    "an array of objects": operation(
        "Add",
        "numpy",
        [{"class_name": "__numpy__", "config": {"value": [["a"]], "dtype": "object"}}],
    ),
    "an attribute of a tensor": operation("GetItem", "numpy", [constant(2), "__class__"]),
    "a function of a graph": operation("Map", "core", None, function="os.system"),
    "a picture": layer("Resizing", height=10**9, width=10**9),
    "a dtype of objects": obj(
        "keras",
        "Sequential",
        name="s",
        layers=[
            obj("keras.layers", "InputLayer", batch_shape=[None, 2], dtype="object", name="in")
        ],
    ),
}


CONFIGS["a layer on a constant"]["config"]["layers"][1]["inbound_nodes"][0]["args"] = [constant(2)]


@pytest.mark.parametrize("name", [*CONFIGS, *ODD])
def test_configs(tmp_path: Any, name: str) -> None:
    config = (CONFIGS | ODD)[name]
    refuse(keras_file(tmp_path / "m.keras", config))
    with pytest.raises(REFUSED):
        K.models.model_from_json(json.dumps(config))


QUICK = [
    "encoder/.*",
    "(query|key)_[0-9]+/kernel",
    r"a\(b\)+",
    "(?i)max(pool)?",
    "x.*/.*y",
    "[)]+[(]*",
]
SLOW = [
    "(a+)+!",
    "(?:.|a)*!",
    "(a|aa){9,}b",
    "a*a*a*a*b",
    "(?x)(a+) +!",
    "(?mx)(a+) +!",
    "x[]](a+)+",
    "()+",
]


def patterned(kind: str, pattern: str) -> Any:
    """The config of an object of a kind that compares names with a regular expression."""
    sgd = obj("keras.optimizers", "SGD")
    maps = {"default_optimizer": sgd, "optimizer_map": {pattern: sgd}}
    configs = {
        "Muon": obj("keras.optimizers", "Muon", exclude_layers=[pattern]),
        "MultiOptimizer": obj("keras.optimizers", "MultiOptimizer", **maps),
        "DTypePolicyMap": obj(
            "keras.dtype_policies",
            "DTypePolicyMap",
            default_policy="float32",
            policy_map={pattern: "float32"},
        ),
    }
    return configs[kind]


@pytest.mark.parametrize("pattern", [*QUICK, *SLOW])
@pytest.mark.parametrize("kind", ["Muon", "MultiOptimizer", "DTypePolicyMap"])
def test_regular_expressions_that_never_end(kind: str, pattern: str) -> None:
    """Names are compared with them while a file is loaded, in a time that may double per letter."""
    config = patterned(kind, pattern)
    if pattern in SLOW:
        with pytest.raises(UnsafeFileError, match="regular expression"):
            K.saving.deserialize_keras_object(config)
    elif kind != "MultiOptimizer":
        K.saving.deserialize_keras_object(config)


@pytest.mark.parametrize("kind", ["Muon", "DTypePolicyMap"])
def test_a_search_is_given_fewer_repeats_than_a_match_of_the_whole(kind: str) -> None:
    """It begins at each letter of a name: three repeats took 1.6 s for one of 400 letters."""
    config = patterned(kind, ".*/x.*/.*y")
    if kind == "Muon":
        with pytest.raises(UnsafeFileError, match="over 2 repeats"):
            K.saving.deserialize_keras_object(config)
    else:
        K.saving.deserialize_keras_object(config)


@pytest.mark.parametrize("arguments", [{"repeats": [1, 10**10]}, {"repeats": [10**6, 10**6]}])
def test_the_shape_of_an_operation_in_a_lambda_is_not_found_by_computing_it(arguments: Any) -> None:
    model = K.models.model_from_json(json.dumps(of_function("tile", **arguments)))
    assert model.output_shape[-1] == 2 * arguments["repeats"][1]


def test_an_operation_in_a_lambda_goes_on_in_a_graph() -> None:
    inputs = K.Input((3,))
    outputs = K.layers.Lambda(K.ops.tile, arguments={"repeats": [1, 2]})(inputs) + 1.0
    model = K.Model(inputs, outputs)
    result = K.ops.convert_to_numpy(model(np.ones((2, 3), "float32")))
    np.testing.assert_array_equal(result, np.full((2, 6), 2.0))


def test_a_lack_of_memory_is_not_called_a_broken_file(tmp_path: Any) -> None:
    @K.saving.register_keras_serializable("bombs")
    class Greedy(K.Layer):
        def __init__(self, **kwargs: Any) -> None:
            raise MemoryError

    path = keras_file(tmp_path / "m.keras", sequential(obj("t", "Greedy", "bombs>Greedy")))
    with pytest.raises(MemoryError):
        K.models.load_model(path)


# Code and paths in configs that are given to a class directly ---------------------------------

DIRECT = {
    "code": ("Lambda", LAMBDAS["2024-3660 today's form"]["config"]),
    "a SavedModel": ("TFSMLayer", {"filepath": "/tmp/saved"}),
    "a pickle": ("TorchModuleWrapper", {"module": "gASVBQAAAAAAAABoAC4="}),
}


@pytest.mark.parametrize("name", DIRECT)
@pytest.mark.parametrize("own", [False, True])
def test_from_config_refuses_it_too(name: str, own: bool) -> None:
    class_name, config = DIRECT[name]
    cls = getattr(K.layers, class_name)
    cls = type("Mine", (cls,), {}) if own else cls
    with pytest.raises(UnsafeFileError):
        cls.from_config(config)


@pytest.mark.parametrize("argument", ["vocabulary", "idf_weights"])
@pytest.mark.parametrize("class_name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_a_subclass_opens_no_path_either(class_name: str, argument: str, tmp_path: Any) -> None:
    own = type("Mine", (getattr(K.layers, class_name),), {})
    words = tmp_path / "words.txt"
    words.write_text("1\n2\n")
    config = {"vocabulary": ["1"], "output_mode": "tf_idf", argument: str(words)}
    described = obj("tests", "Mine", "Mine", **config)
    with pytest.raises(UnsafeFileError):
        K.saving.deserialize_keras_object(described, custom_objects={"Mine": own})


def test_copies_may_hold_code() -> None:
    model = K.Sequential([K.Input((3,)), K.layers.Lambda(lambda x: x * 2)])
    with pytest.warns(UserWarning, match="bytecode"):
        clone = K.models.clone_model(model)
    result = K.ops.convert_to_numpy(clone(np.ones((1, 3), "float32")))
    np.testing.assert_array_equal(result, [[2.0, 2.0, 2.0]])


def test_copies_keep_apart_what_is_shared_within() -> None:
    def stack(name: str) -> Any:
        cell = K.layers.LSTMCell(2)
        return K.layers.RNN(K.layers.StackedRNNCells([cell, K.layers.LSTMCell(2)]), name=name)

    inputs = K.Input((3, 2))
    model = K.Model(inputs, K.ops.add(stack("a")(inputs), stack("b")(inputs)))
    assert len(K.models.clone_model(model).weights) == len(model.weights)


def test_what_looks_functions_up_is_none() -> None:
    for name in ("get", "deserialize", "serialize"):
        config = {"class_name": "function", "config": name, "module": "builtins",
                  "registered_name": "function"}  # fmt: skip
        with pytest.raises(REFUSED):
            K.saving.deserialize_keras_object(config)


# JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["[]", "{}", '""', "1.5"])
def test_more_values_than_any_config(text: str) -> None:
    data = f"[{text}" + f",{text}" * archive.MAX_VALUES + "]"
    for form in (data, data.encode()):
        with pytest.raises(UnsafeFileError, match="values"):
            archive.loads(form, "this")


def test_a_key_twice(tmp_path: Any) -> None:
    text = json.dumps(good_config())
    refuse(keras_file(tmp_path / "m.keras", text[:-1] + ', "class_name": "Functional"}'))


# HDF5 ----------------------------------------------------------------------------------------


def deflated_zeros(megabytes: int) -> bytes:
    """A stream of zlib's that unpacks to so many zeros."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    size = megabytes << 20
    end = zlib.compressobj(9, wbits=-15).flush() + struct.pack(">I", size % 65521 << 16 | 1)
    return b"\x78\xda" + block * megabytes + end


def chunked(file: Any, data: bytes, times: int) -> None:
    del file["layers/plain/vars/0"]
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    for _ in range(times):
        properties.set_deflate(9)
    dataset = file["layers/plain/vars"].create_dataset(
        "0", (2, 3), "float32", chunks=(1024, 1024), maxshape=(None, None), dcpl=properties
    )
    dataset.id.write_direct_chunk((0, 0), data)


def a_chunk_larger_than_it_is(file: Any) -> None:
    chunked(file, deflated_zeros(1500), 1)


def compressed_twice(file: Any) -> None:
    chunked(file, zlib.compress(deflated_zeros(1500), 9), 2)


def a_chunk_that_ends_early(file: Any) -> None:
    chunked(file, zlib.compress(bytes(24)), 1)


def a_chunk_of_noise(file: Any) -> None:
    chunked(file, b"noise", 1)


def links_that_fork(file: Any) -> None:
    group = file.create_group("other")
    for _ in range(60):  # 2 ** 60 paths
        inner = group.create_group("a")
        group["b"] = inner
        group = inner


def links_in_circles(file: Any) -> None:
    group = file.create_group("other")
    group["a"] = group["b"] = group


def one_group_many_times(file: Any) -> None:
    group = file.create_group("other/vars")
    group["0"] = np.zeros(1 << 20, "float32")
    for i in range(200):
        file[f"copies/{i}"] = file["other"]


def a_name_that_is_no_text(file: Any) -> None:
    file[b"layers/plain/vars/\xff\xfe"] = np.zeros(3)


def a_name_in_bytes_of_a_group(file: Any) -> None:
    file.create_group(b"layers/\xff/vars")["0"] = np.zeros(3)


def a_number_of_many_digits(file: Any) -> None:
    file["layers/plain/vars/" + "9" * 5000] = np.zeros(3)


EDITS = [a_name_that_is_no_text, a_name_in_bytes_of_a_group, a_number_of_many_digits, a_chunk_larger_than_it_is, compressed_twice, a_chunk_that_ends_early, a_chunk_of_noise,
         links_that_fork, links_in_circles, one_group_many_times]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda f: f.__name__)
def test_hdf5(tmp_path: Any, edit: Any) -> None:
    data = weights_bytes(edit)
    refuse(keras_file(tmp_path / "m.keras", weights=data))
    model = K.models.load_model(keras_file(tmp_path / "good.keras"))
    path = tmp_path / "w.weights.h5"
    path.write_bytes(data)
    with pytest.raises(REFUSED):
        model.load_weights(path)
    if edit is a_number_of_many_digits:  # which may be looked at
        assert "9" * 5000 in K.saving.KerasFileEditor(path).weights["layers/plain"]
        return
    with pytest.raises(REFUSED):
        K.saving.KerasFileEditor(path)


def test_texts_that_are_all_the_same_large_one(tmp_path: Any) -> None:
    buffer = io.BytesIO()
    count, size = 4000, 1 << 20
    with h5py.File(buffer, "w") as file:
        texts = file.create_dataset("layers/plain/vars/0", (count,), h5py.string_dtype())
        texts[0] = "x" * size
        at = texts.id.get_offset()
    data = bytearray(buffer.getvalue())
    data[at : at + 16 * count] = data[at : at + 16] * count
    (tmp_path / "w.weights.h5").write_bytes(data)
    with pytest.raises(UnsafeFileError, match="more than the file has"):
        K.saving.KerasFileEditor(tmp_path / "w.weights.h5")


@pytest.mark.parametrize("reserved", [b"\0\0\0", b"abc"])
def test_names_that_may_all_be_the_same_large_one(tmp_path: Any, reserved: bytes) -> None:
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        names = [*["p"] * 1000, "x" * (2 << 20)]
        file["model_weights"].attrs.create("layer_names", names, dtype=h5py.string_dtype())
    data = (tmp_path / "m.h5").read_bytes()
    (tmp_path / "m.h5").write_bytes(data.replace(b"GCOL\1\0\0\0", b"GCOL\1" + reserved))
    assert "longest" in refuse(tmp_path / "m.h5", UnsafeFileError)


def test_names_of_any_length_in_a_large_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every writer makes them, in files so large that a few could be too many."""
    monkeypatch.setattr(hdf5, "_MAX_SHARED", 1 << 20)
    model = K.Sequential([K.Input((2,)), *(K.layers.Dense(2, name=f"d{i}") for i in range(8))])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        file["filler"] = np.zeros(1 << 20)
        assert file["model_weights"].attrs.get_id("layer_names").dtype.hasobject
    again = K.models.load_model(tmp_path / "m.h5")
    assert all(map(np.array_equal, again.get_weights(), model.get_weights()))


# Folders, maps and safetensors ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_a_folder_holds_in_place_of_weights(tmp_path: Any, kind: str) -> None:
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    model.save(tmp_path / "folder", zipped=False)
    weights = tmp_path / "folder" / "model.weights.h5"
    weights.rename(tmp_path / "w.h5")
    if kind == "link":
        weights.symlink_to(tmp_path / "w.h5")
    elif kind == "pipe":
        os.mkfifo(weights)
    else:
        weights.mkdir()
    refuse(tmp_path / "folder")
    with pytest.raises(REFUSED):
        model.load_weights(tmp_path / "folder")


@pytest.mark.parametrize("name", ["a\0.weights.h5", "\ud800.weights.h5", "a" * 300 + ".weights.h5",
                                  "folder.weights.h5", "pipe.weights.h5"])  # fmt: skip
def test_names_in_maps(tmp_path: Any, name: str) -> None:
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    (tmp_path / "folder.weights.h5").mkdir()
    os.mkfifo(tmp_path / "pipe.weights.h5")
    content = {"weight_map": {"/layers/plain/vars": [name]}}
    (tmp_path / "m.weights.json").write_text(json.dumps(content))
    with pytest.raises(REFUSED):
        model.load_weights(tmp_path / "m.weights.json")


def test_more_files_than_weights(tmp_path: Any) -> None:
    """Each takes half a megabyte while it is open."""
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    (tmp_path / "w_0.weights.h5").write_bytes(weights_bytes())
    names = [f"w_{i}.weights.h5" for i in range(2000)]
    for name in names[1:]:
        os.link(tmp_path / names[0], tmp_path / name)
    content = {"weight_map": {"/layers/plain/vars": names}}
    (tmp_path / "m.weights.json").write_text(json.dumps(content))
    with pytest.raises(UnsafeFileError, match="2000 files"):
        model.load_weights(tmp_path / "m.weights.json")


ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


@pytest.mark.parametrize(
    "content",
    [safetensors_bytes({"p/w": ENTRY}, b"x" * 25),
     safetensors_bytes({"p/w": ENTRY | {"data_offsets": [8, 32]}}, b"x" * 32),
     safetensors_bytes(json.dumps({"p/w": ENTRY})[:-1].encode() + b', "p/w": {}}', b"x" * 24)],
    ids=["more", "a gap", "a name twice"],
)  # fmt: skip
def test_safetensors(tmp_path: Any, content: bytes) -> None:
    model = K.models.load_model(keras_file(tmp_path / "m.keras"))
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(InvalidFileError):
        model.load_weights(tmp_path / "w.safetensors")


# What is compressed honestly is read ----------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize("dtype", ["float32", ">f8", "int8", "bool", "complex64"])
def test_chunks(
    tmp_path: Any, dtype: str, compression: str | None, checksum: bool, shuffle: bool
) -> None:
    value = (np.random.default_rng(0).normal(size=(5, 7, 3)) * 50).astype(dtype)
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("vars/0", data=value, chunks=(2, 7, 2), compression=compression,
                            shuffle=shuffle, fletcher32=checksum)  # fmt: skip
    found = K.saving.KerasFileEditor(path).weights[""]["0"]
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


def test_chunks_that_were_never_written_or_lie_outside(tmp_path: Any) -> None:
    value = np.random.default_rng(0).normal(size=(20, 30)).astype("float32")
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("vars/0", (40, 40), "float32", chunks=(4, 4), fillvalue=3,
                                      compression="gzip", maxshape=(None, None))  # fmt: skip
        dataset[:20, :30] = value
        dataset.resize((30, 13))
        wanted = dataset[()]
    np.testing.assert_array_equal(K.saving.KerasFileEditor(path).weights[""]["0"], wanted)


def test_a_checksum_that_does_not_match(tmp_path: Any) -> None:
    path = tmp_path / "w.weights.h5"
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("vars/0", data=np.ones(64, "float32"), chunks=(64,),
                                      compression="gzip", fletcher32=True)  # fmt: skip
        _, raw = dataset.id.read_direct_chunk((0,))
        dataset.id.write_direct_chunk((0,), raw[:-4] + b"\1\2\3\4")
    with pytest.raises(InvalidFileError, match="checksum"):
        K.saving.KerasFileEditor(path)


def test_a_stack_of_very_many_layers():
    """A layer's name is not compared with that of every other one."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    layers = [K.layers.Identity(name=f"n{i}") for i in range(400)]
    for layer in layers:
        layer.name = Name(layer.name)
    K.Sequential(layers)
    assert compared < 20 * 400
    with pytest.raises(ValueError, match="stands there twice"):
        K.Sequential([layers[0], layers[1], layers[0]])
    with pytest.raises(ValueError, match="'n1' is taken"):
        K.Sequential([layers[1], K.layers.Identity(name="n1")])
    model = K.Sequential([K.layers.Identity(name="one")])
    model.layers[0].name = "another"
    model.add(K.layers.Identity(name="one"))
    with pytest.raises(ValueError, match="'another' is taken"):
        model.add(K.layers.Identity(name="another"))
