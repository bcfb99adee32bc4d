"""How probable a variational autoencoder finds the data: lower bounds on log p(v), in nats per image.

A VAE draws z from N(0, I) and then v from p(v | z); log p(v) = log E_p(z)[p(v | z)] is out of reach. Its encoder
gives a Gaussian q(z | v) = N(mu, diag(exp(logvar))), and with weights w_k = p(v | z_k) p(z_k) / q(z_k | v) of K
draws from it

    log p(v)  >=  L_K = E[ log( (w_1 + ... + w_K) / K ) ],

the larger the better: L_1 is the bound the VAE is trained on (ELBO), L_K tends to log p(v).

All functions take two callables instead of a model: `encode(v)` -> mu, logvar, each (B, D), and `decode(z)` -> the
probability of each pixel, (B, V). Pixels are Bernoulli variables. Where `v` is grey, the cross-entropy stands for
the log-probability. Since it is linear in v, the ELBO then is the mean over all ways to sample the pixels, with an
encoder that sees the grey image only: still a lower bound on the mean log p of sampled images, if a looser one.

Sources: D. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR 2014, equations 3 and 10 and appendix B;
Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, equation 8 and section 5.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy
from tqdm.auto import tqdm

from labutils.metrics.common import mean_and_stderr

Encode = Callable[[Tensor], tuple[Tensor, Tensor]]
Decode = Callable[[Tensor], Tensor]

ACTIVE = 0.01
"""Above this a latent counts as active: nats of mean KL, or variance of its posterior mean over the data."""

_ROWS = 4000
"""Images decoded at once: 12 MB for 784 pixels."""


@dataclass(frozen=True)
class Elbo:
    """The bound of the training, in nats per image, and its two parts: value = -(reconstruction + kl)."""

    value: float
    """Mean over the images of E_q[log p(v | z)] - KL(q(z | v) || p(z))."""
    stderr: float
    """Its standard error, from the choice of images and the draws of z; 0 for a single image."""
    reconstruction: float
    """Mean of -log p(v | z), the cross-entropy summed over the pixels."""
    kl: float
    """Mean of the KL divergence, summed over the latents."""

    kind = "lower bound"

    def __str__(self) -> str:
        return f"{self.value:.1f} ± {self.stderr:.1f} ({self.reconstruction:.1f} + {self.kl:.1f})"


@dataclass(frozen=True)
class ImportanceWeightedBound:
    """The bound L_K, in nats per image."""

    value: float
    """Mean over the images."""
    stderr: float
    """Its standard error, from the choice of images and the draws of z; 0 for a single image."""
    K: int
    """Draws under the logarithm."""

    kind = "lower bound"

    def __str__(self) -> str:
        return f"{self.value:.1f} ± {self.stderr:.1f} (K = {self.K})"


@torch.inference_mode()
def elbo(v: Tensor, encode: Encode, decode: Decode, *, samples: int = 1, seed: int = 0) -> Elbo:
    """The evidence lower bound; the KL part in closed form, the rest with `samples` draws of z per image.

    Args:
        v: images (B, V), values in [0, 1].
        encode, decode: see the module; dropout and the like have to be off.
        samples: draws of z per image.
        seed: of the draws; the global generator is left alone.

    Raises:
        ValueError: values, shapes or results that do not fit, or samples < 1.
    """
    _check(v, samples)
    parts = [
        (-_log_p(part, decode, z).mean(1), latent_kl(mu, logvar).double().sum(1).cpu())
        for part, mu, logvar, z in _draws(v, encode, samples, seed)
    ]
    reconstruction, kl = (torch.cat(part) for part in zip(*parts, strict=True))
    value, stderr = mean_and_stderr(-reconstruction - kl)
    return Elbo(value, stderr, float(reconstruction.mean()), float(kl.mean()))


def importance_weighted_bound(
    v: Tensor, encode: Encode, decode: Decode, K: int, *, seed: int = 0
) -> ImportanceWeightedBound:
    """The bound L_K with K draws of z per image. Args and Raises: as for `importance_weighted_bounds`."""
    return importance_weighted_bounds(v, encode, decode, [K], seed=seed)[K]


@torch.inference_mode()
def importance_weighted_bounds(
    v: Tensor, encode: Encode, decode: Decode, K: Sequence[int], *, seed: int = 0
) -> dict[int, ImportanceWeightedBound]:
    """The bounds L_K for several K from the same draws of z.

    The largest K decides how many are drawn. For a smaller one they are cut into as many groups of K as there
    are, and the bounds of the groups are averaged: the same bound, known better.

    Args:
        v: images (B, V), values in [0, 1].
        encode, decode: see the module.
        K: draws under the logarithm, each 1 or more.
        seed: of the draws; the global generator is left alone.

    Raises:
        ValueError: values, shapes or results that do not fit, no K, or one below 1.
    """
    if not len(K):
        raise ValueError("K is empty; give at least one number of draws, such as [1, 10, 100].")
    _check(v, min(K))
    parts = []
    for part, mu, logvar, z in _draws(v, encode, max(K), seed):
        noise = (z - mu[:, None]) * torch.exp(-logvar / 2)[:, None]
        log_q = -(noise.square() + logvar[:, None]).double().sum(-1) / 2  # both without ln(2 pi) / 2 per latent
        log_prior = -z.square().double().sum(-1) / 2
        parts.append(_log_p(part, decode, z) + (log_prior - log_q).cpu())
    log_w = torch.cat(parts)  # (B, max K)
    bounds = {}
    for k in K:
        groups = log_w[:, : log_w.shape[1] // k * k].unflatten(1, (-1, k))
        per_image = (torch.logsumexp(groups, -1) - math.log(k)).mean(1)
        bounds[k] = ImportanceWeightedBound(*mean_and_stderr(per_image), k)
    return bounds


def latent_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, 1)) of every latent: (B, D) -> (B, D), nats, 0 or more.

    Kingma and Welling, appendix B: -(1 + logvar - mu^2 - exp(logvar)) / 2.
    """
    return -(1 + logvar - mu.square() - logvar.exp()) / 2


def active_units(mu: Tensor, logvar: Tensor, *, criterion: str = "kl", threshold: float = ACTIVE) -> Tensor:
    """Which latents carry information: bool (D,).

    Args:
        mu, logvar: of the posteriors of many images, (B, D).
        criterion: "kl": its KL divergence, averaged over the images, is above `threshold` nats. Since this is at
            least the mutual information of image and latent, what is below says next to nothing.
            "variance": the variance over the images of its posterior mean is above `threshold` (Burda, Grosse
            and Salakhutdinov, section 5).
        threshold: 0.01 for both, unless given.

    Raises:
        ValueError: another criterion, or shapes that differ.
    """
    if mu.ndim != 2 or mu.shape != logvar.shape:
        raise ValueError(
            f"mu has the shape {tuple(mu.shape)} and logvar {tuple(logvar.shape)}; expected (images, latents) twice."
        )
    if criterion not in ("kl", "variance"):
        raise ValueError(f"criterion is {criterion!r}; expected 'kl' or 'variance'.")
    measure = latent_kl(mu, logvar).mean(0) if criterion == "kl" else mu.var(0)
    return measure > threshold


def _draws(v: Tensor, encode: Encode, samples: int, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Parts of v (b, V) with mu, logvar (b, D) and draws z (b, samples, D)."""
    generator = torch.Generator(v.device).manual_seed(seed)
    for part in tqdm(v.split(max(1, _ROWS // samples)), desc="bound", delay=2, leave=False):
        mu, logvar = encode(part)
        if mu.ndim != 2 or len(mu) != len(part) or mu.shape != logvar.shape:
            raise ValueError(
                f"encode gives mu {tuple(mu.shape)} and logvar {tuple(logvar.shape)} for {len(part)} images; "
                f"expected ({len(part)}, latents) twice."
            )
        if not (torch.isfinite(mu).all() and torch.isfinite(logvar).all()):
            raise ValueError("encode gives NaN or infinite values: the model has diverged. Lower the learning rate.")
        noise = torch.randn(len(part), samples, mu.shape[1], device=mu.device, dtype=mu.dtype, generator=generator)
        yield part, mu, logvar, mu[:, None] + noise * torch.exp(logvar / 2)[:, None]


def _log_p(v: Tensor, decode: Decode, z: Tensor) -> Tensor:
    """log p(v | z) of images (b, V) and draws (b, K, D): float64 (b, K) on the CPU."""
    p = decode(z.flatten(0, 1))
    if p.shape != (len(v) * z.shape[1], v.shape[1]):
        raise ValueError(
            f"decode gives the shape {tuple(p.shape)} for {len(v) * z.shape[1]} latent vectors and images of "
            f"{v.shape[1]} pixels; expected {(len(v) * z.shape[1], v.shape[1])}."
        )
    if not (p.min() >= 0 and p.max() <= 1):  # NaN fails too
        raise ValueError("decode has to give probabilities in [0, 1]. Are these logits? Use torch.sigmoid(logits).")
    target = v.repeat_interleave(z.shape[1], 0)
    return -binary_cross_entropy(p, target, reduction="none").sum(1).view(len(v), -1).cpu().double()


def _check(v: Tensor, samples: int) -> None:
    if not isinstance(v, Tensor) or v.ndim != 2 or not len(v) or not v.is_floating_point():
        given = f"{v.dtype} {tuple(v.shape)}" if isinstance(v, Tensor) else type(v).__name__
        raise ValueError(f"v is {given}; expected a float tensor (images, pixels). Images? Use images.flatten(1).")
    if not (v.min() >= 0 and v.max() <= 1):
        raise ValueError("v holds values outside [0, 1]; scale the images first.")
    if samples < 1:
        raise ValueError(f"{samples} draws per image; give 1 or more.")
