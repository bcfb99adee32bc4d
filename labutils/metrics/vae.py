"""How probable a variational autoencoder finds the data: lower bounds on log p(v), in nats per image.

A VAE draws z from N(0, I) and then v from p(v | z); log p(v) = log E_p(z)[p(v | z)] is out of reach. Its encoder
gives a Gaussian q(z | v) = N(mu, diag(exp(logvar))), and with weights w_k = p(v | z_k) p(z_k) / q(z_k | v) of K
draws from it

    log p(v)  >=  L_K = E[ log( (w_1 + ... + w_K) / K ) ],

the larger the better: L_1 is the bound the VAE is trained on (ELBO), L_K tends to log p(v).

All functions take images v (B, V), values in [0, 1], and two callables instead of a model: `encode(v)` -> mu,
logvar, each (B, D), and `decode(z)` -> the probability of each pixel, (B, V); dropout and the like have to be off.
Pixels are Bernoulli variables. Where `v` is grey, the cross-entropy stands for the log-probability. Since it is
linear in v, the ELBO then is the mean over all ways to sample the pixels, with an encoder that sees the grey image
only: still a lower bound on the mean log p of sampled images, if a looser one. Random numbers come from a generator
of their own, seeded by `seed`.

Sources: D. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR 2014, equations 3 and 10 and appendix B;
Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, equation 8 and section 5.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, softplus
from tqdm.auto import tqdm

from labutils.metrics.common import ROWS, Bound, mean_and_stderr
from labutils.runtime import require

Encode = Callable[[Tensor], tuple[Tensor, Tensor]]
Decode = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Elbo(Bound):
    """The bound of the training, E_q[log p(v | z)] - KL(q(z | v) || p(z)), with its parts, means over the images."""

    reconstruction: float
    """-log p(v | z), the cross-entropy summed over the pixels."""
    kl: float
    """The KL divergence, summed over the latents."""

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.reconstruction:.1f} + {self.kl:.1f})"


@torch.inference_mode()
def elbo(v: Tensor, encode: Encode, decode: Decode, *, samples: int = 1, seed: int = 0) -> Elbo:
    """The evidence lower bound; the KL part in closed form, the rest with `samples` draws of z per image."""
    parts = [
        (-_log_p(part, decode, z).mean(1), latent_kl(mu, logvar).double().sum(1).cpu())
        for part, mu, logvar, _, z in _draws(v, encode, samples, seed)
    ]
    reconstruction, kl = (torch.cat(part) for part in zip(*parts, strict=True))
    value, stderr = mean_and_stderr(-reconstruction - kl)
    return Elbo(value, stderr, float(reconstruction.mean()), float(kl.mean()))


@torch.inference_mode()
def importance_weighted_bounds(
    v: Tensor, encode: Encode, decode: Decode, K: Sequence[int], *, seed: int = 0
) -> dict[int, Bound]:
    """The bounds L_K for several K from the same draws of z.

    The largest K decides how many are drawn. For a smaller one they are cut into as many groups of K as there
    are, and the bounds of the groups are averaged: the same bound, known better.
    """
    parts = []
    for part, _, logvar, noise, z in _draws(v, encode, max(K), seed):
        log_q = -(noise.square() + logvar[:, None]).double().sum(-1) / 2  # both without ln(2 pi) / 2 per latent
        log_prior = -z.square().double().sum(-1) / 2
        parts.append(_log_p(part, decode, z) + (log_prior - log_q).cpu())
    log_w = torch.cat(parts)  # (B, max K)
    bounds = {}
    for k in K:
        groups = log_w[:, : log_w.shape[1] // k * k].unflatten(1, (-1, k))
        per_image = (torch.logsumexp(groups, -1) - math.log(k)).mean(1)
        bounds[k] = Bound(*mean_and_stderr(per_image))
    return bounds


def latent_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, exp(logvar)) || N(0, 1)) of every latent: (B, D) -> (B, D), nats, 0 or more.

    Kingma and Welling, appendix B: -(1 + logvar - mu^2 - exp(logvar)) / 2.
    """
    return -(1 + logvar - mu.square() - logvar.exp()) / 2


def pixel_prob(logits: Tensor) -> Tensor:
    """The sigmoid: the probability of each pixel to be on, in the shape of the logits, which it remembers.

    `cross_entropy` and the bounds compute from the remembered logits.
    """
    prob = torch.sigmoid(logits)
    prob.logits = logits  # type: ignore[attr-defined]
    return prob


def cross_entropy(prob: Tensor, target: Tensor) -> Tensor:
    """-log p(target) of pixels that are coins, summed over all pixels of all images: a scalar, in nats.

    Where `prob` comes from `pixel_prob`, value and slope are computed from its logits: the slope is prob - target
    even where a probability is rounded to 0 or 1. Else this is torch's `binary_cross_entropy`.

    Args:
        prob: probabilities of the pixels to be on, in [0, 1], any shape; target: in [0, 1], the same shape.
    """
    if hasattr(prob, "logits"):
        return binary_cross_entropy_with_logits(prob.logits, target, reduction="sum")
    return binary_cross_entropy(prob, target, reduction="sum")


def _draws(v: Tensor, encode: Encode, samples: int, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """Parts of v (b, V), each with mu, logvar (b, D), noise and z = mu + sigma noise (b, samples, D)."""
    require(
        v.ndim == 2 and v.is_floating_point(),
        f"v is {v.dtype} {tuple(v.shape)}; expected a float tensor (images, pixels). Images? Use images.flatten(1).",
    )
    require(bool(v.min() >= 0 and v.max() <= 1), "v holds values outside [0, 1]; scale the images first.")
    generator = torch.Generator(v.device).manual_seed(seed)
    for part in tqdm(v.split(max(1, ROWS // samples)), desc="bound", delay=2, leave=False):
        mu, logvar = encode(part)
        finite = bool(torch.isfinite(mu).all() and torch.isfinite(logvar).all())
        require(finite, "encode gives NaN or infinite values: the model has diverged. Lower the learning rate.")
        noise = torch.randn(len(part), samples, mu.shape[1], device=mu.device, dtype=mu.dtype, generator=generator)
        yield part, mu, logvar, noise, mu[:, None] + noise * torch.exp(logvar / 2)[:, None]


def _log_p(v: Tensor, decode: Decode, z: Tensor) -> Tensor:
    """log p(v | z) of images (b, V) and draws (b, K, D): float64 (b, K) on the CPU."""
    p = decode(z.flatten(0, 1))
    require(  # NaN fails too
        bool(p.min() >= 0 and p.max() <= 1),
        "decode has to give probabilities in [0, 1]. Are these logits? Use torch.sigmoid(logits).",
    )
    if hasattr(p, "logits"):
        fits = (p.logits.view(*z.shape[:2], -1) @ v[:, :, None]).squeeze(2)
        return (fits - softplus(p.logits).sum(1).view_as(fits)).cpu().double()
    target = v.repeat_interleave(z.shape[1], 0)
    return -binary_cross_entropy(p, target, reduction="none").sum(1).view(len(v), -1).cpu().double()
