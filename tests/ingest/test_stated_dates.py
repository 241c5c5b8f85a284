"""Documents say from when to when they are in force; only what is unmistakable is taken."""

import pytest

from ingest.parsing.stated_dates import with_stated_dates


def dates_in(text: str) -> tuple[str, str]:
    known, warnings = with_stated_dates({}, text)
    assert warnings == []
    return known.get("effective_from", ""), known.get("effective_to", "")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Refund policy\nEffective from 1 January 2024.\nStudents may …", "2024-01-01", ""),
        ("Refund policy\nEffective date: March 1, 2024\n", "2024-03-01", ""),
        ("# Student Handbook (valid until 31 August 2024)\n", "", "2024-08-31"),
        ("Tariff – valid from 2024-01-01 to 2024-12-31\n", "2024-01-01", "2024-12-31"),
        ("1. Scope\nThis policy takes effect on 1 March 2024.\n", "2024-03-01", ""),
        ("These Regulations come into force on 1st April 2024.", "2024-04-01", ""),
        ("This schedule shall remain valid until 31 December 2025 and may be renewed.", "", "2025-12-31"),
        ("第十条\n本法自2024年3月1日起施行。", "2024-03-01", ""),
        ("附则\n第八条 本办法自二〇二四年三月一日起施行，有效期至2029年2月28日。", "2024-03-01", "2029-02-28"),
        ("第九條 本辦法自民國113年3月1日起施行。", "2024-03-01", ""),
        ("某局令\n现予公布，自2020年1月1日起施行。\n第一条 …", "2020-01-01", ""),
        ("用药手册\n有效期至：2025年12月31日\n", "", "2025-12-31"),
        ("价目表\n有效期：2024年1月1日至2024年12月31日\n", "2024-01-01", "2024-12-31"),
        ("生效日期：２０２４年３月１日\n", "2024-03-01", ""),
    ],
)
def test_what_a_document_says_of_itself(text: str, first: str, last: str) -> None:
    assert dates_in(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "The tax on sugar, which was effective from 1 January 2024, lowered consumption in all regions.",
        "The Act came into force on 1 March 2020 and was repealed later.",
        "Your passport must be valid until 31 August 2024 at least, or you will not be let in at the border control.",
        "旧法自1997年10月1日起施行，后来被废止。",
        "依照本法自公布之日起施行。",
        "Effective from 1 January 2024\nEffective from 1 July 2024\n",
        "This policy takes effect on 31 February 2024.",
        "申请截止日期：2024年5月1日",
        "Effective communication matters. 1 March 2024",
    ],
)
def test_what_is_said_of_something_else_or_not_clearly_is_left_alone(text: str) -> None:
    assert dates_in(text) == ("", "")


def test_the_files_own_metadata_win_over_its_text() -> None:
    known, _ = with_stated_dates({"effective_from": "2025年"}, "Effective from 1 January 2024\nValid until 2026-06-30")
    assert known == {"effective_from": "2025-01-01", "effective_to": "2026-06-30"}


def test_metadata_that_are_no_date_are_named_and_not_used() -> None:
    known, warnings = with_stated_dates({"effective_to": "further notice", "author": "x"}, "Rules")
    assert known == {"author": "x"}
    assert warnings == ["effective_to is “further notice”, which is no date; it is not used"]
