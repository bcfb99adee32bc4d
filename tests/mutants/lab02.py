"""Lab 02: wrong and alternative ways to write the DBN."""

from tests.mutants.bank import at

LAB = "02_dbn"

UP = "torch.sigmoid(torch.addmm(self.h1_up_bias, v, self.W1))"
TOP_DOWN = "torch.sigmoid(torch.addmm(self.h1_bias, h2, self.W2.T))"
PROBABILITIES = {"(h1up.T, h2up,": "(h1up_prob.T, h2up_prob,", "(h1down.T, h2down,": "(h1down_prob.T, h2down_prob,"}
W_UPDATE = "self.W2.addmm_(h1up.T, h2up, alpha=step).addmm_(h1down.T, h2down, alpha=-step)"
B1_UPDATE = "self.h1_bias += step * (h1up - h1down).sum(0)"
B2_UPDATE = "self.h2_bias += step * (h2up - h2down).sum(0)"
WHOLE_UPDATE = f"step = learning_rate / len(h1up)\n    {W_UPDATE}\n    {B1_UPDATE}\n    {B2_UPDATE}"
SUM = "log_w = log_p + log_top - log_q"
FREE = "softplus(torch.addmm(dbn.h2_bias, h1, dbn.W2)).sum(1)"
WEIGHTED = "(torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])).mean()"
SCORE = "self.label_bias + softplus(h2_input[:, None] + self.U).sum(2)"
WITH_LABEL = "torch.sigmoid(torch.addmm(self.h2_bias, h1, self.W2) + y @ self.U)"
STEP = """        h1 = sample_bernoulli(self.h1_prob(h2))
        h2 = sample_bernoulli(self.h2_prob_with(h1, y))
"""

stack = at("dbn-class")
probabilities = at("dbn-probabilities")
update = at("dbn-update")
weights = at("log-weights")
weighted = at("weighted-bound", piece=WEIGHTED)
project = at("project-weights", piece="W1 @ W2")
mirror = at("mirrored-dbn")
labels = at("label-probabilities")
dream = at("clamped-dream")

WRONG = [
    stack("W1 shared with the RBM", {"first_rbm.W.clone()": "first_rbm.W"}, "w1 and w of the first machine are one"),
    stack("v_bias shared", {"first_rbm.v_bias.clone()": "first_rbm.v_bias"}, "v_bias of the first machine are one"),
    stack(
        "hidden bias shared with the RBM",
        {"self.h1_bias = first_rbm.h_bias.clone()": "self.h1_bias = first_rbm.h_bias"},
        "h_bias of the first machine are one",
    ),
    stack(
        "one bias for both roles",
        {"self.h1_bias = first_rbm.h_bias.clone()": "self.h1_bias = self.h1_up_bias"},
        "h1_up_bias and h1_bias are one tensor",
    ),
    stack(
        "top bias from zero",
        {"self.h1_bias = first_rbm.h_bias.clone()": "self.h1_bias = torch.zeros(self.h1_size)"},
        "h1_bias is wrong: it starts at zero",
    ),
    stack("h1_bias forgotten", {"self.h1_bias = first_rbm.h_bias.clone()": "pass"}, "no h1_bias"),
    stack("W2 forgotten", {"self.W2 = 0.1": "_ = 0.1"}, "the dbn has no w2"),
    stack(
        "W2 transposed",
        {"torch.randn(self.h1_size, self.h2_size": "torch.randn(self.h2_size, self.h1_size"},
        "rows belong to h1",
    ),
    stack("W2 too large", {"0.1 * torch.randn": "torch.randn"}, "n(0, 1)"),
    stack("variance taken for deviation", {"0.1 * torch.randn": "0.01 * torch.randn"}, "standard deviation"),
    stack("W2 is zero", {"0.1 * torch.randn": "torch.zeros"}, "learn the same"),
    stack("W2 not centred", {"0.1 * torch.randn": "0.1732 * torch.rand"}, "n(0, 0.1^2)"),
    probabilities("no sigmoid", {UP: "torch.addmm(self.h1_up_bias, v, self.W1)"}, "sigmoid is missing"),
    probabilities(
        "the top machine's bias on the way up",
        {UP: "torch.sigmoid(v @ self.W1 + self.h1_bias)"},
        "the bias of h1 is h1_bias; here it has to be h1_up_bias",
    ),
    probabilities(
        "the way up's bias in the top machine",
        {TOP_DOWN: "torch.sigmoid(h2 @ self.W2.T + self.h1_up_bias)"},
        "the bias of h1 is h1_up_bias; here it has to be h1_bias",
    ),
    probabilities("no bias at the top", {TOP_DOWN: "torch.sigmoid(h2 @ self.W2.T)"}, "is wrong: the bias is missing"),
    probabilities(
        "W2 not transposed", {TOP_DOWN: "torch.sigmoid(h2 @ self.W2 + self.h1_bias)"}, "compare the shapes"
    ),
    probabilities("energy's sign", {UP: "torch.sigmoid(-(v @ self.W1 + self.h1_up_bias))"}, "sign"),
    probabilities("bias outside", {UP: "torch.sigmoid(v @ self.W1) + self.h1_up_bias"}, "inside the sigmoid"),
    probabilities("bias of another layer", {TOP_DOWN: "torch.sigmoid(h2 @ self.W2.T + self.v_bias)"}, "stopped"),
    probabilities("sampled too early", {TOP_DOWN: f"sample_bernoulli({TOP_DOWN})"}, "holds only 0 and 1"),
    probabilities("self forgotten", {UP: "torch.sigmoid(v @ W1 + h1_up_bias)"}, "name 'w1' is not defined"),
    probabilities("left blank", {UP: "..."}, "fill in the blank"),
    update(
        "W1 learns, too",
        {
            B2_UPDATE: f"{B2_UPDATE}\n    v = self.visible_prob(h1down)\n"
            "    self.W1 += step * (batch.T @ h1up - v.T @ h1down)"
        },
        "w1 has changed",
    ),
    update("the way up's bias learns", {"self.h1_bias += step": "self.h1_up_bias += step"}, "h1_up_bias has changed"),
    update("visible bias learns", {B2_UPDATE: f"{B2_UPDATE}\n    self.v_bias += step"}, "v_bias has changed"),
    update("negative phase added", {"alpha=-step": "alpha=step"}, "negative phase is added"),
    update(
        "phases swapped", {W_UPDATE: "self.W2 += step * (h1down.T @ h2down - h1up.T @ h2up)"}, "w2 is wrong: its sign"
    ),
    update("not divided by the batch", {"learning_rate / len(h1up)": "learning_rate"}, "not divided"),
    update("divided twice", {"learning_rate / len(h1up)": "learning_rate / len(h1up) ** 2"}, "twice"),
    update("divided by all units", {"len(h1up)": "h1up.numel()"}, "it is 0.333 times what it should be"),
    update("learning rate ignored", {"learning_rate / len(h1up)": "1 / len(h1up)"}, "learning rate is missing"),
    update(
        "W2 not assigned", {W_UPDATE: "self.W2 + step * (h1up.T @ h2up - h1down.T @ h2down)"}, "w2 did not change"
    ),
    update("no negative phase", {".addmm_(h1down.T, h2down, alpha=-step)": ""}, "negative phase is missing"),
    update("bias turned", {"(h1up - h1down)": "(h1down - h1up)"}, "h1_bias is wrong: its sign"),
    update("h2_bias forgotten", {B2_UPDATE: "pass"}, "h2_bias did not change"),
    update("bias of the other layer", {"(h2up - h2down)": "(h1up - h1down)"}, "stopped"),
    update("product transposed", {W_UPDATE: "self.W2 += step * (h2up.T @ h1up - h2down.T @ h1down)"}, "stopped"),
    update("probabilities in both phases", PROBABILITIES, "it takes the probabilities of h1"),
    update("positive phase from probabilities", {"(h1up.T, h2up": "(h1up_prob.T, h2up"}, "the sample h1up"),
    update("negative phase from probabilities", {"(h1down.T, h2down": "(h1down_prob.T, h2down"}, "the sample h1down"),
    update("negative phase of two ends", {"(h1down.T, h2down": "(h1down.T, h2up"}, "pairs h1down with h2up"),
    update("negative phase of the other two", {"(h1down.T, h2down": "(h1up.T, h2down"}, "pairs h1up with h2down"),
    update(
        "W2 replaced by its change",
        {W_UPDATE: "self.W2 = step * (h1up.T @ h2up - h1down.T @ h2down)"},
        "change alone",
    ),
    update("another batch", {"self.forward(batch)": "self.forward(sample_bernoulli(batch))"}, "as it was given"),
    weights("q multiplied", {SUM: "log_w = log_p + log_top + log_q"}, "log q has to be subtracted"),
    weights("q forgotten", {SUM: "log_w = log_p + log_top"}, "log q is missing"),
    weights("p(v | h1) forgotten", {SUM: "log_w = log_top - log_q"}, "log p(v | h1) is missing"),
    weights("p_top forgotten", {SUM: "log_w = log_p - log_q"}, "log p_top is missing"),
    weights("Z forgotten", {" - log_z": ""}, "log z is missing"),
    weights("Z added", {" - log_z": " + log_z"}, "log z has to be subtracted"),
    weights(
        "sign of F", {"log_top = h1 @ dbn.h1_bias + soft": "log_top = -h1 @ dbn.h1_bias - soft"}, "sign of the free"
    ),
    weights("bias of the way up in F", {"h1 @ dbn.h1_bias": "h1 @ dbn.h1_up_bias"}, "with h1_bias"),
    weights("b1 forgotten", {"h1 @ dbn.h1_bias + ": ""}, "bias of h1 is missing"),
    weights("b2 forgotten", {FREE: "softplus(h1 @ dbn.W2).sum(1)"}, "bias of h2 is missing"),
    weights(
        "bias of the top in q", {"torch.addmm(dbn.h1_up_bias, v": "torch.addmm(dbn.h1_bias, v"}, "with h1_up_bias"
    ),
    weights("w, not its logarithm", {SUM: f"{SUM}\n    log_w = log_w.exp()"}, "not its logarithm"),
    weights("one sum for all", {FREE: "softplus(torch.addmm(dbn.h2_bias, h1, dbn.W2)).sum()"}, "f adds up all rows"),
    weights("W1 not transposed", {"h1, dbn.W1.T": "h1, dbn.W1"}, "stopped"),
    weights(
        "probabilities in place of logits",
        {"torch.addmm(dbn.v_bias, h1, dbn.W1.T)": "dbn.visible_prob(h1)"},
        "takes logits, and got probabilities for p(v | h1)",
    ),
    weights(
        "probabilities in place of logits for q",
        {"torch.addmm(dbn.h1_up_bias, v, dbn.W1)": "dbn.recognition_prob(v)"},
        "takes logits, and got probabilities for q",
    ),
    weights("no visible bias", {"torch.addmm(dbn.v_bias, h1, dbn.W1.T)": "h1 @ dbn.W1.T"}, "v_bias is missing"),
    weights("no bias in q", {"torch.addmm(dbn.h1_up_bias, v, dbn.W1)": "v @ dbn.W1"}, "h1_up_bias is missing in q"),
    weights(
        "probabilities everywhere",
        {"torch.addmm(dbn.v_bias, h1, dbn.W1.T)": "dbn.visible_prob(h1)",
         "torch.addmm(dbn.h1_up_bias, v, dbn.W1)": "dbn.recognition_prob(v)"},
        "takes logits, and got probabilities.",
    ),
    weights(
        "logarithms of probabilities",
        {
            "log_bernoulli(v, torch.addmm(dbn.v_bias, h1, dbn.W1.T))": "torch.where(v == 1, dbn.visible_prob(h1), "
            "1 - dbn.visible_prob(h1)).log().sum(1)"
        },
        "use log_bernoulli",
    ),
    weighted("mean of log w", "log_w.mean()", "the plain bound"),
    weighted("K forgotten", "torch.logsumexp(log_w, 1).mean()", "not divided by k"),
    weighted("images summed", "(torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])).sum()", "take their mean"),
    weighted("over the images", "(torch.logsumexp(log_w, 0) - math.log(len(log_w))).mean()", "second dimension"),
    weighted("one logarithm for all", "torch.logsumexp(log_w.flatten(), 0) - math.log(log_w.numel())", "has its own"),
    weighted("divided by the images", "(torch.logsumexp(log_w, 1) - math.log(len(log_w))).mean()", "and not by k"),
    weighted("out of the logarithms", "log_w.exp().mean(1).log().mean()", "stay with the logarithms"),
    weighted("log K added", "(torch.logsumexp(log_w, 1) + math.log(log_w.shape[1])).mean()", "log k was added"),
    weighted("divided outside", "torch.logsumexp(log_w, 1).mean() / log_w.shape[1]", "the mean is inside"),
    weighted("the largest weight", "log_w.amax(1).mean()", "largest weight of each image"),
    weighted(
        "in place", "(torch.logsumexp(log_w.sub_(math.log(log_w.shape[1])), 1)).mean()", "weights that were passed in"
    ),
    weighted(
        "one maximum for all images",
        "((log_w - log_w.max()).exp().mean(1).log() + log_w.max()).mean()",
        "near e^-100 and e^-1000",
    ),
    weighted("one for each image", "torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])", "one number for all"),
    project("only the largest weight", "W1[:, W2.argmax(0)] * W2.amax(0)", "is wrong in"),
    project("wrong order", "W2 @ W1", "w1 is (v, h1)"),
    project("transposed", "(W1 @ W2).T", "expected (4, 2)"),
    project("with the sigmoid", "torch.sigmoid(W1 @ W2)", "first order"),
    mirror("not transposed", {"first_rbm.W.T.clone()": "first_rbm.W.clone()"}, "expected (3, 4)"),
    mirror("reshaped", {"first_rbm.W.T.clone()": "first_rbm.W.reshape(3, 4).clone()"}, "reshaped"),
    mirror("hidden bias of the top forgotten", {"dbn.h2_bias = first_rbm.v_bias.clone()": "pass"}, "still zero"),
    mirror("shared with the RBM", {"first_rbm.W.T.clone()": "first_rbm.W.T"}, "shares a tensor with the first rbm"),
    mirror("shared with the layer below", {"first_rbm.W.T.clone()": "dbn.W1.T"}, "shares a tensor with the layer"),
    mirror("bias shared", {"first_rbm.v_bias.clone()": "first_rbm.v_bias"}, "shares a tensor with the first rbm"),
    mirror("biases swapped", {"first_rbm.v_bias.clone()": "first_rbm.h_bias.clone()"}, "h2 mirrors the visible"),
    mirror("the RBM turned in place", {"first_rbm.W.T.clone()": "first_rbm.W.t_().clone()"}, "w of the first rbm"),
    mirror(
        "the way up changed",
        {"    dbn.h2_bias": "    dbn.h1_up_bias = torch.zeros_like(dbn.h1_up_bias)\n    dbn.h2_bias"},
        "the way up stays",
    ),
    mirror("cd_k lost", {"    dbn.h2_bias": "    dbn.cd_k = 1\n    dbn.h2_bias"}, "cd_k is 1"),
    labels(
        "c inside the softplus",
        {SCORE: "softplus(h2_input[:, None] + self.U + self.label_bias[:, None]).sum(2)"},
        "c belongs outside",
    ),
    labels("normalised over the batch, without b1", {"torch.log_softmax(score, 1)": "torch.log_softmax(score, 0)"},
           "normalised over the batch"),
    labels("probability", {"torch.log_softmax(score, 1)": "torch.softmax(score, 1)"}, "return its logarithm"),
    labels("F in place of -F", {"torch.log_softmax(score": "torch.log_softmax(-score"}, "sign of the free energy"),
    labels("c forgotten", {"self.label_bias + softplus": "softplus"}, "bias c is missing"),
    labels("not normalised", {"torch.log_softmax(score, 1)": "score"}, "not normalised over the ten labels"),
    labels(
        "not normalised, with b1",
        {"torch.log_softmax(score, 1)": "score + (h1 @ self.h1_bias)[:, None]"},
        "not normalised over the ten labels",
    ),
    labels(
        "over the batch",
        {"log_softmax(score, 1)": "log_softmax(score + (h1 @ self.h1_bias)[:, None], 0)"},
        "over the batch",
    ),
    labels("b2 forgotten", {"torch.addmm(self.h2_bias, h1, self.W2)": "h1 @ self.W2"}, "bias of h2 is missing"),
    labels(
        "no softplus", {SCORE: "self.label_bias + (h2_input[:, None] + self.U).sum(2)"}, "place of their softplus"
    ),
    labels(
        "h1 forgotten", {"torch.addmm(self.h2_bias, h1, self.W2)": "self.h2_bias.expand(len(h1), -1)"}, "of h1 to the"
    ),
    labels("no dimension for the labels", {"h2_input[:, None]": "h2_input"}, "stopped"),
    labels("top units not summed", {".sum(2)": ".sum(1)"}, "stopped"),
    dream("label forgotten", {WITH_LABEL: "torch.sigmoid(torch.addmm(self.h2_bias, h1, self.W2))"}, "does not enter"),
    dream("bias forgotten", {WITH_LABEL: "torch.sigmoid(h1 @ self.W2 + y @ self.U)"}, "bias is missing"),
    dream("no sigmoid", {WITH_LABEL: "torch.addmm(self.h2_bias, h1, self.W2) + y @ self.U"}, "sigmoid is missing"),
    dream(
        "label outside the sigmoid",
        {WITH_LABEL: "torch.sigmoid(torch.addmm(self.h2_bias, h1, self.W2)) + y @ self.U"},
        "enters outside",
    ),
    dream("h1 forgotten", {WITH_LABEL: "torch.sigmoid(self.h2_bias + y @ self.U)"}, "h1 does not enter"),
    dream("U transposed", {"y @ self.U": "y @ self.U.T"}, "stopped"),
    dream("not clamped", {"self.h2_prob_with(h1, y)": "self.h2_prob(h1)"}, "not clamped"),
    dream("one step too many", {"range(steps)": "range(steps + 1)"}, "it is the state after 2 steps"),
    dream(
        "probabilities handed on", {"h1 = sample_bernoulli(self.h1_prob(h2))": "h1 = self.h1_prob(h2)"}, "should hold"
    ),
    dream(
        "h2 handed on as a probability",
        {"h2 = sample_bernoulli(self.h2_prob_with(h1, y))": "h2 = self.h2_prob_with(h1, y)"},
        "h2 is handed on as a probability",
    ),
    dream(
        "the chain does not move",
        {"self.h1_prob(h2)": "self.h1_prob(start)", "    for _ in": "    start = h2\n    for _ in"},
        "where the one before it ended",
    ),
    dream(
        "rounded",
        {"h2 = sample_bernoulli(self.h2_prob_with(h1, y))": "h2 = (self.h2_prob_with(h1, y) > 0.5).float()"},
        "h2 is rounded",
    ),
    dream("labels changed", {STEP: f"{STEP}        y *= 0.5\n"}, "dream changes its argument 1"),
    dream(
        "h1 handed on as a probability",
        {"h1 = sample_bernoulli(self.h1_prob(h2))": "h1 = self.h1_prob(h2)",
         "return h1": "return sample_bernoulli(h1)"},
        "h1 is handed on as a probability",
    ),
    dream(
        "one coin for all dreams",
        {"sample_bernoulli(self.h1_prob(h2))": "(torch.rand(self.h1_size) < self.h1_prob(h2)).float()"},
        "all dreams flip the same coins",
    ),
    dream(
        "label outside the sigmoid, clamped",
        {WITH_LABEL: "(self.h2_prob(h1) + y @ self.U).clamp(0, 1)"},
        "and all is cut to [0, 1]",
    ),
    stack(
        "W2 in double precision",
        {"torch.randn(self.h1_size, self.h2_size, device=self.W1.device)":
         "torch.randn(self.h1_size, self.h2_size, dtype=torch.float64)"},
        "w2 holds numbers of torch.float64",
    ),
    stack("W2 uniform", {"0.1 * torch.randn": "0.1 * torch.rand"}, "use torch.randn"),
    probabilities("both biases", {UP: "torch.sigmoid(v @ self.W1 + self.h1_up_bias + self.h1_bias)"}, "both biases"),
    probabilities(
        "the bias grows",
        {UP: "torch.sigmoid(v @ self.W1 + self.h1_up_bias.add_(1))"},
        "recognition_prob changes h1_up_bias in place",
    ),
    probabilities("clamped in place", {"(self.h1_bias, h2,": "(self.h1_bias, h2.clamp_(0, 1),"}, "its argument 1 in"),
    probabilities("grey rounded", {"(self.h1_up_bias, v,": "(self.h1_up_bias, v.round(),"}, "were rounded or cut"),
    probabilities(
        "exp overflows",
        {TOP_DOWN: "torch.exp(h2 @ self.W2.T + self.h1_bias) / (1 + torch.exp(h2 @ self.W2.T + self.h1_bias))"},
        "amplified states, 60 in place of 1, holds nan",
    ),
    update("always one step", {"self.forward(batch)": "self.forward(batch, 1)"}, "cd_k sets the steps"),
    update("divided by 100", {W_UPDATE: W_UPDATE.replace("step", "learning_rate / 100")}, "divided by 100"),
    update(
        "product of the means",
        {W_UPDATE: "self.W2 += learning_rate * (torch.outer(h1up.mean(0), h2up.mean(0))"
         " - torch.outer(h1down.mean(0), h2down.mean(0)))"},
        "it multiplies two means",
    ),
    update(
        "h2_bias from the new W2",
        {B2_UPDATE: "self.h2_bias += learning_rate * (self.h2_prob(h1up) - self.h2_prob(h1down)).mean(0)"},
        "h2_prob of the new w2",
    ),
    weights(
        "entropy of q",
        {SUM: "q = dbn.recognition_prob(v)\n"
         "    log_w = log_p + log_top + torch.distributions.Bernoulli(q).entropy().sum(1)"},
        "log q is a mean over q",
    ),
    weights("h1 drawn anew", {"log_bernoulli(h1, ": "log_bernoulli(sample_bernoulli(dbn.recognition_prob(v)), "},
            "a second call gives another log w"),
    weights("p(v | h1) from probabilities", {"dbn.v_bias, h1,": "dbn.v_bias, dbn.recognition_prob(v),"},
            "takes h1 as a probability"),
    weights("h1 changed in place", {"h1 @ dbn.h1_bias + ": "h1.mul_(dbn.h1_bias).sum(1) + "},
            "changes its argument 3"),
    weighted("images first", "torch.logsumexp(log_w.mean(0), 0) - math.log(log_w.shape[1])", "over the images first"),
    weighted("weighted mean of log w", "(torch.softmax(log_w, 1) * log_w).sum(1).mean()", "with weights"),
    project("mean over h1", "W1 @ W2 / W1.shape[1]", "take their sum"),
    project("columns of length one, in place", "W1 @ W2.div_(W2.norm(dim=0))", "changes its argument 2"),
    mirror("columns reversed", {"first_rbm.W.T.clone()": "first_rbm.W.T.flip(1)"}, "columns are reversed"),
    mirror("added to the start", {"dbn.W2 = first_rbm.W.T.clone()": "dbn.W2 += first_rbm.W.T"}, "its random start"),
    labels(
        "rows of U pile up",
        {SCORE: "self.label_bias + softplus(h2_input[:, None] + self.U.cumsum(0)).sum(2)"},
        "pile up",
    ),
    labels(
        "rows mixed up",
        {SCORE: "self.label_bias + softplus(h2_input.repeat(10, 1).view(len(h1), 10, -1) + self.U).sum(2)"},
        "mixed up",
    ),
    labels(
        "from the probabilities of h2", {SCORE: "self.label_bias + torch.sigmoid(h2_input) @ self.U.T"}, "summed out"
    ),
    labels(
        "c changed",
        {SCORE: "softplus(h2_input[:, None] + self.U).sum(2) + self.label_bias.add_(1)"},
        "changes label_bias",
    ),
    update(
        "product of differences",
        {W_UPDATE: "self.W2.addmm_((h1up - h1down).T, h2up - h2down, alpha=step)"},
        "multiplies two differences",
    ),
]

RIGHT = [
    stack(
        "torch.normal and detach().clone()",
        {
            "0.1 * torch.randn(self.h1_size, self.h2_size, device=self.W1.device)": "torch.normal("
            "torch.zeros(self.h1_size, self.h2_size), 0.1).to(self.W1)",
            "first_rbm.W.clone()": "first_rbm.W.detach().clone()",
        },
    ),
    stack("through new tensors", {"first_rbm.v_bias.clone()": "torch.tensor(first_rbm.v_bias.tolist())"}),
    probabilities("written out", {TOP_DOWN: "1 / (1 + torch.exp(-(h2 @ self.W2.t() + self.h1_bias)))"}),
    probabilities("F.linear", {UP: "torch.nn.functional.linear(v, self.W1.T, self.h1_up_bias).sigmoid()"}),
    probabilities(
        "helpers named up and down",
        {UP: "up(v, self.W1, self.h1_up_bias)", TOP_DOWN: "down(h2, self.W2, self.h1_bias)",
         "@add_to_class(DBN)\ndef recognition": "def up(x, W, b):\n    return torch.sigmoid(x @ W + b)\n\n\n"
         "def down(x, W, b):\n    return up(x, W.T, b)\n\n\n@add_to_class(DBN)\ndef recognition"},
    ),
    update(
        "out of place",
        {
            WHOLE_UPDATE: "dw2 = (h1up.T @ h2up - h1down.T @ h2down) / h1up.shape[0]\n"
            "    self.W2 = self.W2 + learning_rate * dw2\n"
            "    self.h1_bias = self.h1_bias + learning_rate * (h1up - h1down).mean(0)\n"
            "    self.h2_bias = self.h2_bias + learning_rate * (h2up - h2down).mean(0)",
        },
    ),
    update(
        "probabilities of h2, and in the biases",
        {
            "(h1up.T, h2up,": "(h1up.T, h2up_prob,",
            "(h1down.T, h2down,": "(h1down.T, h2down_prob,",
            "(h1up - h1down)": "(h1up_prob - h1down_prob)",
            "(h2up - h2down)": "(h2up_prob - h2down_prob)",
        },
    ),
    update(
        "probabilities of h2 computed again, before W2 moves",
        {W_UPDATE: "up, down = self.h2_prob(h1up), self.h2_prob(h1down)\n"
         "    self.W2 += step * (h1up.T @ up - h1down.T @ down)",
         "(h2up - h2down)": "(up - down)"},
    ),
    update(
        "outer products, averaged",
        {
            W_UPDATE: "self.W2 += learning_rate * (torch.einsum('bi,bj->bij', h1up, h2up)"
            " - torch.einsum('bi,bj->bij', h1down, h2down)).mean(0)",
        },
    ),
    weights(
        "with torch.distributions",
        {"log_bernoulli(v, torch.addmm(dbn.v_bias, h1, dbn.W1.T))": "torch.distributions.Bernoulli("
         "logits=h1 @ dbn.W1.T + dbn.v_bias).log_prob(v).sum(1)"},
    ),
    weights("logaddexp", {FREE: "torch.logaddexp(torch.tensor(0.0), h1 @ dbn.W2 + dbn.h2_bias).sum(-1)"}),
    weights("binary cross-entropy", {
        "log_bernoulli(h1, torch.addmm(dbn.h1_up_bias, v, dbn.W1))": "-torch.nn.functional."
        "binary_cross_entropy_with_logits(v @ dbn.W1 + dbn.h1_up_bias, h1, reduction='none').sum(1)"}),
    weighted("by hand", "(log_w.amax(1) + (log_w - log_w.amax(1, keepdim=True)).exp().mean(1).log()).mean()"),
    weighted("K inside", "torch.logsumexp(log_w - math.log(log_w.size(1)), dim=-1).mean()"),
    weighted("a Python number", f"{WEIGHTED}.item()"),
    project("einsum", "torch.einsum('ij,jk->ik', W1, W2)"),
    project("F.linear", "torch.nn.functional.linear(W1, W2.T)"),
    mirror(
        "through the copies, both biases",
        {"first_rbm.W.T.clone()": "dbn.W1.T.clone()",
         "    dbn.h2_bias": "    dbn.h1_bias = first_rbm.h_bias.clone()\n    dbn.h2_bias"},
    ),
    mirror("in place", {"dbn.W2 = first_rbm.W.T.clone()": "dbn.W2.copy_(first_rbm.W.T)",
                        "dbn.h2_bias = first_rbm.v_bias.clone()": "dbn.h2_bias += first_rbm.v_bias"}),
    labels(
        "one label after the other",
        {SCORE: "torch.stack([self.label_bias[k] + softplus(h2_input + self.U[k]).sum(1) for k in range(10)], 1)"},
    ),
    labels("with b1, which drops out", {SCORE: f"{SCORE} + (h1 @ self.h1_bias)[:, None]"}),
    labels("normalised by hand", {"torch.log_softmax(score, 1)": "score - score.logsumexp(1, keepdim=True)"}),
    dream("written out", {WITH_LABEL: "(h1 @ self.W2 + y.matmul(self.U) + self.h2_bias).sigmoid()"}),
    dream("bernoulli()", {"sample_bernoulli(self.h1_prob(h2))": "self.h1_prob(h2).bernoulli()"}),
    dream(
        "the last half step left out",
        {STEP: "        h1 = sample_bernoulli(self.h1_prob(h2))\n        if _ < steps - 1:\n"
         "            h2 = sample_bernoulli(self.h2_prob_with(h1, y))\n"},
    ),
]  # fmt: skip
