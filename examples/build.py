"""Makes the documents in examples/documents from the texts in examples/sources: `python examples/build.py`.

A Markdown source that begins with facts between two lines of `---` is set in the format of the file it names
(`file: …`); every other source is a document as it stands, and is copied.
"""

import argparse
import shutil
from pathlib import Path

from pdf_pages import write_pdf
from slide_deck import write_pptx
from source_text import read_source
from web_page import write_html
from word_file import write_docx
from workbook import write_xlsx

HERE = Path(__file__).resolve().parent
WRITERS = {".pdf": write_pdf, ".docx": write_docx, ".pptx": write_pptx, ".xlsx": write_xlsx, ".html": write_html}


def build(sources: Path, documents: Path) -> list[Path]:
    """Make every document; gives their paths in order."""
    made = []
    for path in sorted(path for path in sources.rglob("*") if path.is_file()):
        folder = documents / path.parent.relative_to(sources)
        folder.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md" and path.read_text(encoding="utf-8").startswith("---\n"):
            source = read_source(path)
            made.append(folder / source.fact("file"))
            WRITERS[made[-1].suffix](source, made[-1])
        else:
            made.append(folder / path.name)
            shutil.copyfile(path, made[-1])
    return made


def main() -> None:
    """Read the arguments, build, and say what was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "documents", help="folder for the documents")
    for path in build(HERE / "sources", parser.parse_args().out):
        print(f"{path.stat().st_size:>8,}  {path}")


if __name__ == "__main__":
    main()
