"""What check cells share: comparisons that say what is wrong, and where to look; small models to try a solution on.

A check knows the results of the usual mistakes. When a value is wrong, it is compared with each of them,
and the message names the one that fits, so that a student reads "the bias is missing", not "False".
Everywhere `name` is what the messages call the value, and `hint`, where to look, is added to every message.
"""

import inspect
import linecache
import math
import re
import traceback
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import torch
from torch import nn

from labutils.runtime import require

STAMP = re.compile(r"# (check-[\w-]+)(?:, rests on (.*))?\n")
"""The second line of a check cell in the student edition, below its title: its name, and earlier checks."""

EARLIER = re.compile(r"(check-[\w-]+)(?: \[(.*?)\](?=, check-|$))?")
"""An earlier check in that line: its name, and in brackets its title."""

_passed: set[str] = set()


def _stamp() -> tuple[str, dict[str, str]]:
    """Of the check cell that is running: its name, and the names and titles of those on which it rests."""
    frame = inspect.currentframe()
    while frame:
        found = STAMP.match(linecache.getline(frame.f_code.co_filename, 2))
        if found:
            return found[1], {name: title or name for name, title in EARLIER.findall(found[2] or "")}
        frame = frame.f_back
    return "", {}


class CheckFailed(AssertionError):
    """A check that did not pass. A notebook shows its message and the hint alone, without a traceback.

    Where an earlier check, on which this one rests, has not passed in this session, the message says so first.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        name, rests_on = _stamp()
        _passed.discard(name)
        first = next((title for other, title in rests_on.items() if other not in _passed), "")
        text = f"{message} {hint}".strip()
        begin = f'"{first}" has not passed since the notebook was started: run it, and begin there if it fails.'
        super().__init__(f"{begin} Here, {text}" if first else text)

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


def passed(message: str) -> None:
    """Print the one line that a check ends in when all is right."""
    _passed.add(_stamp()[0])
    print(f"✓ {message}")


def run_check(body: Callable[[], None]) -> Any:
    """Run the body of a check cell at once, with names of its own. As a decorator it leaves no name behind:

        @run_check
        def _():
            ...

    Returns:
        what the name of the body stood for before.
    """
    before = body.__globals__.get(body.__name__)
    try:
        body()
    except NotImplementedError as error:
        if str(error).startswith("Task"):
            raise CheckFailed(str(error)) from None  # an open blank: one line, no traceback
        raise
    return before


def attempt(function: Callable, *args: Any, hint: str = "") -> Any:
    """Call the student's function or module, and return what it returns.

    Raises:
        CheckFailed: for any error in it; the message shows the line of the function, the last one of the notebook
            that ran, and the hint, unless a name is missing.
        NotImplementedError: a blank that was not filled, as it is.
    """
    try:
        return function(*args)
    except CheckFailed:
        raise
    except Exception as error:
        if isinstance(error, NotImplementedError) and str(error).startswith("Task"):
            raise
        lines = [
            linecache.getline(frame.f_code.co_filename, number).strip()
            for frame, number in traceback.walk_tb(error.__traceback__)
            if frame.f_globals.get("__name__") == "__main__" and frame.f_code.co_name != "<lambda>"
        ]
        where = ",".join(dict.fromkeys(f" at `{line}`" for line in lines[:1] + lines[-1:] if line))
        name = getattr(function, "__name__", type(function).__name__)
        if re.search("'ellipsis'|not ellipsis", str(error)):  # and not NumPy's "a single ellipsis" of an index
            raise CheckFailed(f"{name} stopped{where}: something there is still `...`. Fill in the blank.") from error
        hint = "" if isinstance(error, NameError) else hint  # the hints are about shapes
        if re.search("does not require grad|requires_grad=False", str(error)):
            hint = "No gradient reaches the loss: look for .detach(), no_grad, or a missing requires_grad_()."
        if re.search("same dtype.*bool", str(error), re.I):
            hint = "A comparison gives True and False: make them 0. and 1. with .float()."
        stop = "" if str(error).endswith((".", "?", "!")) or not hint else "."
        raise CheckFailed(f"{name} stopped{where}: {type(error).__name__}: {error}{stop}", hint) from error


def unchanged(function: Callable, *args: Any, hint: str = "") -> Any:
    """What `attempt(function, *args, hint=hint)` returns.

    Raises:
        CheckFailed: as `attempt` does, or because the function changed a tensor in place that it was given.
    """
    before = [value.clone() if isinstance(value, torch.Tensor) else None for value in args]
    result = attempt(function, *args, hint=hint)
    for name, old, now in zip(inspect.signature(function).parameters, before, args, strict=False):
        if old is not None and not torch.equal(old, now):
            raise CheckFailed(
                f"{function.__name__} changes its argument {name} in place. Write x = x + y, not x += y, and call "
                "nothing on it that ends in _, such as exp_(), nor a method that sorts it."
            )
    return result


def check_shape(name: str, value: Any, shape: tuple[int, ...], hint: str = "") -> torch.Tensor:
    """Check that `value` is a tensor of this shape with finite entries, and return it.

    Raises:
        CheckFailed: it is a blank, no tensor, of another shape, or holds NaN or infinity.
    """
    if value is ...:
        raise CheckFailed(f"{name} is still `...`: fill in the blank.", hint)
    if type(value) not in (torch.Tensor, torch.nn.Parameter):  # a subclass could answer any comparison itself
        raise CheckFailed(f"{name} should be a tensor, not {type(value).__name__}.", hint)
    if tuple(value.shape) != tuple(shape):
        raise CheckFailed(f"{name} has the shape {tuple(value.shape)}, expected {tuple(shape)}.", hint)
    if not torch.isfinite(value).all():
        raise CheckFailed(f"{name} holds NaN or infinite values.", hint)
    return value


def check_binary(name: str, value: Any, shape: tuple[int, ...], hint: str = "") -> torch.Tensor:
    """Check that `value` is a tensor of this shape that holds only 0 and 1, and return it."""
    odd = check_shape(name, value, shape, hint)[(value != 0) & (value != 1)]
    if len(odd):
        raise CheckFailed(
            f"{name} should hold only 0 and 1, but holds {odd[0].item():.4g}. "
            "Is it a probability that was never sampled?",
            hint,
        )
    return value


def check_close(
    name: str,
    value: Any,
    expected: torch.Tensor,
    *,
    mistakes: Mapping[str, torch.Tensor] | None = None,
    hint: str = "",
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> None:
    """Check that `value` equals `expected` up to rounding.

    Args:
        expected: of any shape; `value` has to have the same.
        mistakes: what usual mistakes would give: a sentence that names the mistake -> its tensor, of the
            shape of `expected`. If `value` equals one of them, the message is that sentence.
        rtol, atol: relative and absolute tolerance, as of `torch.isclose`.
    """
    expected = torch.as_tensor(expected)
    value, expected = _alike(check_shape(name, value, tuple(expected.shape), hint), expected)

    def close(target: torch.Tensor) -> torch.Tensor:
        same_shape = target.shape == value.shape
        return torch.isclose(value, target, rtol=rtol, atol=atol) if same_shape else torch.tensor(False)

    _compare(f"{name} is wrong", value, expected, close, mistakes, hint)


def check_mean(
    name: str,
    value: Any,
    expected: torch.Tensor,
    *,
    stderr: torch.Tensor | None = None,
    mistakes: Mapping[str, torch.Tensor] | None = None,
    hint: str = "",
    false_alarm: float = 1e-6,
) -> None:
    """Check by a statistical test that random values have the mean `expected`.

    The test is two-sided on each entry and corrected for their number (Bonferroni), so that right code
    fails with a probability of at most `false_alarm`.

    Args:
        value: (N, ...) independent draws along the first dimension, N at least 1000; or, where `stderr` is
            given, their mean (...).
        expected: (...) the exact mean.
        stderr: (...) the standard error of the mean; estimated from the draws if not given.
        mistakes: sentences that name usual mistakes -> the mean (...) that each would give.
    """
    expected = torch.as_tensor(expected)
    chance = false_alarm / (2 * expected.numel())
    if stderr is None:
        n = len(value) if isinstance(value, torch.Tensor) and value.dim() else 1
        draws, expected = _alike(check_shape(name, value, (n, *expected.shape), hint), expected)
        mean, stderr = draws.mean(0), draws.std(0) / n**0.5
        # Rare events vary more than the draws show: the second term of Bernstein's bound. Whole numbers differ by 1.
        spread = max(float(draws.max() - draws.min()), float((draws == draws.round()).all()))
        slack = -math.log(chance) * spread / n
    else:
        mean, expected = _alike(check_shape(name, value, tuple(expected.shape), hint), expected)
        stderr, slack = torch.as_tensor(stderr).to(expected), 0.0
    tolerance = NormalDist().inv_cdf(1 - chance) * stderr + 1e-6

    def close(target: torch.Tensor) -> torch.Tensor:
        return (mean - target).abs() <= tolerance + slack * (target is expected)  # a mistake has to fit without it

    luck = f"That is no bad luck: it happens to right code once in {1 / false_alarm:,.0f} runs."
    _compare(f"{name} is wrong", mean, expected, close, mistakes, hint, luck)


def check_sample(name: str, state: Any, prob: torch.Tensor, of: str = "") -> None:
    """Check that binary states are drawn from their probabilities, each unit of each row with a coin of its own.

    Args:
        state: (N, n) of 0 and 1, N at least 1000.
        prob: (N, n).
        of: what the messages call the probabilities; `name`_prob if empty.
    """
    of = of or f"{name}_prob"
    off = check_binary(name, state, tuple(prob.shape)) - prob
    hint = f"{name} is a sample of {of}, drawn anew for each row."
    check_mean(f"{name} - {of}", off, torch.zeros(prob.shape[1]), hint=hint)
    pairs = f"the product of neighbouring units' {name} - {of}"
    hint = "Do the units of a row share a coin? Each needs its own."
    check_mean(pairs, off[:, 1:] * off[:, :-1], torch.zeros(prob.shape[1] - 1), hint=hint)


def _alike(value: torch.Tensor, expected: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both on the device of `expected`, as floats of the finer type of the two, so that 1.9 does not become 1."""
    dtype = torch.promote_types(torch.promote_types(value.dtype, expected.dtype), torch.float32)
    return value.detach().to(expected.device, dtype), expected.detach().to(dtype)


def _compare(
    wrong: str,
    value: torch.Tensor,
    expected: torch.Tensor,
    close: Callable[[torch.Tensor], torch.Tensor],
    mistakes: Mapping[str, torch.Tensor] | None,
    hint: str,
    luck: str = "",
) -> None:
    """Raise CheckFailed unless `expected` is close; say which mistake is, or how large the difference is."""
    if close(expected).all():
        return
    for sentence, target in (mistakes or {}).items():
        if close(torch.as_tensor(target).to(expected)).all():
            raise CheckFailed(f"{wrong}: {sentence}.", hint)
    index = int((value - expected).abs().argmax())
    place = [int(i) for i in torch.unravel_index(torch.tensor(index), expected.shape)] if expected.dim() else []
    at, yours, right = f" at {place}" if place else "", value.flatten()[index], expected.flatten()[index]
    entries = f"{int((~close(expected)).sum())} of {expected.numel()} entries"
    digits = 5 if f"{yours:.5g}" != f"{right:.5g}" else 12  # two numbers that look alike explain nothing
    largest = f"Largest difference{at}: yours {yours:.{digits}g}, right {right:.{digits}g}."
    raise CheckFailed(f"{wrong}{' on average' if luck else ''} in {entries}. {largest} {luck}".strip(), hint)


def compare_prediction(what: str, prediction: Any, result: Any) -> None:
    """Print what you predicted and what the run gave, side by side; of an open prediction (`...`) only the result.

    Both are numbers or texts; `what` names the quantity, with its unit.
    """
    shown = f"{float(result):.4g}" if isinstance(result, float | torch.Tensor) else result
    print(f"{what}: {'' if prediction is ... else f'you predicted {prediction}, '}the run gave {shown}")


def as_layer(name: str, x: torch.Tensor, size: int, like: torch.Tensor, unit_range: bool = True) -> torch.Tensor:
    """The states of a layer as a matrix (B, size), or a clear error.

    Args:
        x: (size,), (B, size) or images (B, 1, H, W) with H * W = size.
        like: a parameter of the model, on the device where `x` must be.
        unit_range: whether all values must lie in [0, 1].

    Raises:
        ValueError: not a float tensor, wrong size, wrong device, or values outside [0, 1].
    """
    is_float = isinstance(x, torch.Tensor) and x.is_floating_point()
    given = f"a tensor of {x.dtype}" if isinstance(x, torch.Tensor) else f"a {type(x).__name__}"
    require(is_float, f"{name} is {given}; expected a float tensor. Convert it with torch.as_tensor(...).float().")
    require(
        x.device.type == like.device.type,
        f"{name} is on {x.device}, the model on {like.device}. Move it with {name}.to('{like.device}').",
    )
    per_item = x.shape[1:].numel() if x.dim() > 1 else x.numel()
    require(
        per_item == size and x.numel() > 0,
        f"{name} has the shape {tuple(x.shape)}, that is {per_item} values for each item; "
        f"this layer has {size} units, so give (batch, {size}).",
    )
    if unit_range:
        low, high = torch.stack(x.detach().aminmax()).tolist()  # at once: on a GPU every look costs a wait
        require(
            low >= 0 and high <= 1,  # false for NaN, too
            f"{name} holds values from {low:.4g} to {high:.4g}; expected probabilities or states in [0, 1]. "
            "Is the image scaled to [0, 1]?",
        )
    return x.reshape(-1, size)


def chances(prob: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Probability of each state of n independent binary units, for several sets of probabilities.

    Args:
        prob: (N, n), the probability of each unit to be on.
        states: (S, n) of 0 and 1, such as `labutils.metrics.rbm.all_states(n)`.

    Returns:
        (N, S); with all states, each row sums to 1.
    """
    return torch.where(states.bool(), prob[:, None], 1 - prob[:, None]).prod(2)


def scatter_parameters(model: nn.Module, generator: torch.Generator) -> None:
    """Fill all parameters with normal numbers, so uneven that no two mistakes in a network look alike.

    Their variance is 9/4 divided by the last dimension, so that layers neither fade out nor explode. Both the model,
    whose parameters have any shape, and the generator are on the CPU.
    """
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(1.5 * torch.randn(p.shape, generator=generator) / p.shape[-1] ** 0.5)


class TinyG(nn.Module):
    """A generator whose images are one pixel of the value t, whatever z is: z (B, 3) -> (B, 1, 1, 1).

    Attributes:
        t: the pixel, 0.4 at first, a parameter.
        seen: all z that it was given, each (B, 3).
    """

    latent_size = 3

    def __init__(self) -> None:
        super().__init__()
        self.t = nn.Parameter(torch.tensor(0.4))
        self.seen: list[torch.Tensor] = []

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        self.seen.append(z.detach().reshape(len(z), -1))
        return self.t * torch.ones(len(z), 1, 1, 1, device=self.t.device)


class OneStep(torch.optim.SGD):
    """Plain gradient descent on a model, with the rate 0.1 and for one step: for a function that updates once."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model.parameters(), lr=0.1)
        self.made = False

    def step(self, *args: Any, **kwargs: Any) -> Any:
        """The one step. Raises CheckFailed in place of a second one."""
        if self.made:
            raise CheckFailed("The optimizer makes a second step: all belongs into one loss, with one update.")
        self.made = True
        return super().step(*args, **kwargs)
