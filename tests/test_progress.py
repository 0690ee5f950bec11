import io

import pytest

from posetune import progress
from posetune.progress import Reporter, clock, to_terminal


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def seconds(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(stream, seconds, steps, a_step, total=None, remark=""):
    reporter = to_terminal(stream)
    with reporter.counting("crops", total) as count:
        for _ in range(steps):
            seconds[0] += a_step
            count.step(remark)
    return reporter


def test_a_log_gets_a_line_every_few_seconds_with_the_time_left(seconds):
    stream = io.StringIO()
    run(stream, seconds, 90, 0.125, 100)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("40/100 crops, 8.0 a second")
    assert lines[0].endswith("0:08 left")


def test_a_terminal_gets_one_line_that_ends_when_the_work_does(seconds):
    stream = Terminal()
    run(stream, seconds, 10, 1.0, 10, "a.jpg")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert text.count("\r") == 10
    assert "10/10 crops" in text
    assert "· a.jpg" in text


def test_a_sentence_does_not_tear_the_line(seconds):
    stream = Terminal()
    reporter = run(stream, seconds, 5, 1.0, 10)
    reporter.say("Something else.")
    parts = stream.getvalue().split("\r")
    assert parts[-1] == "Something else.\n"
    assert parts[-2] == " " * len(parts[-3])


def test_another_count_begins_anew(seconds):
    stream = Terminal()
    reporter = run(stream, seconds, 4, 1.0)
    with reporter.counting("images", 8) as count:
        for done in (2, 4):
            seconds[0] += 1.0
            count.at(done)
    assert "4/8 images" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1  # the first count was not finished: its line was ended by the second


def test_whoever_asks_for_it_gets_every_step():
    told = []
    with Reporter(progress=lambda *step: told.append(step)).counting("people", 2) as count:
        count.step()
        count.step("the last")
    assert told == [("people", 0, 2), ("people", 1, 2), ("people · the last", 2, 2)]
    with Reporter().counting("nothing said") as count:
        count.step()


def test_work_goes_on_where_nobody_reads_on(seconds):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    report = to_terminal(Gone())
    report.say("a sentence")
    seconds[0] += 9
    report.progress("images", 1, 2)


def test_a_clock():
    assert [clock(s) for s in (95, 4000)] == ["1:35", "1:06:40"]
