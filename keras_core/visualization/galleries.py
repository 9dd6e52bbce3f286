"""Galleries of images, by Matplotlib."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_core.core.errors import message, missing_package
from keras_core.visualization.drawing import (
    as_images,
    draw_bounding_boxes,
    draw_segmentation_masks,
    in_range,
    to_host,
)


def _pyplot(owner: str) -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise missing_package("matplotlib", owner) from None
    return plt


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: dict[Any, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: Any = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Any = None,
    data_format: str | None = None,
) -> None:
    """Show images in a grid, or write the grid to a file.

    Args:
        images: shape `(batch, height, width, channels)` or channels first.
        y_true: labels, to be written above the images.
        y_pred: predicted labels, likewise.
        label_map: the labels' names; needed with either.
        rows: of the grid; by default as many as columns, or as are needed.
        cols: of the grid, likewise.
        value_range: what black and white are.
        scale: an image's width in inches.
        path: a file to write to.
        show: whether to show the grid; by default if there is no `path`.
        transparent: whether the file's background is.
        dpi: dots per inch in the file.
        legend_handles: Matplotlib handles for a legend.
        data_format: "channels_last" or "channels_first"; by default the configured one.

    Raises:
        ImportError: if Matplotlib is not installed.
        ValueError: for images of another shape, labels without `label_map`, or both a `path` and
            `show=True`.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "gallery.png")
    >>> keras.visualization.plot_image_gallery(np.zeros((4, 8, 8, 3)), path=path)
    >>> os.path.isfile(path)
    True
    """
    owner = "plot_image_gallery"
    if path is not None and show:
        raise ValueError(f"{owner}: only one of path and show may be given. Received: both")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ValueError(message(owner, "label_map", "be given with y_true or y_pred", None))
    pictures = in_range(as_images(owner, images, data_format), value_range)
    count = len(pictures)
    if rows is None and cols is None:
        cols = max(1, math.ceil(math.sqrt(count)))
    if rows is None:
        rows = max(1, math.ceil(count / cols))  # type: ignore[operator]
    if cols is None:
        cols = max(1, math.ceil(count / rows))
    titles = _titles(label_map or {}, y_true, y_pred, count)
    plt = _pyplot(owner)
    height, width = pictures.shape[1:3]
    size = (cols * scale, rows * scale * max(height / width, 0.1))
    figure, axes = plt.subplots(rows, cols, figsize=size, squeeze=False, frameon=False)
    for i, axis in enumerate(axes.ravel()):
        axis.axis("off")
        if i < count:
            axis.imshow(pictures[i])
            if titles[i]:
                axis.set_title(titles[i])
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    figure.tight_layout(pad=0.5)
    if path is not None:
        figure.savefig(path, transparent=transparent, dpi=dpi, bbox_inches="tight")
        plt.close(figure)
    elif show is None or show:
        plt.show()
        plt.close(figure)


def _titles(names: dict[Any, str], y_true: Any, y_pred: Any, count: int) -> list[str]:
    lines: list[list[str]] = [[] for _ in range(count)]
    for word, labels in (("", y_true), ("predicted: ", y_pred)):
        if labels is None:
            continue
        if y_true is not None and y_pred is not None and not word:
            word = "true: "
        for line, label in zip(
            lines, to_host(labels).reshape(count, -1)[:, 0].tolist(), strict=True
        ):
            line.append(f"{word}{names.get(label, label)}")
    return ["\n".join(line) for line in lines]


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: Any = None,
    y_pred: Any = None,
    value_range: Any = (0, 255),
    true_color: tuple[int, int, int] = (0, 188, 212),
    pred_color: tuple[int, int, int] = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: dict[int, str] | None = None,
    ground_truth_mapping: dict[int, str] | None = None,
    prediction_mapping: dict[int, str] | None = None,
    legend: bool = False,
    legend_handles: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Show images with their boxes, and with those that were predicted.

    Args:
        images: shape `(batch, height, width, channels)` or channels first.
        bounding_box_format: see `keras.utils.bounding_boxes.convert_format`.
        y_true: boxes as `draw_bounding_boxes` takes them.
        y_pred: predicted boxes, likewise.
        value_range: what black and white are.
        true_color: of the true boxes: red, green, blue.
        pred_color: of the predicted ones.
        line_thickness: in pixels.
        font_scale: size of the text, 1 being ten pixels.
        text_thickness: in pixels; by default 1.
        class_mapping: names by label.
        ground_truth_mapping: names for the true boxes; by default `class_mapping`.
        prediction_mapping: names for the predicted ones, likewise.
        legend: whether to say which colour is which.
        legend_handles: Matplotlib handles for a legend of your own, in place of that.
        rows: of the grid.
        cols: of the grid.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        **kwargs: see `plot_image_gallery`.

    Raises:
        ImportError: if Matplotlib is not installed.
        ValueError: for images or boxes of another shape, or both kinds of legend.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "boxes.png")
    >>> boxes = {"boxes": np.array([[[2.0, 2.0, 9.0, 9.0]]]), "labels": np.array([[0]])}
    >>> keras.visualization.plot_bounding_box_gallery(
    ...     np.zeros((1, 16, 16, 3)), "xyxy", y_true=boxes, path=path
    ... )
    """
    owner = "plot_bounding_box_gallery"
    if legend and legend_handles is not None:
        raise ValueError(f"{owner}: only one of legend and legend_handles may be given.")
    drawn = in_range(as_images(owner, images, data_format), value_range)
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping),
        (y_pred, pred_color, prediction_mapping),
    ):
        if boxes is not None:
            drawn = draw_bounding_boxes(
                drawn,
                boxes,
                bounding_box_format,
                class_mapping if names is None else names,
                color,
                line_thickness,
                text_thickness or 1,
                font_scale,
                "channels_last",
            )
    if legend:
        _pyplot(owner)
        from matplotlib.patches import Patch

        legend_handles = [
            Patch(color=(color[0] / 255, color[1] / 255, color[2] / 255), label=label)
            for boxes, color, label in (
                (y_true, true_color, "true"),
                (y_pred, pred_color, "predicted"),
            )
            if boxes is not None
        ]
    plot_image_gallery(
        drawn,
        rows=rows,
        cols=cols,
        legend_handles=legend_handles,
        data_format="channels_last",
        **kwargs,
    )


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: Any = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: dict[int, Any] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Show each image beside itself with its mask, and with the one that was predicted.

    Args:
        images: shape `(batch, height, width, channels)` or channels first.
        num_classes: how many classes there are.
        value_range: what black and white are.
        y_true: masks as `draw_segmentation_masks` takes them.
        y_pred: predicted masks, likewise.
        color_mapping: red, green and blue by class.
        blend: whether the image shows through.
        alpha: how much of the colour shows, from 0 to 1.
        ignore_index: the class of pixels that stay as they are.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        **kwargs: see `plot_image_gallery`.

    Raises:
        ImportError: if Matplotlib is not installed.
        ValueError: for images or masks of another shape.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> path = os.path.join(tempfile.mkdtemp(), "masks.png")
    >>> keras.visualization.plot_segmentation_mask_gallery(
    ...     np.zeros((1, 8, 8, 3)), 2, y_true=np.ones((1, 8, 8), int), path=path
    ... )
    """
    owner = "plot_segmentation_mask_gallery"
    pictures = in_range(as_images(owner, images, data_format), value_range)
    shown = [pictures]
    for masks in (y_true, y_pred):
        if masks is None:
            continue
        masks = to_host(masks)
        if masks.ndim == 4:  # the channel, first or last
            masks = masks.reshape(masks.shape[0], *pictures.shape[1:3])
        shown.append(
            draw_segmentation_masks(
                pictures,
                masks,
                num_classes,
                color_mapping,
                alpha,
                blend,
                ignore_index,
                "channels_last",
            )
        )
    joined = np.concatenate(shown, axis=2)
    kwargs.setdefault("scale", 2 * len(shown))
    plot_image_gallery(joined, data_format="channels_last", **kwargs)
