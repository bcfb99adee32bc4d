"""One epoch of the VAE with 20 latents: the lab sheet's way and ours, at batch 100 and 1024.

    python -m tests.benchmarks.bench_vae [--rounds 3] [--limit 60000]

Run it from the root. It takes the digits that the labs would take, the device that they would take, and the VAE of
notebook 04 as it stands there.
"""

import argparse
from functools import partial

import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

from labutils.data import mnist_arrays, mnist_loaders
from labutils.runtime import describe_run, get_device
from tests.benchmarks.bench_rbm import SheetDigits
from tests.benchmarks.timing import alternate
from tests.notebook_tools import notebook_space


class SheetVAE(nn.Module):
    """The VAE in the manner of the lab sheet."""

    def __init__(self, latent_size):
        super().__init__()
        self.enc_fc1, self.enc_fc2 = nn.Linear(784, 200), nn.Linear(200, 200)
        self.enc_mu, self.enc_logvar = nn.Linear(200, latent_size), nn.Linear(200, latent_size)
        self.dec_fc1, self.dec_fc2 = nn.Linear(latent_size, 200), nn.Linear(200, 200)
        self.dec_fc3 = nn.Linear(200, 784)

    def forward(self, x):
        h = F.softplus(self.enc_fc2(F.softplus(self.enc_fc1(x.view(-1, 784)))))
        mu, logvar = self.enc_mu(h), self.enc_logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        h = F.softplus(self.dec_fc2(F.softplus(self.dec_fc1(z))))
        return torch.sigmoid(self.dec_fc3(h)), z, mu, logvar

    @staticmethod
    def loss_fn(reconstruction, batch, mu, logvar):
        crossentropy = F.binary_cross_entropy(reconstruction, batch.view(-1, 784), reduction="sum")
        kl_div = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return crossentropy + kl_div


def sheet_epoch(model, optimizer, loader, device):
    """The sheet's loop: images decoded one by one, copied batch by batch, `.item()` after every step."""
    total = 0.0
    for image_data, _ in loader:
        image_data = image_data.to(device)
        optimizer.zero_grad()
        reconstruction, _, mu, logvar = model(image_data)
        loss = model.loss_fn(reconstruction, image_data, mu, logvar)
        total += loss.item()
        loss.backward()
        optimizer.step()
    return total


def measure(rounds: int, limit: int, batch_size: int) -> pd.DataFrame:
    """The ways, with their times."""
    device, lab, digits = get_device(), notebook_space("04_vae"), mnist_arrays()
    images, labels = digits.train_images[:limit], digits.train_labels[:limit]
    print(f"{len(labels):,} digits per epoch, {digits.source}")

    def finish():
        if device.type not in ("cpu", "mps"):
            torch.accelerator.synchronize()  # without it a GPU's work would be counted where it is waited for

    torch.manual_seed(0)
    sheet_loader = DataLoader(SheetDigits(images, labels), batch_size=batch_size)  # the sheet does not shuffle
    sheet_vae = SheetVAE(20).to(device)
    sheet_adam = torch.optim.Adam(sheet_vae.parameters(), lr=1e-3)
    loader, _ = mnist_loaders(batch_size, limit=len(labels), device=device)
    vae, plain_vae = lab["VAE"](20).to(device), lab["VAE"](20).to(device)
    adam = torch.optim.Adam(vae.parameters(), lr=1e-3, fused=True)
    plain_adam = torch.optim.Adam(plain_vae.parameters(), lr=1e-3)

    def sheet(model=sheet_vae, optimizer=sheet_adam, loader=sheet_loader):
        sheet_epoch(model, optimizer, loader, device)
        finish()

    def ours(model, optimizer, loader=loader):
        for batch, _ in loader:
            lab["train_step"](model, optimizer, batch)
        finish()

    ways = {
        "the sheet's way": sheet,
        "ours, plain Adam": partial(ours, plain_vae, plain_adam),
        "ours": partial(ours, vae, adam),
    }
    table = alternate(ways, rounds, "ours, plain Adam")
    table["ours is faster"] = (table["best, s"] / table.loc["ours", "best, s"]).round(2)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=60_000)
    options = parser.parse_args()
    describe_run()
    for batch_size in (100, 1024):
        print(f"\nbatch {batch_size}\n{measure(options.rounds, options.limit, batch_size).to_string()}")
