"""Trainer: what makes a layer a model that is compiled, trained, evaluated and asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.backends.step import takes_state
from keras_core.core import dtypes, masks, settings, tracking, tree
from keras_core.core.errors import message
from keras_core.core.tracebacks import trimmed
from keras_core.losses.reduction import as_tensor
from keras_core.training import step_inputs
from keras_core.training.data.arrays import narrowed
from keras_core.training.data.packing import unpack_x_y_sample_weight
from keras_core.training.model_metrics import ModelMetrics
from keras_core.training.outputs import owned
from keras_core.training.state import Compiled, config_of, from_config

if TYPE_CHECKING:  # what is trained is a layer: `Model` puts the two together
    from keras_core.layers.base.layer import Layer as _Trained
else:
    _Trained = object


class Trainer(ModelMetrics, _Trained):
    """The part of `Model` that trains it."""

    optimizer: Any = None
    loss: Any = None
    compiled: bool = False
    history: Any = None
    stop_training: bool = False
    stop_evaluating: bool = False
    stop_predicting: bool = False
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    _run_eagerly: bool = False
    _jit_compile: Any = "auto"
    _steps_per_execution: Any = "auto"
    _steps: dict[str, Any] | None = None

    # Compiling -----------------------------------------------------------------------------

    @trimmed
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained.

        Args:
            optimizer: an optimizer, its name or config.
            loss: a loss (object, name, or function of targets and predictions); for several
                outputs a list, or a dict by the outputs' names. None for outputs without one.
                Left out when the model was compiled before: that loss, with its weights.
            loss_weights: numbers that the outputs' losses are multiplied with, in the same form.
            metrics: a list of metrics (objects, names, functions); for several outputs a list
                of lists, or a dict by name. "accuracy" is chosen by shapes and loss. Without
                `metrics` and `weighted_metrics` those of an earlier `compile` stay; `[]` is none.
            weighted_metrics: metrics that take the sample weights, in the same form.
            run_eagerly: whether steps run as plain Python, for debugging.
            steps_per_execution: how many batches run together between two calls of
                callbacks; "auto": as many as nobody watches, up to a tenth of a second.
            jit_compile: whether steps are compiled by XLA or torch.compile; "auto": where it
                is faster.
            auto_scale_loss: whether a model that computes in float16 with wider variables gets a
                `LossScaleOptimizer` around its optimizer.

        Raises:
            ValueError: if an argument is unknown or has a wrong form.

        Example:

        >>> import keras_core as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        """
        from keras_core import optimizers

        owner = self._owner("compile")
        if steps_per_execution != "auto" and (
            not isinstance(steps_per_execution, (int, np.integer)) or steps_per_execution < 1
        ):
            raise ValueError(
                message(owner, "steps_per_execution", "be 'auto' or a positive int",
                        steps_per_execution)
            )  # fmt: skip
        if jit_compile not in (True, False, "auto", None):
            raise ValueError(message(owner, "jit_compile", "be True, False or 'auto'", jit_compile))
        found = optimizers.get(optimizer)
        if (
            auto_scale_loss
            and found is not None
            and getattr(self, "compute_dtype", None) == "float16"
            and getattr(self, "variable_dtype", None) != "float16"  # as in Keras
            and not isinstance(found, optimizers.LossScaleOptimizer)
        ):
            found = optimizers.LossScaleOptimizer(found)
        name = f"{type(self).__name__} {getattr(self, 'name', '')!r}"
        given = loss, loss_weights, metrics, weighted_metrics
        if self._compiled is not None:
            given = loss, loss_weights, metrics, weighted_metrics = self._compiled.kept(*given)
        compiled = Compiled(*given, name)
        compiled.default_optimizer = optimizer == "rmsprop"
        compiled.arguments = {
            "optimizer": found,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        # All is well: only now the model changes.
        state = self.__dict__
        state["optimizer"], state["loss"] = found, loss
        state["_compiled"], state["compiled"] = compiled, True
        state["_run_eagerly"] = bool(run_eagerly)
        state["_jit_compile"] = "auto" if jit_compile is None else jit_compile
        state["_steps_per_execution"] = steps_per_execution
        state["_steps"] = {}
        state["stop_training"] = False
        for name in ("train_function", "test_function", "predict_function"):
            state[name] = None

    def _owner(self, method: str) -> str:
        """The model and method, as errors name them."""
        method = {"train": "fit", "test": "evaluate"}.get(method, method)
        return f"{type(self).__name__} {getattr(self, 'name', '')!r}.{method}()"

    def _need_compiled(self, method: str) -> Compiled:
        if self._compiled is None:
            raise ValueError(
                f"{self._owner(method)} needs a compiled model. Call "
                'compile(optimizer=..., loss=...) first, for instance compile("adam", "mse").'
            )
        return self._compiled

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run as plain Python."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self.__dict__["_run_eagerly"] = bool(value)
        self.__dict__["_steps"] = {}

    @property
    def jit_compile(self) -> Any:
        """Whether steps are compiled: True, False or "auto"."""
        return self._jit_compile

    @jit_compile.setter
    def jit_compile(self, value: Any) -> None:
        self.__dict__["_jit_compile"] = value
        self.__dict__["_steps"] = {}

    def jax_state_sync(self) -> None:
        """Nothing to do: variables have their current values whenever they can be looked at.

        For callbacks written for Keras on JAX, which has to be asked for them.
        """

    @property
    def steps_per_execution(self) -> Any:
        """How many batches run together."""
        return self._steps_per_execution

    @steps_per_execution.setter
    def steps_per_execution(self, value: Any) -> None:
        self.__dict__["_steps_per_execution"] = value

    @property
    def compiled_metrics(self) -> Any:
        """The metrics that `compile` was given, as one; None without any."""
        return self._compiled.metrics if self._compiled is not None else None

    def get_compile_config(self) -> dict[str, Any] | None:
        """The arguments of `compile` as a config; None if the model is not compiled."""
        return None if self._compiled is None else config_of(self._compiled.arguments)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile the model as `get_compile_config` says."""
        self.compile(**from_config(config))
        if self.optimizer is not None and getattr(self, "built", False):
            self.optimizer.build(self.trainable_variables)

    # Loss ----------------------------------------------------------------------------------

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of a batch: that of `compile`, and the losses that layers added.

        Override it for a loss of another form; the rest of training stays.

        Args:
            x: the inputs.
            y: the targets.
            y_pred: the model's outputs.
            sample_weight: the weights.
            training: whether this is for training.

        Returns:
            A scalar tensor.

        Raises:
            ValueError: if there is no loss at all.
        """
        total = None
        compiled = self._compiled
        if compiled is not None and compiled.loss is not None:
            total = compiled.loss(y, y_pred, sample_weight)
        if self._may_add_losses():
            from keras_core import ops

            for loss in self.losses:
                loss = ops.sum(ops.cast(loss, dtypes.standardize(settings.floatx())))
                total = loss if total is None else total + loss
        if total is None:
            if training:
                raise ValueError(
                    f"{self._owner('fit')}: there is no loss. Pass loss= to compile(), or call "
                    "add_loss() in a layer."
                )
            total = backend.arrays.convert_to_tensor(0.0)
        return total

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """`compute_loss` as a pure function of the variables' values.

        Returns:
            `(loss, (trainable_variables, non_trainable_variables, metrics_variables))`, the
            values afterwards.
        """
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.metrics_variables,
        )
        return backend.execute.with_state(
            groups,
            (trainable_variables, non_trainable_variables, metrics_variables),
            lambda: self.compute_loss(x, y, y_pred, sample_weight, training),
        )

    def _may_add_losses(self) -> bool:
        """Whether `losses` can hold anything: collecting it takes a step's time on torch."""
        compiled = self._compiled
        if compiled is None or compiled.penalized is None:
            return True
        return compiled.penalized or type(self)._losses_in_use

    # Steps ---------------------------------------------------------------------------------

    def train_step(self, *args: Any) -> Any:
        """What `fit` does with a batch. Override it for another way of training.

        One form works on every backend: `train_step(self, data)`, which returns a dict of
        results. On TensorFlow and torch it may use their gradient tape and `backward()`. On JAX
        it may also be `train_step(self, state, data)`, a pure function that returns
        `(logs, state)`, where the state is the values of `(trainable_variables,
        non_trainable_variables, optimizer.variables, metrics_variables)`.

        Args:
            *args: `data`, or `state, data`.

        Returns:
            The results by name, or `(results, state)`.
        """
        if len(args) == 2:
            return self._with_state("train", args[0], lambda: self.train_step(args[1]))
        y, y_pred, sample_weight, x = self._train_update(*args)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, *args: Any) -> Any:
        """What `evaluate` does with a batch. Override it as `train_step`."""
        if len(args) == 2:
            return self._with_state("test", args[0], lambda: self.test_step(args[1]))
        y, y_pred, sample_weight, x = self._test_update(*args)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, *args: Any) -> Any:
        """What `predict` does with a batch. Override it as `train_step`."""
        if len(args) == 2:
            return self._with_state("predict", args[0], lambda: self.predict_step(args[1]))
        x, _, _ = unpack_x_y_sample_weight(args[0])
        return self._forward(x, False)

    def _with_state(self, kind: str, state: Any, function: Callable[[], Any]) -> Any:
        groups: tuple[Any, ...] = (
            self.trainable_variables,
            self.non_trainable_variables,
        )
        if kind == "train":
            groups += (self.optimizer_variables, self.metrics_variables)
        elif kind == "test":
            groups += (self.metrics_variables,)
        return backend.execute.with_state(groups, state, function)

    def _forward(self, x: Any, training: bool) -> Any:
        """The model's outputs; `training` reaches layers also if `call` has no such argument."""
        info = self._info
        if info.training or info.takes_any:
            return self(x, training=training)
        with step_inputs.call_context(self, training):
            return self(x)

    def _train_update(self, data: Any) -> tuple[Any, Any, Any, Any]:
        """A step of training but for the results of metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        compiled, optimizer = self._compiled, self.optimizer

        def forward() -> tuple[Any, Any]:
            y_pred = self._forward(x, True)
            loss = self.compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True
            )
            return optimizer.scale_loss(loss), (loss, y_pred, masks.of(y_pred))

        variables = compiled.trained  # type: ignore[union-attr]
        if variables is None:
            variables = self.trainable_variables
        elif False in [v._trainable for v in variables]:  # frozen by a callback
            variables = [v for v in variables if v._trainable]
        (_, out), gradients = backend.execute.value_and_grad(forward, variables)
        loss, y_pred, found = out
        masks.give(y_pred, found)  # what comes out of a traced function is another tensor
        with backend.execute.no_gradients():
            if variables:
                optimizer.apply(gradients, variables)
            self._track_loss(loss, x)
            self._update_metrics(y, y_pred, sample_weight)
        return y, y_pred, sample_weight, x

    def _test_update(self, data: Any) -> tuple[Any, Any, Any, Any]:
        """A step of evaluation but for the results of metrics."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._forward(x, False)
        loss = self.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
        )
        self._track_loss(loss, x)
        self._update_metrics(y, y_pred, sample_weight)
        return y, y_pred, sample_weight, x

    def _track_loss(self, loss: Any, x: Any) -> None:
        tracker = self._compiled.loss_tracker  # type: ignore[union-attr]
        first = x if not tree.is_nested(x) else tree.flatten(x)[0]
        size = backend.arrays.shape(first)[0] if len(first.shape) else 1
        if not isinstance(size, int):  # known only when the step runs
            size = backend.arrays.cast(size, tracker.dtype)
        # `tracker.update_state(loss, sample_weight=size)`, which a scalar makes this short.
        loss = as_tensor(loss, tracker.dtype)
        tracker.total.assign_add(loss * size)
        tracker.count.assign_add(size)

    def _step_functions(self, kind: str) -> tuple[Callable[..., Any], Any]:
        """The function of a step, and one for its results where they can wait."""
        step = getattr(self, f"{kind}_step")
        if self._overrides(f"{kind}_step"):
            return step_inputs.packed(step), None
        if kind == "predict" or self._overrides("compute_metrics"):
            return step, None
        return (self._train_update if kind == "train" else self._test_update), (
            self.get_metrics_result
        )

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without what was seen and compiled of this very object."""
        return super().__getstate__() | {"_steps": {}, "_seen": None}

    def _step(self, kind: str) -> Any:
        """The backend's step of this kind, for the present variables."""
        steps = self._steps
        if steps is None:
            steps = self.__dict__["_steps"] = {}
        step = steps.get(kind)
        if step is None:
            step = steps[kind] = backend.execute.Step(self, kind)
        else:
            step.refresh()
        return step

    def make_train_function(self, force: bool = False) -> Any:
        """Make `train_function`, which takes an iterator and trains on its next batch."""
        return self._make_function("train", force)

    def make_test_function(self, force: bool = False) -> Any:
        """Make `test_function`, which takes an iterator and evaluates its next batch."""
        return self._make_function("test", force)

    def make_predict_function(self, force: bool = False) -> Any:
        """Make `predict_function`, which takes an iterator and predicts its next batch."""
        return self._make_function("predict", force)

    def _make_function(self, kind: str, force: bool) -> Any:
        name = f"{kind}_function"
        if force and self._steps is not None:
            self._steps.pop(kind, None)
            self.__dict__[name] = None
        if getattr(self, name) is None:

            def function(iterator: Iterator[Any]) -> Any:
                leaves, spec = tree.flatten_spec(unpack_x_y_sample_weight(next(iterator)))
                return self._step(kind).batch(backend.execute.stage(leaves), spec)

            self.__dict__[name] = function
        return getattr(self, name)

    # Before the first step -----------------------------------------------------------------

    def _prepare(self, kind: str, batch: Callable[[], Any]) -> None:
        """Build the model, its losses and metrics, and the optimizer, from a first batch."""
        with tracking.steady(), backend.execute.scope_of(self):
            self._prepare_steadily(kind, batch)

    def _prepare_steadily(self, kind: str, batch: Callable[[], Any]) -> None:
        compiled = self._compiled
        surveys = self._surveys
        survey = surveys.present(self)
        if kind == "predict":
            built = survey is not None or self._is_built()
            if not built:
                self._outputs_spec(unpack_x_y_sample_weight(batch())[0])
            if built or self._is_built():
                surveys.take(self, survey)
            return
        assert compiled is not None
        built = compiled.built and (survey is not None or self._is_built())
        if not built and not self._is_on_its_own(kind):
            x, y, _ = unpack_x_y_sample_weight(batch())
            spec = self._outputs_spec(x)
            names = getattr(self, "output_names", None)
            compiled.build(step_inputs.specs(y), spec, names)
        trained = survey.trained if survey is not None else self.trainable_variables
        if kind == "train":
            self._build_optimizer(compiled, trained)
        compiled.note(trained, kind == "train")
        if survey is not None or self._is_built():
            surveys.take(self, survey)

    def _build_optimizer(self, compiled: Compiled, trained: list[Any]) -> None:
        """Build the optimizer, where it may be expected to be used."""
        optimizer, own_step = self.optimizer, self._overrides("train_step")
        if optimizer is None:
            if own_step:
                return
            raise ValueError(
                f"{self._owner('fit')} needs an optimizer. Received: compile(optimizer=None)"
            )
        if optimizer.built:
            return
        if (
            own_step
            and compiled.default_optimizer
            and self._other_optimizers()
            and not takes_state(self.train_step)
        ):
            return  # an update of its own would build it
        for layer in self._trainable_layers():
            for text in getattr(layer, "_overlooked", list)():
                warnings.warn(text, UserWarning, stacklevel=2)
        optimizer.build(trained)

    def _overrides(self, *names: str) -> bool:
        """Whether the user's class has a method of its own in place of one of these."""
        for name in names:  # noqa: SIM110 - at every step, where it is cheaper than `any`
            if getattr(type(self), name) is not getattr(Trainer, name):
                return True
        return False

    def _is_on_its_own(self, kind: str) -> bool:
        """Whether the user's step needs nothing from here: it may have its own idea of inputs."""
        compiled = self._compiled
        assert compiled is not None
        return (
            self._overrides(f"{kind}_step")
            and compiled.loss is None
            and compiled.metrics is None
            and all(
                layer.built or layer._makes_nothing()
                for layer in self._flatten_layers(include_self=False)
            )
        )

    def _is_built(self) -> bool:
        idle = self.__dict__.get("_idle_layers", ())
        return bool(self.built) and all(
            layer.built or id(layer) in idle for layer in self._flatten_layers()
        )

    def _known_outputs(self, specs: Any) -> Any:
        """The outputs for such inputs if no call is needed to know them, else None."""
        return None

    def _outputs_spec(self, x: Any) -> Any:
        """The outputs for such inputs, as KerasTensors; makes the variables meanwhile."""
        struct = getattr(self, "_results_struct", None)
        if struct is not None and self._is_built():
            return struct
        specs = step_inputs.specs(x)
        if not backend.has("strings"):
            step_inputs.check_numbers(specs, self._owner("fit"))
        known = self._known_outputs(specs)
        tracking.forget()
        if known is not None:
            return known
        found = step_inputs.outputs(self, x, specs)
        # What the model holds and does not call will not be built by another look either.
        self.__dict__["_idle_layers"] = frozenset(
            id(layer) for layer in self._flatten_layers() if not layer.built
        )
        return found

    # Public loops --------------------------------------------------------------------------

    @trimmed
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[Any, Any] | list[Any] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train the model.

        Args:
            x: inputs: an array, or a list or dict of them as the model takes them; or what
                gives batches `(x, y)` or `(x, y, sample_weight)`: a `PyDataset`, a
                `tf.data.Dataset`, a torch `DataLoader`, a generator or another iterable.
            y: targets, in the structure of the outputs; None where `x` gives batches.
            batch_size: samples in a batch of arrays; 32 if None.
            epochs: the number of the last epoch.
            verbose: 0 for nothing, 1 for a progress bar, 2 for a line an epoch; "auto" is 1.
            callbacks: callbacks, or a `CallbackList`.
            validation_split: the fraction of arrays, cut from their end, to validate on.
            validation_data: `(x, y)` or `(x, y, sample_weight)`, or what gives batches.
            shuffle: whether arrays are shuffled before every epoch; "batch" shuffles batches.
            class_weight: a dict of weights by class index, multiplied onto the samples'; for
                several outputs a dict of such dicts by name, or a list of them.
            sample_weight: weights of the samples, or of their time steps.
            initial_epoch: the number of epochs that are done already.
            steps_per_epoch: batches in an epoch, None for all. The next epoch goes on in the data;
                one in which the data is used up ends with it, and a warning tells so.
            validation_steps: batches in a validation; None for all.
            validation_batch_size: samples in a batch of validation; `batch_size` if None.
            validation_freq: epochs from one validation to the next, or a list of epochs
                (from 1) after which to validate.

        Returns:
            A `History` of each epoch's results.

        Raises:
            ValueError: if the model is not compiled, or the data does not fit it.

        Example:

        >>> import numpy as np, keras_core as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
        >>> len(history.history["loss"])
        1
        """
        from keras_core.training import runs

        return runs.fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
        )

    @trimmed
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Compute the loss and the metrics on data.

        Args:
            x: inputs, as for `fit`.
            y: targets, as for `fit`.
            batch_size: samples in a batch of arrays; 32 if None.
            verbose: as for `fit`.
            sample_weight: weights of the samples.
            steps: batches; None for all.
            callbacks: as for `fit`.
            return_dict: whether to return a dict by name.
            **kwargs: none are known.

        Returns:
            The results: a float if there is only the loss, else a list (losses first, then
            metrics), or a dict.

        Raises:
            ValueError: if the model is not compiled, or the data does not fit it.
        """
        from keras_core.training import runs

        if kwargs:
            raise TypeError(f"{self._owner('evaluate')}: unknown arguments {sorted(kwargs)}")
        return runs.evaluate(
            self,
            x,
            y,
            batch_size=batch_size,
            verbose=verbose,
            sample_weight=sample_weight,
            steps=steps,
            callbacks=callbacks,
            return_dict=return_dict,
        )

    @trimmed
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        *,
        out: Any = None,
    ) -> Any:
        """Compute the outputs for inputs, batch by batch.

        Args:
            x: inputs, as for `fit`.
            batch_size: samples in a batch of arrays; 32 if None.
            verbose: as for `fit`.
            steps: batches; None for all.
            callbacks: as for `fit`.
            out: where the outputs go instead of new arrays, in their structure: NumPy arrays,
                which may be memory-mapped, or paths that end with ".npy".

        Returns:
            NumPy arrays in the structure of the outputs: the rows of `out` that were written,
            memory-mapped for a path.

        Raises:
            ValueError: if the data does not fit the model, or the outputs do not fit `out`.
        """
        from keras_core.training import runs

        if verbose == 0 and out is None and callbacks is None and steps is None:
            step = runs.direct_step(self, x, batch_size or 32)
            if step is not None:
                return owned(step.direct(narrowed(x)))
        return runs.predict(
            self,
            x,
            batch_size=batch_size,
            verbose=verbose,
            steps=steps,
            callbacks=callbacks,
            out=out,
        )

    def predict_stream(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Iterator[Any]:
        """Compute the outputs batch by batch, keeping none: what `predict` does, as an iterator.

        Args:
            x: inputs, as for `fit`; they may be endless.
            batch_size: samples in a batch of arrays; 32 if None.
            verbose: as for `fit`.
            steps: batches; None for all.
            callbacks: as for `fit`.

        Returns:
            An iterator over the batches' outputs as NumPy arrays. The next batches are computed
            meanwhile.

        Example:

        >>> import numpy as np, keras_core as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> [len(y) for y in model.predict_stream(np.ones((5, 2)), batch_size=2)]
        [2, 2, 1]
        """
        from keras_core.training import runs

        return runs.predict_stream(
            self, x, batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks
        )

    # Single batches ------------------------------------------------------------------------

    @trimmed
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[Any, Any] | list[Any] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Train on one batch.

        Args:
            x: inputs.
            y: targets.
            sample_weight: weights of the samples.
            class_weight: weights by class index, as for `fit`.
            return_dict: whether to return a dict by name.

        Returns:
            The batch's results, as `evaluate` returns them.
        """
        from keras_core.training import runs

        return runs.on_batch(self, "train", x, y, sample_weight, class_weight, return_dict)

    @trimmed
    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Compute the loss and the metrics on one batch; see `train_on_batch`."""
        from keras_core.training import runs

        return runs.on_batch(self, "test", x, y, sample_weight, None, return_dict)

    @trimmed
    def predict_on_batch(self, x: Any) -> Any:
        """Compute the outputs for one batch, as NumPy arrays."""
        from keras_core.training import runs

        return runs.predict_on_batch(self, x)
