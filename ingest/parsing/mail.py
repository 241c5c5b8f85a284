"""E-mail: the headers a reader sees, then the body through the HTML or text route. Attachments stay closed."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from ingest.parsing.normalising import clean_line
from ingest.parsing.parts import Parsed, Part, PartKind
from ingest.parsing.plain_text import parse_text
from ingest.parsing.web import parse_html
from kb.document_warnings import warning
from kb.text.decoding import decode

_SHOWN = ("From", "To", "Cc", "Date")
_KEYS = {"From": "sender", "To": "recipients", "Cc": "copies", "Date": "created", "Subject": "subject"}


def parse_mail(path: Path) -> Parsed:
    """The text of a message: subject, sender, recipients, date, body. Attached files are named in the warnings."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    headers = {name: _header(message, name) for name in (*_SHOWN, "Subject")}
    parts: list[Part] = []
    if headers["Subject"]:
        parts.append(Part(PartKind.HEADING, headers["Subject"], level=1))
    parts.extend(Part(PartKind.PARAGRAPH, f"{name}: {headers[name]}") for name in _SHOWN if headers[name])
    body = _body(message)
    parts.extend(
        Part(part.kind, part.text, part.level + 1) if part.kind is PartKind.HEADING else part for part in body.parts
    )
    metadata = {_KEYS[name]: value for name, value in headers.items() if value}
    names = [clean_line(attached.get_filename() or "without a name") for attached in message.iter_attachments()]
    warnings = [warning("attachment_not_read", name=name) for name in names]
    return Parsed(parts, title=headers["Subject"], metadata=metadata, warnings=warnings)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return clean_line(str(message.get(name, "")))
    except (ValueError, IndexError, AttributeError):  # the standard library's parser stumbles over some broken headers
        return ""


def _body(message: EmailMessage) -> Parsed:
    """HTML first: in mails with both, it is the one that was written, and its structure helps."""
    body = message.get_body(preferencelist=("html", "plain"))
    if body is None:
        return Parsed([])
    content = body.get_payload(decode=True)
    charset = body.get_content_charset("")
    data = content if isinstance(content, bytes) else b""
    is_html = body.get_content_type() == "text/html"
    text = _decoded(data, charset, html=is_html)
    return parse_html(text) if is_html else parse_text(text)


def _decoded(content: bytes, charset: str, *, html: bool) -> str:
    wider = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}.get(charset.lower(), charset)
    try:
        return content.decode(wider) if wider else decode(content, html=html)
    except (UnicodeDecodeError, LookupError):
        return decode(content, html=html)
