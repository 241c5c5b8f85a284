"""`ibid audit`: what was changed, when and by whom, and whether the log is as it was written."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from kb.home.audit import list_entries, verify
from kb.home.home import Home
from kb.home.keys import list_keys
from kb.settings import Settings


def audit(options: argparse.Namespace, settings: Settings) -> int:
    """Lists the newest entries, or checks all of them; 1 where the log is not whole."""
    home = Home(settings.home)
    if options.verify is not None:
        return _verify(home, options)
    entries = list_entries(home, options.collection, at_most=options.number)
    if options.json:
        print(json.dumps({"entries": [asdict(entry) for entry in entries]}, ensure_ascii=False, indent=2))
        return 0
    names = {key.id: f"{key.id} ({key.name})" for key in list_keys(home)}
    for entry in entries:
        what = "  ".join(filter(None, (entry.collection, names.get(entry.subject, entry.subject))))
        print(f"{entry.number:6d}  {entry.at}  {names.get(entry.actor, entry.actor)}  {entry.action}  {what}")
    if not entries:
        print("ibid: nothing was changed yet", file=sys.stderr)
    return 0


def _verify(home: Home, options: argparse.Namespace) -> int:
    found = verify(home, options.verify)
    if options.json:
        print(json.dumps(asdict(found)))
    elif found.fault:
        print(f"ibid: the audit log is not whole: {found.fault}", file=sys.stderr)
    else:
        print(f"{found.entries} entries, all as they were written")
        print(
            f"{found.head}  note it elsewhere; `ibid audit --verify HASH` proves later that nothing before it changed"
        )
    return 1 if found.fault else 0
