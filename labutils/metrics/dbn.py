"""How probable a deep belief network finds the data: a lower bound on its log-likelihood, in nats.

A DBN of two hidden layers draws h1 from its top RBM and then v from the directed layer below:

    p(v, h1) = p_top(h1) p(v | h1),    p_top(h1) = exp(-F_top(h1)) / Z_top,    p(v | h1) = sigma(h1 W_down + a).

The sum over all h1 in p(v) is out of reach, and the normaliser Z_top has to be estimated as for any RBM. But
with the recognition distribution q(h1 | v) = sigma(v R + b_up), Jensen's inequality gives a bound:

    log p(v)  >=  E_q[log w],    w = p(v | h1) exp(-F_top(h1)) / (Z_top q(h1 | v)),

tight if q is the posterior p(h1 | v). Since E_q[w] = p(v), the mean of K weights under the logarithm bounds
log p(v) as well, and the better the larger K: the importance-weighted bound.

Sources: G. Hinton, S. Osindero, Y. W. Teh, "A fast learning algorithm for deep belief nets", Neural
Computation 18, 2006, section 4, equation 9; R. Salakhutdinov, I. Murray, "On the quantitative analysis of deep
belief networks", ICML 2008, section 5; Y. Burda, R. Grosse, R. Salakhutdinov, "Importance weighted
autoencoders", ICLR 2016, equation 8.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm.auto import tqdm

from labutils.metrics.common import ROWS, Bound, check_parameters, check_states, mean_and_stderr, sum_softplus
from labutils.metrics.rbm import EXACT_UNITS, MIN_ESS, error_of_largest, free_energy, log_likelihood
from labutils.runtime import require, sample_bernoulli


@dataclass(frozen=True)
class LowerBound(Bound):
    """Lower bounds on the mean log p(v) of test vectors under a DBN: `value` is the importance-weighted one.

    They are bounds up to the error of log Z: AIS makes log Z rather too small, and so the bounds rather too
    high. `lower` says how much that may be. Models on the same test vectors share most of `stderr`.
    """

    bound: float
    """The plain bound, E_q[log w], the smaller one: that of Hinton, Osindero and Teh."""
    lower: float
    """`value` with the log Z of reverse annealing, rather too large. Far below `value`: take more steps."""
    log_z: float
    """log Z of the top RBM."""
    log_z_stderr: float
    """Its standard error; 0 if exact."""
    ess: float
    """Effective sample size of AIS; infinite if log Z is exact. Below 3, do not trust log Z."""

    def __str__(self) -> str:
        doubt = "" if self.ess >= MIN_ESS else ", log Z not reliable"
        return f"{super().__str__()} ({self.kind}{doubt})"


@torch.inference_mode()
def log_likelihood_bound(
    v: Tensor,
    *,
    R: Tensor,
    h1_up_bias: Tensor,
    W_down: Tensor,
    v_bias: Tensor,
    W2: Tensor,
    h1_bias: Tensor,
    h2_bias: Tensor,
    samples: int = 100,
    chains: int = 100,
    steps: int | None = None,
    seed: int = 0,
) -> LowerBound:
    """Lower bounds on the mean log p(v) of test vectors under a DBN, plain and importance-weighted.

    log Z of the top RBM is exact up to 20 units in its smaller layer. Else it is estimated by AIS from two
    sides: the RBM with h1 as its visible layer, and the same RBM with h2 as its visible layer; on each side
    from several bases (see `labutils.metrics.rbm.log_likelihood`). The largest counts: one side alone can miss
    the modes that matter by tens of nats, with a small standard error and a dozen effective samples (lab 02).

    Args:
        v: test vectors (B, V), values 0 and 1: grey images binarised once by sampling.
        R, h1_up_bias: recognition, q(h1 | v) = sigma(v R + b_up): (V, H1), (H1,). Without fine-tuning R is W1,
            and the bias is the one W1 was trained with (any other q gives a valid, if looser, bound).
        W_down, v_bias: generation, p(v | h1) = sigma(h1 W_down + a): (H1, V), (V,). Without fine-tuning W1.T.
        W2, h1_bias, h2_bias: the top RBM: (H1, H2), (H1,), (H2,).
        samples: weights per vector, K. With 1, `value` is the plain bound.
        chains, steps, seed: of AIS, as for `labutils.metrics.rbm.ais_log_z`; `seed` also draws h1.
    """
    check_parameters(R, v_bias, h1_up_bias, "R, v_bias, h1_up_bias")
    check_parameters(W_down, h1_bias, v_bias, "W_down, h1_bias, v_bias")
    check_parameters(W2, h1_bias, h2_bias, "W2, h1_bias, h2_bias")
    check_states(v, R)
    require(samples >= 1, f"samples={samples}; give at least 1, a hundred for a tight bound.")

    generator = torch.Generator(R.device).manual_seed(seed)
    parts = []
    for part in tqdm(v.split(max(1, ROWS // samples)), desc="bound", delay=2, leave=False):
        logit_q = torch.addmm(h1_up_bias, part, R).repeat_interleave(samples, 0)
        h1 = sample_bernoulli(torch.sigmoid(logit_q), generator)
        log_q = (h1 * logit_q).sum(-1) - sum_softplus(logit_q)
        logit_p = torch.addmm(v_bias, h1, W_down)
        log_p = (part[:, None] * logit_p.view(len(part), samples, -1)).sum(-1).view(-1) - sum_softplus(logit_p)
        log_top = h1 @ h1_bias + sum_softplus(torch.addmm(h2_bias, h1, W2))
        parts.append((log_p + log_top - log_q).view(-1, samples).cpu().double())
    log_w = torch.cat(parts)  # (B, K), without log Z

    h1 = sample_bernoulli(torch.sigmoid(torch.addmm(h1_up_bias, v, R)), generator)
    h2 = sample_bernoulli(torch.sigmoid(torch.addmm(h2_bias, h1, W2)), generator)
    sides = [(h1, W2, h1_bias, h2_bias)]
    if min(W2.shape) > EXACT_UNITS:
        sides.append((h2, W2.T.contiguous(), h2_bias, h1_bias))
    estimates = []  # of log Z, each with the log-likelihood of the states that it is read from
    for side in sides:
        result = log_likelihood(*side, train_mean=side[0].mean(0), chains=chains, steps=steps, seed=seed)
        estimates.append((-float(free_energy(*side).mean()) - result.value, result))
    log_z, top = max(estimates, key=lambda estimate: estimate[0])
    log_z_stderr = error_of_largest([(estimate, result.stderr) for estimate, result in estimates])
    value, stderr = mean_and_stderr(torch.logsumexp(log_w, 1) - math.log(samples))
    return LowerBound(
        value=value - log_z,
        stderr=math.hypot(stderr, log_z_stderr),
        bound=float(log_w.mean()) - log_z,
        lower=value - log_z - (top.value - top.lower),
        log_z=log_z,
        log_z_stderr=log_z_stderr,
        ess=top.ess,
    )


@torch.no_grad()
def up_and_down(
    v: Tensor, layers: Sequence[Callable[[Tensor], Tensor]], sample: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """The way straight up from the data and straight down again, for the reconstruction error of an RBM or a DBN.

    Args:
        v: images (B, V), values in [0, 1].
        layers: the probabilities of each layer given the states before, (B, N) to (B, M): as many up as down. For
            an RBM `hidden_prob, visible_prob`; for a DBN `recognition_prob, h2_prob, h1_prob, visible_prob`.
        sample: states from probabilities, of the same shape, such as `labutils.runtime.sample_bernoulli`.

    Returns:
        p(v = 1 | h) (B, V) for the h that the way down ends in, and the sampled states (B, H) of the topmost layer.
    """
    *before, last = layers
    states = [v]
    for prob in before:
        states.append(sample(prob(states[-1])))
    return last(states[-1]), states[len(layers) // 2]
