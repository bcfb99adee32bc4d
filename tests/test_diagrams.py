"""Diagrams: nothing cut, nothing on top of something else, the text's symbols on them."""

import itertools

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from labutils import diagrams

ALL = [
    diagrams.rbm, diagrams.cd_k, diagrams.dbn, diagrams.up_down, diagrams.vae, diagrams.reparametrisation,
    diagrams.gan, diagrams.dcgan,
]  # fmt: skip


def words(fig: Figure) -> str:
    return " ".join(text.get_text() for text in fig.axes[0].texts)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_texts_are_large_whole_and_apart(draw):
    fig = draw()
    assert isinstance(fig, Figure)
    assert plt.get_fignums() == []
    assert fig.get_figwidth() <= 10
    assert fig.get_facecolor() == (1, 1, 1, 1)
    fig.canvas.draw()
    texts = fig.axes[0].texts
    boxes = [text.get_window_extent() for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        assert text.get_fontsize() >= 11
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= fig.bbox.x1, text
        assert box.y1 <= fig.bbox.y1, text
    for (one, first), (other, second) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        assert not first.overlaps(second), f"{one.get_text()} lies on {other.get_text()}"


def test_rbm_joins_every_visible_unit_with_every_hidden_one_only():
    ax = diagrams.rbm().axes[0]
    units = [patch for patch in ax.patches if isinstance(patch, Circle)]
    layers = {}
    for unit in units:
        layers.setdefault(unit.center[1], set()).add(unit.center[0])
    bottom, top = sorted(layers)
    edges = {tuple(zip(*line.get_data(), strict=True)) for line in ax.lines}
    assert edges == {((v, bottom), (h, top)) for v in layers[bottom] for h in layers[top]}


@pytest.mark.parametrize(
    ("draw", "symbols"),
    [
        (diagrams.rbm, ["w_{ij}", "a_i", "b_j", "v_1", "h_1"]),
        (
            diagrams.cd_k,
            ["data", "fantasy", r"\sigma(\mathbf{W}^\top\mathbf{v} + \mathbf{b})", r"\rangle^0", r"\rangle^k"],
        ),
        (diagrams.dbn, [r"\mathbf{W}_1^\top", r"\mathbf{W}_2", r"\mathbf{h}_2"]),
        (diagrams.up_down, [r"\mathbf{R}_1", r"\mathbf{W}_1'", "wake", "sleep", "CD-"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_diagrams_carry_the_symbols_of_the_text(draw, symbols):
    text = words(draw())
    assert [symbol for symbol in symbols if symbol not in text] == []
