"""One epoch of CD-1 with 100 hidden units: the lab sheet's way, ours, scikit-learn, the bare products.

    python -m tests.benchmarks.bench_rbm [--rounds 3]

Run it from the root. It takes the digits that the labs would take, and the RBM of notebook 01 as it stands there.
"""

import argparse

import pandas as pd
import torch
from PIL import Image
from sklearn.neural_network import BernoulliRBM
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import ToTensor

from labutils.data import mnist_arrays, mnist_loaders
from labutils.runtime import describe_run
from tests.benchmarks.timing import alternate
from tests.notebook_tools import notebook_space

BATCH, HIDDEN, RATE = 100, 100, 0.1


class SheetDigits(Dataset):
    """What torchvision's MNIST does for each digit: a PIL image, then the transform."""

    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform or ToTensor()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = Image.fromarray(self.images[index].numpy())
        return self.transform(image), int(self.labels[index])


class SheetRBM:
    """The RBM in the manner of the lab sheet: `bernoulli()`, a new matrix for each product and each sum."""

    def __init__(self):
        self.W, self.a, self.b = 0.1 * torch.randn(784, HIDDEN), torch.zeros(784), torch.zeros(HIDDEN)

    def update(self, v0):
        h0 = torch.sigmoid(v0 @ self.W + self.b).bernoulli()
        v1 = torch.sigmoid(h0 @ self.W.T + self.a).bernoulli()
        h1 = torch.sigmoid(v1 @ self.W + self.b).bernoulli()
        positive, negative = v0.T @ h0, v1.T @ h1
        self.W = self.W + RATE * (positive - negative) / v0.shape[0]
        self.a = self.a + RATE * (v0 - v1).mean(0)
        self.b = self.b + RATE * (h0 - h1).mean(0)


def measure(rounds: int) -> pd.DataFrame:
    """The ways, with their times."""
    digits = mnist_arrays()
    print(f"{len(digits.train_labels):,} digits per epoch, {digits.source}\n")
    sheet_loader = DataLoader(SheetDigits(digits.train_images, digits.train_labels), batch_size=BATCH, shuffle=True)
    sheet_rbm = SheetRBM()
    loader, _ = mnist_loaders(BATCH, binarize=True, device="cpu")
    rbm = notebook_space("01_rbm")["RBM"](784, HIDDEN, device="cpu")
    flat = loader.images.flatten(1).numpy()
    v, h = torch.rand(BATCH, 784), torch.rand(BATCH, HIDDEN)
    W = torch.rand(784, HIDDEN)

    def sheet():
        for images, _ in sheet_loader:
            sheet_rbm.update(images.view(-1, 784).bernoulli())

    def ours():
        for images, _ in loader:
            rbm.update_weights_for_batch(images, RATE)

    def scikit_learn():
        BernoulliRBM(HIDDEN, learning_rate=RATE, batch_size=BATCH, n_iter=1).fit(flat)

    def products():
        for _ in range(len(loader)):
            v @ W, h @ W.T, v @ W, v.T @ h, v.T @ h

    ways = {"the sheet's way": sheet, "ours": ours, "scikit-learn": scikit_learn, "five products": products}
    table = alternate(ways, rounds, "five products")
    table["ours is faster"] = (table["best, s"] / table.loc["ours", "best, s"]).round(2)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    describe_run()
    print(measure(options.rounds).to_string())
