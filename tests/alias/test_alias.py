"""`import keras` as keras_core, in processes of their own."""

import os
import subprocess
import sys

import pytest

from keras_core import alias
from keras_core.backends.select import backend
from tests.core.test_settings import run

INSTALL = "import keras_core.alias; keras_core.alias.install()\n"


def test_keras_is_keras_core(tmp_path):
    code = INSTALL + (
        "import sys, importlib\n"
        "import keras, keras_core\n"
        "import keras.layers as L\n"
        "from keras import ops, Model\n"
        "from keras.utils import set_random_seed\n"
        "import keras.src.backend.common.variables as variables\n"
        "from keras.src.losses.losses import LossFunctionWrapper\n"
        "from keras.src.layers import Dense\n"
        "from keras.src import layers\n"
        "assert callable(keras.src.utils.tracking.no_automatic_dependency_tracking)\n"
        "assert keras is keras_core and L is keras_core.layers\n"
        "assert Model is keras_core.Model and Dense is keras_core.layers.Dense is layers.Dense\n"
        "assert variables.KerasVariable is keras_core.Variable\n"
        "assert keras_core.layers.__name__ == 'keras_core.layers'\n"
        "assert keras_core.__spec__.name == 'keras_core'\n"
        "model = keras.Sequential([keras.Input((2,)), L.Dense(1)])\n"
        "print(model(ops.ones((3, 2))).shape[0], keras.saving.get_registered_name(Dense))\n"
    )
    out, err, status = run(code, tmp_path, KERAS_BACKEND=backend.name)
    assert status == 0, err
    assert out.split() == ["3", "Dense"]


#: What packages take from inside Keras, by module, and which public name is the same object.
PROMISED = {
    "backend": (
        "get_keras_mask set_keras_mask standardize_dtype=keras.backend.standardize_dtype "
        "standardize_shape compute_output_spec convert_to_tensor=keras.ops.convert_to_tensor "
        "epsilon=keras.backend.epsilon KerasTensor=keras.KerasTensor Variable=keras.Variable"
    ),
    "backend.common.symbolic_scope": "SymbolicScope=keras.SymbolicScope in_symbolic_scope",
    "backend.common.variables": "KerasVariable=keras.Variable",
    "saving.serialization_lib": ("in_safe_mode SafeModeScope record_object_after_deserialization"),
    "saving.saving_lib": (
        "H5IOStore save_model=keras.saving.save_model load_model=keras.saving.load_model"
    ),
    "distribution.distribution_lib": "DataParallel=keras.distribution.DataParallel",
    "losses.losses": "LossFunctionWrapper",
    "layers.input_spec": "InputSpec=keras.InputSpec",
    "layers.preprocessing.data_layer": "DataLayer",
    "layers.convolutional.base_conv": "BaseConv",
    "layers.pooling.base_pooling": "BasePooling",
    "layers.pooling.base_global_pooling": "BaseGlobalPooling",
    "layers.merging.base_merge": "Merge",
    "layers.rnn.bidirectional": "Bidirectional=keras.layers.Bidirectional",
    "layers.rnn.conv_lstm": "ConvLSTM ConvLSTMCell",
    "layers.rnn.conv_lstm1d": "ConvLSTM1D=keras.layers.ConvLSTM1D",
    "layers.rnn.conv_lstm2d": "ConvLSTM2D=keras.layers.ConvLSTM2D",
    "layers.rnn.conv_lstm3d": "ConvLSTM3D=keras.layers.ConvLSTM3D",
    "layers.rnn.dropout_rnn_cell": "DropoutRNNCell",
    "layers.rnn.gru": "GRU=keras.layers.GRU GRUCell=keras.layers.GRUCell",
    "layers.rnn.lstm": "LSTM=keras.layers.LSTM LSTMCell=keras.layers.LSTMCell",
    "layers.rnn.rnn": "RNN=keras.layers.RNN",
    "layers.rnn.simple_rnn": (
        "SimpleRNN=keras.layers.SimpleRNN SimpleRNNCell=keras.layers.SimpleRNNCell"
    ),
    "layers.rnn.stacked_rnn_cells": "StackedRNNCells=keras.layers.StackedRNNCells",
    "layers.rnn.time_distributed": "TimeDistributed=keras.layers.TimeDistributed",
    "ops": "Add Softmax MapCoordinates",
    "ops.core": "Scan Cond",
    "ops.image": "Resize",
    "ops.linalg": "Cholesky",
    "ops.math": "Logsumexp",
    "ops.nn": "Softmax",
    "ops.numpy": "Add Reshape",
    "ops.operation_utils": "compute_conv_output_shape get_source_inputs reduce_shape",
    "random.seed_generator": "SeedGenerator=keras.random.SeedGenerator global_seed_generator",
    "trainers.data_adapters.data_adapter_utils": "class_weight_to_sample_weights",
    "utils.tracking": "no_automatic_dependency_tracking",
    "utils.module_utils": "LazyModule tensorflow jax scipy",
    "utils.argument_validation": "standardize_tuple standardize_padding validate_string_arg",
    "testing": "TestCase",
    "applications.imagenet_utils": (
        "obtain_input_shape preprocess_input=keras.applications.imagenet_utils.preprocess_input"
    ),
}


def test_what_packages_take_from_inside_is_there(tmp_path):
    lines = []
    for module, names in PROMISED.items():
        for entry in names.split():
            name, _, public = entry.partition("=")
            lines.append(f"from keras.src.{module} import {name}")
            lines.append(f"import keras.src.{module} as m; assert m.{name} is {name}")
            if public:
                lines.append(f"assert {name} is {public}, {name!r}")
    out, err, status = run(
        INSTALL + "import keras\n" + "\n".join(lines), tmp_path, KERAS_BACKEND="numpy"
    )
    assert status == 0, err


def test_unknown_insides_name_the_public_way(tmp_path):
    code = INSTALL + (
        "import sys\n"
        "try:\n    import keras.src.trainers.nothing\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
        "try:\n    from keras.src.layers import Nothing\n"
        "except ImportError as error:\n    print(error)\n"
        "import keras.src.layers\n"
        "try:\n    keras.src.layers.Nothing\n"
        "except AttributeError as error:\n    print(error)\n"
        "assert not hasattr(keras.src.layers, 'Nothing')\n"
        "try:\n    from keras.src.backend import conv\n"
        "except ImportError as error:\n    print(error)\n"
        "assert 'keras.src.backend.conv' not in sys.modules\n"
        "try:\n    from keras.src.layers.core.dense import Dense, Nothing\n"
        "except ImportError as error:\n    print(error)\n"
    )
    out, err, status = run(code, tmp_path, KERAS_BACKEND="numpy")
    assert status == 0, err
    first, second, third, fourth, fifth = out.strip().splitlines()
    assert "keras.src.trainers.nothing is inside Keras" in first
    assert "Use a public name instead, from Model.fit" in first
    assert "keras.src.layers.Nothing is inside Keras" in second
    assert "Use a public name instead, from keras.layers" in second
    assert "Use a public name instead, from keras.layers" in third
    assert "keras.src.backend.conv is inside Keras" in fourth
    assert "Use keras.ops.conv instead." in fourth
    assert "keras.src.layers.core is inside Keras" in fifth
    assert "Use keras.layers.Dense instead. Use a public name instead, from keras.layers" in fifth


def test_after_keras_it_is_too_late(tmp_path):
    code = (
        "import sys, types; sys.modules['keras'] = types.ModuleType('keras')\n"
        "import keras_core.alias\n"
        "try:\n    keras_core.alias.install()\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    out, err, status = run(code, tmp_path, KERAS_BACKEND="numpy")
    assert status == 0, err
    assert "call install() first" in out


@pytest.mark.parametrize("way", ["script", "module"])
def test_the_command(tmp_path, way):
    (tmp_path / "other.py").write_text("VALUE = 4\n")
    (tmp_path / "program.py").write_text(
        "import sys, keras\nfrom other import VALUE\n"
        "if __name__ == '__main__':\n    print(keras.__name__, VALUE, sys.argv[1:])\n"
    )
    which = ["-m", "program"] if way == "module" else [str(tmp_path / "program.py")]
    root = os.path.dirname(os.path.dirname(os.path.dirname(alias.__file__)))
    environment = os.environ | {"KERAS_BACKEND": "numpy", "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-m", "keras_core.alias", *which, "--x", "1"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "keras_core 4 ['--x', '1']"


def test_the_table_is_true():
    import importlib

    for _, (public, own) in alias.INSIDE.items():
        if public:
            importlib.import_module(public)
        for target in own.values():
            module, _, name = target.partition(":")
            assert hasattr(importlib.import_module(module), name), target


@pytest.mark.skipif(backend.name != "tensorflow", reason="needs TensorFlow")
def test_tf_keras_too(tmp_path):
    code = INSTALL + (
        "import tensorflow as tf, keras_core\n"
        "from tensorflow.keras import layers\n"
        "print(tf.keras.layers.Dense is layers.Dense is keras_core.layers.Dense)\n"
    )
    out, err, status = run(code, tmp_path, KERAS_BACKEND="tensorflow")
    assert status == 0, err
    assert out.strip() == "True"
