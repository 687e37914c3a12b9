"""Vectors of the knowledge base's phrasings, kept beside the shipped model; `make index` runs it after entries changed."""

from datetime import UTC, datetime
from pathlib import Path

from core.encoder import OnnxEncoder
from core.kb.load import load
from core.qa.index import write_index
from core.text import plain

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write core/models/shipped/phrasings.npz."""
    base = load(PROJECT / "policy_kb", today=datetime.now(UTC).date())
    encoder = OnnxEncoder(PROJECT / "core" / "models" / "shipped")
    texts = [plain(phrasing).text for entry in base.entries.values() for phrasing in entry.phrasings]
    print(f"{len(texts)} phrasings in {write_index(encoder, texts)}")


if __name__ == "__main__":
    main()
