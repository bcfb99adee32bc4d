"""How good generated digits are: Fréchet distance, digit coverage and confidence, by one fixed classifier.

The classifier is a small convolutional network, shipped as `mnist_classifier.pt` beside this file and never
trained again, so that the numbers of all labs, machines and runs can be compared. It was trained by
`tests.train_classifier` (60,000 digits, 12 epochs, seed 0; shifted, turned, scaled, blurred and sampled digits
among them) and is right on 99.53 % of the 10,000 test digits. With it come the mean and the
covariance of its 64 features over these test digits: distances are measured to those, whatever data a lab has.

Conventions
- 10,000 samples. The fewer, the larger the distance, so compare equally many only.
- A model of pixels in {0,1} gives its last p(v|h), as grey values, not sampled once more.
- Images larger than 28x28 are reduced to that size, whatever model they come from.

Distances of real training digits, the floor that no model need beat, and of spoilt ones. A notebook prints
its own by `frechet_distance(train_loader.images[:10_000])`, from a loader of the image size in question.

    digits judged                                    Fréchet distance
    the first 10,000 training digits                   2.2    (six tenths of the training set: 1.2 to 2.2)
    the same, enlarged to 64x64 (and reduced again)    2.6    (1.7 to 2.6)
    the same, each pixel sampled to 0 or 1             3.3    (2.4 to 3.3)
    the same, blurred by a mean over 3x3 pixels        4.9
    the same, 5 % of them replaced by noise            7.9
    the same without threes and eights                65
    means of two digits, pixel by pixel               82
    one digit only                                   722 to 1017
    uniform noise                                    982

    number of training digits   500   1,000   2,000   5,000   10,000
    mean distance              12.1     7.3     4.6     2.2      1.5
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize
from tqdm.auto import tqdm

from labutils.runtime import require

FEATURES = 64
"""Features that the classifier makes of a digit; 48 of them respond to digits, 16 are zero for all of them."""

LENGTH = 32.0
"""Length of every feature vector. It sets the unit: no distance is above 2 * 32^2 = 2048 (for large N)."""

WEIGHTS = Path(__file__).with_name("mnist_classifier.pt")
"""Of the classifier, as float16, with 'mean' (64,) and 'covariance' (64, 64) of the features, as float64."""


class DigitClassifier(nn.Module):
    """28x28 grey pixels to 64 features to 10 logits, with 126,410 parameters.

    All feature vectors have the same length: their direction says which strokes are there, their length would
    mostly say how dark those are, and a slightly blurred digit is not a bad digit.
    """

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)  # (B, 16, 14, 14)
        second = nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)  # (B, 32, 7, 7)
        third = nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Flatten()  # (B, 64 * 5 * 5)
        self.convolutions = nn.Sequential(*first, *second, *third)
        self.to_features = nn.Sequential(nn.Linear(64 * 5 * 5, FEATURES), nn.ReLU())
        self.to_logits = nn.Linear(FEATURES, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, 1, 28, 28) in [0, 1] to features (B, 64), each 0 or more, and logits (B, 10)."""
        features = LENGTH * normalize(self.to_features(self.convolutions(images)))
        return features, self.to_logits(features)


@dataclass(frozen=True)
class SampleQuality:
    """What `sample_quality` measures."""

    frechet: float
    """Fréchet distance to the test digits: 0 or more, smaller is better."""
    coverage: float
    """Digit coverage: how the samples spread over the digits, the entropy -sum_k s_k ln s_k of the class shares, in
    nats. From 0, one digit only, to ln 10 = 2.303, all equally often. It says nothing of how good they look."""
    confidence: float
    """Mean probability of the likeliest class, 0.1 to 1: can each sample be read as one digit?"""
    class_shares: tuple[float, ...]
    """s_k, the share of the samples whose likeliest class is 0, 1, ... 9."""
    samples: int
    """How many samples were judged; compare distances for equal numbers only."""

    def __str__(self) -> str:
        shares = "  ".join(f"{digit}: {100 * share:.0f} %" for digit, share in enumerate(self.class_shares))
        return (
            f"Fréchet distance {self.frechet:.1f}, digit coverage {self.coverage:.2f} of {math.log(10):.2f} "
            f"nats, confidence {self.confidence:.2f} ({self.samples:,} samples)\n{shares}"
        )

    def row(self) -> dict[str, float]:
        """One line of a table, as numbers."""
        return {"Fréchet distance": self.frechet, "digit coverage": self.coverage, "confidence": self.confidence}

    def row_of_text(self) -> dict[str, str]:
        """One line of a table, as rounded numbers, with the most frequent digit and its share."""
        most = max(range(10), key=lambda digit: self.class_shares[digit])
        return {
            "Fréchet distance": f"{self.frechet:.1f}", "coverage": f"{self.coverage:.2f}",
            "confidence": f"{self.confidence:.2f}", "most frequent digit": f"{most} ({self.class_shares[most]:.0%})",
        }  # fmt: skip


def sample_quality(samples: Tensor) -> SampleQuality:
    """Fréchet distance, digit coverage, confidence and class shares of samples as for `frechet_distance`."""
    features, probabilities = _judge(samples)
    shares = torch.bincount(probabilities.argmax(1), minlength=10).double() / len(samples)
    return SampleQuality(
        frechet=gaussian_frechet(*_gaussian(features), *_reference()),
        coverage=float(torch.special.entr(shares).sum()),  # with 0 ln 0 = 0
        confidence=float(probabilities.amax(1).mean()),
        class_shares=tuple(shares.tolist()),
        samples=len(samples),
    )


def digit_probabilities(samples: Tensor) -> Tensor:
    """What the classifier reads: for each sample, as for `frechet_distance`, the ten class probabilities (N, 10)."""
    return _judge(samples)[1].to(samples)


def digit_features(samples: Tensor) -> Tensor:
    """What the classifier sees: the features (N, 64) of samples as for `frechet_distance`, all of length 32."""
    return _judge(samples)[0].to(samples)


def frechet_distance(samples: Tensor) -> float:
    """Fréchet distance between the classifier's features of the samples and of the MNIST test digits: 0 or more.

    Args:
        samples: (N, 784), (N, 28, 28), (N, 1, 28, 28), or larger squares such as (N, 1, 64, 64), which are
            reduced to 28x28 (bilinear, antialiased). Values in [0, 1], on any device, N at least 128.
    """
    return gaussian_frechet(*_gaussian(_judge(samples)[0]), *_reference())


def gaussian_frechet(mean_1: Tensor, covariance_1: Tensor, mean_2: Tensor, covariance_2: Tensor) -> float:
    """Fréchet (2-Wasserstein) distance, squared, between two Gaussians in D dimensions.

    |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2)): M. Heusel et al., "GANs trained by a two time-scale
    update rule converge to a local Nash equilibrium", NIPS 2017, equation 6. The trace of the root is
    computed as the sum of the singular values of C_1^(1/2) C_2^(1/2), which is safe for singular covariances.

    Args:
        mean_1, mean_2: (D,); covariance_1, covariance_2: (D, D), symmetric. Best in float64, on the CPU.
    """
    root_of_product = torch.linalg.svdvals(_root(covariance_1) @ _root(covariance_2)).sum()
    spread = covariance_1.trace() + covariance_2.trace() - 2 * root_of_product
    return max(float((mean_1 - mean_2).square().sum() + spread), 0.0)  # rounding can leave -1e-14


def _root(covariance: Tensor) -> Tensor:
    """The symmetric square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and covariance (D, D) of features (N, D)."""
    require(
        len(features) >= 2 * FEATURES,
        f"{len(features)} samples are too few for the covariance of {FEATURES} features: generate at least "
        f"{2 * FEATURES}. 10,000 is the convention, and only distances of equally many samples can be compared.",
    )
    return features.mean(0), torch.cov(features.T)


@torch.inference_mode()
def _judge(samples: Tensor) -> tuple[Tensor, Tensor]:
    """Features (N, 64) and class probabilities (N, 10) of the samples, float64 on the CPU."""
    images = _as_images(samples)
    classifier = _classifier(images.device)
    dtype = classifier.to_logits.weight.dtype
    results = []
    for batch in tqdm(images.split(1000), desc="classifier", delay=2, leave=False):
        batch = batch.to(dtype).clamp(0, 1)
        if batch.shape[-1] > 28:  # on the CPU, since not every GPU can do it
            batch = interpolate(batch.cpu(), (28, 28), mode="bilinear", antialias=True).to(images.device)
        results.append([part.cpu().double() for part in classifier(batch)])
    features, logits = (torch.cat(parts) for parts in zip(*results, strict=True))
    return features, logits.softmax(1)


def _as_images(samples: Tensor) -> Tensor:
    """The samples as images (N, 1, H, H), looked over."""
    images = samples.reshape(-1, 28, 28) if samples.shape[1:] == (784,) else samples
    images = images[:, None] if images.ndim == 3 else images
    require(
        images.ndim == 4 and len(images) > 0 and images.shape[1] == 1 and 28 <= images.shape[2] == images.shape[3],
        f"The samples have the shape {tuple(samples.shape)}; expected one or more grey square images: (N, 784), "
        "(N, 28, 28), (N, 1, 28, 28), or larger ones like (N, 1, 64, 64).",
    )
    low, high = float(samples.min()), float(samples.max())
    require(  # NaN fails too
        samples.is_floating_point() and low >= -1e-3 and high <= 1 + 1e-3,
        f"The samples are {samples.dtype}, from {low:.4g} to {high:.4g}; expected floating point numbers in [0, 1]. "
        "Scaled to [-1, 1]? Use (x + 1) / 2. Grey levels 0 to 255? x / 255. Logits? torch.sigmoid(x). Zeros and "
        "ones? x.float(). If they are nan, the model has diverged: train again with a smaller learning rate.",
    )
    return images


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    return torch.load(WEIGHTS, map_location="cpu", weights_only=True)


def _reference() -> tuple[Tensor, Tensor]:
    """Mean and covariance of the features of the 10,000 test digits."""
    return _content()["mean"], _content()["covariance"]


@lru_cache(maxsize=4)
def _classifier(device: torch.device) -> DigitClassifier:
    with torch.device("meta"):  # where no memory is filled, and no random number drawn for it
        classifier = DigitClassifier()
    classifier.load_state_dict(_content()["weights"], assign=True)
    # On an NVIDIA GPU float32 may silently mean the 10 bits of TF32; float64 costs little there.
    dtype = torch.float64 if device.type == "cuda" else torch.float32
    return classifier.to(device, dtype).eval().requires_grad_(False)
