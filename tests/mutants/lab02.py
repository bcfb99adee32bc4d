"""Lab 02: wrong and alternative ways to write the DBN."""

from tests.mutants.bank import at

LAB = "02_dbn"

UP = "torch.sigmoid(torch.addmm(self.h1_up_bias, v, self.W1))"
TOP_UP = "torch.sigmoid(torch.addmm(self.h2_bias, h1, self.W2))"
TOP_DOWN = "torch.sigmoid(torch.addmm(self.h1_bias, h2, self.W2.T))"
DOWN = "torch.sigmoid(torch.addmm(self.v_bias, h1, self.W1.T))"
STEPS = "steps_to_do = self.cd_k if steps is None else steps"
CHAIN = """        h1down_prob = self.h1_prob(h2down)
        h1down = sample_bernoulli(h1down_prob)
        h2down_prob = self.h2_prob(h1down)
        h2down = sample_bernoulli(h2down_prob)
"""
HANDED_ON = CHAIN.replace("        h2down = sample", "        h2down = h2down_prob\n    h2down = sample")
ROUNDED = "        h2down = h2down_prob.round()\n    h2down = sample_bernoulli(h2down_prob)"
TURNED = "(torch.rand_like(h1down_prob) > h1down_prob).float()"
FORWARD_RETURN = "    return h1up_prob, h1up, h2up_prob, h2up, h1down_prob, h1down, h2down_prob, h2down"
PROBABILITIES = {"(h1up.T, h2up,": "(h1up_prob.T, h2up_prob,", "(h1down.T, h2down,": "(h1down_prob.T, h2down_prob,"}
W_UPDATE = "self.W2.addmm_(h1up.T, h2up, alpha=step).addmm_(h1down.T, h2down, alpha=-step)"
B1_UPDATE = "self.h1_bias += step * (h1up - h1down).sum(0)"
B2_UPDATE = "self.h2_bias += step * (h2up - h2down).sum(0)"
WHOLE_UPDATE = f"step = learning_rate / len(h1up)\n    {W_UPDATE}\n    {B1_UPDATE}\n    {B2_UPDATE}"


def one_coin(prob):
    return f"(torch.rand(len({prob}), 1) < {prob}).float()"


stack = at("dbn-class")
probabilities = at("dbn-probabilities")
gibbs = at("dbn-gibbs")
steps = at("dbn-forward", check="check-dbn-forward-steps")
steps_of_call = at("dbn-class", check="check-dbn-forward-steps")
forward = at("dbn-forward")
reconstruct = at("dbn-reconstruct")
update = at("dbn-update")
mean = at("dbn-update", check="check-dbn-update-mean")
project = at("project-weights", piece="W1 @ W2")
mirror = at("mirrored-dbn")

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
    stack(
        "W2 transposed",
        {"torch.randn(self.h1_size, self.h2_size": "torch.randn(self.h2_size, self.h1_size"},
        "rows belong to h1",
    ),
    stack("W2 too large", {"0.1 * torch.randn": "torch.randn"}, "n(0, 1)"),
    stack("variance taken for deviation", {"0.1 * torch.randn": "0.01 * torch.randn"}, "standard deviation"),
    stack("W2 is zero", {"0.1 * torch.randn": "torch.zeros"}, "learn the same"),
    stack("W2 not centred", {"0.1 * torch.randn": "0.1732 * torch.rand"}, "n(0, 0.1^2)"),
    steps_of_call(
        "__call__ drops steps",
        {"return self.forward(batch, steps)": "return self.forward(batch)"},
        "steps = 4 and cd_k = 2, h1down_prob is the state after 2",
    ),
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
    probabilities(
        "no bias at the top", {TOP_UP: "torch.sigmoid(h1 @ self.W2)"}, "h2_prob(...) is wrong: the bias is"
    ),
    probabilities(
        "W2 not transposed", {TOP_DOWN: "torch.sigmoid(h2 @ self.W2 + self.h1_bias)"}, "down with their .t"
    ),
    probabilities("W1 not transposed", {DOWN: "torch.sigmoid(h1 @ self.W1 + self.v_bias)"}, "down with their .t"),
    probabilities("energy's sign", {DOWN: "torch.sigmoid(-(h1 @ self.W1.T + self.v_bias))"}, "sign"),
    probabilities("bias outside", {TOP_UP: "torch.sigmoid(h1 @ self.W2) + self.h2_bias"}, "inside the sigmoid"),
    probabilities("bias of another layer", {DOWN: "torch.sigmoid(h1 @ self.W1.T + self.h1_bias)"}, "stopped"),
    probabilities("sampled too early", {TOP_UP: f"sample_bernoulli({TOP_UP})"}, "holds only 0 and 1"),
    probabilities("self forgotten", {UP: "torch.sigmoid(v @ W1 + h1_up_bias)"}, "name 'w1' is not defined"),
    stack("W2 forgotten", {"self.W2 = 0.1": "_ = 0.1"}, "the dbn has no w2"),
    probabilities("left blank", {UP: "..."}, "fill in the blank"),
    gibbs("steps ignored", {STEPS: "steps_to_do = self.cd_k"}, "after 2 gibbs steps, not after 4"),
    gibbs("default ignored", {STEPS: "steps_to_do = steps or 1"}, "after 1 gibbs steps, not after 2"),
    gibbs(
        "steps computed, loop over cd_k",
        {"range(steps_to_do)": "range(self.cd_k)"},
        "after 2 gibbs steps, not after 4",
    ),
    gibbs("one step too many", {"range(steps_to_do)": "range(steps_to_do + 1)"}, "after 3 gibbs steps, not after 2"),
    gibbs(
        "one step too few",
        {"range(steps_to_do)": "range(max(1, steps_to_do - 1))"},
        "after 1 gibbs steps, not after 2",
    ),
    gibbs("chain does not move", {"self.h1_prob(h2down)": "self.h1_prob(h2)"}, "after 1 gibbs steps, not after 2"),
    gibbs("probabilities go up", {"self.h2_prob(h1down)": "self.h2_prob(h1down_prob)"}, "pass on the sample h1down"),
    gibbs(
        "h2down never sampled",
        {"h2down = sample_bernoulli(h2down_prob)": "h2down = h2down_prob"},
        "h2down should hold",
    ),
    gibbs(
        "rounding instead of sampling",
        {"h1down = sample_bernoulli(h1down_prob)": "h1down = h1down_prob.round()"},
        "sample of h1down_prob",
    ),
    gibbs("probabilities between the steps", {CHAIN: HANDED_ON}, "after two steps h1down_prob"),
    gibbs(
        "rounding between the steps",
        {"        h2down = sample_bernoulli(h2down_prob)": ROUNDED},
        "how often h1down_prob belongs",
    ),
    gibbs(
        "start rounded", {"for _ in": "h2down = h2down.round()\n    for _ in"}, "for an amplified state is wrong in"
    ),
    gibbs(
        "start sampled",
        {"for _ in": "h2down = sample_bernoulli(h2down)\n    for _ in"},
        "for an amplified state is wrong in",
    ),
    gibbs("state cut off at 1", {"for _ in": "h2down = h2down.clamp(0, 1)\n    for _ in"}, "cut off at 1"),
    gibbs("cd_k overwritten", {"for _ in": "self.cd_k = steps_to_do\n    for _ in"}, "leave the machine as it is"),
    gibbs("works in place", {"for _ in": "h2down *= 0.5\n    for _ in"}, "has changed"),
    gibbs("one coin for each row", {"sample_bernoulli(h1down_prob)": one_coin("h1down_prob")}, "share a coin"),
    gibbs("one coin for each row of h2", {"sample_bernoulli(h2down_prob)": one_coin("h2down_prob")}, "share a coin"),
    gibbs("comparison turned round", {"sample_bernoulli(h1down_prob)": TURNED}, "is not a sample of h1down_prob"),
    gibbs("return line gone", {"    return h1down_prob, h1down, h2down_prob, h2down": ""}, "returned none"),
    gibbs("two values returned", {"return h1down_prob, h1down, h2down_prob": "return h1down"}, "returned 2"),
    steps("return line gone", {FORWARD_RETURN: ""}, "returned none"),
    steps("works in place", {"    h1up_prob = self": "    batch *= 0.5\n    h1up_prob = self"}, "has changed"),
    steps(
        "comparison turned round",
        {"sample_bernoulli(h1up_prob)": "(torch.rand_like(h1up_prob) > h1up_prob).float()"},
        "h1up is not a sample of h1up_prob",
    ),
    steps(
        "steps not handed on", {"(h2up, steps)": "(h2up)"}, "steps = 4 and cd_k = 2, h1down_prob is the state after 2"
    ),
    steps(
        "end of the chain returned as its start",
        {"return h1up_prob, h1up": "return h1down_prob, h1down"},
        "h1up_prob is the state after 2",
    ),
    steps("h1up_prob from the wrong layer", {"self.recognition_prob(batch)": "self.h1_prob(batch)"}, "stopped"),
    forward(
        "the top's bias on the way up",
        {"self.recognition_prob(batch)": "torch.sigmoid(batch @ self.W1 + self.h1_bias)"},
        "on the way up it is h1_up_bias",
    ),
    forward("probabilities go up", {"self.h2_prob(h1up)": "self.h2_prob(h1up_prob)"}, "pass on the sample h1up"),
    forward("chain starts at probabilities", {"(h2up, steps)": "(h2up_prob, steps)"}, "start it at the sample h2up"),
    forward("h1up never sampled", {"h1up = sample_bernoulli(h1up_prob)": "h1up = h1up_prob"}, "never sampled"),
    forward(
        "one coin for the whole batch",
        {"h1up = sample_bernoulli(h1up_prob)": "h1up = (torch.rand(self.h1_size) < h1up_prob).float()"},
        "anew for each row",
    ),
    forward(
        "batch sampled first",
        {"recognition_prob(batch)": "recognition_prob(sample_bernoulli(batch))"},
        "grey pixels go up",
    ),
    forward("one coin for each row", {"sample_bernoulli(h1up_prob)": one_coin("h1up_prob")}, "share a coin"),
    forward("one coin for each row of h2", {"sample_bernoulli(h2up_prob)": one_coin("h2up_prob")}, "share a coin"),
    reconstruct("state cut off at 1", {"(h2, steps)": "(h2.clamp(0, 1), steps)"}, "cut off at 1"),
    reconstruct("works in place", {"    _, _, h2down_prob": "    h2 *= 0.5\n    _, _, h2down_prob"}, "has changed"),
    reconstruct("return line gone", {"    return v_prob, v_out, h2down_prob, h2down": ""}, "returned none"),
    reconstruct(
        "cd_k overwritten",
        {"    _, _, h2down_prob": "    self.cd_k = steps or self.cd_k\n    _, _, h2down_prob"},
        "leave the machine as it is",
    ),
    reconstruct("steps ignored", {"(h2, steps)": "(h2)"}, "steps = 4 and cd_k = 2, h2down_prob is the state after 2"),
    reconstruct(
        "painted from the chain's h1",
        {"_, _, h2down_prob": "_, h1, h2down_prob", "    h1 = sample_bernoulli(self.h1_prob(h2down))\n": ""},
        "half a step older",
    ),
    reconstruct(
        "painted from the state that was given",
        {"self.h1_prob(h2down)": "self.h1_prob(h2)"},
        "v_prob is the state after",
    ),
    reconstruct(
        "h1 never sampled",
        {"h1 = sample_bernoulli(self.h1_prob(h2down))": "h1 = self.h1_prob(h2down)"},
        "is h1 a sample?",
    ),
    reconstruct(
        "h1 from probabilities of h2",
        {"self.h1_prob(h2down)": "self.h1_prob(h2down_prob)"},
        "sample of p(h1 | h2down)",
    ),
    reconstruct("v_out never sampled", {"v_out = sample_bernoulli(v_prob)": "v_out = v_prob"}, "v_out should hold"),
    reconstruct("order of the results", {"return v_prob, v_out, h2": "return v_out, v_prob, h2"}, "v_prob"),
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
    update("learning rate ignored", {"learning_rate / len(h1up)": "1 / len(h1up)"}, "learning rate is missing"),
    update(
        "W2 not assigned", {W_UPDATE: "self.W2 + step * (h1up.T @ h2up - h1down.T @ h2down)"}, "w2 did not change"
    ),
    update("no negative phase", {".addmm_(h1down.T, h2down, alpha=-step)": ""}, "negative phase is missing"),
    update("bias turned", {"(h1up - h1down)": "(h1down - h1up)"}, "h1_bias is wrong: its sign"),
    update("h2_bias forgotten", {B2_UPDATE: "pass"}, "h2_bias did not change"),
    update("bias of the other layer", {"(h2up - h2down)": "(h1up - h1down)"}, "stopped"),
    update("product transposed", {W_UPDATE: "self.W2 += step * (h2up.T @ h1up - h2down.T @ h1down)"}, "stopped"),
    mean("layers of two phases mixed", {"(h1down.T, h2down": "(h1down.T, h2up"}, "takes h2up"),
    mean("positive phase from probabilities", {"(h1up.T, h2up": "(h1up_prob.T, h2up"}, "the sample h1up"),
    mean("negative phase from probabilities", {"(h1down.T, h2down": "(h1down_prob.T, h2down"}, "the sample h1down"),
    mean("probabilities in both phases", PROBABILITIES, "in both phases"),
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
    stack("copy.deepcopy", {"first_rbm.v_bias.clone()": "copy.deepcopy(first_rbm.v_bias)"}),
    probabilities("written out", {TOP_DOWN: "1 / (1 + torch.exp(-(h2 @ self.W2.t() + self.h1_bias)))"}),
    probabilities("F.linear", {UP: "torch.nn.functional.linear(v, self.W1.T, self.h1_up_bias).sigmoid()"}),
    probabilities(
        "helpers named up and down",
        {UP: "up(v, self.W1, self.h1_up_bias)", TOP_DOWN: "down(h2, self.W2, self.h1_bias)",
         "@add_to_class(DBN)\ndef recognition": "def up(x, W, b):\n    return torch.sigmoid(x @ W + b)\n\n\n"
         "def down(x, W, b):\n    return up(x, W.T, b)\n\n\n@add_to_class(DBN)\ndef recognition"},
    ),
    gibbs(
        "if as on the sheet",
        {STEPS: "steps_to_do = self.cd_k\n    if steps is not None:\n        steps_to_do = steps"},
    ),
    gibbs(
        "bernoulli(), while",
        {
            "for _ in range(steps_to_do):": "while steps_to_do:\n        steps_to_do -= 1",
            "sample_bernoulli(h1down_prob)": "h1down_prob.bernoulli()",
            "sample_bernoulli(h2down_prob)": "torch.bernoulli(h2down_prob)",
        },
    ),
    steps("steps by name", {"(h2up, steps)": "(h2up, steps=steps)"}),
    steps_of_call(
        "forward by name", {"return self.forward(batch, steps)": "return self.forward(batch, steps=steps)"}
    ),
    forward(
        "written out, other order of random numbers",
        {
            "h1up = sample_bernoulli(h1up_prob)": "torch.rand(17)\n"
            "    h1up = (h1up_prob >= torch.rand_like(h1up_prob)).float()",
            "self.h2_prob(h1up)": "torch.sigmoid(h1up @ self.W2 + self.h2_bias)",
        },
    ),
    reconstruct(
        "written out",
        {
            "sample_bernoulli(self.h1_prob(h2down))": "(h2down @ self.W2.T + self.h1_bias).sigmoid().bernoulli()",
            "self.visible_prob(h1)": "torch.sigmoid(h1 @ self.W1.T + self.v_bias)",
        },
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
    mean(
        "outer products, averaged",
        {
            W_UPDATE: "self.W2 += learning_rate * (torch.einsum('bi,bj->bij', h1up, h2up)"
            " - torch.einsum('bi,bj->bij', h1down, h2down)).mean(0)",
        },
    ),
    mean(
        "probabilities of h2",
        {"(h1up.T, h2up,": "(h1up.T, h2up_prob,", "(h1down.T, h2down,": "(h1down.T, h2down_prob,"},
    ),
    project("einsum", "torch.einsum('ij,jk->ik', W1, W2)"),
    project("F.linear", "torch.nn.functional.linear(W1, W2.T)"),
    mirror(
        "through the copies, both biases",
        {"first_rbm.W.T.clone()": "dbn.W1.T.clone()",
         "    dbn.h2_bias": "    dbn.h1_bias = first_rbm.h_bias.clone()\n    dbn.h2_bias"},
    ),
    mirror("in place", {"dbn.W2 = first_rbm.W.T.clone()": "dbn.W2.copy_(first_rbm.W.T)",
                        "dbn.h2_bias = first_rbm.v_bias.clone()": "dbn.h2_bias += first_rbm.v_bias"}),
]  # fmt: skip
