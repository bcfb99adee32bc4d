"""Training the DCGAN of width 64 at batch 128: the lab sheet's way, PyTorch's public example, and ours.

    python -m tests.benchmarks.bench_dcgan [--rounds 3] [--batches 4] [--width 64]

Run it from the root. One line of the table is one pass over `batches` batches, one step of each network for each. All
ways alternate in one run. "ours, float32" is ours without 16-bit convolutions; where the device is not faster
in 16 bits, both are the same.
"""

import argparse
from unittest.mock import patch

import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import Compose, Normalize, Resize, ToTensor

from labutils import runtime
from labutils.data import mnist_arrays, mnist_loaders
from labutils.runtime import describe_run, fast_dtype, get_device
from tests.benchmarks.bench_rbm import SheetDigits
from tests.benchmarks.timing import alternate
from tests.notebook_tools import notebook_space

BATCH, LATENT = 128, 100


def sheet_networks(width, bias, generator_activation):
    """The layer list as plain Sequentials, with tanh and sigmoid at their ends."""
    channels = [LATENT, 8 * width, 4 * width, 2 * width, width]
    g = []
    for i in range(4):
        stride, padding = (1, 0) if i == 0 else (2, 1)
        g += [nn.ConvTranspose2d(channels[i], channels[i + 1], 4, stride, padding, bias=bias),
              nn.BatchNorm2d(channels[i + 1]), generator_activation()]  # fmt: skip
    g += [nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=bias), nn.Tanh()]
    channels = [1, *channels[:0:-1]]
    d = []
    for i in range(4):
        d += [nn.Conv2d(channels[i], channels[i + 1], 4, 2, 1, bias=bias)]
        d += [nn.BatchNorm2d(channels[i + 1])] if i else []
        d += [nn.LeakyReLU(0.2)]
    d += [nn.Conv2d(8 * width, 1, 4, bias=bias), nn.Sigmoid(), nn.Flatten(0)]
    return nn.Sequential(*g), nn.Sequential(*d)


def plain_epoch(g, d, g_optim, d_optim, loader, device, reads):
    """The common loop: generated images are used by both networks; `reads` numbers fetched after each step."""
    criterion = nn.BCELoss()
    for images, _ in loader:
        images = images.to(device)
        ones, zeros = torch.ones(len(images), device=device), torch.zeros(len(images), device=device)
        d.zero_grad()
        real = d(images)
        real_loss = criterion(real, ones)
        real_loss.backward()
        fakes = g(torch.randn(len(images), LATENT, 1, 1, device=device))
        fake = d(fakes.detach())
        fake_loss = criterion(fake, zeros)
        fake_loss.backward()
        d_optim.step()
        g.zero_grad()
        again = d(fakes)
        g_loss = criterion(again, ones)
        g_loss.backward()
        g_optim.step()
        for value in (real_loss, fake_loss, g_loss, real.mean(), fake.mean(), again.mean())[:reads]:
            value.item()


def measure(rounds: int, batches: int, width: int) -> pd.DataFrame:
    """The ways, with their times."""
    device, lab, digits = get_device(), notebook_space("05_dcgan"), mnist_arrays()
    count = BATCH * batches
    images, labels = digits.train_images[:count], digits.train_labels[:count]
    print(f"{count} digits per pass, width {width}, batch {BATCH}, {fast_dtype(device)}")

    def way(networks, transform, reads):
        g, d = (network.to(device) for network in networks)
        g_optim, d_optim = (torch.optim.Adam(x.parameters(), 2e-4, betas=(0.5, 0.999)) for x in (g, d))
        loader = DataLoader(SheetDigits(images, labels, transform), BATCH, shuffle=True)

        def run():
            plain_epoch(g, d, g_optim, d_optim, loader, device, reads)

        return run

    def ours(dtype=None):
        g, d = lab["make_networks"](width)
        g_optim, d_optim = (torch.optim.Adam(x.parameters(), 2e-4, betas=(0.5, 0.999), fused=True) for x in (g, d))
        loader, _ = mnist_loaders(BATCH, image_size=64, value_range=(-1, 1), limit=count, device=device)

        def run():
            with patch.object(runtime, "fast_dtype", lambda _: dtype or fast_dtype(device)):
                lab["train_epoch"](g, d, g_optim, d_optim, loader)

        return run

    table = alternate(
        {
            "the sheet's way": way(
                sheet_networks(width, True, lambda: nn.LeakyReLU(0.2)), Compose([Resize((64, 64)), ToTensor()]), 3
            ),
            "PyTorch's example": way(
                sheet_networks(width, False, lambda: nn.ReLU(True)),
                Compose([Resize(64), ToTensor(), Normalize(0.5, 0.5)]),
                6,
            ),
            "ours, float32": ours(torch.float32),
            "ours": ours(),
        },
        rounds,
        "ours",
    )
    table["images per second"] = (count / table["best, s"]).round(0)
    table["times the sheet's"] = (table.loc["the sheet's way", "best, s"] / table["best, s"]).round(2)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--width", type=int, default=64)
    describe_run()
    print(measure(**vars(parser.parse_args())).to_string())
