"""What the metrics share: a fast sum, errors of estimates, and looking parameters and states over."""

import math

import torch
from torch import Tensor

from labutils.runtime import require


def sum_softplus(x: Tensor) -> Tensor:
    """Sum of log(1 + e^x) over the last axis, (..., N) to (...); faster on a CPU than `softplus`, no gradient."""
    return x.clamp_min(0).sum(-1) + x.abs().neg_().exp_().add_(1).log_().sum(-1)


def mean_and_stderr(x: Tensor) -> tuple[float, float]:
    """Mean of the values x (N,) and its standard error, 0 for a single value."""
    return float(x.mean()), float(x.std() / math.sqrt(len(x))) if len(x) > 1 else 0.0


def error_of_largest(estimates: list[tuple[float, float]]) -> float:
    """Root mean square error of the largest of several estimates of one number, given as (value, standard error).

    The largest is the one whose noise went up most, so its own standard error may say too little: for four equally
    good ones the error is a quarter larger. Found by drawing the noise 10,000 times. What lies more than three
    standard errors below the largest does not count: it has missed something, and was no rival.
    """
    largest, its_own = max(estimates)
    rivals = [error for value, error in estimates if largest - value <= 3 * math.hypot(error, its_own)]
    noise = torch.randn(10_000, len(rivals), generator=torch.Generator().manual_seed(0)) * torch.tensor(rivals)
    return max(its_own, float(noise.amax(1).square().mean().sqrt()))


def check_parameters(W: Tensor, v_bias: Tensor, h_bias: Tensor, names: str = "W, v_bias, h_bias") -> None:
    """Raise ValueError unless W (V, H), v_bias (V,), h_bias (H,) fit each other and are finite."""
    parameters = (W, v_bias, h_bias)
    require(
        W.ndim == 2 and v_bias.shape == W.shape[:1] and h_bias.shape == W.shape[1:],
        f"{names} have the shapes {', '.join(str(tuple(x.shape)) for x in parameters)}; expected (V, H), (V,), (H,). "
        "Is a matrix transposed, or are the biases swapped?",
    )
    for name, value in zip(names.split(", "), parameters, strict=True):
        diverged = f"{name} holds infinite or undefined numbers: the training has diverged. Lower the learning rate."
        require(bool(value.isfinite().all()), diverged)


def check_states(v: Tensor, W: Tensor) -> None:
    """Raise ValueError unless v is (B, V) for W (V, H), with at least one row, of zeros and ones only."""
    require(
        v.ndim == 2 and v.shape[1] == W.shape[0],
        f"v has the shape {tuple(v.shape)}, expected (B, {W.shape[0]}) for W {tuple(W.shape)}. "
        f"Flatten images first: v.view(-1, {W.shape[0]}).",
    )
    require(
        len(v) > 0 and bool(((v == 0) | (v == 1)).all()),
        "v must hold at least one vector, of zeros and ones only: an RBM knows no grey. "
        "Sample grey pixels first, once and with a fixed seed: v = torch.bernoulli(images).",
    )
