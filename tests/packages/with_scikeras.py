"""SciKeras's classifier and regressor: in a pipeline, a grid search, pickled."""

import pickle

import keras
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

x, y = load_digits(return_X_y=True)
x, y = x[:200].astype("float32"), y[:200]


def build(meta, hidden=8):
    last = {"continuous": (1, None)}.get(meta["target_type_"], (10, "softmax"))
    layers = [keras.layers.Dense(hidden, "relu"), keras.layers.Dense(*last)]
    return keras.Sequential([keras.Input((meta["n_features_in_"],)), *layers])


classifier = KerasClassifier(
    build,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    optimizer__learning_rate=0.01,
    metrics=["accuracy"],
    epochs=10,
    verbose=0,
    random_state=0,
)
pipeline = make_pipeline(StandardScaler(), classifier).fit(x, y)
assert pipeline.score(x, y) > 0.8
assert pipeline.predict_proba(x[:2]).shape == (2, 10)
revived = pickle.loads(pickle.dumps(pipeline))
assert (revived.predict(x) == pipeline.predict(x)).all()
search = GridSearchCV(classifier, {"model__hidden": [2, 16]}, cv=2).fit(x, y)
assert search.best_params_ == {"model__hidden": 16}

target = x[:, 20] / 16
regressor = KerasRegressor(build, loss="mse", optimizer=keras.optimizers.Adam(0.01), verbose=0)
regressor.set_params(epochs=15)
assert regressor.fit(x / 16, target).score(x / 16, target) > 0.3
print("done")
