"""Train a small convnet on scikit-learn's handwritten digits, check it, save it, load it back.

    KERAS_BACKEND=jax python examples/digits_demo.py        (or torch, or tensorflow)

Writes `digits.keras`, `training_curve.png` and `confusion_matrix.png` into `demo_output/`. The exit
status is 0 only if the held-out accuracy is at least 97 % and the loaded model predicts the same,
bit for bit.
"""

import argparse
import pathlib
import sys
import time

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import keras_core as keras

SEED = 7
EPOCHS = 25
GOAL = 0.97

mpl.use("Agg")


def digits():
    """Return train, validation and test pictures and labels, each digit evenly in all three."""
    pictures, labels = load_digits(return_X_y=True)
    pictures = pictures.reshape(-1, 8, 8, 1).astype("float32")
    labels = labels.astype("int32")
    rest, test, rest_labels, test_labels = train_test_split(
        pictures, labels, test_size=0.2, stratify=labels, random_state=SEED
    )
    train, validation, train_labels, validation_labels = train_test_split(
        rest, rest_labels, test_size=0.125, stratify=rest_labels, random_state=SEED
    )
    return (train, train_labels), (validation, validation_labels), (test, test_labels)


def convnet():
    """Return the model, compiled."""
    model = keras.Sequential(
        [
            keras.Input(shape=(8, 8, 1)),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.4),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def draw_training(history, path):
    """Draw loss and accuracy by epoch, training beside validation."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    epochs = np.arange(1, len(history["loss"]) + 1)
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        scale = 100 if name == "accuracy" else 1
        axis.plot(epochs, scale * np.asarray(history[name]), label="training")
        axis.plot(epochs, scale * np.asarray(history[f"val_{name}"]), label="validation")
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        axis.legend()
    axes[0].set_title("Cross-entropy loss")
    axes[0].set_ylabel("loss (log scale)")
    axes[0].set_yscale("log")
    axes[1].set_title("Accuracy")
    axes[1].set_ylabel("accuracy (%)")
    # The first epochs of training may leave the frame, so that the last ones can be told apart.
    axes[1].set_ylim(min(95, 100 * min(history["val_accuracy"]) - 3), 100.5)
    figure.suptitle(f"Handwritten digits, convnet on {keras.config.backend()}")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_confusion(truth, predicted, path):
    """Draw how often each digit was taken for which, the counts written out."""
    import matplotlib.pyplot as plt

    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, predicted), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    wrong = int(counts.sum() - np.trace(counts))
    figure, axis = plt.subplots(figsize=(6.5, 6), layout="constrained")
    picture = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(counts):
        axis.text(
            column,
            row,
            counts[row, column],
            ha="center",
            va="center",
            color="firebrick" if row != column else "white" if shares[row, row] > 0.5 else "black",
        )
    axis.set_xticks(range(10))
    axis.set_yticks(range(10))
    axis.set_xlabel("predicted digit")
    axis.set_ylabel("true digit")
    axis.set_title(
        f"Held-out digits: {wrong} of {len(truth)} wrong ({np.mean(truth == predicted):.1%} right)"
    )
    figure.colorbar(picture, ax=axis, shrink=0.8, label="share of the true digit")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main():
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("demo_output"))
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(SEED)
    print(f"keras-core {keras.__version__} on {keras.config.backend()}")

    train, validation, (test, test_labels) = digits()
    sizes = len(train[0]), len(validation[0]), len(test)
    print("{} digits to train on, {} to validate, {} held out\n".format(*sizes))
    model = convnet()
    model.summary()

    start = time.perf_counter()
    fit = model.fit(*train, batch_size=32, epochs=EPOCHS, validation_data=validation)
    training = time.perf_counter() - start

    loss, accuracy = model.evaluate(test, test_labels, verbose=0)
    start = time.perf_counter()
    predictions = model.predict(test, verbose=0)
    predicting = time.perf_counter() - start

    saved = output / "digits.keras"
    start = time.perf_counter()
    model.save(saved)
    loaded = keras.saving.load_model(saved)
    reloading = time.perf_counter() - start
    same = np.array_equal(predictions, loaded.predict(test, verbose=0))

    draw_training(fit.history, output / "training_curve.png")
    draw_confusion(test_labels, predictions.argmax(axis=1), output / "confusion_matrix.png")

    print(f"\nheld-out accuracy    {accuracy:.2%} (loss {loss:.4f}; goal {GOAL:.0%})")
    print(
        f"loaded model         {'predicts the same, bit for bit' if same else 'PREDICTS OTHERWISE'}"
    )
    print(f"training             {training:.1f} s, {EPOCHS} epochs")
    print(f"predicting           {1e3 * predicting:.0f} ms, {len(test)} digits")
    print(f"saving and loading   {1e3 * reloading:.0f} ms, {saved.stat().st_size / 1024:.0f} KiB")
    print(f"written              {', '.join(sorted(str(path) for path in output.iterdir()))}")

    if accuracy < GOAL:
        print(f"FAILED: the accuracy is below {GOAL:.0%}", file=sys.stderr)
    if not same:
        print("FAILED: the loaded model does not predict the same", file=sys.stderr)
    return int(accuracy < GOAL or not same)


if __name__ == "__main__":
    sys.exit(main())
