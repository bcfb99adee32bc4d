"""Sample quality: the shipped classifier, the Fréchet formula against closed forms, what moves the numbers."""

import copy
import math

import numpy as np
import pytest
import scipy.linalg
import torch
from torch.nn.functional import interpolate

from labutils import data, runtime
from labutils.metrics import samples as S
from tests import train_classifier


@pytest.fixture(scope="module")
def digits():
    """1,000 real digits, 100 of each class: images (1000, 28, 28) in [0, 1] and labels."""
    arrays = data._embedded()
    return arrays.test_images / 255, arrays.test_labels


def gaussian(seed: int, dimensions: int = 6, rank: int | None = None):
    """Some mean and covariance in float64, singular if the rank is below the dimension."""
    g = torch.Generator().manual_seed(seed)
    root = torch.randn(dimensions, rank or dimensions, generator=g, dtype=torch.float64)
    return torch.randn(dimensions, generator=g, dtype=torch.float64), root @ root.T


# The classifier


def test_shipped_file_is_small_and_holds_nothing_but_tensors():
    assert S.WEIGHTS.stat().st_size < 500_000
    content = torch.load(S.WEIGHTS, weights_only=True)  # refuses anything that could run code
    assert {value.dtype for value in content["weights"].values()} == {torch.float16}
    assert content["mean"].shape == (64,)
    assert content["covariance"].shape == (64, 64)
    torch.testing.assert_close(content["covariance"], content["covariance"].T)


def test_classifier_knows_the_digits(digits):
    images, labels = digits
    probabilities = S.digit_probabilities(images)
    assert probabilities.shape == (1000, 10)
    torch.testing.assert_close(probabilities.sum(1), torch.ones_like(probabilities[:, 0]))
    assert (probabilities.argmax(1) == labels).double().mean() >= 0.985


def test_architecture_agrees_with_the_docstring(digits):
    classifier = S._classifier(torch.device("cpu"))
    features, logits = classifier(digits[0][:5, None])
    assert features.shape == (5, S.FEATURES)
    assert logits.shape == (5, 10)
    assert (features >= 0).all()
    torch.testing.assert_close(features.norm(dim=1), torch.full((5,), 32.0))
    assert f"{sum(p.numel() for p in classifier.parameters()):,}" in S.DigitClassifier.__doc__


def test_judging_leaves_no_trace(digits):
    """No gradient is kept, and the samples stay as they are."""
    images = digits[0][:200].clone().requires_grad_()
    first = S.sample_quality(images)
    assert first == S.sample_quality(images)
    assert images.grad is None
    assert torch.equal(images, digits[0][:200])


@pytest.mark.skipif(runtime.get_device().type == "cpu", reason="no accelerator here")
def test_accelerator_agrees_with_cpu(digits):
    here, there = S.sample_quality(digits[0]), S.sample_quality(digits[0].to(runtime.get_device()))
    assert there.frechet == pytest.approx(here.frechet, abs=1e-2)
    assert there.class_shares == here.class_shares


# The Fréchet distance


@pytest.mark.parametrize("rank", [6, 3])
def test_distance_to_itself_is_zero(rank):
    mean, covariance = gaussian(0, rank=rank)
    assert S.gaussian_frechet(mean, covariance, mean, covariance) == pytest.approx(0, abs=1e-9)


def test_shifted_mean_adds_its_squared_length():
    mean, covariance = gaussian(1)
    shift = torch.tensor([3.0, -1.0, 0.0, 2.0, 0.5, 0.0], dtype=torch.float64)
    distance = S.gaussian_frechet(mean, covariance, mean + shift, covariance)
    assert distance == pytest.approx(9 + 1 + 4 + 0.25)


def test_diagonal_covariances_compare_standard_deviations():
    s1, s2 = torch.tensor([[1.0, 2.0, 0.0], [3.0, 0.5, 4.0]], dtype=torch.float64)
    zero = torch.zeros(3, dtype=torch.float64)
    distance = S.gaussian_frechet(zero, torch.diag(s1**2), zero, torch.diag(s2**2))
    assert distance == pytest.approx(4 + 2.25 + 16)


@pytest.mark.parametrize("seeds", [(0, 1), (2, 3), (4, 5)])
def test_distance_agrees_with_scipy_and_is_symmetric(seeds):
    (m1, c1), (m2, c2) = gaussian(seeds[0]), gaussian(seeds[1])
    root = scipy.linalg.sqrtm(c1.numpy() @ c2.numpy())
    expected = float(((m1 - m2) ** 2).sum() + c1.trace() + c2.trace() - 2 * np.trace(root).real)
    assert S.gaussian_frechet(m1, c1, m2, c2) == pytest.approx(expected, rel=1e-8)
    assert S.gaussian_frechet(m2, c2, m1, c1) == pytest.approx(expected, rel=1e-8)


def test_singular_covariances():
    """Points on two perpendicular lines: nothing in common, so the root vanishes and the traces add."""
    zero = torch.zeros(2, dtype=torch.float64)
    first = torch.tensor([[4.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    second = torch.tensor([[0.0, 0.0], [0.0, 9.0]], dtype=torch.float64)
    assert S.gaussian_frechet(zero, first, zero, second) == pytest.approx(13)


def test_distance_of_images_uses_mean_and_covariance_of_the_features(digits):
    """From the features to the number once more, with numpy and scipy."""
    classifier = S._classifier(torch.device("cpu"))
    content = torch.load(S.WEIGHTS, weights_only=True)

    def gaussian_of(images):
        features = classifier(images[:, None])[0].double().numpy()
        return features.mean(0), np.cov(features, rowvar=False)

    def distance(m1, c1, m2, c2):
        # sqrtm dislikes singular covariances; the trace of the root is the sum of the eigenvalues' roots
        roots = np.sqrt(scipy.linalg.eigvals(c1 @ c2).real.clip(0))
        return ((m1 - m2) ** 2).sum() + np.trace(c1 + c2) - 2 * roots.sum()

    shipped = content["mean"].numpy(), content["covariance"].numpy()
    for part in (digits[0][:400], digits[0][400:]):
        assert S.frechet_distance(part) == pytest.approx(distance(*gaussian_of(part), *shipped), rel=1e-4)


def test_distance_orders_good_and_bad_samples(digits):
    images, labels = digits
    g = torch.Generator().manual_seed(0)
    real = S.frechet_distance(images)
    sampled = S.frechet_distance(torch.bernoulli(images, generator=g))
    two_missing = S.frechet_distance(images[(labels != 3) & (labels != 8)])
    one_digit = S.frechet_distance(images[labels == 1].repeat(2, 1, 1))
    noise = S.frechet_distance(torch.rand(1000, 784, generator=g))
    assert 0 < real < 12
    assert real < sampled < 2 * real
    assert 5 * real < two_missing < one_digit
    assert 50 * real < min(one_digit, noise)
    assert max(one_digit, noise) <= 2 * S.LENGTH**2 * 1000 / 999


def test_distance_grows_with_the_share_of_noise(digits):
    spoilt, values = digits[0].clone(), []
    g = torch.Generator().manual_seed(1)
    for start in (0, 50, 200):
        spoilt[:start] = torch.rand(start, 28, 28, generator=g)
        values.append(S.frechet_distance(spoilt))
    assert values[0] + 3 < values[1]
    assert 2 * values[1] < values[2]


def test_larger_images_are_reduced(digits):
    """Enlarging and reducing digits costs little; the reduction is bilinear, with antialiasing."""
    large = interpolate(digits[0][:, None], (64, 64), mode="bilinear", antialias=True)
    expected = interpolate(large, (28, 28), mode="bilinear", antialias=True)
    assert S.frechet_distance(large) == pytest.approx(S.frechet_distance(digits[0]), abs=1)
    assert S.frechet_distance(large) == pytest.approx(S.frechet_distance(expected), abs=1e-2)


# Coverage, confidence and the front door


def test_coverage_of_one_class_and_of_all(digits):
    images, labels = digits
    sure = S._judge(images)[1].argmax(1) == labels
    assert S.sample_quality(images[sure & (labels == 4)].repeat(2, 1, 1)).coverage == 0
    assert S.sample_quality(images).coverage == pytest.approx(math.log(10), abs=1e-3)
    two = torch.cat([images[sure & (labels == digit)][:90] for digit in (0, 7)])
    assert S.sample_quality(two).coverage == pytest.approx(math.log(2))


def test_confidence_is_the_mean_largest_probability(digits):
    sharp = S.sample_quality(digits[0]).confidence
    assert sharp == pytest.approx(S._judge(digits[0])[1].max(1).values.mean().item())
    overlaid = (digits[0] + digits[0].flip(0)) / 2
    assert S.sample_quality(overlaid).confidence < 0.95 < sharp


def test_sample_quality_holds_the_single_numbers(digits):
    images, labels = digits
    quality = S.sample_quality(images)
    assert quality.frechet == S.frechet_distance(images)
    assert quality.samples == 1000
    assert np.allclose(quality.class_shares, labels.bincount() / 1000, atol=0.01)


def test_quality_reads_well():
    quality = S.SampleQuality(12.34, 1.5, 0.876, (0.5, 0.5, *8 * (0.0,)), 10_000)
    first, second = str(quality).splitlines()
    assert first == ("Fréchet distance 12.3, digit coverage 1.50 of 2.30 nats, confidence 0.88 (10,000 samples)")
    assert second.startswith("0: 50 %  1: 50 %  2: 0 %")
    assert quality.row() == {"Fréchet distance": 12.34, "digit coverage": 1.5, "confidence": 0.876}
    assert list(quality.row_of_text().values()) == ["12.3", "1.50", "0.88", "0 (50%)"]


# Input


def test_shapes_and_types_give_the_same(digits):
    images = digits[0][:200]
    expected = S.sample_quality(images)
    assert S.sample_quality(images[:, None]) == expected
    assert S.sample_quality(images.flatten(1)) == expected
    assert S.sample_quality(images.mT.contiguous().mT) == expected  # not contiguous
    rounded = S.sample_quality(images.half())
    assert rounded.frechet == pytest.approx(expected.frechet, rel=0.01)
    assert S.sample_quality(images.double()).frechet == pytest.approx(expected.frechet, rel=1e-3)


def test_rounding_beyond_the_range_is_forgiven(digits):
    images = digits[0][:200]
    assert S.sample_quality(images * 1.001 - 0.0005).frechet == pytest.approx(
        S.sample_quality(images).frechet, rel=0.01
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (torch.zeros(200, 100), r"shape \(200, 100\); expected"),
        (torch.zeros(28, 28), r"shape \(28, 28\); expected"),
        (torch.zeros(200, 3, 28, 28), r"\(200, 3, 28, 28\)"),
        (torch.zeros(200, 1, 28, 64), "square"),
        (torch.zeros(200, 14, 14), "larger ones"),
        (torch.zeros(0, 784), r"one or more"),
        (torch.zeros(200, 784, dtype=torch.uint8), r"torch.uint8, from 0 to 0; expected floating"),
        (torch.full((200, 784), -1.0), r"from -1 to -1;.*\(x \+ 1\) / 2"),
        (torch.full((200, 784), 255.0), "x / 255"),
        (torch.full((200, 784), torch.nan), "nan.*diverged"),
        (torch.zeros(127, 784), "127 samples.*at least 128.*10,000 is the convention"),
    ],
)
def test_what_cannot_be_judged_is_said(bad, message):
    with pytest.raises(ValueError, match=message):
        S.sample_quality(bad)


# The training script


@pytest.mark.long
def test_training_learns_and_survives_float16(monkeypatch):
    arrays = data._embedded()
    monkeypatch.setattr(train_classifier, "BATCH", 50)
    torch.manual_seed(0)
    classifier = train_classifier.train(arrays.train_images[:, None] / 255, arrays.train_labels, epochs=1)
    classifier.load_state_dict({name: value.half() for name, value in classifier.state_dict().items()})
    accuracy, features = train_classifier.evaluate(classifier, arrays.test_images[:, None] / 255, arrays.test_labels)
    assert accuracy > 0.8
    assert features.shape == (1000, S.FEATURES)


def test_augmentation_keeps_the_digits_readable(digits):
    torch.manual_seed(0)
    images, labels = digits
    changed = train_classifier.augment(images[:, None])
    assert changed.shape == (1000, 1, 28, 28)
    assert 0 <= changed.min() <= changed.max() <= 1 + 1e-6
    binary = ((changed == 0) | (changed == 1)).flatten(1).all(1).double().mean()
    assert abs(binary - 0.25) < 0.07  # five standard deviations
    assert (S._judge(changed)[1].argmax(1) == labels).double().mean() > 0.95


def test_script_refuses_the_embedded_digits(tmp_path):
    target = tmp_path / "weights.pt"
    with pytest.raises(SystemExit, match=r"here are 4,000 .*Unset LABUTILS_QUICK"):
        train_classifier.main(target)
    assert not target.exists()


def test_script_saves_what_samples_can_load_and_nothing_bad(digits, monkeypatch, tmp_path):
    """The whole script on 60,000 blanks and with the shipped classifier in place of the training."""
    images, labels = (digits[0] * 255).byte(), digits[1]
    blank = torch.zeros(60_000, 1, 1, dtype=torch.uint8)
    arrays = data.MnistArrays(blank, torch.zeros(60_000, dtype=torch.int64), images, labels, "a test")
    classifier = copy.deepcopy(S._classifier(torch.device("cpu")))
    monkeypatch.setattr(train_classifier.data, "mnist_arrays", lambda: arrays)
    monkeypatch.setattr(train_classifier.runtime, "get_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(train_classifier, "train", lambda *_: classifier)
    target = tmp_path / "weights.pt"
    train_classifier.main(target)
    monkeypatch.setattr(S, "_content", lambda: torch.load(target, weights_only=True))
    assert S.frechet_distance(digits[0]) == pytest.approx(0, abs=1e-3)
    before = target.read_bytes()
    torch.nn.init.zeros_(classifier.to_logits.weight)
    with pytest.raises(SystemExit, match="Not saved"):
        train_classifier.main(target)
    assert target.read_bytes() == before


def test_features_lie_on_a_sphere(digits):
    images = digits[0].float()
    features = S.digit_features(images)
    assert features.shape == (1000, 64)
    torch.testing.assert_close(features.norm(dim=1), torch.full((1000,), 32.0), rtol=1e-4, atol=1e-3)
    assert S.gaussian_frechet(*S._gaussian(features.double()), *S._reference()) == pytest.approx(
        S.frechet_distance(images), rel=1e-3
    )
