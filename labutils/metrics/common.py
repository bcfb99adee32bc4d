"""What the metrics share: a fast sum, standard errors, and looking parameters and images over."""

import math

from torch import Tensor


def sum_softplus(x: Tensor) -> Tensor:
    """Sum of log(1 + e^x) over the last axis, (..., N) to (...); faster on a CPU than `softplus`, no gradient."""
    return x.clamp_min(0).sum(-1) + x.abs().neg_().exp_().add_(1).log_().sum(-1)


def check_parameters(W: Tensor, v_bias: Tensor, h_bias: Tensor) -> None:
    """Raise ValueError unless W (V, H), v_bias (V,), h_bias (H,) fit each other, lie together and are finite."""
    if W.ndim != 2 or v_bias.shape != W.shape[:1] or h_bias.shape != W.shape[1:]:
        raise ValueError(
            f"The RBM's parameters do not fit: W {tuple(W.shape)}, v_bias {tuple(v_bias.shape)}, h_bias "
            f"{tuple(h_bias.shape)}; expected (V, H), (V,), (H,). Is W transposed, or are the biases swapped?"
        )
    for name, value in (("W", W), ("v_bias", v_bias), ("h_bias", h_bias)):
        check_place(name, value, W)
        if not bool(value.isfinite().all()):
            raise ValueError(
                f"{name} holds infinite or undefined numbers: the training has diverged. "
                "Train again with a smaller learning rate."
            )


def check_visible(v: Tensor, W: Tensor) -> None:
    """Raise ValueError unless v is (B, V) on the device and of the dtype of W (V, H)."""
    if v.ndim != 2 or v.shape[1] != W.shape[0]:
        raise ValueError(
            f"v has the shape {tuple(v.shape)}, expected (B, {W.shape[0]}) for W {tuple(W.shape)}. "
            f"Flatten images first: v.view(-1, {W.shape[0]})."
        )
    check_place("v", v, W)


def check_place(name: str, value: Tensor, W: Tensor) -> None:
    """Raise ValueError unless `value`, of any shape, has the device and the dtype of W; `name` is for the message."""
    if value.device != W.device or value.dtype != W.dtype:
        raise ValueError(
            f"{name} is {value.dtype} on {value.device}, but W is {W.dtype} on {W.device}: "
            f"bring both together with {name} = {name}.to(W)."
        )


def check_states(v: Tensor, W: Tensor) -> None:
    """Raise ValueError unless v is (B, V) as for `check_visible`, with at least one row, of zeros and ones only."""
    check_visible(v, W)
    if len(v) == 0 or not bool(((v == 0) | (v == 1)).all()):
        raise ValueError(
            "v must hold at least one vector, of zeros and ones only: an RBM knows no grey. "
            "Sample grey pixels first, once and with a fixed seed: v = torch.bernoulli(images)."
        )


def mean_and_stderr(x: Tensor) -> tuple[float, float]:
    """Mean of the values x (N,) and its standard error, 0 for a single value."""
    return float(x.mean()), float(x.std() / math.sqrt(len(x))) if len(x) > 1 else 0.0
