"""Drawing on images, on the host."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import settings
from keras_core.core.errors import message, missing_package


def to_host(x: Any) -> np.ndarray:
    """A tensor or list as an array."""
    return np.asarray(backend.arrays.convert_to_numpy(x) if backend.arrays.is_tensor(x) else x)


def as_images(owner: str, images: Any, data_format: str | None) -> np.ndarray:
    """A batch of images with three channels, the channels last."""
    array = to_host(images)
    if array.ndim != 4:
        raise ValueError(message(owner, "images", "be a batch of images, of rank 4", images))
    if settings.standardize_data_format(data_format) == "channels_first":
        array = array.transpose(0, 2, 3, 1)
    if array.shape[-1] == 1:
        array = np.repeat(array, 3, axis=-1)
    if array.shape[-1] != 3:
        raise ValueError(message(owner, "images", "have 1 or 3 channels", images))
    return array


def in_range(images: np.ndarray, value_range: Any) -> np.ndarray:
    """Images of a range of values as uint8."""
    low, high = value_range
    scaled = (images.astype("float64") - low) * (255 / (high - low))
    return np.clip(np.rint(scaled), 0, 255).astype("uint8")


def _uint8(images: np.ndarray) -> np.ndarray:
    return images if images.dtype == np.uint8 else np.clip(images, 0, 255).astype("uint8")


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: Any,
    bounding_box_format: str,
    class_mapping: dict[int, str] | None = None,
    color: tuple[int, int, int] = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Draw boxes on images, with what they hold and how sure that is.

    Args:
        images: shape `(batch, height, width, channels)` or channels first, from 0 to 255.
        bounding_boxes: a dict with `"boxes"` of shape `(batch, n, 4)`, `"labels"` of shape
            `(batch, n)`, and perhaps `"confidences"` of that shape; or `n` of their own for every
            image. Boxes labelled -1 are left out.
        bounding_box_format: see `keras.utils.bounding_boxes.convert_format`.
        class_mapping: names by label, to be written; None for none.
        color: of lines and text: red, green, blue.
        line_thickness: in pixels.
        text_thickness: in pixels.
        font_scale: size of the text, 1 being ten pixels.
        data_format: "channels_last" or "channels_first"; by default the configured one.

    Returns:
        A uint8 array of shape `(batch, height, width, 3)`.

    Raises:
        ImportError: if text is to be written and Pillow is not installed.
        ValueError: for images or boxes of another shape.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> images = np.zeros((1, 16, 16, 3), "uint8")
    >>> boxes = {"boxes": np.array([[[2.0, 2.0, 9.0, 9.0]]]), "labels": np.array([[0]])}
    >>> drawn = keras.visualization.draw_bounding_boxes(images, boxes, "xyxy")
    >>> drawn[0, 2, 5].tolist()
    [128, 128, 128]
    """
    from keras_core.utils.bounding_boxes.formats import convert_format

    owner = "draw_bounding_boxes"
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(
            message(owner, "bounding_boxes", "be a dict with 'boxes' and 'labels'", bounding_boxes)
        )
    drawn = _uint8(as_images(owner, images, data_format)).copy()
    height, width = drawn.shape[1:3]
    sure = bounding_boxes.get("confidences", bounding_boxes.get("confidence"))
    count = len(drawn)
    parts = [bounding_boxes["boxes"], bounding_boxes["labels"], sure]
    for name, part in zip(("boxes", "labels", "confidences"), parts, strict=True):
        if part is not None and len(part) != count:
            raise ValueError(message(owner, name, f"be given for {count} images", part))
    for i, image in enumerate(drawn):
        boxes = to_host(parts[0][i]).reshape(-1, 4)
        boxes = to_host(convert_format(boxes, bounding_box_format, "xyxy", height, width))
        labels = to_host(parts[1][i]).reshape(-1).astype(int)
        scores = None if sure is None else to_host(parts[2][i]).reshape(-1)
        for j, (box, label) in enumerate(zip(boxes, labels, strict=True)):
            if label < 0 or not np.isfinite(box).all():
                continue
            left, top, right, bottom = (int(v) for v in np.rint(box))
            _outline(image, left, top, right, bottom, color, line_thickness)
            words = [] if class_mapping is None else [str(class_mapping.get(int(label), label))]
            words += [] if scores is None else [f"{scores[j]:.2f}"]
            if words:
                _write(image, ", ".join(words), left, top, color, font_scale, text_thickness)
    return drawn


def _outline(
    image: np.ndarray, left: int, top: int, right: int, bottom: int, color: Any, thickness: int
) -> None:
    """A rectangle's lines, centred on its edges; what lies outside of the image is left out."""
    before = thickness // 2
    after = thickness - before

    def span(first: int, last: int) -> slice:
        return slice(max(first - before, 0), max(last + after, 0))

    image[span(top, top), span(left, right)] = color
    image[span(bottom, bottom), span(left, right)] = color
    image[span(top, bottom), span(left, left)] = color
    image[span(top, bottom), span(right, right)] = color


def _write(
    image: np.ndarray, text: str, left: int, top: int, color: Any, scale: float, thickness: int
) -> None:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise missing_package("PIL", "draw_bounding_boxes with text", "pillow") from None
    font = ImageFont.load_default(size=max(10.0 * scale, 1.0))
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    high = draw.textbbox((0, 0), text, font=font)[3] + 2
    place = (max(left, 0), top - high if top >= high else top + 2)
    draw.text(place, text, tuple(color), font, stroke_width=max(thickness - 1, 0))
    image[...] = np.asarray(canvas)


def class_colors(count: int) -> np.ndarray:
    """Colours that lie apart: hues in steps of the golden ratio, in turns lighter and darker."""
    out = [
        colorsys.hsv_to_rgb((i * 0.618034) % 1, 0.9 - 0.25 * (i % 2), 1.0 - 0.2 * (i % 3))
        for i in range(count)
    ]
    return np.rint(np.array(out).reshape(-1, 3) * 255).astype("uint8")


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: dict[int, Any] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Colour the pixels of images by their classes.

    Args:
        images: shape `(batch, height, width, channels)` or channels first, from 0 to 255.
        segmentation_masks: ints of shape `(batch, height, width)`, or with an axis of size 1 for
            the channel.
        num_classes: how many classes there are; by default as many as are met.
        color_mapping: red, green and blue by class; by default colours that lie apart.
        alpha: how much of the colour shows, from 0 to 1.
        blend: whether the image shows through.
        ignore_index: the class of pixels that stay as they are.
        data_format: "channels_last" or "channels_first"; by default the configured one.

    Returns:
        A uint8 array of shape `(batch, height, width, 3)`.

    Raises:
        ValueError: for other shapes, masks that are no ints, or a class without a colour.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> images, masks = np.zeros((1, 2, 2, 3), "uint8"), np.array([[[0, 1], [1, -1]]])
    >>> keras.visualization.draw_segmentation_masks(images, masks, num_classes=2).shape
    (1, 2, 2, 3)
    """
    owner = "draw_segmentation_masks"
    pictures = _uint8(as_images(owner, images, data_format))
    masks = to_host(segmentation_masks)
    if masks.ndim == 4 and settings.standardize_data_format(data_format) == "channels_first":
        masks = masks.transpose(0, 2, 3, 1)
    if masks.ndim == 4 and masks.shape[-1] == 1:
        masks = masks[..., 0]
    if masks.shape != pictures.shape[:3]:
        must = f"have shape {pictures.shape[:3]}, as the images"
        raise ValueError(message(owner, "segmentation_masks", must, segmentation_masks))
    if masks.dtype.kind not in "iub" and not (masks == np.rint(masks)).all():
        raise ValueError(message(owner, "segmentation_masks", "hold whole numbers", masks))
    masks = masks.astype(int)
    if not 0 <= alpha <= 1:
        raise ValueError(message(owner, "alpha", "be from 0 to 1", alpha))
    met = [int(label) for label in np.unique(masks) if label != ignore_index]
    count = max([num_classes or 0, *(label + 1 for label in met)])
    colors = class_colors(count)
    if color_mapping is not None:
        known = {int(label): color for label, color in color_mapping.items()}
        missing = [label for label in met if label not in known]
        if missing:
            raise ValueError(
                message(owner, "color_mapping", f"have colours for the classes {missing}", known)
            )
        colors = np.zeros((count, 3), "uint8")
        for label, color in known.items():
            if 0 <= label < count:
                colors[label] = color
    if met and min(met) < 0:
        raise ValueError(message(owner, "segmentation_masks", "hold classes from 0", min(met)))
    ignored = masks == ignore_index
    painted = colors[np.where(ignored, 0, masks)] if count else pictures
    if blend:
        mixed = pictures * (1 - alpha) + painted * alpha
        painted = np.clip(mixed + 1e-6, 0, 255).astype("uint8")
    return np.where(ignored[..., None], pictures, painted)
