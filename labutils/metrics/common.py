"""What the metrics share: a bound, a fast sum, means with their errors, and looking parameters and states over."""

import math
from dataclasses import dataclass

from torch import Tensor

from labutils.runtime import require

ROWS = 4000
"""States or images that a bound works on at once: 12 MB for 784 pixels."""


@dataclass(frozen=True)
class Bound:
    """A lower bound on log p(v), in nats per image."""

    value: float
    """Mean over the images."""
    stderr: float
    """Its standard error, from the choice of images and everything drawn at random; 0 for a single image."""

    kind = "lower bound"

    def __str__(self) -> str:
        return f"{self.value:.1f} ± {self.stderr:.1f}"


def sum_softplus(x: Tensor) -> Tensor:
    """Sum of log(1 + e^x) over the last axis, (..., N) to (...); faster on a CPU than `softplus`, no gradient."""
    return x.clamp_min(0).sum(-1) + x.abs().neg_().exp_().add_(1).log_().sum(-1)


def mean_and_stderr(x: Tensor) -> tuple[float, float]:
    """Mean of the values x (N,) and its standard error, 0 for a single value."""
    return float(x.mean()), float(x.std() / math.sqrt(len(x))) if len(x) > 1 else 0.0


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
