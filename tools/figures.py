"""Draw the figures of the documentation into docs/assets/.

python tools/figures.py [curves] [model] [augmentation]    all of them by default

Needs matplotlib and scikit-learn, and for the model's graph pydot and Graphviz. Seeds are fixed:
the same versions of these packages draw the same pictures.
"""

from __future__ import annotations

import pathlib
import sys

import matplotlib as mpl
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]

import keras_core as keras  # noqa: E402
from keras_core import layers, ops  # noqa: E402

mpl.use("Agg")
ASSETS = ROOT / "docs" / "assets"


def curves() -> None:
    """Loss and accuracy of the demo's convnet."""
    import digits_demo

    keras.utils.set_random_seed(digits_demo.SEED)
    train, validation, _ = digits_demo.digits()
    history = digits_demo.convnet().fit(
        *train, batch_size=32, epochs=digits_demo.EPOCHS, validation_data=validation, verbose=0
    )
    digits_demo.draw_training(history.history, ASSETS / "training_curves.png")


def model() -> None:
    """The graph of the model in the guide to functional models."""
    text = keras.Input((None,), dtype="int32", name="text")
    price = keras.Input((1,), name="price")
    words = layers.Embedding(1000, 16, name="embedding")(text)
    words = layers.GlobalAveragePooling1D(name="average")(words)
    both = layers.Concatenate(name="both")([words, price])
    hidden = layers.Dense(16, activation="relu", name="hidden")(both)
    rating = layers.Dense(1, name="rating")(hidden)
    topic = layers.Dense(4, activation="softmax", name="topic")(hidden)
    graph = keras.Model([text, price], [rating, topic])
    keras.utils.plot_model(
        graph, ASSETS / "model_plot.png", show_shapes=True, show_layer_names=True, dpi=70
    )


def augmentation() -> None:
    """One drawn picture through eight layers."""
    picture = landscape(96)[None]
    keras.utils.set_random_seed(5)
    seen = {"as it is": picture}
    for name, layer in {
        "RandomFlip": layers.RandomFlip("horizontal", seed=3),
        "RandomRotation": layers.RandomRotation(0.1, fill_mode="reflect", seed=3),
        "RandomZoom": layers.RandomZoom((-0.5, -0.3), seed=4),
        "RandomShear": layers.RandomShear(0.4, 0.0, fill_mode="reflect", seed=5),
        "RandomColorJitter": layers.RandomColorJitter(
            value_range=(0, 255), brightness_factor=0.3, hue_factor=0.3, seed=6
        ),
        "RandomErasing": layers.RandomErasing(factor=1.0, seed=7),
        "RandomGaussianBlur": layers.RandomGaussianBlur(factor=1.0, sigma=3.0, seed=8),
    }.items():
        seen[name] = ops.convert_to_numpy(layer(picture, training=True))
    keras.visualization.plot_image_gallery(
        np.concatenate([np.clip(image, 0, 255) for image in seen.values()]),
        y_true=np.arange(len(seen)),
        label_map=dict(enumerate(seen)),
        rows=2,
        cols=4,
        scale=2.2,
        path=str(ASSETS / "augmentation.png"),
        transparent=False,
        dpi=80,
    )


def landscape(size: int) -> np.ndarray:
    """A sky, a sun, hills and a house, drawn with formulas; shape `(size, size, 3)`, 0 to 255."""
    y, x = np.mgrid[0:size, 0:size] / size
    image = np.stack([0.45 + 0.5 * y, 0.7 + 0.2 * y, 0.95 - 0.1 * y], -1)
    image[(x - 0.75) ** 2 + (y - 0.22) ** 2 < 0.012] = (1.0, 0.85, 0.2)
    image[y > 0.6 + 0.08 * np.sin(7 * x)] = (0.35, 0.65, 0.3)
    image[y > 0.78 + 0.05 * np.cos(9 * x + 1)] = (0.2, 0.45, 0.2)
    image[(abs(x - 0.3) < 0.13) & (abs(y - 0.66) < 0.1)] = (0.85, 0.55, 0.4)
    image[(abs(x - 0.3) < 0.16 - (0.56 - y)) & (y > 0.42) & (y < 0.56)] = (0.6, 0.2, 0.15)
    image[(abs(x - 0.25) < 0.035) & (abs(y - 0.64) < 0.04)] = (0.95, 0.95, 0.75)
    return (255 * image).astype("float32")


def main() -> int:
    """Draw what the arguments name."""
    ASSETS.mkdir(exist_ok=True)
    figures = {"curves": curves, "model": model, "augmentation": augmentation}
    for name in sys.argv[1:] or figures:
        figures[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
