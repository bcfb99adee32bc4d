"""How probable an RBM finds the data: free energy, exact and estimated log-likelihood, in nats.

An RBM with visible units v in {0,1}^V, hidden units h in {0,1}^H and energy
E(v, h) = -a.v - b.h - v W h has p(v) = exp(-F(v)) / Z. The free energy F is easy, the normaliser Z is not:
it sums over all states. Up to about 20 units in the smaller layer we add them all up. Beyond that we walk
along a chain of RBMs from a base without weights, whose Z is known, to the model:

- forward, from the base to the model (annealed importance sampling, AIS): log Z comes out rather too small,
  so the log-likelihood rather too high;
- in reverse, from samples of the model to the base (bidirectional Monte Carlo): the other way round.

All functions take the parameters, not a model: W (V, H), v_bias = a (V,), h_bias = b (H,), on any device, and
test vectors v (B, V) of zeros and ones. Random numbers come from a generator of their own, seeded by `seed`.

Sources: R. Salakhutdinov, I. Murray, "On the quantitative analysis of deep belief networks", ICML 2008;
Y. Burda, R. Grosse, R. Salakhutdinov, "Accurate and conservative estimates of MRF log-likelihood using
reverse annealing", AISTATS 2015; R. Grosse, Z. Ghahramani, R. Adams, "Sandwiching the marginal likelihood
using bidirectional Monte Carlo", 2015 (arXiv:1511.02543).
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm.auto import tqdm

from labutils import runtime
from labutils.metrics.common import check_parameters, check_states, sum_softplus
from labutils.runtime import require, sample_bernoulli

Rbm = tuple[Tensor, Tensor, Tensor]
"""W (V, H), v_bias (V,), h_bias (H,)."""

EXACT_UNITS = 20
"""`log_likelihood` is exact if the smaller layer has at most this many units."""

MIN_ESS = 3.0
"""Below this effective sample size an AIS estimate is only a bound."""


class LogZ(NamedTuple):
    """An AIS estimate of log Z."""

    log_z: float
    """Estimate, in nats; too small rather than too large."""
    stderr: float
    """Its standard error in nats. It knows what the chains saw, not the modes that all of them missed."""
    ess: float
    """Effective sample size, 1 to the number of chains: how many carry the estimate. Below 3: only a bound."""


@dataclass(frozen=True)
class LogLikelihood:
    """Mean log-likelihood of test vectors, in nats per vector."""

    value: float
    """The best estimate: exact, or from AIS, then too high rather than too low."""
    stderr: float
    """Its standard error, from the estimate of log Z and from choosing the largest of several; 0 if exact."""
    lower: float
    """From reverse annealing: too low rather than too high. Far below `value` it asks for more steps."""
    ess: float
    """Effective sample size of AIS; infinite if exact."""

    @property
    def kind(self) -> str:
        """'exact', 'AIS', or 'upper bound only' where fewer than 3 chains carry the estimate."""
        if math.isinf(self.ess):
            return "exact"
        return "AIS" if self.ess >= MIN_ESS else "upper bound only"

    def __str__(self) -> str:
        spread = f" ± {self.stderr:.1f}" if self.kind == "AIS" else f" ({self.kind})"
        return f"{self.value:.1f}{spread}"


def free_energy(v: Tensor, W: Tensor, v_bias: Tensor, h_bias: Tensor) -> Tensor:
    """F(v) = -a.v - sum_j softplus(b_j + (v W)_j), so that p(v) = exp(-F(v)) / Z: (B, V) to (B,), in nats."""
    check_parameters(W, v_bias, h_bias)
    return -(v @ v_bias) - F.softplus(v @ W + h_bias).sum(-1)


def all_states(units: int, like: Tensor | None = None) -> Tensor:
    """All states of some binary units, (2^units, units); the first unit changes from each row to the next.

    They get the device and dtype of the tensor `like`; float32 on `get_device()` if not given.
    """
    if like is None:
        like = torch.empty(0, device=runtime.get_device())
    numbers = torch.arange(2**units, device=like.device)
    return ((numbers[:, None] >> torch.arange(units, device=like.device)) & 1).to(like.dtype)


@torch.inference_mode()
def exact_log_z(W: Tensor, v_bias: Tensor, h_bias: Tensor) -> float:
    """log Z by adding up all states of the smaller layer, the other one being summed in closed form.

    Takes a few seconds for 20 units beside 784, and twice as long for every further unit.
    """
    check_parameters(W, v_bias, h_bias)
    if W.shape[0] < W.shape[1]:
        W, v_bias, h_bias = W.T, h_bias, v_bias
    units = W.shape[1]
    # The states of the first units are listed once, those of the rest ("outer") one after another.
    inner = min(units, 10)
    states, outer_states = all_states(inner, W), all_states(units - inner, W)
    inner_input, inner_bias = states @ W[:, :inner].T + v_bias, states @ h_bias[:inner]
    outer_input, outer_bias = outer_states @ W[:, inner:].T, outer_states @ h_bias[inner:]
    parts = [
        torch.logsumexp(inner_bias + bias + sum_softplus(inner_input + row), 0)
        for row, bias in zip(tqdm(outer_input, desc="log Z", delay=2, leave=False), outer_bias, strict=True)
    ]
    return float(torch.logsumexp(torch.stack(parts).cpu().double(), 0))


@torch.inference_mode()
def ais_log_z(
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    *,
    train_mean: Tensor | None = None,
    chains: int = 100,
    steps: int | None = None,
    seed: int = 0,
) -> LogZ:
    """log Z by annealed importance sampling (Salakhutdinov and Murray 2008, section 4.1) from one base model.

    Every chain's weight has the mean Z / Z_base, so log Z is too small rather than too large: badly so if no
    chain finds the modes that matter, and then the standard error is small as well. Compare two bases.

    Args:
        train_mean: mean of the training vectors (V,), in [0, 1]: the base draws every pixel with this
            probability. Without it the base is uniform.
        chains: number of independent chains, 2 or more. More make the standard error smaller.
        steps: number of temperatures. More make the weights of the chains alike. Default 3000 (quick: 30).
    """
    check_parameters(W, v_bias, h_bias)
    generator = torch.Generator(W.device).manual_seed(seed)
    return _ais((W, v_bias, h_bias), train_mean, chains, _betas(steps), generator)[0]


@torch.inference_mode()
def raise_log_likelihood(
    v: Tensor, W: Tensor, v_bias: Tensor, h_bias: Tensor, train_mean: Tensor | None, steps: int | None, seed: int
) -> Tensor:
    """log p(v) (B,) by reverse annealing (Burda, Grosse and Salakhutdinov 2015, section 3), one chain per vector.

    Walks from each v through ever hotter RBMs back to the base. exp of the result has the mean p_ann(v), the
    probability that the forward walk with this many steps, used as a generator, ends in v. So the result is
    too low, rather than too high, for log p_ann(v); and the more steps, the closer p_ann comes to p.

    For samples of the model itself it is too low on average for log p(v) as well. Not so for test digits, by tens
    of nats, if the model wastes its probability on a mode without digits, which the walk misses.
    """
    check_parameters(W, v_bias, h_bias)
    check_states(v, W)
    base, base_log_z = _base(train_mean, v_bias, h_bias)
    generator = torch.Generator(W.device).manual_seed(seed)
    log_w, _ = _anneal(v, _betas(steps)[::-1], (W, v_bias, h_bias), base, generator, "RAISE")
    return log_w - free_energy(v, W, v_bias, h_bias) - base_log_z


@torch.inference_mode()
def log_likelihood(
    v: Tensor,
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    *,
    train_mean: Tensor | None = None,
    both_sides: bool = False,
    chains: int = 100,
    steps: int | None = None,
    seed: int = 0,
) -> LogLikelihood:
    """Mean log p(v) of test vectors: exact up to 20 units in the smaller layer, else estimated and bracketed.

    The estimate: AIS from a uniform base, from the data means if `train_mean` is given, and then once more
    from the means of the samples of the model in which each of these walks ended. The largest log Z counts,
    since a walk that misses a mode gives too small a one. The other end of the bracket is bidirectional Monte Carlo
    from those samples: the mean of -F(v) - log p_ann(v) (see `raise_log_likelihood`) is log Z + KL(p || p_ann), never
    below log Z if they are samples of the model. Both ends are silent about a mode that no walk has found; then the
    truth lies below both.

    Args: as for `ais_log_z`. Better give `train_mean`: neither base suits all models. It takes 5 * steps Gibbs steps.
        both_sides: walk over the states of h as well, as if h were the visible layer, from a uniform base and from
            the means for v; it then takes 7 * steps Gibbs steps.
    """
    check_parameters(W, v_bias, h_bias)
    check_states(v, W)
    mean_score = -float(free_energy(v, W, v_bias, h_bias).mean())
    if min(W.shape) <= EXACT_UNITS:
        value = mean_score - exact_log_z(W, v_bias, h_bias)
        return LogLikelihood(value, 0.0, value, math.inf)
    betas, generator = _betas(steps), torch.Generator(W.device).manual_seed(seed)
    sides = [((W, v_bias, h_bias), train_mean)]
    if both_sides:
        sides.append(((W.T.contiguous(), h_bias, v_bias), torch.sigmoid(torch.addmm(h_bias, v, W)).mean(0)))
    walks = []  # (log Z, samples), RBM, base of each
    for rbm, means in sides:
        bases = (None,) if means is None else (None, means)
        walks += [(_ais(rbm, base, chains, betas, generator), rbm, base) for base in bases]
    for (_, samples), rbm, _ in walks[: 1 if train_mean is None else 2]:
        own = samples.mean(0)
        walks.append((_ais(rbm, own, chains, betas, generator), rbm, own))
    (best, samples), rbm, base = max(walks, key=lambda walk: walk[0][0].log_z)
    reverse = raise_log_likelihood(samples, *rbm, base, steps, seed + 1)
    upper_log_z = float((-free_energy(samples, *rbm) - reverse).mean())
    value = mean_score - best.log_z
    stderr = error_of_largest([(result.log_z, result.stderr) for (result, _), _, _ in walks])
    return LogLikelihood(value, stderr, min(mean_score - upper_log_z, value), best.ess)


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


def _ais(
    rbm: Rbm, train_mean: Tensor | None, chains: int, betas: list[float], generator: torch.Generator
) -> tuple[LogZ, Tensor]:
    """The estimate of `ais_log_z`, and `chains` approximate samples of the model (chains, V)."""
    require(chains >= 2, f"AIS got chains={chains}; it needs at least 2 to tell how far they differ.")
    _, v_bias, h_bias = rbm
    base, base_log_z = _base(train_mean, v_bias, h_bias)
    log_w, v = _anneal(base.expand(chains, -1), betas, rbm, base, generator, "AIS")  # It forgets its start.
    # The weighted states are samples of the model: draw by weight, then part the copies by at most 100 Gibbs steps.
    drawn = v[torch.multinomial(torch.softmax(log_w, 0), chains, replacement=True, generator=generator)]
    _, samples = _anneal(drawn, [1.0] * min(101, len(betas)), rbm, base, generator, "AIS samples")
    log_w = log_w.cpu().double()
    log_mean = torch.logsumexp(log_w, 0) - math.log(chains)
    w = torch.exp(log_w - log_mean)  # Weights with mean 1.
    stderr, ess = float(w.std() / math.sqrt(chains)), float(w.sum() ** 2 / (w**2).sum())
    return LogZ(float(log_mean) + base_log_z, stderr, ess), samples


def _anneal(
    v: Tensor, betas: list[float], rbm: Rbm, base: Tensor, generator: torch.Generator, name: str
) -> tuple[Tensor, Tensor]:
    """Walk from v along `betas`: each chain's sum of log f_next(v) - log f_now(v), (B,), and last v (B, V).

    The RBM at beta has weights beta W, hidden biases beta b and visible biases base + beta (a - base); f is
    its unnormalised p(v). At each beta the chain does one Gibbs step, then the step to the next is added.
    """
    W, v_bias, h_bias = rbm
    shift = v_bias - base
    hidden_input = torch.addmm(h_bias, v, W)
    log_w = v.new_zeros(len(v))
    for beta, following in tqdm(pairwise(betas), total=len(betas) - 1, desc=name, delay=2, leave=False):
        h = sample_bernoulli(torch.sigmoid(beta * hidden_input), generator)
        v = sample_bernoulli(torch.sigmoid(torch.addmm(base + beta * shift, h, W.T, alpha=beta)), generator)
        hidden_input = torch.addmm(h_bias, v, W)
        if following != beta:
            log_w += sum_softplus(following * hidden_input) - sum_softplus(beta * hidden_input)
            log_w += (following - beta) * (v @ shift)
    return log_w, v


def _betas(steps: int | None) -> list[float]:
    """`steps` + 1 inverse temperatures from 0 (base) to 1 (model)."""
    if steps is None:
        steps = 30 if runtime.QUICK else 3000
    require(steps >= 1, f"steps={steps}; give at least 1, thousands for a trained RBM.")
    return [k / steps for k in range(steps + 1)]


def _base(train_mean: Tensor | None, v_bias: Tensor, h_bias: Tensor) -> tuple[Tensor, float]:
    """Visible biases (V,) of the base, logits of the data means, moved slightly to 1/2, or zeros; and its log Z."""
    base = torch.zeros_like(v_bias)
    if train_mean is not None:
        require(
            train_mean.shape == v_bias.shape and bool(((train_mean >= 0) & (train_mean <= 1)).all()),
            f"train_mean must hold {len(v_bias)} values in [0, 1], one per visible unit; got the shape "
            f"{tuple(train_mean.shape)}. Give the mean over the training images, flattened.",
        )
        base = torch.logit(0.99 * train_mean.to(v_bias) + 0.005)
    return base, float(F.softplus(base).sum()) + len(h_bias) * math.log(2)  # the hidden units are free
