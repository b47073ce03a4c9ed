"""What ``./dev fuzz`` asks of the tests."""

import argparse

import pytest

import fuzzing
import testing
from layout import Layout


def _arguments(*line):
    parser = argparse.ArgumentParser()
    fuzzing.add_options(parser)
    arguments, arguments.rest = parser.parse_known_args(line)
    return arguments


@pytest.mark.parametrize(
    ("options", "each"),
    [
        ([], 13),
        (["--variant", "2"], 50),
        (["--family", "cents"], 25),
        (["--variant", "2", "--family", "cents"], 100),
    ],
)
def test_sequences_are_spread_over_what_is_selected(options, each):
    variables = fuzzing.variables(_arguments("--sequences", "100", *options))
    assert variables["BACKFLUSH_FUZZ_SEQUENCES"] == str(each)


def test_a_seed_is_drawn_unless_one_is_given():
    drawn = {fuzzing.variables(_arguments())["BACKFLUSH_FUZZ_SEED"] for _ in range(5)}
    assert len(drawn) > 1
    variables = fuzzing.variables(_arguments("--seed", "0"))
    assert variables["BACKFLUSH_FUZZ_SEED"] == "0"


def test_tests_are_selected_by_name_and_other_words_are_passed_on(tmp_path):
    arguments = _arguments("--variant", "2", "--family", "fractions", "-x")
    path, *options = fuzzing.words(Layout(tmp_path), arguments)
    assert path.endswith("tests/fuzz/test_fuzz.py")
    assert options[options.index("-k") + 1] == "Fuzz2 and test_fractions"
    assert options[-1] == "-x"


@pytest.mark.parametrize("words", [["--steps", "0"], ["--variant", "5"]])
def test_what_makes_no_sense_is_refused(words):
    with pytest.raises(SystemExit):
        _arguments(*words)


def test_a_request_of_its_own_leaves_nothing_out(tmp_path, monkeypatch):
    """The tests are run as ``./dev test`` runs them: it finds every option it reads."""
    parser = argparse.ArgumentParser()
    testing.add_options(parser)
    known, known.rest = parser.parse_known_args([])
    asked = []
    monkeypatch.setattr(testing, "run", lambda _layout, request: asked.append(request))
    monkeypatch.setattr("os.environ", {})
    fuzzing.run(Layout(tmp_path), _arguments("--no-update"))
    assert vars(asked[0]).keys() == vars(known).keys()
    assert (asked[0].name, asked[0].no_update) == ("fuzz", True)
