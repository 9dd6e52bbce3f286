"""How far a student is from its teacher: losses between their outputs, or layers inside."""

from __future__ import annotations

from typing import Any

from keras_core import losses, ops
from keras_core.core import errors, registry, tree


class DistillationLoss:
    """A loss between what teacher and student give: define `compute_loss`.

    Example:

    >>> import keras_core as keras
    >>> class Gap(keras.distillation.DistillationLoss):
    ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
    ...         return keras.ops.mean(keras.ops.abs(teacher_outputs - student_outputs))
    >>> float(Gap().compute_loss(keras.ops.ones((2, 3)), keras.ops.zeros((2, 3))))
    1.0
    """

    #: The layers whose outputs are compared; None: the models' own outputs.
    teacher_layer_name: str | None = None
    student_layer_name: str | None = None

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The loss of a batch, a scalar.

        Args:
            teacher_outputs: a tensor, or a structure of them.
            student_outputs: likewise.
            **kwargs: what later versions pass.
        """
        raise NotImplementedError(f"{type(self).__name__} must define compute_loss().")

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Check that the outputs can be compared.

        Raises:
            ValueError: if their structures differ.
        """
        tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Check that the models can be compared; here all can."""


class _Compared(DistillationLoss):
    """A loss function, or one for each output, after something is done to both sides."""

    def __init__(self, loss: Any) -> None:
        if loss is None or (tree.is_nested(loss) and all(x is None for x in tree.flatten(loss))):
            raise ValueError(errors.message(type(self).__name__, "loss", "be a loss", loss))
        config = isinstance(loss, dict) and "class_name" in loss
        self.loss = losses.get(loss) if config else tree.map_structure(losses.get, loss)

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        super().validate_outputs(teacher_outputs, student_outputs)
        if tree.is_nested(self.loss):
            tree.assert_same_structure(self.loss, student_outputs)

    def _prepared(self, x: Any) -> Any:
        return x

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        self.validate_outputs(teacher_outputs, student_outputs)
        pairs = zip(tree.flatten(teacher_outputs), tree.flatten(student_outputs), strict=True)
        pairs = [(self._prepared(a), self._prepared(b)) for a, b in pairs]
        each = tree.flatten(self.loss) if tree.is_nested(self.loss) else [self.loss] * len(pairs)
        found = [
            ops.mean(function(a, b))
            for function, (a, b) in zip(each, pairs, strict=True)
            if function is not None
        ]
        return sum(found[1:], start=found[0])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"loss": registry.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A loss from what `get_config` gave."""
        return cls(**config)


class LogitsDistillation(_Compared):
    """A loss between the models' outputs, each divided by a temperature.

    The loss function sees the divided outputs as they are, as in Keras. For outputs that are
    logits give one that makes probabilities of them.

    Args:
        temperature: what outputs are divided by, above 0; the higher, the softer.
        loss: a loss, its name, or a structure of them for several outputs; None within it
            leaves an output out.

    Raises:
        ValueError: if `temperature` is no positive number, or there is no loss.

    Reference:
        Hinton et al., 2015, https://arxiv.org/abs/1503.02531

    Example:

    >>> import keras_core as keras
    >>> loss = keras.distillation.LogitsDistillation(temperature=2.0, loss="mse")
    >>> float(loss.compute_loss(keras.ops.ones((2, 3)), keras.ops.zeros((2, 3))))
    0.25
    """

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence") -> None:
        number = isinstance(temperature, (int, float)) and not isinstance(temperature, bool)
        if not number or not temperature > 0:
            raise ValueError(
                errors.message(
                    "LogitsDistillation", "temperature", "be a number above 0", temperature
                )
            )
        super().__init__(loss)
        self.temperature = temperature

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Check that each output of the student has the teacher's shape.

        Raises:
            ValueError: if structures or shapes differ.
        """
        super().validate_outputs(teacher_outputs, student_outputs)
        shapes = [tuple(x.shape) for x in tree.flatten(teacher_outputs)]
        received = [tuple(x.shape) for x in tree.flatten(student_outputs)]
        for ours, theirs in zip(received, shapes, strict=True):
            if len(ours) != len(theirs) or any(
                a != b and None not in (a, b) for a, b in zip(ours, theirs, strict=True)
            ):
                raise ValueError(
                    "LogitsDistillation: the student's outputs must have the shapes of the "
                    f"teacher's, {shapes}. Received: {received}. Give the student's last layer "
                    "as many units, or compare inner layers by FeatureDistillation."
                )

    def _prepared(self, x: Any) -> Any:
        return ops.divide(x, self.temperature)

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature, **super().get_config()}


class FeatureDistillation(_Compared):
    """A loss between the outputs of a layer of the teacher and one of the student.

    Args:
        loss: a loss, its name, or a structure of them for several outputs.
        teacher_layer_name: the layer of the teacher; None for the model's outputs.
        student_layer_name: the layer of the student; None for the model's outputs.

    Raises:
        ValueError: if there is no loss.

    Reference:
        Romero et al., 2014, https://arxiv.org/abs/1412.6550

    Example:

    >>> import keras_core as keras
    >>> loss = keras.distillation.FeatureDistillation("mae", "encoder", "encoder")
    >>> float(loss.compute_loss(keras.ops.ones((2, 3)), keras.ops.zeros((2, 3))))
    1.0
    """

    def __init__(
        self,
        loss: Any = "mse",
        teacher_layer_name: str | None = None,
        student_layer_name: str | None = None,
    ) -> None:
        super().__init__(loss)
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Check that both models have the layers, and graphs to find them in.

        Raises:
            ValueError: if not.
        """
        named = {
            "teacher": (teacher, self.teacher_layer_name),
            "student": (student, self.student_layer_name),
        }
        for role, (model, name) in named.items():
            if name is None:
                continue
            if not getattr(model, "inputs", None):
                raise ValueError(
                    f"FeatureDistillation: the {role} must be a Functional or built Sequential "
                    f"model, in which the layer {name!r} can be found. Received: {model!r}"
                )
            model.get_layer(name)  # raises with the names that there are

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "teacher_layer_name": self.teacher_layer_name,
            "student_layer_name": self.student_layer_name,
        }
