"""English abbreviations, by what may follow their full stop. All in lower case, without the last stop."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Followed by a name or by the rest of the sentence, whatever comes next.
BEFORE_ANYTHING = _words("""
    dr mr mrs ms mx prof messrs mme mlle hon rev fr gen col lt capt cpt sgt maj cmdr adm sen rep gov pres amb
    supt det insp e.g eg i.e ie cf c.f viz vs v ft mt st resp incl esp a.k.a aka
""")

# Followed by a number, a letter or a bracket; before a word they end a sentence.
BEFORE_NUMBER = _words("""
    no nos nr fig figs eq eqs tab tabs ref refs art arts sec secs sect sects ch chap chaps chs cl para paras par
    pp p vol vols pt pts app ex exh sched reg regs r rr s ss ed eds cols ln ll fn nn n ser suppl ver pg pgs ca
    circa c approx max min avg jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs
    fri sat sun tel ext mg ml kg g cm mm mcg hr hrs oz lb lbs yr yrs mo wk wks
""")

# Followed by a name: they end a sentence only before a word that sentences begin with.
BEFORE_NAME = _words("""
    inc ltd co corp llc plc bros jr sr u.s u.k u.n e.u u.s.a u.s.c p.r.c d.c ph.d m.d b.a m.a b.s m.s j.d ll.b
    ll.m m.b.a d.phil al ibid assn assoc ave blvd rd univ inst dist dept ct supp cir stat a.m p.m bldg rm cal
    mass mich minn wash conn ariz
""")

# Words that sentences begin with, and names hardly ever do.
STARTERS = _words("""
    a an the this that these those it its he she we they i you his her our their my your in on at for from to
    with by as if when while after before since because although though however but and or so then there here
    what who why how where which is are was were do does did can could will would should may must not no yes all
    some any many most each every both one two also thus therefore hence moreover furthermore finally first
    second third next see please note such other under during between among within without upon only even just
""")
