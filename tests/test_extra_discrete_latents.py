"""Formulas of the lab on discrete latents, each against something independent: enumeration, moments, autograd."""

import math

import pytest
import torch

from tests.notebook_tools import notebook_space

LAB = "extra/discrete_latents"


@pytest.fixture(scope="module")
def lab():
    return notebook_space(LAB)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize("baseline", [0.0, 5.0])
def test_variance_of_the_toy_by_moments(lab, size, baseline):
    """E[(f - b)^2 eps_j^2] - 4 by the moments of a standard normal number, term by term."""
    moment = [1, 0, 1, 0, 3, 0, 15]
    u = [1, 2, 1]  # (1 + eps)^2 as coefficients of eps

    def mean(polynomial, power):
        return sum(c * moment[k + power] for k, c in enumerate(polynomial))

    square = [sum(u[i] * u[k - i] for i in range(3) if 0 <= k - i < 3) for k in range(5)]
    rest, rest_variance = 2 * (size - 1), 6 * (size - 1)
    second = mean(square, 2) + 2 * (rest - baseline) * mean(u, 2) + rest_variance + (rest - baseline) ** 2
    assert lab["exact_variance"](size, baseline) == pytest.approx(second - 4)


def test_the_running_average_of_the_sheet(lab):
    average = lab["RunningAverage"]()
    for number in (5, 10, 1, 12):
        average.update(torch.tensor(float(number)))
    assert (average.value, average.count) == (pytest.approx(7), 4)


def test_two_codes_judged_by_each_other_give_the_exact_gradient_on_average(lab):
    """All 64 pairs of codes of 3 bits, weighed by their probability; the loss and its gradient as in training."""
    logits = torch.tensor([[0.8, -1.5, 0.3]], requires_grad=True)
    mixture, x = torch.randn(3, 4), torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    codes = lab["all_states"](3, mixture)
    q = lab["log_bernoulli"](codes, logits).exp()
    rewards = lab["log_bernoulli"](x, codes @ mixture)
    kl = lab["KL_with_bernoulli_prior"](logits)
    (exact,) = torch.autograd.grad(kl.sum() - (q * rewards).sum(), logits)
    mean = torch.zeros_like(exact)
    for i in range(8):
        for j in range(8):
            reward, log_q = rewards[[i, j], None], lab["log_bernoulli"](codes[[i, j], None], logits)
            kl = lab["KL_with_bernoulli_prior"](logits)
            loss = lab["surrogate_loss"](reward, kl, log_q, lab["other_rewards"](reward))
            mean += (q[i] * q[j]).detach() * torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(mean, exact)


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.8])
def test_a_bit_whose_estimates_are_all_cut_hears_nothing_of_its_rewards(lab, pi):
    """c (1 - 2 pi), whatever the rewards."""
    logit = torch.logit(torch.tensor([pi]))
    for low, high in ((-100.0, -90.0), (-300.0, -1000.0)):
        mean = lab["expected_estimate"](logit, lambda z, low=low, high=high: low + (high - low) * z[:, 0], 0.0, 5.0)
        assert mean.item() == pytest.approx(5 * (1 - 2 * pi), abs=1e-5)


@pytest.mark.parametrize("baseline", [0.0, -95.0])
def test_a_batch_of_one_code_is_a_single_code(lab, baseline):
    for pi in (0.1, 0.5, 0.8):
        one = lab["expected_estimate"](torch.logit(torch.tensor([pi])), lab["one_bit"], baseline, 5.0)
        assert lab["cut_batch"](pi, baseline, 1) == pytest.approx(one.item(), abs=1e-4)
        assert lab["cut_batch"](pi, baseline, 128, math.inf) == pytest.approx(10 * pi * (1 - pi), abs=1e-3)


def test_the_chain_is_a_distribution_and_its_samples_follow_it(lab):
    chain = lab["Chain"](4)
    with torch.no_grad():
        chain.weight.normal_(std=2)
        chain.bias.normal_()
    codes = lab["all_states"](4, chain.bias)
    p = chain.log_prob(codes).exp().detach()
    assert p.sum().item() == pytest.approx(1, abs=1e-5)
    samples = chain.sample(200_000)
    counts = torch.bincount((samples @ torch.tensor([1.0, 2.0, 4.0, 8.0])).long(), minlength=16)
    torch.testing.assert_close(counts / 200_000, p, atol=0.005, rtol=0)


def test_the_rbm_climbs_its_log_likelihood(lab):
    """With many chains of the model itself, a step of the RBM is the gradient of the exact log-likelihood."""
    rbm = [torch.randn(3, 2), torch.randn(3), torch.randn(2)]
    codes, states = (torch.rand(50, 3) < 0.6).float(), lab["all_states"](3, rbm[0])
    free = [part.clone().requires_grad_() for part in rbm]
    log_z = torch.logsumexp(-lab["free_energy"](states, *free), 0)
    exact = torch.autograd.grad((-lab["free_energy"](codes, *free)).mean() - log_z, free)
    p = torch.softmax(-lab["free_energy"](states, *rbm), 0)
    chains = states[torch.multinomial(p, 400_000, replacement=True)]
    before = [part.clone() for part in rbm]
    lab["rbm_step"](rbm, codes, chains, 1.0)
    for new, old, slope in zip(rbm, before, exact, strict=True):
        torch.testing.assert_close(new - old, slope, atol=0.01, rtol=0)


def test_statistics_of_coins_see_a_copied_bit(lab):
    codes = (torch.rand(5000, 6) < 0.5).float()
    codes[:, 5] = codes[:, 0]
    assert lab["coin_statistics"](codes)["largest"] == pytest.approx(1, abs=1e-4)
    assert lab["coin_statistics"](codes[:, :5])["largest"] < 0.08
    assert lab["coin_statistics"](torch.ones(100, 3))["mean distance of a bit's frequency from 1/2"] == 0.5


@pytest.mark.long
def test_noise_and_signal_of_a_gradient(lab):
    """An encoder that is a bias alone: the noise is that of the score, the signal the exact gradient."""
    class Bias(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.tensor([0.8, -0.5]))

        def forward(self, batch):
            return self.logits.expand(len(batch), 2)

    mixture, batch = torch.randn(2, 3), torch.tensor([[1.0, 0.0, 1.0]])
    encoder, codes = Bias(), lab["all_states"](2, mixture)
    q = lab["log_bernoulli"](codes, encoder.logits).exp()
    rewards = lab["log_bernoulli"](batch, codes @ mixture)
    kl = lab["KL_with_bernoulli_prior"](encoder.logits[None]).sum()
    exact = torch.autograd.grad(kl - (q * rewards).sum(), encoder.logits)[0]
    q, score = q.detach(), codes - torch.sigmoid(encoder.logits).detach()
    single = rewards[:, None] * score
    variance = ((q[:, None] * single.square()).sum(0) - (q[:, None] * single).sum(0).square()).sum().item()
    noises, signal = lab["gradient_noise"](
        encoder, lambda z: z @ mixture, {"none": lab["constant"](0.0)}, batch, 5_000)
    assert noises["none"] == pytest.approx((variance / 2) ** 0.5, rel=0.08)  # two codes are averaged
    assert signal == pytest.approx(exact.norm().item(), abs=0.1)
