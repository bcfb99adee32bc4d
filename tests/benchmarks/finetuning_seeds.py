"""Does fine-tuning improve the samples of a DBN, or was one run lucky? Three seeds, with a control.

    python -m tests.benchmarks.finetuning_seeds [--seeds 3] [--epochs 10] [--chains 10000] [--steps 200]

Run it from the root. For every seed it trains the RBM (CD-1) and on it the DBN (CD-2 at the top), both at 0.1; then,
for as many epochs again and from that DBN, controls, whose top alone is trained on, and the fine-tuned network, at
0.01 and at 0.1 with a top that falls from 0.1 to 0.01. All classes and measures are those of the notebooks.
"""

import argparse
import copy
import time

import pandas as pd
import torch
from tqdm.auto import tqdm

from labutils.data import mnist_loaders
from labutils.metrics.rbm import log_likelihood
from labutils.metrics.samples import sample_quality
from labutils.runtime import describe_run, sample_bernoulli, seed_everything
from tests.notebook_tools import notebook_space

RBM = notebook_space("01_rbm")["RBM"]
DBN = notebook_space("02_dbn")["DBN"]
LAB = notebook_space("03_dbn_finetuning")


def models_of_seed(loader, epochs):
    """Name -> trained model, one after the other."""
    rbm = RBM(784, 100)
    LAB["train"](rbm, loader, epochs, 0.1, name="RBM")
    yield "RBM", rbm
    dbn = DBN(rbm, 100, cd_k=2)
    LAB["train"](dbn, loader, epochs, 0.1, name="DBN")
    yield "DBN", dbn
    tune = LAB["DBNWithFineTuning"]
    for name, model, rates in (
        ("control, top trained on at 0.1", copy.deepcopy(dbn), (0.1,)),
        ("control, top trained on at 0.01", copy.deepcopy(dbn), (0.01,)),
        ("fine-tuned, 0.01", tune(dbn, cd_k=2), (0.01,)),
        ("fine-tuned, 0.1, top from 0.1 to 0.01", tune(dbn, cd_k=2), (0.1, (0.1, 0.01))),
    ):
        LAB["train"](model, loader, epochs, *rates, name=name)
        yield name, model


def measures(model, test_images, test_binary, train_images, chains, steps):
    """Error, bounds and the quality of samples; for the RBM the log-likelihood stands for the bound."""
    numbers = {"error": LAB["test_error"](model, test_images)}
    if hasattr(model, "recognition_prob"):
        bound = LAB["bound"](model, test_binary, 5000, 100)
        numbers |= {"bound (K = 100)": bound.value, "plain bound": bound.bound}
    else:
        mean = train_images.mean(0)
        likelihood = log_likelihood(test_binary, model.W, model.v_bias, model.h_bias, train_mean=mean, steps=5000)
        numbers |= {"bound (K = 100)": likelihood.value, "plain bound": float("nan")}
    starts = {
        "random": LAB["random_states"](model, chains),
        "data": LAB["data_states"](model, train_images[:chains]),
    }
    for start, states in starts.items():
        quality = sample_quality(LAB["dreams"](model, states, steps))
        numbers |= {f"coverage, {start}": quality.coverage, f"Fréchet, {start}": quality.frechet}
    return numbers


def main(seeds: int, epochs: int, chains: int, steps: int) -> None:
    describe_run()
    began, rows = time.perf_counter(), []
    for seed in tqdm(range(seeds), desc="seeds"):
        seed_everything(seed)
        loader, test_loader = mnist_loaders(100, binarize=True, seed=seed)
        test_images, train_images = test_loader.images.flatten(1), loader.images.flatten(1)
        test_binary = sample_bernoulli(test_images, torch.Generator(test_images.device).manual_seed(1))
        for name, model in models_of_seed(loader, epochs):
            numbers = measures(model, test_images, test_binary, train_images, chains, steps)
            rows.append({"model": name, "seed": seed} | numbers)
            tqdm.write(f"seed {seed}, {name}: " + ", ".join(f"{key} {value:.4g}" for key, value in numbers.items()))
    table = pd.DataFrame(rows)
    by_model = table.drop(columns="seed").groupby("model", sort=False)
    mean, spread = by_model.mean(), by_model.std()
    both = mean.copy().astype(object)
    for column in mean:
        digits = 4 if column == "error" else 2
        texts = [f"{m:.{digits}f} ± {s:.{digits}f}" for m, s in zip(mean[column], spread[column], strict=True)]
        both[column] = texts
    floor = sample_quality(train_images[chains : 2 * chains] if len(train_images) >= 2 * chains else train_images)
    pd.set_option("display.width", 250, "display.max_columns", 20, "display.max_colwidth", 60)
    minutes = (time.perf_counter() - began) / 60
    print(f"\n{loader.source}: {seeds} seeds, {epochs} epochs for each part, {chains:,} chains of {steps} steps")
    print(f"{minutes:.0f} minutes on {torch.get_num_threads()} threads")
    print(f"floor, real training digits: Fréchet {floor.frechet:.2f}, coverage {floor.coverage:.2f}\n")
    print("Mean ± standard deviation over the seeds:")
    print(both.to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, value in (("seeds", 3), ("epochs", 10), ("chains", 10_000), ("steps", 200)):
        parser.add_argument(f"--{option}", type=int, default=value)
    main(**vars(parser.parse_args()))
