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
KINDS = "isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))"
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
BATCHES = "images = torch.cat([gmodel(rows) for rows in z.split(500)])"
RANGE = "images = (images + 1) / 2"
PHI = "phi = torch.acos(torch.dot(z_1, z_2) / (z_1.norm() * z_2.norm()))"
PATH = "path = (torch.sin((1 - t) * phi) * z_1 + torch.sin(t * phi) * z_2) / torch.sin(phi)"

generator = at("generator")
drawing = at("generator", check="check-generator-forward")
discriminator = at("discriminator")
init = at("weights-init")
d_step = at("discriminator-step")
d_noise = at("discriminator-step", check="check-discriminator-noise", piece=NOISE)
g_step = at("generator-step")
epoch = at("train-epoch")
images = at("generate")
walk = at("slerp")

WRONG = [
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
    generator("batch norm always", {"if batch_norm:": "if True:"}, "batch_norm=false leaves all out"),
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
    discriminator("batch norm always", {"if batch_norm and i > 0:": "if i > 0:"}, "batch_norm=false"),
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
    init(
        "the sheet's class names",
        {
            KINDS: "'conv' in type(layer).__name__",
            "isinstance(layer, nn.BatchNorm2d)": "'bn' in type(layer).__name__",
        },
        "if you look at class names",
    ),
    init("transposed ones forgotten", {KINDS: "isinstance(layer, nn.Conv2d)"}, "convtranspose2d as it was"),
    init(
        "variance 0.02",
        {"nn.init.normal_(layer.weight, 0, 0.02)": "nn.init.normal_(layer.weight, 0, 0.02**0.5)"},
        "not the variance",
    ),
    init(
        "uniform",
        {"nn.init.normal_(layer.weight, 0, 0.02)": "nn.init.uniform_(layer.weight, -0.02 * 3**.5, 0.02 * 3**.5)"},
        "normal distribution",
    ),
    init(
        "batch norm around 0",
        {"nn.init.normal_(layer.weight, 1, 0.02)": "nn.init.normal_(layer.weight, 0, 0.02)"},
        "starts around 1",
    ),
    init(
        "batch norm all ones",
        {"nn.init.normal_(layer.weight, 1, 0.02)": "nn.init.ones_(layer.weight)"},
        "batchnorm2d",
    ),
    init(
        "convolutions around 1",
        {"nn.init.normal_(layer.weight, 0, 0.02)": "nn.init.normal_(layer.weight, 1, 0.02)"},
        "around 1, not 0",
    ),
    init("biases forgotten", {"        nn.init.zeros_(layer.bias)\n    elif": "    elif"}, "biases of conv2d"),
    init(
        "every layer",
        {
            "    elif isinstance": "    elif isinstance(layer, nn.Linear):\n"
            "        nn.init.normal_(layer.weight, 0, 0.02)\n    elif isinstance"
        },
        "stay as it is",
    ),
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
    d_step(
        "divided again, as the sheet does", {SUM: "loss = (real_loss + fake_loss) / len(images)"}, "a second time"
    ),
    d_step("no update", {UPDATE: ""}, "nothing was updated"),
    d_step("a sigmoid of a sigmoid", {REAL: REAL.replace("(real_logits,", "(torch.sigmoid(real_logits),")}, "(a, b)"),
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
    d_noise("one z for all", "z = torch.randn(1, gmodel.latent_size, device=images.device)", "as many z as"),
    d_noise(
        "one number for all elements",
        "z = torch.randn(len(images), 1, device=images.device).expand(-1, gmodel.latent_size)",
        "one number is shared",
    ),
    d_noise("zeros", "z = torch.zeros(len(images), gmodel.latent_size, device=images.device)", "all z are 0"),
    d_noise("100 latents fixed", "z = torch.randn(len(images), 100, device=images.device)", "(15000, 100)"),
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
    g_step("uniform noise", {"torch.randn(": "torch.rand("}, "z is wrong"),
    g_step("no zero_grad", {UPDATE: "    loss.backward()\n    optimizer.step()\n"}, "were not cleared"),
    epoch("ratio ignored", {TURN: "        if True:\n            for _ in range(1):\n"}, "steps should be dgg"),
    epoch("g_steps ignored", {"range(g_steps)": "range(1)"}, "steps should be dgg"),
    epoch("d_steps ignored", {"number % d_steps == 0": "True"}, "should be ddgddgd"),
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
        "should be dgg",
    ),
    epoch(
        "generator first", {"        " + D_TURN + "\n": "", G_TURN: G_TURN + "\n        " + D_TURN}, "should be dg"
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
    images("still in [-1, 1]", {RANGE: "pass"}, "still in [-1, 1]"),
    images("clamped", {RANGE: "images = images.clamp(0, 1)"}, "cut off"),
    images("halved", {RANGE: "images = images / 2"}, "halved, not shifted"),
    images(
        "smallest to largest",
        {RANGE: "images = (images - images.min()) / (images.max() - images.min())"},
        "the smallest pixel becomes 0",
    ),
    images("training mode", {"gmodel.eval()\n": "gmodel.train()\n"}, "training mode"),
    images("gradients", {"@torch.no_grad()\n": ""}, "gradients"),
    images("only the first 500", {BATCHES: "images = gmodel(z[:500])"}, "(500, 1, 64, 64)"),
    images("a fresh z", {BATCHES: "images = gmodel(torch.randn_like(z))"}, "image"),
    walk("straight line", {PATH: "path = (1 - t) * z_1 + t * z_2"}, "straight line"),
    walk(
        "line pushed out",
        {PATH: "path = (1 - t) * z_1 + t * z_2\n    path = path / path.norm(dim=1, keepdim=True) * z_1.norm()"},
        "pushed out",
    ),
    walk(
        "backwards",
        {"(1 - t) * phi": "TEMP", "torch.sin(t * phi)": "torch.sin((1 - t) * phi)", "TEMP": "t * phi"},
        "from z_2 to z_1",
    ),
    walk("not divided", {" / torch.sin(phi)": ""}, "sin(phi) is missing"),
    walk(
        "brackets forgotten",
        {PHI: "phi = torch.acos(torch.dot(z_1, z_2) / z_1.norm() * z_2.norm())"},
        "divide the product by both lengths",
    ),
    walk("lengths forgotten", {PHI: "phi = torch.acos((torch.dot(z_1, z_2) / 9).clamp(-1, 1))"}, "different length"),
    walk("end left out", {"torch.linspace(0, 1, steps,": "torch.linspace(0, 1 - 1 / steps, steps,"}, "is wrong"),
]

RIGHT = [
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
    init(
        "by class name, right",
        {
            KINDS: "'Conv' in type(layer).__name__",
            "isinstance(layer, nn.BatchNorm2d)": "'BatchNorm' in type(layer).__name__",
        },
    ),
    init(
        "without nn.init",
        {
            "nn.init.normal_(layer.weight, 1, 0.02)": "layer.weight.data.normal_(1, 0.02)",
            "nn.init.zeros_(layer.bias)": "layer.bias.data.zero_()",
        },
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
    g_step("probabilities", {G_LOSS: "loss = -torch.log(torch.sigmoid(fake_logits)).mean()"}),
    epoch(
        "counted by hand",
        {
            "for number, (images, _) in enumerate(loader, start=1):": "number = 0\n    for images, _ in loader:",
            "        " + D_TURN: "        number += 1\n        " + D_TURN,
        },
    ),
    images("the mode restored", {RANGE: RANGE + "\n    gmodel.train()"}),
    images("one batch", {BATCHES: "images = gmodel(z)"}),
    images("range written differently", {RANGE: "images = images / 2 + 0.5"}),
    walk("unit vectors", {PHI: "phi = torch.acos((z_1 / z_1.norm() * (z_2 / z_2.norm())).sum())"}),
]
