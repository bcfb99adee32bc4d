"""Lab 04: wrong and alternative ways to write the VAE."""

from tests.mutants.bank import at

LAB = "04_vae"

ENCODER_HIDDEN = "hidden = F.softplus(self.enc_fc2(F.softplus(self.enc_fc1(x))))"
HEADS = "return self.enc_mu(hidden), self.enc_logvar(hidden)"
DECODER_HIDDEN = "F.softplus(self.dec_fc2(F.softplus(self.dec_fc1(z))))"
OUT = f"pixel_prob(self.dec_fc3({DECODER_HIDDEN}))"
LOGITS = f"self.dec_fc3({DECODER_HIDDEN})"
LAYERS = "self.dec_fc1, self.dec_fc3 = nn.Linear(latent_size, 200), nn.Linear(200, 784)"
SAMPLE = "return mu + torch.exp(logvar / 2) * torch.randn_like(mu)"
SIGMA = "torch.exp(logvar / 2)"
CHAIN = "return self.decode(z), z, mu, logvar"
BCE = "crossentropy = cross_entropy(reconstruction, target)"
TORCH_BCE = 'crossentropy = F.binary_cross_entropy(reconstruction, target, reduction="sum")'
KL = "kl_div = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()"
LOSS = "loss = (crossentropy + beta * kl_div) / len(target)"
USE = "kl = -(1 + logvar - mu**2 - logvar.exp()).mean(0) / 2"
PRIOR = "z = torch.randn(count, model.latent_size, device=device)"
LOG_PRIOR = "log_prior = -(z.square() + math.log(2 * math.pi)).sum(1) / 2"
PAIRS = "return x @ log_on.T + (1 - x) @ log_off.T + log_prior"
SUMS = "sums = torch.stack([torch.logsumexp(log_joint(model, x, z), 1) for z in parts])"
AREA = "return torch.logsumexp(sums, 0) + 2 * math.log(spacing)"

layers = at("vae-network", check="check-vae-layers")
encoder = at("vae-network")
decoder = at("vae-network", check="check-vae-decode")
sampling = at("vae-network", check="check-vae-reparametrize")
forward = at("vae-network", check="check-vae-forward", piece=CHAIN)
loss = at("vae-loss")
extremes = at("vae-loss", check="check-vae-loss-extremes")
step = at("vae-step")
use = at("vae-latent-use")
prior = at("vae-sample", piece=PRIOR)
joint = at("vae-log-joint", piece=PAIRS)
quadrature = at("vae-quadrature")

WRONG = [
    layers(
        "latents fixed",
        {"nn.Linear(200, latent_size)": "nn.Linear(200, 20)"},
        "with latent_size = 2, enc_mu",
    ),
    layers("inputs and outputs turned", {"nn.Linear(784, 200)": "nn.Linear(200, 784)"}, "expected from 784 to 200"),
    layers("100 hidden units", {"nn.Linear(200, 784)": "nn.Linear(100, 784)"}, "dec_fc3 goes from 100"),
    layers(
        "layer missing",
        {
            "self.enc_fc2, self.dec_fc2 = nn.Linear(784, 200), nn.Linear(200, 200), nn": (
                "self.enc_fc2 = nn.Linear(784, 200), nn"
            )
        },
        "self.dec_fc2 should be nn.linear",
    ),
    layers("no bias", {"nn.Linear(784, 200)": "nn.Linear(784, 200, bias=False)"}, "enc_fc1 has no bias"),
    layers(
        "one head for both",
        {LAYERS: LAYERS + "\n        self.enc_logvar = self.enc_mu"},
        "share one layer",
    ),
    layers(
        "a layer too many",
        {LAYERS: LAYERS + "\n        self.extra = nn.Linear(200, 200)"},
        "a layer too many",
    ),
    layers(
        "left blank",
        {"self.enc_mu, self.enc_logvar = nn.Linear(200, latent_size),": "self.enc_mu, self.enc_logvar = ...,"},
        "self.enc_mu should be",
    ),
    encoder(
        "ReLU for softplus", {ENCODER_HIDDEN: "hidden = F.relu(self.enc_fc2(F.relu(self.enc_fc1(x))))"}, "use relu"
    ),
    encoder("tanh", {ENCODER_HIDDEN: "hidden = torch.tanh(self.enc_fc2(torch.tanh(self.enc_fc1(x))))"}, "use tanh"),
    encoder("no activation", {ENCODER_HIDDEN: "hidden = self.enc_fc2(self.enc_fc1(x))"}, "have no activation"),
    encoder(
        "first without",
        {ENCODER_HIDDEN: "hidden = F.softplus(self.enc_fc2(self.enc_fc1(x)))"},
        "after the first layer",
    ),
    encoder(
        "second without",
        {ENCODER_HIDDEN: "hidden = self.enc_fc2(F.softplus(self.enc_fc1(x)))"},
        "after the second layer",
    ),
    encoder(
        "softplus on mu",
        {"self.enc_mu(hidden)": "F.softplus(self.enc_mu(hidden))"},
        "mu is wrong: the output goes through",
    ),
    encoder("ReLU on logvar", {"self.enc_logvar(hidden)": "F.relu(self.enc_logvar(hidden))"}, "has to be linear"),
    encoder("variance returned", {"self.enc_logvar(hidden)": "self.enc_logvar(hidden).exp()"}, "it is the variance"),
    encoder("sigma returned", {"self.enc_logvar(hidden)": "torch.exp(self.enc_logvar(hidden) / 2)"}, "it is sigma"),
    encoder(
        "swapped", {"return self.enc_mu(hidden),": "return self.enc_logvar(hidden),"}, "mu and logvar are swapped"
    ),
    encoder("an object for self", {"self.enc_fc1(x)": "model.enc_fc1(x)"}, "name 'model' is not defined"),
    encoder(
        "no gradient",
        {ENCODER_HIDDEN: f"with torch.no_grad():\n            {ENCODER_HIDDEN}"},
        "no gradient flows back from it",
    ),
    encoder("left blank", {HEADS: "return ..., self.enc_logvar(hidden)"}, "fill in the blank"),
    decoder("no sigmoid", {OUT: LOGITS}, "sigmoid at the end is missing"),
    decoder("sigmoid twice", {OUT: f"torch.sigmoid({OUT})"}, "applied twice"),
    decoder("probability to be off", {OUT: f"1 - torch.sigmoid({LOGITS})"}, "to be off"),
    decoder("logarithm", {OUT: f"F.logsigmoid({LOGITS})"}, "it is the logarithm of the probability"),
    decoder("softplus before the sigmoid", {OUT: f"torch.sigmoid(F.softplus({LOGITS}))"}, "no pixel can be below"),
    decoder("softplus on the output", {OUT: f"F.softplus({LOGITS})"}, "the output is softplus"),
    decoder("tanh on the output", {OUT: f"torch.tanh({LOGITS})"}, "the output is tanh"),
    decoder("softmax", {OUT: f"{LOGITS}.softmax(1)"}, "softmax"),
    decoder("ReLU", {DECODER_HIDDEN: "F.relu(self.dec_fc2(F.relu(self.dec_fc1(z))))"}, "use relu"),
    decoder("no second activation", {DECODER_HIDDEN: "self.dec_fc2(F.softplus(self.dec_fc1(z)))"}, "second layer"),
    decoder(
        "no gradient",
        {f"return {OUT}": f"with torch.no_grad():\n            return {OUT}"},
        "no gradient flows back from it",
    ),
    decoder("layers of the encoder", {"self.dec_fc1(z)": "self.enc_fc1(z)"}, "decode stopped"),
    sampling("variance for sigma", {SIGMA: "torch.exp(logvar)"}, "sigma = exp(logvar / 2)"),
    sampling("logvar for sigma", {SIGMA: "logvar"}, "logvar is a logarithm"),
    sampling("half logvar for sigma", {SIGMA: "logvar / 2"}, "logarithm of sigma"),
    sampling("sign of logvar", {SIGMA: "torch.exp(-logvar / 2)"}, "sign of logvar"),
    sampling("root twice", {SIGMA: "torch.exp(logvar / 4)"}, "not a quarter"),
    sampling("no sigma", {SAMPLE: "return mu + torch.randn_like(mu)"}, "sigma is missing"),
    sampling("no mu", {SAMPLE: f"return {SIGMA} * torch.randn_like(mu)"}, "mu is missing"),
    sampling("mu in the noise", {SAMPLE: f"return (mu + {SIGMA}) * torch.randn_like(mu)"}, "multiplied by the noise"),
    sampling("no noise", {SAMPLE: "return mu"}, "without any noise"),
    sampling(
        "noise shared over the batch",
        {SAMPLE: f"return mu + {SIGMA} * torch.randn_like(mu[0])"},
        "shared by the whole",
    ),
    sampling("sigma without noise", {SAMPLE: f"return mu + {SIGMA}"}, "nothing in it is random"),
    sampling("an undefined name", {SAMPLE: f"return mu + {SIGMA} * noise"}, "name 'noise' is not defined"),
    sampling("a seed inside", {SAMPLE: "torch.manual_seed(0)\n        " + SAMPLE}, "set no seed"),
    sampling("noise in training only", {SAMPLE: SAMPLE + " if self.training else mu"}, "draw z in both modes"),
    sampling("torch.normal, attached", {SAMPLE: f"return torch.normal(mu, {SIGMA})"}, "no gradient reaches mu"),
    sampling(
        "noise shared over latents", {SAMPLE: f"return mu + {SIGMA} * torch.randn_like(mu[:, :1])"}, "by all latents"
    ),
    sampling("uniform noise", {"randn_like": "rand_like"}, "the noise is uniform"),
    sampling(
        "uniform noise of variance 1",
        {"torch.randn_like(mu)": "(torch.rand_like(mu) - 0.5) * 12**0.5"},
        "normal noise",
    ),
    sampling(
        "torch.normal", {SAMPLE: f"return torch.normal(mu, {SIGMA}).detach()"}, "no gradient reaches the encoder"
    ),
    sampling(
        "sigma detached",
        {SAMPLE: f"return mu + {SIGMA}.detach() * torch.randn_like(mu)"},
        "no gradient reaches logvar",
    ),
    sampling(
        "mu detached", {SAMPLE: f"return mu.detach() + {SIGMA} * torch.randn_like(mu)"}, "no gradient reaches mu"
    ),
    sampling(
        "without sample's gradient",
        {SAMPLE: f"return torch.distributions.Normal(mu, {SIGMA}).sample()"},
        "torch.normal or .sample()",
    ),
    loss("sum over the batch", {LOSS: "loss = crossentropy + beta * kl_div"}, "summed over the batch"),
    loss(
        "mean over pixels",
        {BCE: "crossentropy = F.binary_cross_entropy(reconstruction, target) * len(target)"},
        "the pixels are averaged",
    ),
    loss("mean over latents", {KL: KL.replace(".sum()", ".mean() * len(target)")}, "the latents are averaged"),
    loss(
        "means of both",
        {
            BCE: "crossentropy = F.binary_cross_entropy(reconstruction, target)",
            KL: KL.replace(".sum()", ".mean()"),
            LOSS: "loss = crossentropy + kl_div",
        },
        "pixels and latents are averaged",
    ),
    loss(
        "KL alone divided", {LOSS: "loss = crossentropy + kl_div / len(target)"}, "only the kl divergence is divided"
    ),
    loss(
        "cross-entropy alone divided",
        {LOSS: "loss = crossentropy / len(target) + kl_div"},
        "only the cross-entropy is",
    ),
    loss("factor 0.5 lost", {"-0.5 *": "-"}, "factor 1/2"),
    loss("KL sign", {"-0.5 *": "0.5 *"}, "sign of the kl divergence"),
    loss("no KL", {LOSS: "loss = crossentropy / len(target)"}, "kl divergence is missing"),
    loss("no cross-entropy", {LOSS: "loss = kl_div / len(target)"}, "cross-entropy is missing"),
    loss("bound, not its negative", {LOSS: "loss = -(crossentropy + kl_div) / len(target)"}, "take its negative"),
    loss("the sheet's sign", {LOSS: "loss = (kl_div - crossentropy) / len(target)"}, "sign of the cross-entropy"),
    loss("swapped", {"(reconstruction, target)": "(target, reconstruction)"}, "targets and predictions are swapped"),
    loss("sigma for variance", {"- logvar.exp())": "- torch.exp(logvar / 2))"}, "sigma where the variance"),
    loss("variance squared", {"- logvar.exp())": "- logvar.exp().square())"}, "do not square it"),
    loss(
        "log sigma in the KL",
        {"(1 + logvar - mu.square() - logvar.exp())": "(1 + 2 * logvar - mu.square() - torch.exp(2 * logvar))"},
        "not log sigma",
    ),
    loss("mu not squared", {"mu.square()": "mu"}, "mu is not squared"),
    loss("sign of mu squared", {"- mu.square()": "+ mu.square()"}, "the sign of mu squared"),
    loss(
        "a second sigmoid",
        {BCE: 'crossentropy = F.binary_cross_entropy_with_logits(reconstruction, target, reduction="sum")'},
        "no second sigmoid",
    ),
    loss("squared error", {BCE: "crossentropy = (reconstruction - target).square().sum()"}, "squared error"),
    loss(
        "half of the cross-entropy",
        {BCE: "crossentropy = -(target * torch.log(reconstruction)).sum()"},
        "half of the cross-entropy",
    ),
    loss(
        "per image", {LOSS: "loss = (crossentropy + kl_div) / len(target) * torch.ones(len(target))"}, "has the shape"
    ),
    loss("divided by the batch twice", {LOSS: LOSS + " / len(target)"}, "both parts are divided by the batch twice"),
    loss(
        "KL divided by the batch twice",
        {LOSS: "loss = crossentropy / len(target) + kl_div / len(target) ** 2"},
        "kl divergence is divided by the batch twice",
    ),
    loss("exp of logvar forgotten", {"- logvar.exp())": "- logvar)"}, "where its exponential belongs"),
    loss("the 1 of the KL forgotten", {"(1 + logvar": "(logvar"}, "the 1 of the kl divergence"),
    loss("an undefined name", {"(reconstruction, target)": "(reconstruction, x)"}, "name 'x' is not defined"),
    loss("a number", {LOSS: LOSS.replace(" / len", ".item() / len")}, "should be a tensor, not float"),
    loss(
        "mu squared in place",
        {KL: "mu *= mu\n    " + KL.replace("mu.square()", "mu")},
        "changes its argument mu",
    ),
    loss("KL detached", {KL: KL + ".detach()"}, "no gradient of it reaches mu"),
    loss("cross-entropy detached", {BCE: BCE + ".detach()"}, "no gradient of it reaches reconstruction"),
    loss("beta ignored", {"beta * kl_div": "kl_div"}, "beta is not used"),
    loss(
        "beta on the wrong part",
        {"crossentropy + beta * kl_div": "beta * crossentropy + kl_div"},
        "beta weighs the cross",
    ),
    loss(
        "beta on both parts", {"crossentropy + beta * kl_div": "beta * (crossentropy + kl_div)"}, "beta weighs both"
    ),
    loss("left blank", {LOSS: "loss = ..."}, "fill in the blank"),
    extremes(
        "log of 0",
        {BCE: "crossentropy = -(target * reconstruction.log() + (1 - target) * (1 - reconstruction).log()).sum()"},
        "not finite",
    ),
    extremes(
        "clamped",
        {BCE: BCE.replace("reconstruction,", "reconstruction.clamp(1e-6, 1 - 1e-6),")},
        "clamp() cuts it off",
    ),
    extremes("a number", {LOSS: LOSS.replace(" / len", ".item() / len")}, "should be a tensor of the shape ()"),
    extremes("detached", {LOSS: LOSS + "\n    loss = loss.detach()"}, "no gradient"),
    step("old gradients kept", {"    optimizer.zero_grad()\n": ""}, "not cleared"),
    step("no step", {"    optimizer.step()\n": ""}, "nothing was learned"),
    step("no backward", {"    loss.backward()\n": ""}, "nothing was learned"),
    step(
        "cleared too late", {"    optimizer.step()\n": "    optimizer.zero_grad()\n    optimizer.step()\n"}, "nothing"
    ),
    step("uphill", {"loss.backward()": "(-loss).backward()"}, "uphill"),
    step("order of arguments", {"batch, mu, logvar, beta)": "batch, logvar, mu, beta)"}, "order"),
    step(
        "mean square error",
        {"model.loss_fn(reconstruction, batch, mu, logvar, beta)": "(reconstruction - batch.flatten(1)).sum()"},
        "that loss_fn gives",
    ),
    step("beta forgotten", {"mu, logvar, beta)": "mu, logvar)"}, "beta is not handed on"),
    step("graph returned", {"return loss.detach()": "return loss"}, "detached"),
    step(
        "image and reconstruction swapped",
        {"(reconstruction, batch, mu": "(batch.flatten(1), reconstruction, mu"},
        "reconstruction and batch are handed",
    ),
    use("sum over the digits", {".mean(0)": ".sum(0)"}, "sum over the digits"),
    use("mean over the latents", {".mean(0)": ".mean(1)"}, "average over dimension 0"),
    use("factor 1/2", {".mean(0) / 2": ".mean(0)"}, "factor 1/2"),
    use("sign", {"kl = -(1": "kl = (1"}, "sign is turned"),
    use(
        "KL of the mean",
        {USE: "mu, logvar = mu.mean(0), logvar.mean(0)\n    " + USE.replace(".mean(0)", "")},
        "mean posterior",
    ),
    use("sigma for variance", {"logvar.exp()": "torch.exp(logvar / 2)"}, "where the variance belongs"),
    use("turned", {"kl > threshold": "kl < threshold"}, "active is turned"),
    use("variance of mu", {"kl > threshold": "mu.var(0) > threshold"}, "looks at the variance of mu"),
    use("threshold ignored", {"kl > threshold": "kl > 0.01"}, "is the argument used"),
    use("indices", {"kl > threshold": "(kl > threshold).nonzero()"}, "tensor of booleans"),
    use(
        "any digit",
        {
            USE: "each = -(1 + logvar - mu**2 - logvar.exp()) / 2\n    kl = each.mean(0)",
            "kl > threshold": "(each > threshold).any(0)",
        },
        "and the mean over the digits",
    ),
    joint(
        "probabilities clamped",
        {"prob = model.decode(z)": "prob = model.decode(z).clamp(1e-6, 1 - 1e-6)"},
        "cost too little",
    ),
    encoder(
        "logvar from the first hidden layer",
        {"self.enc_logvar(hidden)": "self.enc_logvar(F.softplus(self.enc_fc1(x)))"},
        "reads the first hidden layer",
    ),
    loss("divided by the pixels", {LOSS: LOSS.replace("len(target)", "target.shape[1]")}, "number of pixels"),
    step(
        "results in the wrong order",
        {"reconstruction, _, mu, logvar =": "reconstruction, mu, logvar, _ ="},
        "takes z for mu",
    ),
    step("z as mu", {"reconstruction, _, mu, logvar =": "reconstruction, mu, _, logvar ="}, "z was handed on as mu"),
    joint("no prior", {" + log_prior": ""}, "the prior p(z) is missing"),
    joint(
        "no constant", {"z.square() + math.log(2 * math.pi)": "z.square()"}, "the constant of the prior is missing"
    ),
    joint(
        "one constant", {LOG_PRIOR: "log_prior = -(z.square().sum(1) + math.log(2 * math.pi)) / 2"}, "one latent only"
    ),
    joint(
        "half of the prior lost",
        {LOG_PRIOR: "log_prior = -z.square().sum(1) - math.log(2 * math.pi)"},
        "factor 1/2 in the prior",
    ),
    joint("2 pi", {LOG_PRIOR: "log_prior = -(z.square().sum(1) + 2 * math.pi) / 2"}, "2 pi stands there without"),
    joint("prior averaged", {LOG_PRIOR: LOG_PRIOR.replace(".sum(1)", ".mean(1)")}, "latents of the prior are"),
    joint("log_on for both", {"(1 - x) @ log_off.T": "(1 - x) @ log_on.T"}, "log_joint is wrong in"),
    joint("sign of the prior", {"+ log_prior": "- log_prior"}, "the sign of the prior is turned"),
    joint("pixels that are on", {" + (1 - x) @ log_off.T": ""}, "only the pixels that are on"),
    joint("pixels that are off", {"x @ log_on.T + (1 - x)": "(1 - x)"}, "only the pixels that are off"),
    joint("on and off swapped", {PAIRS: "return x @ log_off.T + (1 - x) @ log_on.T + log_prior"}, "on and off are"),
    joint(
        "mean over the pixels",
        {PAIRS: "return (x @ log_on.T + (1 - x) @ log_off.T) / x.shape[1] + log_prior"},
        "the pixels are averaged",
    ),
    joint("sign", {PAIRS: PAIRS.replace("return ", "return -(") + ")"}, "its sign is turned"),
    joint("probabilities", {PAIRS: PAIRS.replace("return ", "return (") + ").exp()"}, "these are probabilities"),
    joint(
        "points and images turned", {PAIRS: PAIRS.replace("return ", "return (") + ").T"}, "one row for each image"
    ),
    joint("no clamp", {".clamp(min=-100)": ""}, "clamp the logarithms"),
    joint("only one clamp", {"log1p(-prob).clamp(min=-100)": "log1p(-prob)"}, "clamp the logarithms"),
    joint(
        "pairs in order", {PAIRS: "return (x * log_on + (1 - x) * log_off).sum(1) + log_prior"}, "log_joint stopped"
    ),
    joint("an undefined name", {"(1 - x) @": "(1 - digits) @"}, "name 'digits' is not defined"),
    quadrature("no area", {" + 2 * math.log(spacing)": ""}, "stands for an area, and its logarithm is missing"),
    quadrature("side for area", {"2 * math.log": "math.log"}, "the spacing is there only once"),
    quadrature("area divided out", {"+ 2 * math.log": "- 2 * math.log"}, "the sign of the area"),
    quadrature("area without logarithm", {"2 * math.log(spacing)": "spacing**2"}, "without its logarithm"),
    quadrature("logarithms added", {"torch.logsumexp(sums, 0)": "sums.sum(0)"}, "logarithms of the parts are added"),
    quadrature("one number", {"torch.logsumexp(sums, 0)": "torch.logsumexp(sums, (0, 1))"}, "has the shape ()"),
    quadrature(
        "mean over the points",
        {AREA: AREA + " - math.log(len(axis) ** 2)"},
        "it is the mean over the points; their sum",
    ),
    quadrature(
        "mean without area",
        {AREA: "return torch.logsumexp(sums, 0) - math.log(len(axis) ** 2)"},
        "it is the mean over the points, without any area",
    ),
    quadrature(
        "largest point",
        {
            SUMS: "sums = torch.stack([log_joint(model, x, z).max(1).values for z in parts])",
            "logsumexp(sums, 0)": "amax(sums, 0)",
        },
        "the largest point alone",
    ),
    quadrature(
        "last part",
        {
            SUMS: "for z in parts:\n        last = torch.logsumexp(log_joint(model, x, z), 1)",
            "torch.logsumexp(sums, 0)": "last",
        },
        "only the last part",
    ),
    quadrature("first part", {"for z in parts": "for z in parts[:1]"}, "only the first part"),
    quadrature("probability", {AREA: AREA.replace("return ", "return (") + ").exp()"}, "it is the probability"),
    quadrature(
        "prior twice",
        {"log_joint(model, x, z)": "log_joint(model, x, z) - (z.square() + math.log(2 * math.pi)).sum(1) / 2"},
        "the prior is there twice",
    ),
    quadrature("sign", {AREA: AREA.replace("return ", "return -(") + ")"}, "its sign is turned"),
    quadrature(
        "exponentials",
        {
            SUMS: "sums = torch.stack([log_joint(model, x, z).exp().sum(1) for z in parts])",
            AREA: "return (sums.sum(0) * spacing**2).log()",
        },
        "use torch.logsumexp",
    ),
    quadrature(
        "an undefined name", {"log_joint(model, x, z)": "log_joint(model, digits, z)"}, "name 'digits' is not"
    ),
    at("vae-network", check="check-vae-forward")(
        "results of encode swapped", {"mu, logvar = self.encode(x)": "logvar, mu = self.encode(x)"}, "the order is mu"
    ),
    forward("mu decoded", "return self.decode(mu), z, mu, logvar", "mu is decoded"),
    forward("no z returned", "return self.decode(z), mu, logvar", "four tensors"),
    forward("order of the results", "return self.decode(z), mu, logvar, z", "the z of forward is wrong: it is mu"),
    forward(
        "mu and logvar swapped", "return self.decode(z), z, logvar, mu", "the mu of forward is wrong: it is logvar"
    ),
    forward("z last", "return self.decode(z), mu, z, logvar", "the z of forward is wrong: it is mu"),
    forward("the image itself", "return x, z, mu, logvar", "it is the image itself"),
    at("vae-network", check="check-vae-forward")(
        "not flattened", {"self.encode(x)": "self.encode(batch)"}, "x has the shape"
    ),
    forward(
        "z drawn anew", "return self.decode(self.reparametrize(logvar, mu)), z, mu, logvar", "what decode makes of z"
    ),
    prior("uniform", "z = torch.rand(count, model.latent_size, device=device)", "uniform from 0 to 1"),
    prior("uniform, centred", "z = 2 * torch.rand(count, model.latent_size, device=device) - 1", "uniform from -1"),
    prior("too wide", "z = 3 * torch.randn(count, model.latent_size, device=device)", "3 times too wide"),
    prior("one for all", "z = torch.randn(1, model.latent_size, device=device).expand(count, -1)", "all samples are"),
    prior("latents alike", "z = torch.randn(count, 1, device=device).expand(-1, model.latent_size)", "shared by all"),
    prior("20 latents", "z = torch.randn(count, 20, device=device)", "has the shape (5000, 20)"),
    prior("rounded", PRIOR + "\n    return model.decode(z).round()", "pixels are rounded"),
    prior("not decoded", PRIOR + "\n    return z", "decode was not called"),
    prior("through the encoder", "z, _ = model.encode(torch.rand(count, 784))", "no encoder"),
    encoder("half of logvar", {"self.enc_logvar(hidden)": "self.enc_logvar(hidden) / 2"}, "it is log sigma"),
    encoder(
        "images changed",
        {ENCODER_HIDDEN: f"x.clamp_(0.01, 0.99)\n        {ENCODER_HIDDEN}"},
        "encode changes its argument x in place",
    ),
    encoder("a batch of one lost", {HEADS: HEADS.replace("(hidden)", "(hidden).squeeze()")}, "mu of a single image"),
    decoder(
        "the encoder's second layer", {"self.dec_fc2(F": "self.enc_fc2(F"}, "second layer is that of the encoder"
    ),
    decoder("a batch of one lost", {OUT: f"{OUT}.squeeze()"}, "decode of a single z has the shape (784,)"),
    sampling(
        "mu changed", {SAMPLE: f"mu += {SIGMA} * torch.randn_like(mu)\n        return mu"}, "changes its argument mu"
    ),
    forward("two draws", "return self.decode(self.reparametrize(mu, logvar)), z, mu, logvar", "a second draw"),
    forward("detached", "return self.decode(z), z, mu.detach(), logvar", "no gradient flows back from it"),
    loss(
        "divided by the width", {LOSS: LOSS.replace("len(target)", "batch.shape[-1]")}, "by the width of the images"
    ),
    loss(
        "KL turned round",
        {KL: "kl_div = 0.5 * (logvar + (1 + mu.square()) / logvar.exp() - 1).sum()"},
        "divergence is turned round",
    ),
    loss(
        "columns added to rows",
        {
            BCE: 'crossentropy = F.binary_cross_entropy(reconstruction, target, reduction="none").sum(1, True)',
            KL: KL.replace(".sum()", ".sum(1)"),
            LOSS: "loss = (crossentropy + beta * kl_div).sum() / len(target)",
        },
        "(b, 1) was added to (b,)",
    ),
    loss("logvar changed", {"- logvar.exp())": "- logvar.exp_())"}, "changes its argument logvar in place"),
    step(
        "batch changed",
        {"reconstruction, _,": "batch.round_()\n    reconstruction, _,"},
        "changes its argument batch",
    ),
    step(
        "backward twice",
        {"    loss.backward()": "    loss.backward(retain_graph=True)\n    loss.backward()"},
        "is called twice",
    ),
    step("step twice", {"    optimizer.step()\n": "    optimizer.step()\n    optimizer.step()\n"}, "is called twice"),
    step(
        "a loss of its own",
        {"    optimizer.zero_grad()\n": "    loss = loss.detach().requires_grad_()\n    optimizer.zero_grad()\n"},
        "or the loss is detached",
    ),
    step(
        "the loss after the step",
        {"return loss.detach()": "return model.loss_fn(*(p := model(batch))[:1], batch, *p[2:], beta).detach()"},
        "it is the loss after the step",
    ),
    use("divided by the latents", {".mean(0) / 2": ".sum(0) / mu.shape[1] / 2"}, "divided by the number of latents"),
    use("mean before the square", {"mu**2": "mu.mean(0) ** 2"}, "before it is squared"),
    use("logvar changed", {"logvar.exp()": "logvar.exp_()"}, "changes its argument logvar in place"),
    prior("a seed inside", f"torch.manual_seed(1)\n    {PRIOR}", "set no seed"),
    prior(
        "logvar of 1",
        "one = torch.ones(count, model.latent_size, device=device)\n    z = model.reparametrize(0 * one, one)",
        "logvar is 1 where it has to be 0",
    ),
    prior("whole hundreds", PRIOR.replace("count", "max(100, count // 100 * 100)"), "has the shape (100, 784)"),
    joint(
        "sum clamped",
        "return (x @ log_on.T + (1 - x) @ log_off.T).clamp(min=-100) + log_prior",
        "the sum over the pixels is clamped",
    ),
    joint(
        "nan_to_num",
        {
            ".clamp(min=-100), torch": ", torch",
            "(-prob).clamp(min=-100)": "(-prob)",
            PAIRS: "return torch.nan_to_num(x @ log_on.T + (1 - x) @ log_off.T) + log_prior",
        },
        "before they are multiplied by 0",
    ),
    joint(
        "constant of two latents",
        {LOG_PRIOR: "log_prior = -z.square().sum(1) / 2 - math.log(2 * math.pi)"},
        "is that of two latents",
    ),
    quadrature(
        "running sum from 0",
        {
            SUMS: "total = torch.zeros(len(x), device=x.device)\n    for z in parts:\n"
            "        total = torch.logaddexp(total, torch.logsumexp(log_joint(model, x, z), 1))",
            AREA: "return total + 2 * math.log(spacing)",
        },
        "starts at log 1 = 0",
    ),
    quadrature("mean of the parts", {AREA: "return sums.mean(0) + 2 * math.log(spacing)"}, "parts are averaged"),
    quadrature(
        "largest not added again",
        {
            SUMS: "joint = torch.cat([log_joint(model, x, z) for z in parts], 1)",
            AREA: "return (joint - joint.amax(1, True)).exp().sum(1).log() + 2 * math.log(spacing)",
        },
        "never added again",
    ),
    quadrature(
        "area by the number of points",
        {AREA: "return torch.logsumexp(sums, 0) + 2 * math.log(2 * limit / len(axis))"},
        "as if the edges had whole squares",
    ),
    loss(
        "a Bernoulli distribution of grey targets",
        {BCE: "crossentropy = -torch.distributions.Bernoulli(reconstruction).log_prob(target).sum()"},
        "refuses the grey targets",
    ),
    loss(
        "means in the pattern of sums",
        {BCE: "crossentropy = F.binary_cross_entropy(reconstruction, target)"},
        "averaged over all pixels, and divided by the batch again",
    ),
    sampling("half outside", {SIGMA: "(logvar.exp() / 2)"}, "exp(logvar) / 2 is not exp(logvar / 2)"),
    step("item", {"loss.backward()": "loss.backward()\n    loss = loss.item()"}, "no .item()"),
    use("no 1", {USE: USE.replace("1 + ", "")}, "the 1 of the kl divergence is missing"),
    extremes("shape (1,)", {LOSS: LOSS + "\n    loss = loss[None]"}, "of the shape ()"),
]

RIGHT = [
    layers(
        "another order",
        {
            "self.enc_fc1, self.enc_fc2, self.dec_fc2 = nn.Linear(784, 200), ": "self.enc_fc2, self.dec_fc2 = ",
            LAYERS: LAYERS + "\n        self.enc_fc1 = nn.Linear(784, 200)",
        },
    ),
    encoder(
        "step by step",
        {
            ENCODER_HIDDEN: "h = self.enc_fc1(x)\n        h = F.softplus(h)\n"
            "        hidden = nn.Softplus()(self.enc_fc2(h))"
        },
    ),
    encoder(
        "softplus written out",
        {
            ENCODER_HIDDEN: "hidden = torch.log1p(self.enc_fc1(x).exp())\n"
            "        hidden = torch.logaddexp(self.enc_fc2(hidden), torch.zeros_like(hidden))"
        },
    ),
    decoder("plain sigmoid", {OUT: f"torch.sigmoid({LOGITS})"}),
    decoder("written out", {OUT: f"1 / (1 + torch.exp(-{LOGITS}))"}),
    sampling("square root of the variance", {SIGMA: "logvar.exp().sqrt()"}),
    sampling("minus the noise", {SAMPLE: f"return mu - {SIGMA} * torch.randn(mu.shape, device=mu.device)"}),
    sampling("rsample", {SAMPLE: f"return torch.distributions.Normal(mu, {SIGMA}).rsample()"}),
    sampling(
        "other random numbers first",
        {SAMPLE: f"torch.rand(17)\n        return torch.randn_like(mu).mul({SIGMA}) + mu"},
    ),
    loss(
        "torch.distributions",
        {
            KL: "kl_div = torch.distributions.kl_divergence(torch.distributions.Normal(mu, torch.exp(logvar / 2)),"
            " torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum()"
        },
    ),
    loss(
        "per image, then mean",
        {
            BCE: 'crossentropy = F.binary_cross_entropy(reconstruction, target, reduction="none").sum(1)',
            KL: KL.replace(".sum()", ".sum(1)"),
            LOSS: "loss = (crossentropy + beta * kl_div).mean()",
        },
    ),
    loss("torch's cross-entropy", {BCE: TORCH_BCE}),
    extremes("torch's cross-entropy", {BCE: TORCH_BCE}),
    loss(
        "with a small number in the logarithm",
        {
            BCE: "crossentropy = -(target * torch.log(reconstruction + 1e-8)"
            " + (1 - target) * torch.log(1 - reconstruction + 1e-8)).sum()"
        },
    ),
    extremes(
        "with a small number in the logarithm",
        {
            BCE: "crossentropy = -(target * torch.log(reconstruction + 1e-8)"
            " + (1 - target) * torch.log(1 - reconstruction + 1e-8)).sum()"
        },
    ),
    step(
        "zero_grad first",
        {
            "    optimizer.zero_grad()\n": "",
            "    reconstruction, _, mu": "    optimizer.zero_grad()\n    reconstruction, _, mu",
        },
    ),
    step(
        "zero_grad last",
        {
            "    optimizer.zero_grad()\n": "",
            "optimizer.step()": "optimizer.step()\n    model.zero_grad(set_to_none=False)",
        },
    ),
    step(
        "flattened, and the loss of the class",
        {
            "model(batch)": "model(batch.view(-1, 784))",
            "model.loss_fn(reconstruction, batch,": "VAE.loss_fn(reconstruction, batch.view(-1, 784),",
        },
    ),
    use(
        "with the helper",
        {
            USE: "kl = labutils.metrics.vae.latent_kl(mu, logvar).mean(dim=0)",
            "    # Hint: your closed": "    import labutils.metrics.vae\n    # Hint: your closed",
        },
    ),
    use(
        "torch.distributions",
        {
            USE: "kl = torch.distributions.kl_divergence(torch.distributions.Normal(mu,"
            " torch.exp(0.5 * logvar)), torch.distributions.Normal(0.0, 1.0)).sum(0) / len(mu)",
            "kl > threshold": "torch.logical_not(kl <= threshold)",
        },
    ),
    forward("in one breath", "x_hat = self.decode(z)\n        return (x_hat, z, mu, logvar)"),
    forward("flattened by hand", "x = batch.flatten(-3) if batch.dim() == 4 else batch\n        " + CHAIN),
    joint(
        "torch.distributions",
        {
            LOG_PRIOR: "log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)",
            "prob.log().clamp(min=-100)": "(prob + 1e-30).log()",
        },
    ),
    joint("Bernoulli", "return torch.distributions.Bernoulli(prob).log_prob(x[:, None]).sum(2) + log_prior"),
    joint(
        "image by image",
        {PAIRS: "return torch.stack([(v * log_on + (1 - v) * log_off).sum(1) for v in x]) + log_prior"},
    ),
    quadrature(
        "one after the other",
        {
            SUMS: "total = torch.full((len(x),), -torch.inf, device=x.device)\n    for z in parts:\n"
            "        total = torch.logaddexp(total, torch.logsumexp(log_joint(model, x, z), 1))",
            AREA: "return total + math.log(spacing**2)",
        },
    ),
    at("vae-log-joint", check="check-vae-quadrature", piece=PAIRS)(
        "Bernoulli", "return torch.distributions.Bernoulli(prob).log_prob(x[:, None]).sum(2) + log_prior"
    ),
    quadrature(
        "all at once",
        {SUMS: "sums = torch.cat([log_joint(model, x, z) for z in parts], 1)", "(sums, 0)": "(sums, 1)"},
    ),
    prior("normal", "z = torch.normal(0.0, 1.0, (count, model.latent_size), device=device)"),
    prior(
        "torch.distributions",
        "z = torch.distributions.Normal(0.0, 1.0).sample((count, model.latent_size)).to(device)",
    ),
    prior(
        "one after the other",
        {
            PRIOR: "",
            "model.decode(z)": "torch.cat([model.decode(torch.randn(1, "
            "model.latent_size, device=device)) for _ in range(count)])",
        },
    ),
    prior("device of the model", "z = torch.randn(count, model.latent_size).to(next(model.parameters()).device)"),
    prior("evaluation mode, flat", {PRIOR: f"model.eval()\n    {PRIOR}", "decode(z)": "decode(z).view(count, 784)"}),
    prior(
        "through reparametrize",
        "zeros = torch.zeros(count, model.latent_size, device=device)\n    z = model.reparametrize(zeros, zeros)",
    ),
]
