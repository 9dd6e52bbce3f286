"""keras-tuner searches a small space on handwritten digits."""

import keras
import keras_tuner
from sklearn.datasets import load_digits

x, y = load_digits(return_X_y=True)
x, y = (x[:300] / 16).astype("float32"), y[:300]


def build(hp):
    units = hp.Int("units", 8, 32, step=8)
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((64,)), *layers])
    optimizer = keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1, sampling="log"))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


options = {"objective": "val_accuracy", "directory": "search", "seed": 1}
for tuner in (
    keras_tuner.RandomSearch(build, max_trials=2, project_name="random", **options),
    keras_tuner.GridSearch(build, max_trials=2, project_name="grid", **options),
    keras_tuner.Hyperband(build, max_epochs=2, factor=2, project_name="band", **options),
    keras_tuner.BayesianOptimization(
        build, max_trials=3, num_initial_points=2, project_name="bayes", **options
    ),
):
    tuner.search(x, y, epochs=3, validation_data=(x, y), verbose=0)
    best = tuner.oracle.get_best_trials(1)[0]
    model = tuner.get_best_models(1)[0]  # from its checkpoint
    accuracy = model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"]
    assert abs(accuracy - best.score) < 1e-6, (accuracy, best.score)
    assert 8 <= tuner.get_best_hyperparameters()[0]["units"] <= 32
print("done")
