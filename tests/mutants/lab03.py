"""Lab 03: wrong and alternative ways to fine-tune the DBN."""

from tests.mutants.bank import at

LAB = "03_dbn_finetuning"

FORWARD_RETURN = (
    "    return Passes(h1_up_prob, h1_up, v1_up_down_prob, v1_up_down, h2_up_prob, h2_up, h1_down_prob, h1_down,\n"
    "                  h2_down_prob, h2_down, v1_down_prob, v1_down, h1_down_up_prob, h1_down_up)"
)

V_ERROR = "batch - passes.v1_up_down_prob"
H1_ERROR = "passes.h1_down - passes.h1_down_up_prob"
W1_UPDATE = "self.W1_down.addmm_(passes.h1_up.T, v_error, alpha=learning_rate / len(batch))"
V1_UPDATE = "self.v1_bias += learning_rate * v_error.mean(0)"
R1_UPDATE = "self.R1.addmm_(passes.v1_down.T, h1_error, alpha=learning_rate / len(batch))"
UP_UPDATE = "self.h1_up_bias += learning_rate * h1_error.mean(0)"

NORMALISED = "    log_top = log_top - log_top.logsumexp(0)\n"
LOG_JOINT = "log_joint = chances(ft.visible_prob(h1), v).T.log() + log_top"
LOG_Q = "log_q = chances(ft.recognition_prob(v), h1).log()"
BOUND = "(q * (log_joint - log_q)).sum(1)"
KL_QP = "(q * (log_q - log_posterior)).sum(1)"
KL_PQ = "(posterior * (log_posterior - log_q)).sum(1)"

RISE = 'history[n]["bound"] - history[n - 1]["bound"]'
OF_PART = 'history[n]["part"] == part and rise[n] < 0'


def one_coin(prob):
    return f"(torch.rand(len({prob}), 1) < {prob}).float()"


def scaled(update, step):
    return update.replace("learning_rate / len(batch)", step)


forward = at("ft-forward")
forward_steps = at("ft-forward", check="check-ft-forward-steps")
update = at("ft-update")
update_mean = at("ft-update", check="check-ft-update-mean")
exact = at("ft-exact")
exact_gap = at("ft-exact", check="check-ft-exact-gap")
harmful = at("ft-harmful")

WRONG = [
    forward_steps("steps not handed on", {"(h2_up, steps)": "(h2_up)"}, "with steps = 5 and cd_k = 2, h1_down_prob"),
    forward_steps(
        "dream from the wake state", {"self.visible_prob(h1_down)": "self.visible_prob(h1_up)"}, "v1_down_prob is"
    ),
    forward_steps(
        "sleep recognises the batch",
        {"self.recognition_prob(v1_down)": "self.recognition_prob(batch)"},
        "h1_down_up_prob is",
    ),
    forward_steps(
        "prediction of v after the chain",
        {"v1_up_down_prob, v1_up_down, h2_up_prob": "v1_down_prob, v1_down, h2_up_prob"},
        "v1_up_down_prob is the state after",
    ),
    forward_steps("left blank", {"self.recognition_prob(batch)": "..."}, "stopped"),
    forward_steps("return line gone", {FORWARD_RETURN: ""}, "returned none"),
    forward_steps(
        "works in place", {"    h1_up_prob = self": "    batch *= 0.5\n    h1_up_prob = self"}, "has changed"
    ),
    forward(
        "batch sampled first",
        {"recognition_prob(batch)": "recognition_prob(sample_bernoulli(batch))"},
        "grey pixels go up",
    ),
    forward("one coin for each row", {"sample_bernoulli(h1_up_prob)": one_coin("h1_up_prob")}, "share a coin"),
    forward(
        "one coin for each row of the dream",
        {"sample_bernoulli(v1_down_prob)": one_coin("v1_down_prob")},
        "share a coin",
    ),
    forward(
        "dream from h1_up", {"self.visible_prob(h1_down)": "self.visible_prob(h1_up)"}, "the dream comes from h1_down"
    ),
    forward(
        "predicts v from probabilities",
        {"self.visible_prob(h1_up)": "self.visible_prob(h1_up_prob)"},
        "pass on the sample h1_up",
    ),
    forward(
        "climbs with probabilities",
        {"self.h2_prob(h1_up)": "self.h2_prob(h1_up_prob)"},
        "h2_up_prob is wrong: it was",
    ),
    forward(
        "climbs from the prediction",
        {"self.h2_prob(h1_up)": "self.h2_prob(self.recognition_prob(v1_up_down))"},
        "it climbs from the prediction",
    ),
    forward("chain from probabilities", {"(h2_up, steps)": "(h2_up_prob, steps)"}, "pass on the sample h2_up"),
    forward(
        "dream from probabilities",
        {"self.visible_prob(h1_down)": "self.visible_prob(h1_down_prob)"},
        "pass on the sample h1_down",
    ),
    forward(
        "sleep recognises the batch",
        {"self.recognition_prob(v1_down)": "self.recognition_prob(batch)"},
        "recognised from the batch",
    ),
    forward(
        "sleep recognises the prediction",
        {"self.recognition_prob(v1_down)": "self.recognition_prob(v1_up_down)"},
        "recognised from the wake's v1_up_down",
    ),
    forward("no sample of h1_up", {"h1_up = sample_bernoulli(h1_up_prob)": "h1_up = h1_up_prob"}, "never sampled"),
    forward(
        "dream rounded",
        {"v1_down = sample_bernoulli(v1_down_prob)": "v1_down = v1_down_prob.round()"},
        "is a sample of",
    ),
    forward(
        "layers of the wrong size", {"self.visible_prob(h1_up)": "self.h2_prob(h1_up)"}, "14 values has the shape"
    ),
    update("W1_down from h1_down", {"passes.h1_up.T": "passes.h1_down.T"}, "from h1_down"),
    update("wake predicts with v1_down", {V_ERROR: "batch - passes.v1_down_prob"}, "the prediction is v1_down"),
    update(
        "wake with the dream as target",
        {V_ERROR: "passes.v1_down - passes.v1_up_down_prob"},
        "learns from the dream",
    ),
    update(
        "wake with sleep's states",
        {V_ERROR: "batch - passes.v1_down_prob", "passes.h1_up.T": "passes.h1_down.T"},
        "all its states are of the sleep pass",
    ),
    update(
        "W1_down by the rule of an RBM",
        {
            W1_UPDATE: "self.W1_down += learning_rate / len(batch) * (passes.h1_up.T @ batch "
            "- passes.h1_down.T @ passes.v1_down)"
        },
        "rule of an rbm",
    ),
    update("W1_down without prediction", {V_ERROR: "batch"}, "prediction is missing"),
    update("sign of the wake", {V_ERROR: "passes.v1_up_down_prob - batch"}, "change of w1_down is wrong: its sign"),
    update(
        "W1_down not transposed",
        {W1_UPDATE: "self.W1_down += learning_rate / len(batch) * (v_error.T @ passes.h1_up)"},
        "stopped",
    ),
    update(
        "W1_down not assigned",
        {W1_UPDATE: "self.W1_down + learning_rate / len(batch) * passes.h1_up.T @ v_error"},
        "w1_down did not change",
    ),
    update(
        "visible bias from the sleep pass",
        {V1_UPDATE: "self.v1_bias += learning_rate * (batch - passes.v1_down).mean(0)"},
        "it takes v1_down, of the sleep pass",
    ),
    update("visible bias forgotten", {V1_UPDATE: "pass"}, "v1_bias did not change"),
    update("visible bias summed", {"v_error.mean(0)": "v_error.sum(0)"}, "change of v1_bias is wrong: the sum"),
    update("R1 from the batch", {"passes.v1_down.T": "batch.T"}, "the image is the dream"),
    update(
        "sleep with the wake's target",
        {H1_ERROR: "passes.h1_up - passes.h1_down_up_prob"},
        "target is the wake's h1_up",
    ),
    update(
        "sleep with the wake's states",
        {H1_ERROR: "passes.h1_up - passes.h1_down_up_prob", "passes.v1_down.T": "batch.T"},
        "all its states are of the wake pass",
    ),
    update(
        "sleep with the difference of the top",
        {H1_ERROR: "passes.h1_up - passes.h1_down", "passes.v1_down.T": "batch.T"},
        "those are of the wake pass and the top",
    ),
    update(
        "R1 by the rule of an RBM",
        {
            R1_UPDATE: "self.R1 += learning_rate / len(batch) * (batch.T @ passes.h1_up "
            "- passes.v1_down.T @ passes.h1_down)"
        },
        "rule of an rbm",
    ),
    update("R1 without prediction", {H1_ERROR: "passes.h1_down"}, "change of r1 is wrong: the prediction is missing"),
    update(
        "sign of the sleep", {H1_ERROR: "passes.h1_down_up_prob - passes.h1_down"}, "change of r1 is wrong: its sign"
    ),
    update(
        "up bias as the visible bias of the top",
        {UP_UPDATE: "self.h1_up_bias += learning_rate * (passes.h1_up - passes.h1_down).mean(0)"},
        "visible bias of the top rbm",
    ),
    update(
        "up bias with the wake's target",
        {UP_UPDATE: "self.h1_up_bias += learning_rate * (passes.h1_up - passes.h1_down_up_prob).mean(0)"},
        "h1_up_bias is wrong: its target",
    ),
    update("up bias forgotten", {UP_UPDATE: "pass"}, "h1_up_bias did not change"),
    update(
        "down bias in place of the up bias",
        {UP_UPDATE: UP_UPDATE.replace("h1_up_bias", "h1_down_bias")},
        "sleep_update moves h1_down_bias",
    ),
    update(
        "R1 learns in the wake phase too",
        {V1_UPDATE: f"{V1_UPDATE}\n    self.R1 += learning_rate / len(batch) * v_error.T @ passes.h1_up"},
        "wake_update moves r1",
    ),
    update(
        "the phases swapped",
        {"def wake_update": "def nap", "def sleep_update": "def wake_update", "def nap": "def sleep_update"},
        "wake_update moves r1",
    ),
    update("not divided by the batch", {W1_UPDATE: scaled(W1_UPDATE, "learning_rate")}, "not divided by its size"),
    update(
        "divided twice",
        {R1_UPDATE: scaled(R1_UPDATE, "learning_rate / len(batch) ** 2")},
        "change of r1 is wrong: it was",
    ),
    update("learning rate ignored", {W1_UPDATE: scaled(W1_UPDATE, "1 / len(batch)")}, "learning rate is missing"),
    update(
        "R1 replaced by its change",
        {R1_UPDATE: "self.R1 = learning_rate / len(batch) * passes.v1_down.T @ h1_error"},
        "change alone",
    ),
    update("bias replaced by its change", {V1_UPDATE: V1_UPDATE.replace("+=", "=")}, "change alone"),
    update("left blank", {V_ERROR: "..."}, "wake_update stopped"),
    update_mean("W1_down from probabilities", {"passes.h1_up.T": "passes.h1_up_prob.T"}, "sample h1_up"),
    update_mean("R1 from a grey dream, half way", {"passes.v1_down.T": "passes.v1_down_prob.T"}, "mixes"),
    update_mean(
        "target of sleep is a probability of the wake",
        {H1_ERROR: "passes.h1_up_prob - passes.h1_down_up_prob"},
        "r1",
    ),
    exact("p_top not normalised", {NORMALISED: ""}, "p_top is not normalised"),
    exact(
        "averaged over the states",
        {"log_joint.logsumexp(1)": "log_joint.logsumexp(1) - math.log(len(h1))"},
        "averaged",
    ),
    exact("prior forgotten", {LOG_JOINT: LOG_JOINT.replace(" + log_top", "")}, "prior p_top is missing"),
    exact(
        "uniform prior",
        {LOG_JOINT: LOG_JOINT.replace("log_top", "0 * log_top - math.log(len(h1))")},
        "all states of h1 count alike",
    ),
    exact("no logarithm", {"return log_p,": "return log_p.exp(),"}, "not its logarithm"),
    exact("sign of log p", {"return log_p,": "return -log_p,"}, "sign is turned"),
    exact("posterior in place of q", {BOUND: BOUND.replace("q *", "posterior *")}, "averaged over the posterior"),
    exact("entropy forgotten", {BOUND: "(q * log_joint).sum(1)"}, "log q is missing"),
    exact("entropy subtracted", {BOUND: "(q * (log_joint + log_q)).sum(1)"}, "log q has the wrong sign"),
    exact("gap added", {BOUND: "log_p + (q * (log_q - log_posterior)).sum(1)"}, "the gap is added"),
    exact("not weighted by q", {BOUND: "(log_joint - log_q).sum(1)"}, "the bound is wrong"),
    exact(
        "recognises with W1_down", {"ft.recognition_prob(v)": "torch.sigmoid(v @ ft.W1_down.T)"}, "the bound is wrong"
    ),
    exact("mean over the images", {"return log_p, bound": "return log_p.mean(), bound"}, "has the shape ()"),
    exact(
        "the sum of h2 forgotten",
        {"-free_energy(h1, ft.W2, ft.h1_down_bias, ft.h2_bias)": "h1 @ ft.h1_down_bias"},
        "log p(v) is wrong",
    ),
    exact("left blank", {BOUND: "..."}, "still `...`"),
    exact("return line gone", {"    return log_p, bound, kl_qp, kl_pq": ""}, "returned none"),
    exact("images as rows of the states", {".T.log()": ".log()"}, "stopped"),
    exact_gap("the two swapped", {"kl_qp, kl_pq": "kl_pq, kl_qp"}, "the other divergence"),
    exact_gap("sign of the first", {KL_QP: "(q * (log_posterior - log_q)).sum(1)"}, "kl(q || p) is wrong: its sign"),
    exact_gap(
        "sign of the second", {KL_PQ: "(posterior * (log_q - log_posterior)).sum(1)"}, "kl(p || q) is wrong: its sign"
    ),
    exact_gap("cross entropy", {KL_QP: "-(q * log_posterior).sum(1)"}, "cross entropy"),
    exact_gap("cross entropy of the other", {KL_PQ: "-(posterior * log_q).sum(1)"}, "cross entropy"),
    exact_gap("not weighted", {KL_QP: "(log_q - log_posterior).sum(1)"}, "not weighted"),
    exact_gap("averaged over the images", {KL_PQ: f"{KL_PQ}.mean().expand(len(v))"}, "averaged over the images"),
    exact_gap(
        "joint in place of the posterior",
        {"posterior = log_q.exp(), log_posterior.exp()": "posterior = log_q.exp(), log_joint.exp()"},
        "kl(p || q) is wrong",
    ),
    harmful("rises", {"rise[n] < 0": "rise[n] > 0"}, "the places are"),
    harmful("of all parts", {OF_PART: "rise[n] < 0"}, "the places are"),
    harmful("ties count", {"rise[n] < 0": "rise[n] <= 0"}, "was counted as a fall"),
    harmful(
        "largest last",
        {"sorted(fallen, key=rise.get)": "sorted(fallen, key=rise.get)[::-1]"},
        "largest fall has to come first",
    ),
    harmful("in order of time", {"sorted(fallen, key=rise.get)": "fallen"}, "largest fall has to come first"),
    harmful(
        "the place before",
        {"sorted(fallen, key=rise.get)": "[n - 1 for n in sorted(fallen, key=rise.get)]"},
        "those before the updates",
    ),
    harmful("log p in place of the bound", {RISE: RISE.replace("bound", "log p")}, "the places are"),
    harmful("a number", {"sorted(fallen, key=rise.get)": "len(fallen)"}, "returned int"),
    harmful(
        "pairs",
        {"sorted(fallen, key=rise.get)": "[(n, rise[n]) for n in sorted(fallen, key=rise.get)]"},
        "places alone",
    ),
    update(
        "wake with its own prediction as target",
        {V_ERROR: "passes.v1_up_down - passes.v1_up_down_prob"},
        "or its error is always zero",
    ),
    exact("sign of the free energy", {"-free_energy(": "free_energy("}, "sign of the free energy"),
    exact(
        "the upward bias at the top", {"ft.h1_down_bias, ft": "ft.h1_up_bias, ft"}, "its bias of h1 is h1_down_bias"
    ),
    exact("the other divergence under the bound", {BOUND: f"log_p - {KL_PQ}"}, "the bound is wrong"),
    exact(
        "q with the bias of the top",
        {"ft.recognition_prob(v)": "torch.sigmoid(v @ ft.R1 + ft.h1_down_bias)"},
        "q takes h1_down_bias",
    ),
    exact(
        "single precision",
        {"ft.recognition_prob(v)": "torch.sigmoid(v.float() @ ft.R1 + ft.h1_up_bias)"},
        "double precision",
    ),
    exact_gap("weighted by q", {KL_PQ: KL_PQ.replace("posterior *", "q *")}, "averaged over the wrong distribution"),
    exact_gap("weighted by p", {KL_QP: KL_QP.replace("q *", "posterior *")}, "averaged over the wrong distribution"),
    update("one number for all biases", {V1_UPDATE: V1_UPDATE.replace(".mean(0)", ".mean()")}, "a bias of its own"),
    update(
        "one number for all biases of h1", {UP_UPDATE: UP_UPDATE.replace(".mean(0)", ".mean()")}, "bias of its own"
    ),
    update("changes the batch", {V_ERROR: "batch.sub_(passes.v1_up_down_prob)"}, "belong to the caller"),
    update("changes the passes", {H1_ERROR: "passes.h1_down.sub_(passes.h1_down_up_prob)"}, "belong to the caller"),
    update_mean(
        "target of sleep is a probability",
        {H1_ERROR: "passes.h1_down_prob - passes.h1_down_up_prob"},
        "not its probability",
    ),
    harmful("the falls", {"sorted(fallen, key=rise.get)": "sorted(-rise[n] for n in fallen)[::-1]"}, "places alone"),
    harmful("compared with the start", {RISE: RISE.replace("n - 1", "0")}, "compared with the start"),
    forward_steps(
        "steps kept for good", {"self.gibbs_sampling(h2_up, steps)": "(setattr(self, 'cd_k', steps or self.cd_k)"
                                " or self.gibbs_sampling(h2_up))"}, "steps count for one call"
    ),
    forward_steps("drawn in place", {"sample_bernoulli(h1_up_prob)": "h1_up_prob.bernoulli_()"}, "drawn in place"),
    forward(
        "chain unpacked in the wrong order",
        {"h1_down_prob, h1_down, h2_down_prob, h2_down = self":
         "h1_down, h1_down_prob, h2_down, h2_down_prob = self"},
        "changed places",
    ),
    forward("h2_up rounded", {"sample_bernoulli(h2_up_prob)": "h2_up_prob.round()"}, "h2_up is rounded"),
    forward(
        "h1_up drawn twice",
        {"self.visible_prob(h1_up)": "self.visible_prob(sample_bernoulli(h1_up_prob))"},
        "or from a second draw",
    ),
    forward(
        "recognised with W1_down",
        {"self.recognition_prob(v1_down)": "torch.sigmoid(v1_down @ self.W1_down.T + self.h1_up_bias)"},
        "matrix of the other direction",
    ),
    forward(
        "painted with R1",
        {"self.visible_prob(h1_up)": "torch.sigmoid(h1_up @ self.R1.T + self.v1_bias)"},
        "matrix of the other direction",
    ),
    update(
        "slope of the sigmoid",
        {V_ERROR: f"({V_ERROR}) * passes.v1_up_down_prob * (1 - passes.v1_up_down_prob)"},
        "is there a factor p (1 - p)",
    ),
    update(
        "product of the means",
        {W1_UPDATE: "self.W1_down += learning_rate * torch.outer(passes.h1_up.mean(0), v_error.mean(0))"},
        "w1_down is wrong: it multiplies two means",
    ),
    update(
        "product of the means of sleep",
        {R1_UPDATE: "self.R1 += learning_rate * torch.outer(passes.v1_down.mean(0), h1_error.mean(0))"},
        "r1 is wrong: it multiplies two means",
    ),
    update("divided by the units", {W1_UPDATE: scaled(W1_UPDATE, "learning_rate / batch.shape[1]")}, "it is 2 times"),
    update("divided by the passes", {R1_UPDATE: scaled(R1_UPDATE, "learning_rate / len(passes)")}, "it is 0.714"),
    update(
        "reshaped",
        {W1_UPDATE: "self.W1_down += learning_rate / len(batch) * (v_error.T @ passes.h1_up).view_as(self.W1_down)"},
        "has to be transposed",
    ),
    update(
        "sleep predicts with W1_down",
        {"passes.h1_down_up_prob": "torch.sigmoid(passes.v1_down @ self.W1_down.T + self.h1_up_bias)"},
        "goes through w1_down",
    ),
    update_mean(
        "h1_up drawn anew", {"passes.h1_up.T": "sample_bernoulli(passes.h1_up_prob).T"}, "or a new draw"
    ),
    update_mean(
        "dream painted anew", {"passes.v1_down.T": "sample_bernoulli(passes.v1_down_prob).T"}, "or drawn anew"
    ),
    update_mean("grey batch rounded", {V_ERROR: "batch.round() - passes.v1_up_down_prob"}, "the batch is rounded"),
    update_mean(
        "v predicted again for the bias",
        {V1_UPDATE: "self.v1_bias += learning_rate * (batch - self.visible_prob(passes.h1_up)).mean(0)"},
        "change of v1_bias is wrong: its prediction was made again",
    ),
    update_mean(
        "h1 predicted again for the bias",
        {UP_UPDATE: "self.h1_up_bias += learning_rate * (passes.h1_down"
         " - self.recognition_prob(passes.v1_down)).mean(0)"},
        "change of h1_up_bias is wrong: its prediction was made again",
    ),
    exact("paints with R1", {"ft.visible_prob(h1)": "torch.sigmoid(h1 @ ft.R1.T + ft.v1_bias)"}, "painted with r1"),
    exact("chances reversed", {"chances(ft.visible_prob(h1), v).T": "chances(v, ft.visible_prob(h1))"}, "come first"),
    exact("Z_top without logarithm", {NORMALISED: NORMALISED.replace("logsumexp", "exp().sum")}, "needs a logarithm"),
    exact(
        "h2 at its mean",
        {"-free_energy(h1, ft.W2, ft.h1_down_bias, ft.h2_bias)": "h1 @ ft.h1_down_bias + ((h1 @ ft.W2 + ft.h2_bias)"
         " * ft.h2_prob(h1)).sum(1)"},
        "it has to be summed out",
    ),
    exact(
        "the lower RBM",
        {"log_p = log_joint.logsumexp(1)": "states = all_states(ft.v_size, ft.R1)\n    score, all_scores = ("
         "-free_energy(x, ft.R1, ft.v1_bias, ft.h1_up_bias) for x in (v, states))\n"
         "    log_p = score - all_scores.logsumexp(0)"},
        "lower layer as an rbm",
    ),
    exact("logarithm of the mean", {BOUND: "(q * (log_joint - log_q).exp()).sum(1).log()"}, "inside the mean over q"),
    exact("results in float32", {"return log_p,": "return log_p.float(),"}, "log p(v) is in single precision"),
    exact_gap(
        "posterior without the prior",
        {"log_posterior = log_joint - log_p[:, None]": "log_posterior = (log_joint - log_top).log_softmax(1)"},
        "its prior p_top is missing",
    ),
    exact_gap("joint under the log", {KL_PQ: KL_PQ.replace("log_posterior", "log_joint")}, "log p(v) is missing"),
    exact_gap("bits", {KL_QP: f"{KL_QP} / math.log(2)"}, "it is in bits"),
    harmful("compared with the best", {RISE: 'history[n]["bound"] - max(h["bound"] for h in history[:n])'}, "best"),
    harmful("compared with its part", {RISE: RISE.replace("n - 1", "max(n - 3, 0)")}, "last update of this part"),
    harmful(
        "compared with its part, the first left out",
        {RISE: RISE.replace("n - 1", "n - 3"), "range(1, len(history))": "range(4, len(history))"},
        "last update of this part",
    ),
    harmful(
        "compared with the entry behind",
        {RISE: 'history[n + 1]["bound"] - history[n]["bound"]', "(1, len(history))": "(1, len(history) - 1)"},
        "the entry behind",
    ),
    update("all passes again", {"    v_error =": "    passes = self.forward(batch)\n    v_error ="}, "forward again"),
    update("transposed", {"passes.h1_up.T, v_error": "v_error.T, passes.h1_up"}, "(visible, hidden), w1_down"),
    exact(
        "gap of the other divergence", {"return log_p,": "bound = log_p - kl_pq\n    return log_p,"}, "its gap is kl"
    ),
    harmful("part of the entry before", {'history[n]["part"] ==': 'history[n - 1]["part"] =='}, "one entry before."),
    harmful(
        "counted in its part",
        {"sorted(fallen, key=rise.get)": "[(n - 1) // 3 for n in sorted(fallen, key=rise.get)]"},
        "counted among the updates",
    ),
    harmful("start removed", {"return places": "history.pop(0)\n    return places"}, "changes the history"),
    harmful(
        "single precision",
        {RISE: 'float(torch.tensor(history[n]["bound"]) - torch.tensor(history[n - 1]["bound"]))'},
        "does single precision hide it?",
    ),
    harmful("key misspelt", {'["bound"] - history': '["bounds"] - history'}, "harmful stopped"),
    forward_steps(
        "dream from a new h1",
        {"self.visible_prob(h1_down)": "self.visible_prob(sample_bernoulli(self.h1_prob(h2_down)))"},
        "not from an h1 that is drawn anew",
    ),
    forward_steps(
        "probabilities of the chain first",
        {"h1_down_prob, h1_down, h2_down_prob, h2_down = self":
         "h1_down_prob, h2_down_prob, h1_down, h2_down = self"},
        "h1_down_prob, h1_down, h2_down_prob, h2_down, in this order",
    ),
    forward_steps(
        "samples of the chain first",
        {"h1_down_prob, h1_down, h2_down_prob, h2_down = self":
         "h1_down, h2_down, h1_down_prob, h2_down_prob = self"},
        "h1_down_prob, h1_down, h2_down_prob, h2_down, in this order",
    ),
    forward_steps(
        "h2 of the chain first",
        {"h1_down_prob, h1_down, h2_down_prob, h2_down = self":
         "h2_down_prob, h2_down, h1_down_prob, h1_down = self"},
        "h1_down_prob, h1_down, h2_down_prob, h2_down, in this order",
    ),
    update("one sum for all biases", {"v_error.mean(0)": "v_error.sum()"}, "a bias of its own"),
    update("one sum for all biases of h1", {"h1_error.mean(0)": "h1_error.sum() / len(batch)"}, "a bias of its own"),
    update(
        "one row for all rows of W1_down",
        {W1_UPDATE: "self.W1_down += learning_rate * (passes.h1_up.T @ v_error).mean(0)"},
        "change of w1_down is wrong: all its rows are alike",
    ),
    update(
        "R1 without its states",
        {R1_UPDATE: "self.R1 += learning_rate * h1_error.mean(0)"},
        "change of r1 is wrong: all its rows are alike",
    ),
    exact(
        "single precision inside",
        {LOG_JOINT: f"log_joint = ({LOG_JOINT[12:]}).float().to(v.dtype)"},
        "log p(v) is in single precision, or something on the way",
    ),
    exact(
        "single precision inside the bound",
        {BOUND: "(q * (log_joint - log_q)).float().sum(1).to(v.dtype)"},
        "the bound is in single precision, or something on the way",
    ),
    exact("Z_top as a mean", {"log_top.logsumexp(0)": "log_top.exp().mean(0).log()"}, "z_top is a mean"),
    exact("mean in place of the sum", {BOUND: BOUND.replace("sum", "mean")}, "divided by the number of states"),
    exact_gap("mean in place of the sum", {KL_QP: KL_QP.replace("sum", "mean")}, "divided by the number of states"),
    exact_gap(
        "mean in place of the other sum", {KL_PQ: KL_PQ.replace("sum", "mean")}, "divided by the number of states"
    ),
    exact_gap(
        "single precision inside",
        {"posterior = log_q.exp(), log_posterior.exp()":
         "posterior = log_q.exp(), log_posterior.float().exp().to(v.dtype)"},
        "kl(p || q) is in single precision, or something on the way",
    ),
]

RIGHT = [
    update_mean(
        "grey dream for the prediction alone, still unbiased",
        {"passes.h1_down_up_prob": "self.recognition_prob(passes.v1_down_prob)"},
    ),
    forward(
        "other order, bernoulli()",
        {
            "    v1_up_down_prob = self.visible_prob(h1_up)\n": "",
            "    v1_up_down = sample_bernoulli(v1_up_down_prob)\n": "",
            "    v1_down_prob = self": "    v1_up_down_prob = self.visible_prob(h1_up)\n"
            "    v1_up_down = v1_up_down_prob.bernoulli()\n    v1_down_prob = self",
        },
    ),
    forward(
        "grey dream, as in appendix B", {"self.recognition_prob(v1_down)": "self.recognition_prob(v1_down_prob)"}
    ),
    forward(
        "grey dream handed on, as in appendix B",
        {"v1_down = sample_bernoulli(v1_down_prob)": "v1_down = v1_down_prob"},
    ),
    forward_steps(
        "grey dream handed on, as in appendix B",
        {"v1_down = sample_bernoulli(v1_down_prob)": "v1_down = v1_down_prob"},
    ),
    update(
        "predicted again, before anything moves",
        {V_ERROR: "batch - self.visible_prob(passes.h1_up)",
         H1_ERROR: "passes.h1_down - self.recognition_prob(passes.v1_down)"},
    ),
    harmful(
        "a difference in double precision",
        {RISE: 'float(torch.tensor([history[n - 1]["bound"], history[n]["bound"]], dtype=torch.float64).diff())'},
    ),
    forward_steps("steps by name", {"(h2_up, steps)": "(h2=h2_up, steps=steps)"}),
    update(
        "sampled predictions, as in the sheet",
        {V_ERROR: "batch - passes.v1_up_down", H1_ERROR: "passes.h1_down - passes.h1_down_up"},
    ),
    update_mean(
        "sampled predictions, as in the sheet",
        {V_ERROR: "batch - passes.v1_up_down", H1_ERROR: "passes.h1_down - passes.h1_down_up"},
    ),
    update(
        "out of place, averaged",
        {
            W1_UPDATE: "self.W1_down = self.W1_down + learning_rate * (passes.h1_up.T @ v_error) / batch.shape[0]",
            V1_UPDATE: "self.v1_bias = self.v1_bias + learning_rate * v_error.mean(dim=0)",
            R1_UPDATE: "self.R1 = self.R1 + learning_rate * (passes.v1_down[:, :, None] * h1_error[:, None]).mean(0)",
        },
    ),
    update(
        "unpacked, as in the sheet",
        {V_ERROR: "batch - passes[2]", H1_ERROR: "passes[7] - passes[12]"},
    ),
    update_mean(
        "grey dream in both places, as in appendix B",
        {
            H1_ERROR: "passes.h1_down - self.recognition_prob(passes.v1_down_prob)",
            "passes.v1_down.T": "passes.v1_down_prob.T",
        },
    ),
    exact("bound as the rest", {BOUND: "log_p - (q * (log_q - log_posterior)).sum(1)"}),
    exact("probabilities first", {"log_joint.logsumexp(1)": "log_joint.exp().sum(1).log()"}),
    exact(
        "image by image",
        {LOG_Q: "log_q = torch.stack([chances(ft.recognition_prob(row[None]), h1)[0].log() for row in v])"},
    ),
    exact("a number so small that it does no harm", {LOG_Q: LOG_Q.replace("h1).log", "h1).add(1e-12).log")}),
    exact(
        "image by image, in a loop",
        {BOUND: "torch.stack([q[n] @ (log_joint[n] - log_q[n]) for n in range(len(v))])"},
    ),
    exact_gap("gap as the rest", {KL_QP: "log_p - bound"}),
    exact_gap(
        "torch's own",
        {KL_PQ: "torch.nn.functional.kl_div(log_q, log_posterior, log_target=True, reduction='none').sum(1)"},
    ),
    harmful("a tensor", {"sorted(fallen, key=rise.get)": "torch.tensor(sorted(fallen, key=rise.get))"}),
    harmful("a comparison", {"rise[n] < 0": 'history[n]["bound"] < history[n - 1]["bound"]'}),
]
