"""Folding: the same in both scripts, both cases, all widths; and every folded character knows where it came from."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.folding import fold, fold_with_offsets, simplified_characters, simplified_only, traditional_only

_CHARACTERS = st.sampled_from(
    "aAÉéßﬁＡ１①½…漢汉臺台裏里乾干著着ΣσςİıKÅがｶﾞe\u0301\u0308\u3099か각ㄱ가क़ক\u09be\u0f71😀 \n"
)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_CHARACTERS, max_size=60).map("".join))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Handbook", "HANDBOOK"),
        ("naïve café", "naive cafe"),
        ("e\u0301te\u0301", "été"),
        ("Straße", "STRASSE"),
        ("Ｐｙｔｈｏｎ３．１１", "python3.11"),
        ("ﬁgure", "figure"),
        ("Łódź", "lodz"),
        ("機器學習", "机器学习"),
        ("臺灣的裡面", "台湾的里面"),
        ("爲什麼", "為什么"),
        ("說明書", "说明书"),
        ("第①章", "第1章"),
        ("ＡＢＣ，（甲）", "abc,(甲)"),
        ("民國一百零三年憲法", "民国一百零三年宪法"),
        ("妳們", "你们"),
        ("K", "k"),
    ],
)
def test_what_reads_the_same_folds_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("机", "几"), ("が", "か"), ("дом", "dom"), ("土", "士")])
def test_different_letters_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(_TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(_TEXTS)
def test_offsets_name_the_source_of_each_folded_character(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)


@given(_TEXTS)
def test_folding_does_not_depend_on_how_characters_are_composed(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_a_quote_is_found_in_the_source_through_the_offsets() -> None:
    source = "前言：「機器學習」是一門Ａ級的ﬁne學問。"
    folded, offsets = fold_with_offsets(source)
    start = folded.index(fold("级的fine学问"))
    last = offsets[start + len("级的fine学问") - 1]
    assert source[offsets[start] : last + 1] == "級的ﬁne學問"


def test_the_tables_hold_the_common_characters() -> None:
    assert len(simplified_characters()) > 3000
    assert {"们", "这", "说"} <= simplified_only()
    assert {"們", "這", "說"} <= traditional_only()
    assert not set("人大里后台干余了") & (simplified_only() | traditional_only())
