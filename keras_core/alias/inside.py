"""What other packages take from inside Keras, and what it is here: one table."""

from __future__ import annotations

import functools
import importlib

from keras_core.alias import operations

#: Module under `keras.src` -> (the public module whose names it has too, or "", its own names).
INSIDE: dict[str, tuple[str, dict[str, str]]] = {
    "": ("keras_core", {}),
    "applications.imagenet_utils": (
        "keras_core.applications.imagenet_utils",
        {"obtain_input_shape": "keras_core.alias.packages:obtain_input_shape"},
    ),
    "backend": (
        "keras_core.backend",
        {
            "KerasTensor": "keras_core:KerasTensor",
            "Variable": "keras_core:Variable",
            "StatelessScope": "keras_core:StatelessScope",
            "SymbolicScope": "keras_core:SymbolicScope",
            "name_scope": "keras_core:name_scope",
            "convert_to_tensor": "keras_core.ops:convert_to_tensor",
            "convert_to_numpy": "keras_core.ops:convert_to_numpy",
            "cast": "keras_core.ops:cast",
            "shape": "keras_core.ops:shape",
            "is_tensor": "keras_core.ops:is_tensor",
            "compute_output_spec": "keras_core.symbolic.abstract:compute_output_spec",
            "standardize_shape": "keras_core.core.shapes:standardize_shape",
            "standardize_data_format": "keras_core.core.settings:standardize_data_format",
            "get_keras_mask": "keras_core.core.masks:get_mask",
            "set_keras_mask": "keras_core.core.masks:set_mask",
        },
    ),
    "backend.common": (
        "keras_core.backend",
        {
            "KerasVariable": "keras_core:Variable",
            "StatelessScope": "keras_core:StatelessScope",
            "standardize_shape": "keras_core.core.shapes:standardize_shape",
        },
    ),
    "backend.common.variables": (
        "",
        {
            "KerasVariable": "keras_core:Variable",
            "Variable": "keras_core:Variable",
            "is_float_dtype": "keras_core.backend:is_float_dtype",
            "is_int_dtype": "keras_core.backend:is_int_dtype",
            "standardize_dtype": "keras_core.backend:standardize_dtype",
            "standardize_shape": "keras_core.core.shapes:standardize_shape",
        },
    ),
    "backend.common.dtypes": ("", {"result_type": "keras_core.backend:result_type"}),
    "backend.common.keras_tensor": (
        "",
        {
            "KerasTensor": "keras_core:KerasTensor",
            "any_symbolic_tensors": "keras_core.symbolic.keras_tensor:any_symbolic",
            "is_keras_tensor": "keras_core.utils:is_keras_tensor",
        },
    ),
    "backend.common.name_scope": (
        "",
        {
            "name_scope": "keras_core:name_scope",
            "current_path": "keras_core.core.scopes:current_path",
        },
    ),
    "backend.common.stateless_scope": (
        "",
        {
            "StatelessScope": "keras_core:StatelessScope",
            "in_stateless_scope": "keras_core.core.scopes:in_stateless_scope",
        },
    ),
    "backend.common.symbolic_scope": (
        "",
        {
            "SymbolicScope": "keras_core:SymbolicScope",
            "in_symbolic_scope": "keras_core.alias.packages:in_symbolic_scope",
        },
    ),
    "backend.config": ("keras_core.config", {}),
    "distribution": ("keras_core.distribution", {}),
    "distribution.distribution_lib": ("keras_core.distribution", {}),
    "layers": ("keras_core.layers", {}),
    "layers.convolutional": ("keras_core.layers", {}),
    "layers.convolutional.base_conv": (
        "",
        {"BaseConv": "keras_core.layers.convolutional.convolution:BaseConv"},
    ),
    "layers.input_spec": ("", {"InputSpec": "keras_core:InputSpec"}),
    "layers.layer": ("", {"Layer": "keras_core:Layer"}),
    "layers.merging": ("keras_core.layers", {}),
    "layers.merging.base_merge": ("", {"Merge": "keras_core.layers.merging.base:Merge"}),
    "layers.pooling": ("keras_core.layers", {}),
    "layers.pooling.base_global_pooling": (
        "",
        {"BaseGlobalPooling": "keras_core.layers.pooling.total:BaseGlobalPooling"},
    ),
    "layers.pooling.base_pooling": (
        "",
        {"BasePooling": "keras_core.layers.pooling.windowed:BasePooling"},
    ),
    "layers.preprocessing": ("keras_core.layers", {}),
    "layers.preprocessing.data_layer": (
        "",
        {"DataLayer": "keras_core.layers.preprocessing.host:DataLayer"},
    ),
    "layers.rnn": ("keras_core.layers", {}),
    "losses": ("keras_core.losses", {}),
    "losses.loss": ("", {"Loss": "keras_core:Loss"}),
    "losses.losses": (
        "keras_core.losses",
        {"LossFunctionWrapper": "keras_core.losses.loss:LossFunctionWrapper"},
    ),
    "metrics": ("keras_core.metrics", {}),
    "metrics.metric": ("", {"Metric": "keras_core:Metric"}),
    "models": ("keras_core.models", {}),
    "models.functional": ("", {"Functional": "keras_core.models.functional:Functional"}),
    "models.model": ("", {"Model": "keras_core:Model"}),
    "models.sequential": ("", {"Sequential": "keras_core:Sequential"}),
    "ops": ("keras_core.ops", {}),
    "ops.node": ("", {"Node": "keras_core.symbolic.operation:Node"}),
    "ops.operation": ("", {"Operation": "keras_core:Operation"}),
    "optimizers": ("keras_core.optimizers", {}),
    "optimizers.optimizer": ("", {"Optimizer": "keras_core:Optimizer"}),
    "random": ("keras_core.random", {}),
    "random.seed_generator": (
        "",
        {
            "SeedGenerator": "keras_core.random:SeedGenerator",
            "draw_seed": "keras_core.random.seed_generator:draw_seed",
            "global_seed_generator": "keras_core.random.seed_generator:global_seed_generator",
        },
    ),
    "saving": ("keras_core.saving", {}),
    "saving.object_registration": ("keras_core.saving", {}),
    "saving.saving_api": ("keras_core.saving", {}),
    "saving.saving_lib": (
        "",
        {
            "H5IOStore": "keras_core.alias.h5_store:H5IOStore",
            "save_model": "keras_core.saving:save_model",
            "load_model": "keras_core.saving:load_model",
        },
    ),
    "saving.serialization_lib": (
        "",
        {
            "deserialize_keras_object": "keras_core.saving:deserialize_keras_object",
            "serialize_keras_object": "keras_core.saving:serialize_keras_object",
            "enable_unsafe_deserialization": "keras_core.config:enable_unsafe_deserialization",
            "in_safe_mode": "keras_core.core.registry:in_safe_mode",
            "record_object_after_deserialization": "keras_core.core.registry:record_object",
            "SafeModeScope": "keras_core.alias.packages:safe_mode_scope",
        },
    ),
    "testing": ("keras_core.testing", {}),
    "testing.test_case": ("", {"TestCase": "keras_core.testing:TestCase"}),
    "trainers": ("", {}),
    "trainers.data_adapters": ("", {}),
    "trainers.data_adapters.data_adapter_utils": (
        "",
        {
            "class_weight_to_sample_weights": (
                "keras_core.alias.packages:class_weight_to_sample_weights"
            ),
            "pack_x_y_sample_weight": "keras_core.utils:pack_x_y_sample_weight",
            "unpack_x_y_sample_weight": "keras_core.utils:unpack_x_y_sample_weight",
        },
    ),
    "trainers.data_adapters.py_dataset_adapter": ("", {"PyDataset": "keras_core.utils:PyDataset"}),
    "trainers.trainer": ("", {"Trainer": "keras_core.training.trainer:Trainer"}),
    "tree": ("keras_core.tree", {}),
    "utils": ("keras_core.utils", {}),
    "utils.backend_utils": (
        "",
        {
            name: f"keras_core.alias.packages:{name}"
            for name in ("in_grain_data_pipeline", "in_tf_graph")
        },
    ),
    "utils.naming": (
        "",
        {
            "auto_name": "keras_core.core.naming:auto_name",
            "get_object_name": "keras_core.alias.packages:get_object_name",
            "get_uid": "keras_core.backend:get_uid",
            "to_snake_case": "keras_core.core.naming:to_snake_case",
        },
    ),
    "utils.tracking": (
        "",
        {
            "no_automatic_dependency_tracking": (
                "keras_core.alias.packages:no_automatic_dependency_tracking"
            )
        },
    ),
} | {
    area: (f"keras_core.{area}", {})
    for area in (
        "activations applications callbacks constraints datasets dtype_policies export "
        "initializers quantizers regularizers"
    ).split()
}
INSIDE["activations"][1]["ALL_OBJECTS_DICT"] = "keras_core.activations.lookup:NAMES"
for _kind in (
    "rnn lstm gru simple_rnn stacked_rnn_cells bidirectional time_distributed "
    "conv_lstm conv_lstm1d conv_lstm2d conv_lstm3d"
).split():
    INSIDE[f"layers.rnn.{_kind}"] = ("keras_core.layers", {})
INSIDE["layers.rnn.conv_lstm"][1].update(
    ConvLSTM="keras_core.layers.rnn.conv_lstm:ConvLSTM",
    ConvLSTMCell="keras_core.layers.rnn.conv_cell:ConvLSTMCell",
)
INSIDE["layers.rnn.dropout_rnn_cell"] = (
    "",
    {"DropoutRNNCell": "keras_core.layers.rnn.cells:DropoutMasks"},
)
for _module, _names in {
    "ops.operation_utils": (
        "keras_core.alias.operation_utils",
        "broadcast_shapes compute_conv_output_shape compute_expand_dims_output_shape "
        "compute_matmul_output_shape compute_pooling_output_shape compute_reshape_output_shape "
        "compute_take_along_axis_output_shape compute_transpose_output_shape get_source_inputs "
        "reduce_shape",
    ),
    "utils.argument_validation": (
        "keras_core.alias.packages",
        "standardize_padding standardize_tuple validate_string_arg",
    ),
    "utils.module_utils": (
        "keras_core.alias.packages",
        "LazyModule gfile grain h5py jax optree scipy tensorflow tensorflow_io tf2onnx torch_xla",
    ),
}.items():
    INSIDE[_module] = ("", {name: f"{_names[0]}:{name}" for name in _names[1].split()})
for _module in operations.MODULES:
    _classes = operations.names(_module)
    INSIDE[f"ops.{_module}"] = (
        "keras_core.ops",
        {name: f"keras_core.alias.operations:{_module}.{name}" for name in _classes},
    )
    INSIDE["ops"][1].update(INSIDE[f"ops.{_module}"][1])

# Where a name that packages look for inside Keras has a public home.
_PUBLIC = (
    "keras layers ops models losses metrics optimizers optimizers.schedules callbacks saving utils "
    "backend initializers regularizers constraints activations random tree config dtype_policies "
    "quantizers distribution export datasets applications visualization wrappers"
).split()
_HOMES = {  # by the first part of the module's path inside Keras
    "trainers": "Model.fit, Model.train_step and keras.utils.PyDataset",
    "saving": "keras.saving",
    "backend": "keras.ops, keras.random and keras.backend",
    "ops": "keras.ops",
    "layers": "keras.layers",
    "legacy": "keras.legacy",
}


def replacement(name: str, public: str, inside: str = "") -> str:
    """What to use instead of a name inside Keras that is not in the table.

    Args:
        name: the name looked for.
        public: the public module that has the other names of the module it was looked for in.
        inside: the path of that module under `keras.src`.
    """
    found = _public_home(name)
    if found:
        return f"Use {found} instead."
    home = public.replace("keras_core", "keras") or _HOMES.get(inside.partition(".")[0], "")
    if not home and inside.partition(".")[0] in _PUBLIC:
        home = f"keras.{inside.partition('.')[0]}"
    return f"Use a public name instead, from {home or 'keras'}."


@functools.cache
def _public_home(name: str) -> str | None:
    for area in _PUBLIC:
        path = "" if area == "keras" else f".{area}"
        if name in dir(importlib.import_module(f"keras_core{path}")):
            return f"keras{path}.{name}"
    return None
