"""Lab 03: wrong and alternative ways to fine-tune the DBN."""

from tests.mutants.bank import at

LAB = "03_dbn_finetuning"

UP = "torch.sigmoid(v @ self.R1 + self.h1_up_bias)"
DOWN = "torch.sigmoid(h1 @ self.W1_down + self.v1_bias)"
TOP_UP = "torch.sigmoid(h1 @ self.W2 + self.h2_bias)"
TOP_DOWN = "torch.sigmoid(h2 @ self.W2.T + self.h1_down_bias)"

CHAIN = """        h1_down_prob = self.h1_prob(h2_down)
        h1_down = sample_bernoulli(h1_down_prob)
        h2_down_prob = self.h2_prob(h1_down)
        h2_down = sample_bernoulli(h2_down_prob)
"""
HANDED_ON = CHAIN.replace("        h2_down = sample", "        h2_down = h2_down_prob\n    h2_down = sample")
ROUNDED = "        h2_down = h2_down_prob.round()\n    h2_down = sample_bernoulli(h2_down_prob)"
FORWARD_RETURN = (
    "    return (h1_up_prob, h1_up, v1_up_down_prob, v1_up_down, h2_up_prob, h2_up, h1_down_prob, h1_down,\n"
    "            h2_down_prob, h2_down, v1_down_prob, v1_down, h1_down_up_prob, h1_down_up)"
)

STEPS = "steps_to_do = self.cd_k if steps is None else steps"
AGAIN = "h1 = sample_bernoulli(self.h1_prob(h2down))"

STEP = "step = learning_rate / len(batch)"
TOP_STEP = "top_step = step if top_learning_rate is None else top_learning_rate / len(batch)"
W1_UPDATE = "self.W1_down.addmm_(h1_up.T, v_error, alpha=step)"
V1_UPDATE = "self.v1_bias += step * v_error.sum(0)"
W2_UPDATE = "self.W2.addmm_(h1_up.T, h2_up, alpha=top_step).addmm_(h1_down.T, h2_down, alpha=-top_step)"
W2_ALONE = "self.W2 = top_step * (h1_up.T @ h2_up - h1_down.T @ h2_down)"
PROBABILITIES = "self.W2 += top_step * (h1_up_prob.T @ h2_up_prob - h1_down_prob.T @ h2_down_prob)"
DOWN_UPDATE = "self.h1_down_bias += top_step * (h1_up - h1_down).sum(0)"
H2_UPDATE = "self.h2_bias += top_step * (h2_up - h2_down).sum(0)"
R1_UPDATE = "self.R1.addmm_(v1_down.T, h1_error, alpha=step)"
UP_UPDATE = "self.h1_up_bias += step * h1_error.sum(0)"


def one_coin(prob):
    return f"(torch.rand(len({prob}), 1) < {prob}).float()"


init = at("ft-init")
conditionals = at("ft-conditionals")
gibbs = at("ft-gibbs")
reconstruct = at("ft-gibbs", check="check-ft-reconstruct")
forward = at("ft-forward")
forward_steps = at("ft-forward", check="check-ft-forward-steps")
update = at("ft-update")
update_top = at("ft-update", check="check-ft-update-top")
update_mean = at("ft-update", check="check-ft-update-mean")

WRONG = [
    init("R1 shared with the DBN", {"self.R1 = base_dbn.W1.clone()": "self.R1 = base_dbn.W1"}, "shares its memory"),
    init(
        "W1_down is a view of W1",
        {"base_dbn.W1.T.clone()": "base_dbn.W1.T"},
        "training w1_down would change the base",
    ),
    init(
        "W1_down is a view of R1",
        {"self.W1_down = base_dbn.W1.T.clone()": "self.W1_down = self.R1.T"},
        "would change w1_down too",
    ),
    init(
        "a bias shared with the DBN",
        {"base_dbn.h2_bias.clone()": "base_dbn.h2_bias"},
        "training h2_bias would change the base",
    ),
    init("W2 shared with the DBN", {"base_dbn.W2.clone()": "base_dbn.W2"}, "training w2 would change the base"),
    init(
        "one tensor for both biases of h1",
        {"self.h1_down_bias = base_dbn.h1_bias.clone()": "self.h1_down_bias = self.h1_up_bias"},
        "the top rbm's own is h1_bias",
    ),
    init("not transposed", {"base_dbn.W1.T.clone()": "base_dbn.W1.clone()"}, "the transpose is missing"),
    init("reshaped", {"base_dbn.W1.T.clone()": "base_dbn.W1.clone().view(self.h1_size, -1)"}, "reshaped"),
    init(
        "recognition with the top's bias",
        {"self.h1_up_bias = base_dbn.h1_up_bias.clone()": "self.h1_up_bias = base_dbn.h1_bias.clone()"},
        "moved with the top",
    ),
    init(
        "biases of h1 swapped",
        {
            "base_dbn.h1_up_bias.clone()": "base_dbn.h1_bias.clone()",
            "base_dbn.h1_bias.clone()": "base_dbn.h1_up_bias.clone()",
        },
        "the top rbm's own is h1_bias",
    ),
    init("W1_down forgotten", {"self.W1_down = base_dbn.W1.T.clone()": "pass"}, "has no w1_down"),
    init(
        "started at zero", {"self.v1_bias = base_dbn.v_bias.clone()": "self.v1_bias = 0 * base_dbn.v_bias"}, "at zero"
    ),
    init("left blank", {"base_dbn.W2.clone()": "..."}, "fill in the blank"),
    conditionals(
        "recognises with W1_down", {"v @ self.R1": "v @ self.W1_down.T"}, "it goes up with the generative weights"
    ),
    conditionals(
        "generates with R1", {"h1 @ self.W1_down": "h1 @ self.R1.T"}, "goes down with the recognition weights"
    ),
    conditionals(
        "R1 and W1_down swapped",
        {"v @ self.R1": "v @ self.W1_down.T", "h1 @ self.W1_down": "h1 @ self.R1.T"},
        "it goes up with the generative weights",
    ),
    conditionals(
        "recognises with the top's bias", {"self.h1_up_bias": "self.h1_down_bias"}, "going up it is h1_up_bias"
    ),
    conditionals(
        "from the top with the bias of recognition",
        {"self.h1_down_bias": "self.h1_up_bias"},
        "from the top it is h1_down",
    ),
    conditionals("no sigmoid", {DOWN: "h1 @ self.W1_down + self.v1_bias"}, "sigmoid is missing"),
    conditionals("no bias", {TOP_UP: "torch.sigmoid(h1 @ self.W2)"}, "h2_prob(...) is wrong: the bias is missing"),
    conditionals(
        "sign of the energy", {TOP_DOWN: "torch.sigmoid(-(h2 @ self.W2.T + self.h1_down_bias))"}, "sign inside"
    ),
    conditionals("W1_down transposed", {"h1 @ self.W1_down": "h1 @ self.W1_down.T"}, "visible_prob stopped"),
    conditionals("W2 not transposed", {"h2 @ self.W2.T": "h2 @ self.W2"}, "h1_prob stopped"),
    conditionals("sampled too early", {TOP_UP: f"sample_bernoulli({TOP_UP})"}, "holds only 0 and 1"),
    conditionals("self forgotten", {UP: "torch.sigmoid(v @ R1 + h1_up_bias)"}, "name 'r1' is not defined"),
    conditionals("left blank", {UP: "..."}, "fill in the blank"),
    gibbs(
        "steps ignored, as in the sheet",
        {"range(steps_to_do)": "range(self.cd_k)"},
        "with steps = 4 and cd_k = 2, h1_down_prob of gibbs_sampling is the state after 2 steps",
    ),
    gibbs("default ignored", {STEPS: "steps_to_do = steps or 1"}, "state after 1 steps, not 2"),
    gibbs("one step too many", {"range(steps_to_do)": "range(steps_to_do + 1)"}, "state after 3 steps, not 2"),
    gibbs(
        "reconstruct drops steps", {"self.gibbs_sampling(h2, steps)": "self.gibbs_sampling(h2)"}, "of reconstruct is"
    ),
    gibbs("chain starts anew", {"self.h1_prob(h2_down)": "self.h1_prob(h2)"}, "state after 1 steps, not 2"),
    gibbs(
        "v from the state that was passed in",
        {AGAIN: "h1 = sample_bernoulli(self.h1_prob(h2))"},
        "v_prob of reconstruct is the state after 0 steps",
    ),
    gibbs(
        "works in place",
        {"h1_down_prob = self.h1_prob(h2_down)": "h1_down_prob = self.h1_prob(h2_down.add_(0.2))"},
        "has changed",
    ),
    gibbs(
        "v from the h1 of the last step",
        {"_, _, h2down_prob, h2down =": "_, h1, h2down_prob, h2down =", AGAIN: "pass"},
        "half a step older",
    ),
    gibbs(
        "reconstruct works in place", {"    _, _, h2down_prob": "    h2 *= 0.5\n    _, _, h2down_prob"}, "has changed"
    ),
    gibbs("cd_k overwritten", {"for _ in": "self.cd_k = steps_to_do\n    for _ in"}, "leave the network as it is"),
    gibbs(
        "return line gone",
        {"    return h1_down_prob, h1_down, h2_down_prob, h2_down": ""},
        "gibbs_sampling returned none",
    ),
    gibbs(
        "two values returned",
        {"return v_prob, v_out, h2down_prob, h2down": "return v_prob, v_out"},
        "reconstruct returned 2",
    ),
    gibbs(
        "comparison turned round",
        {"sample_bernoulli(h1_down_prob)": "(torch.rand_like(h1_down_prob) > h1_down_prob).float()"},
        "is not a sample of h1_down_prob",
    ),
    reconstruct(
        "v from the h1 of the last step",
        {"_, _, h2down_prob, h2down =": "_, h1, h2down_prob, h2down =", AGAIN: "pass"},
        "sample of p(h1 | h2down)",
    ),
    reconstruct("probabilities between the steps", {CHAIN: HANDED_ON}, "after two steps the chain"),
    reconstruct(
        "rounding between the steps",
        {"        h2_down = sample_bernoulli(h2_down_prob)": ROUNDED},
        "how often h1_down_prob belongs",
    ),
    reconstruct(
        "start rounded", {"for _ in": "h2_down = h2_down.round()\n    for _ in"}, "for an amplified state is wrong in"
    ),
    reconstruct(
        "start sampled",
        {"for _ in": "h2_down = sample_bernoulli(h2_down)\n    for _ in"},
        "for an amplified state is wrong in",
    ),
    reconstruct("state cut off at 1", {"for _ in": "h2_down = h2_down.clamp(0, 1)\n    for _ in"}, "cut off at 1"),
    reconstruct("state cut off at 1 by reconstruct", {"(h2, steps)": "(h2.clamp(0, 1), steps)"}, "cut off at 1"),
    reconstruct(
        "one coin for each row", {"sample_bernoulli(h1_down_prob)": one_coin("h1_down_prob")}, "share a coin"
    ),
    reconstruct("one coin for each row of pixels", {"sample_bernoulli(v_prob)": one_coin("v_prob")}, "share a coin"),
    reconstruct(
        "probabilities up the chain",
        {"self.h2_prob(h1_down)": "self.h2_prob(h1_down_prob)"},
        "pass on the sample h1_down",
    ),
    reconstruct(
        "no sample of h1", {"h1_down = sample_bernoulli(h1_down_prob)": "h1_down = h1_down_prob"}, "never sampled"
    ),
    reconstruct("v from probabilities", {AGAIN: "h1 = self.h1_prob(h2down)"}, "go down from a sample"),
    reconstruct(
        "down with R1",
        {"self.visible_prob(h1)": "torch.sigmoid(h1 @ self.R1.T + self.v1_bias)"},
        "with w1_down and v1_bias",
    ),
    reconstruct("v not sampled", {"v_out = sample_bernoulli(v_prob)": "v_out = v_prob"}, "never sampled"),
    reconstruct(
        "v rounded", {"v_out = sample_bernoulli(v_prob)": "v_out = v_prob.round()"}, "sample of its probability"
    ),
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
    forward("chain from probabilities", {"(h2_up, steps)": "(h2_up_prob, steps)"}, "start it at the sample h2_up"),
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
    update(
        "W1_down from h1_down", {W1_UPDATE: "self.W1_down.addmm_(h1_down.T, v_error, alpha=step)"}, "from h1_down"
    ),
    update(
        "wake predicts with v1_down", {"batch - v1_up_down_prob": "batch - v1_down_prob"}, "the prediction is v1_down"
    ),
    update(
        "wake with the dream as target",
        {"batch - v1_up_down_prob": "v1_down - v1_up_down_prob"},
        "learns from the dream",
    ),
    update(
        "wake with sleep's states",
        {"batch - v1_up_down_prob": "batch - v1_down_prob", "addmm_(h1_up.T, v_error": "addmm_(h1_down.T, v_error"},
        "all its states are of the sleep pass",
    ),
    update(
        "W1_down by the rule of an RBM",
        {W1_UPDATE: "self.W1_down += step * (h1_up.T @ batch - h1_down.T @ v1_down)"},
        "rule of an rbm",
    ),
    update(
        "W1_down without prediction", {W1_UPDATE: "self.W1_down += step * h1_up.T @ batch"}, "prediction is missing"
    ),
    update(
        "sign of the wake",
        {"batch - v1_up_down_prob": "v1_up_down_prob - batch"},
        "change of w1_down is wrong: its sign",
    ),
    update("W1_down not transposed", {W1_UPDATE: "self.W1_down += step * (v_error.T @ h1_up)"}, "stopped"),
    update("W1_down not assigned", {W1_UPDATE: "self.W1_down + step * h1_up.T @ v_error"}, "w1_down did not change"),
    update(
        "visible bias in the sleep pass",
        {V1_UPDATE: "self.v1_bias += step * (batch - v1_down).sum(0)"},
        "it learns in the wake pass, by data minus v1_up_down",
    ),
    update("visible bias forgotten", {V1_UPDATE: "pass"}, "v1_bias did not change"),
    update(
        "R1 from the batch", {R1_UPDATE: "self.R1.addmm_(batch.T, h1_error, alpha=step)"}, "the image is the dream"
    ),
    update(
        "sleep with the wake's target",
        {"h1_down - h1_down_up_prob": "h1_up - h1_down_up_prob"},
        "target is the wake's h1_up",
    ),
    update(
        "sleep with the wake's states",
        {"h1_down - h1_down_up_prob": "h1_up - h1_down_up_prob", "addmm_(v1_down.T": "addmm_(batch.T"},
        "all its states are of the wake pass",
    ),
    update(
        "R1 by the rule of an RBM",
        {R1_UPDATE: "self.R1 += step * (batch.T @ h1_up - v1_down.T @ h1_down)"},
        "rule of an rbm",
    ),
    update(
        "R1 learns in the wake pass too",
        {R1_UPDATE: f"{R1_UPDATE}.addmm_(v_error.T, h1_up, alpha=step)"},
        "moves in the wake pass too",
    ),
    update(
        "W1_down learns in the sleep pass too",
        {R1_UPDATE: f"{R1_UPDATE}\n    self.W1_down += step * (v1_down.T @ h1_error).T"},
        "moves in the sleep pass too",
    ),
    update(
        "sign of the sleep",
        {"h1_down - h1_down_up_prob": "h1_down_up_prob - h1_down"},
        "change of r1 is wrong: its sign",
    ),
    update("not divided by the batch", {STEP: "step = learning_rate"}, "not divided by its size"),
    update("divided twice", {STEP: "step = learning_rate / len(batch) ** 2"}, "twice"),
    update("learning rate ignored", {STEP: "step = 1 / len(batch)"}, "learning rate is missing"),
    update("the top's rate below", {W1_UPDATE: W1_UPDATE.replace("=step", "=top_step")}, "rate of the top rbm"),
    update_top(
        "up bias by the rule of the top",
        {UP_UPDATE: "self.h1_up_bias += step * (h1_up - h1_down).sum(0)"},
        "update of h1_down_bias, the visible bias",
    ),
    update_top(
        "down bias in the sleep pass",
        {DOWN_UPDATE: "self.h1_down_bias += top_step * (h1_down - h1_down_up_prob).sum(0)"},
        "update of h1_up_bias, in the sleep pass",
    ),
    update_top(
        "the two biases swapped",
        {
            UP_UPDATE: "self.h1_down_bias += step * h1_error.sum(0)",
            DOWN_UPDATE: DOWN_UPDATE.replace("down_bias", "up_bias"),
        },
        "update of h1_down_bias",
    ),
    update_top("up bias forgotten", {UP_UPDATE: "pass"}, "h1_up_bias did not change"),
    update_top(
        "top CD to the prediction of the sleep pass",
        {W2_UPDATE: W2_UPDATE.replace("h1_down.T", "h1_down_up.T")},
        "its negative phase is h1_new",
    ),
    update_top(
        "top CD pairs both ends of the chain",
        {W2_UPDATE: W2_UPDATE.replace("h1_down.T, h2_down", "h1_down.T, h2_up")},
        "pairs h1_down",
    ),
    update_top(
        "top CD pairs the other ends",
        {W2_UPDATE: W2_UPDATE.replace("h1_down.T, h2_down", "h1_up.T, h2_down")},
        "pairs h1_up",
    ),
    update_top(
        "top CD from the wrong end",
        {"alpha=top_step": "alpha=-top_step", "alpha=-top_step)\n": "alpha=top_step)\n"},
        "sign",
    ),
    update_top(
        "no negative phase", {".addmm_(h1_down.T, h2_down, alpha=-top_step)": ""}, "negative phase is missing"
    ),
    update_top("negative phase added", {"alpha=-top_step": "alpha=top_step"}, "negative phase is added"),
    update_top("bias of the top turned", {"(h2_up - h2_down)": "(h2_down - h2_up)"}, "h2_bias is wrong: its sign"),
    update_top("top not divided", {"top_learning_rate / len(batch)": "top_learning_rate"}, "not divided by its size"),
    update_top("the top's own rate ignored", {TOP_STEP: "top_step = step"}, "top_learning_rate"),
    update_mean(
        "W1_down from probabilities",
        {"self.W1_down.addmm_(h1_up.T": "self.W1_down.addmm_(h1_up_prob.T"},
        "sample h1_up",
    ),
    update_mean(
        "R1 from a grey dream, half way", {"self.R1.addmm_(v1_down.T": "self.R1.addmm_(v1_down_prob.T"}, "mixes"
    ),
    update_mean(
        "negative phase from probabilities",
        {W2_UPDATE: W2_UPDATE.replace("h1_down.T", "h1_down_prob.T")},
        "the sample h1_down",
    ),
    update_mean("probabilities in both phases of the top", {W2_UPDATE: PROBABILITIES}, "in both phases"),
    update("R1 replaced by its change", {R1_UPDATE: "self.R1 = step * v1_down.T @ h1_error"}, "change alone"),
    update("bias replaced by its change", {V1_UPDATE: V1_UPDATE.replace("+=", "=")}, "change alone"),
    update_top("W2 replaced by its change", {W2_UPDATE: W2_ALONE}, "change alone"),
    update_mean(
        "default rate of the top",
        {"step if top_learning_rate is None": "0.1 * step if top_learning_rate is None"},
        "w2",
    ),
]

RIGHT = [
    init(
        "detached copies, contiguous",
        {
            "base_dbn.W1.clone()": "base_dbn.W1.detach().clone()",
            "base_dbn.W1.T.clone()": "torch.tensor(base_dbn.W1.T.tolist(), device=base_dbn.W1.device)",
        },
    ),
    conditionals(
        "addmm and F.linear",
        {
            UP: "torch.sigmoid(torch.addmm(self.h1_up_bias, v, self.R1))",
            TOP_DOWN: "torch.nn.functional.linear(h2, self.W2, self.h1_down_bias).sigmoid()",
        },
    ),
    conditionals(
        "written out", {DOWN: "1 / (1 + torch.exp(-self.v1_bias - torch.einsum('bj,ji->bi', h1, self.W1_down)))"}
    ),
    gibbs(
        "a helper named gibbs",
        {
            "@add_to_class(DBNWithFineTuning)\ndef gibbs_sampling": "def gibbs(prob):\n"
            "    return sample_bernoulli(prob)\n\n\n"
            "@add_to_class(DBNWithFineTuning)\ndef gibbs_sampling",
            "sample_bernoulli(h1_down_prob)": "gibbs(h1_down_prob)",
        },
    ),
    reconstruct("F.linear", {"self.visible_prob(h1)": "torch.sigmoid(torch.addmm(self.v1_bias, h1, self.W1_down))"}),
    gibbs(
        "if and while as in the sheet",
        {
            STEPS: "steps_to_do = self.cd_k\n    if steps is not None:\n        steps_to_do = steps",
            "for _ in range(steps_to_do):": "while steps_to_do > 0:\n        steps_to_do -= 1",
        },
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
    forward_steps("steps by name", {"(h2_up, steps)": "(h2=h2_up, steps=steps)"}),
    update(
        "sampled predictions, as in the sheet",
        {"batch - v1_up_down_prob": "batch - v1_up_down", "h1_down - h1_down_up_prob": "h1_down - h1_down_up"},
    ),
    update_mean(
        "sampled predictions, as in the sheet",
        {"batch - v1_up_down_prob": "batch - v1_up_down", "h1_down - h1_down_up_prob": "h1_down - h1_down_up"},
    ),
    update(
        "out of place, averaged",
        {
            W1_UPDATE: "self.W1_down = self.W1_down + learning_rate * (h1_up.T @ v_error) / batch.shape[0]",
            V1_UPDATE: "self.v1_bias = self.v1_bias + learning_rate * v_error.mean(0)",
            R1_UPDATE: "self.R1 = self.R1 + learning_rate * torch.einsum('bi,bj->bij', v1_down, h1_error).mean(0)",
        },
    ),
    update_top(
        "out of place, averaged",
        {
            W2_UPDATE: "self.W2 = self.W2 + top_step * (h1_up.T @ h2_up - h1_down.T @ h2_down)",
            H2_UPDATE: "self.h2_bias = self.h2_bias + top_step * len(batch) * (h2_up - h2_down).mean(0)",
        },
    ),
    update_mean(
        "probabilities of the hidden units at the top",
        {
            W2_UPDATE: "self.W2 += top_step * (h1_up.T @ h2_up_prob - h1_down.T @ h2_down_prob)",
            "(h2_up - h2_down)": "(h2_up_prob - h2_down_prob)",
        },
    ),
    update_mean(
        "grey dream in both places, as in appendix B",
        {
            "h1_down - h1_down_up_prob": "h1_down - self.recognition_prob(v1_down_prob)",
            "self.R1.addmm_(v1_down.T": "self.R1.addmm_(v1_down_prob.T",
        },
    ),
]
