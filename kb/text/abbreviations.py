"""English words that tell whether a full stop ends a sentence. In lower case, abbreviations without the last stop."""

from __future__ import annotations

from enum import Enum
from functools import cache


class Follower(Enum):
    """What may follow an abbreviation within its sentence."""

    ANYTHING = "anything"  # a name or the rest of the sentence: it never ends one
    NUMBER = "number"  # a number, a letter or a bracket: before a word it ends a sentence
    NAME = "name"  # a name: it ends a sentence only before a word that sentences begin with


_BEFORE_ANYTHING = """
    dr drs mr mrs ms mx prof messrs mme mlle hon rev fr gen col lt capt cpt sgt maj cmdr adm sen rep gov pres amb supt
    det insp e.g eg i.e ie cf c.f viz vs v resp incl esp a.k.a aka
"""

_BEFORE_NUMBER = """
    no nos nr fig figs eq eqs tab tabs ref refs art arts sec secs sect sects ch chap chaps chs cl para paras par pp p
    vol vols pt pts app ex exh sched reg regs r rr s ss ed eds cols ln ll fn nn n ser suppl ver pg pgs ca circa c approx
    max min avg jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun tel ext mg
    ml kg g cm mm mcg hr hrs oz lb lbs yr yrs mo wk wks q
"""

_BEFORE_NAME = """
    inc ltd co corp llc plc bros jr sr u.s u.k u.n e.u u.s.a u.s.c p.r.c d.c ph.d m.d b.a m.a b.s m.s j.d ll.b ll.m
    m.b.a d.phil al ibid assn assoc ave blvd rd st mt ft univ inst dist dept ct supp cir stat a.m p.m bldg rm cal mass
    mich minn wash conn ariz
"""

_STARTERS = """
    a an the this that these those it its he she we they i you his her our their my your in on at for from to with by as
    if when while after before since because although though however but and or so then there here what who why how
    where which is are was were do does did can could will would should may must not no yes all some any many most each
    every both one two also thus therefore hence moreover furthermore finally first second third next see please note
    such other under during between among within without upon only even just
"""

_UNFINISHED = """
    a an the of to in on at for from with by as and or but nor than that which who whose is are was were be been its his
    her our their your my this these those into under upon between within without not only such each any no dr mr mrs
    ms prof e.g. i.e. dr. mr. mrs. ms. prof. fig. no. art. sec.
"""

_BEFORE_LETTERS = """
    vitamin vitamins hepatitis type types group class grade plan option category phase stage influenza protein factor
    strain bullet model version variant team side point
"""


@cache
def abbreviations() -> dict[str, Follower]:
    """What may follow each abbreviation."""
    return {
        **dict.fromkeys(_BEFORE_NAME.split(), Follower.NAME),
        **dict.fromkeys(_BEFORE_NUMBER.split(), Follower.NUMBER),
        **dict.fromkeys(_BEFORE_ANYTHING.split(), Follower.ANYTHING),
    }


@cache
def starters() -> frozenset[str]:
    """Words that sentences begin with, and names hardly ever do."""
    return frozenset(_STARTERS.split())


@cache
def unfinished() -> frozenset[str]:
    """Words (with the stop of an abbreviation) that no sentence and no heading ends with."""
    return frozenset(_UNFINISHED.split())


@cache
def lettered() -> frozenset[str]:
    """Words that a capital letter follows as their name (vitamin C), where it is not the initial of a person."""
    return frozenset(_BEFORE_LETTERS.split())
