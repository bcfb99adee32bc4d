"""The helpers of check cells: right values pass, wrong ones are told apart and named."""

import functools
import linecache
import math
import zlib

import numpy as np
import pytest
import torch
from scipy.stats import binom

from labutils.checks import (
    CheckFailed,
    TinyG,
    as_layer,
    attempt,
    chances,
    check_binary,
    check_close,
    check_mean,
    check_sample,
    check_shape,
    compare_prediction,
    passed,
    run_check,
    scatter_parameters,
    unchanged,
)


def fails(check, *args) -> bool:
    try:
        check(*args)
    except CheckFailed:
        return True
    return False


def test_check_close_accepts_rounding_and_other_dtypes():
    check_close("x", torch.tensor([1.0, 2.000001]), torch.tensor([1.0, 2.0]))
    check_close("x", torch.tensor([1, 2]), torch.tensor([1.0, 2.0]))
    check_close("x", torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 2.0], dtype=torch.float64))


@pytest.mark.parametrize("expected", [1, torch.tensor(1), torch.tensor(True)])
def test_check_close_rounds_nothing_off_where_a_whole_number_is_wanted(expected):
    check_close("k", torch.tensor(1.0), expected)
    with pytest.raises(CheckFailed, match=r"yours 1\.9, right 1"):
        check_close("k", torch.tensor(1.9), expected)
    with pytest.raises(CheckFailed, match="k is wrong: it is off by half"):
        check_close("k", torch.tensor(1.5), expected, mistakes={"it is off by half": torch.tensor(1.5)})


def test_check_close_names_the_mistake_that_fits():
    mistakes = {"the first mistake": torch.tensor([9.0, 9.0]), "the sign is turned": torch.tensor([-1.0, -2.0])}
    with pytest.raises(CheckFailed, match=r"^x is wrong: the sign is turned\. Look there\.$"):
        check_close("x", torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 2.0]), mistakes=mistakes, hint="Look there.")


def test_check_close_shows_the_largest_difference():
    with pytest.raises(CheckFailed, match=r"in 2 of 4 entries.*at \[1, 0\]: yours 7, right 3"):
        check_close("x", torch.tensor([[1.0, 2.5], [7.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))


def test_check_close_shows_more_digits_of_numbers_that_would_look_alike():
    with pytest.raises(CheckFailed, match=r"yours -9\.29900001, right -9\.299\."):
        check_close("x", *torch.tensor([-9.29900001, -9.299], dtype=torch.float64), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (..., "still `...`"),
        (None, "not NoneType"),
        ([1.0, 2.0], "not list"),
        (torch.zeros(3), r"shape \(3,\), expected \(2,\)"),
        (torch.zeros(1, 2), r"shape \(1, 2\)"),
        (torch.tensor([0.0, math.nan]), "NaN"),
        (torch.tensor([0.0, math.inf]), "infinite"),
    ],
)
def test_check_shape_tells_what_it_got(value, words):
    with pytest.raises(CheckFailed, match=words):
        check_shape("x", value, (2,))


def test_no_object_can_say_that_it_is_equal():
    class Yes:
        shape = (2,)

        def __eq__(self, other):
            return True

    with pytest.raises(CheckFailed, match="not Yes"):
        check_close("x", Yes(), torch.zeros(2))


def test_no_subclass_of_tensor_can_say_that_it_is_equal():
    class Yes(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return True if function is torch.allclose else super().__torch_function__(function, types, args, kwargs)

    with pytest.raises(CheckFailed, match="should be a tensor, not Yes"):
        check_close("x", torch.zeros(2).as_subclass(Yes), torch.ones(2))
    check_close("x", torch.nn.Parameter(torch.ones(2)), torch.ones(2))


def test_check_binary_shows_a_value_that_is_not():
    check_binary("h", torch.tensor([0.0, 1.0]), (2,))
    with pytest.raises(CheckFailed, match=r"holds 0\.25.*never sampled"):
        check_binary("h", torch.tensor([0.0, 0.25]), (2,))


def test_check_mean_keeps_its_false_alarm_rate():
    """With a rate of 5 percent, between 2 and 9 percent of 1,000 right samples fail (binomial, 4 sigma)."""
    generator = torch.Generator().manual_seed(0)
    prob = torch.tensor([0.2, 0.5, 0.7])
    failed = 0
    for _ in range(1000):
        draws = (torch.rand(2000, 3, generator=generator) < prob).float()
        failed += fails(functools.partial(check_mean, false_alarm=0.05), "h", draws, prob)
    assert 20 <= failed <= 80


@pytest.mark.parametrize("p", [0.0005, 0.006, 0.016, 0.1, 0.5])
def test_check_mean_keeps_its_false_alarm_rate_for_rare_events(p):
    """Exactly: the binomial chance of every count of ones, of 1,000 draws, that fails."""
    n, missed = 1000, 0.0
    for ones in range(n + 1):
        chance = float(binom.pmf(ones, n, p))
        if chance > 1e-12 and fails(check_mean, "h", (torch.arange(n) < ones).float(), torch.tensor(p)):
            missed += chance
    assert missed < 1e-6


def test_check_mean_sees_that_nothing_was_drawn():
    with pytest.raises(CheckFailed, match="on average"):
        check_mean("h", torch.zeros(1000), torch.tensor(0.02))


def test_check_mean_notices_a_small_shift_and_names_it():
    draws = (torch.rand(4000, 2, generator=torch.Generator().manual_seed(0)) < torch.tensor([0.5, 0.6])).float()
    check_mean("h", draws, torch.tensor([0.5, 0.6]))
    with pytest.raises(CheckFailed, match="h is wrong: the bias is missing"):
        check_mean("h", draws, torch.tensor([0.5, 0.8]), mistakes={"the bias is missing": torch.tensor([0.5, 0.6])})
    with pytest.raises(CheckFailed, match=r"on average in 1 of 2 entries.*1,000,000 runs"):
        check_mean("h", draws, torch.tensor([0.5, 0.8]))


def test_check_mean_wants_independent_rows():
    same = (torch.rand(1, 2) < 0.5).float().expand(4000, 2)
    with pytest.raises(CheckFailed):
        check_mean("h", same, torch.tensor([0.5, 0.5]))


@pytest.mark.parametrize(("value", "words"), [(..., "h is still `...`: fill in the blank"), (0.5, "not float")])
def test_check_mean_names_a_blank(value, words):
    with pytest.raises(CheckFailed, match=words):
        check_mean("h", value, torch.tensor([0.5]))


def test_check_mean_with_a_given_standard_error():
    check_mean("dW", torch.tensor([0.1]), torch.tensor([0.0]), stderr=torch.tensor(0.1))
    with pytest.raises(CheckFailed):
        check_mean("dW", torch.tensor([0.1]), torch.tensor([0.0]), stderr=torch.tensor(0.01))


def run_cell(source: str, **names) -> dict:
    """Run a cell as a notebook does; its lines can be looked up. Returns the names of the notebook."""
    filename = f"/tmp/ipykernel_1/{zlib.crc32(source.encode())}.py"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    space = {"__name__": "__main__", "torch": torch} | names
    exec(compile(source, filename, "exec"), space)
    return space


GENERATOR = """
class Generator(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 5)

    def forward(self, z):
        hidden = torch.relu(z)
        return self.layer(hidden.T)
"""


def test_attempt_names_a_module_and_shows_the_last_line_of_the_notebook():
    """Not a line of torch, where the error was raised."""
    generator = run_cell(GENERATOR)["Generator"]()
    words = r"^Generator stopped at `return self\.layer\(hidden\.T\)`: RuntimeError: mat1 .* Transpose nothing\.$"
    with pytest.raises(CheckFailed, match=words):
        attempt(generator, torch.zeros(2, 3), hint="Transpose nothing.")


def test_attempt_names_a_function():
    broken = run_cell("def broken(x):\n    return x / [0]\n")["broken"]
    with pytest.raises(CheckFailed, match=r"^broken stopped at `return x / \[0\]`: TypeError"):
        attempt(broken, 1)


def test_attempt_keeps_hints_about_shapes_from_a_missing_name():
    broken = run_cell("def broken(x):\n    return x @ w\n")["broken"]
    with pytest.raises(CheckFailed, match=r"NameError: name 'w' is not defined$"):
        attempt(broken, 1, hint="(Compare the shapes.)")


def test_attempt_names_a_lost_gradient():
    def detached(x):
        (x.requires_grad_().detach() ** 2).sum().backward()

    with pytest.raises(CheckFailed, match="No gradient reaches the loss"):
        attempt(detached, torch.zeros(2), hint="(2,)")


def test_unchanged_names_the_argument_that_was_changed():
    def shifted(x, by, twice=False):
        x += by
        return x

    with pytest.raises(CheckFailed, match="shifted changes its argument x in place"):
        unchanged(shifted, torch.zeros(2), 1.0)
    assert unchanged(lambda x, by: x + by, torch.zeros(2), 1.0).tolist() == [1, 1]
    with pytest.raises(CheckFailed, match="stopped"):
        unchanged(shifted, torch.zeros(2), torch.ones(3))


def test_attempt_shows_no_line_where_the_call_itself_is_wrong():
    with pytest.raises(CheckFailed, match=r"^<lambda> stopped: TypeError: .*positional"):
        attempt(lambda: 1, 2)


def test_attempt_says_how_comparisons_become_numbers():
    product = run_cell("def product(x, y):\n    return x @ y\n")["product"]
    with pytest.raises(CheckFailed, match=r"True and False: make them 0\. and 1\. with \.float\(\)\.$"):
        attempt(product, torch.rand(3, 4) < 0.5, torch.rand(4, 2), hint="(One product.)")


def test_attempt_lets_a_failed_check_through():
    def checked():
        raise CheckFailed("the sign is turned.")

    with pytest.raises(CheckFailed, match=r"^the sign is turned\.$"):
        attempt(checked)


def test_attempt_leaves_open_blanks_alone_and_no_other_missing_code():
    blank = run_cell("def blank():\n    raise NotImplementedError('Task 1.0b: blank is still open.')\n")["blank"]
    with pytest.raises(NotImplementedError, match=r"^Task 1\.0b"):
        attempt(blank)
    without_forward = torch.nn.Module()
    with pytest.raises(CheckFailed, match=r"^Module stopped: NotImplementedError: .*forward"):
        attempt(without_forward, torch.zeros(1))
    assert attempt(len, [1, 2]) == 2


def test_samples_need_a_coin_for_each_unit_of_each_row():
    generator = torch.Generator().manual_seed(3)
    prob = torch.tensor([0.2, 0.5, 0.9]).repeat(4000, 1)
    own = torch.rand(4000, 3, generator=generator)
    check_sample("h", (own < prob).float(), prob)
    with pytest.raises(CheckFailed, match="share a coin"):
        check_sample("h", (own[:, :1] < prob).float(), prob)
    with pytest.raises(CheckFailed, match="drawn anew for each row"):
        check_sample("h", (own[:1] < prob).float(), prob)
    with pytest.raises(CheckFailed, match="only 0 and 1"):
        check_sample("h", prob, prob)


def test_a_check_says_in_one_line_that_a_blank_is_open_and_leaves_no_name():
    def blank():
        raise NotImplementedError("Task 1.0b: blank is still open.")

    with pytest.raises(CheckFailed, match=r"^Task 1\.0b: blank is still open\.$"):
        run_check(lambda: attempt(blank))
    with pytest.raises(NotImplementedError, match="no backward"):
        run_check(lambda: (_ for _ in ()).throw(NotImplementedError("no backward")))
    space = run_cell("_ = 7\n@run_check\ndef _():\n    x = 1\n", run_check=run_check)
    assert space["_"] == 7
    assert "x" not in space


def test_a_check_points_to_an_earlier_one_until_that_has_passed():
    later = "#@title Check 2\n# check-b, rests on check-a [Check 1: Sums, in [0, 1]], check-c\n"
    later += "raise CheckFailed('the sign is turned.')\n"
    for name, title in (("check-a", r"Check 1: Sums, in \[0, 1\]"), ("check-c", "check-c")):
        with pytest.raises(CheckFailed, match=rf'^"{title}" has not passed since .* Here, the sign is turned\.$'):
            run_cell(later, CheckFailed=CheckFailed)
        run_cell(f"#@title Check 1\n# {name}\npassed('All right.')\n", passed=passed)
    with pytest.raises(CheckFailed, match=r"^the sign is turned\.$"):
        run_cell(later, CheckFailed=CheckFailed)


@pytest.mark.parametrize(
    ("prediction", "result", "line"),
    [(..., 12.3456, "the run gave 12.35"), (10, torch.tensor(12.3), "you predicted 10, the run gave 12.3"),
     ("CD-10", "PCD", "you predicted CD-10, the run gave PCD"), (0.5, 3, "you predicted 0.5, the run gave 3")],
)  # fmt: skip
def test_a_prediction_stands_beside_the_result(prediction, result, line, capsys):
    compare_prediction("gain, nats", prediction, result)
    assert capsys.readouterr().out == f"gain, nats: {line}\n"


def test_chances_of_all_states_add_up_to_one():
    prob = torch.tensor([[0.2, 0.9], [0.5, 1.0]])
    result = chances(prob, torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    torch.testing.assert_close(result, torch.tensor([[0.08, 0.02, 0.72, 0.18], [0.0, 0.0, 0.5, 0.5]]))


def test_scattered_parameters_are_uneven_and_the_same_each_time():
    one, other = torch.nn.Linear(400, 100), torch.nn.Linear(400, 100)
    for model in (one, other):
        scatter_parameters(model, torch.Generator().manual_seed(1))
    assert torch.equal(one.weight, other.weight)
    assert len(one.weight.unique()) > 39_000
    assert abs(one.weight.detach().std() - 1.5 / 20) < 0.002
    assert one.weight.requires_grad


def test_tiny_generator_remembers_what_it_was_given():
    model, z = TinyG(), torch.rand(5, 3)
    assert torch.equal(model(z.view(5, 3, 1, 1)), torch.full((5, 1, 1, 1), 0.4))
    assert torch.equal(model.seen[0], z)


def test_a_notebook_shows_the_message_alone():
    assert CheckFailed("the sign is turned")._render_traceback_() == ["✗ the sign is turned"]


@pytest.mark.parametrize("shape", [(6,), (4, 6), (4, 1, 2, 3)])
def test_as_layer_flattens(shape):
    x = torch.rand(shape)
    assert as_layer("batch", x, 6, torch.zeros(1)).shape == (1 if shape == (6,) else 4, 6)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (torch.rand(4, 7), r"shape \(4, 7\), that is 7 values.*6 units"),
        (torch.rand(3, 4), "4 values for each item"),  # 12 values: two rows of 6 by accident
        (torch.rand(0, 6), r"shape \(0, 6\)"),
        (torch.rand(2, 6) * 255, "scaled to"),
        (torch.rand(2, 6) - 2, "expected probabilities or states"),
        (torch.full((2, 6), math.nan), "nan"),
        (torch.zeros(2, 6, dtype=torch.long), "a tensor of torch.int64"),
        ([[0.0] * 6], "a list"),
        (torch.zeros(2, 6, device="meta"), "is on meta, the model on cpu"),
    ],
)
def test_as_layer_refuses_with_what_was_given_and_expected(x, words):
    with pytest.raises(ValueError, match=words):
        as_layer("batch", x, 6, torch.zeros(1))


def test_as_layer_lets_amplified_states_pass_where_asked():
    x = torch.tensor([[0.0, 20.0]])
    assert as_layer("h", x, 2, x, unit_range=False).max() == 20


def test_a_blank_inside_a_function_is_called_one():
    def half_done():
        value = ...
        return value.detach()

    with pytest.raises(CheckFailed, match=r"half_done stopped: something there is still `\.\.\.`"):
        attempt(half_done)
    with pytest.raises(CheckFailed, match="IndexError"):  # which speaks of an ellipsis, too
        attempt(lambda: np.zeros((2, 2))[..., ...])
