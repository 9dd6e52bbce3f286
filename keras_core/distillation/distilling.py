"""Distiller: a model that trains its student on targets and on its teacher."""

from __future__ import annotations

from typing import Any

from keras_core import metrics, ops
from keras_core.backends.select import backend
from keras_core.core import errors, registry, tree
from keras_core.distillation.matching import DistillationLoss
from keras_core.models import Model


class Distiller(Model):
    """Trains a student with a frozen teacher beside it.

    The loss is `w * student's loss + (1 - w) * distillation losses`. As a model it is the
    student: it predicts what the student does.

    Args:
        teacher: a trained model; it is frozen.
        student: the model to train.
        distillation_losses: a `DistillationLoss`, or a list of them.
        distillation_loss_weights: a number for each of them; None for ones.
        student_loss_weight: the weight w of the student's own loss, 0 to 1.
        name: the model's name.
        **kwargs: other arguments of `Model`.

    Raises:
        ValueError: if an argument is out of range, or the models cannot be compared.

    Reference:
        Hinton et al., 2015, https://arxiv.org/abs/1503.02531

    Example:

    >>> import keras_core as keras
    >>> def model(units):
    ...     hidden = keras.layers.Dense(units, activation="relu")
    ...     last = keras.layers.Dense(3, activation="softmax")
    ...     return keras.Sequential([keras.layers.Input((4,)), hidden, last])
    >>> distiller = keras.distillation.Distiller(
    ...     model(64), model(8), keras.distillation.LogitsDistillation(temperature=2.0)
    ... )
    >>> distiller.compile("adam", "sparse_categorical_crossentropy")
    """

    _untracked = Model._untracked | {"_extractors", "_student_features", "distillation_losses"}

    def __init__(
        self,
        teacher: Any,
        student: Any,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        for role, model in (("teacher", teacher), ("student", student)):
            if not isinstance(model, Model):
                raise ValueError(errors.message("Distiller", role, "be a Model", model))
        several = isinstance(distillation_losses, (list, tuple))
        own = list(distillation_losses) if several else [distillation_losses]
        if not own or not all(isinstance(loss, DistillationLoss) for loss in own):
            raise ValueError(
                errors.message(
                    "Distiller", "distillation_losses",
                    "be a DistillationLoss or a list of them", distillation_losses,
                )
            )  # fmt: skip
        weights = distillation_loss_weights
        if weights is None:
            weights = [1.0] * len(own)
        weights = list(weights) if isinstance(weights, (list, tuple)) else [weights]
        if len(weights) != len(own):
            raise ValueError(
                errors.message(
                    "Distiller", "distillation_loss_weights",
                    f"have a number for each of the {len(own)} losses", distillation_loss_weights,
                )
            )  # fmt: skip
        if not 0 <= student_loss_weight <= 1:
            raise ValueError(
                errors.message(
                    "Distiller", "student_loss_weight", "be from 0 to 1", student_loss_weight
                )
            )
        for loss in own:
            loss.validate_model_compatibility(teacher, student)
        self.teacher, self.student = teacher, student
        teacher.trainable = False
        self.distillation_losses, self.distillation_loss_weights = own, weights
        self.student_loss_weight = student_loss_weight
        self._extractors = {
            "teacher": _extractor(teacher, [loss.teacher_layer_name for loss in own]),
            "student": _extractor(student, [loss.student_layer_name for loss in own]),
        }
        self._student_features: Any = None
        self.student_loss_tracker = metrics.Mean(name="student_loss")
        self.distillation_loss_tracker = metrics.Mean(name="distillation_loss")
        self.total_loss_tracker = metrics.Mean(name="total_loss")
        self.built = all(model.built for model in (teacher, student))

    def build(self, input_shape: Any = None) -> None:
        for model in (self.teacher, self.student):
            if not model.built:
                model.build(input_shape)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """The student's outputs."""
        features = self._extractors["student"](inputs, training, **kwargs)
        # Kept for the loss of this same step, so that the student runs once.
        self.__dict__["_student_features"] = features
        return features[0]

    def compile(
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """As `Model.compile`; `loss` is the student's own.

        Raises:
            ValueError: if there is no loss.
        """
        if loss is None:
            raise ValueError(errors.message("Distiller.compile", "loss", "be a loss", loss))
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The weighted sum of the student's loss and those against the teacher."""
        student_features = self.__dict__.pop("_student_features", None)
        if student_features is None or student_features[0] is not y_pred:
            student_features = self._extractors["student"](x, training)
        teacher_features = self._extractors["teacher"](x, False)
        own = super().compute_loss(x, y, y_pred, sample_weight, training)
        distilled: Any = 0.0
        for i, (loss, weight) in enumerate(
            zip(self.distillation_losses, self.distillation_loss_weights, strict=True)
        ):
            teacher = tree.map_structure(ops.stop_gradient, teacher_features[i + 1])
            distilled = distilled + weight * loss.compute_loss(teacher, student_features[i + 1])
        share = self.student_loss_weight
        total = share * own + (1.0 - share) * distilled
        size = backend.arrays.shape(y_pred)[0] if hasattr(y_pred, "shape") else 1
        for tracker, value in (
            (self.student_loss_tracker, own),
            (self.distillation_loss_tracker, distilled),
            (self.total_loss_tracker, total),
        ):
            tracker.update_state(ops.stop_gradient(value), sample_weight=size)
        return total

    def get_config(self) -> dict[str, Any]:
        serialize = registry.serialize_keras_object
        return {
            **super().get_config(),
            "name": self.name,
            "trainable": self.trainable,
            "teacher": serialize(self.teacher),
            "student": serialize(self.student),
            "distillation_losses": [serialize(loss) for loss in self.distillation_losses],
            "distillation_loss_weights": self.distillation_loss_weights,
            "student_loss_weight": self.student_loss_weight,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        def found(value: Any) -> Any:
            return registry.deserialize_keras_object(value, custom_objects=custom_objects)

        config = dict(config)
        for key in ("teacher", "student", "dtype"):
            if isinstance(config.get(key), dict):
                config[key] = found(config[key])
        config["distillation_losses"] = [found(x) for x in config["distillation_losses"]]
        return cls(**config)


def _extractor(model: Any, names: list[str | None]) -> Any:
    """A function giving the model's outputs, then those of the named layers (None: its own)."""
    if not any(names):

        def plain(x: Any, training: bool | None, **kwargs: Any) -> list[Any]:
            outputs = model(x, training=training, **kwargs)
            return [outputs] * (len(names) + 1)

        return plain
    inner = [model.get_layer(name).output for name in names if name is not None]
    inputs, outputs = (x if len(x) > 1 else x[0] for x in (model.inputs, model.outputs))
    whole = Model(inputs, [outputs, *inner])  # what both need is computed once

    def extract(x: Any, training: bool | None, **kwargs: Any) -> list[Any]:
        outputs, *features = whole(x, training=training, **kwargs)
        rest = iter(features)
        return [outputs] + [outputs if name is None else next(rest) for name in names]

    return extract
