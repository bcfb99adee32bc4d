"""How probable an RBM finds the data: free energy, exact and estimated log-likelihood, in nats.

An RBM with visible units v in {0,1}^V, hidden units h in {0,1}^H and energy
E(v, h) = -a.v - b.h - v W h has p(v) = exp(-F(v)) / Z. The free energy F is easy, the normaliser Z is not:
it sums over all states. Up to about 20 units in the smaller layer we add them all up. Beyond that we walk
along a chain of RBMs from a base without weights, whose Z is known, to the model:

- forward, from the base to the model (annealed importance sampling, AIS): log Z comes out rather too small,
  so the log-likelihood rather too high;
- in reverse, from samples of the model to the base (reverse annealing, RAISE): the other way round.

Together they bracket the truth, as long as the chains found the modes that hold the model's probability.

All functions take the parameters, not a model: W (V, H), v_bias = a (V,), h_bias = b (H,), on any device.

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
from labutils.metrics.common import check_parameters, check_states, check_visible, sum_softplus
from labutils.runtime import sample_bernoulli

EXACT_UNITS = 20
"""`log_likelihood` is exact if the smaller layer has at most this many units."""

MIN_ESS = 3.0
"""Below this effective sample size an AIS estimate is only a bound."""

_MOST_UNITS = 25


class LogZ(NamedTuple):
    """An AIS estimate of log Z."""

    log_z: float
    """Estimate, in nats; too small rather than too large."""
    stderr: float
    """Its standard error in nats. It knows what the chains saw, not the modes that all of them missed."""
    ess: float
    """Effective sample size, 1 to `chains`: how many chains carry the estimate. Below 3: only a bound."""
    base: str
    """The base model it started from: 'data means' or 'uniform'."""
    chains: int
    steps: int


@dataclass(frozen=True)
class LogLikelihood:
    """Mean log-likelihood of test vectors, in nats per vector."""

    value: float
    """The best estimate: exact, or the one from AIS."""
    stderr: float
    """Standard error of `value` that comes from the estimate of log Z; 0 if exact."""
    lower: float
    """From reverse annealing: too low rather than too high. Far below `upper` it asks for more steps."""
    upper: float
    """From AIS: too high rather than too low."""
    ess: float
    """Effective sample size of AIS; infinite if exact."""
    exact: bool
    base: str = "none"
    """The base model that won: 'uniform', 'data means' or 'own means' (of samples of the model)."""

    @property
    def kind(self) -> str:
        """'exact', 'AIS', or 'upper bound only' where fewer than 3 chains carry the estimate."""
        if self.exact:
            return "exact"
        return "AIS" if self.ess >= MIN_ESS else "upper bound only"

    def __str__(self) -> str:
        spread = f" ± {self.stderr:.1f}" if self.kind == "AIS" else f" ({self.kind})"
        return f"{self.value:.1f}{spread}"


def free_energy(v: Tensor, W: Tensor, v_bias: Tensor, h_bias: Tensor) -> Tensor:
    """F(v) = -a.v - sum_j softplus(b_j + (v W)_j), so that p(v) = exp(-F(v)) / Z.

    Args:
        v: visible vectors (B, V), values 0 and 1.
        W: weights (V, H); v_bias: visible biases (V,); h_bias: hidden biases (H,).

    Returns:
        (B,), in nats.

    Raises:
        ValueError: shapes that do not fit together.
    """
    check_parameters(W, v_bias, h_bias)
    check_visible(v, W)
    return -(v @ v_bias) - F.softplus(v @ W + h_bias).sum(-1)


def all_states(units: int, like: Tensor | None = None) -> Tensor:
    """All states of some binary units; the first unit changes from each row to the next.

    Args:
        units: their number, 0 or more.
        like: a tensor whose device and dtype the states get; float32 on `get_device()` if not given.

    Returns:
        A matrix of shape (2^units, units), values 0 and 1.
    """
    if like is None:
        like = torch.empty(0, device=runtime.get_device())
    numbers = torch.arange(2**units, device=like.device)
    return ((numbers[:, None] >> torch.arange(units, device=like.device)) & 1).to(like.dtype)


@torch.inference_mode()
def exact_log_z(W: Tensor, v_bias: Tensor, h_bias: Tensor) -> float:
    """log Z by adding up all states of the smaller layer, the other one being summed in closed form.

    Takes a few seconds for 20 units beside 784, and twice as long for every further unit.

    Args:
        W: weights (V, H); v_bias: visible biases (V,); h_bias: hidden biases (H,).

    Returns:
        log Z in nats.

    Raises:
        ValueError: shapes that do not fit together, or more than 25 units in the smaller layer.
    """
    check_parameters(W, v_bias, h_bias)
    if W.shape[0] < W.shape[1]:
        W, v_bias, h_bias = W.T, h_bias, v_bias
    units = W.shape[1]
    if units > _MOST_UNITS:
        raise ValueError(
            f"The smaller layer has {units} units, that is 2^{units} states to add up; at most {_MOST_UNITS} "
            "are feasible. Estimate it: ais_log_z(W, v_bias, h_bias), or log_likelihood(...) for a bracket."
        )
    # The states of the first units are listed once, those of the rest ("outer") one after another.
    inner = min(units, 10)
    states = all_states(inner, W)
    inner_input = states @ W[:, :inner].T + v_bias
    inner_bias = states @ h_bias[:inner]
    outer_states = all_states(units - inner, W)
    outer_input = outer_states @ W[:, inner:].T
    outer_bias = outer_states @ h_bias[inner:]
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
        W, v_bias, h_bias: the RBM, (V, H), (V,) and (H,).
        train_mean: mean of the training vectors (V,), in [0, 1]: the base draws every pixel with this
            probability. Without it the base is uniform.
        chains: number of independent chains. More make the standard error smaller.
        steps: number of temperatures. More make the weights of the chains alike. Default 3000 (quick: 200).
        seed: of the function's own generator; the global one is left alone.

    Raises:
        ValueError: shapes that do not fit together, a mean outside [0, 1], chains < 2 or steps < 1.
    """
    check_parameters(W, v_bias, h_bias)
    generator = torch.Generator(W.device).manual_seed(seed)
    return _ais(W, v_bias, h_bias, train_mean, chains, _steps(steps), generator)[0]


@torch.inference_mode()
def raise_log_likelihood(
    v: Tensor,
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    *,
    train_mean: Tensor | None = None,
    steps: int | None = None,
    seed: int = 0,
) -> Tensor:
    """log p(v) by reverse annealing (Burda, Grosse and Salakhutdinov 2015, section 3), one chain per vector.

    Walks from each v through ever hotter RBMs back to the base. exp of the result has the mean p_ann(v), the
    probability that the forward walk with this many steps, used as a generator, ends in v. So the result is
    too low, rather than too high, for log p_ann(v); and the more steps, the closer p_ann comes to p.

    For samples of the model itself it is too low on average for log p(v) as well. Not so for test digits: an
    RBM that wastes its probability on a mode without digits is a worse model of them than the walk, which
    misses that mode, and the result is then larger than log p(v), by tens of nats for a young RBM.

    Args:
        v: visible vectors (B, V), values 0 and 1.
        W, v_bias, h_bias, train_mean, steps, seed: as for `ais_log_z`.

    Returns:
        (B,), in nats.

    Raises:
        ValueError: as `ais_log_z`, and for values of v other than 0 and 1.
    """
    check_parameters(W, v_bias, h_bias)
    check_states(v, W)
    base = _base_bias(train_mean, v_bias)
    betas, generator = _betas(_steps(steps))[::-1], torch.Generator(W.device).manual_seed(seed)
    log_w, _ = _anneal(v, betas, W, v_bias, h_bias, base, generator, "RAISE")
    return log_w - free_energy(v, W, v_bias, h_bias) - _base_log_z(base, W)


@torch.inference_mode()
def log_likelihood(
    v: Tensor,
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    *,
    train_mean: Tensor | None = None,
    chains: int = 100,
    steps: int | None = None,
    seed: int = 0,
) -> LogLikelihood:
    """Mean log p(v) of test vectors: exact up to 20 units in the smaller layer, else estimated and bracketed.

    The estimate: AIS from a uniform base, from the data means if `train_mean` is given, and then once more
    from the means of the samples of the model in which each of these walks ended. The largest log Z counts,
    since a walk that misses a mode gives too small a one. The other end of the bracket: for samples of the
    model the mean of -F(v) - log p_ann(v) (see `raise_log_likelihood`) is log Z + KL(p || p_ann), never below
    log Z. Bracket and spread are silent about a mode that no walk has found; then the truth lies below both.

    Args:
        v: test vectors (B, V), values 0 and 1: grey images binarised once by sampling.
        W, v_bias, h_bias: the RBM, (V, H), (V,) and (H,).
        train_mean: mean of the training vectors (V,), in [0, 1]. Better given: neither base suits all models.
        chains, steps, seed: as for `ais_log_z`. Five walks take 5 * steps Gibbs steps in all.

    Raises:
        ValueError: as `ais_log_z`, and for values of v other than 0 and 1.
    """
    check_parameters(W, v_bias, h_bias)
    check_states(v, W)
    mean_score = -float(free_energy(v, W, v_bias, h_bias).mean())
    if min(W.shape) <= EXACT_UNITS:
        value = mean_score - exact_log_z(W, v_bias, h_bias)
        return LogLikelihood(value, 0.0, value, value, math.inf, True)
    steps, generator = _steps(steps), torch.Generator(W.device).manual_seed(seed)
    means = [None] if train_mean is None else [None, train_mean]
    walks = [(*_ais(W, v_bias, h_bias, mean, chains, steps, generator), mean) for mean in means]
    for _, samples, _ in walks.copy():
        own = samples.mean(0)
        estimate, samples = _ais(W, v_bias, h_bias, own, chains, steps, generator)
        walks.append((estimate._replace(base="own means"), samples, own))
    best, samples, base = max(walks, key=lambda walk: walk[0].log_z)
    score = -free_energy(samples, W, v_bias, h_bias)
    reverse = raise_log_likelihood(samples, W, v_bias, h_bias, train_mean=base, steps=steps, seed=seed + 1)
    upper = mean_score - best.log_z
    lower = min(mean_score - float((score - reverse).mean()), upper)
    return LogLikelihood(upper, best.stderr, lower, upper, best.ess, False, best.base)


def _ais(
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    train_mean: Tensor | None,
    chains: int,
    steps: int,
    generator: torch.Generator,
) -> tuple[LogZ, Tensor]:
    """The estimate of `ais_log_z`, and `chains` approximate samples of the model (chains, V)."""
    if chains < 2:
        raise ValueError(f"AIS got chains={chains}; it needs at least 2 to tell how far they differ.")
    base = _base_bias(train_mean, v_bias)
    start = v_bias.new_zeros(chains, len(v_bias))  # The first Gibbs step, in the base, forgets it.
    log_w, v = _anneal(start, _betas(steps), W, v_bias, h_bias, base, generator, "AIS")
    # The weighted states are samples of the model: draw by weight, then part the copies by 100 Gibbs steps.
    drawn = v[torch.multinomial(torch.softmax(log_w, 0), chains, replacement=True, generator=generator)]
    _, samples = _anneal(drawn, [1.0] * 101, W, v_bias, h_bias, base, generator, "AIS samples")
    log_w = log_w.cpu().double()
    log_mean = torch.logsumexp(log_w, 0) - math.log(chains)
    w = torch.exp(log_w - log_mean)  # Weights with mean 1.
    estimate = LogZ(
        log_z=float(log_mean) + _base_log_z(base, W),
        stderr=float(w.std() / math.sqrt(chains)),
        ess=float(w.sum() ** 2 / (w**2).sum()),
        base="uniform" if train_mean is None else "data means",
        chains=chains,
        steps=steps,
    )
    return estimate, samples


def _anneal(
    v: Tensor,
    betas: list[float],
    W: Tensor,
    v_bias: Tensor,
    h_bias: Tensor,
    base: Tensor,
    generator: torch.Generator,
    name: str,
) -> tuple[Tensor, Tensor]:
    """Walk from v along `betas`: each chain's sum of log f_next(v) - log f_now(v), (B,), and last v (B, V).

    The RBM at beta has weights beta W, hidden biases beta b and visible biases base + beta (a - base); f is
    its unnormalised p(v). At each beta the chain does one Gibbs step, then the step to the next is added.
    """
    shift = v_bias - base
    hidden_input = torch.addmm(h_bias, v, W)
    log_w = v.new_zeros(len(v))
    for beta, following in tqdm(pairwise(betas), total=len(betas) - 1, desc=name, delay=2, leave=False):
        h = sample_bernoulli(torch.sigmoid(beta * hidden_input), generator)
        v = sample_bernoulli(torch.sigmoid(torch.addmm(base + beta * shift, h, W.T, alpha=beta)), generator)
        hidden_input = torch.addmm(h_bias, v, W)
        log_w += sum_softplus(following * hidden_input) - sum_softplus(beta * hidden_input)
        log_w += (following - beta) * (v @ shift)
    return log_w, v


def _betas(steps: int) -> list[float]:
    """`steps` + 1 inverse temperatures from 0 (base) to 1 (model)."""
    return [k / steps for k in range(steps + 1)]


def _base_bias(train_mean: Tensor | None, v_bias: Tensor) -> Tensor:
    """Visible biases (V,) of the base: logits of the data means, moved slightly to 1/2; else zeros."""
    if train_mean is None:
        return torch.zeros_like(v_bias)
    if train_mean.shape != v_bias.shape or not bool(((train_mean >= 0) & (train_mean <= 1)).all()):
        raise ValueError(
            f"train_mean must hold {len(v_bias)} values in [0, 1], one per visible unit; got the shape "
            f"{tuple(train_mean.shape)}. Give the mean over the training images, flattened."
        )
    return torch.logit(0.99 * train_mean.to(v_bias) + 0.005)


def _base_log_z(base: Tensor, W: Tensor) -> float:
    """log Z of the base: its hidden units are free, each adds log 2."""
    return float(F.softplus(base).sum()) + W.shape[1] * math.log(2)


def _steps(steps: int | None) -> int:
    if steps is None:
        return 100 if runtime.QUICK else 3000
    if steps < 1:
        raise ValueError(f"steps={steps}; give at least 1, thousands for a trained RBM.")
    return steps
