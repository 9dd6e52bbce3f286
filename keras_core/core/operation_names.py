"""What a graph's operations are called in files, and which of their arguments are config there.

Taken from files that Keras 3.15.1 wrote. Everything that is not named as config is an
argument of the call, in the order of the operation's public signature.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

# By module: class names, each with the arguments that its config holds.
_TABLE = {
    "keras.src.activations.activations": """
        Mish ReLU(negative_slope,max_value,threshold)
    """,
    "keras.src.ops.core": """
        AssociativeScan(reverse,axis) Cast(dtype) Cond ConvertToTensor(dtype,sparse,ragged)
        ForiLoop(lower,upper,body_fun) Map SaturateCast(dtype) Scan(length,reverse,unroll)
        Scatter(shape) ScatterUpdate(reduction) Slice(shape) SliceUpdate StopGradient Switch
        Unstack(num,axis) VectorizedMap(function) WhileLoop(cond,body,maximum_iterations)
    """,
    "keras.src.ops.einops": """
        Rearrange
    """,
    "keras.src.ops.image": """
        AffineTransform(interpolation,fill_mode,fill_value,data_format)
        CropImages(top_cropping,left_cropping,bottom_cropping,right_cropping,target_height,target_width,data_format)
        ElasticTransform(alpha,sigma,interpolation,fill_mode,fill_value,seed,data_format)
        ExtractPatches(size,strides,dilation_rate,padding,data_format)
        GaussianBlur(kernel_size,sigma,data_format) HSVToRGB(data_format)
        MapCoordinates(order,fill_mode,fill_value)
        PadImages(top_padding,left_padding,bottom_padding,right_padding,target_height,target_width,data_format)
        PerspectiveTransform(interpolation,fill_value,data_format) RGBToGrayscale(data_format)
        RGBToHSV(data_format)
        Resize(size,interpolation,antialias,crop_to_aspect_ratio,pad_to_aspect_ratio,fill_mode,fill_value,data_format)
        SSIM(max_val,filter_size,filter_sigma,k1,k2,data_format)
        ScaleAndTranslate(spatial_dims,method,antialias) SobelEdges(data_format)
    """,
    "keras.src.ops.linalg": """
        Cholesky(upper) CholeskyInverse(upper) Det Eig Eigh Inv JVP(has_aux) Lstsq(rcond) LuFactor
        MatrixRank(tol) Norm(ord,axis,keepdims) Pinv(rcond) Qr(mode) SVD(full_matrices,compute_uv)
        Solve SolveTriangular(lower)
    """,
    "keras.src.ops.math": """
        CDist Erf Erfc Erfinv ExtractSequences(sequence_length,sequence_stride) FFT FFT2 IFFT2
        IRFFT(fft_length) ISTFT(sequence_length,sequence_stride,fft_length,length,window,center)
        InTopK(k) Logdet Logsumexp(axis,keepdims) RFFT(fft_length) Rsqrt
        STFT(sequence_length,sequence_stride,fft_length,window,center)
        SegmentMax(num_segments,sorted) SegmentMin(num_segments,sorted)
        SegmentProd(num_segments,sorted) SegmentSum(num_segments,sorted) TopK(k,sorted)
        ViewAsComplex ViewAsReal
    """,
    "keras.src.ops.nn": """
        AdaptiveAveragePool(output_size,data_format) AdaptiveMaxPool(output_size,data_format)
        AveragePool(pool_size,strides,padding,data_format) BatchNorm(axis,epsilon)
        BinaryCrossentropy(from_logits)
        CTCDecode(strategy,beam_width,top_paths,merge_repeated,mask_index) CTCLoss(mask_index)
        CategoricalCrossentropy(from_logits,axis) Celu(alpha)
        Conv(strides,padding,data_format,dilation_rate)
        ConvTranspose(strides,padding,output_padding,data_format,dilation_rate)
        DepthToSpace(block_size,data_format)
        DepthwiseConv(strides,padding,data_format,dilation_rate)
        DotProductAttention(is_causal,flash_attention,attn_logits_soft_cap) Elu(alpha)
        Fold(output_size,kernel_size,dilation,padding,stride) Gelu(approximate) Glu(axis)
        HardShrink(threshold) HardSigmoid HardSilu HardTanh LayerNorm(axis,epsilon,rms_scaling)
        LeakyRelu(negative_slope) LogSigmoid LogSoftmax(axis)
        MaxPool(pool_size,strides,padding,data_format) Moments(axes,keepdims,synchronized)
        MultiHot(num_classes,axis,dtype,sparse) Normalize(axis,order,epsilon)
        OneHot(num_classes,axis,dtype,sparse) PSNR(max_val) Polar RMSNorm(axis,epsilon) Relu Relu6
        Selu SeparableConv(strides,padding,data_format,dilation_rate) Sigmoid Silu
        SoftShrink(threshold) Softmax(axis) Softplus Softsign SpaceToDepth(block_size,data_format)
        SparseCategoricalCrossentropy(from_logits,axis) SparsePlus SparseSigmoid Sparsemax(axis)
        Squareplus(b) TanhShrink Threshold(threshold,default_value)
        Unfold(kernel_size,dilation,padding,stride)
    """,
    "keras.src.ops.numpy": """
        Abs Absolute Add All(axis,keepdims) AllClose(rtol,atol,equal_nan) Amax(axis,keepdims)
        Amin(axis,keepdims) Angle Any(axis,keepdims) Append(axis) Arange(dtype) Arccos Arccosh
        Arcsin Arcsinh Arctan Arctan2 Arctanh Argmax(axis,keepdims) Argmin(axis,keepdims)
        Argpartition(kth,axis) Argsort(axis) Array(dtype) ArraySplit(indices_or_sections,axis)
        Average(axis) Bincount(weights,minlength,sparse) BitwiseAnd BitwiseInvert BitwiseLeftShift
        BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo(shape) Cbrt Ceil
        Clip(x_min,x_max) Concatenate(axis) Conj Conjugate Copy Corrcoef Correlate(mode) Cos Cosh
        CountNonzero(axis) Cross(axisa,axisb,axisc,axis) Cumprod(axis,dtype) Cumsum(axis,dtype)
        Deg2rad Diag(k) Diagflat(k) Diagonal(offset,axis1,axis2) Diff(n,axis) Digitize Divide
        DivideNoNan Dot Dsplit(indices_or_sections) Dstack Einsum(subscripts) EmptyLike(dtype) Equal
        Exp Exp2 ExpandDims(axis) Expm1 Fabs Flip(axis) Fliplr Flipud Floor FloorDivide Fmax Fmin
        Fmod Full(shape,dtype) FullLike(dtype) Gcd Geomspace(num,endpoint,dtype,axis) GetItem
        Greater GreaterEqual Heaviside Histogram(bins,range) Hsplit(indices_or_sections) Hstack
        Hypot I0 Imag Inner IsIn(assume_unique,invert) Isclose(equal_nan) Isfinite Isinf Isnan
        Isneginf Isposinf Isreal Kron Lcm Ldexp LeftShift Less LessEqual
        Linspace(num,endpoint,retstep,dtype,axis) Log Log10 Log1p Log2 Logaddexp Logaddexp2
        LogicalAnd LogicalNot LogicalOr LogicalXor Logspace(num,endpoint,base,dtype,axis) Matmul
        Max(axis,keepdims,initial) Maximum Mean(axis,keepdims) Median(axis,keepdims)
        Meshgrid(indexing) Min(axis,keepdims,initial) Minimum Mod Moveaxis(source,destination)
        Multiply NanToNum(nan,posinf,neginf) Nanargmax(axis,keepdims) Nanargmin(axis,keepdims)
        Nancumprod(axis,dtype) Nancumsum(axis,dtype) Nanmax(axis,keepdims) Nanmean(axis,keepdims)
        Nanmedian(axis,keepdims) Nanmin(axis,keepdims) Nanpercentile(axis,method,keepdims)
        Nanprod(axis,keepdims) Nanquantile(axis,method,keepdims) Nanstd(axis,keepdims)
        Nansum(axis,keepdims) Nanvar(axis,keepdims) Ndim Negative Nextafter Nonzero NotEqual
        OnesLike(dtype) Outer Pad(pad_width,mode) Percentile(axis,method,keepdims) Power
        Prod(axis,keepdims,dtype) Ptp(axis,keepdims) Quantile(axis,method,keepdims) Rad2deg Ravel
        Real Reciprocal Repeat(repeats,axis) Reshape(newshape) RightShift Roll(shift,axis)
        Rot90(k,axes) Round(decimals) SearchSorted(side) Select Sign Signbit Sin Sinc Sinh Size
        Slogdet Sort(axis) Split(indices_or_sections,axis) Sqrt Square Squeeze(axis) Stack(axis)
        Std(axis,keepdims) Subtract Sum(axis,keepdims) Swapaxes(axis1,axis2) Take(axis)
        TakeAlongAxis(axis) Tan Tanh Tensordot(axes) Tile(repeats) Trace(offset,axis1,axis2)
        Transpose(axes) Trapezoid(x,dx,axis) Tril(k) Triu(k) TrueDivide Trunc
        Unique(sorted,return_index,return_inverse,return_counts,axis,size,fill_value)
        UnravelIndex(shape) Vander(N,increasing) Var(axis,keepdims) Vdot View(dtype)
        Vsplit(indices_or_sections) Vstack Where ZerosLike(dtype)
    """,
    "keras.src.quantizers.quantizers": """
        FakeQuantWithMinMaxVars(num_bits,narrow_range,axis)
    """,
}

# The operations whose name is not the class's in snake case.
_OPERATIONS = {
    "AllClose": "allclose",
    "BatchNorm": "batch_normalization",
    "CDist": "cdist",
    "CTCDecode": "ctc_decode",
    "CTCLoss": "ctc_loss",
    "FFT": "fft",
    "FFT2": "fft2",
    "HSVToRGB": "hsv_to_rgb",
    "IFFT2": "ifft2",
    "IRFFT": "irfft",
    "ISTFT": "istft",
    "IsIn": "isin",
    "JVP": "jvp",
    "LayerNorm": "layer_normalization",
    "PSNR": "psnr",
    "RFFT": "rfft",
    "RGBToGrayscale": "rgb_to_grayscale",
    "RGBToHSV": "rgb_to_hsv",
    "RMSNorm": "rms_normalization",
    "ReLU": "relu",
    "SSIM": "ssim",
    "STFT": "stft",
    "SVD": "svd",
    "SearchSorted": "searchsorted",
}


# Those whose class is that of another operation: its arguments tell which one is meant.
_SAME = {"extract_patches_3d": "extract_patches"}
# How many arguments Keras asks for in a call where some of them may be None.
_ASKED = {"BatchNorm": 5, "LayerNorm": 3, "RMSNorm": 2, "Where": 3}


class Written(NamedTuple):
    """How an operation is written: its class, what its config holds, what its calls ask for."""

    module: str
    class_name: str
    config: tuple[str, ...]
    operation: str
    asked: int = 0


@functools.cache
def _entries() -> tuple[dict[str, Written], dict[tuple[str, str], Written]]:
    by_operation: dict[str, Written] = {}
    by_class: dict[tuple[str, str], Written] = {}
    for module, text in _TABLE.items():
        for word in text.split():
            class_name, _, config = word.rstrip(")").partition("(")
            operation = (
                _OPERATIONS.get(class_name)
                or re.sub(
                    r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])",
                    lambda found: "_" + found.group(0),
                    class_name,
                ).lower()
            )
            entry = Written(
                module,
                class_name,
                tuple(config.split(",")) if config else (),
                operation,
                _ASKED.get(class_name, 0),
            )
            if not module.startswith("keras.src.activations"):
                by_operation[operation] = entry
            by_class[module, class_name] = entry
    return by_operation, by_class


def of_operation(name: str) -> Written | None:
    """How the public operation of this name is written; None if Keras has no class for it."""
    return _entries()[0].get(_SAME.get(name, name))


def of_class(module: str, class_name: str) -> Written | None:
    """What a file's module and class name stand for; None if no operation."""
    return _entries()[1].get((module, class_name))


def class_names(module: str) -> list[str]:
    """The names of the classes of operations in a module of Keras's."""
    return [name for found, name in _entries()[1] if found == module]
