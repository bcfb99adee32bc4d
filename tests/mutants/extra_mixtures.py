"""Extra lab on mixtures: wrong and alternative ways to write EM, the autoencoder and the sampling."""

from tests.mutants.bank import at

LAB = "extra/mixtures"

FACTORS = "factors = torch.linalg.cholesky(covariances)"
SCALED = "scaled = torch.linalg.solve_triangular(factors, (x - means[:, None]).mT, upper=False)"
DISTANCE = "squared_distance = scaled.square().sum(1).T"
LOG_DET = "log_det = 2 * factors.diagonal(dim1=1, dim2=2).log().sum(1)"
DENSITY = "log_density = -0.5 * (x.shape[1] * math.log(2 * math.pi) + log_det + squared_distance)"
JOINT = "joint = weights.log() + log_gaussian(x, means, covariances)"
LOG_PROB = "log_prob = torch.logsumexp(joint, 1)"
LOG_RESP = "log_resp = joint - log_prob[:, None]"
WEIGHTS = "weights = counts / len(x)"
MEANS = "means = resp.T @ x / counts[:, None]"
SUM = "covariances = (resp.T[:, :, None] * d).mT @ d / counts[:, None, None]"
REG = "covariances = covariances + reg * torch.eye(x.shape[1], dtype=x.dtype)"
E_STEP = "log_resp, log_prob = e_step(x, weights, means, covariances)"
KEEP = "history.append(log_prob.mean())"
M_STEP = "weights, means, covariances = m_step(x, log_resp.exp())"
BOUND = "bound = (q * joint + torch.special.entr(q)).sum(1)"
ENCODER = (
    "self.encoder = nn.Sequential(nn.Linear(784, 200), nn.Softplus(), nn.Linear(200, 200), nn.Softplus(),\n"
    "                                     nn.Linear(200, 2))"
)
DECODER = (
    "self.decoder = nn.Sequential(nn.Linear(2, 200), nn.Softplus(), nn.Linear(200, 200), nn.Softplus(),\n"
    "                                     nn.Linear(200, 784), nn.Sigmoid())"
)
LOSS = 'value = F.binary_cross_entropy(self.decoder(self.encoder(x)), x, reduction="sum") / len(x)'
MEAN_IMAGE = "mean = images.mean(0)"
EIGEN = "_, vectors = torch.linalg.eigh(torch.cov(images.T))"
DIRECTIONS = "directions = vectors[:, -size:].flip(1).T"
DRAW = "y = torch.multinomial(weights, count, replacement=True)"
NOISE = "noise = torch.randn(count, means.shape[1], 1, dtype=means.dtype)"
NORMAL = "torch.distributions.MultivariateNormal"
SAMPLE = "z = means[y] + (factors[y] @ noise)[:, :, 0]"

density = at("log-gaussian")
e_step = at("e-step")
m_step = at("m-step")
em = at("em")
bound = at("lower-bound")
network = at("autoencoder")
loss = at("autoencoder", piece=LOSS)
pca = at("pca")
sample = at("sample-mixture")

WRONG = [
    density("no half", {"-0.5 * (x.shape": "-(x.shape"}, "factor 1/2 is missing"),
    density("sign", {"-0.5 * (x.shape": "0.5 * (x.shape"}, "its sign is turned"),
    density("density itself", {DENSITY: f"{DENSITY}\n    log_density = log_density.exp()"}, "it is the density"),
    density("no constant", {"x.shape[1] * math.log(2 * math.pi) + ": ""}, "m log(2 pi) is missing"),
    density("one dimension", {"x.shape[1] * math.log": "math.log"}, "once for each of the m dimensions"),
    density("no determinant", {"log_det + squared": "squared"}, "log det sigma is missing"),
    density("half the determinant", {"log_det = 2 * factors": "log_det = factors"}, "*twice* the sum"),
    density("determinant's sign", {"+ log_det": "- log_det"}, "log det sigma has the wrong sign"),
    density(
        "determinant without logarithm", {LOG_DET: "log_det = torch.linalg.det(covariances)"}, "not its logarithm"
    ),
    density("no distance", {"+ squared_distance": "+ 0 * squared_distance"}, "squared distance is missing"),
    density("Euclidean distance", {SCALED: "scaled = (x - means[:, None]).mT"}, "the distance ignores sigma"),
    density(
        "Sigma for its inverse", {SCALED: "scaled = factors.mT @ (x - means[:, None]).mT"}, "it needs the inverse"
    ),
    density(
        "solved with Sigma", {SCALED: "scaled = torch.linalg.solve(covariances, (x - means[:, None]).mT)"}, "twice"
    ),
    density("distance not squared", {"scaled.square().sum(1)": "scaled.square().sum(1).sqrt()"}, "not squared"),
    density("transposed", {DENSITY: f"{DENSITY}\n    log_density = log_density.T"}, "one row for each point"),
    density("left blank", {DENSITY: "log_density = ..."}, "fill in the blank"),
    e_step("no weights", {"weights.log() + ": ""}, "log_prob is wrong: the weights are missing"),
    e_step("weights without logarithm", {"weights.log()": "weights"}, "add their logarithms"),
    e_step(
        "logarithm by hand",
        {LOG_PROB: "log_prob = joint.exp().sum(1).log()"},
        "a far point holds nan or infinite values. its densities are below",
    ),
    e_step("sum of logarithms", {LOG_PROB: "log_prob = joint.sum(1)"}, "adds up logarithms"),
    e_step("likeliest only", {LOG_PROB: "log_prob = joint.amax(1)"}, "the likeliest component only"),
    e_step("mean", {LOG_PROB: "log_prob = joint.exp().mean(1).log()"}, "mean over the components"),
    e_step("probability", {LOG_RESP: f"{LOG_RESP}\n    log_prob = log_prob.exp()"}, "it is p(x)"),
    e_step("over the points", {LOG_RESP: "log_resp = joint.log_softmax(0)"}, "normalised over the points"),
    e_step("not normalised", {LOG_RESP: "log_resp = joint"}, "it is not normalised"),
    e_step("responsibilities", {LOG_RESP: "log_resp = joint.softmax(1)"}, "their logarithms are asked for"),
    e_step(
        "softmax, then the logarithm",
        {LOG_RESP: "log_resp = joint.softmax(1).log()"},
        "log_resp of a far point holds nan or infinite values",
    ),
    m_step("weights not divided", {WEIGHTS: "weights = counts"}, "these are the n_k"),
    m_step("weights by K", {WEIGHTS: "weights = counts / len(counts)"}, "divided by k, not by n"),
    m_step("mean over components", {"resp.sum(0)": "resp.sum(1)"}, "m_step stopped"),
    m_step("means not divided", {MEANS: "means = resp.T @ x"}, "means` is wrong: the sum is not divided by n_k"),
    m_step("means by n", {MEANS: "means = resp.T @ x / len(x)"}, "they are divided by n"),
    m_step("mean of all", {MEANS: "means = x.mean(0).repeat(len(counts), 1)"}, "responsibilities are not used"),
    m_step(
        "covariances not divided", {" / counts[:, None, None]": ""}, "covariances` is wrong: the sum is not divided"
    ),
    m_step("covariances by n", {"d / counts[:, None, None]": "d / len(x)"}, "is wrong: they are divided by n"),
    m_step("unbiased", {"d / counts[:, None, None]": "d / (counts[:, None, None] - 1)"}, "n_k - 1"),
    m_step(
        "second moments", {"d = x - means[:, None]": "d = x.repeat(len(means), 1, 1)"}, "means are not subtracted"
    ),
    m_step(
        "around the mean of all", {"x - means[:, None]": "x - x.mean(0) + 0 * means[:, None]"}, "new mean of each"
    ),
    m_step("squared responsibilities", {"@ d / counts": "@ (resp.T[:, :, None] * d) / counts"}, "are squared"),
    m_step("unweighted", {SUM: "covariances = d.mT @ d / len(x)"}, "responsibilities are not used"),
    m_step("diagonal", {REG: f"{REG}\n    covariances = covariances * torch.eye(2)"}, "only the variances are there"),
    m_step("no reg", {f"    {REG}\n": ""}, "reg is missing"),
    m_step("reg everywhere", {" * torch.eye(x.shape[1], dtype=x.dtype)": ""}, "on the diagonal only"),
    em("logarithms handed on", {"log_resp.exp()": "log_resp"}, "em stopped"),
    em(
        "responsibilities once",
        {E_STEP: f"{E_STEP.replace('log_resp,', 'now,')}\n        log_resp = now if step == 0 else log_resp"},
        "what a single step gives",
    ),
    em("nothing kept", {M_STEP: "m_step(x, log_resp.exp())"}, "nothing has changed since the start"),
    em("one step short", {"if step < steps:": "if step < steps - 1:"}, "one step short"),
    em("one step too far", {"if step < steps:": "if True:"}, "one step too far"),
    em("sums", {"log_prob.mean()": "log_prob.sum()"}, "these are sums over the points"),
    em("loss", {"log_prob.mean()": "-log_prob.mean()"}, "the sign is turned"),
    em("likelihood", {"log_prob.mean()": "log_prob.mean().exp()"}, "keep the logarithm"),
    em(
        "measured after the step",
        {KEEP: "", M_STEP: f"{M_STEP}\n        history.append(e_step(x, weights, means, covariances)[1].mean())"},
        "one place too far to the left",
    ),
    em(
        "one round late",
        {KEEP: "history.append(last if step else log_prob.mean())\n        last = log_prob.mean()"},
        "one place too far to the right",
    ),
    em("no measure of the last round", {KEEP: f"if step < steps:\n            {KEEP}"}, "7 values for 6 steps"),
    bound("no entropy", {BOUND: "bound = (q * joint).sum(1)"}, "part with log q is missing"),
    bound("entropy's sign", {"+ torch.special.entr(q)": "- torch.special.entr(q)"}, "log q has the wrong sign"),
    bound("log q without weight", {BOUND: "bound = (q * joint - q.log()).sum(1)"}, "log q is not weighted by q"),
    bound("no weights", {"weights.log() + ": ""}, "weights of the components are missing"),
    bound("weights without logarithm", {"weights.log()": "weights"}, "weights are not in the logarithm"),
    bound("log p", {BOUND: "bound = torch.logsumexp(joint, 1)"}, "it is log p(x), whatever q is"),
    bound("mean over components", {".sum(1)": ".mean(1)"}, "averaged over the components"),
    bound("sum over the points", {".sum(1)": ".sum()"}, "one number for each point"),
    bound("sum over the points, each component", {".sum(1)": ".sum(0)"}, "one number for each point"),
    bound("sign", {BOUND: BOUND + "\n    bound = -bound"}, "the sign is turned"),
    bound("gap", {BOUND: BOUND + "\n    bound = torch.logsumexp(joint, 1) - bound"}, "it is the gap"),
    bound("nothing weighted", {BOUND: "bound = (joint - q.log()).sum(1)"}, "logarithms are not weighted"),
    bound("nan at 0", {BOUND: "bound = (q * (joint - q.log())).sum(1)"}, "0 log 0 has to be 0"),
    bound("left blank", {BOUND: "bound = ..."}, "fill in the blank"),
    network("ReLU", {ENCODER: ENCODER.replace("Softplus", "ReLU")}, "use relu"),
    network(
        "no activation", {ENCODER: ENCODER.replace("nn.Softplus(), ", "").replace("nn.Softplus(),", "")}, "have no"
    ),
    network("second without", {DECODER: DECODER.replace("nn.Softplus(),\n", "\n")}, "after the second layer"),
    network(
        "first without",
        {DECODER: DECODER.replace("nn.Softplus(), nn.Linear(200, 200)", "nn.Linear(200, 200)")},
        "after the first layer",
    ),
    network("softplus on the code", {"nn.Linear(200, 2))": "nn.Linear(200, 2), nn.Softplus())"}, "through softplus"),
    network("sigmoid on the code", {"nn.Linear(200, 2))": "nn.Linear(200, 2), nn.Sigmoid())"}, "through a sigmoid"),
    network("tanh on the code", {"nn.Linear(200, 2))": "nn.Linear(200, 2), nn.Tanh())"}, "through tanh"),
    network("no sigmoid", {", nn.Sigmoid()": ""}, "sigmoid at the end is missing"),
    network("sigmoid twice", {"nn.Sigmoid()": "nn.Sigmoid(), nn.Sigmoid()"}, "applied twice"),
    network("softplus at the end", {"nn.Sigmoid()": "nn.Softplus()"}, "a probability needs a sigmoid"),
    network("ReLU in the decoder", {DECODER: DECODER.replace("Softplus", "ReLU")}, "use relu"),
    network("20 numbers", {"nn.Linear(200, 2))": "nn.Linear(200, 20))"}, "784-200-200-20"),
    network("a layer too few", {", nn.Linear(200, 200), nn.Softplus()": ""}, "784-200-2 units"),
    network("a bare layer", {DECODER: "self.decoder = nn.Linear(2, 784)"}, "should be an nn.sequential"),
    network("left blank", {LOSS: "value = ..."}, "fill in the blank"),
    loss("mean over everything", LOSS.replace(', reduction="sum") / len(x)', ")"), "the pixels are averaged"),
    loss("sum over the batch", LOSS.replace(" / len(x)", ""), "summed over the batch"),
    loss("the other way round", LOSS.replace(" / len(x)", " / 784"), "the other way round"),
    loss("sign", LOSS.replace("F.", "-F."), "the sign is turned"),
    loss(
        "squared error",
        "value = (self.decoder(self.encoder(x)) - x).square().sum() / len(x)",
        "it is the squared error",
    ),
    loss("swapped", LOSS.replace("self.decoder(self.encoder(x)), x", "x, self.decoder(self.encoder(x))"), "swapped"),
    loss("half of it", "value = -(x * self.decoder(self.encoder(x)).log()).sum() / len(x)", "half of the formula"),
    loss(
        "detached",
        LOSS.replace("self.decoder(self.encoder(x))", "self.decoder(self.encoder(x)).detach()"),
        "does not reach all layers",
    ),
    loss("code detached", LOSS.replace("self.encoder(x)", "self.encoder(x).detach()"), "does not reach all layers"),
    pca("not centred", {EIGEN: "_, vectors = torch.linalg.eigh(images.T @ images)"}, "images that were not centred"),
    pca("least", {DIRECTIONS: "directions = vectors[:, :size].T"}, "vary *least*"),
    pca("order", {".flip(1)": ""}, "in the wrong order"),
    pca("rows of the eigenvectors", {DIRECTIONS: "directions = vectors[-size:].flip(0)"}, "rows and columns"),
    pca("columns", {".flip(1).T": ".flip(1)"}, "one direction in each row"),
    pca(
        "scaled",
        {EIGEN: EIGEN.replace("_", "values"), DIRECTIONS: DIRECTIONS + " * values[-size:].flip(0).sqrt()[:, None]"},
        "each has to be 1",
    ),
    pca(
        "left singular vectors",
        {EIGEN: "vectors = torch.linalg.svd((images - mean).T @ (images - mean) @ (images - mean).T[:, :6])[2]"},
        "directions` is wrong",
    ),
    pca("mean of the pixels", {MEAN_IMAGE: "mean = images.mean(1)"}, "mean"),
    pca("no mean", {MEAN_IMAGE: "mean = 0 * images[0]"}, "the mean is wrong"),
    pca("directions only", {DIRECTIONS: DIRECTIONS + "\n    mean = mean[0]"}, "mean"),
    sample("equal weights", {DRAW: "y = torch.randint(len(weights), (count,))"}, "weights are not used"),
    sample(
        "other components",
        {SAMPLE: f"{SAMPLE}\n    y = torch.multinomial(weights, count, replacement=True)"},
        "which component each z came from",
    ),
    sample("Sigma for L", {"factors[y] @": "covariances[y] @"}, "cholesky factor l"),
    sample("L transposed", {"factors[y] @": "factors[y].mT @"}, "l is transposed"),
    sample(
        "variances only",
        {FACTORS: "factors = torch.diag_embed(covariances.diagonal(dim1=1, dim2=2).sqrt())"},
        "only the variances",
    ),
    sample("no scale", {"(factors[y] @ noise)": "noise"}, "not scaled by l"),
    sample("no mean", {"means[y] + ": ""}, "near the origin"),
    sample("uniform noise", {"torch.randn": "torch.rand"}, "uniform from 0 to 1"),
    sample("noise shared by points", {"torch.randn(count,": "torch.randn(1,"}, "noise of its own for every point"),
    sample(
        "noise shared by coordinates",
        {NOISE: "noise = torch.randn(count, 1, 1, dtype=means.dtype).expand(-1, 3, 1)"},
        "one for each",
    ),
    sample("no noise", {SAMPLE: "z = means[y]"}, "noise of its own"),
    sample(
        "only the points",
        {"y = torch.multinomial(weights, count, replacement=True)": "y = torch.multinomial(weights, 1)"},
        "y has the shape",
    ),
    sample(
        "the mean of all means",
        {"means[y] +": "(weights @ means) +"},
        "near none of the means",
    ),
    sample("sorted by component", {DRAW: f"{DRAW}.sort().values"}, "draw anew for every point"),
    density(
        "the density, clamped",
        {DENSITY: DENSITY + "\n    log_density = log_density.exp().clamp(min=1e-300).log()"},
        "never leave the logarithms",
    ),
    density("single precision", {DENSITY: DENSITY + "\n    log_density = log_density.float()"}, "double precision"),
    m_step("responsibilities changed", {WEIGHTS: WEIGHTS + "\n    resp *= 2"}, "changes its argument resp in place"),
    e_step("weights changed", {JOINT: JOINT.replace("weights.log()", "weights.log_()")}, "in place: log, not log_"),
    bound(
        "a small number for 0", {BOUND: "bound = (q * joint - q * (q + 1e-6).log()).sum(1)"}, "add no small number"
    ),
    density(
        "log of the sum", {LOG_DET: LOG_DET.replace(".log().sum(1)", ".sum(1).log()")}, "the log of the sum of l_jj"
    ),
    density("n for m", {"x.shape[1] * math": "len(x) * math"}, "m is not the number of points"),
    density("K for m", {"x.shape[1] * math": "len(means) * math"}, "m is not the number of components"),
    density("log 2 times pi", {"math.log(2 * math.pi)": "math.log(2) * math.pi"}, "it holds log(2) pi"),
    density("Sigma for L", {SCALED: SCALED.replace("(factors,", "(covariances,")}, "solve_triangular got sigma"),
    density(
        "bracket closed too early",
        {DENSITY: "log_density = -0.5 * x.shape[1] * math.log(2 * math.pi) + log_det + squared_distance"},
        "-1/2 has to multiply all three",
    ),
    m_step(
        "hard assignments",
        {"counts = resp": "resp = F.one_hot(resp.argmax(1), resp.shape[1]).to(x)\n    counts = resp"},
        "likeliest component only",
    ),
    m_step("N_k kept at 1 or more", {"resp.sum(0)": "resp.sum(0).clamp(min=1)"}, "weights` is wrong"),
    bound(
        "entropy of all points",
        {BOUND: "bound = (q * joint).sum(1) + torch.special.entr(q).sum()"},
        "of all points is added to each",
    ),
    em(
        "stops early",
        {KEEP: f"{KEEP}\n        if step and history[-1] - history[-2] < 1e-3:\n            break"},
        "make all steps",
    ),
    em(
        "two steps a round",
        {M_STEP: f"{M_STEP}\n            log_resp = e_step(x, weights, means, covariances)[0]\n            {M_STEP}"},
        "two steps",
    ),
    em("log of the mean", {"log_prob.mean()": "log_prob.exp().mean().log()"}, "the logarithm of the mean"),
    network("tanh", {ENCODER: ENCODER.replace("Softplus", "Tanh")}, "use tanh"),
    network(
        "softplus first",
        {"Sequential(nn.Linear(2, 200)": "Sequential(nn.Softplus(), nn.Linear(2, 200)"},
        "before the first layer",
    ),
    loss(
        "noise on the code",
        LOSS.replace("self.encoder(x)", "(z := self.encoder(x)) + torch.randn_like(z)"),
        "nothing in it is random",
    ),
    sample("single precision", {SAMPLE: f"{SAMPLE}\n    z = z.float()"}, "the dtype of means"),
    sample(
        "other factors",
        {"factors[y] @": "factors[torch.multinomial(weights, count, replacement=True)] @"},
        "l belongs to other components",
    ),
    sample(
        "factors of the inverse", {FACTORS: FACTORS.replace("(cov", "(torch.linalg.inv(cov") + ")"}, "of the inverse"
    ),
    sample(
        "fixed shares, shuffled",
        {
            DRAW: "y = torch.arange(3).repeat_interleave((weights * count).round().long() + 1)\n"
            "    y = y[torch.randperm(len(y))][:count]"
        },
        "two points share a component",
    ),
    pca(
        "standardised",
        {EIGEN: "_, vectors = torch.linalg.eigh(torch.corrcoef(images.T))"},
        "divided by their spreads",
    ),
    pca(
        "each image on its own mean",
        {
            EIGEN: "vectors = torch.linalg.svd(images - images.mean(1, keepdim=True), full_matrices=False)[2]",
            DIRECTIONS: "directions = vectors[:size]",
        },
        "each on its own mean",
    ),
    sample(
        "y is the nearest mean",
        {SAMPLE: f"{SAMPLE}\n    y = torch.cdist(z, means).argmin(1)"},
        "is y guessed from z",
    ),
    sample(
        "y is the likeliest component",
        {SAMPLE: f"{SAMPLE}\n    y = e_step(z, weights, means, covariances)[0].argmax(1)"},
        "is y guessed from z",
    ),
    m_step(
        "torch.cov with its correction",
        {SUM: "covariances = torch.stack([torch.cov(x.T, aweights=w) for w in resp.T])"},
        "correction=0",
    ),
    density(
        "precision_matrix",
        {DENSITY: f"log_density = {NORMAL}(means, precision_matrix=covariances).log_prob(x[:, None])"},
        "no precision_matrix",
    ),
    density(
        "scale_tril=Sigma",
        {DENSITY: f"log_density = {NORMAL}(means, scale_tril=covariances).log_prob(x[:, None])"},
        "scale_tril is l",
    ),
    pca(
        "pca_lowrank",
        {
            EIGEN: "torch.manual_seed(1)\n    vectors = torch.pca_lowrank(images, q=size)[2]",
            DIRECTIONS: "directions = vectors.T",
        },
        "only approximate",
    ),
    pca(
        "svd_lowrank",
        {
            EIGEN: "torch.manual_seed(1)\n    vectors = torch.svd_lowrank(images - mean, q=size)[2]",
            DIRECTIONS: "directions = vectors.T",
        },
        "only approximate",
    ),
    m_step(
        "weights in the differences, and again",
        {SUM: "d = resp.T[:, :, None] * d\n    " + SUM},
        "responsibilities are cubed",
    ),
    bound(
        "q changed in place",
        {BOUND: "bound = q.mul_(joint - q.clamp(1e-30).log()).sum(1)"},
        "changes its argument q in place",
    ),
    density("half the constant missing", {"x.shape[1] * math": "2 * x.shape[1] * math"}, "missing from m log(2 pi)"),
    density("half the determinant missing", {"+ log_det": "+ 2 * log_det"}, "1/2 is missing from log det sigma"),
    density("half the distance missing", {"+ squared": "+ 2 * squared"}, "missing from the squared distance"),
    density("determinants summed", {".log().sum(1)": ".log().sum()"}, "summed over the components"),
    density("upper triangle", {"upper=False": "upper=True"}, "took l as an upper triangle"),
    density("sum, no squares", {".square().sum(1)": ".sum(1)"}, "sum its squares"),
    e_step("weights as factors", {"weights.log() + ": "weights * "}, "the weights multiply the log densities"),
    e_step("quotient of logarithms", {LOG_RESP: "log_resp = joint / log_prob[:, None]"}, "divided by log_prob"),
    bound("a tiny number for 0", {BOUND: "bound = (q * joint - q * (q + 1e-8).log()).sum(1)"}, "add no small number"),
    em("another reg", {"log_resp.exp())": "log_resp.exp(), reg=0)"}, "got reg = 0"),
    network(
        "decoder in a decoder",
        {"nn.Linear(2, 200), nn.Softplus()": "nn.Sequential(nn.Linear(2, 200), nn.Softplus())"},
        "should begin with its first nn.linear",
    ),
    network(
        "nothing before the first layer",
        {DECODER: DECODER.replace("nn.Linear(2, 200)", "nn.Identity(), nn.Linear(2, 200)")},
        "should begin with its first nn.linear",
    ),
    network(
        "nothing after the last layer",
        {"nn.Linear(200, 2))": "nn.Linear(200, 2), nn.Identity())"},
        "should end in its last nn.linear",
    ),
    network("softmax for sigmoid", {"nn.Sigmoid()": "nn.Softmax(1)"}, "each pixel needs its own"),
    network("softmax inside", {ENCODER: ENCODER.replace("nn.Softplus()", "nn.Softmax(1)")}, "use softmax"),
    loss("a fixed size of the batch", LOSS.replace("len(x)", "256"), "divided by 256"),
    sample("a column kept", {"[:, :, 0]": ""}, "l eps is a column"),
]

RIGHT = [
    m_step(
        "torch.cov without correction",
        {SUM: "covariances = torch.stack([torch.cov(x.T, aweights=w, correction=0) for w in resp.T])"},
    ),
    sample(
        "y drawn from the posterior",
        {SAMPLE: f"{SAMPLE}\n    y = e_step(z, weights, means, covariances)[0].exp().multinomial(1)[:, 0]"},
    ),
    density(
        "torch.distributions",
        {
            DENSITY: "log_density = torch.distributions.MultivariateNormal(means, covariances).log_prob(x[:, None])",
        },
    ),
    density(
        "inverse and slogdet",
        {
            SCALED: "d = x[:, None] - means",
            DISTANCE: "squared_distance = torch.einsum('nki,kij,nkj->nk', d, torch.linalg.inv(covariances), d)",
            LOG_DET: "log_det = torch.linalg.slogdet(covariances).logabsdet",
        },
    ),
    e_step(
        "largest taken out by hand",
        {LOG_PROB: "top = joint.amax(1)\n    log_prob = top + (joint - top[:, None]).exp().sum(1).log()"},
    ),
    e_step("log_softmax", {LOG_RESP: "log_resp = joint.log_softmax(1)"}),
    m_step("mean of resp", {WEIGHTS: "weights = resp.mean(0)"}),
    m_step("einsum", {SUM: "covariances = torch.einsum('nk,kni,knj->kij', resp, d, d) / counts[:, None, None]"}),
    m_step(
        "second moments minus means",
        {
            SUM: "covariances = torch.einsum('nk,ni,nj->kij', resp, x, x) / counts[:, None, None]"
            " - means[:, :, None] * means[:, None]"
        },
    ),
    em("skip the last step differently", {"if step < steps:": "if step != steps:"}),
    em("mean by division", {"log_prob.mean()": "log_prob.sum() / len(x)"}),
    bound("xlogy", {BOUND: "bound = (q * joint - torch.xlogy(q, q)).sum(1)"}),
    bound(
        "log p minus the divergence",
        {
            BOUND: "log_resp, log_prob = e_step(x, weights, means, covariances)\n"
            "    bound = log_prob - (torch.xlogy(q, q) - q * log_resp).sum(1)"
        },
    ),
    bound("einsum", {BOUND: "bound = torch.einsum('nk,nk->n', q, joint) + torch.special.entr(q).sum(1)"}),
    network("flattened", {"nn.Sequential(nn.Linear(784": "nn.Sequential(nn.Flatten(), nn.Linear(784"}),
    network(
        "one nn.Softplus twice",
        {
            ENCODER: "f = nn.Softplus()\n        self.encoder = nn.Sequential("
            "nn.Linear(784, 200), f, nn.Linear(200, 200), f, nn.Linear(200, 2))"
        },
    ),
    loss(
        "by hand",
        "p = self.decoder(self.encoder(x))\n        value = -(x * p.log() + (1 - x) * (1 - p).log()).sum(1).mean()",
    ),
    loss("reduction none", LOSS.replace('reduction="sum") / len(x)', 'reduction="none").sum(1).mean()')),
    pca(
        "svd",
        {
            EIGEN: "vectors = torch.linalg.svd(images - mean, full_matrices=False)[2]",
            DIRECTIONS: "directions = vectors[:size]",
        },
    ),
    pca("covariance by hand", {EIGEN: "d = images - mean\n    vectors = torch.linalg.eigh(d.T @ d)[1]"}),
    pca(
        "scikit-learn",
        {
            EIGEN: "vectors = torch.as_tensor(PCA(size).fit(images.numpy()).components_)",
            DIRECTIONS: "directions = vectors",
        },
    ),
    sample("Categorical", {DRAW: "y = torch.distributions.Categorical(weights).sample((count,))"}),
    sample("einsum", {SAMPLE: "z = means[y] + torch.einsum('nij,njk->ni', factors[y], noise)"}),
    sample(
        "symmetric root",
        {
            FACTORS: "values, vectors = torch.linalg.eigh(covariances)\n"
            "    factors = (vectors * values.sqrt()[:, None]) @ vectors.mT"
        },
    ),
    sample(
        "torch.distributions",
        {SAMPLE: "z = torch.distributions.MultivariateNormal(means[y], covariances[y]).sample()"},
    ),
    pca("centred in place", {MEAN_IMAGE: MEAN_IMAGE + "\n    images -= mean"}),
]
