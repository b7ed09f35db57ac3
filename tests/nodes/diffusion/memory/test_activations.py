import torch

from nodes.diffusion.memory.activations import Activations, measured_peak


def test_before_anything_was_measured_larger_networks_are_guessed_to_take_more():
    activations = Activations()
    assert 0 < activations.expected("a", 100, 10**6) < activations.expected("a", 100, 10**9)
    assert activations.expected("a", 200, 10**6) == 2 * activations.expected("a", 100, 10**6)


def test_measurements_replace_the_guess_for_networks_of_their_kind_only():
    activations = Activations()
    guess = activations.expected("a", 10, 10**6)
    activations.note("a", 100, 5000)
    assert activations.expected("a", 10, 10**6) == 500
    assert activations.expected("b", 10, 10**6) == guess


def test_the_largest_measurement_counts():
    activations = Activations()
    for nbytes in (100, 300, 200):
        activations.note("a", 10, nbytes)
    assert activations.expected("a", 10, 1) == 300


def test_a_processor_tells_no_peak():
    with measured_peak(torch.device("cpu")) as peak:
        torch.zeros(1000)
    assert peak.nbytes is None
