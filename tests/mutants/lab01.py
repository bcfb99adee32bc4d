"""Lab 01: wrong and alternative ways to write the RBM."""

from tests.mutants.bank import at

LAB = "01_rbm"

UP = "torch.sigmoid(v @ self.W + self.h_bias)"
DOWN = "torch.sigmoid(h @ self.W.T + self.v_bias)"
STEP = """        v1_prob = self.visible_prob(h1)
        v1 = sample_bernoulli(v1_prob)
        h1_prob = self.hidden_prob(v1)
        h1 = sample_bernoulli(h1_prob)
"""
HANDED_ON = STEP.replace(
    "        h1 = sample_bernoulli(h1_prob)\n", "        h1 = h1_prob\n    h1 = sample_bernoulli(h1_prob)\n"
)
ROUNDED = "        h1 = h1_prob.round()\n    h1 = sample_bernoulli(h1_prob)\n"
W_UPDATE = "self.W.addmm_(batch.T, h0, alpha=step).addmm_(v1.T, h1, alpha=-step)"
A_UPDATE = "self.v_bias += step * (batch - v1).sum(0)"
B_UPDATE = "self.h_bias += step * (h0 - h1).sum(0)"
WHOLE_UPDATE = f"step = learning_rate / len(batch)\n    {W_UPDATE}\n    {A_UPDATE}\n    {B_UPDATE}"


OUTER = "torch.outer({}.mean(0), {}.mean(0))"


def one_coin(prob):
    return f"(torch.rand(len({prob}), 1) < {prob}).float()"


probabilities = at("rbm-probabilities")
cd_pass = at("rbm-cd-pass")
cd_steps = at("rbm-cd-pass", check="check-rbm-cd-steps")
reconstruct = at("rbm-reconstruct")
update = at("rbm-update")
update_mean = at("rbm-update", check="check-rbm-update-mean")
energy = at("rbm-free-energy", piece="-(v @ self.v_bias) - softplus(v @ self.W + self.h_bias).sum(1)")
pcd = at("rbm-pcd")
PASS = "h1_prob, h1, v1_prob, v1 = self.reconstruct(self.chains)\n        self.chains = h1"
factor = at("ais-weights", piece="machine.free_energy(v) - following.free_energy(v)")
mean_weight = at("ais-weights", piece="torch.logsumexp(log_w, 0) - math.log(len(log_w))")
finish = at("rbm-finish")
FINISH = """        h = sample_bernoulli(model.hidden_prob(state))
        painted = torch.where(known.bool(), v, model.visible_prob(h))
        state = sample_bernoulli(painted)
"""

WRONG = [
    probabilities("no sigmoid upwards", {UP: "v @ self.W + self.h_bias"}, "sigmoid is missing"),
    probabilities("no sigmoid downwards", {DOWN: "h @ self.W.T + self.v_bias"}, "sigmoid is missing"),
    probabilities("no hidden bias", {UP: "torch.sigmoid(v @ self.W)"}, "bias is missing"),
    probabilities("no visible bias", {DOWN: "torch.sigmoid(h @ self.W.T)"}, "bias is missing"),
    probabilities("hidden bias outside", {UP: "torch.sigmoid(v @ self.W) + self.h_bias"}, "inside the sigmoid"),
    probabilities("W transposed upwards", {UP: "torch.sigmoid(v @ self.W.T + self.h_bias)"}, "v @ w goes up"),
    probabilities("W not transposed downwards", {DOWN: "torch.sigmoid(h @ self.W + self.v_bias)"}, "h @ w.t"),
    probabilities(
        "W reshaped", {DOWN: "torch.sigmoid(h @ self.W.view(self.h_size, self.v_size) + self.v_bias)"}, "reshaped"
    ),
    probabilities("biases swapped", {UP: "torch.sigmoid(v @ self.W + self.v_bias)"}, "hidden_prob stopped"),
    probabilities("energy's sign", {UP: "torch.sigmoid(-(v @ self.W + self.h_bias))"}, "sign"),
    probabilities("softmax", {UP: "torch.softmax(v @ self.W + self.h_bias, 1)"}, "softmax"),
    probabilities("sampled too early", {UP: f"{UP}.bernoulli()"}, "drawn from it later"),
    probabilities("sampled downwards", {DOWN: f"sample_bernoulli({DOWN})"}, "visible_prob(h) holds only 0 and 1"),
    probabilities("self forgotten", {UP: "torch.sigmoid(v @ W + b)"}, "name 'w' is not defined"),
    probabilities("self forgotten downwards", {DOWN: "torch.sigmoid(h @ W.T + a)"}, "name 'w' is not defined"),
    probabilities("softmax over the batch", {UP: "torch.softmax(v @ self.W + self.h_bias, 0)"}, "rows compete"),
    probabilities("softmax downwards", {DOWN: "torch.softmax(h @ self.W.T + self.v_bias, 1)"}, "softmax"),
    probabilities(
        "grey pixels thresholded", {UP: UP.replace("v @", "(v > 0.5).float() @")}, "not rounded or cut off"
    ),
    probabilities(
        "amplified states cut off", {DOWN: DOWN.replace("h @", "h.clamp(max=1) @")}, "not rounded or cut off"
    ),
    probabilities(
        "overflow",
        {
            UP: "1 - 1 / (1 + (v @ self.W + self.h_bias).exp())",
            DOWN: f"{DOWN.replace('torch.sigmoid', '')}.exp()\n    prob = prob / (1 + prob)",
        },
        "e^x overflows",
    ),
    probabilities("W transposed for good", {DOWN: DOWN.replace("W.T", "W.t_()")}, "machine's w has changed"),
    probabilities("left blank", {UP: "..."}, "fill in the blank"),
    cd_pass(
        "a second sample goes up",
        {"hidden_prob(v1)": "hidden_prob(sample_bernoulli(v1_prob))"},
        "zeros and ones than v1",
    ),
    cd_pass("no sample of h0", {"h0 = sample_bernoulli(h0_prob)": "h0 = h0_prob"}, "never sampled"),
    cd_pass("h0 by rounding", {"h0 = sample_bernoulli(h0_prob)": "h0 = h0_prob.round()"}, "h0 is rounded"),
    cd_pass("v1 by torch.round", {"v1 = sample_bernoulli(v1_prob)": "v1 = v1_prob.round()"}, "v1 is rounded"),
    cd_pass(
        "one coin for the whole batch",
        {"h0 = sample_bernoulli(h0_prob)": "h0 = (torch.rand(self.h_size) < h0_prob).float()"},
        "anew for each row",
    ),
    cd_pass("probabilities go down", {"visible_prob(h1)": "visible_prob(h0_prob)"}, "pass on the sample h0"),
    cd_pass("probabilities go up", {"hidden_prob(v1)": "hidden_prob(v1_prob)"}, "pass on the sample v1"),
    cd_pass("hidden from the data", {"hidden_prob(v1)": "hidden_prob(batch)"}, "h0_prob again"),
    cd_pass("h0 reused as h1", {"        h1 = sample_bernoulli(h1_prob)\n": "        h1 = h0\n"}, "h1 is h0 again"),
    cd_pass("probabilities between the steps", {STEP: HANDED_ON}, "with cd_k = 2, v1"),
    cd_pass(
        "rounding between the steps",
        {"        h1 = sample_bernoulli(h1_prob)\n": ROUNDED},
        "with cd_k = 2, how often",
    ),
    cd_pass(
        "batch sampled first", {"hidden_prob(batch)": "hidden_prob(sample_bernoulli(batch))"}, "grey pixels go up"
    ),
    cd_pass("batch rounded first", {"hidden_prob(batch)": "hidden_prob(batch.round())"}, "grey pixels go up"),
    cd_pass(
        "one coin for each row", {"h0 = sample_bernoulli(h0_prob)": f"h0 = {one_coin('h0_prob')}"}, "share a coin"
    ),
    cd_pass(
        "one coin for each row of pixels",
        {"v1 = sample_bernoulli(v1_prob)": f"v1 = {one_coin('v1_prob')}"},
        "share a coin",
    ),
    cd_steps(
        "comparison turned round",
        {"h0 = sample_bernoulli(h0_prob)": "h0 = (torch.rand_like(h0_prob) > h0_prob).float()"},
        "h0 is not a sample of h0_prob",
    ),
    cd_steps("return line gone", {"    return h0_prob, h0, h1_prob, h1, v1_prob, v1": ""}, "returned none"),
    cd_steps(
        "three values returned", {"return h0_prob, h0, h1_prob, h1, v1_prob, v1": "return h0, h1, v1"}, "returned 3"
    ),
    cd_steps("works in place", {"h0_prob = self": "batch.mul_(0.5); h0_prob = self"}, "has changed"),
    cd_steps(
        "one step too many", {"range(self.cd_k)": "range(self.cd_k + 1)"}, "cd_k = 1, v1_prob is the state after 2"
    ),
    cd_steps("one step always", {"range(self.cd_k)": "range(1)"}, "after 1 gibbs steps, not after 3"),
    cd_steps("chain starts anew", {"visible_prob(h1)": "visible_prob(h0)"}, "cd_k = 3, v1_prob is the state after 1"),
    cd_steps(
        "h1 drawn into h0", {"h1 = sample_bernoulli(h1_prob)": "h1.bernoulli_(h1_prob)"}, "one and the same tensor"
    ),
    cd_steps(
        "v1_prob of a step too late",
        {"    return h0_prob": "    v1_prob = self.visible_prob(h1)\n    return h0_prob"},
        "v1_prob is the state after 2",
    ),
    cd_steps(
        "mean over the steps",
        {
            "    for _ in": "    total = 0\n    for _ in",
            "        v1 = sample": "        total = total + v1_prob\n        v1 = sample",
            "    return h0_prob": "    v1_prob = total / self.cd_k\n    return h0_prob",
        },
        "mean over the steps",
    ),
    cd_steps(
        "cd_k counted down", {"    return h0_prob": "    self.cd_k -= 1\n    return h0_prob"}, "cd_k has changed"
    ),
    cd_pass(
        "seed inside", {"    h0_prob = self": "    torch.manual_seed(1)\n    h0_prob = self"}, "is a seed set inside"
    ),
    cd_pass(
        "a second sample goes down",
        {"    h1 = h0\n": "    h1 = sample_bernoulli(h0_prob)\n"},
        "zeros and ones than h0",
    ),
    cd_pass(
        "the same coins for h0 and h1",
        {
            "h0 = sample_bernoulli(h0_prob)": "coins = torch.rand_like(h0_prob)\n    h0 = (coins < h0_prob).float()",
            "h1 = sample_bernoulli(h1_prob)": "h1 = (coins < h1_prob).float()",
        },
        "from the same random numbers",
    ),
    cd_pass(
        "the same coins for the pixels of all steps",
        {
            "    for _ in": "    coins = torch.rand_like(batch)\n    for _ in",
            "v1 = sample_bernoulli(v1_prob)": "v1 = (coins < v1_prob).float()",
        },
        "draw new random numbers",
    ),
    cd_pass("h1 by rounding", {"h1 = sample_bernoulli(h1_prob)": "h1 = h1_prob.round()"}, "h1 is rounded"),
    cd_steps("one step too few", {"range(self.cd_k)": "range(max(1, self.cd_k - 1))"}, "is the state after 2"),
    cd_steps(
        "end of the chain returned as its start",
        {"return h0_prob, h0": "return h1_prob, h1"},
        "h0_prob is the state after 1",
    ),
    cd_steps(
        "left blank",
        {"h0 = sample_bernoulli(h0_prob)": "h0 = h0_prob; v1_prob = ...; v1 = ...", STEP: "        h1_prob = ...\n"},
        "fill in the blank",
    ),
    cd_pass("v1 is a probability", {"v1 = sample_bernoulli(v1_prob)": "v1 = v1_prob"}, "v1 should hold only 0 and 1"),
    cd_pass("layers mixed up", {"self.visible_prob(h1)": "self.hidden_prob(h1)"}, "stopped"),
    reconstruct(
        "steps ignored",
        {"steps_to_do = self.cd_k if gibbs_steps is None else gibbs_steps": "steps_to_do = self.cd_k"},
        "after 2 gibbs steps, not after 4",
    ),
    reconstruct(
        "default ignored",
        {"self.cd_k if gibbs_steps is None else gibbs_steps": "gibbs_steps or 1"},
        "after 1 gibbs steps, not after 2",
    ),
    reconstruct("one step too many", {"range(steps_to_do)": "range(steps_to_do + 1)"}, "after 3 gibbs steps"),
    reconstruct("one step too few", {"range(steps_to_do)": "range(max(1, steps_to_do - 1))"}, "after 1 gibbs steps"),
    reconstruct("probabilities go up", {"hidden_prob(v1)": "hidden_prob(v1_prob)"}, "pass on the sample v1"),
    reconstruct("chain does not move", {"self.visible_prob(h1)": "self.visible_prob(h)"}, "gibbs steps, not after"),
    reconstruct("no samples", {"v1 = sample_bernoulli(v1_prob)": "v1 = v1_prob"}, "v1 should hold only 0 and 1"),
    reconstruct("probabilities between the steps", {STEP: HANDED_ON}, "after two steps v1_prob"),
    reconstruct("start rounded", {"for _ in": "h1 = h1.round()\n    for _ in"}, "for an amplified state is wrong in"),
    reconstruct(
        "start sampled", {"for _ in": "h1 = sample_bernoulli(h1)\n    for _ in"}, "start was sampled or rounded"
    ),
    reconstruct(
        "start cut off and sampled",
        {"for _ in": "h1 = sample_bernoulli(h1.clamp(0, 1))\n    for _ in"},
        "start was sampled or rounded",
    ),
    reconstruct(
        "a second sample goes up",
        {"hidden_prob(v1)": "hidden_prob(sample_bernoulli(v1_prob))"},
        "zeros and ones than v1",
    ),
    reconstruct("state cut off at 1", {"for _ in": "h1 = h1.clamp(0, 1)\n    for _ in"}, "cut off at 1"),
    reconstruct(
        "cd_k overwritten", {"for _ in": "self.cd_k = steps_to_do\n    for _ in"}, "leave the machine as it is"
    ),
    reconstruct(
        "the same coins for the pixels of all steps",
        {
            "    for _ in": "    coins = torch.rand(len(h1), self.v_size, device=h1.device)\n    for _ in",
            "v1 = sample_bernoulli(v1_prob)": "v1 = (coins < v1_prob).float()",
        },
        "draw new random numbers",
    ),
    reconstruct(
        "the same coins for the hidden units of all steps",
        {
            "    for _ in": "    coins = torch.rand_like(h1)\n    for _ in",
            "h1 = sample_bernoulli(h1_prob)": "h1 = (coins < h1_prob).float()",
        },
        "draw new random numbers",
    ),
    reconstruct(
        "mean over the steps",
        {
            "    for _ in": "    total = 0\n    for _ in",
            "        v1 = sample": "        total = total + v1_prob\n        v1 = sample",
            "    return h1_prob": "    v1_prob = total / steps_to_do\n    return h1_prob",
        },
        "mean over the steps",
    ),
    reconstruct("works in place", {"for _ in": "h1 *= 0.5\n    for _ in"}, "has changed"),
    reconstruct("one coin for each row", {"sample_bernoulli(v1_prob)": one_coin("v1_prob")}, "share a coin"),
    reconstruct("return line gone", {"    return h1_prob, h1, v1_prob, v1": ""}, "returned none"),
    update("negative phase of two ends", {"(v1.T, h1,": "(v1.T, h0,"}, "pairs v1 with h0"),
    update("negative phase from the batch", {"(v1.T, h1,": "(batch.T, h1,"}, "pairs the batch with h1"),
    update("visible probabilities in W", {"(v1.T, h1,": "(v1_prob.T, h1,"}, "not v1_prob"),
    update("W replaced by its change", {W_UPDATE: "self.W = step * (batch.T @ h0 - v1.T @ h1)"}, "change alone"),
    update("bias replaced by its change", {A_UPDATE: A_UPDATE.replace("+=", "=")}, "change alone"),
    update("another batch", {"self._cd_pass(batch)": "self._cd_pass(sample_bernoulli(batch))"}, "another batch"),
    update("negative phase added", {"alpha=-step": "alpha=step"}, "negative phase is added"),
    update(
        "phases swapped in W",
        {W_UPDATE: "self.W += step * (v1.T @ h1 - batch.T @ h0)"},
        "change of w is wrong: its sign",
    ),
    update("not divided by the batch", {"learning_rate / len(batch)": "learning_rate"}, "not divided"),
    update("divided twice", {"learning_rate / len(batch)": "learning_rate / len(batch) ** 2"}, "twice"),
    update("divided by 100", {"learning_rate / len(batch)": "learning_rate / 100"}, "divided by 100"),
    update("divided by all pixels", {"len(batch)": "batch.numel()"}, "it is 0.25 times what it should be"),
    update(
        "bias divided by its size", {A_UPDATE: f"{A_UPDATE.replace('step', 'step / 8')}"}, "it is 0.125 times what it"
    ),
    update("divided by the steps", {"len(batch)": "len(batch) / self.cd_k"}, "number of gibbs steps"),
    update(
        "product of the means",
        {W_UPDATE: f"self.W += learning_rate * ({OUTER.format('batch', 'h0')} - {OUTER.format('v1', 'h1')})"},
        "product of the means",
    ),
    update(
        "a second pass for the biases", {A_UPDATE: f"_, h0, _, h1, _, v1 = self(batch)\n    {A_UPDATE}"}, "2 times"
    ),
    update("works in place", {A_UPDATE: "self.v_bias += step * batch.sub_(v1).sum(0)"}, "has changed"),
    update("learning rate ignored", {"learning_rate / len(batch)": "1 / len(batch)"}, "learning rate is missing"),
    update("W not assigned", {W_UPDATE: "self.W + step * (batch.T @ h0 - v1.T @ h1)"}, "w did not change"),
    update("no negative phase", {".addmm_(v1.T, h1, alpha=-step)": ""}, "negative phase is missing"),
    update("negative phase from probabilities", {"addmm_(v1.T, h1": "addmm_(v1_prob.T, h1_prob"}, "not v1_prob"),
    update("positive phase from h1", {"addmm_(batch.T, h0": "addmm_(batch.T, h1"}, "positive phase takes h1"),
    update("visible bias from one sum", {"(batch - v1).sum(0)": "(batch - v1).sum()"}, "one number for all units"),
    update("hidden bias from one mean", {"(h0 - h1).sum(0)": "(h0 - h1).mean()"}, "one number for all units"),
    update("visible bias turned", {"(batch - v1)": "(v1 - batch)"}, "change of v_bias is wrong: its sign"),
    update("visible bias forgotten", {A_UPDATE: "pass"}, "v_bias did not change"),
    update("hidden bias turned", {"(h0 - h1)": "(h1 - h0)"}, "change of h_bias is wrong: its sign"),
    update("hidden bias summed", {"step * (h0 - h1)": "learning_rate * (h0 - h1)"}, "not divided"),
    update("hidden bias without negative phase", {"(h0 - h1)": "h0"}, "negative phase is missing"),
    update_mean("negative phase missing", {".addmm_(v1.T, h1, alpha=-step)": ""}, "negative phase is missing"),
    update_mean("phases swapped", {W_UPDATE: "self.W += step * (v1.T @ h1 - batch.T @ h0)"}, "its sign is turned"),
    update_mean("nothing moves", {W_UPDATE: "pass"}, "the change of w is wrong"),
    energy("sign turned", "v @ self.v_bias + softplus(v @ self.W + self.h_bias).sum(1)", "sign is turned"),
    energy(
        "no visible biases", "-softplus(v @ self.W + self.h_bias).sum(1)", "term of the visible biases is missing"
    ),
    energy("no hidden units", "-(v @ self.v_bias)", "term of the hidden units is missing"),
    energy("no hidden biases", "-(v @ self.v_bias) - softplus(v @ self.W).sum(1)", "hidden biases are missing"),
    energy("hidden sign", "-(v @ self.v_bias) + softplus(v @ self.W + self.h_bias).sum(1)", "wrong sign"),
    energy(
        "visible sign",
        "(v @ self.v_bias) - softplus(v @ self.W + self.h_bias).sum(1)",
        "visible biases have the wrong",
    ),
    energy("mean over the units", "-(v @ self.v_bias) - softplus(v @ self.W + self.h_bias).mean(1)", "take the sum"),
    energy(
        "sign of the input", "-(v @ self.v_bias) - softplus(-(v @ self.W + self.h_bias)).sum(1)", "input is turned"
    ),
    energy(
        "logarithm of the sum",
        "-(v @ self.v_bias) - (v @ self.W + self.h_bias).logsumexp(1)",
        "of a sum over the units",
    ),
    energy(
        "mean energy",
        "-(v @ self.v_bias) - ((v @ self.W + self.h_bias) * self.hidden_prob(v)).sum(1)",
        "mean energy",
    ),
    energy(
        "cut off",
        "-(v @ self.v_bias) - (1 + (v @ self.W + self.h_bias).clamp(max=80).exp()).log().sum(1)",
        "cut off?",
    ),
    energy("log of 1 - p", "-(v @ self.v_bias) + (1 - self.hidden_prob(v)).log().sum(1)", "its logarithm infinite"),
    energy(
        "works in place", "-v.mul_(self.v_bias).sum(1) - softplus(v @ self.W + self.h_bias).sum(1)", "has changed"
    ),
    energy("overflow", "-(v @ self.v_bias) - (1 + (v @ self.W + self.h_bias).exp()).log().sum(1)", "overflows"),
    energy(
        "one number for the batch", "-(v @ self.v_bias).sum() - softplus(v @ self.W + self.h_bias).sum()", "shape ()"
    ),
    energy("not summed", "-softplus(v @ self.W + self.h_bias)", "shape (16, 3)"),
    energy("left blank", "...", "fill in the blank"),
    pcd(
        "chains go back to the data",
        {"self.reconstruct(self.chains)": "self.reconstruct(h0)"},
        "went back to the data",
    ),
    pcd("chains of the class", {"self.chains = ": "PersistentRBM.chains = "}, "chains of another"),
    pcd(
        "chains written into h0",
        {"        self.chains = h1\n": "        self.chains.copy_(h1)\n"},
        "self.chains is the same tensor",
    ),
    pcd(
        "chains start at random",
        {"            self.chains = h0\n": "            self.chains = sample_bernoulli(torch.full_like(h0, 0.5))\n"},
        "does not come from h0",
    ),
    pcd(
        "chains start at zero",
        {"            self.chains = h0\n": "            self.chains = torch.zeros_like(h0)\n"},
        "does not come from h0",
    ),
    pcd("larger batches only", {"len(self.chains) != len": "len(self.chains) < len"}, "batch of another size"),
    pcd("smaller batches only", {"len(self.chains) != len": "len(self.chains) > len"}, "batch of another size"),
    pcd(
        "two walks",
        {"self.reconstruct(self.chains)": "(*self.reconstruct(self.chains)[:2], *self.reconstruct(self.chains)[2:])"},
        "of the same walk",
    ),
    pcd("chains are not kept", {"        self.chains = h1\n": ""}, "self.chains is not the sample h1"),
    pcd(
        "probabilities are kept",
        {"        self.chains = h1\n": "        self.chains = h1_prob\n"},
        "keep the sample h1",
    ),
    pcd(
        "positive phase of the chains",
        {"self.hidden_prob(batch)": "self.hidden_prob(batch) if self.chains is None else self.chains"},
        "positive phase belongs",
    ),
    pcd("one step always", {"self.reconstruct(self.chains)": "self.reconstruct(self.chains, 1)"}, "expected are 2"),
    pcd("positive phase without a sample", {"h0 = sample_bernoulli(h0_prob)": "h0 = h0_prob"}, "never sampled"),
    pcd(
        "one step more",
        {"self.reconstruct(self.chains)": "self.reconstruct(self.chains, self.cd_k + 1)"},
        "expected are 1",
    ),
    factor("sign turned", "following.free_energy(v) - machine.free_energy(v)", "sign is turned"),
    factor("ratio, not its logarithm", "(machine.free_energy(v) - following.free_energy(v)).exp()", "its logarithm"),
    factor("next machine alone", "following.free_energy(v)", "next machine alone"),
    factor("sum", "machine.free_energy(v) + following.free_energy(v)", "need"),
    factor("mean over the walkers", "(machine.free_energy(v) - following.free_energy(v)).mean()", "shape ()"),
    factor("left blank", "...", "fill in the blank"),
    factor(
        "exponentials", "((-following.free_energy(v)).exp() / (-machine.free_energy(v)).exp()).log()", "overflows"
    ),
    factor(
        "a step first",
        "machine.free_energy(v) - following.free_energy(following.reconstruct(following.hidden_prob(v))[3])",
        "nothing is drawn",
    ),
    factor("works in place", "machine.free_energy(v) - following.free_energy(v.mul_(0.5))", "has changed"),
    mean_weight("mean of the logarithms", "log_w.mean()", "mean of the logarithms"),
    mean_weight("sum", "torch.logsumexp(log_w, 0)", "logarithm of the sum"),
    mean_weight("n added", "torch.logsumexp(log_w, 0) + math.log(len(log_w))", "subtracted"),
    mean_weight("divided outside", "torch.logsumexp(log_w, 0) / len(log_w)", "outside"),
    mean_weight("overflow", "log_w.exp().mean().log()", "overflows"),
    mean_weight("shifted by the mean", "log_w.mean() + (log_w - log_w.mean()).exp().mean().log()", "overflows"),
    mean_weight(
        "shifted in place", "log_w.max().clone() + log_w.sub_(log_w.max()).exp().mean().log()", "has changed"
    ),
    mean_weight("base 2", "torch.logsumexp(log_w, 0) - math.log2(len(log_w))", "base 2"),
    mean_weight("cut off", "log_w.clamp(max=80).exp().mean().log()", "nothing cut off"),
    finish(
        "known pixels dreamt, too",
        {"torch.where(known.bool(), v, model.visible_prob(h))": "model.visible_prob(h)"},
        "put them back",
    ),
    finish("known and unknown swapped", {"known.bool(), v, model": "~known.bool(), v, model"}, "put them back"),
    finish(
        "hidden from the given image",
        {"model.hidden_prob(state)": "model.hidden_prob(v)"},
        "sample h given the whole",
    ),
    finish(
        "hidden probabilities go down",
        {"h = sample_bernoulli(model.hidden_prob(state))": "h = model.hidden_prob(state)"},
        "sample h first",
    ),
    finish("state is a probability", {"state = sample_bernoulli(painted)": "state = painted"}, "never sampled"),
    finish(
        "state rounded",
        {"state = sample_bernoulli(painted)": "state = painted.round()"},
        "state is a sample of painted",
    ),
    finish("one step too few", {"range(steps)": "range(max(1, steps - 1))"}, "a step is missing"),
    finish("one step too many", {"range(steps)": "range(steps + 1)"}, "a step too many"),
    finish(
        "grey between the steps",
        {
            "        state = sample_bernoulli(painted)\n": "        state = painted\n",
            "    return painted": "    state = sample_bernoulli(painted)\n    return painted",
        },
        "grey pixels go up",
    ),
    finish("one step only", {"range(steps)": "range(1)"}, "only one step"),
    finish(
        "starts anew in each step",
        {
            "model.hidden_prob(state)": "model.hidden_prob(torch.where("
            "known.bool(), v, sample_bernoulli(torch.full_like(v, 0.5))))"
        },
        "only one step",
    ),
    finish("works in place", {"    for _ in": "    v *= known\n    for _ in"}, "has changed"),
    finish(
        "starts from the whole digit",
        {"    for _ in": "    state = v\n    for _ in"},
        "unknown pixels of v were used",
    ),
    finish(
        "as many steps as reconstruct makes",
        {
            FINISH: "        _, _, painted, state = model.reconstruct(sample_bernoulli(model.hidden_prob(state)))\n"
            "        painted, state = (torch.where(known.bool(), v, x) for x in (painted, state))\n"
        },
        "without clamping",
    ),
    finish(
        "mean over the steps",
        {
            "    for _ in": "    total = 0\n    for _ in",
            "        state =": "        total = total + painted / steps\n        state =",
            "    return painted": "    return total",
        },
        "of the last step, no mean",
    ),
    finish(
        "left blank",
        {"        state = sample_bernoulli(painted)\n": "", "model.visible_prob(h))": "v); painted = ..."},
        "fill in the blank",
    ),
    update("bias of the other layer", {"(h0 - h1)": "(batch - v1)"}, "stopped"),
    cd_steps(
        "drawn in place", {"v1 = sample_bernoulli(v1_prob)": "v1 = v1_prob.bernoulli_()"}, "v1_prob are one tensor"
    ),
    cd_steps(
        "booleans, multiplied",
        {"v1 = sample_bernoulli(v1_prob)": "v1 = torch.rand_like(v1_prob) < v1_prob"},
        "0. and 1. with .float()",
    ),
    cd_steps(
        "booleans",
        {"v1 = sample_bernoulli(v1_prob)": "v1 = torch.rand_like(v1_prob) < v1_prob", "(v1)": "(v1.float())"},
        "0. and 1. as floats",
    ),
    update(
        "product of differences",
        {W_UPDATE: "self.W.addmm_((batch - v1).T, h0 - h1, alpha=step)"},
        "product of two differences",
    ),
    update(
        "hidden units from moved weights",
        {B_UPDATE: "self.h_bias += step * (h0 - self.hidden_prob(v1)).sum(0)"},
        "from weights that have moved",
    ),
    update_mean("biases do not move", {A_UPDATE: "pass"}, "the change of v_bias is wrong"),
    energy(
        "all images added up",
        "-(v @ self.v_bias) - softplus(v @ self.W + self.h_bias).sum()",
        "units of all images are added up",
    ),
    finish(
        "known pixels added",
        {
            "torch.where(known.bool(), v, model.visible_prob(h))": "model.visible_prob(h) * (1 - known) + v",
        },
        "only known pixels of v",
    ),
    finish(
        "clamped once, at the end",
        {
            FINISH: "        h = sample_bernoulli(model.hidden_prob(state))\n"
            "        painted = model.visible_prob(h)\n"
            "        state = sample_bernoulli(painted)\n"
            "    painted = torch.where(known.bool(), v, painted)\n"
            "    state = torch.where(known.bool(), v, state)\n"
        },
        "clamp after every step",
    ),
]

RIGHT = [
    probabilities("F.linear", {UP: "torch.nn.functional.linear(v, self.W.T, self.h_bias).sigmoid()"}),
    probabilities(
        "written out", {DOWN: "1 / (1 + torch.exp(-(torch.einsum('bj,ij->bi', h, self.W) + self.v_bias)))"}
    ),
    probabilities(
        "softmax over the two states of a unit",
        {UP: "torch.stack([0 * (v @ self.W), v @ self.W + self.h_bias]).softmax(0)[1]"},
    ),
    probabilities(
        "a helper named up",
        {
            UP: "up(v, self)",
            "@add_to_class(RBM)\ndef hidden_prob": f"def up(v, self):\n    return {UP}\n\n\n"
            "@add_to_class(RBM)\ndef hidden_prob",
        },
    ),
    cd_pass(
        "a helper named step",
        {
            "@add_to_class(RBM)": "def step(rbm, h):\n    v = sample_bernoulli(rbm.visible_prob(h))\n"
            "    return rbm.visible_prob(h), v\n\n\n@add_to_class(RBM)"
        },
    ),
    cd_steps(
        "while loop", {"for _ in range(self.cd_k):": "step = 0\n    while step < self.cd_k:\n        step += 1"}
    ),
    cd_pass(
        "bernoulli()",
        {"sample_bernoulli(h0_prob)": "h0_prob.bernoulli()", "sample_bernoulli(v1_prob)": "torch.bernoulli(v1_prob)"},
    ),
    cd_pass(
        "comparison with rand, other order of random numbers",
        {"h0 = sample_bernoulli(h0_prob)": "torch.rand(17); h0 = 1.0 * (h0_prob >= torch.rand_like(h0_prob))"},
    ),
    cd_pass(
        "through reconstruct's loop",
        {
            "range(self.cd_k)": "range(0, self.cd_k, 1)",
            "h1 = sample_bernoulli(h1_prob)": "h1 = torch.distributions.Bernoulli(h1_prob).sample()",
        },
    ),
    reconstruct(
        "if and for as in the sheet",
        {
            "steps_to_do = self.cd_k if gibbs_steps is None else gibbs_steps": "steps_to_do = self.cd_k\n"
            "    if gibbs_steps is not None:\n        steps_to_do = gibbs_steps",
        },
    ),
    update(
        "out of place, samples",
        {
            WHOLE_UPDATE: "dw = (batch.T @ h0 - v1.T @ h1) / batch.shape[0]\n"
            "    self.W = self.W + learning_rate * dw\n"
            "    self.v_bias = self.v_bias + learning_rate * (batch - v1).mean(0)\n"
            "    self.h_bias = self.h_bias + learning_rate * (h0 - h1).mean(0)",
        },
    ),
    update(
        "hidden probabilities in both phases",
        {"(batch.T, h0,": "(batch.T, h0_prob,", "(v1.T, h1,": "(v1.T, h1_prob,", "(h0 - h1)": "(h0_prob - h1_prob)"},
    ),
    update(
        "outer products, averaged",
        {
            W_UPDATE: "self.W += learning_rate * (torch.einsum('bi,bj->bij', batch, h0)"
            " - torch.einsum('bi,bj->bij', v1, h1)).mean(0)",
        },
    ),
    update("sample here, probability there", {"(v1.T, h1,": "(v1.T, h1_prob,", "(h0 - h1)": "(h0_prob - h1)"}),
    update(
        "a chain of its own",
        {
            "self._cd_pass(batch)": "(None,) * 6",
            "    step = learning_rate / len": "    h0 = sample_bernoulli(self.hidden_prob(batch))\n"
            "    _, h1, _, v1 = self.reconstruct(h0)\n    step = learning_rate / len",
        },
    ),
    update(
        "hidden probabilities computed anew, before W moves",
        {"    step = ": "    h0, h1 = self.hidden_prob(batch), self.hidden_prob(v1)\n    step = "},
    ),
    update("visible probabilities in the bias", {"(batch - v1)": "(batch - v1_prob)"}),
    update_mean("hidden probabilities", {"(batch.T, h0,": "(batch.T, h0_prob,", "(v1.T, h1,": "(v1.T, h1_prob,"}),
    energy("logaddexp", "-(v @ self.v_bias) - torch.logaddexp(v @ self.W + self.h_bias, torch.zeros(())).sum(1)"),
    energy(
        "mv and a helper",
        "-torch.mv(v, self.v_bias) + torch.nn.functional.logsigmoid(-(v @ self.W) - self.h_bias).sum(1)",
    ),
    pcd(
        "the loop written out",
        {
            PASS: "h1 = self.chains\n        for _ in range(self.cd_k):\n"
            + STEP.replace("        ", "            ")
            + "        self.chains = h1"
        },
    ),
    pcd("kept before returning, from a copy", {"self.chains = h1\n": "self.chains = h1.clone()\n"}),
    pcd(
        "chains of one memory, apart from h0",
        {"self.chains = h0\n": "self.chains = h0.clone()\n", "self.chains = h1\n": "self.chains.copy_(h1)\n"},
    ),
    factor("minus the difference", "-(following.free_energy(v) - machine.free_energy(v))"),
    mean_weight("in double precision", "log_w.double().exp().mean().log().float()"),
    mean_weight("by the largest", "log_w.max() + (log_w - log_w.max()).exp().mean().log()"),
    finish(
        "products in place of where",
        {"torch.where(known.bool(), v, model.visible_prob(h))": "known * v + (1 - known) * model.visible_prob(h)"},
    ),
    finish(
        "one step of reconstruct at a time",
        {
            FINISH: "        painted, state = model.reconstruct(sample_bernoulli(model.hidden_prob(state)), 1)[2:]\n"
            "        painted, state = (torch.where(known.bool(), v, x) for x in (painted, state))\n"
        },
    ),
    finish(
        "clamped after sampling",
        {
            FINISH: "        h = model.hidden_prob(state).bernoulli()\n"
            "        painted = model.visible_prob(h) * (1 - known) + v * known\n"
            "        state = torch.where(known > 0, v, (torch.rand_like(painted) < painted).float())\n"
        },
    ),
]
