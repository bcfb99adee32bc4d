"""Extra lab on the beta-VAE: wrong and alternative ways to write training, sweep, linear VAE, networks, measure."""

from tests.mutants.bank import at

LAB = "extra/beta_vae"

STEP = "optimizer.step()"
MEAN = "mean_loss = total / count\n"
SCORES = "mean_loss, accuracy = total / count, right / count"
COPIES = "codes = z.repeat(len(values), 1)"
PUT = "codes[:, latent] = values"
DRAW = "z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)"
DISTORTION = "distortion = (model.decode(z) - x).square().flatten(1).sum(1) / 2"
RATE = "rate = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)"
SCALE = "scale = (kept - beta).clamp(min=0).sqrt()"
W = "W = directions * scale"
A = "A = (directions * (scale / total)).T"
V = "variance = beta / total"
VARIANCE = "variance = 2 * distortion / values"
NATS = "nats = values / 2 * (torch.log(2 * math.pi * variance) + 1) + rate"
BITS = "bits = nats / (values * math.log(2)) + math.log2(127.5)"
SIZE = "size = rows.square().sum(-2)"
SHARE = "return size.amax(-1) / size.sum(-1)"
FOUND = "found, chance = share(moves), share(moves @ rotations).mean()"

epoch = at("classifier-epoch")
evaluate = at("classifier-epoch", check="check-evaluate")
sweep = at("sweep")
parts = at("distortion-and-rate")
draws = at("distortion-and-rate", check="check-distortion-and-rate-draws")
linear = at("linear-vae")
conv = at("conv-vae")
bound = at("best-bound")
axis = at("axis-share")

WRONG = [
    epoch("evaluation mode", {"model.train()": "model.eval()"}, "without dropout"),
    epoch("model not in training mode", {"    model.train()\n": ""}, "evaluation mode"),
    epoch("gradients kept", {"        optimizer.zero_grad()\n": ""}, "were not cleared"),
    epoch("cleared late", {f"    {STEP}": f"    optimizer.zero_grad()\n        {STEP}"}, "nothing was learned"),
    epoch("no step", {f"        {STEP}\n": ""}, "nothing was learned"),
    epoch("uphill", {"loss.backward()": "(-loss).backward()"}, "uphill"),
    epoch(
        "mean of batch means",
        {"total += loss.detach() * len(labels)": "total += loss.detach()", MEAN: "mean_loss = total / len(loader)\n"},
        "mean of the batch means",
    ),
    epoch(
        "batch means over images",
        {"total += loss.detach() * len(labels)": "total += loss.detach()"},
        "its batch size",
    ),
    epoch("sum over the images", {MEAN: "mean_loss = total\n"}, "sum over the images"),
    epoch(
        "graph kept", {"total += loss.detach() * len(labels)": "total = total + loss * len(labels)"}, "loss.detach()"
    ),
    epoch("left blank", {MEAN: "mean_loss = ...\n"}, "fill in the blank"),
    evaluate("training mode", {"model.eval()": "model.train()"}, "in training mode, with dropout"),
    evaluate("count of right ones", {SCORES: "mean_loss, accuracy = total / count, right"}, "number of right"),
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
    evaluate("batch means over images", {', reduction="sum")': ")"}, "its batch size"),
    evaluate("sum of losses", {SCORES: "mean_loss, accuracy = total, right / count"}, "the sum over the images"),
    evaluate(
        "sum over the number of batches",
        {SCORES: "mean_loss, accuracy = total / len(loader), right / count"},
        "divided by the number of batches",
    ),
    evaluate("nll_loss", {"F.cross_entropy(logits": "F.nll_loss(logits"}, "f.nll_loss takes log_softmax"),
    evaluate("one number", {SCORES: f"{SCORES}\n    return accuracy"}, "two numbers"),
    sweep("sheet's first sweep", {"model.decode(codes)": "model.decode(z.repeat(len(values), 1))"}, "never changes"),
    sweep("added", {PUT: "codes[:, latent] += values"}, "are added to the latent"),
    sweep("counted from 1", {PUT: "codes[:, latent - 1] = values"}, "counted from 0"),
    sweep("all latents", {PUT: "codes[:] = values[:, None]"}, "all latents are replaced"),
    sweep("rows for columns", {PUT: "codes[latent] = 0"}, "only column"),
    sweep("zeros", {COPIES: "codes = torch.zeros(len(values), len(z), device=z.device)"}, "keep those of z"),
    sweep("z changed", {COPIES: f"z[latent] = 0\n    {COPIES}"}, "has changed z itself"),
    sweep("expand", {COPIES: "codes = z.expand(len(values), -1)"}, "sweep stopped"),
    sweep("codes not decoded", {"model.decode(codes)": "codes"}, "model.decode"),
    parts("no half", {".sum(1) / 2": ".sum(1)"}, "distortion is wrong: the factor 1/2"),
    parts("mean of the values", {".flatten(1).sum(1) / 2": ".flatten(1).mean(1) / 2"}, "the values are averaged"),
    parts("one number", {".sum(1) / 2": ".sum(1).mean() / 2"}, "keep one for each image"),
    parts("mse_loss", {DISTORTION: "distortion = F.mse_loss(model.decode(z), x)"}, "keep one for each image"),
    parts("divided by the batch", {DISTORTION: f"{DISTORTION} / len(x)"}, "divided by the batch size"),
    parts("absolute", {"- x).square()": "- x).abs()"}, "absolute differences"),
    parts("rate averaged", {"logvar.exp()).sum(1)": "logvar.exp()).mean(1)"}, "latents are averaged"),
    parts("rate without half", {"-0.5 * (1": "-(1"}, "1/2 is lost"),
    parts("rate without the 1", {"-0.5 * (1 + ": "-0.5 * ("}, "the -1 of each latent is missing"),
    parts("rate without logvar", {"1 + logvar -": "1 -"}, "the log sigma^2 of each latent is missing"),
    parts("rate's sign", {"-0.5 * (1": "0.5 * (1"}, "rate is wrong: its sign"),
    parts("variance squared", {"- logvar.exp()": "- torch.exp(2 * logvar)"}, "do not square"),
    parts(
        "log std",
        {"1 + logvar - mu.square() - logvar.exp()": "1 + 2 * logvar - mu.square() - torch.exp(2 * logvar)"},
        "not log sigma",
    ),
    parts("rate alone", {DISTORTION: f"{DISTORTION}\n    return distortion"}, "two tensors"),
    draws("mean", {DRAW: "z = mu"}, "no noise was added"),
    draws("variance for sigma", {"torch.exp(logvar / 2)": "torch.exp(logvar)"}, "exp(logvar) is the variance"),
    draws("logvar as sigma", {"torch.exp(logvar / 2)": "logvar"}, "not logvar"),
    draws("unit noise", {"torch.exp(logvar / 2) * ": ""}, "the noise has the variance 1"),
    draws("uniform", {"torch.randn_like": "torch.rand_like"}, "uniform"),
    draws("no mean", {DRAW: "z = torch.exp(logvar / 2) * torch.randn_like(mu)"}, "mu is missing"),
    draws("one draw for all", {"torch.randn_like(mu)": "torch.randn_like(mu[:1])"}, "draw for each image"),
    draws("one number per image", {"torch.randn_like(mu)": "torch.randn_like(mu[:, :1])"}, "share one random number"),
    draws("detached", {"(z)": "(z.detach())", "mu.square()": "mu.detach().square()"}, "reaches mu"),
    draws("reconstruction detached", {"model.decode(z)": "model.decode(z).detach()"}, "reaches the reconstruction"),
    linear("square roots of lambda", {W: "W = directions * kept.sqrt()"}, "the noise, beta, already covers"),
    linear("bare eigenvectors", {W: "W = directions"}, "not stretched"),
    linear("w squared", {W: "W = directions * (kept - beta)"}, "w^2 in place of w"),
    linear("W transposed", {W: "W = (directions * scale).T"}, "w has the shape"),
    linear("A is W transposed", {A: "A = W.T"}, "transpose of w"),
    linear("pseudo-inverse", {A: "A = torch.linalg.pinv(W)"}, "pseudo-inverse"),
    linear("bare projection", {A: "A = directions.T"}, "bare eigenvectors"),
    linear("divided by beta", {A: "A = W.T / beta"}, "divided by beta"),
    linear("A not transposed", {A: "A = directions * (scale / total)"}, "a has the shape"),
    linear("standard deviation", {V: "variance = (beta / total).sqrt()"}, "standard deviation"),
    linear("inverse lambda", {V: "variance = 1 / total"}, "beta is missing"),
    linear("logvar", {V: "variance = (beta / total).log()"}, "logarithm"),
    linear("no clamp of w", {SCALE: "scale = (kept - beta).sqrt()"}, "switched off"),
    linear("no clamp of v", {"total = kept.clamp(min=beta)": "total = kept"}, "switched off"),
    linear("absolute", {SCALE: "scale = (kept - beta).abs().sqrt()"}, "switched off"),
    linear(
        "switched-off latents dropped",
        {
            "kept, directions = eigenvalues[:latents], eigenvectors[:, :latents]": "on = eigenvalues > beta\n"
            "    kept, directions = eigenvalues[on][:latents], eigenvectors[:, on][:, :latents]"
        },
        "is switched off, but stays",
    ),
    linear("all eigenvectors", {", eigenvectors[:, :latents]": ", eigenvectors"}, "linear_vae stopped"),
    linear("eigenvalues cut", {"kept.clamp(min=beta)": "kept.clamp_(min=beta)"}, "changes what it was given"),
    conv("kernel 3", {"nn.Conv2d(3, w, 4, 2, 1)": "nn.Conv2d(3, w, 3, 2, 1)"}, "expected kernel 4"),
    conv("no stride", {"nn.ConvTranspose2d(w, 3, 4, 2, 1)": "nn.ConvTranspose2d(w, 3, 4, 1, 1)"}, "stride 2"),
    conv("plain convolutions", {"nn.ConvTranspose2d(2 * w, w": "nn.Conv2d(2 * w, w"}, "nn.convtranspose2d with"),
    conv("channels", {"nn.Conv2d(w, 2 * w, 4, 2, 1)": "nn.Conv2d(w, w, 4, 2, 1)"}, "convolutions of the encoder"),
    conv("tanh", {"ConvTranspose2d(w, 3, 4, 2, 1),": "ConvTranspose2d(w, 3, 4, 2, 1), nn.Tanh(),"}, "ends in tanh"),
    conv(
        "no ReLU",
        {"nn.Conv2d(w, 2 * w, 4, 2, 1), nn.ReLU()": "nn.Conv2d(w, 2 * w, 4, 2, 1)"},
        "no nn.relu follows a conv2d",
    ),
    conv("no first ReLU", {"16), nn.ReLU(), nn.Unflatten": "16), nn.Unflatten"}, "linear at its start"),
    conv("one code", {"(4 * w * 16, 2 * latent_size)": "(4 * w * 16, latent_size)"}, "side by side"),
    conv("unflatten", {"(4 * w, 4, 4)": "(w, 8, 8)"}, "decode stopped"),
    conv("width not used", {"w = width": "w = 16"}, "with width 2 the convolutions"),
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
    bound("3072 written out", {"2 * distortion / values": "2 * distortion / 3072"}, "3072 stands for the argument"),
    bound(
        "3072 in the nats", {NATS: NATS.replace("values / 2", "1536")}, "nats is wrong: 3072 stands for the argument"
    ),
    bound("rate per value", {NATS: NATS + " / values"}, "the rate is divided by the number of values"),
    bound("all per value", {NATS: NATS + "\n    nats = nats / values"}, "the bound is that of a whole image"),
    bound("one value", {NATS: NATS.replace("values / 2", "1 / 2")}, "only one value counts"),
    bound(
        "gaussian_nll_loss of one number",
        {
            NATS: "root = (2 * distortion).sqrt()\n"
            "    nats = F.gaussian_nll_loss(torch.zeros_like(root), root, variance, full=True) + rate"
        },
        "log(2 pi s^2) counts for one value only",
    ),
    bound("floats", {VARIANCE: "variance = torch.tensor(2 * float(distortion) / values)"}, "no gradient flows"),
    axis("not squared", {SIZE: "size = rows.abs().sum(-2)"}, "have to be squared"),
    axis("mean first", {SIZE: "size = rows.mean(-2).square()"}, "averaged before"),
    axis("variance", {SIZE: "size = rows.var(-2)"}, "taken off"),
    axis("sum over latents", {SIZE: "size = rows.square().sum(-1)"}, "share of a digit"),
    axis("not divided", {SHARE: "return size.amax(-1)"}, "divide by all"),
    axis(
        "largest of each digit",
        {SHARE: "return (rows.square().amax(-1) / rows.square().sum(-1)).mean(-1)"},
        "its own",
    ),
    axis("from the left", {FOUND: FOUND.replace("moves @ rotations", "moves @ rotations.mT")}, "transposed"),
    axis("no rotation", {FOUND: "found, chance = share(moves), share(moves)"}, "not rotated"),
    axis("one rotation", {FOUND: FOUND.replace("rotations)", "rotations[0])")}, "only one rotation"),
    axis("largest", {FOUND: FOUND.replace(".mean()", ".max()")}, "take the mean"),
    axis("pooled", {FOUND: "found, chance = share(moves), share((moves @ rotations).flatten(0, 1))"}, "pooled"),
    axis("lengths", {SIZE: "size = rows.norm(dim=-2)"}, "these are lengths; take their squares"),
    axis(
        "root of the share",
        {FOUND: FOUND + "\n    found = moves.norm(dim=0).max() / moves.norm()"},
        "leave out the root",
    ),
    axis(
        "sums over the rotations",
        {
            FOUND: FOUND + "\n    sizes = (moves @ rotations).square().sum(0)\n"
            "    chance = (sizes.amax(-1) / sizes.sum(-1)).mean()"
        },
        "the sums run over the rotations",
    ),
    axis(
        "largest rotation of each latent",
        {
            FOUND: FOUND + "\n    sizes = (moves @ rotations).square().sum(1)\n"
            "    chance = (sizes.max(0).values / sizes.sum(0)).mean()"
        },
        "largest rotation of each latent",
    ),
    axis(
        "one largest of all",
        {FOUND: FOUND + "\n    sizes = (moves @ rotations).square().sum(1)\n    chance = sizes.max() / sizes.sum()"},
        "each has a share of its own",
    ),
    axis("left blank", {FOUND: "found, chance = share(moves), ..."}, "fill in the blank"),
    epoch(
        "loss measured again",
        {"total += loss.detach()": "total += F.cross_entropy(model(images), labels).detach()"},
        "ran 4 times",
    ),
    epoch(
        "sum as the loss",
        {"F.cross_entropy(model(images), labels)": "F.cross_entropy(model(images), labels, reduction='sum')"},
        "that of the sum",
    ),
    epoch("logits without softmax", {"F.cross_entropy(": "F.nll_loss("}, "log_softmax"),
    epoch(
        "one step after the loop",
        {"        optimizer.zero_grad()\n": "", f"        {STEP}\n": "", MEAN: f"{STEP}\n    {MEAN}"},
        "belongs into the loop",
    ),
    evaluate("values for indices", {"logits.argmax(1)": "logits.max(1)[0]"}, "argmax(1)"),
    evaluate(
        "probabilities for logits",
        {"logits = model(images)": "logits = model(images).softmax(1)"},
        "but got probabilities",
    ),
    evaluate("last batch only", {"right += ": "right = "}, "only the last batch"),
    sweep("later latents, too", {PUT: "codes[:, latent:] = values[:, None]"}, "latents after it"),
    sweep(
        "scrambled copies", {COPIES: "codes = z.repeat_interleave(len(values)).view(len(values), -1)"}, "scrambled"
    ),
    sweep("values sorted", {PUT: PUT + ".sort(descending=True).values"}, "are sorted"),
    draws(
        "mean of the values",
        {DISTORTION: "distortion = F.mse_loss(model.decode(z), x)"},
        "first pass the check above",
    ),
    draws("no half", {".sum(1) / 2": ".sum(1)"}, "first pass the check above"),
    draws("rate without half", {"-0.5 * (1": "-(1"}, "first pass the check above"),
    draws("drawn by torch.normal", {DRAW: "z = torch.normal(mu, torch.exp(logvar / 2))"}, "no torch.normal"),
    draws(
        "drawn by sample", {DRAW: "z = torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample()"}, ".sample()"
    ),
    draws("code detached for the decoder", {"model.decode(z)": "model.decode(z.detach())"}, "distortion reaches mu"),
    draws("softplus", {DRAW: DRAW.replace("torch.exp(logvar / 2)", "F.softplus(logvar)")}, "not softplus"),
    parts(
        "rate of the draw", {RATE: "rate = (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(1) / 2"}, "of the draw"
    ),
    parts("turned", {RATE: "rate = (logvar + (1 + mu**2) / logvar.exp() - 1).sum(1) / 2"}, "q comes first"),
    parts(
        "mean over the colours",
        {DISTORTION: DISTORTION.replace(".flatten", ".mean(1).flatten")},
        "colours are averaged",
    ),
    parts("reconstruction clamped", {"model.decode(z)": "model.decode(z).clamp(-1, 1)"}, "clamped"),
    parts("variance clamped", {"- logvar.exp()": "- logvar.exp().clamp(min=1e-2)"}, "without a clamp"),
    linear(
        "off below 1",
        {SCALE: "scale = torch.where(kept > 1, kept - beta, 0).clamp(min=0).sqrt()"},
        "the limit is beta",
    ),
    linear("difference of roots", {SCALE: "scale = (kept.sqrt() - beta**0.5).clamp(min=0)"}, "difference of roots"),
    linear(
        "last columns", {"eigenvectors[:, :latents]": "eigenvectors[:, -latents:]"}, "largest eigenvalues come first"
    ),
    linear("posterior with beta = 1", {A: "A = (directions * (scale / (scale**2 + 1))).T"}, "variance beta, not 1"),
    linear("signs", {W: "W = -directions * scale"}, "opposite signs"),
    linear(
        "eigenvalues changed",
        {SCALE: SCALE.replace("kept - beta", "kept.clone() - beta") + "\n    kept -= 0.1\n    kept = kept + 0.1"},
        "changes what it was given",
    ),
    conv(
        "batch norm",
        {"nn.Conv2d(3, w, 4, 2, 1), ": "nn.Conv2d(3, w, 4, 2, 1), nn.BatchNorm2d(w), "},
        "but batchnorm2d",
    ),
    conv("no bias", {"nn.Conv2d(3, w, 4, 2, 1)": "nn.Conv2d(3, w, 4, 2, 1, bias=False)"}, "and a bias"),
    conv(
        "pooled",
        {"nn.Flatten(), nn.Linear(4 * w * 16,": "nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w,"},
        "one layer for",
    ),
    bound("rate times variance", {NATS: NATS.replace("+ rate", "+ variance * rate")}, "without the variance"),
    bound("rate in the bracket", {NATS: NATS.replace("+ 1) + rate", "+ 1 + rate)")}, "in the bracket"),
    bound("distortion for n / 2", {NATS: NATS.replace(" + 1)", ")") + " + distortion"}, "divided by the variance"),
    bound(
        "gradient lost in a logarithm",
        {"torch.log(2 * math.pi * variance)": "math.log(2 * math.pi * variance.item())"},
        "gradient by the distortion",
    ),
    bound("3072 as a number", {BITS: BITS.replace("values", "3072")}, "the argument `values`"),
    bound(
        "times log 2",
        {BITS: BITS.replace("nats / (values * math.log(2))", "nats * math.log(2) / values")},
        "multiplied by log 2",
    ),
    bound(
        "level of an image", {BITS: BITS.replace("math.log2(127.5)", "math.log2(127.5) / values")}, "belongs to each"
    ),
    bound("rate as an error", {VARIANCE: "variance = 2 * (distortion + rate) / values"}, "rate is no error"),
    axis(
        "share of the found latent",
        {
            FOUND: "found, turned = share(moves), (moves @ rotations).square().sum(-2)\n"
            "    chance = (turned[:, moves.square().sum(0).argmax()] / turned.sum(-1)).mean()"
        },
        "found before",
    ),
    axis("chance 1 / K", {FOUND: "found, chance = share(moves), torch.tensor(1 / moves.shape[1])"}, "it is 1 / k"),
    axis("median", {FOUND: FOUND.replace(").mean()", ").median()")}, "median"),
    axis(
        "sums over the latents",
        {FOUND: FOUND.replace("moves @ rotations", "(moves @ rotations).mT")},
        "over the latents",
    ),
    axis(
        "largest move",
        {FOUND: FOUND + "\n    found = moves.square().max() / moves.square().sum()"},
        "largest single move",
    ),
    axis("one spread", {FOUND: "moves = moves / moves.std(0)\n    " + FOUND}, "scaled to one spread"),
]

RIGHT = [
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
    sweep("expand and clone", {COPIES: "codes = z.expand(len(values), -1).clone()"}),
    sweep("stacked", {COPIES: "codes = torch.stack([z] * len(values))"}),
    parts("other order", {RATE: "rate = 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum(dim=1)"}),
    parts("sum over three", {".square().flatten(1).sum(1) / 2": ".pow(2).sum((1, 2, 3)) * 0.5"}),
    draws("standard deviation first", {DRAW: "std = (0.5 * logvar).exp()\n    z = torch.randn_like(std) * std + mu"}),
    draws("normal", {DRAW: "z = torch.normal(0.0, 1.0, mu.shape, device=mu.device) * logvar.exp().sqrt() + mu"}),
    linear("signs turned", {"eigenvectors[:, :latents]": "-eigenvectors[:, :latents]"}),
    linear(
        "from W",
        {
            A: "A = torch.linalg.solve(W.T @ W + beta * torch.eye(latents, device=W.device, dtype=W.dtype), W.T)",
            V: "variance = beta / (W.square().sum(0) + beta)",
        },
    ),
    linear("where", {SCALE: "scale = torch.where(kept > beta, (kept - beta).abs().sqrt(), torch.zeros_like(kept))"}),
    conv(
        "ReLU after unflatten",
        {"nn.ReLU(), nn.Unflatten(1, (4 * w, 4, 4))": "nn.Unflatten(1, (4 * w, 4, 4)), nn.ReLU()"},
    ),
    conv(
        "names",
        {"nn.Conv2d(3, w, 4, 2, 1)": "nn.Conv2d(3, w, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))"},
    ),
    bound("three terms", {NATS: "nats = distortion / variance + values / 2 * (2 * math.pi * variance).log() + rate"}),
    bound("levels", {"+ math.log2(127.5)": "- math.log2(2 / 255)"}),
    axis(
        "loop",
        {FOUND: "found = share(moves)\n    chance = sum(share(moves @ Q) for Q in rotations) / len(rotations)"},
    ),
    axis("means", {SIZE: "size = (rows**2).mean(dim=-2)"}),
    conv(
        "one ReLU for all",
        {"        w = width\n": "        w, relu = width, nn.ReLU()\n", "nn.ReLU(),": "relu,"},
    ),
]
