"""Figures of adversarial training: shared scales, the lines of the equilibrium, samples of different sizes."""

import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from labutils.plots.gan import draw_health, draw_rows, draw_samples, duel


def table(epochs=4, scale=1.0):
    x = np.linspace(0, 1, epochs)
    return pd.DataFrame(
        {"generator loss": scale * (2 - x), "discriminator loss": scale * (0.5 + x), "D(x)": 0.9 - 0.2 * x,
         "D(G(z))": 0.1 + 0.2 * x, "Fréchet distance": 300 * np.exp(-3 * x)},
        index=range(1, epochs + 1),
    )  # fmt: skip


def test_health_has_a_column_for_each_run_and_one_scale_for_each_row():
    fig = draw_health({"1:1": table(), "no batch norm": table(2, 5.0)})
    assert plt.get_fignums() == []
    axes = np.array(fig.axes).reshape(3, 2)
    assert [ax.get_title() for ax in axes[0]] == ["1:1", "no batch norm"]
    for row in axes:
        assert row[0].get_ylim() == row[1].get_ylim()
    assert len({ax.get_xlim() for ax in fig.axes}) == 1
    assert axes[0, 0].get_ylim()[1] > 10  # the larger losses of the second run fit
    assert axes[2, 0].get_yscale() == "log"


def test_health_draws_the_numbers_and_the_equilibrium():
    numbers = table()
    losses, answers, distance = draw_health({"run": numbers}).axes
    lines = {line.get_label(): line.get_ydata() for ax in (losses, answers, distance) for line in ax.lines}
    for column in numbers:
        np.testing.assert_allclose(lines[column], numbers[column])
    dotted = [line for line in losses.lines if line.get_linestyle() == ":"]
    assert sorted(line.get_ydata()[0] for line in dotted) == pytest.approx([math.log(2), 2 * math.log(2)])
    assert {line.get_ydata()[0] for line in answers.lines if line.get_linestyle() == ":"} == {0.5}


def test_samples_of_different_sizes_stand_side_by_side():
    fig = draw_samples({"DCGAN": torch.rand(100, 1, 64, 64), "VAE": torch.rand(100, 784)})
    assert [ax.get_title() for ax in fig.axes] == ["DCGAN", "VAE"]
    large, small = (ax.get_images()[0].get_array().shape for ax in fig.axes)
    assert large == (10 * 66 + 2,) * 2
    assert small == (10 * 30 + 2,) * 2
    fig.draw_without_rendering()
    heights = [ax.get_position().height for ax in fig.axes]
    assert heights[0] == pytest.approx(heights[1], rel=0.02)


def test_rows_keep_the_pixels_of_each_model():
    fig = draw_rows({"VAE": torch.rand(10, 784), "DCGAN": torch.rand(10, 1, 64, 64)}, "ten of each")
    assert [ax.get_ylabel() for ax in fig.axes] == ["VAE", "DCGAN"]
    assert [ax.get_images()[0].get_array().shape for ax in fig.axes] == [(30, 10 * 29 + 1), (68, 10 * 66 + 2)]


def test_the_duel_counts_right_answers_and_ends():
    box = duel(torch.rand(3, 1, 8, 8), torch.rand(3, 1, 8, 8), [True, False, False])
    left, right = box.children[1].children
    left.click(), left.click()
    assert box.answers == [True, False]
    assert box.children[2].value == "pair 3 of 3; 1 of 2 right"
    right.click()
    assert box.answers == [True, False, True]
    assert box.children[2].value == "Done: 2 of 3 right."
    assert left.disabled
    left.click()
    assert box.answers == [True, False, True]


def test_the_duel_shows_the_real_digit_where_it_says():
    real, made = torch.ones(2, 1, 8, 8), torch.zeros(2, 1, 8, 8)
    box = duel(real, made, [True, False])
    for is_left in (True, False):
        pixels = plt.imread(io.BytesIO(bytes(box.children[0].value)))
        assert (pixels[8, 8, 0], pixels[8, 20, 0]) == ((1, 0) if is_left else (0, 1))
        box.children[1].children[0].click()
    with pytest.raises(ValueError, match="do not fit 3 pairs"):
        duel(real, made, [True] * 3)
