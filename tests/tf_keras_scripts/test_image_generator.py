"""`tf.keras.preprocessing.image`. Numbers kept here are Keras 3.15.1's, for the same seeds."""

import pickle

import numpy as np
import pytest

import keras_core as keras

I = keras.preprocessing.image
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (10, 6, 6, 3)).astype("float32")
LABELS = np.arange(10)
LAST = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


def test_an_image_is_moved_about_its_middle():
    x = np.arange(25.0).reshape(5, 5, 1)
    for turns in (1, 2, 3):
        found = I.apply_affine_transform(x, theta=90 * turns, **LAST)
        np.testing.assert_allclose(found, np.rot90(x, turns), atol=1e-12)
    moved = I.apply_affine_transform(x, tx=1, fill_mode="constant", cval=-1, **LAST)
    np.testing.assert_array_equal(moved[:, :-1], x[:, 1:])
    assert (moved[:, -1] == -1).all()
    moved = I.apply_affine_transform(x, ty=-2, **LAST)
    np.testing.assert_array_equal(moved[2:], x[:-2])
    first = I.apply_affine_transform(x.transpose(2, 0, 1), theta=30, zx=0.7, shear=10)
    last = I.apply_affine_transform(x, theta=30, zx=0.7, shear=10, **LAST)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), last)
    wide = np.arange(15.0).reshape(3, 5, 1)  # about its own middle, whatever the sizes
    np.testing.assert_allclose(
        I.apply_affine_transform(wide, theta=180, **LAST), wide[::-1, ::-1], atol=1e-12
    )
    both = {"theta": 30, "tx": 0.5, "ty": -1, "shear": 20, "zx": 0.7, "zy": 1.2}
    x = np.arange(9.0).reshape(1, 3, 3) ** 2
    wanted = [[4.0, 4.0, 4.0], [2.55662, 11.708176, 19.413467], [9.624627, 21.262208, 40.135066]]
    np.testing.assert_allclose(I.apply_affine_transform(x, **both)[0], wanted, atol=1e-5)


def test_brightness_and_channels():
    x = np.full((2, 2, 3), 100.0, "float32")
    np.testing.assert_array_equal(I.apply_brightness_shift(x, 0.5, scale=False), x / 2)
    shifted = I.apply_channel_shift(np.array([[[0.0, 5.0, 9.0]]]), 2.0)
    assert shifted.tolist() == [[[2.0, 7.0, 9.0]]]
    for change in (
        lambda: I.random_rotation(IMAGES[0], 20, 0, 1, 2),
        lambda: I.random_shift(IMAGES[0], 0.2, 0.1, 0, 1, 2),
        lambda: I.random_shear(IMAGES[0], 20, 0, 1, 2),
        lambda: I.random_zoom(IMAGES[0], (0.5, 1.5), 0, 1, 2),
        lambda: I.random_channel_shift(IMAGES[0], 20),
        lambda: I.random_brightness(IMAGES[0], (0.5, 1.5)),
    ):
        np.random.seed(0)
        found = change()
        np.random.seed(0)
        np.testing.assert_array_equal(found, change())
        assert found.shape == (6, 6, 3)
        assert np.abs(found - IMAGES[0]).max() > 1


FULL = {
    "rotation_range": 20,
    "brightness_range": (0.5, 1.5),
    "shear_range": 5,
    "zoom_range": 0.3,
    "channel_shift_range": 10,
    "horizontal_flip": True,
    "vertical_flip": True,
}


def test_the_same_seed_draws_the_same_change():
    change = I.ImageDataGenerator(**FULL, width_shift_range=0.2, height_shift_range=0.1)
    found = change.get_random_transform((10, 12, 3), seed=3)
    wanted = {
        "theta": 2.0319161,
        "ty": 0.4162956,
        "tx": -1.0036573,
        "shear": 0.1082761,
        "zx": 1.2357682,
        "zy": 1.2377759,
        "flip_horizontal": True,
        "flip_vertical": True,
        "channel_shift_intensity": -8.9706559,
        "brightness": 0.9408098,
    }
    assert found == pytest.approx(wanted)
    state = np.random.get_state()[1].copy()
    change.random_transform(IMAGES[0], seed=3)
    next(change.flow(IMAGES, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # a seed leaves NumPy's alone


def test_shifts_by_parts_whole_numbers_and_choices():
    def shift(**options):
        change = I.ImageDataGenerator(**options)
        found = [change.get_random_transform((10, 20, 3), seed) for seed in range(60)]
        return {one["tx"] for one in found}, {one["ty"] for one in found}

    columns, rows = shift(width_shift_range=0.5)
    assert rows == {0}
    assert 5 < max(columns) < 10
    assert shift(width_shift_range=3)[0] == {-2, -1, 0, 1, 2}
    assert shift(height_shift_range=[1, 4])[1] == {-4, -1, 1, 4}
    assert 1 < max(shift(width_shift_range=3.0)[0]) < 3


def test_scales_of_the_data():
    change = I.ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match="does nothing before fit"):
        np.testing.assert_array_equal(change.standardize(IMAGES[0]), IMAGES[0])
    change.fit(IMAGES)
    done = change.standardize(IMAGES)
    np.testing.assert_allclose(done.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(done.std((0, 1, 2)), 1, atol=1e-5)
    with pytest.warns(UserWarning, match="samplewise_center=True with it"):
        change = I.ImageDataGenerator(samplewise_std_normalization=True, rescale=1 / 255)
    before = IMAGES[0].copy()
    one = change.standardize(before)
    assert (abs(one.mean()) < 1e-5, abs(one.std() - 1) < 1e-4) == (True, True)
    np.testing.assert_array_equal(before, IMAGES[0])  # the user's own array is not changed
    change = I.ImageDataGenerator(featurewise_center=True, zca_whitening=True)
    small = RNG.normal(size=(200, 3, 3, 1)).cumsum(1)
    change.fit(small)
    white = change.standardize(small.astype("float32")).reshape(200, 9)
    np.testing.assert_allclose(white.T @ white / 200, np.eye(9), atol=2e-3)
    change = I.ImageDataGenerator(featurewise_center=True, rotation_range=30)
    change.fit(IMAGES, augment=True, rounds=2, seed=4)
    assert change.mean.shape == (1, 1, 3)


def test_batches_come_in_the_order_of_the_seed():
    flow = I.ImageDataGenerator().flow(IMAGES, LABELS, batch_size=4, seed=5)
    batches = [next(flow)[1].tolist() for _ in range(3)]
    assert batches == [[9, 5, 2, 4], [7, 1, 0, 8], [6, 3]]
    assert next(flow)[1].tolist() != batches[0]
    assert len(flow) == 3
    plain = I.ImageDataGenerator(rescale=2.0).flow(IMAGES, shuffle=False, batch_size=4)
    np.testing.assert_array_equal(plain[1], IMAGES[4:8] * 2)
    np.testing.assert_array_equal(next(plain), IMAGES[:4] * 2)
    plain.reset()
    np.testing.assert_array_equal(next(plain), IMAGES[:4] * 2)
    with pytest.raises(IndexError, match="from 0 to 2"):
        plain[3]
    changed = I.ImageDataGenerator(**FULL)
    first, second = (next(changed.flow(IMAGES, LABELS, seed=7))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    again = pickle.loads(pickle.dumps(flow))
    assert next(again)[1].shape == (4,)


def test_what_goes_with_the_images():
    weights = np.linspace(0, 1, 10)
    x, y, w = I.ImageDataGenerator().flow(
        IMAGES, LABELS, sample_weight=weights, shuffle=False, batch_size=3
    )[1]
    assert (y.tolist(), w.tolist()) == ([3, 4, 5], weights[3:6].tolist())
    (x, more), y = I.ImageDataGenerator().flow((IMAGES, weights), LABELS, batch_size=2, seed=0)[0]
    np.testing.assert_array_equal(more, weights[y])
    split = I.ImageDataGenerator(validation_split=0.3)
    parts = [split.flow(IMAGES, LABELS % 2, subset=s) for s in ("training", "validation")]
    assert [part.n for part in parts] == [7, 3]
    with pytest.raises(ValueError, match="would not have the classes"):
        split.flow(IMAGES, LABELS // 5, subset="validation")
    assert split.flow(IMAGES, LABELS // 5, subset="validation", ignore_class_split=True).n == 3
    x = next(I.ImageDataGenerator(dtype="float16").flow(IMAGES))
    assert x.dtype == "float16"


def test_changed_images_are_saved(tmp_path):
    flow = I.ImageDataGenerator().flow(
        IMAGES[:3], save_to_dir=tmp_path, save_prefix="a", save_format="png", shuffle=False
    )
    next(flow)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.rsplit("_", 1)[0] for name in names] == ["a_0", "a_1", "a_2"]
    assert keras.utils.load_img(tmp_path / names[0]).size == (6, 6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for label, count in (("b", 3), ("a", 4)):
        (folder / label / "inner").mkdir(parents=True)
        for i in range(count):
            path = folder / label / ("inner" if i == 0 else ".") / f"{i}.png"
            keras.utils.save_img(path, IMAGES[i])
    (folder / "a" / "note.txt").write_text("no image")
    return folder


@pytest.mark.parametrize(
    ("options", "shape", "targets"),
    [
        ({}, (3, 4, 4, 3), [[1, 0]] * 3),
        ({"class_mode": "sparse", "color_mode": "grayscale"}, (3, 4, 4, 1), [0, 0, 0]),
        ({"class_mode": "binary", "classes": ["b", "a"]}, (3, 4, 4, 3), [0, 0, 0]),
        ({"class_mode": None, "color_mode": "rgba"}, (3, 4, 4, 4), None),
    ],
)
def test_folders(folder, options, shape, targets, capsys):
    flow = I.ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        folder, target_size=(4, 4), batch_size=3, shuffle=False, **options
    )
    assert "Found 7 images belonging to 2 classes." in capsys.readouterr().out
    batch = flow[0]
    x = batch if targets is None else batch[0]
    assert (x.shape, x.dtype, x.max() <= 1) == (shape, "float32", True)
    if targets is not None:
        assert batch[1].tolist() == targets
    assert (flow.samples, flow.num_classes, len(flow)) == (7, 2, 3)
    assert flow.class_indices == {name: i for i, name in enumerate(options.get("classes", "ab"))}
    assert len(flow.filenames) == len(flow.filepaths) == len(flow.labels) == 7


def test_parts_and_errors_of_folders(folder):
    change = I.ImageDataGenerator(validation_split=0.5)
    parts = [change.flow_from_directory(folder, subset=s) for s in ("training", "validation")]
    assert [part.samples for part in parts] == [4, 3]
    assert not set(parts[0].filenames) & set(parts[1].filenames)
    x, y = change.flow_from_directory(folder, target_size=(4, 4), class_mode="input")[0]
    np.testing.assert_array_equal(x, y)
    for options, text in (
        ({"classes": ["c"]}, "classes must be among the folders"),
        ({"class_mode": "raw"}, "class_mode must be one of"),
        ({"color_mode": "cmyk"}, "color_mode must be one of"),
        ({"subset": "test"}, "subset must be one of training, validation"),
        ({"batch_size": 0}, "batch_size must be a positive int"),
        ({"target_size": (3,)}, "target_size must be"),
    ):
        with pytest.raises(ValueError, match=text):
            change.flow_from_directory(folder, **options)
    with pytest.raises(FileNotFoundError, match="directory must be a folder"):
        change.flow_from_directory(folder / "none")


def test_data_frames(folder):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "filename": ["a/1.png", "a/2.png", "b/1.png", "b/none.png", "b/2.png"],
            "class": ["x", "y", "x", "y", "y"],
            "size": [1.0, 2, 3, 4, 5],
            "rank": [5, 4, 3, 2, 1],
            "tags": [["p"], ["p", "q"], ["q"], ["q"], ["r", "p"]],
        }
    )

    def flow(**options):
        return I.ImageDataGenerator().flow_from_dataframe(
            frame, folder, **{"target_size": (4, 4), "shuffle": False, **options}
        )

    with pytest.warns(UserWarning, match="1 rows are left out"):
        assert flow()[0][1].tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]
    for options, wanted in (
        ({"class_mode": "sparse"}, [0, 1, 0, 1]),
        ({"class_mode": "raw", "y_col": "size"}, [1, 2, 3, 5]),
        ({"class_mode": "raw", "y_col": ["size", "rank"]}, [[1, 5], [2, 4], [3, 3], [5, 1]]),
        ({"y_col": "tags"}, [[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 1]]),
        ({"classes": ["y"], "class_mode": "sparse"}, [0, 0]),
    ):
        with pytest.warns(UserWarning, match="left out"):
            assert flow(**options)[0][1].tolist() == wanted
    with pytest.warns(UserWarning, match="left out"):
        _, targets, weights = flow(
            class_mode="multi_output", y_col=["size", "rank"], weight_col="rank"
        )[0]
    assert [target.tolist() for target in targets] == [[1, 2, 3, 5], [5, 4, 3, 1]]
    assert weights.tolist() == [5, 4, 3, 1]
    for options, error, text in (
        ({"y_col": "size"}, TypeError, 'Give class_mode="raw" for numbers'),
        ({"x_col": "path"}, ValueError, "x_col must be among the columns"),
        ({"x_col": "size"}, TypeError, "x_col must name a column of paths"),
        ({"weight_col": "class"}, TypeError, "weight_col must name a column of numbers"),
        ({"class_mode": "multi_output"}, TypeError, "y_col must be a list"),
        ({"class_mode": "other"}, ValueError, "class_mode must be one of"),
        ({"colour": 1}, TypeError, "no arguments"),
    ):
        with pytest.raises(error, match=text):
            flow(validate_filenames=False, **options)


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda: I.ImageDataGenerator(zoom_range=[1, 2, 3]), "zoom_range must be two numbers"),
        (lambda: I.ImageDataGenerator(brightness_range=0.2), "brightness_range must be two"),
        (lambda: I.ImageDataGenerator(validation_split=1), "validation_split must be between"),
        (lambda: I.ImageDataGenerator(fill_mode="mirror"), "fill_mode must be one of"),
        (lambda: I.ImageDataGenerator(rotation_range="a"), "rotation_range must be a number"),
        (lambda: I.ImageDataGenerator(data_format="last"), "data_format"),
        (lambda: I.ImageDataGenerator().fit(IMAGES[0]), "x must be images, of rank 4"),
        (lambda: I.ImageDataGenerator().flow(IMAGES[0]), "x must be images, of rank 4"),
        (lambda: I.ImageDataGenerator().flow(IMAGES, LABELS[:3]), "y must be as many as the 10"),
        (lambda: I.apply_affine_transform(IMAGES), "x must be an image, of rank 3"),
        (lambda: I.apply_affine_transform(IMAGES[0], 3, row_axis=0), "be the three axes"),
        (lambda: I.random_zoom(IMAGES[0], 3), "zoom_range must be two numbers"),
    ],
)
def test_wrong_arguments(use, text):
    with pytest.raises(ValueError, match=text):
        use()


def test_it_feeds_fit_evaluate_and_predict():
    if keras.backend.backend() == "numpy":
        pytest.skip("NumPy does not train")
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    change = I.ImageDataGenerator(rescale=1 / 255, rotation_range=10, horizontal_flip=True)
    flow = change.flow(IMAGES, LABELS % 2, batch_size=4, seed=2)
    history = model.fit(flow, epochs=2, validation_data=flow, verbose=0).history
    assert len(history["val_loss"]) == 2
    assert model.evaluate(flow, verbose=0) > 0
    plain = change.flow(IMAGES, batch_size=4, shuffle=False)
    assert model.predict(plain, verbose=0).shape == (10, 1)
