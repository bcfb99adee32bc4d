"""Extra lab on the Wasserstein GAN: wrong and alternative ways to write distances, critics and penalties."""

from tests.mutants.bank import at

LAB = "extra/wasserstein_gan"

FIRST = "nn.ConvTranspose2d(latent_size, 8 * width, 5, bias=False)"
SECOND = "nn.ConvTranspose2d(8 * width, 4 * width, 5, bias=False)"
THIRD = "nn.ConvTranspose2d(4 * width, 2 * width, 5, 2, bias=False)"
FOURTH = "nn.ConvTranspose2d(2 * width, width, 5, bias=False)"
LAST = "nn.ConvTranspose2d(width, 1, 4, bias=False)"
SORTED = "distance = (x.sort().values - y.sort().values).abs().mean()"
LEAVES = "    for i in range(N):\n        leaves[i, i, :] = 1\n"
ARRIVES = "    for j in range(M):\n        arrives[j, :, j] = 1\n"
MASSES = "masses = torch.cat([p, q])"
SLOPES = "slopes = unit[:, None] - unit[None]"
LIMITS = "limits = cost"
OBJECTIVE = "objective = q - p"
NOISE = "z = torch.randn(len(images), gmodel.latent_size, device=images.device)"
FAKES = "fakes = gmodel(z).detach()"
ESTIMATE = "estimate = critic(images).mean() - critic(fakes).mean()"
UPDATE = "    update(optimizer, -estimate)\n"
LOGIT_LOSS = (
    "on_real, on_fakes = critic(images), critic(fakes)\n"
    "    loss = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))"
    " + F.binary_cross_entropy_with_logits(on_fakes, torch.zeros_like(on_fakes))\n"
)
CLIP = (
    "    with torch.no_grad():\n        for parameter in critic.parameters():\n"
    "            parameter.clamp_(-clip, clip)\n"
)
U = "u = torch.rand(len(real), 1, 1, 1, device=real.device)"
MIXED = "mixed = (u * real + (1 - u) * fakes).requires_grad_()"
SLOPE = "(slopes,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)"
PENALTY = "penalty = (slopes.flatten(1).norm(dim=1) - 1).square().mean()"
VMAP = "slopes = torch.func.vmap(torch.func.grad(lambda image: critic(image[None]).squeeze()))(mixed)"
OF_VALUE = "of_value = spearmanr(value, quality).statistic"
OF_CLOCK = "of_clock = spearmanr(clock, quality).statistic"
OF_CHANGES = "of_changes = spearmanr(np.diff(value), np.diff(quality)).statistic"

generator = at("generator")
emd = at("emd-sorted", piece=SORTED)
plan = at("transport-plan")
prices = at("best-prices")
critic = at("critic-step")
penalty = at("gradient-penalty")
points = at("gradient-penalty", check="check-gradient-penalty-points")
ranks = at("correlations")

WRONG = [
    generator("kernel 4 in layer 1", {FIRST: FIRST.replace("5,", "4,")}, "layer 1"),
    generator("kernel 5 in layer 5", {LAST: LAST.replace("4,", "5,")}, "layer 5"),
    generator("strides forgotten", {THIRD: THIRD.replace("5, 2,", "5,")}, "look at the strides"),
    generator(
        "stride in layer 2",
        {SECOND: SECOND.replace("5,", "5, 2,"), THIRD: FOURTH.replace("2 * width, width", "4 * width, 2 * width")},
        "look at the strides",
    ),
    generator("stride 2 everywhere", {"5, bias": "5, 2, bias"}, "look at the strides"),
    generator("padding", {THIRD: THIRD.replace("5, 2,", "5, 2, 1,")}, "layer 3 has the padding 1"),
    generator(
        "half as wide", {"8 * width": "4 * width", "4 * width": "2 * width", "2 * width": "width"}, "batch norms of"
    ),
    generator("norm on the output", {LAST: LAST + ", nn.BatchNorm2d(1)"}, "batch norms of [16, 8, 4, 2, 1]"),
    generator("no norm in layer 1", {"nn.BatchNorm2d(8 * width), ": ""}, "batch norms of [8, 4, 2]"),
    generator(
        "a layer too few",
        {FOURTH + ", nn.BatchNorm2d(width), nn.ReLU(),": "", LAST: LAST.replace("(width", "(2 * width")},
        "5 layers",
    ),
    generator("no tanh", {", nn.Tanh()": ""}, "tanh is missing"),
    generator("a sigmoid at the end", {"nn.Tanh()": "nn.Sigmoid()"}, "it ends in a sigmoid"),
    generator("ReLU before the tanh", {"nn.Tanh()": "nn.ReLU(), nn.Tanh()"}, "relu before the tanh"),
    generator("leaky ReLU", {"nn.ReLU()": "nn.LeakyReLU(0.2)"}, "are leaky relu"),
    generator("leaky ReLU, slope 0.01", {"nn.ReLU()": "nn.LeakyReLU()"}, "leaky relu (of slope 0.01)"),
    generator("no activations", {", nn.ReLU()": ""}, "activations are missing"),
    generator(
        "a typo in a name", {"nn.Tanh()": "nn.Tanh() if latent_sise else None"}, "name 'latent_sise' is not defined"
    ),
    generator(
        "norm after the activation",
        {
            "nn.BatchNorm2d(8 * width), nn.ReLU()": "nn.ReLU(), nn.BatchNorm2d(8 * width)",
            "nn.BatchNorm2d(4 * width), nn.ReLU()": "nn.ReLU(), nn.BatchNorm2d(4 * width)",
            "nn.BatchNorm2d(2 * width), nn.ReLU()": "nn.ReLU(), nn.BatchNorm2d(2 * width)",
            "nn.BatchNorm2d(width), nn.ReLU()": "nn.ReLU(), nn.BatchNorm2d(width)",
        },
        "after the activation",
    ),
    emd("unsorted", "distance = (x - y).abs().mean()", "sorted first, both"),
    emd("only x sorted", "distance = (x.sort().values - y).abs().mean()", "y has to be sorted"),
    emd("only y sorted", "distance = (x - y.sort().values).abs().mean()", "x has to be sorted"),
    emd("squared", SORTED.replace(".abs()", ".square()"), "squared"),
    emd("summed", SORTED.replace("mean()", "sum()"), "take the mean"),
    emd("difference of the means", "distance = (x.mean() - y.mean()).abs()", "only the means are compared"),
    emd("no absolute value", SORTED.replace(".abs()", ""), "absolute value"),
    emd("order, not values", "distance = (x.sort().indices - y.sort().indices).abs().mean()", "emd_1d stopped"),
    emd("left blank", "distance = ...", "fill in the blank"),
    plan("nothing has to arrive", {ARRIVES: ""}, "arrives is 0 everywhere"),
    plan("nothing has to leave", {LEAVES: ""}, "leaves is 0 everywhere"),
    plan(
        "the sheet's minimal mass: only arrivals asked for",
        {ARRIVES: "", MASSES: "masses = torch.cat([p, 0 * q])"},
        "what arrives at each place is not q",
    ),
    plan(
        "only departures asked for",
        {LEAVES: "", MASSES: "masses = torch.cat([0 * p, q])"},
        "what leaves each place is not p",
    ),
    plan("p and q swapped", {MASSES: "masses = torch.cat([q, p])"}, "masses is not p followed by q"),
    plan("all entries leave", {"leaves[i, i, :] = 1": "leaves[i] = 1"}, "leaves[0] should mark the whole row 0"),
    plan(
        "one entry arrives",
        {"arrives[j, :, j] = 1": "arrives[j, j, j] = 1"},
        "arrives[0] should mark the whole column 0",
    ),
    plan(
        "rows and columns swapped",
        {"leaves[i, i, :] = 1": "leaves[i, :, i % M] = 1", "arrives[j, :, j] = 1": "arrives[j, j, :] = 1"},
        "leaves[0] should mark the whole row 0",
    ),
    plan("masses left blank", {MASSES: "masses = ..."}, "still `...`"),
    plan("masses as a pair", {MASSES: "masses = [p, q]"}, "one vector (n + m,)"),
    prices("sign of the objective", {OBJECTIVE: "objective = p - q"}, "sign is turned"),
    prices("no objective", {OBJECTIVE: "objective = 0 * p"}, "it is nothing"),
    prices("each pair one way only", {SLOPES: SLOPES + "\n    slopes = slopes.triu(1)"}, "both ways"),
    prices("no slopes", {SLOPES: "pass"}, "no largest value"),
    prices("squared distances", {LIMITS: "limits = cost**2"}, "not 1-lipschitz"),
    prices("slopes up to 2", {LIMITS: "limits = 2 * cost"}, "not 1-lipschitz"),
    prices("limits of zero", {LIMITS: "limits = torch.zeros_like(cost)"}, "it is nothing"),
    critic("not detached", {FAKES: "fakes = gmodel(z)"}, "detach"),
    critic("no update", {UPDATE: ""}, "nothing was updated"),
    critic(
        "two updates",
        {
            ESTIMATE: ESTIMATE + "\n    update(optimizer, -critic(images).mean())",
            UPDATE: "    update(optimizer, critic(fakes).mean())\n",
        },
        "a second step",
    ),
    critic("one bound", {"clamp_(-clip, clip)": "clamp_(clip)"}, "one bound"),
    critic("estimate left blank", {ESTIMATE: "estimate = ...", UPDATE: ""}, "still `...`"),
    critic("not clipped", {CLIP: ""}, "nothing was clipped"),
    critic("neither", {UPDATE: "", CLIP: ""}, "nothing happened"),
    critic("clipped before the update", {UPDATE: "", CLIP: CLIP + UPDATE}, "before the update"),
    critic("clipped to [0, c]", {"clamp_(-clip, clip)": "clamp_(0, clip)"}, "may be negative"),
    critic("bound fixed", {"clamp_(-clip, clip)": "clamp_(-0.01, 0.01)"}, "fixed at 0.01"),
    critic(
        "biases not clipped",
        {"in critic.parameters()": "in (p for n, p in critic.named_parameters() if n != 'b')"},
        "biases are parameters",
    ),
    critic("clipping a copy", {"parameter.clamp_(": "parameter.clamp("}, "nothing was clipped"),
    critic(
        "clipping the gradients",
        {CLIP: "    torch.nn.utils.clip_grad_value_(critic.parameters(), clip)\n"},
        "nothing was clipped",
    ),
    critic("clipping the generator", {"in critic.parameters()": "in gmodel.parameters()"}, "nothing was clipped"),
    critic("upper bound only", {"clamp_(-clip, clip)": "clamp_(max=clip)"}, "only the upper bound"),
    critic("lower bound only", {"clamp_(-clip, clip)": "clamp_(min=-clip)"}, "only the lower bound"),
    critic(
        "matrices only",
        {"in critic.parameters()": "in (p for p in critic.parameters() if p.dim() > 1)"},
        "biases are parameters",
    ),
    critic("the f of the theory", {ESTIMATE: ESTIMATE.replace("critic", "f")}, "name 'f' is not defined"),
    critic("no zero_grad", {UPDATE: "    (-estimate).backward()\n    optimizer.step()\n"}, "were not cleared"),
    critic("sign", {UPDATE: "    update(optimizer, estimate)\n"}, "sign is turned"),
    critic("real only", {ESTIMATE: "estimate = critic(images).mean()"}, "only the real images"),
    critic("generated only", {ESTIMATE: "estimate = -critic(fakes).mean()"}, "only the generated images"),
    critic("both raised", {ESTIMATE: ESTIMATE.replace(" - ", " + ")}, "both means are raised"),
    critic(
        "an ordinary GAN's loss",
        {ESTIMATE: ESTIMATE + "\n    " + LOGIT_LOSS, "update(optimizer, -estimate)": "update(optimizer, loss)"},
        "loss of an ordinary gan",
    ),
    critic(
        "an ordinary GAN's loss, by softplus",
        {
            UPDATE: "    update(optimizer, F.softplus(-critic(images)).mean() + F.softplus(critic(fakes)).mean())\n",
        },
        "loss of an ordinary gan",
    ),
    critic("summed", {".mean()": ".sum()"}, "summed over the batch"),
    critic("returns the loss", {"return estimate.detach()": "return -estimate.detach()"}, "this is the loss"),
    critic("graph returned", {"return estimate.detach()": "return estimate"}, "detached"),
    critic("uniform z", {NOISE: NOISE.replace("torch.randn(", "2 * torch.rand(") + " - 1"}, "it is uniform"),
    critic("one z", {NOISE: NOISE.replace("len(images)", "1")}, "as many z"),
    penalty("no minus one", {PENALTY: PENALTY.replace(" - 1)", ")")}, "the - 1 is missing"),
    penalty("no square", {PENALTY: PENALTY.replace(".square()", "")}, "the square is missing"),
    penalty("absolute value", {PENALTY: PENALTY.replace(".square()", ".abs()")}, "square is missing"),
    penalty("summed", {PENALTY: PENALTY.replace("mean()", "sum()")}, "summed over the batch"),
    penalty("squared length", {PENALTY: PENALTY.replace("norm(dim=1)", "square().sum(1)")}, "length^2"),
    penalty(
        "squared length, minus 1",
        {PENALTY: "penalty = (slopes.flatten(1).norm(dim=1) ** 2 - 1).mean()"},
        "it is length^2 - 1",
    ),
    penalty("one-sided", {PENALTY: PENALTY.replace(".square()", ".clamp(min=0).square()")}, "only slopes above 1"),
    penalty("other side", {PENALTY: PENALTY.replace(".square()", ".clamp(max=0).square()")}, "only slopes below 1"),
    penalty(
        "one length for the batch", {PENALTY: PENALTY.replace("flatten(1).norm(dim=1)", "norm()")}, "whole batch"
    ),
    penalty("mean of f", {SLOPE: SLOPE.replace(".sum()", ".mean()")}, "mean of f"),
    penalty("each pixel", {PENALTY: PENALTY.replace("flatten(1).norm(dim=1)", "norm(dim=1)")}, "each pixel's slope"),
    penalty("over the batch", {PENALTY: PENALTY.replace("norm(dim=1)", "norm(dim=0)")}, "over the batch, for each"),
    penalty(
        "square of the mean", {PENALTY: PENALTY.replace(".square().mean()", ".mean() ** 2")}, "before the square"
    ),
    penalty("the f of the theory", {SLOPE: SLOPE.replace("critic(", "f(")}, "name 'f' is not defined"),
    penalty("no graph", {", create_graph=True": ""}, "create_graph=true"),
    penalty("only retained", {"create_graph=True": "retain_graph=True"}, "create_graph=true"),
    penalty("real images only in the slope", {SLOPE: SLOPE.replace("sum(), mixed", "sum(), real")}, "stopped"),
    points("one u for all", {U: "u = torch.rand(1, 1, 1, 1, device=real.device)"}, "all pairs have the same u"),
    points("real images only", {MIXED: "mixed = real.clone().requires_grad_()"}, "at real images only"),
    points(
        "generated images only", {MIXED: "mixed = fakes.clone().requires_grad_()"}, "at the generated images only"
    ),
    points("one u for each pixel", {U: "u = torch.rand_like(real)"}, "every pixel has a u of its own"),
    points("the f of the theory", {SLOPE: SLOPE.replace("critic(", "f(")}, "name 'f' is not defined"),
    points("u from -1 to 1", {U: U.replace("torch.rand(", "2 * torch.rand(") + " - 1"}, "from -1 to 1"),
    points("normal u", {U: U.replace("torch.rand(", "torch.randn(")}, "normal distribution"),
    ranks("Pearson's correlation", {"spearmanr(value": "pearsonr(value"}, "pearson"),
    ranks("Pearson's for the changes", {"spearmanr(np": "pearsonr(np"}, "pearson"),
    ranks("Pearson's for the clock", {"spearmanr(clock": "pearsonr(clock"}, "pearson"),
    ranks("a clock of its own", {"spearmanr(clock": "spearmanr(-np.arange(len(quality))"}, "of_clock is wrong"),
    ranks("sign", {OF_VALUE: OF_VALUE.replace("(value", "(-value")}, "sign is turned"),
    ranks("the p-value", {OF_CLOCK: OF_CLOCK.replace("statistic", "pvalue")}, "p-value"),
    ranks(
        "clock against value", {OF_CLOCK: OF_CLOCK.replace("quality", "value")}, "value and clock; take the quality"
    ),
    ranks(
        "value against clock", {OF_VALUE: OF_VALUE.replace("quality", "clock")}, "value and clock; take the quality"
    ),
    ranks(
        "SciPy's result", {OF_CHANGES: OF_CHANGES.removesuffix(".statistic")}, "of_changes is scipy's result object"
    ),
    ranks(
        "SciPy's results",
        {part: part.removesuffix(".statistic") for part in (OF_VALUE, OF_CLOCK, OF_CHANGES)},
        "of_value is scipy's result object",
    ),
    ranks("no differences", {OF_CHANGES: "of_changes = of_value"}, "this is of_value"),
    ranks("the value's changes only", {"np.diff(quality)": "quality[1:]"}, "only the value was differenced"),
    ranks(
        "ratios",
        {"np.diff(value)": "value[1:] / value[:-1]", "np.diff(quality)": "quality[1:] / quality[:-1]"},
        "ratios",
    ),
    ranks(
        "changes of the ranks",
        {
            "np.diff(value)": "np.diff(value.argsort().argsort())",
            "np.diff(quality)": "np.diff(quality.argsort().argsort())",
        },
        "changes of the ranks",
    ),
    ranks(
        "wrong order",
        {"return of_value, of_clock, of_changes": "return of_clock, of_value, of_changes"},
        "this is of_clock",
    ),
    ranks("one left blank", {OF_CHANGES: "of_changes = ..."}, "of_changes is still"),
    ranks("two numbers", {"return of_value, of_clock, of_changes": "return of_value, of_clock"}, "three numbers"),
    ranks("differences of lengths that do not fit", {"np.diff(quality)": "quality"}, "correlations stopped"),
    generator(
        "one norm after the activation",
        {"nn.BatchNorm2d(2 * width), nn.ReLU()": "nn.ReLU(), nn.BatchNorm2d(2 * width)"},
        "in layer 3 batch norm comes after",
    ),
    generator(
        "one activation forgotten", {"BatchNorm2d(8 * width), nn.ReLU()": "BatchNorm2d(8 * width)"}, "of layer 1 is"
    ),
    generator(
        "norm without scale and shift",
        {"nn.BatchNorm2d(4 * width)": "nn.BatchNorm2d(4 * width, affine=False)"},
        "no scale and shift",
    ),
    emd("y in the order of x", "distance = (x.sort().values - y[x.argsort()]).abs().mean()", "by its own values"),
    emd("indices", SORTED.replace(".values", ".indices").replace(".mean", ".double().mean"), "these are places"),
    emd("nearest y", "distance = (x[:, None] - y).abs().amin(1).mean()", "a y may arrive twice"),
    emd("Wasserstein-2", SORTED.replace(".abs().mean()", ".square().mean().sqrt()"), "the root of their mean"),
    emd("sorted in place", "x.numpy().sort(), y.numpy().sort()\n    distance = (x - y).abs().mean()", "argument x"),
    plan(
        "last columns forgotten", {"in range(M)": "in range(min(N, M))"}, "arrives[4] should mark the whole column 4"
    ),
    plan(
        "what stays is left out",
        {"leaves[i, i, :] = 1": "leaves[i, i] = 1\n        leaves[i, i, i % M] = 0"},
        "is each row marked as a whole?",
    ),
    prices("half the distance", {LIMITS: "limits = cost / 2"}, "it is half of it"),
    prices("q forgotten", {OBJECTIVE: "objective = -p"}, "where sum_i (p_i - q_i) f_i is high"),
    critic(
        "f of the generated ones detached",
        {ESTIMATE: "estimate = critic(images).mean() - critic(fakes).detach().mean()"},
        "detach no f",
    ),
    critic(
        "estimate after the update",
        {"return estimate.detach()": "return (critic(images).mean() - critic(fakes).mean()).detach()"},
        "of the critic after the update",
    ),
    critic(
        "absolute value", {ESTIMATE: "estimate = (critic(images).mean() - critic(fakes).mean()).abs()"}, "in abs()"
    ),
    critic("the same z", {FAKES: "fakes = gmodel(z[:1].expand(len(z), -1)).detach()"}, "come from the same z"),
    critic("the generator's mode", {NOISE: f"gmodel.eval()\n    {NOISE}"}, "is in evaluation mode"),
    penalty("root mean square", {PENALTY: PENALTY.replace("norm(dim=1)", "square().mean(1).sqrt()")}, "root mean"),
    penalty(
        "images changed",
        {MIXED: "mixed = real.mul_(u).add_((1 - u) * fakes).requires_grad_()"},
        "changes its argument real in place",
    ),
    points(
        "generated images changed",
        {MIXED: "mixed = fakes.lerp_(real, u).requires_grad_()"},
        "changes its argument fakes in place",
    ),
    points("vmap, one u for all", {U: U.replace("len(real)", "1"), SLOPE: VMAP}, "all pairs have the same u"),
    points("vmap, real images only", {MIXED: "mixed = real.clone()", SLOPE: VMAP}, "at real images only"),
    points("u rounded", {U: U + ".round()"}, "u is 0 or 1"),
    ranks("absolute value", {OF_VALUE: "of_value = abs(spearmanr(value, quality).statistic)"}, "in abs()"),
    ranks("changes of the clock", {"np.diff(quality)": "np.diff(clock)"}, "the changes of the clock"),
    ranks(
        "sizes of the changes",
        {"np.diff(value), np.diff(quality)": "abs(np.diff(value)), abs(np.diff(quality))"},
        "sizes of changes",
    ),
    ranks("gradient", {"np.diff": "np.gradient"}, "np.gradient"),
    ranks("relative changes", {"np.diff(value)": "np.diff(value) / value[:-1]"}, "relative changes"),
    ranks(
        "since the first",
        {"np.diff(value), np.diff(quality)": "value[1:] - value[0], quality[1:]"},
        "since the first",
    ),
]

RIGHT = [
    generator(
        "in place, strides by name",
        {"nn.ReLU()": "nn.ReLU(inplace=True)", "5, 2, bias": "5, stride=2, padding=0, bias"},
    ),
    generator("with biases", {", bias=False": ""}),
    generator("with a bias in the last layer", {LAST: LAST.replace(", bias=False", "")}),
    emd("torch.sort", "distance = torch.mean(torch.abs(torch.sort(x)[0] - torch.sort(y)[0]))"),
    emd("from above", "distance = F.l1_loss(x.sort(descending=True).values, y.sort(descending=True).values)"),
    plan("masks without loops", {LEAVES: "    leaves = torch.eye(N)[:, :, None].expand(N, N, M)\n"}),
    plan(
        "one loop over all entries",
        {
            LEAVES: "",
            ARRIVES: "    for i in range(N):\n        for j in range(M):\n            leaves[i, i, j] = 1\n"
            "            arrives[j, i, j] = 1\n",
        },
    ),
    plan(
        "everything times -1",
        {
            "leaves[i, i, :] = 1": "leaves[i, i, :] = -1",
            "arrives[j, :, j] = 1": "arrives[j, :, j] = -1",
            MASSES: "masses = -torch.cat([p, q])",
        },
    ),
    prices(
        "loops",
        {
            SLOPES: "for i in range(N):\n        for j in range(N):\n            slopes[i, j, i] += 1\n"
            "            slopes[i, j, j] -= 1"
        },
    ),
    prices("minus the income", {OBJECTIVE: "objective = -(p - q).numpy()"}),
    critic("no_grad for the generator", {FAKES: "with torch.no_grad():\n        fakes = gmodel(z)"}),
    critic("through .data", {CLIP: "    for p in critic.parameters():\n        p.data = p.data.clip(-clip, clip)\n"}),
    critic(
        "own backward and step",
        {UPDATE: "    optimizer.zero_grad()\n    (-estimate).backward()\n    optimizer.step()\n"},
    ),
    critic("one batch for both", {ESTIMATE: "estimate = (critic(images) - critic(fakes)).mean()"}),
    penalty("by hand", {PENALTY: "penalty = ((slopes.square().sum((1, 2, 3)).sqrt() - 1) ** 2).mean()"}),
    penalty(
        "ones as weights",
        {
            SLOPE: "values = critic(mixed)\n    (slopes,) = torch.autograd.grad("
            "values, mixed, torch.ones_like(values), create_graph=True)"
        },
    ),
    penalty("vmap", {SLOPE: VMAP}),
    points("vmap", {SLOPE: VMAP}),
    points("vmap without a batch", {SLOPE: VMAP.replace("image[None]", "image")}),
    points("from the other end", {MIXED: "mixed = torch.lerp(real, fakes, u).requires_grad_()"}),
    points(
        "one image at a time",
        {
            SLOPE: "slopes = torch.cat([torch.autograd.grad(critic(x[None]).sum(), x, create_graph=True)[0][None]\n"
            "                        for x in mixed])"
        },
    ),
    points("detached first", {MIXED: "mixed = (fakes + u * (real - fakes)).detach().requires_grad_(True)"}),
    ranks(
        "a tensor", {"return of_value, of_clock, of_changes": "return torch.tensor([of_value, of_clock, of_changes])"}
    ),
    ranks("arrays of one number", {"return of_value,": "return np.array(of_value),"}),
    ranks("pandas", {OF_VALUE: "of_value = pd.Series(value).corr(pd.Series(quality), method='spearman')"}),
    ranks("slices", {"np.diff(value)": "value[1:] - value[:-1]", "np.diff(quality)": "quality[1:] - quality[:-1]"}),
    ranks("the other way round", {"spearmanr(value, quality)": "spearmanr(quality, value)"}),
    ranks("unpacked", {OF_CLOCK: "of_clock, _ = spearmanr(clock, quality)"}),
    ranks("backwards in time", {"np.diff(value), np.diff(quality)": "-np.diff(value), -np.diff(quality)"}),
]
