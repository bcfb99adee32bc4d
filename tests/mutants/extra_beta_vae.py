"""Extra lab on the beta-VAE: wrong and alternative ways to write classifier, networks, sweep, loss and samples."""

from tests.mutants.bank import at

LAB = "extra/beta_vae"

HIDDEN = "hidden = self.dropout(F.relu(self.proj1(x)))"
LOGITS = "logits = self.proj2(hidden)"
STEP = "optimizer.step()"
MEAN = "mean_loss = total / count\n"
SCORES = "mean_loss, accuracy = total / count, right / count"
BLOCK = "(nn.Linear(inputs, outputs), nn.ReLU(), nn.BatchNorm1d(outputs))"
DECODER = "self.decoder = nn.Sequential(*hidden(latent_size, 128, 256, 512), nn.Linear(512, 784))"
COPIES = "codes = z.repeat(len(values), 1)"
PUT = "codes[:, latent] = values"
DISTORTION = "distortion = (reconstruction - x).square().sum() / 2 / len(x)"
RATE = "rate = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum() / len(x)"
LOSS = "loss = distortion + beta * rate"
VARIANCE = "variance = 2 * distortion / values"
NATS = "nats = values / 2 * (math.log(2 * math.pi * variance) + 1) + rate"
BITS = "bits = nats / (values * math.log(2)) + math.log2(127.5)"
DRAW = "z = torch.randn(count, model.latent_size, device=device)"
IMAGES = "images = model.decode(z).clamp(-1, 1)"

classifier = at("classifier")
epoch = at("classifier-epoch")
evaluate = at("classifier-epoch", check="check-evaluate")
network = at("batch-norm-vae")
sweep = at("sweep")
conv = at("conv-vae")
loss = at("beta-loss")
bound = at("best-bound")
sample = at("sample-images")

WRONG = [
    classifier("no ReLU", {"F.relu(self.proj1(x))": "self.proj1(x)"}, "the relu is missing"),
    classifier("sigmoid", {"F.relu(": "torch.sigmoid("}, "uses a sigmoid"),
    classifier("softmax", {LOGITS: f"{LOGITS}.softmax(1)"}, "softmax on the output"),
    classifier("log-softmax", {LOGITS: f"{LOGITS}.log_softmax(1)"}, "log-softmax on the output"),
    classifier("ReLU on the output", {LOGITS: f"{LOGITS}.relu()"}, "relu on the output"),
    classifier("no dropout", {HIDDEN: "hidden = F.relu(self.proj1(x))"}, "dropout is not used"),
    classifier(
        "dropout on the output",
        {HIDDEN: "hidden = F.relu(self.proj1(x))", LOGITS: "logits = self.dropout(self.proj2(hidden))"},
        "dropout belongs on the hidden layer",
    ),
    classifier("dropout twice", {HIDDEN: f"{HIDDEN}\n        hidden = self.dropout(hidden)"}, "on the hidden layer"),
    classifier("ratio of the sheet", {"nn.Dropout(dropout_ratio)": "nn.Dropout(0.5)"}, "use the arguments"),
    classifier("sizes written out", {"nn.Linear(input_dim": "nn.Linear(784"}, "self.proj1 was made with"),
    classifier("left blank", {LOGITS: "logits = ..."}, "fill in the blank"),
    epoch("evaluation mode", {"model.train()": "model.eval()"}, "without dropout"),
    epoch("gradients kept", {"        optimizer.zero_grad()\n": ""}, "were not cleared"),
    epoch(
        "cleared too late",
        {f"        {STEP}": f"        optimizer.zero_grad()\n        {STEP}"},
        "nothing was learned",
    ),
    epoch("no step", {f"        {STEP}\n": ""}, "nothing was learned"),
    epoch("uphill", {"loss.backward()": "(-loss).backward()"}, "uphill"),
    epoch(
        "mean of batch means",
        {"total += loss.detach() * len(labels)": "total += loss.detach()", MEAN: "mean_loss = total / len(loader)\n"},
        "mean of the batch means",
    ),
    epoch("sum over the images", {MEAN: "mean_loss = total\n"}, "sum over the images"),
    epoch(
        "graph kept",
        {"total += loss.detach() * len(labels)": "total = total + loss * len(labels)"},
        "loss.detach()",
    ),
    evaluate("training mode", {"model.eval()": "model.train()"}, "in training mode, with dropout"),
    evaluate(
        "count of right ones", {SCORES: "mean_loss, accuracy = total / count, right"}, "number of right predictions"
    ),
    evaluate("wrong ones", {"== labels).sum()": "!= labels).sum()"}, "counts the wrong predictions"),
    evaluate(
        "accuracy of batches",
        {
            "(logits.argmax(1) == labels).sum()": "(logits.argmax(1) == labels).float().mean()",
            SCORES: "mean_loss, accuracy = total / count, right / len(loader)",
        },
        "mean over the batches",
    ),
    evaluate(
        "loss of batches",
        {', reduction="sum")': ")", SCORES: "mean_loss, accuracy = total / len(loader), right / count"},
        "mean of the batch means",
    ),
    evaluate("sum of losses", {SCORES: "mean_loss, accuracy = total, right / count"}, "the sum over the images"),
    evaluate(
        "one number",
        {SCORES: "mean_loss, accuracy = total / count, right / count\n    return accuracy"},
        "two numbers",
    ),
    network(
        "norm before ReLU", {BLOCK: "(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU())"}, "before relu"
    ),
    network("no norm", {BLOCK: "(nn.Linear(inputs, outputs), nn.ReLU())"}, "has no batch norm"),
    network("sigmoid twice", {"nn.Linear(512, 784))": "nn.Linear(512, 784), nn.Sigmoid())"}, "applies it twice"),
    network(
        "output like the rest",
        {DECODER: "self.decoder = nn.Sequential(*hidden(latent_size, 128, 256, 512, 784))"},
        "linear",
    ),
    network(
        "sizes not turned round",
        {"latent_size, 128, 256, 512)": "latent_size, 512, 256, 512)"},
        "the decoder is '512",
    ),
    network(
        "one layer for both",
        {"self.enc_logvar = nn.Linear(128, latent_size)": "self.enc_logvar = self.enc_mu"},
        "shared",
    ),
    network(
        "half of the latents",
        {"self.enc_mu = nn.Linear(128, latent_size)": "self.enc_mu = nn.Linear(128, 1)"},
        "enc_mu is '1'",
    ),
    sweep("sheet's first sweep", {"model.decode(codes)": "model.decode(z.repeat(len(values), 1))"}, "never changes"),
    sweep("added", {PUT: "codes[:, latent] += values"}, "are added to the latent"),
    sweep("counted from 1", {PUT: "codes[:, latent - 1] = values"}, "counted from 0"),
    sweep("all latents", {PUT: "codes[:] = values[:, None]"}, "all latents are replaced"),
    sweep("rows for columns", {PUT: "codes[latent] = 0"}, "only column"),
    sweep("zeros", {COPIES: "codes = torch.zeros(len(values), len(z), device=z.device)"}, "keep those of z"),
    sweep("z changed", {COPIES: f"z[latent] = 0\n    {COPIES}"}, "has changed z itself"),
    sweep("expand", {COPIES: "codes = z.expand(len(values), -1)"}, "sweep stopped"),
    conv("kernel 3", {"nn.Conv2d(3, w, 4, 2, 1)": "nn.Conv2d(3, w, 3, 2, 1)"}, "expected kernel 4"),
    conv("no stride", {"nn.ConvTranspose2d(w, 3, 4, 2, 1)": "nn.ConvTranspose2d(w, 3, 4, 1, 1)"}, "stride 2"),
    conv("plain convolutions", {"nn.ConvTranspose2d(2 * w, w": "nn.Conv2d(2 * w, w"}, "expected nn.convtranspose2d"),
    conv("channels", {"nn.Conv2d(w, 2 * w, 4, 2, 1)": "nn.Conv2d(w, w, 4, 2, 1)"}, "convolutions of the encoder"),
    conv(
        "tanh",
        {"nn.ConvTranspose2d(w, 3, 4, 2, 1),": "nn.ConvTranspose2d(w, 3, 4, 2, 1), nn.Tanh(),"},
        "ends in tanh",
    ),
    conv(
        "no ReLU",
        {"nn.Conv2d(w, 2 * w, 4, 2, 1), nn.ReLU()": "nn.Conv2d(w, 2 * w, 4, 2, 1)"},
        "no nn.relu follows a conv2d",
    ),
    conv(
        "no first ReLU", {"4 * w * 16), nn.ReLU(), nn.Unflatten": "4 * w * 16), nn.Unflatten"}, "linear at its start"
    ),
    conv(
        "one code", {"nn.Linear(4 * w * 16, 2 * latent_size)": "nn.Linear(4 * w * 16, latent_size)"}, "side by side"
    ),
    conv("unflatten", {"(4 * w, 4, 4)": "(w, 8, 8)"}, "decode stopped"),
    conv("width not used", {"w = width": "w = 16"}, "with width 2 the convolutions"),
    loss("no half", {" / 2 / len(x)": " / len(x)"}, "distortion is wrong: the factor 1/2"),
    loss("mse_loss", {DISTORTION: "distortion = F.mse_loss(reconstruction, x)"}, "the values are averaged"),
    loss("summed over the batch", {" / 2 / len(x)": " / 2"}, "distortion is wrong: it is summed over the batch"),
    loss("absolute", {"(reconstruction - x).square()": "(reconstruction - x).abs()"}, "absolute differences"),
    loss("rate averaged", {RATE: f"{RATE} / mu.shape[1]"}, "latents are averaged"),
    loss(
        "rate summed",
        {RATE: "rate = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()"},
        "rate is wrong: it is summed",
    ),
    loss("rate without half", {"-0.5 * (1": "-(1"}, "1/2 is lost"),
    loss("rate's sign", {"-0.5 * (1": "0.5 * (1"}, "rate is wrong: its sign"),
    loss("variance squared", {"- logvar.exp()": "- torch.exp(2 * logvar)"}, "do not square"),
    loss(
        "log std",
        {"1 + logvar - mu.square() - logvar.exp()": "1 + 2 * logvar - mu.square() - torch.exp(2 * logvar)"},
        "not log sigma",
    ),
    loss(
        "beta inside the rate",
        {"rate = -0.5": "rate = -0.5 * beta", LOSS: "loss = distortion + rate"},
        "not into the rate",
    ),
    loss("beta not used", {LOSS: "loss = distortion + rate"}, "beta is not used"),
    loss("beta on the distortion", {LOSS: "loss = beta * distortion + rate"}, "multiplies the distortion"),
    loss("minus", {LOSS: "loss = distortion - beta * rate"}, "the rate has the wrong sign"),
    bound("no factor 2", {VARIANCE: "variance = distortion / values"}, "the factor 2 is missing"),
    bound("not divided", {VARIANCE: "variance = 2 * distortion"}, "not divided by the number"),
    bound("standard deviation", {VARIANCE: "variance = (2 * distortion / values) ** 0.5"}, "standard deviation"),
    bound("no rate", {NATS: NATS.removesuffix(" + rate")}, "nats is wrong: the rate is missing"),
    bound("no distortion", {" + 1) + rate": ") + rate"}, "distortion divided by the variance"),
    bound("no constant", {"2 * math.pi * variance": "variance"}, "the constant log(2 pi)"),
    bound("the bound itself", {BITS: f"{BITS}\n    nats = -nats"}, "its sign is turned"),
    bound("nats per value", {" * math.log(2))": ")"}, "divide by log 2"),
    bound("no width", {" + math.log2(127.5)": ""}, "the width of a level is missing"),
    bound("width turned", {"+ math.log2(127.5)": "- math.log2(127.5)"}, "width of a level has the wrong sign"),
    bound("grey levels from 0 to 1", {"127.5": "255"}, "2/255 apart"),
    bound("bits per image", {"(values * math.log(2))": "math.log(2)"}, "bits per image"),
    bound("3072 written out", {"2 * distortion / values": "2 * distortion / 3072"}, "variance is wrong"),
    sample("uniform", {"torch.randn(": "torch.rand("}, "it is uniform"),
    sample(
        "one for all",
        {DRAW: "z = torch.randn(1, model.latent_size, device=device).repeat(count, 1)"},
        "all samples are the same",
    ),
    sample("not clamped", {".clamp(-1, 1)": ""}, "clamp(-1, 1) the decoder's output"),
    sample("tanh", {IMAGES: "images = torch.tanh(model.decode(z))"}, "clamp, and nothing else"),
    sample("from 0 to 1", {IMAGES: "images = model.decode(z).clamp(-1, 1) / 2 + 0.5"}, "moved to 0 ... 1"),
    sample("too wide", {DRAW: f"{DRAW} * 2"}, "the variance of z"),
    sample("32 latents", {"model.latent_size": "32"}, "the code given to decode"),
    epoch(
        "model not in training mode",
        {
            "    model.train()\n":
                ""
        },
        "evaluation mode",
    ),
    epoch(
        "cleared after backward",
        {
            "        optimizer.zero_grad()\n        loss.backward()\n":
                "        loss.backward()\n        optimizer.zero_grad()\n"
        },
        "cleared between",
    ),
    sweep(
        "codes not decoded",
        {
            "model.decode(codes)":
                "codes"
        },
        "model.decode",
    ),
    loss(
        "reconstruction detached",
        {
            "(reconstruction - x)":
                "(reconstruction.detach() - x)"
        },
        "reaches the reconstruction",
    ),
    sample(
        "one number for all latents",
        {
            "torch.randn(count, model.latent_size, device=device)":
                "torch.randn(count, 1, device=device).expand(-1, model.latent_size)"
        },
        "share one random number",
    ),
]

RIGHT = [
    classifier("clamp for ReLU", {"F.relu(self.proj1(x))": "self.proj1(x).clamp(min=0)"}),
    classifier("dropout before ReLU, which is the same", {HIDDEN: "hidden = F.relu(self.dropout(self.proj1(x)))"}),
    epoch(
        "cleared first",
        {
            "loss = F.cross": "optimizer.zero_grad()\n        loss = F.cross",
            "        optimizer.zero_grad()\n        loss.b": "        loss.b",
        },
    ),
    epoch("sums from the start", {"loss.detach() * len(labels)": "loss.item() * len(labels)"}),
    evaluate("mean times count", {', reduction="sum")': ") * len(labels)"}),
    evaluate("softmax before argmax", {"logits.argmax(1)": "logits.softmax(1).argmax(1)"}),
    network(
        "nested",
        {"*hidden(784, 512, 256, 128)": "nn.Sequential(*hidden(784, 512)), *hidden(512, 256, 128)"},
    ),
    network("in place", {"nn.ReLU()": "nn.ReLU(inplace=True)"}),
    sweep("expand and clone", {COPIES: "codes = z.expand(len(values), -1).clone()"}),
    sweep("stacked", {COPIES: "codes = torch.stack([z] * len(values))"}),
    conv(
        "ReLU after unflatten",
        {"nn.ReLU(), nn.Unflatten(1, (4 * w, 4, 4))": "nn.Unflatten(1, (4 * w, 4, 4)), nn.ReLU()"},
    ),
    conv(
        "names",
        {
            "nn.Conv2d(3, w, 4, 2, 1)": "nn.Conv2d(3, w, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))",
        },
    ),
    loss("mse_loss", {DISTORTION: 'distortion = F.mse_loss(reconstruction, x, reduction="sum") / (2 * len(x))'}),
    loss("per image first", {RATE: "rate = 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum(1).mean()"}),
    bound(
        "three terms", {NATS: "nats = distortion / variance + values / 2 * math.log(2 * math.pi * variance) + rate"}
    ),
    bound("levels", {"+ math.log2(127.5)": "- math.log2(2 / 255)"}),
    sample("clip", {".clamp(-1, 1)": ".clip(-1, 1)"}),
    sample("normal", {DRAW: "z = torch.zeros(count, model.latent_size, device=device).normal_()"}),
]
