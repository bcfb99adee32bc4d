"""Extra lab on discrete latents: wrong and alternative ways to write its functions."""

from tests.mutants.bank import at

LAB = "extra/discrete_latents"

DRAW = "z = mu + sigma * torch.randn(count, len(mu), device=mu.device)"
SCORE = "score = (z - mu) / sigma**2"
SCORED = "gradients = (f(z) - baseline)[:, None] * score"
NUDGED = "z = (mu + sigma * torch.randn(count, len(mu), device=mu.device)).requires_grad_()"
SLOPE = "(gradients,) = torch.autograd.grad(f(z).sum(), z)"
KL_GAUSS = "kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)"
CODE = "z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)"
KL_BITS = "kl = (math.log(2) - Bernoulli(logits=logits).entropy()).sum(1)"
FLIP = "z = sample_bernoulli(torch.sigmoid(logits).expand(draws, -1, -1))"
LOG_Q = "log_q = log_bernoulli(z, logits)"
WEIGHT = "weight = (reconstruction - baseline).detach()"
LOSS = "loss = (kl - reconstruction - weight * log_q).mean()"
OTHERS = "others = (reward.sum(0) - reward) / (len(reward) - 1)"
EXACT = "mean = (q[:, None] * estimates * (cut / lengths).clamp(max=1)).sum(0)"
RENORM = "mean = q @ torch.renorm(estimates, 2, 0, cut)"
BY_AUTOGRAD = (
    "centre = mu.repeat(count, 1).requires_grad_()\n    q = torch.distributions.Normal(centre, sigma)\n"
    "    z = q.sample()\n    weighted = (f(z) - baseline) * q.log_prob(z).sum(1)\n"
    "    (gradients,) = torch.autograd.grad(weighted.sum(), centre)"
)
ORDER = "order = torch.rand_like(codes).argsort(0)"
SHUFFLED = "shuffled = codes.gather(0, order)"
BOUND = "bound = reconstruction + entropy + log_prior"
GIBBS_H = "h = sample_bernoulli(torch.sigmoid(chains @ W + h_bias))"
GIBBS_V = "chains = sample_bernoulli(torch.sigmoid(h @ W.T + v_bias))"
PHASES = "up, down = torch.sigmoid(codes @ W + h_bias), torch.sigmoid(chains @ W + h_bias)"
MOVE_W = "W += rate * (codes.T @ up / len(codes) - chains.T @ down / len(chains))"
ADD_W = "W.addmm_(codes.T, up, alpha=rate / len(codes)).addmm_(chains.T, down, alpha=-rate / len(chains))"
MOVE_V = "v_bias += rate * (codes.mean(0) - chains.mean(0))"
MOVE_H = "h_bias += rate * (up.mean(0) - down.mean(0))"

score, reparam, parts = at("score-gradients"), at("reparam-gradients"), at("gaussian-parts")
kl_bits, bit_parts, loss = at("kl-bernoulli"), at("bernoulli-parts"), at("surrogate-loss")
others, cut, shuffle = at("other-rewards"), at("expected-estimate"), at("shuffle-bits")
prior, rbm = at("bound-with-prior"), at("rbm-step")

WRONG = [
    score("sigma not squared", {SCORE: "score = (z - mu) / sigma"}, "divided by sigma only"),
    score("not divided", {SCORE: "score = z - mu"}, "not divided at all"),
    score("sigma cubed", {SCORE: "score = (z - mu) / sigma**3"}, "divided by sigma^3"),
    score("mean over the rows", {SCORED: SCORED + "\n    gradients = gradients / count"}, "number of rows"),
    score(
        "by autograd of a mean",
        {DRAW: "", SCORE: "", SCORED: BY_AUTOGRAD.replace("weighted.sum()", "weighted.mean()")},
        "number of rows",
    ),
    score(
        "by autograd through rsample",
        {DRAW: "", SCORE: "", SCORED: BY_AUTOGRAD.replace(".sample()", ".rsample()")},
        "rsample()",
    ),
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
    score(
        "one number for all dimensions",
        {"torch.randn(count, len(mu)": "torch.randn(count, 1"},
        "share one random number",
    ),
    score(
        "f of another draw",
        {"(f(z) -": "(f(mu + sigma * torch.randn(count, len(mu), device=mu.device)) -"},
        "the very z that f was given",
    ),
    score("sigma squared in z", {"sigma * torch": "sigma**2 * torch"}, "multiplied by sigma^2"),
    score("no mu", {"z = mu + sigma": "z = sigma"}, "mu is missing"),
    score("the mean of f subtracted", {"f(z) - baseline": "f(z) - f(z).mean()"}, "the mean of f is subtracted"),
    reparam("variance not scaled", {"sigma * ": ""}, "not scaled by sigma"),
    reparam("no noise", {NUDGED: "z = mu.repeat(count, 1).requires_grad_()"}, "noise is missing"),
    reparam("times sigma", {SLOPE: SLOPE + "\n    gradients = gradients * sigma"}, "dz/dmu is 1"),
    reparam(
        "with respect to sigma",
        {SLOPE: SLOPE + "\n    gradients = gradients * (z.detach() - mu) / sigma"},
        "with respect to sigma",
    ),
    reparam("times z", {SLOPE: SLOPE + "\n    gradients = gradients * z.detach()"}, "multiplied by z"),
    reparam("mean of f", {"f(z).sum()": "f(z).mean()"}, "divided by the number of rows"),
    parts("no noise", {CODE: "z = mu"}, "without any noise"),
    parts("variance for sigma", {CODE: CODE.replace("logvar / 2", "logvar")}, "took the variance"),
    parts("no sigma", {CODE: "z = mu + torch.randn_like(mu)"}, "noise has variance 1"),
    parts("no exponential", {CODE: "z = mu + logvar / 2 * torch.randn_like(mu)"}, "exponential of logvar / 2"),
    parts("no mu", {CODE: CODE.replace("mu + ", "")}, "mu is missing"),
    parts("uniform noise", {"randn_like": "rand_like"}, "uniform"),
    parts("shared noise", {"randn_like(mu)": "randn_like(mu[0])"}, "shared by the whole batch"),
    parts("one number for all latents", {"torch.randn_like(mu)": "torch.randn_like(mu[:, :1])"}, "one random number"),
    parts("detached", {CODE: CODE.replace("mu +", "mu.detach() +")}, "reaches mu"),
    parts("sigma detached", {CODE: CODE.replace("2) *", "2).detach() *")}, "reaches logvar"),
    parts("sign of the reconstruction", {"= log_bernoulli": "= -log_bernoulli"}, "at most 0"),
    parts("mean over the batch", {"decoder(z))": "decoder(z)).mean()"}, "reconstruction has the shape ()"),
    parts("KL, sign as in the paper", {"0.5 *": "-0.5 *"}, "sign is turned"),
    parts("KL averaged over the latents", {"logvar).sum(1)": "logvar).mean(1)"}, "latents are averaged"),
    parts("KL summed over everything", {"logvar).sum(1)": "logvar).sum()"}, "has the shape ()"),
    parts("KL summed over the batch", {"logvar).sum(1)": "logvar).sum(0)"}, "kl has the shape"),
    parts("KL without 1/2", {"0.5 * ": ""}, "factor 1/2"),
    parts(
        "KL with log sigma",
        {KL_GAUSS: "kl = (0.5 * (mu**2 + torch.exp(2 * logvar) - 1) - logvar).sum(1)"},
        "not of sigma",
    ),
    parts("KL, sigma for its square", {"logvar.exp() - 1": "logvar.div(2).exp() - 1"}, "sigma stands where"),
    parts("KL, mu not squared", {"mu.square()": "mu"}, "mu is not squared"),
    parts("KL, no 1", {" - 1 -": " -"}, "-1 is missing"),
    parts("KL detached", {KL_GAUSS: KL_GAUSS + ".detach()"}, "no gradient of kl"),
    kl_bits("entropy", {KL_BITS: "kl = Bernoulli(logits=logits).entropy().sum(1)"}, "it is the entropy"),
    kl_bits("sign", {KL_BITS: KL_BITS.replace("kl = ", "kl = -")}, "sign is turned"),
    kl_bits("mean over the latents", {".sum(1)": ".mean(1)"}, "latents are averaged"),
    kl_bits("log 2 once", {KL_BITS: "kl = math.log(2) - Bernoulli(logits=logits).entropy().sum(1)"}, "counted once"),
    kl_bits("no log 2", {"math.log(2) - ": "-"}, "log 2 is missing"),
    kl_bits("bits", {".sum(1)": ".sum(1) / math.log(2)"}, "natural logarithms"),
    kl_bits("two sigmoids", {"logits=logits": "logits=torch.sigmoid(logits)"}, "sigmoid is applied twice"),
    kl_bits("probs for logits", {"logits=logits": "probs=logits"}, "it gets logits"),
    kl_bits(
        "half of the entropy",
        {KL_BITS: "p = logits.sigmoid()\n    kl = (p * (math.log(2) + F.logsigmoid(logits))).sum(1)"},
        "term of the zeros",
    ),
    kl_bits(
        "0 log 0",
        {KL_BITS: "p = logits.sigmoid()\n    kl = (p * torch.log(2 * p) + (1 - p) * torch.log(2 - 2 * p)).sum(1)"},
        "log 0",
    ),
    kl_bits(
        "0 log 0 in the gradient",
        {
            KL_BITS: "p = logits.sigmoid()\n"
            "    kl = (math.log(2) + torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum(1)"
        },
        "the gradient of the kl",
    ),
    bit_parts("probabilities", {FLIP: "z = torch.sigmoid(logits).expand(draws, -1, -1)"}, "never sampled"),
    bit_parts("one draw", {FLIP: "z = sample_bernoulli(torch.sigmoid(logits))[None]"}, "the code that the decoder"),
    bit_parts(
        "the same draw twice",
        {FLIP: "z = sample_bernoulli(torch.sigmoid(logits)).expand(draws, -1, -1)"},
        "same code",
    ),
    bit_parts(
        "threshold", {FLIP: "z = (torch.sigmoid(logits).expand(draws, -1, -1) > 0.5).float()"}, "the likelier value"
    ),
    bit_parts(
        "prior",
        {FLIP: "z = sample_bernoulli(torch.full_like(logits, 0.5).expand(draws, -1, -1))"},
        "from the prior",
    ),
    bit_parts("sign of the reconstruction", {"= log_bernoulli(batch": "= -log_bernoulli(batch"}, "at most 0"),
    bit_parts("mean over the draws", {"decoder(z))": "decoder(z)).mean(0)"}, "reconstruction has the shape"),
    bit_parts("KL of probabilities", {"prior(logits)": "prior(torch.sigmoid(logits))"}, "not probabilities"),
    bit_parts("sign of the KL", {"= KL_with": "= -KL_with"}, "kl is wrong: its sign"),
    bit_parts("sign of log_q", {LOG_Q: "log_q = -log_bernoulli(z, logits)"}, "log_q is wrong: its sign"),
    bit_parts(
        "log_q of probabilities", {LOG_Q: "log_q = log_bernoulli(z, torch.sigmoid(logits))"}, "but got probabilities"
    ),
    bit_parts("swapped", {LOG_Q: "log_q = log_bernoulli(logits, z)"}, "swapped"),
    bit_parts("another code", {LOG_Q: "log_q = log_bernoulli(" + FLIP[4:] + ", logits)"}, "draw z once"),
    bit_parts("detached", {LOG_Q: "log_q = log_bernoulli(z, logits.detach())"}, "reaches the encoder"),
    bit_parts("prior's log-probability", {LOG_Q: "log_q = log_bernoulli(z, 0 * logits)"}, "under the prior"),
    loss("reward not detached", {".detach()": ""}, "not detached"),
    loss("everything detached", {LOSS: "loss = (kl - reconstruction.detach() - weight * log_q).mean()"}, "nothing"),
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
    loss("sum", {".mean()": ".sum()"}, "summed over draws and images"),
    loss("summed over the draws", {".mean()": ".sum(0).mean()"}, "summed over the draws"),
    loss("turned", {LOSS: "loss = (reconstruction + weight * log_q - kl).mean()"}, "has to be minimised"),
    loss("per image", {".mean()": ".mean(0)"}, "has the shape (3,)"),
    others("all draws", {OTHERS: "others = reward.mean(0).expand_as(reward)"}, "own reward included"),
    others("own", {OTHERS: "others = reward"}, "own reward"),
    others("sum", {OTHERS: "others = reward.sum(0) - reward"}, "sum of the others"),
    others("divided by all", {OTHERS: OTHERS.replace("(len(reward) - 1)", "len(reward)")}, "one of them is missing"),
    others("next only", {OTHERS: "others = reward.roll(-1, 0)"}, "only the next draw"),
    others("turned around", {OTHERS: "others = reward.flip(0)"}, "average all the others"),
    others("over the images", {OTHERS: "others = (reward.sum(1, keepdim=True) - reward) / 2"}, "is wrong"),
    cut(
        "the mean cut",
        {EXACT: "mean = (q[:, None] * estimates).sum(0)\n    mean = mean * min(1, cut / mean.norm())"},
        "not their mean",
    ),
    cut("nothing cut", {" * (cut / lengths).clamp(max=1)": ""}, "estimates are not cut"),
    cut("codes alike", {"q[:, None] * ": "", ").sum(0)": ").mean(0)"}, "weigh each by its probability"),
    cut("stretched", {EXACT: EXACT.replace("(cut / lengths).clamp(max=1)", "min(cut, 1e9) / lengths")}, "is wrong"),
    cut(
        "stretched where there is a cut",
        {EXACT: "shrink = cut / lengths if cut < 99 else 1\n    mean = (q[:, None] * estimates * shrink).sum(0)"},
        "stretched",
    ),
    cut("each entry", {EXACT: "mean = (q[:, None] * estimates.clamp(-cut, cut)).sum(0)"}, "each entry is cut"),
    cut("score z", {" - torch.sigmoid(logits))": ")"}, "is wrong"),
    cut("sign", {"(codes - torch.sigmoid(logits))": "(torch.sigmoid(logits) - codes)"}, "is wrong"),
    cut("no baseline", {"(reward(codes) - baseline)": "reward(codes)"}, "baseline is not used"),
    cut("baseline added", {"- baseline": "+ baseline"}, "baseline is added"),
    cut(
        "length 0",
        {
            "estimates * (cut / lengths).clamp(max=1)": "estimates / lengths * lengths.clamp(max=cut)",
            ".clamp(min=1e-12)": "",
        },
        "nan",
    ),
    shuffle(
        "one order for all",
        {ORDER: "order = torch.randperm(len(codes), device=codes.device)[:, None].expand_as(codes)"},
        "one order for each column",
    ),
    shuffle("columns", {ORDER: "order = torch.rand_like(codes).argsort(1)", "gather(0": "gather(1"}, "another: a"),
    shuffle("with replacement", {ORDER: "order = torch.randint_like(codes, len(codes)).long()"}, "with replacement"),
    shuffle("not at all", {SHUFFLED: "shuffled = codes.clone()"}, "nothing was shuffled"),
    shuffle(
        "rolled",
        {ORDER: "order = (torch.arange(len(codes))[:, None] + torch.tensor([5, 70, 900])) % len(codes)"},
        "only rolled",
    ),
    shuffle(
        "in place",
        {SHUFFLED: "codes.copy_(codes.gather(0, order))\n    shuffled = codes"},
        "return new ones",
    ),
    prior("entropy subtracted", {"+ entropy": "- entropy"}, "entropy is subtracted"),
    prior("no entropy", {"+ entropy ": ""}, "entropy is missing"),
    prior("KL to fair coins", {"+ entropy": "- KL_with_bernoulli_prior(logits)"}, "kl to fair coins is still in it"),
    prior("prior subtracted", {"+ log_prior": "- log_prior"}, "log_prior is subtracted"),
    prior("no prior", {" + log_prior": ""}, "log_prior is missing"),
    prior("no reconstruction", {"reconstruction + entropy": "entropy"}, "reconstruction is missing"),
    prior("mean over the bits", {".sum(1)": ".mean(1)"}, "averaged over the bits"),
    prior("mean over the batch", {BOUND: BOUND + "\n    bound = bound.mean()"}, "has the shape ()"),
    rbm("sign", {MOVE_W: MOVE_W.replace("+=", "-=")}, "sign is turned"),
    rbm("no negative phase", {" - chains.T @ down / len(chains)": ""}, "negative phase is missing"),
    rbm("no positive phase", {"codes.T @ up / len(codes)": ""}, "positive phase is missing"),
    rbm("no rate", {"v_bias += rate * ": "v_bias += "}, "rate is missing"),
    rbm("no h_bias", {MOVE_H: "pass"}, "biases learn, too"),
    rbm("not in place", {MOVE_W: MOVE_W.replace("W += ", "W = W + ")}, "all in place (w += ..., not"),
    rbm("sums", {" / len(codes) - chains.T @ down / len(chains)": " - chains.T @ down"}, "sum"),
    rbm("one divisor", {"/ len(chains)": "/ len(codes)"}, "own number of rows"),
    rbm(
        "negative phase of the old chains",
        {
            GIBBS_H: "old = chains\n    " + GIBBS_H,
            "torch.sigmoid(chains @ W + h_bias)\n    W": "OLD\n    W",
            "OLD": "torch.sigmoid(old @ W + h_bias)",
            "chains.T @ down": "old.T @ down",
            "chains.mean(0)": "old.mean(0)",
        },
        "before the gibbs step",
    ),
    rbm("no Gibbs step", {GIBBS_H: "h = chains", GIBBS_V: "chains = chains.clone()"}, "chains stand still"),
    rbm("no v_bias in the step", {"h @ W.T + v_bias": "h @ W.T"}, "v_bias is missing in the gibbs step"),
    rbm("no h_bias in the step", {GIBBS_H: GIBBS_H.replace(" + h_bias", "")}, "h_bias is missing in the gibbs step"),
    rbm("h not sampled", {GIBBS_H: "h = torch.sigmoid(chains @ W + h_bias)"}, "sample h in the gibbs step"),
    rbm("chains not sampled", {GIBBS_V: "chains = torch.sigmoid(h @ W.T + v_bias)"}, "never sampled"),
    rbm("at the codes", {GIBBS_H: "chains = codes.repeat(len(chains) // len(codes), 1)\n    " + GIBBS_H}, "anew"),
    rbm(
        "samples of h in the phases",
        {PHASES: PHASES + "\n    up, down = sample_bernoulli(up), sample_bernoulli(down)"},
        "both phases take samples of h",
    ),
    rbm(
        "a sample of h in the negative phase",
        {PHASES: PHASES + "\n    down = sample_bernoulli(down)"},
        "the negative phase takes samples",
    ),
    rbm(
        "a sample of h in the positive phase",
        {PHASES: PHASES + "\n    up = sample_bernoulli(up)"},
        "the positive phase takes samples",
    ),
    rbm("the sample of h in W", {MOVE_W: MOVE_W.replace("@ down", "@ h")}, "the negative phase takes samples"),
    score(
        "one draw for all rows",
        {DRAW: DRAW.replace("count,", "1,") + "\n    z = z.expand(count, -1)"},
        "all rows share",
    ),
    reparam("one number for all dimensions", {NUDGED: NUDGED.replace("len(mu),", "1,")}, "share one random number"),
    reparam("sigma squared", {NUDGED: NUDGED.replace("sigma * ", "sigma**2 * ")}, "standard deviation"),
    bit_parts(
        "one coin for all images",
        {FLIP: "z = (torch.rand(draws, 1, logits.shape[1], device=logits.device) < torch.sigmoid(logits)).float()"},
        "all images get the same code",
    ),
    bit_parts(
        "one coin for all bits",
        {FLIP: "p = torch.sigmoid(logits).expand(draws, -1, -1)\n    z = (torch.rand_like(p[..., :1]) < p).float()"},
        "a coin of its own",
    ),
    bit_parts(
        "decoder without a gradient",
        {LOG_Q: LOG_Q + "\n    reconstruction = reconstruction.detach()"},
        "reaches the decoder",
    ),
    loss("detached", {LOSS: LOSS + "\n    loss = loss.detach()"}, "no gradient is left"),
    others("rewards changed", {OTHERS: OTHERS + "\n    reward *= 2"}, "were changed"),
    kl_bits("detached", {KL_BITS: KL_BITS + "\n    kl = kl.detach()"}, "no gradient reaches the logits"),
    score("mu missing in the score", {SCORE: "score = z / sigma**2"}, "mu is missing"),
    score(
        "slope of the density",
        {
            SCORE: SCORE + "\n    score = score * torch.exp(-((z - mu) ** 2).sum(1, True) / (2 * sigma**2))"
            " / (2 * math.pi * sigma**2) ** (len(mu) / 2)"
        },
        "density is a factor",
    ),
    score(
        "rows replaced by their mean",
        {SCORED: SCORED + "\n    gradients = gradients.mean(0).expand_as(z)"},
        "every row is the mean",
    ),
    score("z not a constant", {SCORE: "score = 0 * (z - mu)"}, "the score is 0"),
    reparam(
        "gradient by mu",
        {SLOPE: SLOPE + "\n    gradients = gradients.mean(0).expand(count, -1)"},
        "with respect to mu",
    ),
    reparam("times f", {SLOPE: SLOPE + "\n    gradients = gradients * f(z).detach()[:, None]"}, "multiplied by f(z)"),
    parts(
        "arguments swapped", {"log_bernoulli(batch, decoder(z))": "log_bernoulli(decoder(z), batch)"}, "are swapped"
    ),
    parts("probabilities for logits", {"decoder(z))": "torch.sigmoid(decoder(z)))"}, "but got probabilities"),
    parts("mean over the pixels", {"decoder(z))": "decoder(z)) / batch.shape[1]"}, "pixels are averaged"),
    parts(
        "half of a part",
        {KL_GAUSS: "kl = (0.5 * (mu.square() + logvar.exp() - 1) - logvar).sum(1)"},
        "belongs to logvar",
    ),
    parts(
        "price of the drawn code",
        {KL_GAUSS: "kl = 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(1)"},
        "of the drawn code",
    ),
    kl_bits(
        "turned",
        {KL_BITS: "kl = -(math.log(2) + 0.5 * (F.logsigmoid(logits) + F.logsigmoid(-logits))).sum(1)"},
        "q comes first",
    ),
    kl_bits(
        "log 2 for each image",
        {KL_BITS: "kl = len(logits) * math.log(2) - Bernoulli(logits=logits).entropy().sum(1)"},
        "for every image",
    ),
    kl_bits("clamped", {"logits=logits": "logits=logits.clamp(-5, 5)"}, "a clamp"),
    bit_parts(
        "images mixed up",
        {".expand(draws, -1, -1))": ".repeat_interleave(draws, 0)).view(draws, *logits.shape)"},
        "mixed up",
    ),
    bit_parts(
        "straight through",
        {FLIP: FLIP + "\n    z = torch.sigmoid(logits) + (z - torch.sigmoid(logits)).detach()"},
        "straight through the bits",
    ),
    bit_parts(
        "sigmoid twice",
        {"torch.sigmoid(logits).expand": "torch.sigmoid(torch.sigmoid(logits)).expand"},
        "taken twice",
    ),
    bit_parts("no normaliser", {LOG_Q: "log_q = (z * logits).sum(-1)"}, "log(1 + exp(logit))"),
    bit_parts("relative to the prior", {LOG_Q: LOG_Q + " + z.shape[-1] * math.log(2)"}, "the prior is in it"),
    loss(
        "summed over the images",
        {LOSS: LOSS.replace(".mean()", ".sum() / len(reconstruction)")},
        "summed over the images",
    ),
    loss(
        "weight divided by its spread",
        {WEIGHT: WEIGHT + "\n    weight = weight / weight.std()"},
        "divided by its spread",
    ),
    loss("KL divided by the draws", {"(kl -": "(kl / len(reconstruction) -"}, "has no draws"),
    loss("probabilities", {"weight * log_q": "weight * log_q.exp()"}, "probabilities stand there"),
    loss("product of means", {"weight * log_q": "weight.mean() * log_q"}, "product of means"),
    others(
        "over the images",
        {OTHERS: "others = (reward.sum(1, keepdim=True) - reward) / (reward.shape[1] - 1)"},
        "first dimension",
    ),
    others(
        "other images, too",
        {OTHERS: "others = (reward.sum() - reward) / (reward.numel() - 1)"},
        "rewards of other images",
    ),
    others("brackets", {OTHERS: "others = reward.sum(0) - reward / (len(reward) - 1)"}, "put brackets"),
    cut("one length", {"estimates.norm(dim=1, keepdim=True)": "estimates.norm()"}, "have one length"),
    cut("renorm over the codes", {EXACT: RENORM.replace("2, 0", "2, 1")}, "renorm with dim=0"),
    cut("lengths over the codes", {"norm(dim=1": "norm(dim=0"}, "over the bits of a code"),
    cut("sum of absolute values", {"norm(dim=1": "norm(p=1, dim=1"}, "root of the sum of squares"),
    cut(
        "reward cut",
        {
            "(reward(codes) - baseline)[": "(reward(codes) - baseline).clamp(-cut, cut)[",
            " * (cut / lengths).clamp(max=1)": "",
        },
        "r - b is cut",
    ),
    cut(
        "slope by the probability",
        {"(codes - torch.sigmoid(logits))": "(codes / torch.sigmoid(logits) - (1 - codes) / torch.sigmoid(-logits))"},
        "slope by the logit",
    ),
    cut(
        "baseline after the product",
        {
            "reward(codes) - baseline": "reward(codes)",
            "(codes - torch.sigmoid(logits))": "(codes - torch.sigmoid(logits)) - baseline",
        },
        "from the product",
    ),
    shuffle("sorted", {SHUFFLED: "shuffled = codes.sort(0).values"}, "are sorted"),
    shuffle("fresh coins", {SHUFFLED: "shuffled = sample_bernoulli(codes.mean(0).expand_as(codes))"}, "no new bits"),
    prior(
        "constant subtracted",
        {
            BOUND: "bound = reconstruction - KL_with_bernoulli_prior(logits)"
            " - logits.shape[1] * math.log(2) + log_prior"
        },
        "d log 2 is subtracted",
    ),
    prior(
        "constant of one bit",
        {BOUND: "bound = reconstruction - KL_with_bernoulli_prior(logits) + math.log(2) + log_prior"},
        "counted once",
    ),
    prior(
        "constant for each image",
        {BOUND: "bound = reconstruction - KL_with_bernoulli_prior(logits) + len(logits) * math.log(2) + log_prior"},
        "for every image",
    ),
    prior(
        "a new code for log q",
        {
            BOUND: "code = sample_bernoulli(torch.sigmoid(logits))\n"
            "    bound = reconstruction + log_prior - log_bernoulli(code, logits)"
        },
        "the bound is random",
    ),
    prior("entropy of all images", {BOUND: BOUND.replace("entropy", "entropy.sum()")}, "of all images"),
    rbm(
        "product of means",
        {MOVE_W: "W += rate * (torch.outer(codes.mean(0), up.mean(0)) - torch.outer(chains.mean(0), down.mean(0)))"},
        "product of the means",
    ),
    rbm(
        "old h in the negative phase",
        {MOVE_H: "h_bias += rate * (up.mean(0) - h.mean(0))"},
        "phase takes samples of h",
    ),
    rbm(
        "the same h for all chains",
        {GIBBS_H: "h = (torch.rand_like(h_bias) < torch.sigmoid(chains @ W + h_bias)).float()"},
        "random numbers for each chain",
    ),
    rbm("threshold", {GIBBS_H: "h = (torch.sigmoid(chains @ W + h_bias) > 0.5).float()"}, "sample h"),
    rbm("two Gibbs steps", {GIBBS_V: f"{GIBBS_V}\n    {GIBBS_H}\n    {GIBBS_V}"}, "two gibbs steps"),
    rbm(
        "old chains returned",
        {GIBBS_H: "old = chains\n    " + GIBBS_H, MOVE_H: MOVE_H + "\n    chains = old"},
        "return the new",
    ),
    parts(
        "torch.normal of mu and sigma, which passes no gradient",
        {CODE: "z = torch.normal(mu, torch.exp(logvar / 2))"},
        "no gradient of the code reaches mu",
    ),
    kl_bits("entropy added", {"math.log(2) - ": "math.log(2) + "}, "entropy is added"),
    kl_bits(
        "log 2 for 64 bits",
        {KL_BITS: "kl = 64 * math.log(2) - Bernoulli(logits=logits).entropy().sum(1)"},
        "log 2 is counted for 64 latents",
    ),
    bit_parts("no sigmoid", {FLIP: "z = sample_bernoulli(logits.expand(draws, -1, -1))"}, "sigmoid is missing"),
    bit_parts("log p for log q", {LOG_Q: "log_q = log_bernoulli(batch, decoder(z))"}, "log_q is wrong: it is log p"),
    loss(
        "not detached, and the sign of the score",
        {".detach()": "", "- weight": "+ weight"},
        "not detached, and the sign of its product",
    ),
    loss(
        "not detached, and turned",
        {".detach()": "", LOSS: "loss = (reconstruction + weight * log_q - kl).mean()"},
        "not detached, and the sign of the loss",
    ),
    others(
        "sum over everything",
        {OTHERS: "others = (reward.sum() - reward) / (len(reward) - 1)"},
        "sum runs over the images",
    ),
    others(
        "own reward in the sum",
        {OTHERS: "others = (reward.sum(0) / (len(reward) - 1)).expand_as(reward)"},
        "own reward is still in the sum",
    ),
    cut("score minus the logit", {"(codes - torch.sigmoid(logits))": "(codes - logits)"}, "minus the logit"),
    cut(
        "log q as weight",
        {"q = torch.exp(log_bernoulli(codes, logits))": "q = log_bernoulli(codes, logits)"},
        "log q",
    ),
    cut(
        "codes that are drawn",
        {
            "codes = all_states(len(logits), logits)": "codes = sample_bernoulli(logits.sigmoid().expand(999, -1))",
            EXACT: "mean = (estimates * (cut / lengths).clamp(max=1)).mean(0)",
        },
        "the mean is random",
    ),
    shuffle("columns in their old order", {SHUFFLED: "shuffled = codes[:, [0, 1, 2]]"}, "not the columns"),
    shuffle("order of the wrong dimension", {"argsort(0)": "argsort(1)"}, "wrong dimension"),
    rbm(
        "biases first, phases anew for W",
        {PHASES: f"{PHASES}\n    {MOVE_H}\n    {PHASES}", MOVE_V + "\n    " + MOVE_H: MOVE_V},
        "see new parameters",
    ),
    rbm("W first, phases anew for h_bias", {MOVE_H: f"{PHASES}\n    {MOVE_H}"}, "see new parameters"),
    rbm("W not turned", {"h @ W.T": "h @ W"}, "w is (3, 2)"),
]

RIGHT = [
    parts(
        "torch.normal for the noise",
        {CODE: "z = mu + torch.exp(logvar / 2) * torch.normal(torch.zeros_like(mu), 1.0)"},
    ),
    score(
        "torch.distributions",
        {
            DRAW: "z = torch.distributions.Normal(mu, sigma).sample((count,))",
            SCORED: "gradients = torch.einsum('n,nd->nd', f(z) - baseline, score)",
        },
    ),
    score("the whole by autograd", {DRAW: "", SCORE: "", SCORED: BY_AUTOGRAD}),
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
    parts("rsample", {CODE: "z = torch.distributions.Normal(mu, torch.exp(logvar / 2)).rsample()"}),
    parts("square root", {CODE: "z = mu - logvar.exp().sqrt() * torch.empty_like(mu).normal_()"}),
    parts(
        "torch.distributions",
        {
            KL_GAUSS: "kl = torch.distributions.kl_divergence(torch.distributions.Normal(mu,"
            " torch.exp(logvar / 2)), torch.distributions.Normal(0.0, 1.0)).sum(1)"
        },
    ),
    kl_bits(
        "logsigmoid",
        {
            KL_BITS: "p = torch.sigmoid(logits)\n    kl = (math.log(2) + p * F.logsigmoid(logits)"
            " + (1 - p) * F.logsigmoid(-logits)).sum(1)"
        },
    ),
    kl_bits("softplus", {KL_BITS: "kl = (math.log(2) + logits * logits.sigmoid() - F.softplus(logits)).sum(-1)"}),
    bit_parts(
        "comparison with uniform numbers",
        {FLIP: "z = (torch.rand(draws, *logits.shape, device=logits.device) < torch.sigmoid(logits)).float()"},
    ),
    bit_parts("bernoulli", {FLIP: "z = torch.bernoulli(torch.sigmoid(logits).repeat(draws, 1, 1))"}),
    bit_parts("torch.distributions", {LOG_Q: "log_q = Bernoulli(logits=logits).log_prob(z).sum(-1)"}),
    loss(
        "term by term",
        {
            WEIGHT: "weight = reconstruction.detach() - baseline",
            LOSS: "loss = kl.mean() - reconstruction.mean() - (weight * log_q).sum() / log_q.numel()",
        },
    ),
    loss(
        "with the value of the bound",
        {LOSS: "loss = (kl - reconstruction - weight * (log_q - log_q.detach())).mean()"},
    ),
    others(
        "a loop",
        {
            OTHERS: "rows = range(len(reward))\n"
            "    others = torch.stack([reward[[k for k in rows if k != i]].mean(0) for i in rows])"
        },
    ),
    others("a matrix", {OTHERS: "n = len(reward)\n    others = (1 - torch.eye(n).to(reward)) @ reward / (n - 1)"}),
    cut("an infinite share where the length is 0", {".clamp(min=1e-12)": ""}),
    cut("renorm", {EXACT: RENORM}),
    cut(
        "chosen by where",
        {EXACT: "shrink = torch.where(lengths > cut, cut / lengths, 1.0)\n    mean = q @ (estimates * shrink)"},
    ),
    shuffle(
        "column by column",
        {
            ORDER: "orders = [torch.randperm(len(codes), device=codes.device) for _ in codes.T]",
            SHUFFLED: "shuffled = torch.stack([column[order] for column, order in zip(codes.T, orders)], 1)",
        },
    ),
    prior(
        "by the price of fair coins",
        {
            BOUND: "bound = reconstruction + log_prior + logits.shape[1] * math.log(2)"
            " - KL_with_bernoulli_prior(logits)"
        },
    ),
    rbm(
        "outer products",
        {
            MOVE_W: "W += rate * (torch.einsum('nv,nh->vh', codes, up) / len(codes)"
            " - torch.einsum('nv,nh->vh', chains, down) / len(chains))"
        },
    ),
    rbm(
        "bernoulli, add_",
        {
            GIBBS_H: "h = torch.bernoulli(torch.sigmoid(chains @ W + h_bias))",
            MOVE_H: "h_bias.add_(rate * (up.mean(0) - down.mean(0)))",
        },
    ),
    rbm("addmm_ into W", {MOVE_W: ADD_W}),
    rbm("chains in place", {GIBBS_V: "chains.copy_(sample_bernoulli(torch.sigmoid(h @ W.T + v_bias)))"}),
]
