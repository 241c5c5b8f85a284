"""However a day is written, it is the same day; what can be read in two ways is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import UsageError
from kb.text.written_dates import DateBounds, read_date, read_day

FIRST_OF_MARCH = date(2024, 3, 1)


@pytest.mark.parametrize(
    "written",
    [
        *("2024-03-01", "2024/3/1", "2024.3.1", "20240301", "2024-03-01T08:30:00Z", "２０２４－０３－０１"),
        *("1 March 2024", "1st of March, 2024", "1st day of March 2024", "March 1, 2024", "Mar. 1st 2024"),
        *("2024年3月1日", "2024 年 3 月 1 日", "2024年03月01號", "公元2024年3月1日"),
        *("二〇二四年三月一日", "二○二四年三月一日"),
        *("民國113年3月1日", "民国一百一十三年三月一日"),
    ],
)
def test_one_day_in_many_ways(written: str) -> None:
    assert read_day(written) == FIRST_OF_MARCH


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("February 2023", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024年12月", date(2024, 12, 1), date(2024, 12, 31)),
        ("二〇二四年", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_month_or_a_year_spans_its_days(written: str, first: date, last: date) -> None:
    assert read_date(written) == DateBounds(first, last)
    with pytest.raises(UsageError, match="not one day"):
        read_day(written)


@pytest.mark.parametrize(
    "written",
    ["", "soon", "3/4/2024", "2024-02-30", "2024年13月", "24年3月1日", "March", "0000-01-01", "2024-03-01 on", "²"],
)
def test_what_is_no_date_is_refused_in_words(written: str) -> None:
    with pytest.raises(UsageError, match="is not a date"):
        read_date(written)


@given(st.dates(min_value=date(1000, 1, 1)), st.integers(0, 3))
def test_every_day_is_read_as_itself(day: date, form: int) -> None:
    written = (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%B} {day.day}, {day.year}",
    )[form]
    assert read_date(written) == DateBounds(day, day)


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9998, 12, 1)))
def test_a_month_ends_the_day_before_the_next_one(day: date) -> None:
    bounds = read_date(f"{day.year}年{day.month}月")
    assert bounds.first <= day <= bounds.last
    assert (bounds.last + timedelta(days=1)).day == 1


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        bounds = read_date(text)
    except UsageError:
        return
    assert bounds.first <= bounds.last
