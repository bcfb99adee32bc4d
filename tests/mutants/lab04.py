"""Lab 04: wrong and alternative ways to write the VAE."""

from tests.mutants.bank import at

LAB = "04_vae"

ENCODER_HIDDEN = "h = F.softplus(self.enc_fc2(F.softplus(self.enc_fc1(x))))"
DECODER_HIDDEN = "h = F.softplus(self.dec_fc2(F.softplus(self.dec_fc1(z))))"
OUT = "pixel_prob(self.dec_fc3(h))"
SAMPLE = "z = mu + sigma * torch.randn_like(mu)"
SIGMA = "sigma = torch.exp(logvar / 2)"
BCE = 'crossentropy = F.binary_cross_entropy(reconstruction, target, reduction="sum")'
KL = "kl_div = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()"
LOSS = "loss = (crossentropy + kl_div) / len(target)"
USE = "kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).mean(0)"
PRIOR = "z = torch.randn(count, model.latent_size, device=device)"

layers = at("vae-layers")
encoder = at("vae-network")
decoder = at("vae-network", check="check-vae-decode")
sampling = at("vae-reparametrize")
loss = at("vae-loss")
extremes = at("vae-loss", check="check-vae-loss-extremes")
step = at("vae-step")
use = at("vae-latent-use")
prior = at("vae-sample", piece=PRIOR)

WRONG = [
    layers("latents fixed", {"nn.Linear(200, latent_size)": "nn.Linear(200, 20)"}, "with latent_size = 2, enc_mu"),
    layers("inputs and outputs turned", {"nn.Linear(784, 200)": "nn.Linear(200, 784)"}, "expected from 784 to 200"),
    layers("100 hidden units", {"nn.Linear(200, 784)": "nn.Linear(100, 784)"}, "dec_fc3 goes from 100"),
    layers("layer missing", {"        self.dec_fc2 = nn.Linear(200, 200)\n": ""}, "self.dec_fc2 should be nn.linear"),
    layers("no bias", {"nn.Linear(784, 200)": "nn.Linear(784, 200, bias=False)"}, "enc_fc1 has no bias"),
    layers(
        "one head for both",
        {"self.enc_logvar = nn.Linear(200, latent_size)": "self.enc_logvar = self.enc_mu"},
        "share one layer",
    ),
    layers(
        "a layer too many",
        {"self.dec_fc3 =": "self.extra = nn.Linear(200, 200)\n        self.dec_fc3 ="},
        "a layer too many",
    ),
    layers("left blank", {"self.enc_mu = nn.Linear(200, latent_size)": "self.enc_mu = ..."}, "self.enc_mu should be"),
    encoder("ReLU for softplus", {ENCODER_HIDDEN: "h = F.relu(self.enc_fc2(F.relu(self.enc_fc1(x))))"}, "use relu"),
    encoder("tanh", {ENCODER_HIDDEN: "h = torch.tanh(self.enc_fc2(torch.tanh(self.enc_fc1(x))))"}, "use tanh"),
    encoder("no activation", {ENCODER_HIDDEN: "h = self.enc_fc2(self.enc_fc1(x))"}, "have no activation"),
    encoder(
        "first without", {ENCODER_HIDDEN: "h = F.softplus(self.enc_fc2(self.enc_fc1(x)))"}, "after the first layer"
    ),
    encoder(
        "second without", {ENCODER_HIDDEN: "h = self.enc_fc2(F.softplus(self.enc_fc1(x)))"}, "after the second layer"
    ),
    encoder(
        "softplus on mu", {"self.enc_mu(h)": "F.softplus(self.enc_mu(h))"}, "mu is wrong: the output goes through"
    ),
    encoder("ReLU on logvar", {"self.enc_logvar(h)": "F.relu(self.enc_logvar(h))"}, "has to be linear"),
    encoder("variance returned", {"self.enc_logvar(h)": "self.enc_logvar(h).exp()"}, "it is the variance"),
    encoder("sigma returned", {"self.enc_logvar(h)": "torch.exp(self.enc_logvar(h) / 2)"}, "it is sigma"),
    encoder("swapped", {"mu = self.enc_mu(h)": "mu = self.enc_logvar(h)"}, "mu and logvar are swapped"),
    encoder("an object for self", {"self.enc_fc1(x)": "model.enc_fc1(x)"}, "name 'model' is not defined"),
    encoder(
        "no gradient",
        {ENCODER_HIDDEN: f"with torch.no_grad():\n        {ENCODER_HIDDEN}"},
        "no gradient flows back from it",
    ),
    encoder("left blank", {"mu = self.enc_mu(h)": "mu = ..."}, "fill in the blank"),
    decoder("no sigmoid", {OUT: "self.dec_fc3(h)"}, "sigmoid at the end is missing"),
    decoder("sigmoid twice", {OUT: "torch.sigmoid(pixel_prob(self.dec_fc3(h)))"}, "applied twice"),
    decoder(
        "softplus before the sigmoid", {OUT: "torch.sigmoid(F.softplus(self.dec_fc3(h)))"}, "no pixel can be below"
    ),
    decoder("softplus on the output", {OUT: "F.softplus(self.dec_fc3(h))"}, "the output is softplus"),
    decoder("tanh on the output", {OUT: "torch.tanh(self.dec_fc3(h))"}, "the output is tanh"),
    decoder("softmax", {OUT: "self.dec_fc3(h).softmax(1)"}, "softmax"),
    decoder("ReLU", {DECODER_HIDDEN: "h = F.relu(self.dec_fc2(F.relu(self.dec_fc1(z))))"}, "use relu"),
    decoder(
        "no second activation", {DECODER_HIDDEN: "h = self.dec_fc2(F.softplus(self.dec_fc1(z)))"}, "second layer"
    ),
    decoder(
        "no gradient",
        {"    prob =": "    with torch.no_grad():\n        prob ="},
        "no gradient flows back from it",
    ),
    decoder("layers of the encoder", {"self.dec_fc1(z)": "self.enc_fc1(z)"}, "decode stopped"),
    sampling("variance for sigma", {SIGMA: "sigma = torch.exp(logvar)"}, "sigma = exp(logvar / 2)"),
    sampling("logvar for sigma", {SIGMA: "sigma = logvar"}, "logvar is a logarithm"),
    sampling("half logvar for sigma", {SIGMA: "sigma = logvar / 2"}, "logarithm of sigma"),
    sampling("sign of logvar", {SIGMA: "sigma = torch.exp(-logvar / 2)"}, "sign of logvar"),
    sampling("root twice", {SIGMA: "sigma = torch.exp(logvar / 4)"}, "not a quarter"),
    sampling("no sigma", {SAMPLE: "z = mu + torch.randn_like(mu)"}, "sigma is missing"),
    sampling("no mu", {SAMPLE: "z = sigma * torch.randn_like(mu)"}, "mu is missing"),
    sampling("no noise", {SAMPLE: "z = mu"}, "without any noise"),
    sampling(
        "noise shared over the batch", {SAMPLE: "z = mu + sigma * torch.randn_like(mu[0])"}, "shared by the whole"
    ),
    sampling("sigma without noise", {SAMPLE: "z = mu + sigma"}, "nothing in it is random"),
    sampling("an undefined name", {SAMPLE: "z = mu + sigma * noise"}, "name 'noise' is not defined"),
    sampling("a seed inside", {SIGMA: "torch.manual_seed(0)\n    " + SIGMA}, "set no seed"),
    sampling("noise in training only", {SAMPLE: SAMPLE + " if self.training else mu"}, "draw z in both modes"),
    sampling("torch.normal, attached", {SAMPLE: "z = torch.normal(mu, sigma)"}, "no gradient reaches mu"),
    sampling("noise shared over latents", {SAMPLE: "z = mu + sigma * torch.randn_like(mu[:, :1])"}, "by all latents"),
    sampling("uniform noise", {"randn_like": "rand_like"}, "the noise is uniform"),
    sampling(
        "uniform noise of variance 1",
        {"torch.randn_like(mu)": "(torch.rand_like(mu) - 0.5) * 12**0.5"},
        "normal noise",
    ),
    sampling("torch.normal", {SAMPLE: "z = torch.normal(mu, sigma).detach()"}, "no gradient reaches the encoder"),
    sampling(
        "sigma detached", {SAMPLE: "z = mu + sigma.detach() * torch.randn_like(mu)"}, "no gradient reaches logvar"
    ),
    sampling("mu detached", {SAMPLE: "z = mu.detach() + sigma * torch.randn_like(mu)"}, "no gradient reaches mu"),
    sampling(
        "without sample's gradient", {SAMPLE: "z = torch.distributions.Normal(mu, sigma).sample()"}, "no gradient"
    ),
    loss("sum over the batch", {LOSS: "loss = crossentropy + kl_div"}, "summed over the batch"),
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
    loss("swapped", {"(reconstruction, target,": "(target, reconstruction,"}, "targets and predictions are swapped"),
    loss("sigma for variance", {"- logvar.exp())": "- torch.exp(logvar / 2))"}, "sigma where the variance"),
    loss("variance squared", {"- logvar.exp())": "- logvar.exp().square())"}, "do not square it"),
    loss(
        "log sigma in the KL",
        {"(1 + logvar - mu.square() - logvar.exp())": "(1 + 2 * logvar - mu.square() - torch.exp(2 * logvar))"},
        "not log sigma",
    ),
    loss("mu not squared", {"mu.square()": "mu"}, "mu is not squared"),
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
    loss("an undefined name", {"(reconstruction, target,": "(reconstruction, x,"}, "name 'x' is not defined"),
    loss("a number", {LOSS: LOSS.replace(" / len", ".item() / len")}, "should be a tensor, not float"),
    loss(
        "mu squared in place",
        {KL: "mu *= mu\n    " + KL.replace("mu.square()", "mu")},
        "changes its argument mu",
    ),
    loss("KL detached", {KL: KL + ".detach()"}, "no gradient of it reaches mu"),
    loss("cross-entropy detached", {BCE: BCE + ".detach()"}, "no gradient of it reaches reconstruction"),
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
    extremes("a number", {LOSS: LOSS.replace(" / len", ".item() / len")}, "should be a tensor with one number"),
    extremes("detached", {LOSS: LOSS + "\n    loss = loss.detach()"}, "no gradient"),
    step("old gradients kept", {"    optimizer.zero_grad()\n": ""}, "not cleared"),
    step("no step", {"    optimizer.step()\n": ""}, "nothing was learned"),
    step("no backward", {"    loss.backward()\n": ""}, "nothing was learned"),
    step(
        "cleared too late", {"    optimizer.step()\n": "    optimizer.zero_grad()\n    optimizer.step()\n"}, "nothing"
    ),
    step("uphill", {"loss.backward()": "(-loss).backward()"}, "uphill"),
    step(
        "order of arguments", {"(reconstruction, batch, mu, logvar)": "(reconstruction, batch, logvar, mu)"}, "order"
    ),
    step(
        "mean square error",
        {"model.loss_fn(reconstruction, batch, mu, logvar)": "(reconstruction - batch.flatten(1)).sum()"},
        "that loss_fn gives",
    ),
    step("mu and logvar returned in turn", {"mu.detach(), logvar": "logvar.detach(), mu"}, "it is logvar"),
    step("graph returned", {"return loss.detach()": "return loss"}, "detached"),
    step("z for mu", {"mu.detach(), logvar": "z.detach(), logvar"}, "it is z"),
    step(
        "image and reconstruction swapped",
        {"(reconstruction, batch, mu": "(batch.flatten(1), reconstruction, mu"},
        "reconstruction and batch are handed",
    ),
    use("sum over the digits", {".mean(0)": ".sum(0)"}, "sum over the digits"),
    use("mean over the latents", {".mean(0)": ".mean(1)"}, "average over dimension 0"),
    use("factor 1/2", {"-0.5 *": "-1 *"}, "factor 1/2"),
    use("sign", {"-0.5 *": "0.5 *"}, "sign is turned"),
    use(
        "KL of the mean",
        {USE: "mu, logvar = mu.mean(0), logvar.mean(0)\n    " + USE.replace(".mean(0)", "")},
        "mean posterior",
    ),
    use("turned", {"kl > threshold": "kl < threshold"}, "active is turned"),
    use("variance of mu", {"kl > threshold": "mu.var(0) > threshold"}, "looks at the variance of mu"),
    use("threshold ignored", {"kl > threshold": "kl > 0.01"}, "is the argument used"),
    use("indices", {"kl > threshold": "(kl > threshold).nonzero()"}, "tensor of booleans"),
    prior("uniform", "z = torch.rand(count, model.latent_size, device=device)", "uniform from 0 to 1"),
    prior("uniform, centred", "z = 2 * torch.rand(count, model.latent_size, device=device) - 1", "uniform from -1"),
    prior("too wide", "z = 3 * torch.randn(count, model.latent_size, device=device)", "3 times too wide"),
    prior("one for all", "z = torch.randn(1, model.latent_size, device=device).expand(count, -1)", "all samples are"),
    prior("latents alike", "z = torch.randn(count, 1, device=device).expand(-1, model.latent_size)", "shared by all"),
    prior("20 latents", "z = torch.randn(count, 20, device=device)", "has the shape (5000, 20)"),
    prior("rounded", PRIOR + "\n    return model.decode(z).round()", "pixels are rounded"),
    prior("not decoded", PRIOR + "\n    return z", "decode was not called"),
    prior("through the encoder", "z, _ = model.encode(torch.rand(count, 784))", "no encoder"),
]

RIGHT = [
    layers(
        "another order",
        {
            "        self.enc_fc1 = nn.Linear(784, 200)\n": "",
            "        self.dec_fc3 =": "        self.enc_fc1 = nn.Linear(784, 200)\n        self.dec_fc3 =",
        },
    ),
    encoder(
        "step by step",
        {ENCODER_HIDDEN: "h = self.enc_fc1(x)\n    h = F.softplus(h)\n    h = nn.Softplus()(self.enc_fc2(h))"},
    ),
    encoder(
        "softplus written out",
        {
            ENCODER_HIDDEN: "h = torch.log1p(self.enc_fc1(x).exp())\n"
            "    h = torch.logaddexp(self.enc_fc2(h), torch.zeros_like(h))"
        },
    ),
    decoder("plain sigmoid", {OUT: "torch.sigmoid(self.dec_fc3(h))"}),
    decoder("written out", {OUT: "1 / (1 + torch.exp(-self.dec_fc3(h)))"}),
    sampling("square root of the variance", {SIGMA: "sigma = logvar.exp().sqrt()"}),
    sampling("minus the noise", {SAMPLE: "z = mu - sigma * torch.randn(mu.shape, device=mu.device)"}),
    sampling("rsample", {SAMPLE: "z = torch.distributions.Normal(mu, sigma).rsample()"}),
    sampling(
        "other random numbers first", {SAMPLE: "torch.rand(17)\n    z = torch.randn_like(sigma).mul(sigma) + mu"}
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
            LOSS: "loss = (crossentropy + kl_div).mean()",
        },
    ),
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
            "    reconstruction, z, mu": "    optimizer.zero_grad()\n    reconstruction, z, mu",
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
            "    # Hint: the closed": "    import labutils.metrics.vae\n    # Hint: the closed",
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
    prior("normal", "z = torch.normal(0.0, 1.0, (count, model.latent_size), device=device)"),
    prior(
        "torch.distributions",
        "z = torch.distributions.Normal(0.0, 1.0).sample((count, model.latent_size)).to(device)",
    ),
    prior("device of the model", "z = torch.randn(count, model.latent_size).to(next(model.parameters()).device)"),
    prior("evaluation mode, flat", {PRIOR: f"model.eval()\n    {PRIOR}", "decode(z)": "decode(z).view(count, 784)"}),
    prior(
        "through reparametrize",
        "zeros = torch.zeros(count, model.latent_size, device=device)\n    z = model.reparametrize(zeros, zeros)",
    ),
]
