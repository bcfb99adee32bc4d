"""Extra lab on discrete latents: wrong and alternative ways to write its functions."""

from tests.mutants.bank import at

LAB = "extra/discrete_latents"

DRAW = "z = mu + sigma * torch.randn(count, len(mu), device=mu.device)"
SCORE = "score = (z - mu) / sigma**2"
SCORED = "gradients = (f(z) - baseline)[:, None] * score"
NUDGED = "z = (mu + sigma * torch.randn(count, len(mu), device=mu.device)).requires_grad_()"
SLOPE = "(gradients,) = torch.autograd.grad(f(z).sum(), z)"
KL_GAUSS = "kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)"
PIXELS = "logits = self.proj2(F.relu(self.proj1(z)))"
PRIOR = "z = torch.randn(n_samples, self.input_dim, device=self.proj1.weight.device)"
IMAGES = "images = (probs >= 0.5).float() if argmax else sample_bernoulli(probs)"
CODE = "z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)"
KL_BITS = "kl = (math.log(2) - Bernoulli(probs).entropy()).sum(1)"
BITS = "logits = self.proj2(F.relu(self.proj1(batch)))"
COINS = "z = torch.randint(2, (n_samples, self.input_dim), device=self.proj1.weight.device).float()"
LOG_Q = "log_q = log_bernoulli(z, logits)"
WEIGHT = "weight = (reconstruction - baseline).detach()"
LOSS = "loss = (kl - reconstruction - weight * log_q).mean()"
MOVE = "self.value = self.value + (number - self.value) / self.count"

score, reparam = at("score-gradients"), at("reparam-gradients")
kl_gaussian, networks, sampling, parts = (
    at("kl-gaussian"), at("gaussian-networks"), at("decoder-sampling"), at("gaussian-parts"),
)  # fmt: skip
kl_bits, bit_networks, bit_parts = at("kl-bernoulli"), at("bernoulli-networks"), at("bernoulli-parts")
loss, average = at("surrogate-loss"), at("running-average")

WRONG = [
    score("sigma not squared", {SCORE: "score = (z - mu) / sigma"}, "divided by sigma only"),
    score("not divided", {SCORE: "score = z - mu"}, "not divided at all"),
    score("sign of the score", {SCORE: "score = (mu - z) / sigma**2"}, "sign of the score is turned"),
    score("scores alone", {SCORED: "gradients = score"}, "multiply each row by f(z)"),
    score("values alone", {SCORED: "gradients = f(z) - baseline"}, "has the shape"),
    score("no baseline", {SCORED: "gradients = f(z)[:, None] * score"}, "subtract the baseline"),
    score("baseline added", {SCORED: "gradients = (f(z) + baseline)[:, None] * score"}, "subtract the baseline"),
    score(
        "slope of f",
        {SCORED: "z.requires_grad_()\n    gradients = torch.autograd.grad(f(z).sum(), z)[0]"},
        "that is the slope of f",
    ),
    score("mean", {SCORED: SCORED + "\n    gradients = gradients.mean(0)"}, "has the shape (2,)"),
    reparam("variance not scaled", {"sigma * ": ""}, "not scaled by sigma"),
    reparam("no noise", {NUDGED: "z = mu.repeat(count, 1).requires_grad_()"}, "noise is missing"),
    reparam("times sigma", {SLOPE: SLOPE + "\n    gradients = gradients * sigma"}, "dz/dmu is 1"),
    reparam(
        "with respect to sigma",
        {SLOPE: SLOPE + "\n    gradients = gradients * (z.detach() - mu) / sigma"},
        "with respect to sigma",
    ),
    reparam("mean of f", {"f(z).sum()": "f(z).mean()"}, "divided by the number of rows"),
    kl_gaussian("sign, as in the paper", {"0.5 *": "-0.5 *"}, "sign is turned"),
    kl_gaussian("mean over the latents", {".sum(1)": ".mean(1)"}, "latents are averaged"),
    kl_gaussian("sum over everything", {".sum(1)": ".sum()"}, "has the shape ()"),
    kl_gaussian("factor 1/2", {"0.5 * ": ""}, "factor 1/2"),
    kl_gaussian(
        "log sigma",
        {KL_GAUSS: "kl = (0.5 * (mu**2 + torch.exp(2 * logvar) - 1) - logvar).sum(1)"},
        "not of sigma",
    ),
    kl_gaussian("sigma for its square", {".exp()": ".div(2).exp()"}, "sigma stands where"),
    kl_gaussian("mu not squared", {"mu.square()": "mu"}, "mu is not squared"),
    kl_gaussian("no 1", {" - 1 -": " -"}, "-1 is missing"),
    networks("no ReLU in the encoder", {"F.relu(self.proj(batch))": "self.proj(batch)"}, "mu is wrong: the relu"),
    networks("ReLU on mu", {"self.to_mu(hidden)": "F.relu(self.to_mu(hidden))"}, "mu is wrong: the output"),
    networks(
        "variance",
        {"self.to_logvar(hidden)": "self.to_logvar(hidden).exp()"},
        "it is the variance",
    ),
    networks("swapped", {"return mu, logvar": "return logvar, mu"}, "output of to_logvar"),
    networks(
        "one layer for both",
        {"self.to_logvar = nn.Linear(hidden_dim, output_dim)": "self.to_logvar = self.to_mu"},
        "share one layer",
    ),
    networks("no ReLU in the decoder", {PIXELS: "logits = self.proj2(self.proj1(z))"}, "decoder's output is wrong"),
    networks("sigmoid", {PIXELS: "logits = torch.sigmoid(self.proj2(F.relu(self.proj1(z))))"}, "return logits"),
    sampling("no sigmoid", {"torch.sigmoid(self(z))": "self(z)"}, "returns logits"),
    sampling("uniform", {"torch.randn": "torch.rand"}, "uniform"),
    sampling("one code for all", {PRIOR: PRIOR.replace("n_samples,", "1,") + ".repeat(n_samples, 1)"}, "all samples"),
    sampling(
        "latents alike",
        {PRIOR: PRIOR.replace("self.input_dim,", "1,") + ".expand(-1, self.input_dim)"},
        "shared by all latents",
    ),
    sampling("probabilities", {IMAGES: "images = (probs >= 0.5).float() if argmax else probs"}, "never sampled"),
    sampling("argmax always", {IMAGES: "images = (probs >= 0.5).float()"}, "sample when argmax is false"),
    sampling(
        "argmax over the pixels", {"(probs >= 0.5)": "(probs == probs.amax(1, keepdim=True))"}, "each pixel decides"
    ),
    parts("no noise", {CODE: "z = mu"}, "without any noise"),
    parts("variance for sigma", {"logvar / 2": "logvar"}, "took the variance"),
    parts("no sigma", {CODE: "z = mu + torch.randn_like(mu)"}, "noise has variance 1"),
    parts("no mu", {CODE: CODE.replace("mu + ", "")}, "mu is missing"),
    parts("uniform noise", {"randn_like": "rand_like"}, "uniform"),
    parts("shared noise", {"randn_like(mu)": "randn_like(mu[0])"}, "shared by the whole batch"),
    parts("detached", {CODE: CODE.replace("mu +", "mu.detach() +")}, "no gradient reaches mu"),
    parts("sign of the reconstruction", {"= log_bernoulli": "= -log_bernoulli"}, "at most 0"),
    parts("mean over the batch", {"decoder(z))": "decoder(z)).mean()"}, "reconstruction has the shape ()"),
    parts("sign of the KL", {"= KL_with": "= -KL_with"}, "kl is wrong: its sign"),
    kl_bits("entropy", {KL_BITS: "kl = Bernoulli(probs).entropy().sum(1)"}, "it is the entropy"),
    kl_bits("sign", {KL_BITS: KL_BITS.replace("kl = ", "kl = -")}, "sign is turned"),
    kl_bits("mean over the latents", {".sum(1)": ".mean(1)"}, "latents are averaged"),
    kl_bits("log 2 once", {KL_BITS: "kl = math.log(2) - Bernoulli(probs).entropy().sum(1)"}, "counted once"),
    kl_bits("no log 2", {"math.log(2) - ": "-"}, "log 2 is missing"),
    kl_bits("bits", {".sum(1)": ".sum(1) / math.log(2)"}, "natural logarithms"),
    kl_bits("half of the entropy", {KL_BITS: "kl = (probs * torch.log(2 * probs)).sum(1)"}, "term of the zeros"),
    kl_bits(
        "0 log 0",
        {KL_BITS: "kl = (probs * torch.log(2 * probs) + (1 - probs) * torch.log(2 - 2 * probs)).sum(1)"},
        "mind 0 * log 0",
    ),
    kl_bits(
        "0 log 0 in the gradient",
        {KL_BITS: "kl = (math.log(2) + torch.xlogy(probs, probs) + torch.xlogy(1 - probs, 1 - probs)).sum(1)"},
        "the gradient of the kl",
    ),
    bit_networks("no ReLU", {BITS: "logits = self.proj2(self.proj1(batch))"}, "relu after the hidden layer"),
    bit_networks("sigmoid", {BITS: "logits = torch.sigmoid(self.proj2(F.relu(self.proj1(batch))))"}, "return logits"),
    bit_networks("normal prior", {COINS: PRIOR}, "every latent is 0 or 1"),
    bit_networks("no sigmoid", {"torch.sigmoid(self(z))": "self(z)"}, "returns logits"),
    bit_networks(
        "one code for all", {COINS: COINS.replace("n_samples,", "1,") + ".repeat(n_samples, 1)"}, "all samples"
    ),
    bit_networks(
        "one coin",
        {COINS: COINS.replace("self.input_dim)", "1)") + ".expand(-1, self.input_dim)"},
        "one coin is shared",
    ),
    bit_networks(
        "unfair",
        {COINS: "z = (torch.rand(n_samples, self.input_dim, device=self.proj1.weight.device) < 0.3).float()"},
        "fair coins",
    ),
    bit_parts("probabilities", {"sample_bernoulli(probs)": "probs"}, "never sampled"),
    bit_parts("threshold", {"sample_bernoulli(probs)": "(probs > 0.5).float()"}, "above 1/2; sample it"),
    bit_parts(
        "prior", {"sample_bernoulli(probs)": "sample_bernoulli(torch.full_like(probs, 0.5))"}, "from the prior"
    ),
    bit_parts("sign of the reconstruction", {"= log_bernoulli(batch": "= -log_bernoulli(batch"}, "at most 0"),
    bit_parts(
        "KL of logits",
        {"KL_with_bernoulli_prior(probs)": "KL_with_bernoulli_prior(logits)"},
        "takes probabilities, not logits",
    ),
    bit_parts("sign of the KL", {"= KL_with": "= -KL_with"}, "kl is wrong: its sign"),
    bit_parts("sign of log_q", {LOG_Q: "log_q = -log_bernoulli(z, logits)"}, "log_q is wrong: its sign"),
    bit_parts("log_q of probabilities", {LOG_Q: "log_q = log_bernoulli(z, probs)"}, "but got probabilities"),
    bit_parts("swapped", {LOG_Q: "log_q = log_bernoulli(logits, z)"}, "swapped"),
    bit_parts("another code", {LOG_Q: "log_q = log_bernoulli(sample_bernoulli(probs), logits)"}, "draw z once"),
    bit_parts("detached", {LOG_Q: "log_q = log_bernoulli(z, logits.detach())"}, "no gradient reaches the encoder"),
    bit_parts("prior's log-probability", {LOG_Q: "log_q = log_bernoulli(z, 0 * logits)"}, "under the prior"),
    loss("reward not detached", {".detach()": ""}, "not detached"),
    loss("sign of the score", {"- weight": "+ weight"}, "good codes are made less probable"),
    loss("baseline added", {"- baseline": "+ baseline"}, "baseline is added"),
    loss("baseline ignored", {" - baseline": ""}, "baseline is not used"),
    loss("no score", {" - weight * log_q": ""}, "score term is missing"),
    loss("no KL", {"kl - reconstruction": "-reconstruction"}, "kl is wrong: its term is missing"),
    loss("KL rewarded", {"kl - reconstruction": "-kl - reconstruction"}, "a price"),
    loss(
        "KL in the weight",
        {WEIGHT: WEIGHT.replace("reconstruction -", "reconstruction - kl -")},
        "kl divergence is in the weight",
    ),
    loss("no reconstruction", {"kl - reconstruction -": "kl -"}, "decoder learns nothing"),
    loss("not weighted", {"weight * log_q": "log_q"}, "not multiplied by"),
    loss("sum", {".mean()": ".sum()"}, "summed over the batch"),
    loss("turned", {LOSS: "loss = (reconstruction + weight * log_q - kl).mean()"}, "has to be minimised"),
    loss("per image", {".mean()": ""}, "has the shape (4,)"),
    average(
        "count too late", {"        self.count += 1\n": "", MOVE: MOVE + "\n        self.count += 1"}, "count first"
    ),
    average("sum", {MOVE: "self.value = self.value + number"}, "it is the sum"),
    average("last only", {MOVE: "self.value = number"}, "the last number only"),
    average("one too many", {"/ self.count": "/ (self.count + 1)"}, "one too many"),
    average("not assigned", {MOVE: "self.value + (number - self.value) / self.count"}, "it never moves"),
    average("turned", {"(number - self.value)": "(self.value - number)"}, "difference is turned"),
    average("exponential", {"/ self.count": "* 0.1"}, "is wrong"),
    score(
        "one number for all dimensions",
        {
            "torch.randn(count, len(mu)":
                "torch.randn(count, 1"
        },
        "share one random number",
    ),
    score(
        "f of another draw",
        {
            "(f(z) -":
                "(f(mu + sigma * torch.randn(count, len(mu), device=mu.device)) -"
        },
        "the very z that f was given",
    ),
    score(
        "sigma squared in z",
        {
            "sigma * torch":
                "sigma**2 * torch"
        },
        "multiplied by sigma^2",
    ),
    score(
        "no mu",
        {
            "z = mu + sigma":
                "z = sigma"
        },
        "mu is missing",
    ),
    score(
        "the mean of f subtracted",
        {
            "f(z) - baseline":
                "f(z) - f(z).mean()"
        },
        "the mean of f is subtracted",
    ),
    networks(
        "to_mu twice",
        {
            "logvar = self.to_logvar":
                "logvar = self.to_mu"
        },
        "output of to_mu",
    ),
    sampling(
        "softmax",
        {
            "torch.sigmoid(self(z))":
                "torch.softmax(self(z), 1)"
        },
        "softmax",
    ),
    sampling(
        "one coin for all pixels",
        {
            "else sample_bernoulli(probs)":
                "else (torch.rand(len(probs), 1, device=probs.device) < probs).float()"
        },
        "one coin is shared",
    ),
    parts(
        "one number for all latents",
        {
            "torch.randn_like(mu)":
                "torch.randn_like(mu[:, :1])"
        },
        "share one random number",
    ),
    parts(
        "sigma detached",
        {
            "torch.exp(logvar / 2) *":
                "torch.exp(logvar / 2).detach() *"
        },
        "reaches logvar",
    ),
    parts(
        "KL detached",
        {
            "KL_with_gaussian_prior(mu, logvar)":
                "KL_with_gaussian_prior(mu, logvar).detach()"
        },
        "no gradient of kl",
    ),
]

RIGHT = [
    score(
        "torch.distributions",
        {
            DRAW: "z = torch.distributions.Normal(mu, sigma).sample((count,))",
            SCORED: "gradients = torch.einsum('n,nd->nd', f(z) - baseline, score)",
        },
    ),
    score(
        "score by autograd",
        {
            SCORE: "centre = mu.repeat(count, 1).requires_grad_()\n"
            "    log_q = torch.distributions.Normal(centre, sigma).log_prob(z)\n"
            "    (score,) = torch.autograd.grad(log_q.sum(), centre)"
        },
    ),
    reparam(
        "gradient with respect to mu",
        {
            NUDGED: "rows = mu.repeat(count, 1).requires_grad_()\n    z = rows + sigma * torch.randn_like(rows)",
            SLOPE: "(gradients,) = torch.autograd.grad(f(z).sum(), rows)",
        },
    ),
    kl_gaussian(
        "torch.distributions",
        {
            KL_GAUSS: "kl = torch.distributions.kl_divergence(torch.distributions.Normal(mu,"
            " torch.exp(logvar / 2)), torch.distributions.Normal(0.0, 1.0)).sum(1)"
        },
    ),
    networks("clamp for ReLU", {PIXELS: "logits = self.proj2(self.proj1(z).clamp(min=0))"}),
    networks(
        "another order",
        {
            "        self.proj = nn.Linear(input_dim, hidden_dim)\n": "",
            "self.to_mu = nn": "self.proj = nn.Linear(input_dim, hidden_dim)\n        self.to_mu = nn",
        },
    ),
    sampling(
        "the sheet's way",
        {
            PRIOR: "z = torch.empty(n_samples, self.input_dim, device=self.proj1.weight.device).normal_()",
            IMAGES: "images = probs.round() if argmax else torch.bernoulli(probs)",
        },
    ),
    parts("rsample", {CODE: "z = torch.distributions.Normal(mu, torch.exp(logvar / 2)).rsample()"}),
    parts("square root", {CODE: "z = mu - logvar.exp().sqrt() * torch.empty_like(mu).normal_()"}),
    kl_bits(
        "clamped",
        {
            KL_BITS: "p = probs.clamp(1e-6, 1 - 1e-6)\n"
            "    kl = (p * torch.log(2 * p) + (1 - p) * torch.log(2 * (1 - p))).sum(1)"
        },
    ),
    kl_bits(
        "entropy of logits", {KL_BITS: "kl = probs.shape[1] * math.log(2) - Bernoulli(probs=probs).entropy().sum(-1)"}
    ),
    bit_networks(
        "bernoulli",
        {COINS: "z = torch.full((n_samples, self.input_dim), 0.5).bernoulli().to(self.proj1.weight.device)"},
    ),
    bit_parts("bernoulli", {"sample_bernoulli(probs)": "torch.bernoulli(probs)"}),
    bit_parts("torch.distributions", {LOG_Q: "log_q = Bernoulli(probs).log_prob(z).sum(1)"}),
    loss(
        "term by term",
        {
            WEIGHT: "weight = reconstruction.detach() - baseline",
            LOSS: "loss = kl.mean() - reconstruction.mean() - (weight * log_q).sum() / len(kl)",
        },
    ),
    loss(
        "with the value of the bound",
        {LOSS: "loss = (kl - reconstruction - weight * (log_q - log_q.detach())).mean()"},
    ),
    average("sum over count", {MOVE: "self.value = (self.value * (self.count - 1) + number) / self.count"}),
]
