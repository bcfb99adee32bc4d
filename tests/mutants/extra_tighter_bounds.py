"""Extra lab on tighter bounds: wrong and other ways to write the 2D VAE, its likelihood, weights and gradients."""

from tests.mutants.bank import at

LAB = "extra/tighter_bounds"

KL = "kl = log_std_2 - log_std_1 + (variance_1 + (mean_1 - mean_2) ** 2) / (2 * variance_2) - 0.5"
NLL = "nll = 0.5 * math.log(2 * math.pi) + log_std + (x - mean) ** 2 / (2 * (2 * log_std).exp())"
Z = "z = mu_z + log_std_z.exp() * self.prior(len(x))"
RECON = "recon_loss = get_normal_nll(x, mu_x, log_std_x).sum(1).mean()"
KL_LOSS = "kl_loss = get_normal_KL(mu_z, log_std_z).sum(1).mean()"
ELBO = "elbo_loss = recon_loss + kl_loss"
PRIOR = "log_prior = -get_normal_nll(z, torch.zeros_like(z), torch.zeros_like(z)).sum(-1)"
GRID_SUM = "log_p = torch.logsumexp(log_conditional + log_prior, 1) + area.log()"
LOG_PROB = "log_prob = math.lgamma(K + 1) - torch.lgamma(n + 1).sum(1) + n @ q.log()"
EXACT = "bound = (log_prob.exp() * torch.log(n @ w / K)).sum()"
DRAW = "torch.randn(len(x), K, model.n_latent, device=x.device)"
SAMPLED = "torch.distributions.Normal(mu_z, log_std_z.exp()).sample((K,))[:, :, 0].transpose(0, 1)"
WEIGHT = "log_w = model.log_p_x(x[:, None], z) + log_p_z - log_q"
SIZE = "size = torch.exp(2 * torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1))"
NOISE = "noise = gradients.var(0).sum()"
SIGNAL = "signal = gradients.mean(0).square().sum() - noise / len(gradients)"
RATIO = "ratio = (signal.clamp(min=0) / noise).sqrt()"
MEAN = "bound = torch.logsumexp(log_w, -1) - math.log(log_w.shape[-1])"

kl = at("gaussians", piece=KL)
nll = at("gaussians", "check-gaussians-nll", piece=NLL)
forward = at("vae2d")
loss = at("vae2d", "check-vae2d-loss")
grid = at("exact-likelihood")
exact = at("exact-bound")
weights = at("log-weights")
mean = at("bound-from-weights", piece=MEAN)
size = at("bound-from-weights", piece=SIZE)
ratio = at("signal-to-noise")

WRONG = [
    kl(
        "sigma for the variance",
        KL.replace("variance_1", "log_std_1.exp()").replace("variance_2", "log_std_2.exp()"),
        "sigma stands where",
    ),
    kl(
        "turned",
        "kl = log_std_1 - log_std_2 + (variance_2 + (mean_1 - mean_2) ** 2) / (2 * variance_1) - 0.5",
        "p1 comes first",
    ),
    kl(
        "logvar of lab 04",
        "kl = (log_std_2 - log_std_1) / 2 + (log_std_1.exp() + (mean_1 - mean_2) ** 2) / (2 * log_std_2.exp()) - 0.5",
        "read as log sigma^2",
    ),
    kl("no half", KL.replace(" - 0.5", ""), "minus one half, is missing"),
    kl("no means", KL.replace(" + (mean_1 - mean_2) ** 2", ""), "the means are missing"),
    kl("not squared", KL.replace("(mean_1 - mean_2) ** 2", "(mean_1 - mean_2)"), "not squared"),
    kl("factor lost", KL.replace("2 * variance_2", "variance_2"), "a factor 1/2 is lost"),
    kl("signs of the logs", KL.replace("log_std_2 - log_std_1", "log_std_1 - log_std_2"), "sign of the logarithms"),
    kl("no logs", KL.replace("log_std_2 - log_std_1 + ", ""), "logarithms are missing"),
    kl("summed", KL + "\n    kl = kl.sum()", "has the shape ()"),
    kl("left blank", "kl = ...", "fill in the blank"),
    nll("sign", NLL.replace("nll = ", "nll = -(") + ")", "the negative is asked for"),
    nll("no constant", NLL.replace("0.5 * math.log(2 * math.pi) + ", ""), "log(2 pi) / 2 is missing"),
    nll("constant not halved", NLL.replace("0.5 * math", "math"), "not log(2 pi)"),
    nll("no log sigma", NLL.replace("log_std + ", ""), "log sigma is missing"),
    nll(
        "logvar of lab 04",
        NLL.replace("+ log_std +", "+ log_std / 2 +").replace("(2 * log_std).exp()", "log_std.exp()"),
        "read as log sigma^2",
    ),
    nll("sigma for the variance", NLL.replace("(2 * log_std).exp()", "log_std.exp()"), "sigma stands where"),
    nll("factor lost", NLL.replace("/ (2 * (2 * log_std).exp())", "/ (2 * log_std).exp()"), "factor 1/2 before"),
    nll("not squared", NLL.replace(" ** 2", ""), "not squared"),
    nll("left blank", "nll = ...", "fill in the blank"),
    forward(
        "logvar of lab 04", {Z: Z.replace("log_std_z.exp()", "torch.exp(log_std_z / 2)")}, "not exp(log_std / 2)"
    ),
    forward("no exponential", {Z: Z.replace("log_std_z.exp()", "log_std_z")}, "take its exponential"),
    forward("variance for sigma", {Z: Z.replace("log_std_z.exp()", "torch.exp(2 * log_std_z)")}, "variance stands"),
    forward("no sigma", {Z: "z = mu_z + self.prior(len(x))"}, "standard deviation is missing"),
    forward("no mu", {Z: Z.replace("mu_z + ", "")}, "mu_z is missing"),
    forward("no noise", {Z: "z = mu_z"}, "without any noise"),
    forward("noise shared", {"self.prior(len(x))": "self.prior(1)"}, "shared by the whole batch"),
    forward("no gradient", {Z: Z + "\n    z = z.detach()"}, "no gradient reaches"),
    forward("sigma detached", {Z: Z.replace("log_std_z.exp()", "log_std_z.exp().detach()")}, "no gradient reaches"),
    forward("swapped in the encoder", {"mu_z, log_std_z = self": "log_std_z, mu_z = self"}, "are swapped"),
    forward(
        "swapped in the decoder",
        {"mu_x, log_std_x = self": "log_std_x, mu_x = self"},
        "mu_x and log_std_x are swapped",
    ),
    forward("sigma returned", {Z: Z + "\n    log_std_z = log_std_z.exp()"}, "return its logarithm"),
    loss("mean over coordinates", {RECON: RECON.replace(".sum(1).mean()", ".mean()")}, "coordinates are averaged"),
    loss("mean over latents", {KL_LOSS: KL_LOSS.replace(".sum(1).mean()", ".mean()")}, "coordinates are averaged"),
    loss("sum over the batch", {RECON: RECON.replace(".sum(1).mean()", ".sum()")}, "summed over the batch"),
    loss("likelihood for its negative", {RECON: RECON.replace("= get", "= -get")}, "its sign is turned"),
    loss("order of arguments", {KL_LOSS: KL_LOSS.replace("mu_z, log_std_z", "log_std_z, mu_z")}, "wrong order"),
    loss("no KL", {ELBO: "elbo_loss = recon_loss"}, "kl divergence is missing"),
    loss("KL subtracted", {ELBO: "elbo_loss = recon_loss - kl_loss"}, "code has a price"),
    loss("the bound itself", {ELBO: "elbo_loss = -recon_loss - kl_loss"}, "a loss is its negative"),
    grid("no area", {" + area.log()": ""}, "area of a place is missing"),
    grid("side for the area", {"area.log()": "area.log() / 2"}, "area is the square"),
    grid("no prior", {"log_conditional + log_prior": "log_conditional"}, "the prior p(z) is missing"),
    grid("mean over the grid", {GRID_SUM: GRID_SUM + " - math.log(len(z))"}, "mean over the places"),
    grid("mean for the sum", {"area.log()": "math.log(1 / len(z))"}, "mean over the places"),
    grid("sign", {GRID_SUM: GRID_SUM + "\n    log_p = -log_p"}, "sign is turned"),
    grid(
        "largest place",
        {GRID_SUM: "log_p = (log_conditional + log_prior).max(1).values + area.log()"},
        "largest place",
    ),
    grid(
        "mean over coordinates",
        {
            "log_conditional = model.log_p_x(x[:, None], z)": "parts = model.decoder(z).chunk(2, dim=1)\n"
            "    log_conditional = -get_normal_nll(x[:, None], *parts).mean(-1)"
        },
        "coordinates of x are averaged",
    ),
    grid(
        "underflow",
        {GRID_SUM: "log_p = ((log_conditional + log_prior).exp().sum(1) * area).log()"},
        "use torch.logsumexp",
    ),
    exact("no K", {"n @ w / K": "n @ w"}, "not divided by k"),
    exact("no orders", {LOG_PROB: "log_prob = n @ q.log()"}, "number of orders, k!"),
    exact("no K!", {"math.lgamma(K + 1) ": ""}, "lacks k!"),
    exact("mean of the logs", {"torch.log(n @ w / K)": "(n @ w.log() / K)"}, "mean of the logarithms"),
    exact("log of the mean", {EXACT: "bound = (log_prob.exp() * (n @ w / K)).sum().log()"}, "logarithm of the mean"),
    exact("rows averaged", {EXACT: "bound = torch.log(n @ w / K).mean()"}, "rows are averaged"),
    exact("no exponential", {"log_prob.exp()": "log_prob"}, "log probabilities"),
    weights("no q", {WEIGHT: "log_w = model.log_p_x(x[:, None], z) + log_p_z"}, "log q(z | x) is missing"),
    weights("no prior", {WEIGHT: "log_w = model.log_p_x(x[:, None], z) - log_q"}, "log p(z) is missing"),
    weights("no likelihood", {WEIGHT: "log_w = log_p_z - log_q"}, "log p(x | z) is missing"),
    weights("q added", {WEIGHT: "log_w = model.log_p_x(x[:, None], z) + log_p_z + log_q"}, "has to be subtracted"),
    weights("sign", {WEIGHT: "log_w = log_q - model.log_p_x(x[:, None], z) - log_p_z"}, "signs are turned"),
    weights(
        "one draw for all",
        {DRAW: "torch.randn(len(x), 1, model.n_latent, device=x.device).expand(-1, K, -1)"},
        "draw new noise",
    ),
    weights(
        "unstretched",
        {"z = mu_z + log_std_z.exp()": "log_std_z = log_std_z - math.log(stretch)\n    z = mu_z + log_std_z.exp()"},
        "stretch is not used",
    ),
    mean("no K", "bound = torch.logsumexp(log_w, -1)", "division by k is missing"),
    mean("K added", MEAN.replace(" - math", " + math"), "has to be subtracted"),
    mean("mean outside", "bound = log_w.mean(-1)", "mean of the logarithms"),
    mean("largest", "bound = log_w.max(-1).values", "only the largest"),
    mean("underflow", "bound = log_w.exp().mean(-1).log()", "use torch.logsumexp"),
    mean("mean over the points too", MEAN + "\n    bound = bound.mean()", "has the shape ()"),
    mean("divided", "bound = torch.logsumexp(log_w, -1) / log_w.shape[-1]", "subtract log k"),
    forward(
        "one number for all latents",
        {"self.prior(len(x))": "self.prior(len(x))[:, :1]"},
        "share one random number",
    ),
    forward(
        "standard deviation detached",
        {"log_std_z.exp() *": "log_std_z.exp().detach() *"},
        "reaches log_std_z",
    ),
    forward(
        "a seed in every call",
        {"z = mu_z": "torch.manual_seed(0)\n    z = mu_z"},
        "two calls draw the same noise",
    ),
    loss(
        "KL detached",
        {"get_normal_KL(mu_z, log_std_z)": "get_normal_KL(mu_z, log_std_z).detach()"},
        "carries no gradient",
    ),
    weights(
        "noise shared by all points",
        {"torch.randn(len(x), K,": "torch.randn(1, K,"},
        "all points share",
    ),
    weights(
        "one number for all latents",
        {"K, model.n_latent, device": "K, 1, device"},
        "share one random number",
    ),
    forward(
        "noise of one point for all latents of the batch",
        {"self.prior(len(x))": "self.prior(1)[:, :1]"},
        "shared by the whole batch",
    ),
    kl(
        "spread of p1 missing",
        KL.replace("(variance_1 + (mean_1 - mean_2) ** 2)", "(mean_1 - mean_2) ** 2"),
        "spread of p1",
    ),
    weights(
        "no gradient",
        {"    z = mu_z": "    mu_z, log_std_z = mu_z.detach(), log_std_z.detach()\n    z = mu_z"},
        "no gradient",
    ),
    weights("z detached", {WEIGHT: "z = z.detach()\n    " + WEIGHT}, "detach"),
    weights(
        "z detached before all densities",
        {"    log_p_z =": "    z = z.detach()\n    log_p_z ="},
        "no gradient reaches the encoder through z",
    ),
    weights(
        "standard deviation detached in z",
        {"z = mu_z + log_std_z.exp() *": "z = mu_z + log_std_z.exp().detach() *"},
        "no gradient reaches log_std through z",
    ),
    weights(
        "draws and points swapped", {"torch.randn(len(x), K, model": "torch.randn(K, len(x), model"}, "log_weights"
    ),
    size("logarithm", SIZE.replace("torch.exp(", "("), "its logarithm"),
    size(
        "inverse",
        SIZE.replace(
            "2 * torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1)",
            "torch.logsumexp(2 * log_w, -1) - 2 * torch.logsumexp(log_w, -1)",
        ),
        "its inverse",
    ),
    size("share", SIZE + " / log_w.shape[-1]", "divided by k"),
    size("underflow", "size = log_w.exp().sum(-1) ** 2 / log_w.exp().square().sum(-1)", "use torch.logsumexp"),
    size("largest", "size = torch.exp(torch.logsumexp(log_w, -1) - log_w.max(-1).values)", "largest weight"),
    size(
        "sum not squared",
        SIZE.replace("2 * torch.logsumexp(log_w, -1) -", "torch.logsumexp(log_w, -1) -"),
        "effective_size is wrong",
    ),
    size("left blank", "size = ...", "fill in the blank"),
    ratio("biased", {SIGNAL: "signal = gradients.mean(0).square().sum()"}, "too large"),
    ratio("whole variance subtracted", {" / len(gradients)": ""}, "divided by n"),
    ratio("squared", {").sqrt()": ")"}, "square of the ratio"),
    ratio("upside down", {RATIO: "ratio = (noise / signal.clamp(min=0)).sqrt()"}, "upside down"),
    ratio("no clamp", {".clamp(min=0)": ""}, "nan"),
    ratio(
        "entry by entry", {RATIO: "ratio = (gradients.mean(0).abs() / gradients.std(0)).mean()"}, "lengths of vectors"
    ),
    ratio(
        "noise of the mean", {RATIO: "ratio = (signal.clamp(min=0) / (noise / len(gradients))).sqrt()"}, "of the mean"
    ),
    ratio("mean over the entries", {NOISE: "noise = gradients.var(0).mean()"}, "averaged over the entries"),
    ratio("left blank", {RATIO: "ratio = ..."}, "fill in the blank"),
    weights("noise shared by the points", {DRAW: DRAW.replace("len(x), K", "1, K")}, "share"),
    weights("a seed", {"    z = mu_z": "    torch.manual_seed(0)\n    z = mu_z"}, "set no seed"),
    mean("changed in place", "log_w -= 1\n    " + MEAN + " + 1", "log_w itself was changed"),
    mean("detached", MEAN + "\n    bound = bound.detach()", "do not detach"),
    mean("the wrong dimension", MEAN.replace("shape[-1]", "shape[0]"), "last dimension"),
    size("changed in place", "log_w -= 1\n    " + SIZE, "log_w itself was changed"),
    exact(
        "single precision",
        {LOG_PROB: LOG_PROB.replace("math.lgamma(K + 1)", "torch.lgamma(torch.tensor(K + 1.0))")},
        "stay in float64",
    ),
    kl("changed in place", KL.replace("2 * variance_2", "log_std_2.mul_(2).exp().mul(2)"), "changes its arguments"),
    kl(
        "log of the variances, not halved",
        KL.replace("log_std_2 - log_std_1", "(log_std_2 - log_std_1) / 2"),
        "halved",
    ),
    kl("mean_2 forgotten", KL.replace("(mean_1 - mean_2)", "mean_1"), "mean_2 is missing"),
    kl("brackets", KL.replace("/ (2 * variance_2)", "/ 2 * variance_2"), "put brackets"),
    nll("log sigma halved", NLL.replace("+ log_std +", "+ log_std / 2 +"), "log sigma is halved"),
    nll("log sigma divides", NLL.replace("(2 * (2 * log_std).exp())", "(2 * log_std**2)"), "divided by log sigma"),
    forward("uniform noise", {"self.prior(len(x))": "torch.rand_like(mu_z)"}, "noise is uniform"),
    forward(
        "every second output",
        {"self.encoder(x).chunk(2, dim=1)": "self.encoder(x)[:, ::2], self.encoder(x)[:, 1::2]"},
        "every second",
    ),
    forward(
        "split at the latents",
        {"self.decoder(z).chunk(2, dim=1)": "self.decoder(z).tensor_split([self.n_latent], dim=1)"},
        "here n_in = 4",
    ),
    loss("turned KL", {KL_LOSS: KL_LOSS.replace("mu_z,", "0 * mu_z, 0 * mu_z, mu_z,")}, "q comes first"),
    loss("KL of the decoder", {KL_LOSS: KL_LOSS.replace("_z", "_x")}, "what the decoder gave"),
    loss("divided by 128", {RECON: RECON.replace(".sum(1).mean()", ".sum() / 128")}, "divided by 128"),
    loss("KL as a number", {ELBO: ELBO + ".item()"}, "no .item()"),
    grid("x and z swapped", {"model.log_p_x(x[:, None], z)": "model.log_p_x(z, x[:, None])"}, "are swapped"),
    grid("area twice", {" + area.log()": " + 2 * area.log()"}, "is there twice"),
    grid("area of the default grid", {" + area.log()": " + 2 * math.log(0.05)"}, "default grid"),
    exact("lgamma(n)", {"torch.lgamma(n + 1)": "torch.lgamma(n)"}, "lgamma(n) is"),
    exact("weights times q", {"n @ w / K": "n @ (w * q) / K"}, "in the weights as well"),
    exact(
        "factorials",
        {"log_prob.exp()": "(n.new_tensor(K + 1).lgamma().exp() / (n + 1).lgamma().exp().prod(1) * (q**n).prod(1))"},
        "factorials overflow",
    ),
    exact("epsilon", {"n @ w / K": "n @ w / K + 1e-8"}, "add no epsilon"),
    weights(
        "log q of the noise",
        {"nll(z, mu_z, log_std_z)": "nll((z - mu_z) / log_std_z.exp(), 0 * z, 0 * z)"},
        "that of the noise",
    ),
    weights(
        "prior at the noise",
        {"log_p_z = -get_normal_nll(z": "log_p_z = -get_normal_nll((z - mu_z) / log_std_z.exp()"},
        "taken at the noise",
    ),
    weights("stretch twice", {"z = mu_z + ": "z = mu_z + stretch * "}, "multiplies the noise again"),
    weights(
        "q not stretched",
        {"nll(z, mu_z, log_std_z)": "nll(z, mu_z, log_std_z - math.log(stretch))"},
        "know the stretch",
    ),
    weights(
        "mean over the latents",
        {
            "torch.zeros_like(z)).sum(-1)": "torch.zeros_like(z)).mean(-1)",
            "log_std_z).sum(-1)": "log_std_z).mean(-1)",
        },
        "averaged over the latents",
    ),
    weights(
        "KL for log q",
        {"log_p_z - log_q": "0 * log_p_z - get_normal_KL(mu_z, log_std_z).sum(-1)"},
        "a kl divergence is none",
    ),
    weights("log q detached", {"nll(z, mu_z, log_std_z)": "nll(z, mu_z.detach(), log_std_z.detach())"}, "in log q"),
    weights("the model's prior", {DRAW: "model.prior(len(x) * K).view(len(x), K, -1)"}, "has no prior()"),
    mean(
        "one largest for all", "bound = (log_w - log_w.max()).exp().mean(-1).log() + log_w.max()", "its own largest"
    ),
    mean("largest lost", MEAN + " - log_w.max(-1).values", "not added again"),
    size("over the points", "size = 1 / log_w.softmax(0).square().sum(-1)", "over the points"),
    size(
        "sum squared",
        SIZE.replace("2 * torch.logsumexp(log_w, -1)", "torch.logsumexp(log_w, -1) ** 2"),
        "take it twice",
    ),
    size("logarithm squared", SIZE.replace("logsumexp(2 * log_w", "logsumexp(log_w**2"), "log w is squared"),
    ratio("biased variance", {NOISE: "noise = gradients.var(0, correction=0).sum()"}, "divide by 7"),
    ratio("sum of standard deviations", {NOISE: "noise = gradients.std(0).sum() ** 2"}, "add the variances"),
    ratio("mean square", {NOISE: "noise = gradients.square().mean(0).sum()"}, "subtract the mean first"),
    ratio(
        "mean length",
        {"gradients.mean(0).square().sum()": "gradients.norm(dim=1).mean() ** 2"},
        "lengths are averaged",
    ),
    kl(
        "torch.distributions",
        "kl = torch.distributions.kl_divergence(torch.distributions.Normal(mean_1,"
        " log_std_1.exp()), torch.distributions.Normal(mean_2, log_std_2.exp()))",
        "write it yourself",
    ),
    nll(
        "torch.distributions",
        "nll = -torch.distributions.Normal(mean, log_std.exp()).log_prob(x)",
        "write it yourself",
    ),
    nll(
        "F.gaussian_nll_loss",
        "nll = F.gaussian_nll_loss(mean, x, (2 * log_std).exp(), full=True, eps=0, reduction='none')",
        "write it yourself",
    ),
    exact(
        "Multinomial, q as logits",
        {LOG_PROB: "log_prob = torch.distributions.Multinomial(K, logits=q).log_prob(n)"},
        "q was taken for logits",
    ),
    weights(
        "sample() for rsample()",
        {f"mu_z + log_std_z.exp() * {DRAW}": SAMPLED},
        "no .sample()",
    ),
    kl(
        "means divided by sigma_1",
        KL.replace(
            "(mean_1 - mean_2) ** 2) / (2 * variance_2)",
            "0) / (2 * variance_2) + (mean_1 - mean_2) ** 2 / (2 * variance_1)",
        ),
        "sigma_2^2 stands below both",
    ),
    nll(
        "square multiplied by sigma^2",
        NLL.replace("/ (2 * (2 * log_std).exp())", "* (2 * log_std).exp() / 2"),
        "multiplied by sigma^2",
    ),
    grid("prior's constant once", {PRIOR: f"{PRIOR} + math.log(2 * math.pi) / 2"}, "half of the prior's constant"),
]

RIGHT = [
    kl(
        "as a ratio",
        "kl = 0.5 * (variance_1 / variance_2 - 1 - (variance_1 / variance_2).log()"
        " + (mean_1 - mean_2).square() / variance_2)",
    ),
    nll(
        "difference scaled first",
        "nll = 0.5 * math.log(2 * math.pi) + log_std + ((x - mean) / log_std.exp()).square() / 2",
    ),
    forward("rsample", {Z: "z = torch.distributions.Normal(mu_z, log_std_z.exp()).rsample()"}),
    forward(
        "by slices",
        {"self.decoder(z).chunk(2, dim=1)": "self.decoder(z)[:, : x.shape[1]], self.decoder(z)[:, x.shape[1] :]"},
    ),
    forward("minus the noise", {Z: "z = mu_z - torch.randn_like(mu_z) * log_std_z.exp()"}),
    loss("divided by the batch", {RECON: RECON.replace(".sum(1).mean()", ".sum() / len(x)")}),
    loss("mean, then sum", {KL_LOSS: KL_LOSS.replace(".sum(1).mean()", ".mean(0).sum()")}),
    grid(
        "torch.distributions",
        {
            "model.log_p_x(x[:, None], z)": "torch.distributions.Normal(model.decoder(z)[:, :2], "
            "model.decoder(z)[:, 2:].exp()).log_prob(x[:, None]).sum(-1)"
        },
    ),
    grid("area inside", {GRID_SUM: "log_p = torch.logsumexp(log_conditional + log_prior + torch.log(area), dim=1)"}),
    grid("prior by hand", {PRIOR: "log_prior = -(z**2).sum(1) / 2 - math.log(2 * math.pi)"}),
    exact(
        "torch.distributions",
        {LOG_PROB: "log_prob = torch.distributions.Multinomial(K, q).log_prob(n)"},
    ),
    exact("dot product", {EXACT: "bound = log_prob.exp() @ (torch.log(n @ w) - math.log(K))"}),
    weights(
        "torch.distributions",
        {"-get_normal_nll(z, mu_z, log_std_z)": "torch.distributions.Normal(mu_z, log_std_z.exp()).log_prob(z)"},
    ),
    weights(
        "q from the noise",
        {
            "z = mu_z + log_std_z.exp() * " + DRAW: f"noise = {DRAW}\n    z = mu_z + noise * log_std_z.exp()",
            "-get_normal_nll(z, mu_z, log_std_z)": "-(0.5 * math.log(2 * math.pi) + noise**2 / 2 + log_std_z)",
        },
    ),
    mean(
        "largest taken out",
        "largest = log_w.max(-1, keepdim=True).values\n"
        "    bound = (log_w - largest).exp().mean(-1).log() + largest.squeeze(-1)",
    ),
    mean("log K inside", "bound = torch.logsumexp(log_w - math.log(log_w.shape[-1]), dim=-1)"),
    size(
        "largest taken out",
        "part = (log_w - log_w.max(-1, keepdim=True).values).exp()\n    size = part.sum(-1) ** 2 / (part**2).sum(-1)",
    ),
    size("normalised weights", "size = 1 / torch.softmax(log_w, -1).square().sum(-1)"),
    ratio(
        "from the covariance",
        {NOISE: "noise = (gradients - gradients.mean(0)).square().sum() / (len(gradients) - 1)"},
    ),
    ratio(
        "pairs of different estimates",
        {
            SIGNAL: "n = len(gradients)\n"
            "    signal = (gradients.sum(0).square().sum() - gradients.square().sum()) / (n * (n - 1))"
        },
    ),
    ratio("relu", {"signal.clamp(min=0)": "F.relu(signal)"}),
]
