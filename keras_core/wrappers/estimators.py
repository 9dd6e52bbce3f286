"""Classifier, regressor and transformer over a model, after scikit-learn's rules."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import numpy as np

from keras_core.core.errors import message, missing_package
from keras_core.models.cloning import clone_model
from keras_core.models.model import Model

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise missing_package("scikit-learn", "keras_core.wrappers", "'scikit-learn>=1.6'") from error


class _Estimator(BaseEstimator):
    """What the three share: arguments, and a model that is made and trained by `fit`."""

    # `fit` passes keywords on; this one can be routed through meta-estimators.
    __metadata_request__fit: ClassVar[dict[str, Any]] = {"sample_weight": None}

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    @property
    def epoch_(self) -> int:
        """How many epochs `fit` has trained for; with `warm_start`, all calls together."""
        check_is_fitted(self, "history_")
        return self._epochs

    def _make(self, x: np.ndarray, y: Any) -> Any:
        """A model to be trained: what the function gives, or a copy of the model."""
        owner = type(self).__name__
        if isinstance(self.model, Model):
            if self.model_kwargs:
                raise ValueError(
                    message(owner, "model_kwargs", "be None for a model", self.model_kwargs)
                )
            made = _copy(self.model)
        elif callable(self.model) and not inspect.isclass(self.model):
            made = self.model(X=x, y=y, **(self.model_kwargs or {}))
        else:
            must = "be a compiled model, or a function (X, y, **model_kwargs) that gives one"
            raise TypeError(message(owner, "model", must, self.model))
        if not getattr(made, "compiled", False):
            raise RuntimeError(
                f"{owner}: the model must be compiled. Received: {made!r}. Call compile(loss=..., "
                "optimizer=...) on it first."
            )
        return made

    def _train(self, x: np.ndarray, y: Any, kwargs: dict[str, Any]) -> None:
        again = self.warm_start and hasattr(self, "model_")
        made = self.model_ if again else self._make(x, y)
        history = made.fit(x, y, **{"verbose": 0, **(self.fit_kwargs or {}), **kwargs})
        before = self._epochs if again else 0
        self.model_, self.history_ = made, history
        self._epochs = before + len(history.epoch)

    def _outputs(self, x: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        x = validate_data(self, x, reset=False)
        return np.asarray(self.model_.predict(x, verbose=0))


def _copy(model: Any) -> Any:
    """A model of its own with the same configuration, compilation and weights."""
    made = clone_model(model)
    if model.built:
        if not made.built:
            made.build(model.input_shape)
        made.set_weights(model.get_weights())
    return made


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a scikit-learn classifier.

    Targets reach the model one-hot, of shape `(samples, classes)`; its outputs are a score for
    each class.

    Args:
        model: a compiled model, of which a copy is trained; or a function
            `model(X, y, **model_kwargs)` that gives a compiled model for the data.
        warm_start: whether a further `fit` goes on with the model of the last one.
        model_kwargs: keywords of the function.
        fit_kwargs: keywords of the model's `fit`.

    Attributes:
        model_: the trained model.
        history_: the `History` of the last `fit`.
        classes_: the labels, sorted.

    Raises:
        ImportError: if scikit-learn is not installed.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> def make(X, y):
    ...     model = keras.Sequential([keras.layers.Dense(y.shape[1], activation="softmax")])
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> X, y = np.eye(4), np.array(["a", "b", "a", "b"])
    >>> keras.wrappers.SKLearnClassifier(make).fit(X, y).predict(X).shape
    (4,)
    """

    def fit(self, X: Any, y: Any, **kwargs: Any) -> SKLearnClassifier:
        """Train on samples `X` of shape `(samples, features)` with labels `y`.

        Args:
            X: the samples.
            y: a label for each.
            **kwargs: keywords of the model's `fit`, such as `sample_weight` or `epochs`.

        Returns:
            The estimator.
        """
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        classes, indices = np.unique(y, return_inverse=True)
        if self.warm_start and hasattr(self, "model_") and list(classes) != list(self.classes_):
            raise ValueError(
                message("SKLearnClassifier", "y", "have the classes of the first fit", classes)
            )
        self.classes_ = classes
        self._train(X, np.eye(len(classes))[indices], kwargs)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's scores.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            Shape `(samples, classes)`; for two classes, the second one's advantage over the
            first, of shape `(samples,)`, as scikit-learn has it.
        """
        scores = self._outputs(X)
        if len(self.classes_) != 2:
            return scores
        if scores.ndim > 1 and scores.shape[1] == 2:
            return scores[:, 1] - scores[:, 0]
        return scores.reshape(-1) - 0.5

    def predict(self, X: Any) -> np.ndarray:
        """The label with the best score, for each sample of `X`."""
        check_is_fitted(self, "model_")
        scores = self.decision_function(X)
        if len(self.classes_) == 2:
            return self.classes_[(scores > 0).astype(int)]
        return self.classes_[scores.argmax(-1)]


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a scikit-learn regressor.

    Args:
        model: a compiled model, of which a copy is trained; or a function
            `model(X, y, **model_kwargs)` that gives a compiled model for the data.
        warm_start: whether a further `fit` goes on with the model of the last one.
        model_kwargs: keywords of the function.
        fit_kwargs: keywords of the model's `fit`.

    Attributes:
        model_: the trained model.
        history_: the `History` of the last `fit`.

    Raises:
        ImportError: if scikit-learn is not installed.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> X, y = np.eye(4), np.arange(4.0)
    >>> keras.wrappers.SKLearnRegressor(model).fit(X, y).predict(X).shape
    (4,)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # of a model that was trained for an epoch
        return tags

    def fit(self, X: Any, y: Any, **kwargs: Any) -> SKLearnRegressor:
        """Train on samples `X` of shape `(samples, features)` with targets `y`.

        Args:
            X: the samples.
            y: a number for each.
            **kwargs: keywords of the model's `fit`, such as `sample_weight` or `epochs`.

        Returns:
            The estimator.
        """
        X, y = validate_data(self, X, y, y_numeric=True, multi_output=True)
        y = column_or_1d(y, warn=True)
        self._train(X, y.reshape(-1, 1), kwargs)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """A number for each sample of `X`."""
        out = self._outputs(X)
        return out[:, 0] if out.ndim == 2 and out.shape[1] == 1 else out


class SKLearnTransformer(TransformerMixin, _Estimator):
    """A model as a scikit-learn transformer: what it predicts are the new features.

    Args:
        model: a compiled model, of which a copy is trained; or a function
            `model(X, y, **model_kwargs)` that gives a compiled model for the data.
        warm_start: whether a further `fit` goes on with the model of the last one.
        model_kwargs: keywords of the function.
        fit_kwargs: keywords of the model's `fit`.

    Attributes:
        model_: the trained model.
        history_: the `History` of the last `fit`.

    Raises:
        ImportError: if scikit-learn is not installed.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> model.compile("adam", "mse")
    >>> X, y = np.eye(4), np.ones((4, 2))
    >>> keras.wrappers.SKLearnTransformer(model).fit(X, y).transform(X).shape
    (4, 2)
    """

    def fit(self, X: Any, y: Any = None, **kwargs: Any) -> SKLearnTransformer:
        """Train on samples `X` of shape `(samples, features)`.

        Args:
            X: the samples.
            y: the model's targets; None for a model that needs none.
            **kwargs: keywords of the model's `fit`.

        Returns:
            The estimator.
        """
        X = validate_data(self, X)
        if y is not None:
            y = np.asarray(y)
            y = y.reshape(len(y), -1)
        self._train(X, y, kwargs)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """The new features of samples `X`."""
        return self._outputs(X)

    def predict(self, X: Any) -> np.ndarray:
        """The same as `transform`, in the dtype of the model."""
        return self._outputs(X)
