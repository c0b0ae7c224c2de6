"""stairgate calendar import: dates of iCalendar files, ready for a config."""
import subprocess

import pytest

from harness import BIN

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def event(*lines):
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", "UID:x", *lines, "END:VEVENT"))


def run(path, *words):
    return subprocess.run([BIN / "stairgate", "calendar", "import", path, "--from", "2026-09-01", *words],
                          capture_output=True, text=True, timeout=30)


def imported(folder, *events, words=()):
    file = folder / "days.ics"
    file.write_text(HEAD + "".join(events) + TAIL)
    return run(file, *words)


WINTER = event("DTSTART;VALUE=DATE:20201225", "SUMMARY:Winter day", "RRULE:FREQ=YEARLY",
               "EXDATE;VALUE=DATE:20271225")
BREAK = event("DTSTART;VALUE=DATE:20261221", "DTEND;VALUE=DATE:20270107", "SUMMARY:Break")
LEAP = event("DTSTART;VALUE=DATE:20240229", "SUMMARY:Leap", "RRULE:FREQ=YEARLY")
TWO = event("DTSTART;VALUE=DATE:20200101", "DURATION:P2D", "SUMMARY:Two\\, and: more",
            "RRULE:FREQ=YEARLY;UNTIL=20270101")
OVER = event("DTSTART;VALUE=DATE:20260101", "SUMMARY:Over")
HOUR = event("DTSTART:20261221T100000Z", "DTEND:20261221T110000Z", "SUMMARY:Meeting")


def test_whole_days_ranges_and_yearly_ones_are_printed_in_order(tmp_path):
    done = imported(tmp_path, TWO, WINTER, BREAK, LEAP, OVER, HOUR, BREAK)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "    holidays:",
        "      - 2026-12-21..2027-01-06  # 'Break'",
        "      - 2026-12-25  # 'Winter day'",
        "      - 2027-01-01..2027-01-02  # 'Two, and: more'",
        "      - 2028-02-29  # 'Leap'",
        "      - 2028-12-25  # 'Winter day'",
    ]
    assert done.stderr.endswith("left out, as not for whole days: 1\n")


def test_what_is_printed_is_read_by_config_check(tmp_path):
    printed = imported(tmp_path, WINTER, BREAK).stdout + imported(tmp_path, BREAK, words=("--kind", "terms")).stdout
    assert "    terms:\n" in printed
    config = tmp_path / "f.yaml"
    config.write_text("calendars:\n  school:\n" + printed)
    shown = subprocess.run([BIN / "stairgate", "config", "show", config], capture_output=True, text=True, timeout=30)
    assert "calendars.school.terms: [2026-12-21..2027-01-06]" in shown.stdout
    assert "calendars.school.holidays: [2026-12-21..2027-01-06, 2026-12-25, 2028-12-25]" in shown.stdout


def test_years_bound_what_repeats(tmp_path):
    done = imported(tmp_path, WINTER, words=("--years", "1"))
    assert done.stdout.splitlines()[1:] == ["      - 2026-12-25  # 'Winter day'"]


@pytest.mark.parametrize("broken, line, said", [
    (event("SUMMARY:no beginning"), 17, "without a beginning"),
    (event("DTSTART;VALUE=DATE:20260230"), 17, "without a beginning (DTSTART) that is a date"),
    (event("DTSTART;VALUE=DATE:20261332"), 17, "event"),
    (event("DTSTART;VALUE=DATE:20261221", "DTEND;VALUE=DATE:20261220"), 17, "ends before it begins"),
    (event("DTSTART;VALUE=DATE:20261221", "RRULE:FREQ=SECONDLY"), 17, "repeats within a day"),
    (event("DTSTART;VALUE=DATE:20261221", "RRULE:FREQ=SOMETIMES"), 17, "cannot be read"),
])
def test_a_broken_event_is_refused_with_its_line(tmp_path, broken, line, said):
    done = imported(tmp_path, WINTER, HOUR, broken)
    assert done.returncode == 1 and done.stdout == ""
    assert f"days.ics:{line}: an event" in done.stderr and said in done.stderr


@pytest.mark.parametrize("text", ["", "hello\n", HEAD + TAIL, HEAD + BREAK[:-10], HEAD + BREAK + "BEGIN:VEVENT\r\n",
                                  "BEGIN:VCALENDAR\0" + BREAK])
def test_what_is_no_whole_calendar_is_refused(tmp_path, text):
    file = tmp_path / "cut.ics"
    file.write_text(text)
    done = run(file)
    assert done.returncode == 1 and done.stdout == "" and "cut.ics" in done.stderr


@pytest.mark.parametrize("text, line", [(HEAD + BREAK[:-10], len(HEAD.splitlines()) + 1),
                                        (HEAD + BREAK + BREAK[:20] + TAIL, len((HEAD + BREAK).splitlines()) + 1)])
def test_an_event_that_is_cut_is_told_with_the_line_it_begins_on(tmp_path, text, line):
    file = tmp_path / "cut.ics"
    file.write_text(text)
    done = run(file)
    assert done.returncode == 1 and f"cut.ics:{line}: an event without an end" in done.stderr


def test_a_file_that_is_not_there_and_wrong_words_have_their_exit_codes(tmp_path):
    assert run(tmp_path / "none.ics").returncode == 1
    assert run(tmp_path / "none.ics", "--kind", "feasts").returncode == 2
    assert run(tmp_path / "none.ics", "--years", "1000").returncode == 2
