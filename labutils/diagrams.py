"""The figures of the theory: networks and sampling schemes, drawn with matplotlib in one style.

Every function takes no argument and returns a `Figure`. Visible layers are grey, hidden ones yellow. Solid
arrows sample, dashed arrows predict or recognise. Blue is what the data say, vermillion what the model says.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from labutils.plots.style import COLOURS, new_figure

TEXT = 12
"""Font size in points; figures are at most 9.8 inches wide."""

VISIBLE, HIDDEN, LINE = "#E6E6E6", "#FFEFC2", "0.25"
DATA, MODEL = COLOURS["blue"], COLOURS["vermillion"]

Point = tuple[float, float]


def rbm() -> Figure:
    """A restricted Boltzmann machine: two layers, every visible unit joined to every hidden one."""
    fig, ax = _canvas(9.8, 4.1)
    bottom, top = 1.0, 3.05
    visible = {"v_1": 0.75, "v_2": 1.75, "v_i": 3.3, "v_V": 4.85}
    hidden = {"h_1": 1.25, "h_j": 2.8, "h_H": 4.35}
    for v in visible.values():
        for h in hidden.values():
            ax.plot([v, h], [bottom, top], color="0.72", lw=1.2, zorder=1)
    ax.plot([visible["v_i"], hidden["h_j"]], [bottom, top], color=MODEL, lw=2.8, zorder=2)
    _text(ax, (3.47, 1.78), "$w_{ij}$", color=MODEL, size=TEXT + 3, box=True)
    for units, y, colour in ((visible, bottom, VISIBLE), (hidden, top, HIDDEN)):
        for name, x in units.items():
            ax.add_patch(Circle((x, y), 0.3, fc=colour, ec=LINE, lw=1.4, zorder=3))
            _text(ax, (x, y), f"${name}$", size=TEXT + 2)
    for x, y in ((2.52, bottom), (4.08, bottom), (2.02, top), (3.58, top)):
        _text(ax, (x, y), r"$\cdots$", size=TEXT + 4)
    for x, y, direction, name in ((hidden["h_j"], top, 1, "b_j"), (visible["v_i"], bottom, -1, "a_i")):
        _arrow(ax, (x, y + 0.68 * direction), (x, y + 0.3 * direction), color=LINE)
        _text(ax, (x, y + 0.82 * direction), f"${name}$", size=TEXT + 2)

    _text(ax, (5.6, 3.45), r"hidden layer $\mathbf{h}$, biases $\mathbf{b}$", ha="left", weight="bold")
    _text(
        ax,
        (5.6, 2.98),
        r"$p(h_j = 1 \mid \mathbf{v}) = \sigma\left(\sum_i w_{ij} v_i + b_j\right)$",
        ha="left",
        size=TEXT + 1,
    )
    _text(ax, (5.6, 2.22), r"weights $\mathbf{W}$ join every $v_i$ with every $h_j$;", ha="left")
    _text(ax, (5.6, 1.93), "nothing joins two units of one layer", ha="left")
    _text(ax, (5.6, 1.22), r"visible layer $\mathbf{v}$, biases $\mathbf{a}$", ha="left", weight="bold")
    _text(
        ax,
        (5.6, 0.75),
        r"$p(v_i = 1 \mid \mathbf{h}) = \sigma\left(\sum_j w_{ij} h_j + a_i\right)$",
        ha="left",
        size=TEXT + 1,
    )
    return fig


def cd_k() -> Figure:
    """Contrastive divergence: k steps of Gibbs sampling that start at the data."""
    fig, ax = _canvas(9.8, 4.9)
    bottom, top = 1.55, 3.4
    columns = {"0": 1.35, "1": 4.1, "k": 8.3}
    for x, colour, head, phase, step in (
        (columns["0"], DATA, "data", "positive phase", "0"),
        (columns["k"], MODEL, "the model's fantasy", "negative phase", "k"),
    ):
        _box(ax, (x, 2.55), 2.3, 3.5, fc=colour, ec=colour, alpha=0.13, zorder=0)
        _text(ax, (x, 4.55), head, color=colour, weight="bold", size=TEXT + 1)
        _text(ax, (x, 4.07), phase, color=colour)
        _text(ax, (x, 1.02), rf"$\langle v_i h_j \rangle^{step}$", color=colour, size=TEXT + 3)
    for step, x in columns.items():
        _layer(ax, (x, top), rf"$\mathbf{{h}}^{step}$", HIDDEN, width=0.9)
        _layer(ax, (x, bottom), rf"$\mathbf{{v}}^{step}$", VISIBLE, width=0.9)
        _arrow(ax, (x, bottom + 0.26), (x, top - 0.26))
    _arrow(ax, (columns["0"] + 0.45, top - 0.15), (columns["1"] - 0.45, bottom + 0.15))
    _arrow(ax, (columns["1"] + 0.45, top - 0.15), (5.85, 2.55))
    _text(ax, (6.2, 2.45), r"$\cdots$", size=TEXT + 8)
    _arrow(ax, (6.55, 2.35), (columns["k"] - 0.45, bottom + 0.15))
    for x in columns.values():
        _text(ax, (x + 0.08, 2.2), r"$\sigma(\mathbf{W}^\top\mathbf{v} + \mathbf{b})$", ha="left")
    _text(ax, (3.15, 2.78), r"$\sigma(\mathbf{W}\mathbf{h} + \mathbf{a})$")
    _text(ax, (4.85, 4.3), "sample one layer from the other, $k$ times")

    parts = (
        (3.55, r"$\Delta w_{ij} = \eta\,[$", "black"),
        (4.5, r"$\langle v_i h_j \rangle^0$", DATA),
        (5.21, "$-$", "black"),
        (5.47, r"$\langle v_i h_j \rangle^k$", MODEL),
        (6.17, "$]$", "black"),
    )
    for x, text, colour in parts:
        _text(ax, (x, 0.4), text, color=colour, size=TEXT + 3, ha="left")
    return fig


def dbn() -> Figure:
    """A deep belief network of two hidden layers: an RBM on top, a directed network below."""
    fig, ax = _canvas(9.8, 4.7)
    x, levels = 2.1, (0.75, 2.35, 3.95)
    green = COLOURS["green"]
    _box(ax, (x, (levels[1] + levels[2]) / 2), 3.5, 2.5, fc=green, ec=green, alpha=0.13, zorder=0)
    _layer(ax, (x, levels[0]), r"$\mathbf{v}$", VISIBLE, width=2.9)
    _layer(ax, (x, levels[1]), r"$\mathbf{h}_1$", HIDDEN, width=2.9)
    _layer(ax, (x, levels[2]), r"$\mathbf{h}_2$", HIDDEN, width=2.9)
    _arrow(ax, (x, levels[1] + 0.27), (x, levels[2] - 0.27), style="-", lw=3)
    _text(ax, (x + 0.35, 3.15), r"$\mathbf{W}_2$", size=TEXT + 2)
    _arrow(ax, (x - 0.6, levels[1] - 0.27), (x - 0.6, levels[0] + 0.27), color=MODEL, lw=2.4)
    _text(ax, (x - 0.95, 1.55), r"$\mathbf{W}_1$", color=MODEL, size=TEXT + 2)
    _arrow(ax, (x + 0.6, levels[0] + 0.27), (x + 0.6, levels[1] - 0.27), color=DATA, lw=2.4, dashed=True)
    _text(ax, (x + 0.98, 1.55), r"$\mathbf{W}_1^\top$", color=DATA, size=TEXT + 2)

    left = 4.35
    _text(ax, (left, 3.98), "top: an RBM, undirected", ha="left", weight="bold", color=green)
    _text(
        ax,
        (left, 3.6),
        r"$p(\mathbf{h}_1, \mathbf{h}_2) \propto \exp(\mathbf{h}_1^\top\mathbf{W}_2\mathbf{h}_2 "
        r"+ \mathbf{b}_1^\top\mathbf{h}_1 + \mathbf{b}_2^\top\mathbf{h}_2)$",
        ha="left",
    )
    _text(ax, (left, 3.22), "Gibbs sampling happens here only", ha="left")
    _text(ax, (left, 2.4), "downwards: generate", ha="left", weight="bold", color=MODEL)
    _text(
        ax,
        (left, 2.02),
        r"$p(\mathbf{v} = 1 \mid \mathbf{h}_1) = \sigma(\mathbf{W}_1\mathbf{h}_1 + \mathbf{a})$",
        ha="left",
    )
    _text(
        ax,
        (left, 1.2),
        "upwards, dashed: recognise (not part of the model)",
        ha="left",
        weight="bold",
        color=DATA,
    )
    _text(
        ax,
        (left, 0.82),
        r"$q(\mathbf{h}_1 = 1 \mid \mathbf{v}) = \sigma(\mathbf{W}_1^\top\mathbf{v} + \mathbf{b})$",
        ha="left",
    )
    return fig


def up_down() -> Figure:
    """The up-down (wake-sleep) algorithm for a network of two hidden layers."""
    fig, ax = _canvas(9.8, 6.1)
    wake, sleep, levels = 1.4, 8.4, (1.35, 3.35, 4.9)
    green = COLOURS["green"]
    _box(ax, (4.9, 4.12), 9.4, 2.3, fc=green, ec=green, alpha=0.13, zorder=0)
    names = {
        wake: (r"\mathbf{v}", r"\mathbf{h}_1^\mathrm{up}", r"\mathbf{h}_2^\mathrm{up}"),
        sleep: (r"\mathbf{v}^\mathrm{down}", r"\mathbf{h}_1^\mathrm{down}", r"\mathbf{h}_2^\mathrm{down}"),
    }
    for x, layers in names.items():
        for y, name, colour in zip(levels, layers, (VISIBLE, HIDDEN, HIDDEN), strict=True):
            _layer(ax, (x, y), f"${name}$", colour, width=1.5)
        _arrow(ax, (x, levels[1] + 0.26), (x, levels[2] - 0.26))
    _arrow(ax, (wake + 0.75, levels[2] - 0.1), (4.35, 4.25))
    _text(ax, (4.9, 4.12), r"$\cdots$", size=TEXT + 8)
    _arrow(ax, (5.45, 4.0), (sleep - 0.75, levels[1] + 0.1))
    _text(ax, (4.9, 4.95), r"top RBM: CD-$k$ trains $\mathbf{W}_2$", color=green, weight="bold")

    _text(ax, (wake + 0.9, 5.72), "wake: up from the data", color=DATA, weight="bold")
    _arrow(ax, (wake, levels[0] + 0.26), (wake, levels[1] - 0.26), color=DATA, lw=2.4)
    _text(ax, (wake - 0.35, 2.3), r"$\mathbf{R}_1$", color=DATA, size=TEXT + 2)
    _layer(ax, (3.5, levels[0]), r"$\mathbf{v}^\mathrm{new}$", VISIBLE, width=1.2)
    _arrow(ax, (wake + 0.5, levels[1] - 0.26), (3.4, levels[0] + 0.26), color=MODEL, lw=2.4, dashed=True)
    _text(ax, (3.05, 2.3), r"$\mathbf{W}_1'$", color=MODEL, size=TEXT + 2)
    _text(ax, (2.45, 0.75), r"$\mathbf{W}_1'$ learns to predict $\mathbf{v}$ from $\mathbf{h}_1^\mathrm{up}$:")
    _text(
        ax,
        (2.45, 0.37),
        r"$\Delta w'_{ji} = \eta\, h_{1,j}^\mathrm{up}\,(v_i - v_i^\mathrm{new})$",
        size=TEXT + 1,
    )

    _text(ax, (sleep - 0.9, 5.72), "sleep: down from the fantasy", color=MODEL, weight="bold")
    _arrow(ax, (sleep, levels[1] - 0.26), (sleep, levels[0] + 0.26), color=MODEL, lw=2.4)
    _text(ax, (sleep + 0.38, 2.3), r"$\mathbf{W}_1'$", color=MODEL, size=TEXT + 2)
    _layer(ax, (6.3, 2.55), r"$\mathbf{h}_1^\mathrm{new}$", HIDDEN, width=1.2)
    _arrow(ax, (sleep - 0.6, levels[0] + 0.26), (6.75, 2.3), color=DATA, lw=2.4, dashed=True)
    _text(ax, (6.95, 1.72), r"$\mathbf{R}_1$", color=DATA, size=TEXT + 2)
    learns = r"$\mathbf{R}_1$ learns to recover $\mathbf{h}_1^\mathrm{down}$ from $\mathbf{v}^\mathrm{down}$:"
    _text(ax, (7.35, 0.75), learns)
    change = r"$\Delta r_{ij} = \eta\, v_i^\mathrm{down}\,(h_{1,j}^\mathrm{down} - h_{1,j}^\mathrm{new})$"
    _text(ax, (7.35, 0.37), change, size=TEXT + 1)
    return fig


def vae() -> Figure:
    """A variational autoencoder: the encoder guesses z, the decoder draws from z; the bound has a term for each."""
    fig, ax = _canvas(9.8, 4.3)
    y, half = 2.75, 0.32
    green = COLOURS["green"]
    _layer(ax, (0.8, y), r"$\mathbf{x}$", VISIBLE, width=0.9)
    for x in (2.2, 3.05):
        _box(ax, (x, y), 0.55, 1.5, fc=HIDDEN)
        _text(ax, (x, y), "200", size=TEXT)
    for offset, name in ((0.55, r"$\mu$"), (-0.55, r"$\log\sigma^2$")):
        _box(ax, (4.25, y + offset), 0.95, 0.5, fc=HIDDEN)
        _text(ax, (4.25, y + offset), name, size=TEXT + 2)
        _arrow(ax, (3.33, y + offset * 0.5), (3.77, y + offset), color=DATA, lw=2.2, dashed=True)
        _arrow(ax, (4.73, y + offset), (5.3, y + offset * 0.35))
    ax.add_patch(Circle((5.6, y), half, fc=HIDDEN, ec=LINE, lw=1.4, zorder=3))
    _text(ax, (5.6, y), r"$\mathbf{z}$", size=TEXT + 3)
    for x in (6.75, 7.6):
        _box(ax, (x, y), 0.55, 1.5, fc=HIDDEN)
        _text(ax, (x, y), "200", size=TEXT)
    _layer(ax, (9.0, y), r"$\hat{\mathbf{x}}$", VISIBLE, width=0.9)
    for start, end, colour in (
        (1.25, 1.92, DATA), (2.48, 2.77, DATA), (5.92, 6.47, MODEL), (7.03, 7.32, MODEL), (7.88, 8.55, MODEL),
    ):  # fmt: skip
        _arrow(ax, (start, y), (end, y), color=colour, lw=2.2, dashed=colour == DATA)
    _text(ax, (2.65, 3.98), r"encoder $q_\phi(\mathbf{z} \mid \mathbf{x})$: guesses", color=DATA, weight="bold")
    _text(ax, (7.2, 3.98), r"decoder $p_\theta(\mathbf{x} \mid \mathbf{z})$: draws", color=MODEL, weight="bold")
    _text(ax, (5.6, 2.18), "sample")
    _text(ax, (0.8, 3.3), "784 pixels")
    _text(ax, (9.0, 3.3), "784 probabilities")

    _arrow(ax, (5.6, 1.3), (5.6, 1.98), color=green)
    _text(ax, (5.6, 1.1), r"prior $p(\mathbf{z}) = \mathcal{N}(0, \mathbf{I})$", color=green, weight="bold")
    parts = (
        (1.75, r"$\log p_\theta(\mathbf{x}) \geq \mathcal{L} =$", "black"),
        (3.38, r"$E_q\,[\,\log p_\theta(\mathbf{x} \mid \mathbf{z})\,]$", MODEL),
        (5.25, "$-$", "black"),
        (5.52, r"$D_{KL}(\,q_\phi(\mathbf{z} \mid \mathbf{x})\,||\,p(\mathbf{z})\,)$", green),
    )
    for x, text, colour in parts:
        _text(ax, (x, 0.45), text, color=colour, size=TEXT + 3, ha="left")
    return fig


def reparametrisation() -> Figure:
    """The reparametrisation trick: the gradient (dashed) stops where z is drawn, passes where noise is an input."""
    fig, ax = _canvas(9.8, 4.6)
    for left, title in ((0.0, "drawn: the gradient stops"), (4.9, "computed: the gradient passes")):
        _text(ax, (left + 2.45, 4.3), title, weight="bold", size=TEXT + 1)
        for x, name in ((1.3, r"$\mu$"), (3.1, r"$\sigma$")):
            _layer(ax, (left + x, 1.45), name, HIDDEN, width=0.9)
        _layer(ax, (left + 2.2, 0.45), "encoder", VISIBLE, width=1.6)
        for x in (1.3, 3.1):
            _arrow(ax, (left + 2.2 + (x - 2.2) * 0.6, 0.72), (left + x, 1.19))
        _layer(ax, (left + 2.2, 3.7), r"decoder and loss", VISIBLE, width=2.3)
        ax.add_patch(Circle((left + 2.2, 2.7), 0.3, fc="white" if left == 0 else HIDDEN, ec=LINE, lw=1.4, zorder=3,
                            ls="--" if left == 0 else "-"))  # fmt: skip
        _text(ax, (left + 2.2, 2.7), r"$\mathbf{z}$", size=TEXT + 2)
        _arrow(ax, (left + 2.2, 3.0), (left + 2.2, 3.44))
        for x in (1.3, 3.1):
            _arrow(ax, (left + x, 1.71), (left + 2.2 + (x - 2.2) * 0.28, 2.45))
        _arrow(ax, (left + 2.55, 3.44), (left + 2.42, 2.95), color=MODEL, lw=2.4, dashed=True)
    _text(ax, (0.75, 2.72), r"$\mathbf{z} \sim \mathcal{N}(\mu, \sigma^2)$")
    _text(ax, (3.4, 2.72), "no derivative", color=MODEL)
    ax.plot([2.62, 2.78], [2.62, 2.82], color=MODEL, lw=3, zorder=4)
    ax.plot([2.62, 2.78], [2.82, 2.62], color=MODEL, lw=3, zorder=4)

    ax.add_patch(Circle((9.2, 2.7), 0.3, fc="#D8EAF6", ec=LINE, lw=1.4, zorder=3))
    _text(ax, (9.2, 2.7), r"$\epsilon$", size=TEXT + 3)
    _arrow(ax, (8.9, 2.7), (7.4, 2.7))
    _text(ax, (8.95, 3.28), r"$\mathcal{N}(0, 1)$")
    _text(ax, (5.72, 2.72), r"$\mathbf{z} = \mu + \sigma\,\epsilon$")
    for x, start in ((6.42, 6.98), (7.8, 7.28)):
        _arrow(ax, (start, 2.42), (x, 1.75), color=MODEL, lw=2.4, dashed=True)
    for x, end in ((6.2, 6.82), (8.0, 7.38)):
        _arrow(ax, (x + (0.28 if x < 7 else -0.28), 1.19), (end, 0.75), color=MODEL, lw=2.4, dashed=True)
    _text(ax, (5.55, 2.12), r"$\partial z / \partial \mu = 1$", color=MODEL)
    _text(ax, (8.6, 2.12), r"$\partial z / \partial \sigma = \epsilon$", color=MODEL)
    return fig


def gan() -> Figure:
    """The adversarial game: G turns noise into images, D tells them from real ones, both learn from D's answer."""
    fig, ax = _canvas(9.8, 4.4)
    low, high, middle = 1.55, 3.35, 2.45
    _layer(ax, (0.75, low), r"$\mathbf{z}$", HIDDEN, width=0.8)
    _box(ax, (2.5, low), 1.5, 0.9, fc="white", ec=MODEL)
    _text(ax, (2.5, low), "generator G", color=MODEL, weight="bold")
    _layer(ax, (4.5, low), r"$G(\mathbf{z})$", VISIBLE, width=1.0)
    _layer(ax, (4.5, high), r"$\mathbf{x}$", VISIBLE, width=1.0)
    _box(ax, (6.6, middle), 1.9, 0.9, fc="white", ec=DATA)
    _text(ax, (6.6, middle), "discriminator D", color=DATA, weight="bold")
    _text(ax, (8.75, middle), r"$D$ = p(real)", size=TEXT + 2)
    _arrow(ax, (1.18, low), (1.72, low))
    _arrow(ax, (3.28, low), (3.97, low))
    _arrow(ax, (5.03, low), (5.9, middle - 0.48))
    _arrow(ax, (5.03, high), (5.9, middle + 0.48))
    _arrow(ax, (7.58, middle), (8.05, middle))
    _text(ax, (0.75, low + 0.5), "noise")
    _text(ax, (4.5, low + 0.5), "generated")
    _text(ax, (4.5, high + 0.5), "real")

    _arrow(ax, (8.75, middle + 0.3), (8.75, high), color=DATA, dashed=True, style="-")
    _arrow(ax, (8.75, high), (6.6, high), color=DATA, dashed=True, style="-")
    _arrow(ax, (6.6, high), (6.6, middle + 0.47), color=DATA, dashed=True)
    _text(ax, (7.6, high + 0.35), r"D lowers $-\log D(\mathbf{x}) - \log(1 - D(G(\mathbf{z})))$", color=DATA)
    _arrow(ax, (8.75, middle - 0.3), (8.75, 0.62), color=MODEL, dashed=True, style="-")
    _arrow(ax, (8.75, 0.62), (2.5, 0.62), color=MODEL, dashed=True, style="-")
    _arrow(ax, (2.5, 0.62), (2.5, low - 0.47), color=MODEL, dashed=True)
    _text(ax, (5.6, 0.28), r"G lowers $-\log D(G(\mathbf{z}))$: the gradient passes back through D", color=MODEL)
    return fig


def dcgan() -> Figure:
    """The two networks of a DCGAN, layer by layer: channels and size of each layer's output."""
    fig, ax = _canvas(9.8, 5.2)
    channels = ((100, 1), (512, 4), (256, 8), (128, 16), (64, 32), (1, 64))
    xs = (0.85, 2.35, 3.95, 5.6, 7.3, 8.95)
    for y, stack, colour, title in (
        (3.75, channels, MODEL, "generator: transposed convolutions, kernels 4×4; channels down, size up"),
        (1.35, (*channels[:0:-1], (1, 1)), DATA, "discriminator: convolutions, kernels 4×4; size down, channels up"),
    ):
        _text(ax, (4.9, y + 1.2), title, color=colour, weight="bold")
        right = 0.0  # where the box before ends
        for number, (x, (count, pixels)) in enumerate(zip(xs, stack, strict=True)):
            height, width = 0.02 + 0.2 * pixels.bit_length(), 0.25 + 0.07 * count.bit_length()
            _box(ax, (x, y + 0.1), width, height, fc=VISIBLE if pixels == 64 else HIDDEN)
            _text(ax, (x, y - 0.84), rf"{count}$\times${pixels}$\times${pixels}", size=TEXT - 1)
            if number:
                _arrow(ax, (right, y + 0.1), (x - width / 2 - 0.04, y + 0.1), color=colour)
            right = x + width / 2 + 0.04
    _text(ax, (0.85, 4.45), r"$\mathbf{z}$", size=TEXT + 2)
    _text(ax, (8.95, 1.85), r"$D(\mathbf{x})$", size=TEXT + 1)
    return fig


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure whose coordinates are inches from the lower left corner."""
    fig = new_figure(width, height)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis("off")
    return fig, ax


def _text(
    ax: Axes, at: Point, text: str, *, size: float = TEXT, color: str = "black", ha: str = "center",
    weight: str = "normal", box: bool = False,
) -> None:  # fmt: skip
    background = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"} if box else None
    ax.text(*at, text, fontsize=size, color=color, ha=ha, va="center", weight=weight, bbox=background, zorder=5)


def _box(
    ax: Axes,
    centre: Point,
    width: float,
    height: float,
    *,
    fc: str,
    ec: str = LINE,
    alpha: float = 1.0,
    zorder: int = 3,
) -> None:
    corner = (centre[0] - width / 2, centre[1] - height / 2)
    style = f"round,pad=0,rounding_size={min(0.18, height / 3)}"
    ax.add_patch(
        FancyBboxPatch(corner, width, height, boxstyle=style, fc=fc, ec=ec, lw=1.4, alpha=alpha, zorder=zorder)
    )


def _layer(ax: Axes, centre: Point, name: str, colour: str, *, width: float) -> None:
    _box(ax, centre, width, 0.5, fc=colour)
    _text(ax, centre, name, size=TEXT + 2)


def _arrow(
    ax: Axes, start: Point, end: Point, *, color: str = LINE, lw: float = 1.8, style: str = "-|>",
    dashed: bool = False,
) -> None:  # fmt: skip
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle=style, mutation_scale=16, shrinkA=2, shrinkB=2, zorder=2,
            color=color, lw=lw, linestyle=(0, (4, 2.5)) if dashed else "-",
        )
    )  # fmt: skip
