"""The command `ibid`: reads the arguments and calls the command's own module, which alone is imported.

Data goes to stdout, everything else to stderr. Exit 0: done; 1: some input failed, or a replay gave another answer; 2:
wrong usage or settings.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kb.errors import IbidError, NotFoundError, UsageError
from kb.settings import Settings, read_settings
from ui.terminal.streams import drop_output, open_streams
from ui.terminal.texts import check_texts

INTERRUPTED = 130  # what shells report for a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    open_streams()
    options = build_parser().parse_args(arguments)
    try:
        check_texts(options)
        settings = _settings_from(options)
        command = importlib.import_module(options.module)
        status = getattr(command, options.function)(options, settings)
        sys.stdout.flush()  # here, where a full disk can still be told
    except IbidError as error:
        print(f"ibid: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError | NotFoundError) else 1
    except KeyboardInterrupt:
        print("ibid: interrupted; what was stored before stays", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        drop_output()
        return 0
    except OSError as error:  # a full disk, a folder that may not be written to
        drop_output()
        place = f" {error.filename}" if error.filename else ""
        print(f"ibid: cannot read or write{place}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return int(status)


def _settings_from(options: argparse.Namespace) -> Settings:
    settings = read_settings(home=options.home)
    return replace(settings, collection=options.collection or settings.collection)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; the tests are held to it."""
    parser = argparse.ArgumentParser(prog="ibid", description="Cited, checked answers from your own documents.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_ingest(commands)
    _add_search(commands)
    _add_ask(commands)
    _add_replay(commands)
    _add_history(commands)
    _add_care(commands)
    _add_servers(commands)
    _add_keys(commands)
    _add_measures(commands)
    return parser


_Commands = argparse._SubParsersAction


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, function: str, text: str, *, json: bool = True
) -> argparse.ArgumentParser:
    """One command; `function` is "module.name" under `ui.terminal`."""
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    module, _, attribute = function.partition(".")
    command.set_defaults(module=f"ui.terminal.{module}", function=attribute)
    command.add_argument("--home", type=Path, metavar="DIR", help="where everything is kept (default: IBID_HOME)")
    command.add_argument("-c", "--collection", metavar="NAME", help="the collection (default: from the settings)")
    if json:
        command.add_argument("--json", action="store_true", help="print one JSON document")
    return command


def _add_ingest(commands: _Commands[argparse.ArgumentParser]) -> None:
    ingest = _command(commands, "ingest", "ingesting.ingest", "take files and folders into a collection")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    ingest.add_argument("--workers", type=int, default=0, metavar="N", help="files parsed at once (default: by cores)")
    described = "say this of every document taken in: effective_from, effective_to, tags, title, …"
    ingest.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=described)
    replaced = "the one file named is a newer version of this document, which it replaces"
    ingest.add_argument("--replaces", action="append", default=[], metavar="DOC", help=replaced)
    cluster = "parse and embed on a Ray cluster: host:port, auto, or local to start one here"
    ingest.add_argument("--ray", default="", metavar="ADDRESS", help=cluster)
    ingest.add_argument("--prune", action="store_true", help="remove documents whose files are gone from the folders")


def _add_search(commands: _Commands[argparse.ArgumentParser]) -> None:
    search = _command(commands, "search", "asking.search", "show the passages that fit a question best")
    _add_question(search)
    search.add_argument("-k", type=int, default=10, metavar="N", help="how many passages (default: 10)")
    search.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid")


def _add_ask(commands: _Commands[argparse.ArgumentParser]) -> None:
    ask = _command(commands, "ask", "asking.ask", "answer a question from the documents, with citations")
    _add_question(ask)
    _add_model(ask)
    shown = "also print the sentences that a strict collection keeps back: the documents do not bear them out"
    ask.add_argument("--show-withheld", action="store_true", help=shown)
    kept = "write everything that made the answer there, for `ibid replay`; it holds texts of your documents"
    ask.add_argument("--packet", type=Path, metavar="FILE", help=kept)
    ask.add_argument("--after", type=int, metavar="N", help="as a follow-up to past answer N of `ibid history`")
    ask.add_argument("--no-history", action="store_true", help="do not keep this answer")


def _add_replay(commands: _Commands[argparse.ArgumentParser]) -> None:
    replay = _command(commands, "replay", "replaying.replay", "ask a packet's question again and show what differs")
    replay.add_argument("file", type=Path, metavar="FILE", help="as `ibid ask --packet FILE` wrote it")
    frozen = "answer from the packet's own passages: what differs then is due to model, prompts or program"
    replay.add_argument("--frozen", action="store_true", help=frozen)
    _add_model(replay)


def _add_history(commands: _Commands[argparse.ArgumentParser]) -> None:
    history = _command(
        commands, "history", "recalling.history", "list past answers, marking what cites withdrawn documents"
    )
    history.add_argument(
        "-n", "--number", type=_at_least_one, default=20, metavar="N", help="how many, the newest (default: 20)"
    )
    history.add_argument("--withdrawn", action="store_true", help="only those that cite what is no longer there")
    history.add_argument("--show", type=int, metavar="N", help="one past answer, whole")
    history.add_argument("--delete", type=int, nargs="*", metavar="N", help="forget past answers for good")
    history.add_argument("--all", action="store_true", help="with --delete: every one (with -c: of that collection)")


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", metavar="M", help="the chat model's name (default: from the settings)")
    command.add_argument("--base-url", metavar="URL", help="an OpenAI-compatible server (default: from the settings)")


def _add_question(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", metavar="QUESTION")
    conditions = "only documents that meet it: K=V, K!=V, K>V, K>=V, K<V, K<=V, or OpenAI's filters as JSON"
    command.add_argument("--filter", action="append", default=[], metavar="K=V", help=conditions)
    in_force = "only documents in force on that day (2026-03-01, 2026年3月1日)"
    command.add_argument("--as-of", metavar="DATE", help=in_force)
    replaced = "also documents that newer versions have replaced"
    command.add_argument("--all-versions", action="store_true", help=replaced)


def _add_care(commands: _Commands[argparse.ArgumentParser]) -> None:
    _command(commands, "documents", "caring.documents", "list the documents of a collection")
    show = _command(commands, "show", "caring.show", "show a document with its passages")
    show.add_argument("document", metavar="DOC", help="an id (its first 8 characters will do) or a name")
    show.add_argument("--passages", action="store_true", help="as it was cut, instead of the text")
    text = "say something of a document: effective_from, effective_to, tags, title, …; an empty value removes"
    describe = _command(commands, "set", "caring.describe", text)
    describe.add_argument("document", metavar="DOC", help="an id (its first 8 characters will do) or a name")
    describe.add_argument("assignments", nargs="+", metavar="KEY=VALUE")
    delete = _command(commands, "delete", "caring.delete", "remove documents, from every search at once")
    delete.add_argument("documents", nargs="+", metavar="DOC")
    collections = _command(commands, "collections", "caring.collections", "list, make or remove collections")
    collections.add_argument("--create", metavar="NAME")
    collections.add_argument("--set", metavar="NAME", help="change the policy of a collection that is there")
    policy = "strict: sentences that the documents do not bear out are withheld; flag: they are shown and marked"
    collections.add_argument("--policy", choices=("strict", "flag"), help=f"with --create or --set; {policy}")
    collections.add_argument("--delete", metavar="NAME")
    export = _command(commands, "export", "porting.export", "write a collection into one file")
    export.add_argument("file", type=Path, metavar="FILE", help="NAME.ibid, say; it holds the documents themselves")
    export.add_argument("--force", action="store_true", help="write over a file that is there")
    text = "make a collection of a file that ibid export wrote, without parsing or embedding again"
    imported = _command(commands, "import", "porting.take_in", text)
    imported.add_argument("file", type=Path, metavar="FILE")
    _command(commands, "reembed", "ingesting.reembed", "change a collection to the embedding model of the settings")
    doctor = _command(commands, "doctor", "doctoring.doctor", "check what is installed, stored and reachable")
    doctor.add_argument("--repair", action="store_true", help="rebuild caches and sweep files that nothing owns")


def _add_servers(commands: _Commands[argparse.ArgumentParser]) -> None:
    for name, function, text in (
        ("serve", "running.serve", "run the HTTP server"),
        ("worker", "running.worker", "run the worker that takes uploads in"),
        ("app", "running.app", "run the browser app"),
        ("up", "running.up", "run server, worker and app until interrupted"),
    ):
        command = _command(commands, name, function, text)
        if name != "worker":
            command.add_argument("--host", help="the address to listen on (default: 127.0.0.1)")
            command.add_argument("--port", type=int, help="the HTTP server's port (default: 8000)")
        if name == "worker":
            only = "take uploads in, or measure collections with their own questions, and nothing else"
            command.add_argument("--only", choices=("uploads", "evaluations"), default="", help=only)
            measured = "measure the collections that wait for it with their own questions, and end"
            command.add_argument("--evaluations", action="store_true", help=measured)
        if name in ("serve", "up"):
            served = "start and watch a vLLM server with this model (a hub name or a folder), and answer with it"
            command.add_argument("--vllm", metavar="MODEL", help=served)
            several = "server processes that share the port (default: 1); each loads the models"
            command.add_argument("--workers", type=int, metavar="N", help=several)
        if name in ("app", "up"):
            command.add_argument("--app-port", type=int, help="the browser app's port (default: 8501)")
    text = "offer search and answers as tools to an assistant (MCP) that starts this command"
    _command(commands, "mcp", "running.mcp", text, json=False)


def _add_keys(commands: _Commands[argparse.ArgumentParser]) -> None:
    text = "create, list or revoke API keys"
    keys = commands.add_parser("keys", help=text, description=text[0].upper() + text[1:] + ".")
    actions = keys.add_subparsers(metavar="ACTION", required=True)
    create = _command(actions, "create", "keys.create", "make an API key; it is shown once")
    create.add_argument("name", metavar="NAME", help="what it is for")
    rights = "ask, read, write or admin; may be repeated (default: ask and read)"
    create.add_argument("--right", action="append", default=[], choices=("ask", "read", "write", "admin"), help=rights)
    only = "for this collection alone; may be repeated (default: for every collection)"
    create.add_argument("--only-collection", action="append", default=[], metavar="NAME", help=only)
    create.add_argument("--expires", metavar="DATE", help="the last day (UTC) on which it may be used")
    create.add_argument("--per-minute", type=int, default=0, metavar="N", help="requests a minute, at most")
    create.add_argument("--at-once", type=int, default=0, metavar="N", help="requests at the same time, at most")
    _command(actions, "list", "keys.show", "list the keys that were made, without their secrets")
    revoke = _command(actions, "revoke", "keys.revoke", "end keys for good, at once")
    revoke.add_argument("keys", nargs="+", metavar="KEY", help="an id or a name")
    audit = _command(commands, "audit", "auditing.audit", "show what was changed, when and by whom, or check that log")
    audit.add_argument(
        "-n", "--number", type=_at_least_one, default=50, metavar="N", help="how many entries (default: 50)"
    )
    checked = "check that every entry is as it was written; with HASH, that it still holds what it held then"
    audit.add_argument("--verify", nargs="?", const="", metavar="HASH", help=checked)


def _at_least_one(written: str) -> int:
    if not written.isdecimal() or int(written) < 1:
        raise argparse.ArgumentTypeError(f"it must be 1 or more, not {written}")
    return int(written)


def _add_measures(commands: _Commands[argparse.ArgumentParser]) -> None:
    _add_eval(commands)
    measured = _command(
        commands, "bench", "benching.bench", "measure speed and memory on this machine, with a collection"
    )
    measured.add_argument("--seconds", type=float, default=10.0, metavar="S", help="for each stage (default: 10)")
    models = _command(commands, "models", "modelling.models", "say which models are used, prepare or choose them")
    models.add_argument("--profile", default="", metavar="NAME", help="what a profile uses: embedded, standard, gpu")
    models.add_argument("--prepare", action="store_true", help="fetch, convert and check the models now")
    models.add_argument("--use", default="", metavar="NAME", help="write a profile's models into ibid.toml")


def _add_eval(commands: _Commands[argparse.ArgumentParser]) -> None:
    text = "measure question sets or your own questions, compare runs, write a report"
    measure = _command(commands, "eval", "measuring.evaluate", text, json=False)
    measure.add_argument("sets", nargs="*", type=Path, metavar="SET", help="folder with corpus, queries and qrels")
    tasks = "retrieval (default), answers, citations, abstention, parsing, latency"
    measure.add_argument("--task", default="retrieval", metavar="T", help=tasks)
    measure.add_argument("--mode", choices=("hybrid", "dense", "lexical"), help="of retrieval (default: hybrid)")
    measure.add_argument("--part", default="", metavar="P", help="only questions of this part (dev, test)")
    measure.add_argument("--sample", type=int, default=0, metavar="N", help="only N questions, the same every time")
    mixed = "abstention, --calibrate: mix in questions of this set, which SET cannot answer"
    measure.add_argument("--out-of-scope", type=Path, metavar="SET", help=mixed)
    measure.add_argument("--json", type=Path, metavar="FILE", help="write the run there")
    compared = "compare two runs, or what is measured with one"
    measure.add_argument("--compare", nargs="+", default=[], type=Path, metavar="RUN", help=compared)
    measure.add_argument("--report", type=Path, metavar="FILE", help="write an HTML report there")
    reported = "report these runs instead of measuring"
    measure.add_argument("--runs", nargs="+", default=[], type=Path, metavar="RUN", help=reported)
    fitted = "fit the confidence of answers to what is right: into FILE, or, with -c NAME alone, into the collection"
    measure.add_argument("--calibrate", nargs="?", const=Path(), type=Path, metavar="FILE", help=fitted)
    measure.add_argument("--language", choices=("en", "zh"), help="of the report (default: as the terminal's)")
    own = measure.add_argument_group("your own questions about a collection (-c NAME)")
    own.add_argument("--questions", type=Path, metavar="FILE", help="YAML or CSV (default: the collection's own)")
    own.add_argument("--gate", type=Path, metavar="FILE", help="exit 1 where this TOML file's bounds are broken")
    own.add_argument("--record", action="store_true", help="keep this run as the one that a gate compares with")
    made = "write N questions made from the collection's own passages to --questions FILE instead of measuring"
    own.add_argument("--synthesise", type=int, metavar="N", help=made)
    own.add_argument("--seed", type=int, default=0, metavar="S", help="other questions for another number (default: 0)")
    judging = "let a language model judge the answers (default: the settings' own)"
    own.add_argument("--judge", nargs="?", const="", metavar="MODEL", help=judging)
    own.add_argument("--judge-url", default="", metavar="URL", help="the judge's OpenAI-compatible server")
    measured = "measure the judge first, on the sets of human judgements in DIR"
    own.add_argument("--judge-sets", type=Path, metavar="DIR", help=measured)
    own.add_argument("--judge-sample", type=int, default=100, metavar="N", help="items of each such set (default: 100)")


if __name__ == "__main__":
    sys.exit(main())
