"""Names of `tf.keras` 2 that are gone, with what took their place.

Nothing here is looked at before a look-up has failed.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import opcode
import sys
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType
from typing import Any, TypeVar, cast

import lazy_loader

_Method = TypeVar("_Method", bound=Callable[..., Any])
_IMPORT_FROM = opcode.opmap["IMPORT_FROM"]
_RANDOM_SIZE = "keras.layers.Resizing or keras.layers.RandomZoom"
_ALL_LAYERS = "keras.layers, which has all layers"
_ALL_UTILS = "keras.utils, which has the public ones"
_DATASET = "keras.utils.PyDataset, which fit() reads in as many workers as it says"

#: Gone from a module: name -> what to use.
MODULES: dict[str, dict[str, str]] = {
    "keras_core": {
        "estimator": "keras.Model.fit and model.export()",
        "experimental": (
            "keras.optimizers.schedules, which has CosineDecay and CosineDecayRestarts, or "
            "keras.Sequential with keras.layers.Dense for LinearModel"
        ),
        "engine": "public names: keras.Layer, keras.Model, keras.InputSpec",
        "feature_column": "keras.utils.FeatureSpace, or the preprocessing layers",
        "objectives": "keras.losses",
        "optimizer_v2": "keras.optimizers",
        "premade": "keras.Sequential with keras.layers.Dense",
    },
    "keras_core.backend": {
        "tensorflow_backend": "keras.backend and keras.ops",
    },
    "keras_core.layers": {
        "RandomHeight": _RANDOM_SIZE,
        "RandomWidth": _RANDOM_SIZE,
        "CuDNNLSTM": "keras.layers.LSTM, which takes the fast kernel by itself",
        "CuDNNGRU": "keras.layers.GRU, which takes the fast kernel by itself",
        "DenseFeatures": "keras.utils.FeatureSpace",
        "LocallyConnected1D": "keras.layers.Conv1D, or a layer of your own with ops.unfold",
        "LocallyConnected2D": "keras.layers.Conv2D, or a layer of your own with ops.unfold",
        "RandomFourierFeatures": "ops.cos of a keras.layers.Dense with trainable=False",
        "Merge": "keras.layers.Add, keras.layers.Concatenate and the like",
        "merge": "keras.layers.Add, keras.layers.Concatenate and the like",
        "advanced_activations": _ALL_LAYERS,
        "convolutional_recurrent": _ALL_LAYERS,
        "embeddings": _ALL_LAYERS,
        "local": _ALL_LAYERS,
        "noise": _ALL_LAYERS,
        "recurrent": _ALL_LAYERS,
        "wrappers": _ALL_LAYERS,
    },
    "keras_core.constraints": {
        "maxnorm": "keras.constraints.max_norm",
        "nonneg": "keras.constraints.non_neg",
        "unitnorm": "keras.constraints.unit_norm",
    },
    "keras_core.callbacks": {
        "BaseLogger": "keras.callbacks.Callback; fit() averages the logs itself",
    },
    "keras_core.metrics": {
        "MeanRelativeError": "keras.metrics.MeanAbsolutePercentageError",
    },
    "keras_core.models": {
        "model_from_yaml": "keras.models.model_from_json",
        "model_from_config": "keras.Model.from_config",
    },
    "keras_core.mixed_precision": {
        "experimental": "keras.mixed_precision.set_global_policy",
    },
    "keras_core.saving": {
        "hdf5_format": "keras.saving.save_model and load_model, with a path that ends with '.h5'",
    },
    "keras_core.utils": {
        "GeneratorEnqueuer": _DATASET,
        "HDF5Matrix": "a keras.utils.PyDataset around an h5py.Dataset",
        "OrderedEnqueuer": _DATASET,
        "SidecarEvaluator": "model.evaluate() in a loop over the files of a ModelCheckpoint",
        "data_utils": _ALL_UTILS,
        "experimental": "a keras.utils.PyDataset or tf.data.Dataset given to fit()",
        "generic_utils": _ALL_UTILS,
        "layer_utils": _ALL_UTILS,
        "multi_gpu_model": "keras.distribution.DataParallel",
        "np_utils": "keras.utils.to_categorical",
        "vis_utils": "keras.utils.plot_model",
    },
    "keras_core.wrappers": {
        "scikit_learn": "keras.wrappers.SKLearnClassifier and SKLearnRegressor",
    },
}

#: Packages whose public names are all in themselves, whatever modules there may have been inside.
_FLAT = frozenset(
    "activations callbacks constraints initializers layers losses metrics models ops optimizers "
    "random regularizers saving".split()
)

#: Short names of functions, which still work.
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
}
_SHORT |= {name.upper(): _SHORT[name] for name in ("mse", "mae", "mape", "msle", "kld")}
_ALIASES = {"keras_core.losses": _SHORT, "keras_core.metrics": _SHORT}
#: What only `tf.keras` has, and where it stands here.
_ELSEWHERE = {
    "keras_core.layers": {"ThresholdedReLU": "keras_core.legacy.layers"},
    "keras_core.losses": {"Reduction": "keras_core.legacy.losses"},
}

#: Gone from objects: name -> what to use.
ATTRIBUTES = {
    "add_update": "assign() within call()",
    "compiled_loss": "compute_loss()",
    "compute_gradients": "keras.value_and_grad, or the framework's own gradients",
    "dynamic": "compile(run_eagerly=True)",
    "evaluate_generator": "evaluate(), which takes generators",
    "fit_generator": "fit(), which takes generators",
    "get_gradients": "keras.value_and_grad, or the framework's own gradients",
    "get_input_at": "layer.input",
    "get_output_at": "layer.output",
    "get_weights": "variables, as in [v.numpy() for v in optimizer.variables]",
    "get_weight_paths": "{v.path: v for v in model.weights}",
    "get_updates": "apply_gradients(), or train with fit()",
    "input_mask": "layer.compute_mask()",
    "input_shape": "layer.input.shape, in a functional or built sequential model",
    "minimize": "apply_gradients() with the framework's own gradients, or keras.value_and_grad",
    "output_mask": "layer.compute_mask()",
    "output_shape": "layer.output.shape, in a functional or built sequential model",
    "predict_classes": (
        "predict().argmax(axis=-1) for a softmax, (predict() > 0.5).astype('int32') for a sigmoid"
    ),
    "predict_generator": "predict(), which takes generators",
    "predict_proba": "predict()",
    "reset_states": "reset_state(); of the layers inside of a model, one by one",
    "state_updates": "layers' non_trainable_variables",
    "stateful": "layer.stateful, of each recurrent layer",
    "to_yaml": "to_json()",
    "total_loss": "compute_loss()",
    "uses_learning_phase": "the argument `training` of call()",
    "updates": "assign() within call()",
    "weights": "variables",
}

#: Gone from constructors and functions: argument -> what to do.
ARGUMENTS = {
    "dim_ordering": "write data_format=",
    "nb_epoch": "write epochs=",
    "write_grads": "leave it out: histograms are of the weights",
    "experimental_run_tf_function": "leave it out",
    "fused": "leave it out: the fast kernel is taken by itself",
    "period": "write save_freq=",
    "workers": "give it to the keras.utils.PyDataset, as workers=",
    "use_multiprocessing": "give it to the keras.utils.PyDataset",
    "max_queue_size": "give it to the keras.utils.PyDataset",
    "implementation": "leave it out: there is one implementation",
    "input": "write inputs=",
    "output": "write outputs=",
    "time_major": "transpose the inputs with ops.swapaxes(x, 0, 1)",
    "nb_filter": "write filters=",
    "init": "write kernel_initializer=",
    "output_dim": "write units=",
    "border_mode": "write padding=",
    "reset_metrics": "leave it out: each call gives the metrics of its own batch",
    "sample_weight_mode": "leave it out: weights may have any shape that the loss has",
    "save_format": "let the path end with .weights.h5, .weights.json or .safetensors",
    "subsample": "write strides=",
}


def gone(owner: str, name: str) -> str | None:
    """What the error for a missing attribute adds, None if the name never was one."""
    instead = ATTRIBUTES.get(name)
    return f"{owner} has no `{name}` any more, as of Keras 3. Use {instead}." if instead else None


def missing_attribute(owner: Any, name: str) -> AttributeError:
    """The error for an attribute that an object lacks.

    A property that raises AttributeError itself leads here too: its own error is raised anew.
    """
    for cls in type(owner).__mro__:
        found = cls.__dict__.get(name)
        if isinstance(found, property) and found.fget is not None:
            found.fget(owner)
    kind = type(owner).__name__
    return AttributeError(gone(kind, name) or f"{kind!r} object has no attribute {name!r}")


def advice(arguments: Any) -> str:
    """What the error for unknown arguments adds."""
    found = [f"{name}: {ARGUMENTS[name]}" for name in sorted(arguments) if name in ARGUMENTS]
    return f" As of Keras 3: {'; '.join(found)}." if found else ""


def name_first(*order: str) -> Callable[[_Method], _Method]:
    """Have a method take calls whose first argument is a name, as `add_weight` was called.

    Args:
        *order: the arguments' names in that older order, "name" the first.
    """

    def decorate(method: _Method) -> _Method:
        @functools.wraps(method)
        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            if args and isinstance(args[0], str):
                kwargs |= zip(order, args, strict=False)
                args = ()
            return method(self, *args, **kwargs)

        return cast(_Method, wrapped)

    return decorate


def _gone(name: str, instead: str) -> str:
    return f"{name.replace('keras_core', 'keras', 1)} is gone, as of Keras 3. Use {instead}."


def attach(package: str, file: str) -> tuple[Callable, Callable, list[str]]:
    """The lazy names of a package, with advice for those that are gone.

    Args:
        package: its name.
        file: its `__file__`.
    """
    find, names, everything = lazy_loader.attach_stub(package, file)

    def look(name: str) -> Any:
        try:
            return find(name)
        except AttributeError:
            alias = _ALIASES.get(package, {}).get(name)
            if alias is not None:
                return find(alias)
            home = _ELSEWHERE.get(package, {}).get(name)
            if home is not None:
                return getattr(importlib.import_module(home), name)
            instead = MODULES.get(package, {}).get(name)
            if instead is None:
                raise
        raise _missing(_gone(f"{package}.{name}", instead), name, sys._getframe(1))

    return look, names, everything


def _missing(text: str, name: str, caller: FrameType) -> Exception:
    """The error for a name that a module lacks, in the form that its reader will see.

    `from keras.layers import CuDNNLSTM` would put an error of its own in the place of an
    AttributeError, and nobody would read the advice.
    """
    by_import = caller.f_code.co_code[caller.f_lasti] == _IMPORT_FROM
    return (ImportError if by_import else AttributeError)(text, name=name)


def attach_inside(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package inside a public one: advice for the public one's names.

    `from keras.layers.core import Dense` was right in `tf.keras` 2.

    Args:
        module: the inner package's name, as "keras_core.layers.core".
    """
    public = module.rpartition(".")[0]

    def look(name: str) -> Any:
        home = sys.modules[public]
        if name.startswith("__") or name not in home.__all__:
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        instead = f"{public.replace('keras_core', 'keras', 1)}.{name}"
        raise _missing(_gone(f"{module}.{name}", instead), name, sys._getframe(1))

    return look


class Experimental(ModuleType):
    """`experimental` of a package: its names have become those of the package itself."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package}.experimental")
        self.__dict__["__path__"] = []  # so that `preprocessing` below it can be imported
        self._package = package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "preprocessing":
            return self
        name = {"SyncBatchNormalization": "BatchNormalization"}.get(name, name)
        return getattr(importlib.import_module(self._package), name)


class _OldModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last for modules: `experimental` ones are here, of those that are gone it tells."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        if not parent.startswith("keras_core"):
            return None
        if isinstance(getattr(sys.modules.get(parent), name, None), Experimental):
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        instead = MODULES.get(parent, {}).get(name)
        if instead is not None:
            raise ModuleNotFoundError(_gone(fullname, instead), name=fullname)
        _, _, public = parent.partition(".")
        public = public.partition(".")[0]
        if public in _FLAT:
            old = fullname.replace("keras_core", "keras", 1)
            text = f"{old} is no module: all public names are in keras.{public}."
            raise ModuleNotFoundError(text, name=fullname)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Put what the attribute is in the place of the empty module."""
        parent, _, name = module.__name__.rpartition(".")
        sys.modules[module.__name__] = getattr(sys.modules[parent], name)


sys.meta_path.append(_OldModules())
