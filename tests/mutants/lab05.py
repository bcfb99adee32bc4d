"""Lab 05: wrong and alternative ways to write the DCGAN."""

from tests.mutants.bank import at

LAB = "05_dcgan"

G_NORM = "            if batch_norm:\n                layers.append(nn.BatchNorm2d(channels[i + 1]))\n"
D_NORM = "            if batch_norm and i > 0:\n                layers.append(nn.BatchNorm2d(channels[i + 1]))\n"
G_LAST = "self.network = nn.Sequential(*layers, nn.ConvTranspose2d(width, 1, 4, 2, 1))"
D_LAST = "self.output = nn.Conv2d(8 * width, 1, 4)"
LEAKY = "            layers.append(nn.LeakyReLU(0.2))\n"
TANH = "images = torch.tanh(x)"
LOGITS = "logits = self.output(x).flatten()"
NOISE = "z = torch.randn(len(images), gmodel.latent_size, device=images.device)"
REAL = "real_loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))"
FAKE = "fake_loss = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))"
SUM = "loss = real_loss + fake_loss"
UPDATE = "    update(optimizer, loss)\n"
G_NOISE = "z = torch.randn(count, gmodel.latent_size, device=next(gmodel.parameters()).device)"
G_LOGITS = "fake_logits = dmodel.logits(gmodel(z))"
G_LOSS = "loss = F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))"
TURN = "        if number % d_steps == 0:\n            for _ in range(g_steps):\n"
D_TURN = "d_numbers.append(discriminator_step(gmodel, dmodel, d_optim, images))"
G_TURN = "g_losses.append(generator_step(gmodel, dmodel, g_optim, len(images)))"

HIT_CLOSE = "close = torch.cdist(points, centres) <= radius"
HIT = "hit = (close.float().mean(0) >= 0.01).sum()"
LERP = "        mean.lerp_(new, 1 - decay)\n"
COPY = "        mean.copy_(new)\n"
AVERAGED = "        mean.copy_(decay * mean + (1 - decay) * new)\n"
PARAMETERS = "    for mean, new in zip(mean_model.parameters(), gmodel.parameters()):\n"
NETWORKS = "networks = make_networks(width)[0], prepared(Discriminator(width // 2))"
SETTINGS = "settings = {}"
Z = "z = torch.randn(len(images), gmodel.latent_size, device=images.device).requires_grad_()"
MISFIT = "misfit = (gmodel(z) - images)[..., known].square().mean((1, 2))"
SEARCH = "update(optimizer, (misfit + rho * z.square().mean(1)).sum())"


def answering(logits: str) -> str:
    """A solution of `own_change` whose discriminator gives these `logits`."""
    return (
        "class Other(Discriminator):\n        def logits(self, images):\n"
        f"            return {logits}\n\n"
        "    networks = make_networks(width)[0], prepared(Other(width))"
    )


piles = at("piles-hit")
generator = at("generator")
drawing = at("generator", check="check-generator-forward")
discriminator = at("discriminator")
d_step = at("discriminator-step")
d_noise = at("discriminator-step", check="check-discriminator-noise", piece=NOISE)
g_step = at("generator-step")
epoch = at("train-epoch")
average = at("average-weights")
own = at("own-change")
search = at("search-z")

WRONG = [
    piles("ten per cent", {">= 0.01": ">= 0.1"}, "1 % is 0.01"),
    piles("those beyond", {"<= radius": "> radius"}, "instead of those within"),
    piles(
        "sum of the coordinates' distances",
        {"cdist(points, centres)": "cdist(points, centres, p=1)"},
        "straight distance",
    ),
    piles("ten points", {HIT: "hit = (close.sum(0) >= 10).sum()"}, "1 % of 2,000"),
    piles("left blank", {HIT: "hit = ..."}, "fill in the blank"),
    piles("any point near", {HIT: "hit = close.any(0).sum()"}, "2 and 9 of 1,000"),
    piles(
        "the nearest pile, however far",
        {HIT_CLOSE: "close = F.one_hot(torch.cdist(points, centres).argmin(1), len(centres))"},
        "beyond the radius",
    ),
    piles(
        "squared distance",
        {"torch.cdist(points, centres) <=": "torch.cdist(points, centres) ** 2 <="},
        "straight distance",
    ),
    piles("more than 1 %", {">= 0.01": "> 0.011"}, "exactly 1 %"),
    piles("of those near a pile", {HIT: "hit = (close.sum(0) >= 0.01 * close.sum()).sum()"}, "1 % of all points"),
    piles(
        "nearest of some point",
        {HIT: "hit = torch.cdist(points, centres).argmin(1).unique().numel()"},
        "nearest of some point",
    ),
    piles("radius fixed", {"<= radius": "<= 0.25"}, "radius is fixed"),
    piles("axes swapped", {"torch.cdist(points, centres)": "torch.cdist(centres, points)"}, "points are counted"),
    piles("mean over the piles", {".mean(0)": ".mean(1)"}, "points are counted"),
    piles("no count", {"(close.float().mean(0) >= 0.01).sum()": "close.float().mean(0) >= 0.01"}, "about each pile"),
    generator("width ignored", {"8 * width, 4 * width, 2 * width, width]": "512, 256, 128, 64]"}, "layer 1"),
    generator(
        "channels upwards",
        {
            "8 * width, 4 * width, 2 * width, width]": "width, 2 * width, 4 * width, 8 * width]",
            "nn.ConvTranspose2d(width, 1": "nn.ConvTranspose2d(8 * width, 1",
        },
        "layer 1",
    ),
    generator("32x32, first stride 1 everywhere", {"(1, 0) if i == 0": "(1, 0) if i <= 1"}, "layer 2"),
    generator(
        "last layer with stride 1",
        {"nn.ConvTranspose2d(width, 1, 4, 2, 1)": "nn.ConvTranspose2d(width, 1, 4)"},
        "layer 5",
    ),
    generator("kernel 5", {"channels[i + 1], 4, stride": "channels[i + 1], 5, stride"}, "kernel (5, 5)"),
    generator("batch norm always", {"if batch_norm:": "if True:"}, "leave all out"),
    generator("batch norm never", {G_NORM: ""}, "batch norms of []"),
    generator(
        "batch norm not in the first layer", {"if batch_norm:": "if batch_norm and i > 0:"}, "batch norms of [256"
    ),
    generator("batch norm on the output", {G_LAST: G_LAST[:-1] + ", nn.BatchNorm2d(1))"}, "batch norms of"),
    generator(
        "ordinary convolutions", {"nn.ConvTranspose2d(": "nn.Conv2d("}, "5 layers of convtranspose2d; found: 0"
    ),
    generator(
        "no biases, even without batch norm", {"4, stride, padding)": "4, stride, padding, bias=False)"}, "no bias"
    ),
    drawing("no tanh", {TANH: "images = x"}, "tanh is missing"),
    drawing("sigmoid", {TANH: "images = torch.sigmoid(x)"}, "sigmoid"),
    drawing("tanh twice", {TANH: "images = torch.tanh(torch.tanh(x))"}, "twice"),
    drawing(
        "activation before tanh", {TANH: "images = torch.tanh(F.leaky_relu(x, 0.2))"}, "activation before the tanh"
    ),
    drawing("relu", {"nn.LeakyReLU(0.2)": "nn.ReLU()"}, "relu; leaky"),
    drawing("slope 0.01", {"nn.LeakyReLU(0.2)": "nn.LeakyReLU()"}, "0.01"),
    drawing("no activations", {LEAKY: ""}, "between the layers are missing"),
    drawing("norm after activation", {G_NORM: "", LEAKY: LEAKY + G_NORM}, "after the activation"),
    drawing("a typo in forward", {TANH: "images = torch.tahn(x)"}, "generator stopped"),
    drawing(
        "tanh inside the network",
        {"4, 2, 1))\n        ### END": "4, 2, 1), nn.Tanh())\n        ### END", TANH: "images = x"},
        "apply it in forward",
    ),
    drawing("images flat", {TANH: "images = torch.tanh(x).flatten(1)"}, "has the shape (6, 4096)"),
    discriminator("width ignored", {"[1, width,": "[1, 64,"}, "layer 1"),
    discriminator(
        "channels downwards",
        {
            "[1, width, 2 * width, 4 * width, 8 * width]": "[1, 8 * width, 4 * width, 2 * width, width]",
            "nn.Conv2d(8 * width, 1": "nn.Conv2d(width, 1",
        },
        "layer 1",
    ),
    discriminator("stride 1", {"channels[i + 1], 4, 2, 1)": "channels[i + 1], 4, 1, 1)"}, "layer 1"),
    discriminator("last layer padded", {D_LAST: "self.output = nn.Conv2d(8 * width, 1, 4, 1, 1)"}, "layer 5"),
    discriminator(
        "batch norm in the first layer", {"if batch_norm and i > 0:": "if batch_norm:"}, "batch norms of [64"
    ),
    discriminator("batch norm always", {"if batch_norm and i > 0:": "if i > 0:"}, "leave all out"),
    discriminator("batch norm never", {D_NORM: ""}, "batch norms of []"),
    discriminator("sigmoid in logits", {LOGITS: "logits = torch.sigmoid(self.output(x)).flatten()"}, "sigmoid"),
    discriminator("picture instead of number", {LOGITS: "logits = self.output(x)"}, "(6, 1, 1, 1)"),
    discriminator("column", {LOGITS: "logits = self.output(x).flatten(1)"}, "(6, 1)"),
    discriminator("mean of the batch", {LOGITS: "logits = self.output(x).mean()"}, "has the shape ()"),
    discriminator("relu", {"nn.LeakyReLU(0.2)": "nn.ReLU()"}, "relu; leaky"),
    discriminator("slope 0.01", {"nn.LeakyReLU(0.2)": "nn.LeakyReLU(0.01)"}, "0.01"),
    discriminator("no activations", {LEAKY: ""}, "between the layers are missing"),
    discriminator(
        "activation after the last",
        {LOGITS: "logits = F.leaky_relu(self.output(x), 0.2).flatten()"},
        "after the last layer",
    ),
    discriminator("norm after activation", {D_NORM: "", LEAKY: LEAKY + D_NORM}, "after the activation"),
    d_step("not detached", {"gmodel(z).detach()": "gmodel(z)"}, "detach"),
    d_step("labels swapped", {"ones_like": "TEMP", "zeros_like": "ones_like", "TEMP": "zeros_like"}, "swapped"),
    d_step("generated ones labelled real", {"torch.zeros_like": "torch.ones_like"}, "labelled 1"),
    d_step("real ones only", {SUM: "loss = real_loss"}, "only the real"),
    d_step("generated ones only", {SUM: "loss = fake_loss"}, "only the generated"),
    d_step("averaged", {SUM: "loss = (real_loss + fake_loss) / 2"}, "averaged; add"),
    d_step(
        "summed over the batch",
        {
            "torch.ones_like(real_logits))": "torch.ones_like(real_logits), reduction='sum')",
            "torch.zeros_like(fake_logits))": "torch.zeros_like(fake_logits), reduction='sum')",
        },
        "summed over the batch",
    ),
    d_step("divided again", {SUM: "loss = (real_loss + fake_loss) / len(images)"}, "a second time"),
    d_step("no update", {UPDATE: ""}, "nothing was updated"),
    d_step("a sigmoid of a sigmoid", {REAL: REAL.replace("(real_logits,", "(torch.sigmoid(real_logits),")}, "(a, b)"),
    d_step(
        "probabilities in place of logits",
        {"dmodel.logits(images), dmodel.logits(fakes)": "dmodel(images), dmodel(fakes)"},
        "takes probabilities for logits",
    ),
    d_step("an undefined name", {"dmodel.logits(images)": "dmodel.logits(x)"}, "name 'x' is not defined"),
    d_step(
        "one batch",
        {"dmodel.logits(images), dmodel.logits(fakes)": "dmodel.logits(torch.cat([images, fakes])).chunk(2)"},
        "as one batch",
    ),
    d_step("no zero_grad", {UPDATE: "    loss.backward()\n    optimizer.step()\n"}, "were not cleared"),
    d_step(
        "logarithms of probabilities",
        {
            REAL: "real_loss = -torch.log(torch.sigmoid(real_logits)).mean()",
            FAKE: "fake_loss = -torch.log(1 - torch.sigmoid(fake_logits)).mean()",
        },
        "compute the loss from logits",
    ),
    d_step(
        "cross-entropy of probabilities",
        {
            REAL: REAL.replace("_with_logits", "").replace("(real_logits,", "(torch.sigmoid(real_logits),"),
            FAKE: FAKE.replace("_with_logits", "").replace("(fake_logits,", "(torch.sigmoid(fake_logits),"),
        },
        "compute the loss from logits",
    ),
    d_step("real ones labelled 0", {"torch.ones_like": "torch.zeros_like"}, "real images are labelled 0"),
    d_noise(
        "uniform noise", "z = torch.rand(len(images), gmodel.latent_size, device=images.device)", "uniform from 0"
    ),
    d_noise(
        "uniform noise from -1",
        "z = 2 * torch.rand(len(images), gmodel.latent_size, device=images.device) - 1",
        "uniform from -1",
    ),
    d_noise("one z for all", "z = torch.randn(1, gmodel.latent_size, device=images.device)", "as many rows as"),
    d_noise(
        "one number for all elements",
        "z = torch.randn(len(images), 1, device=images.device).expand(-1, gmodel.latent_size)",
        "one number is shared",
    ),
    d_noise("zeros", "z = torch.zeros(len(images), gmodel.latent_size, device=images.device)", "all z are 0"),
    d_noise("100 latents fixed", "z = torch.randn(len(images), 100, device=images.device)", "(15000, 100)"),
    d_noise("no update", NOISE + "\n    update = print", "first pass the check above"),
    g_step("probabilities for logits", {"dmodel.logits(gmodel": "dmodel(gmodel"}, "takes probabilities for logits"),
    g_step("label 0", {"torch.ones_like": "torch.zeros_like"}, "helps the discriminator"),
    g_step("saturating", {G_LOSS: "loss = F.logsigmoid(-fake_logits).mean()"}, "saturating"),
    g_step("wrong sign", {G_LOSS: "loss = F.logsigmoid(fake_logits).mean()"}, "sign"),
    g_step("detached", {"gmodel(z))": "gmodel(z).detach())"}, "did not move"),
    g_step(
        "no grad",
        {G_LOGITS: "with torch.no_grad():\n        images = gmodel(z)\n    fake_logits = dmodel.logits(images)"},
        "did not move",
    ),
    g_step("no update", {UPDATE: ""}, "did not move"),
    g_step("summed", {"torch.ones_like(fake_logits))": "torch.ones_like(fake_logits), reduction='sum')"}, "summed"),
    g_step("divided again", {G_LOSS: G_LOSS + " / count"}, "a second time"),
    g_step("one z", {"torch.randn(count, gmodel.latent_size,": "torch.randn(1, gmodel.latent_size,"}, "`count` rows"),
    g_step("uniform noise", {"torch.randn(": "torch.rand("}, "uniform from 0"),
    g_step("no zero_grad", {UPDATE: "    loss.backward()\n    optimizer.step()\n"}, "were not cleared"),
    epoch("ratio ignored", {TURN: "        if True:\n            for _ in range(1):\n"}, "g_steps is not used"),
    epoch("g_steps ignored", {"range(g_steps)": "range(1)"}, "g_steps is not used"),
    epoch("d_steps ignored", {"number % d_steps == 0": "True"}, "d_steps is not used"),
    epoch(
        "d_steps on the same batch",
        {
            "        " + D_TURN: "        for _ in range(d_steps):\n            " + D_TURN,
            "number % d_steps == 0": "True",
        },
        "should be ddgddgd",
    ),
    epoch(
        "ratios swapped",
        {"number % d_steps": "number % g_steps", "range(g_steps)": "range(d_steps)"},
        "g_steps and d_steps are swapped",
    ),
    epoch(
        "after the first of d_steps batches",
        {"number % d_steps == 0": "number % d_steps == 1 % d_steps"},
        "after the first of the d_steps batches",
    ),
    epoch(
        "a turn for the batches that are left",
        {"number % d_steps == 0": "number % d_steps == 0 or number == len(loader)"},
        "fewer than d_steps batches",
    ),
    epoch(
        "generator first",
        {"        " + D_TURN + "\n": "", G_TURN: G_TURN + "\n        " + D_TURN},
        "g moves before d",
    ),
    epoch(
        "optimizers swapped",
        {"dmodel, d_optim, images": "dmodel, g_optim, images", "dmodel, g_optim, len": "dmodel, d_optim, len"},
        "yours are g",
    ),
    epoch("one image for the generator", {"len(images)": "1"}, "as large as"),
    epoch(
        "the same batch again and again",
        {"enumerate(loader, start=1)": "enumerate([list(loader)[0]] * 5, start=1)"},
        "a batch of its own",
    ),
    average("shares swapped", {"1 - decay": "decay"}, "share of the old values"),
    average("copied", {LERP: COPY}, "a copy of gmodel"),
    average("nothing", {LERP: "        pass\n"}, "did not move"),
    average(
        "counts of batch norm, too",
        {PARAMETERS: PARAMETERS.replace("parameters()", "state_dict().values()")},
        "state_dict() has counts",
    ),
    average("not in place", {LERP: "        mean = decay * mean + (1 - decay) * new\n"}, "did not move"),
    average("plain mean", {LERP: "        mean.add_(new).div_(2)\n"}, "plain mean"),
    average("the other way round", {LERP: "        new.lerp_(mean, 1 - decay)\n"}, "gmodel moved"),
    average("added", {LERP: "        mean.mul_(decay).add_(new)\n"}, "without 1 - decay"),
    average("decay fixed", {"1 - decay": "0.001"}, "fixed at 0.999"),
    own(
        "spectral norm before the first weights",
        {
            NETWORKS: "gmodel, d = make_networks(width)[0], Discriminator(width)\n"
            "    for layer in list(d.modules()):\n        if isinstance(layer, nn.Conv2d):\n"
            "            torch.nn.utils.parametrizations.spectral_norm(layer)\n    networks = gmodel, prepared(d)"
        },
        "call `prepared` first",
    ),
    own("nothing changed", {NETWORKS: "networks = make_networks(width)"}, "nothing differs"),
    own("two changes", {SETTINGS: 'settings = {"g_rate": 2e-3, "g_steps": 2}'}, "change one thing"),
    own("an unknown setting", {SETTINGS: 'settings = {"rate": 2e-3}'}, "no setting 'rate'"),
    own("no settings", {SETTINGS: "settings = None"}, "two networks and a dict"),
    own("one network", {NETWORKS: "networks = make_networks(width)[:1]"}, "two networks and a dict"),
    own("logits as columns", {NETWORKS: answering("super().logits(images)[:, None]")}, "one number for each"),
    own(
        "images of 32x32",
        {
            NETWORKS: "networks = make_networks(width)\n"
            "    networks[0].network[-1] = prepared(nn.Conv2d(width, 1, 3, 1, 1))"
        },
        "(4, 1, 32, 32)",
    ),
    search(
        "all pixels", {"[..., known].square().mean((1, 2))": ".square().mean((1, 2, 3))"}, "unknown pixels are fitted"
    ),
    search(
        "zeros first",
        {Z: "z = torch.zeros(len(images), gmodel.latent_size, device=images.device).requires_grad_()"},
        "a random start",
    ),
    search("generate, without gradients", {"gmodel(z) - images": "2 * generate(gmodel, z) - 1 - images"}, "no_grad"),
    search("z needs no gradient", {".requires_grad_()": ""}, "no gradient reaches"),
    search("no penalty", {SEARCH: "update(optimizer, misfit.sum())"}, "penalty is missing"),
    search("penalty added up", {"z.square().mean(1)": "z.square().sum(1)"}, "squares of z are added"),
    search(
        "misfit over all pixels",
        {".square().mean((1, 2))": ".square().sum((1, 2)) / known.numel()"},
        "number of all pixels",
    ),
    search("misfit added", {".square().mean((1, 2))": ".square().sum((1, 2))"}, "take their mean"),
    search("the unknown ones", {"[..., known]": "[..., ~known]"}, "swapped"),
    search("rho fixed", {"rho * z": "0.02 * z"}, "is rho used as given"),
    search("training mode", {"    gmodel.eval()\n": "    gmodel.train()\n"}, "training mode"),
    search("one z for all", {Z: Z.replace("len(images)", "1")}, "one z for each image"),
    search("not detached", {"    z = z.detach()\n": ""}, "still carries gradients"),
    search(
        "weights searched, too",
        {"torch.optim.Adam([z], lr=rate)": "torch.optim.Adam([z, *gmodel.parameters()], lr=rate)"},
        "weights changed",
    ),
    search("one step", {"range(steps)": "range(1)"}, "is wrong"),
    search(
        "gradients pile up",
        {SEARCH: "(misfit + rho * z.square().mean(1)).sum().backward()\n        optimizer.step()"},
        "is wrong",
    ),
    generator(
        "layers in a list", {G_LAST: "self.network = [*layers, nn.ConvTranspose2d(width, 1, 4, 2, 1)]"}, "a list"
    ),
    generator("another name", {"self.network =": "self.networks ="}, "self.network is missing"),
    generator("left blank", {G_LAST: "self.network = ..."}, "still `...`"),
    discriminator("squeezed", {LOGITS: "logits = self.output(x).squeeze()"}, "the logit of a single image"),
    discriminator("detached", {LOGITS: "logits = self.output(x).flatten().detach()"}, "no gradients"),
    d_step("sign", {SUM: "loss = -(real_loss + fake_loss)"}, "sign is wrong"),
    d_step("generator in evaluation mode", {NOISE: NOISE + "\n    gmodel.eval()"}, "evaluation mode"),
    d_step("left blank", {SUM: "loss = ..."}, "still `...`"),
    d_step(
        "two updates",
        {
            SUM: "loss = real_loss + fake_loss\n    update(optimizer, real_loss)",
            UPDATE: "    update(optimizer, fake_loss)\n",
        },
        "a second step",
    ),
    g_step("discriminator in evaluation mode", {G_NOISE: G_NOISE + "\n    dmodel.eval()"}, "evaluation mode"),
    g_step(
        "one number for all elements",
        {G_NOISE: G_NOISE.replace("gmodel.latent_size", "1") + ".expand(-1, gmodel.latent_size)"},
        "one number is shared",
    ),
    g_step(
        "probabilities", {G_LOSS: "loss = -torch.log(torch.sigmoid(fake_logits)).mean()"}, "compute it from logits"
    ),
    epoch("always as many as the first batch", {"len(images)": "2"}, "as large as"),
    epoch("evaluation mode", {"        " + D_TURN: "        dmodel.eval()\n        " + D_TURN}, "evaluation mode"),
    average(
        "only the buffers", {PARAMETERS: PARAMETERS.replace("parameters", "buffers"), LERP: COPY}, "did not move"
    ),
    own(
        "another number of latents",
        {NETWORKS: "networks = prepared(Generator(64, width)), make_networks(width)[1]"},
        "z of 100 numbers",
    ),
    own("swapped", {NETWORKS: "networks = make_networks(width)[::-1]"}, "z of 100 numbers"),
    own(
        "noise in place",
        {NETWORKS: answering("super().logits(images.add_(torch.randn_like(images)))")},
        "stopped",
    ),
    own("nothing comes through", {NETWORKS: answering("super().logits(images.detach().abs())")}, "no gradient comes"),
    own(
        "no steps of D",
        {NETWORKS: "networks = make_networks(width)", SETTINGS: 'settings = {"d_steps": 0}'},
        "d_steps is 0",
    ),
    own("a rate and the networks", {SETTINGS: 'settings = {"d_rate": 1e-3}'}, "change one thing"),
    search("images in place", {MISFIT: "images.mul_(known)\n        " + MISFIT}, "changed in place"),
    search(
        "penalty averaged over the batch",
        {SEARCH: "update(optimizer, misfit.sum() + rho * z.square().mean())"},
        "averaged over the images",
    ),
]

WRONG += [
    piles("percents of 100", {">= 0.01": ">= 1"}, "a share of 0.01, not of 1"),
    piles("share of the piles", {"0.01).sum()": "0.01).float().mean()"}, "their number"),
    drawing("detached", {TANH: "images = torch.tanh(x).detach()"}, "no gradients"),
    drawing("the network runs twice", {TANH: "images = torch.tanh(self.network(z))"}, "2 times"),
    drawing("in [0, 1]", {TANH: "images = (torch.tanh(x) + 1) / 2"}, "taken to [0, 1]"),
    drawing("cut off", {TANH: "images = x.clamp(-1, 1)"}, "is cut off"),
    drawing("half as steep", {TANH: "images = 2 * torch.sigmoid(x) - 1"}, "tanh(x / 2)"),
    drawing("random slopes", {"nn.LeakyReLU(0.2)": "nn.RReLU(0.1, 0.3)"}, "draw random numbers"),
    discriminator(
        "dropout", {LEAKY: LEAKY + "            layers.append(nn.Dropout2d(0.25))\n"}, "draw random numbers"
    ),
    discriminator(
        "the network runs twice", {LOGITS: "logits = self.output(self.network(images)).flatten()"}, "2 times"
    ),
    discriminator("no activation after layer 4", {LEAKY: "            if i < 3:\n    " + LEAKY}, "after layer 4 is"),
    discriminator("slope of the wrong sign", {"nn.LeakyReLU(0.2)": "nn.LeakyReLU(-0.2)"}, "slope -0.2"),
    discriminator("sign", {LOGITS: "logits = -self.output(x).flatten()"}, "the sign is wrong"),
    discriminator("log D", {LOGITS: "logits = F.logsigmoid(self.output(x)).flatten()"}, "this is log d;"),
    d_step("difference", {SUM: "loss = real_loss - fake_loss"}, "is subtracted"),
    d_step("label 0.9", {"torch.ones_like(real_logits)": "torch.full_like(real_logits, 0.9)"}, "labelled 0.9"),
    d_step("V returned", {UPDATE: UPDATE + "    loss = -loss\n"}, "its sign is wrong"),
    d_step(
        "means after the update",
        {UPDATE: UPDATE + "    real_logits, fake_logits = dmodel.logits(images), dmodel.logits(fakes)\n"},
        "before the update",
    ),
    d_step(
        "generator in evaluation mode for a moment",
        {"fakes = gmodel(z).detach()": "fakes = gmodel.eval()(z).detach()\n    gmodel.train()"},
        "evaluation mode",
    ),
    d_noise("one z repeated", NOISE.replace("len(images)", "1") + ".expand(len(images), -1)", "one z is repeated"),
    d_noise("own seed", "torch.manual_seed(0)\n    " + NOISE, "set no seed"),
    d_noise("generator frozen", "gmodel.requires_grad_(False)\n    " + NOISE, "left without gradients"),
    g_step(
        "discriminator in evaluation mode for a moment",
        {G_LOGITS: "fake_logits = dmodel.eval().logits(gmodel(z))\n    dmodel.train()"},
        "evaluation mode",
    ),
    g_step("frozen", {G_NOISE: "dmodel.requires_grad_(False)\n    " + G_NOISE}, "left it frozen"),
    g_step("own seed", {G_NOISE: "torch.manual_seed(0)\n    " + G_NOISE}, "set no seed"),
    g_step("one z repeated", {G_NOISE: G_NOISE.replace("count", "1") + ".repeat(count, 1)"}, "one z is repeated"),
    g_step("mean of D first", {G_LOSS: "loss = -torch.sigmoid(fake_logits).mean().log()"}, "before the logarithm"),
    g_step("mean of the logits first", {G_LOSS: "loss = -F.logsigmoid(fake_logits.mean())"}, "before the loss"),
    g_step("critic", {G_LOSS: "loss = -fake_logits.mean()"}, "minus the mean logit"),
    g_step("label 0.5", {"torch.ones_like(fake_logits)": "torch.full_like(fake_logits, 0.5)"}, "0.5; it should be 1"),
    g_step(
        "loss after the update",
        {UPDATE: UPDATE + "    loss = F.softplus(-dmodel.logits(gmodel(z))).mean()\n"},
        "after the update",
    ),
    epoch(
        "last loss of each turn",
        {
            "                " + G_TURN: "                g_loss = "
            + G_TURN[16:-1]
            + "\n            g_losses.append(g_loss)"
        },
        "all of g into g_losses",
    ),
    epoch(
        "numbers before a turn only",
        {
            D_TURN: "numbers = " + D_TURN[17:-1],
            "            for _ in": "            d_numbers.append(numbers)\n            for _ in",
        },
        "all steps of d belong",
    ),
    epoch("labels for images", {"(images, _)": "(_, images)"}, "pairs: images, labels"),
    epoch("turn where one is due not", {"d_steps == 0": "d_steps"}, "never moved"),
    average("old ones kept", {LERP: "        mean.add_((1 - decay) * new)\n"}, "kept whole"),
    average("away", {LERP: "        mean.add_((1 - decay) * (mean - new))\n"}, "away from gmodel"),
    average(
        "after the decay",
        {LERP: "        mean.mul_(decay)\n        mean.add_((1 - decay) * (new - mean))\n"},
        "have shrunk",
    ),
    average(
        "twice",
        {
            PARAMETERS: "    for a, b in zip(mean_model.modules(), gmodel.modules()):\n    "
            + PARAMETERS.replace("mean_model", "a").replace("gmodel", "b"),
            LERP: "    " + LERP,
        },
        "moves twice",
    ),
    average(
        "convolutions only", {LERP: "        if mean.dim() > 1:\n    " + LERP}, "0.bias after step 1 is wrong: it did"
    ),
    own(
        "an arm of rates",
        {NETWORKS: "networks = make_networks(width)", SETTINGS: 'settings = {"g_rate": 2e-4, "d_rate": 2e-4}'},
        "an arm of the log already",
    ),
    own(
        "the arm noise", {NETWORKS: "networks = make_networks(width, discriminator=NoisyDiscriminator)"}, "an arm of"
    ),
    own(
        "the arm no batch norm", {NETWORKS: "networks = make_networks(width, batch_norm=False)"}, "an arm of the log"
    ),
    own(
        "forward for logits",
        {
            NETWORKS: "class Other(Discriminator):\n        def forward(self, images):\n"
            "            return super().forward(F.avg_pool2d(images, 3, 1, 1))\n\n"
            "    networks = make_networks(width, discriminator=Other)"
        },
        "not forward",
    ),
    own(
        "own seed",
        {
            NETWORKS: "torch.manual_seed(0)\n    networks = make_networks(width)",
            SETTINGS: 'settings = {"d_rate": 2e-4}',
        },
        "set no seed",
    ),
    own(
        "the same networks at each call",
        {
            NETWORKS: "own_change.kept = networks = getattr(own_change, 'kept', make_networks(width))",
            SETTINGS: 'settings = {"d_rate": 2e-4}',
        },
        "make new networks",
    ),
    own(
        "a rate, and not prepared",
        {
            NETWORKS: "networks = Generator(100, width).to(device), Discriminator(width).to(device)",
            SETTINGS: 'settings = {"d_rate": 2e-4}',
        },
        "`prepared` sets the first weights",
    ),
    search(
        "one start for all",
        {Z: Z.replace("len(images)", "1").replace(".requires", ".repeat(len(images), 1).requires")},
        "start from it",
    ),
    search("own seed", {Z: "torch.manual_seed(0)\n    " + Z}, "set no seed"),
    search("plain descent", {"torch.optim.Adam": "torch.optim.SGD"}, "with adam it is"),
    search("rate forgotten", {"[z], lr=rate": "[z]"}, "used as given"),
    search("300 steps", {"range(steps)": "range(300)"}, "used as given"),
    search("clamped", {SEARCH: SEARCH + "\n        z.data.clamp_(-1, 1)"}, "is wrong"),
    search("a product", {"(misfit + rho": "(misfit * rho"}, "is the penalty added"),
    search("divided by n twice", {"rho * z": "rho / 2 * z"}, "by n a second time"),
    search("misfit halved", {MISFIT: MISFIT + " / 2"}, "the misfit is halved"),
    search("images in [0, 1]", {"(gmodel(z) - images)": "((gmodel(z) + 1) / 2 - images)"}, "taken to [0, 1]"),
    search(
        "unknown ones black",
        {MISFIT: "misfit = (gmodel(z) - torch.where(known, images, -1.0)).square().mean((1, 2, 3))"},
        "black is fitted",
    ),
]

RIGHT = [
    discriminator(
        "output first",
        {
            D_LAST: "pass",
            "        channels = [1, width,": f"        {D_LAST}\n        channels = [1, width,",
        },
    ),
    piles(
        "loops",
        {
            HIT_CLOSE: "hit = 0",
            HIT: "for centre in centres:\n        near = ((points - centre) ** 2).sum(1) ** 0.5 <= radius\n"
            "        hit += int(near.sum() >= 0.01 * len(points))",
        },
    ),
    piles(
        "nearest and near",
        {
            HIT: "nearest = torch.cdist(points, centres).argmin(1)\n"
            "    counts = torch.bincount(nearest[close.any(1)], minlength=len(centres))\n"
            "    hit = int((counts >= len(points) / 100).sum())"
        },
    ),
    generator("no biases before batch norm", {"4, stride, padding)": "4, stride, padding, bias=not batch_norm)"}),
    drawing("nn.Tanh", {TANH: "images = nn.Tanh()(x)"}),
    drawing("in place, written out", {LEAKY: "            layers.append(nn.LeakyReLU(0.2, inplace=True))\n"}),
    drawing(
        "layers in a list",
        {
            G_LAST: "self.network = nn.Sequential()\n        for layer in layers:\n"
            "            self.network.append(layer)\n"
            "        self.network.append(nn.ConvTranspose2d(width, 1, 4, 2, 1))"
        },
    ),
    discriminator("squeezed", {LOGITS: "logits = self.output(x).squeeze(3).squeeze(2).squeeze(1)"}),
    discriminator("view", {LOGITS: "logits = self.output(x).view(-1)"}),
    discriminator(
        "no biases before batch norm",
        {"channels[i + 1], 4, 2, 1)": "channels[i + 1], 4, 2, 1, bias=i == 0 or not batch_norm)"},
    ),
    d_step(
        "logarithms written out",
        {
            REAL: "real_loss = -F.logsigmoid(real_logits).mean()",
            FAKE: "fake_loss = -F.logsigmoid(-fake_logits).mean()",
        },
    ),
    d_step(
        "softplus",
        {REAL: "real_loss = F.softplus(-real_logits).mean()", FAKE: "fake_loss = F.softplus(fake_logits).mean()"},
    ),
    d_step("no_grad for detach", {"fakes = gmodel(z).detach()": "with torch.no_grad():\n        fakes = gmodel(z)"}),
    d_step(
        "own backward and step",
        {UPDATE: "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"},
    ),
    d_step("fake first", {SUM: "loss = fake_loss + real_loss"}),
    d_noise("as 1x1 images", "z = torch.randn(len(images), gmodel.latent_size, 1, 1, device=images.device)"),
    d_noise("moved afterwards", "z = torch.randn(len(images), gmodel.latent_size).to(images.device)"),
    g_step("softplus", {G_LOSS: "loss = F.softplus(-fake_logits).mean()"}),
    epoch(
        "counted by hand",
        {
            "for number, (images, _) in enumerate(loader, start=1):": "number = 0\n    for images, _ in loader:",
            "        " + D_TURN: "        number += 1\n        " + D_TURN,
        },
    ),
    average("written out", {LERP: AVERAGED}),
    average("mul and add", {LERP: "        mean.mul_(decay).add_(new, alpha=1 - decay)\n"}),
    average(
        "the whole state",
        {PARAMETERS: PARAMETERS.replace("parameters", "state_dict").replace("()", "().values()"), LERP: AVERAGED},
    ),
    average("new data", {LERP: "        mean.data = decay * mean.data + (1 - decay) * new.data\n"}),
    average(
        "as vectors",
        {
            PARAMETERS: "    from torch.nn.utils import parameters_to_vector, vector_to_parameters\n"
            "    mean, new = (parameters_to_vector(model.parameters()) for model in (mean_model, gmodel))\n",
            LERP: "    vector_to_parameters(decay * mean + (1 - decay) * new, mean_model.parameters())\n",
        },
    ),
    average("data", {LERP: "        mean.data.mul_(decay).add_((1 - decay) * new.data)\n"}),
    epoch("as many as labels", {"(images, _) in": "(images, labels) in", "len(images)": "len(labels)"}),
    g_step(
        "frozen for the step",
        {
            G_NOISE: "dmodel.requires_grad_(False)\n    " + G_NOISE,
            UPDATE: UPDATE + "    dmodel.requires_grad_(True)\n",
        },
    ),
    d_step("training mode", {"fakes = gmodel(z)": "dmodel.train()\n    fakes = gmodel.train()(z)"}),
    own(
        "orthogonal first weights",
        {
            NETWORKS: "networks = make_networks(width)\n"
            "    for layer in [*networks[0].modules(), *networks[1].modules()]:\n"
            "        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):\n"
            "            layer.weight.data.copy_(nn.init.orthogonal_(layer.weight.data.contiguous(), 0.5))"
        },
    ),
    own(
        "another norm",
        {
            NETWORKS: "networks = make_networks(width)\n    for network in networks:\n"
            "        for k, layer in enumerate(network.network):\n            if isinstance(layer, nn.BatchNorm2d):\n"
            "                network.network[k] = nn.GroupNorm(1, layer.num_features).to(device)"
        },
    ),
    own("a rate", {NETWORKS: "networks = make_networks(width)", SETTINGS: 'settings = {"d_rate": 1e-4}'}),
    own(
        "no batch norm in D",
        {NETWORKS: "networks = make_networks(width)[0], prepared(Discriminator(width, batch_norm=False))"},
    ),
    own(
        "a narrow network of its own call",
        {NETWORKS: "networks = make_networks(width)[0], make_networks(width // 2)[1]"},
    ),
    own("less noise", {NETWORKS: answering("super().logits(images + 0.1 * torch.randn_like(images))")}),
    own(
        "spectral normalisation",
        {
            NETWORKS: "networks = make_networks(width)\n"
            "    torch.nn.utils.parametrizations.spectral_norm(networks[1].output)"
        },
    ),
    own(
        "spectral normalisation everywhere",
        {
            NETWORKS: "networks = make_networks(width)\n"
            "    for layer in list(networks[1].modules()):\n        if isinstance(layer, nn.Conv2d):\n"
            "            torch.nn.utils.parametrizations.spectral_norm(layer)"
        },
    ),
    own(
        "both rates",
        {NETWORKS: "networks = make_networks(width)", SETTINGS: 'settings = {"g_rate": 5e-4, "d_rate": 2e-4}'},
    ),
    own(
        "other first weights",
        {NETWORKS: "networks = make_networks(width)\n    for p in networks[0].parameters():\n        p.data.mul_(2)"},
    ),
    own(
        "another momentum of batch norm",
        {NETWORKS: "networks = make_networks(width)\n    networks[1].network[3].momentum = 0.3"},
    ),
    search(
        "mask as a factor", {MISFIT: "misfit = (((gmodel(z) - images) ** 2) * known).flatten(1).sum(1) / known.sum()"}
    ),
    search(
        "written out",
        {
            SEARCH: "loss = (misfit + rho * (z**2).sum(1) / z.shape[1]).sum()\n        optimizer.zero_grad()\n"
            "        loss.backward()\n        optimizer.step()"
        },
    ),
    search(
        "the best of all steps",
        {
            "    for _ in range(steps):\n": "    least, best = torch.full_like(z[:, 0], math.inf), z.detach()\n"
            "    for _ in range(steps):\n",
            "        "
            + SEARCH: "        losses = misfit + rho * z.square().mean(1)\n        better = losses < least\n"
            "        best = torch.where(better[:, None], z.detach(), best)\n"
            "        least = torch.where(better, losses.detach(), least)\n        update(optimizer, losses.sum())",
            "z = z.detach()": "z = best",
        },
    ),
    search(
        "one image after the other",
        {
            Z: "found, every = [], images\n    for images in every.split(1):\n        " + Z,
            "    optimizer = torch.optim": "        optimizer = torch.optim",
            "    for _ in range(steps):": "        for _ in range(steps):",
            "        " + MISFIT: "            " + MISFIT,
            "        " + SEARCH: "            " + SEARCH,
            "    z = z.detach()": "        found.append(z.detach())\n    z = torch.cat(found)",
        },
    ),
    search("mean over the batch", {").sum())": ").mean())"}),
]
