"""Sort every operation of torch into a family, so that a contract says in a few words what may be used.

`NAMES` and `PATTERNS` cover every operator of the pinned torch, as a test checks. An operator
that is in no family, or in a namespace other than `NAMESPACES`, counts as `Family.OTHER`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache

TORCH = "2.13"  # the pinned torch, which grades; learners may have another
NAMESPACES = ("aten", "prims")  # the operators of tensors; all others belong to other programs and devices
PROFILER = "profiler"  # but this one: torch's optimisers mark their steps for a profiler


class Family(StrEnum):
    """What an operation is about."""

    # Basic: allowed unless a contract takes them away.
    ARITHMETIC = "arithmetic"
    FUNCTIONS = "functions"
    COMPARISON = "comparison"
    REDUCTION = "reduction"
    CUMULATIVE = "cumulative"
    INDEXING = "indexing"
    VIEWS = "views"
    CREATION = "creation"
    COPY = "copy"
    MATMUL = "matmul"
    SORTING = "sorting"
    RANDOM = "random"
    AUTOGRAD = "autograd"
    FACTS = "facts"
    # Specialised: refused unless a contract allows them.
    LINEAR = "linear"
    CONVOLUTION = "convolution"
    POOLING = "pooling"
    NORMALISATION = "normalisation"
    SOFTMAX = "softmax"
    LOSSES = "losses"
    ATTENTION = "attention"
    RECURRENT = "recurrent"
    EMBEDDING = "embedding"
    DROPOUT = "dropout"
    FFT = "fft"
    LINEAR_ALGEBRA = "linear algebra"
    DISTANCE = "distance"
    RESAMPLING = "resampling"
    PADDING = "padding"
    PATCHES = "patches"
    SPARSE = "sparse"
    FUSED = "fused"
    OPTIMISERS = "optimisers"
    DECOMPOSITIONS = "decompositions"
    VENDOR = "vendor"
    LISTS = "lists"
    OUTSIDE = "outside"
    OTHER = "other"

    @property
    def is_basic(self) -> bool:
        return self in BASIC


BASIC = frozenset(list(Family)[: list(Family).index(Family.LINEAR)])
REST = re.compile(r"(?:_copy|_backward|_forward|_out|_data)+$")  # a backward has the family of its forward

# Names without underscores around them and without the endings in `REST`. A later family never repeats one.
NAMES: dict[Family, str] = {
    Family.ARITHMETIC: """
        abs absolute add addcdiv addcmul addr and bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor cbrt ceil clamp clamp_max clamp_min clip complex conj conj_physical
        copysign deg2rad div divide fix float_power floor floor_divide fmax fmin fmod frac gcd hypot iand
        ilshift ior irshift ixor lcm ldexp lerp lshift maximum minimum mul multiply nan_to_num neg negative
        nextafter or polar positive pow rad2deg reciprocal remainder round rshift rsqrt rsub sgn shift_left
        shift_right_arithmetic sign special_round sqrt square sub subtract true_divide trunc xor
        test_serialization_subcmul frexp add_relu imag real angle
    """,
    Family.FUNCTIONS: """
        acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh celu cos
        cosh digamma elu erf erfc erfcx erf_inv erfinv exp exp2 expm1 gelu infinitely_differentiable_gelu
        glu glu_jvp glu_backward_jvp hardshrink hardsigmoid hardswish hardtanh heaviside i0 igamma igammac
        leaky_relu lgamma log log10 log1p log2 log_sigmoid logaddexp logaddexp2 logit mish mvlgamma ndtri
        polygamma prelu prelu_kernel relu relu6 rrelu rrelu_with_noise rrelu_with_noise_functional selu
        sigmoid silu sin sinc sinh softplus softshrink tan tanh threshold xlogy zeta bessel_i0 bessel_i0e
        bessel_i1 bessel_i1e bessel_j0 bessel_j1 spherical_bessel_j0
    """,
    Family.COMPARISON: """
        allclose eq equal ge greater greater_equal gt is_all_true is_any_true is_nonzero isclose isfinite
        isin isinf isnan isneginf isposinf isreal le less less_equal logical_and logical_not logical_or
        logical_xor lt ne not_equal signbit where
    """,
    Family.REDUCTION: """
        all amax amin aminmax any argmax argmin corrcoef count_nonzero cov dist frobenius_norm linalg_norm
        linalg__powsum linalg_vector_norm max maximum_value mean median min minimum_value nanmean nanmedian
        nansum norm nuclear_norm prod std std_mean sum sum_to_size value_selecting_reduction var var_mean
        xor_sum hash_tensor native_norm
    """,
    Family.CUMULATIVE: """
        cummax cummax_helper cummaxmin cummin cummin_helper cumprod cumsum cumulative_trapezoid diff
        gradient trapezoid trapz
    """,
    Family.INDEXING: """
        argwhere as_strided_scatter diagonal_scatter fill_diagonal gather index index_add index_fill
        index_put index_put_impl index_reduce index_select masked_fill masked_scale masked_scatter
        masked_select nonzero nonzero_numpy nonzero_static put scatter scatter_add scatter_reduce
        segment_reduce select_scatter slice_scatter take take_along_dim unsafe_index unsafe_index_put
        unsafe_masked_index unsafe_masked_index_put_accumulate index_copy gather_sparse
    """,
    Family.VIEWS: """
        adjoint alias as_strided atleast_1d atleast_2d atleast_3d broadcast_in_dim broadcast_tensors
        broadcast_to chunk collapse collapse_view diagonal dsplit expand expand_as flatten flip fliplr
        flipud hsplit linalg_diagonal mH mT matrix_H moveaxis movedim narrow neg_view numpy_T permute ravel
        reshape reshape_alias reshape_as reshape_from_tensor resolve_conj resolve_neg rev roll rot90 select
        slice slice_inverse split split_dim split_with_sizes squeeze swapaxes swapdims t tensor_split
        transpose unbind unflatten unfold unsafe_chunk unsafe_split unsafe_split_with_sizes unsafe_view
        unsqueeze view view_as view_as_complex view_as_real view_of view_of_dtype vsplit
        test_autograd_multiple_dispatch_view flatten_dense_tensors unflatten_dense_tensors
    """,
    Family.CREATION: """
        arange bartlett_window blackman_window block_diag cartesian_prod cat chunk_cat column_stack
        combinations concat concatenate diag diag_embed diagflat dim_arange dstack efficientzerotensor empty
        empty_like empty_permuted empty_strided eye fill from_file full full_like hamming_window hann_window
        hstack iota kaiser_window linspace logspace meshgrid new_empty new_empty_strided new_full new_ones
        new_zeros new_zeros_with_same_feature_meta ones ones_like pad_sequence range repeat
        repeat_interleave resize resize_as resize_output row_stack scalar_tensor shape_as_tensor stack tile
        tril tril_indices triu triu_indices vander linalg_vander vstack zero zeros zeros_like
        pack_padded_sequence pad_packed_sequence
    """,
    Family.COPY: """
        cast_Byte cast_Char cast_Double cast_Float cast_Half cast_Int cast_Long cast_Short chalf clone
        contiguous convert_element_type copy copy_from copy_from_and_resize copy_strided copy_to device_put
        lazy_clone lift lift_fresh pin_memory set set_data to to_copy to_cpu type_as
        autocast_to_full_precision autocast_to_reduced_precision
    """,
    Family.MATMUL: """
        addbmm addmm addmm_activation addmv baddbmm bmm chain_matmul compute_linear_combination cross dot
        einsum ger grouped_mm inner int_mm kron linalg_cross linalg_matmul linalg_multi_dot linalg_vecdot
        matmul mm mv outer tensordot trace trilinear vdot
    """,
    Family.SORTING: """
        argsort bincount bucketize histc histogram histogramdd histogramdd_bin_edges
        histogramdd_from_bin_cts histogramdd_from_bin_tensors kthvalue mode msort nanquantile quantile
        searchsorted sort topk unique unique2 unique_consecutive unique_dim unique_dim_consecutive
    """,
    Family.RANDOM: """
        bernoulli binomial cauchy dirichlet_grad exponential geometric log_normal multinomial normal
        normal_functional philox_key_fold_in philox_key_split philox_normal philox_uniform poisson rand
        rand_like randint randint_like randn randn_like random randperm sample_dirichlet sobol_engine_draw
        sobol_engine_ff sobol_engine_initialize_state sobol_engine_scramble standard_gamma
        standard_gamma_grad uniform
    """,
    Family.AUTOGRAD: """
        add_batch_dim backward detach fw_primal get_gradients is_leaf make_dual output_nr remove_batch_dim
        requires_grad retain_grad retains_grad unpack_dual version
    """,
    Family.FACTS: """
        assert_async assert_scalar assert_tensor_metadata can_cast data debug_has_internal_overlap dim
        foobar functional_assert_async functional_assert_scalar functional_sym_constrain_range
        functional_sym_constrain_range_for_size get_device has_compatible_shallow_copy_type
        has_same_storage_numel is_coalesced is_complex is_conj is_contiguous is_distributed
        is_floating_point is_inference is_neg is_pinned is_same_size is_set_to is_signed is_vulkan_available
        is_zerotensor item linalg_check_errors local_scalar_dense make_dep_token make_token numel print
        promote_types propagate_xla_data record_stream result_type sink_tokens size storage_offset stride
        sym_constrain_range sym_constrain_range_for_size sym_is_contiguous sym_numel sym_size
        sym_storage_offset sym_stride test_ambiguous_defaults test_autograd_multiple_dispatch
        test_check_tensor test_functorch_fallback test_optional_filled_intlist test_optional_floatlist
        test_optional_intlist test_parallel_materialize test_string_default test_warn_in_autograd
    """,
    Family.LINEAR: "linear bilinear",
    Family.NORMALISATION: "batch_norm norm_except_dim renorm",
    Family.SOFTMAX: "logcumsumexp logsumexp softmin",
    Family.LOSSES: "cross_entropy binary_cross_entropy binary_cross_entropy_with_logits kl_div nll_loss_nd",
    Family.DROPOUT: "cudnn_init_dropout_state fill_mem_eff_dropout_mask",
    Family.LINEAR_ALGEBRA: """
        cholesky cholesky_inverse cholesky_solve cholesky_solve_helper det geqrf inverse logdet lu lu_solve
        lu_unpack lu_with_info matrix_exp matrix_power orgqr ormqr pinverse qr slogdet svd svd_lowrank
        pca_lowrank triangular_solve
    """,
    Family.DISTANCE: "cdist cosine_similarity euclidean_dist pairwise_distance pdist",
    Family.RESAMPLING: """
        affine_grid affine_grid_generator channel_shuffle interpolate native_channel_shuffle pixel_shuffle
        pixel_unshuffle
    """,
    Family.PADDING: "constant_pad_nd pad pad_circular pad_enum",
    Family.PATCHES: "col2im fold im2col",
    Family.VENDOR: """
        int_repr jagged_to_padded_dense padded_dense_to_jagged qscheme rowwise_prune saturate_weight_to_fp16
        to_padded_tensor mixed_dtypes_linear scaled_grouped_mm scaled_grouped_mm_v2 scaled_mm scaled_mm_v2
    """,
    Family.LISTS: "tolist",
    Family.OUTSIDE: """
        numpy array dlpack dlpack_device to_dlpack apply map data_ptr storage typed_storage untyped_storage
    """,
}

# Searched in this order in the without what `REST` cuts; `^` and `$` are its ends.
PATTERNS: tuple[tuple[Family, str], ...] = (
    (Family.FUSED, r"^foreach|^amp_"),
    (Family.OPTIMISERS, r"^fused_(?:adagrad|adam|adamw|sgd)$"),
    (Family.RECURRENT, r"(?:^|_)(?:rnn|lstm|gru)(?:_|$)"),  # first: `nn.LSTM` runs `mkldnn_rnn_layer`
    (Family.VENDOR, r"cudnn|miopen|mkldnn|mkl_|mps|nnpack|cslt|triton|fbgemm|cufft"),
    (Family.VENDOR, r"quant|^q_|qparams|obs_fake|obs_fq|int[48]pack|dyn_quant|wrapped_linear"),
    (Family.LOSSES, r"loss"),
    (Family.EMBEDDING, r"embedding|one_hot"),
    (Family.SPARSE, r"sparse|coo|ccol|crow|csr|csc|bsr|bsc|coalesce|spdiags|spsolve|^nnz$|^dim[IV]$"),
    (Family.SPARSE, r"nested|jagged|^hspmm$|^sspaddmm$|^smm$|^s?indices$|^values$|^(?:col|row)_indices$"),
    (Family.SPARSE, r"^to_dense$|^dense_dim$"),
    (Family.ATTENTION, r"attention|multi_head|qkv|transformer|sdp"),
    (Family.CONVOLUTION, r"conv(?:olution|_|\d|$)|^conv"),
    (Family.POOLING, r"pool(?:\d|$|_)|max_unpool"),
    (Family.NORMALISATION, r"(?:batch|layer|group|instance|rms|response|weight)_norm"),
    (Family.SOFTMAX, r"softmax|logsumexp"),
    (Family.DROPOUT, r"dropout"),
    (Family.FFT, r"^fft_|^stft$|^istft$"),
    (Family.LINEAR_ALGEBRA, r"^linalg_"),
    (Family.DISTANCE, r"cdist|pdist"),
    (Family.RESAMPLING, r"upsample|grid_sample"),
    (Family.PADDING, r"(?:reflection|replication|circular)_pad"),
    (Family.FUNCTIONS, r"^special_"),
)

# Where the functions of a family stand, for those that run only operations of other families.
PATHS: dict[Family, tuple[str, ...]] = {
    Family.LINEAR: ("torch.nn.modules.linear.Linear", "torch.nn.modules.linear.Bilinear"),
    Family.CONVOLUTION: ("torch.nn.modules.conv", "torch.nn.grad"),
    Family.POOLING: ("torch.nn.modules.pooling",),
    Family.NORMALISATION: (
        *("torch.nn.modules.batchnorm", "torch.nn.modules.instancenorm", "torch.nn.modules.normalization"),
        *("torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm"),
    ),
    Family.SOFTMAX: tuple(
        f"torch.nn.modules.activation.{name}" for name in ("Softmin", "Softmax", "Softmax2d", "LogSoftmax")
    ),
    Family.LOSSES: ("torch.nn.modules.loss",),
    Family.ATTENTION: (
        *("torch.nn.modules.transformer", "torch.nn.modules.activation.MultiheadAttention"),
        "torch.nn.attention",
    ),
    Family.RECURRENT: ("torch.nn.modules.rnn",),
    Family.EMBEDDING: ("torch.nn.modules.sparse",),
    Family.DROPOUT: ("torch.nn.modules.dropout",),
    Family.LINEAR_ALGEBRA: ("torch._linalg_utils", "torch._lowrank", "torch._lobpcg"),
    Family.DISTANCE: ("torch.nn.modules.distance",),
    Family.RESAMPLING: (
        *("torch.nn.modules.upsampling", "torch.nn.modules.pixelshuffle"),
        "torch.nn.modules.channelshuffle",
    ),
    Family.PADDING: ("torch.nn.modules.padding",),
    Family.PATCHES: ("torch.nn.modules.fold",),
    Family.SPARSE: ("torch.sparse", "torch.masked", "torch.nested"),
    Family.OPTIMISERS: ("torch.optim",),
    Family.DECOMPOSITIONS: (*("torch._refs", "torch._prims"),),
    Family.VENDOR: ("torch.ao", "torch.backends", "torch.distributed"),
    Family.OUTSIDE: ("numpy", "scipy", "sklearn"),
}


@cache
def _named() -> dict[str, Family]:
    return {name: family for family, names in NAMES.items() for name in names.split()}


@cache
def _placed() -> tuple[tuple[str, Family], ...]:
    return tuple((path, family) for family, paths in PATHS.items() for path in paths)


def stem(name: str) -> str:
    """A name as the table has it: `_softmax_backward_data` is `softmax`."""
    return REST.sub("", name.strip("_")).strip("_") or name


@cache
def of_name(name: str) -> Family | None:
    """The family of an operation or function of this name, without its namespace; None if it has none."""
    short = stem(name)
    for each in (name.strip("_"), short):
        if found := _named().get(each):
            return found
    return next((family for family, pattern in PATTERNS if re.search(pattern, short)), None)


@cache
def of_operation(name: str) -> Family:
    """The family of an operation of the dispatcher, such as `aten.mul`."""
    namespace, _, own = name.partition(".")
    if namespace == PROFILER:
        return Family.FACTS
    return (of_name(own) if namespace in NAMESPACES else None) or Family.OTHER


@cache
def of_path(path: str) -> Family | None:
    """The family of a Python function or class with this dotted path; None where no family names it."""
    return next((family for prefix, family in _placed() if is_below(path, prefix)), None)


def is_below(name: str, prefix: str) -> bool:
    """Whether the dotted `name` is `prefix` or inside it."""
    return name == prefix or name.startswith(prefix + ".")


def is_near(module: str, prefixes: Iterable[str]) -> bool:
    """Whether one of the dotted `prefixes` is the module, something in it, or something above it."""
    return any(is_below(module, each) or is_below(each, module) for each in prefixes)


@cache
def are_in(module: str) -> bool:
    """Whether a family names something in this module, the module itself, or something above it."""
    return is_near(module, (path for path, _ in _placed()))
