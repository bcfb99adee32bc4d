"""Trains the classifier that `labutils.metrics.samples` ships. Nobody needs to run it: the file is there.

    python -m tests.train_classifier [FILE]

writes the weights (float16) and the mean and covariance of the features of the 10,000 test digits. It needs
the 60,000 digits and about two minutes of one core, and prints the test accuracy (99.53 % for the shipped
file). Distances by two classifiers cannot be compared, not even if only the seed differs.
"""

import argparse
import io
import math
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from labutils import data, runtime
from labutils.metrics.samples import WEIGHTS, DigitClassifier

SEED = 0
EPOCHS = 12
BATCH = 250
PEAK_RATE = 4e-3
MIN_ACCURACY = 0.99
"""A classifier below is not saved."""


def augment(images: Tensor) -> Tensor:
    """Digits as models draw them, from real ones (B, 1, 28, 28), each changed by chance in its own way.

    All are shifted by up to 2 pixels, turned by up to 10 degrees and scaled by up to 10 %; then half of them
    are blurred (mixed with the mean over 3x3 pixels), and a quarter sampled to 0 and 1.
    """

    def draw(largest: float) -> Tensor:
        return (2 * torch.rand(len(images), device=images.device) - 1) * largest

    def chosen(share: float) -> Tensor:
        return torch.rand(len(images), 1, 1, 1, device=images.device) < share

    angle, scale = draw(math.radians(10)), 1 + draw(0.1)
    # affine_grid measures in half image sizes: 2 pixels are 2 / 14.
    first_row = torch.stack([scale * angle.cos(), -scale * angle.sin(), draw(2 / 14)], 1)
    second_row = torch.stack([scale * angle.sin(), scale * angle.cos(), draw(2 / 14)], 1)
    grid = F.affine_grid(torch.stack([first_row, second_row], 1), list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, align_corners=False)
    blurred = torch.lerp(images, F.avg_pool2d(images, 3, 1, 1), draw(1).abs().view(-1, 1, 1, 1))
    images = torch.where(chosen(0.5), blurred, images)
    return torch.where(chosen(0.25), runtime.sample_bernoulli(images), images)


def train(images: Tensor, labels: Tensor, epochs: int = EPOCHS) -> DigitClassifier:
    """A classifier trained with AdamW and one cycle of the learning rate (up, then down to nothing).

    Args:
        images: float (N, 1, 28, 28) in [0, 1]; labels: int64 (N,), on the same device.
        epochs: passes through the images.
    """
    classifier = DigitClassifier().to(images.device)
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    steps = epochs * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    with tqdm(total=steps, desc="training", leave=False) as bar:
        for _ in range(epochs):
            for rows in torch.randperm(len(labels)).to(labels.device).split(BATCH):
                loss = F.cross_entropy(classifier(augment(images[rows]))[1], labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
    return classifier.eval().requires_grad_(False)


def evaluate(classifier: DigitClassifier, images: Tensor, labels: Tensor) -> tuple[float, Tensor]:
    """Accuracy on images (N, 1, 28, 28), and their features, float64 (N, 64) on the CPU."""
    results = [classifier(batch) for batch in images.split(1000)]
    features, logits = (torch.cat(parts).cpu() for parts in zip(*results, strict=True))
    return float((logits.argmax(1) == labels.cpu()).double().mean()), features.double()


def main(path: Path) -> None:
    """Train, print the accuracy, and write the file if the classifier is good enough.

    Raises:
        SystemExit: it is not, or there are not all 60,000 digits; the file is left as it was.
    """
    digits = data.mnist_arrays()
    count = len(digits.train_labels)
    if count != 60_000:
        raise SystemExit(
            f"The classifier is trained on the 60,000 digits of MNIST, but here are {count:,} "
            f"({digits.source}). Unset LABUTILS_QUICK, and set LABUTILS_DATA or let the course download them."
        )
    device = runtime.get_device()
    runtime.seed_everything(SEED)
    start = time.perf_counter()
    train_images, test_images = (
        images[:, None].to(device) / 255 for images in (digits.train_images, digits.test_images)
    )
    classifier = train(train_images, digits.train_labels.to(device))
    weights = {name: value.cpu().half() for name, value in classifier.state_dict().items()}
    classifier.load_state_dict(weights)  # what is measured is what is shipped: rounded to float16
    accuracy, features = evaluate(classifier, test_images, digits.test_labels)
    print(f"test accuracy {accuracy:.2%} after {EPOCHS} epochs, {time.perf_counter() - start:.0f} s")
    if accuracy < MIN_ACCURACY:
        raise SystemExit(f"Not saved: at least {MIN_ACCURACY:.0%} is wanted. {path.name} was not touched.")
    content = {"weights": weights, "mean": features.mean(0), "covariance": torch.cov(features.T)}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    runtime.write_atomically(path, buffer.getvalue())
    print(f"{path.name}: {len(buffer.getvalue()) / 1000:.0f} kB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the digit classifier that judges generated digits.")
    parser.add_argument("file", nargs="?", type=Path, default=WEIGHTS, help="where to write it")
    main(parser.parse_args().file)
