"""The figures of the theory: networks and sampling schemes, in one style.

Visible layers are grey, hidden ones yellow. Solid arrows sample, dashed arrows predict or recognise. Blue is what the
data say, vermillion what the model says. Each is a picture in `figures/`, shown as a PNG, which looks the same on any
machine. To change one, edit the SVG beside it (text in DejaVu Sans and STIX) and export it at 150 dots per inch.
"""

from collections.abc import Callable
from importlib.resources import files

from IPython.display import Image


def _diagram(name: str, alt: str) -> Callable[[], Image]:
    """The function that shows `figures/NAME.png`, with words for readers who do not see it."""

    def show() -> Image:
        picture = (files("labutils") / "figures" / f"{name}.png").read_bytes()
        return Image(picture, format="png", width=900, metadata={"alt": alt})

    show.__name__, show.__doc__ = name, alt
    return show


rbm = _diagram("rbm", "A restricted Boltzmann machine: two layers, every visible unit joined to every hidden one.")
cd_k = _diagram("cd_k", "Contrastive divergence: k steps of Gibbs sampling that start at the data.")
dbn = _diagram("dbn", "A deep belief network of two hidden layers: an RBM on top, a directed network below.")
up_down = _diagram(
    "up_down",
    "The up-down (wake-sleep) algorithm for a network of two hidden layers: in the wake phase the "
    "data go up and the way down learns, in the sleep phase a fantasy goes down and the way up learns.",
)
vae = _diagram(
    "vae",
    "A variational autoencoder: the encoder guesses mu and sigma, noise makes a z of them, the decoder draws from z; "
    "the bound has a term for each. Below, a new digit: z comes from the prior and goes through the same decoder.",
)
reparametrisation = _diagram(
    "reparametrisation",
    "The reparametrisation trick: the gradient (dashed) stops where z is drawn, passes where noise is an input.",
)
gan = _diagram(
    "gan", "The adversarial game: G turns noise into images, D tells them from real ones, both learn from D's answer."
)
dcgan = _diagram("dcgan", "The two networks of a DCGAN, layer by layer: outputs, strides, paddings.")
