"""Speed beside the baselines, in one run, as ratios: what matters is how much slower or faster, not this machine."""

import statistics
import time
from collections.abc import Callable, Sequence

import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
from rich.console import Console
from rich.table import Table

from bots import bootstrap
from bots.evaluation import read_golden
from bots.settings import Settings
from core.cohort import default_cohort
from core.encoder import OnnxEncoder

LINES = 200


def bench(settings: Settings) -> None:
    """Print median and 99th percentile of one call, and the ratio to the baseline."""
    questions, messages = read_golden(bootstrap.PROJECT / "tests" / "golden")
    asked = [question.text for question in questions][:LINES]
    scanned = [message.text for message in messages][:LINES]
    console = Console()
    started = time.perf_counter()
    engine = bootstrap.engine(settings, bootstrap.knowledge_base(settings))
    loading = time.perf_counter() - started
    cohort = default_cohort()
    encoder = OnnxEncoder(settings.encoder or bootstrap.ENCODER)
    started = time.perf_counter()
    presidio = stock_presidio(settings.spacy_model)
    presidio_loading = time.perf_counter() - started

    table = Table("one call", "median ms", "99 % ms", "mean ms", "ratio of means")
    bare = _row(table, "one bare encoder pass", lambda text: encoder.vectors([text]), asked, None)
    _row(table, "ask", lambda text: engine.ask(text, cohort), asked, bare)
    stock = _row(table, "stock Presidio", lambda text: presidio.analyze(text, "en"), scanned, None)
    _row(table, "scan", lambda text: engine.scan(text, cohort), scanned, stock)
    console.print(table)
    console.print(
        f"engine loaded in {loading:.1f} s, stock Presidio in {presidio_loading:.1f} s (ratio {loading / presidio_loading:.2f})"
    )


def stock_presidio(spacy_model: str) -> AnalyzerEngine:
    """Presidio as it comes, with the same spaCy model; its e-mail check uses the suffix list that tldextract ships."""
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    provider = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": spacy_model}]}
    )
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    return AnalyzerEngine(registry=registry, nlp_engine=provider.create_engine())


def _row(table: Table, name: str, call: Callable[[str], object], texts: Sequence[str], baseline: float | None) -> float:
    for text in texts[:10]:
        call(text)
    times = []
    for text in texts:
        started = time.perf_counter()
        call(text)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    mean = statistics.fmean(times)
    last = times[min(len(times) - 1, round(0.99 * len(times)))]
    ratio = "baseline" if baseline is None else f"{mean / baseline:.2f}"
    table.add_row(name, f"{statistics.median(times):.1f}", f"{last:.1f}", f"{mean:.1f}", ratio)
    return mean
