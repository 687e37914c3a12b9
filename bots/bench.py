"""Speed and size beside the baselines, in one run, as ratios: what matters is how much slower or faster, not this machine."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import bm25s
import numpy as np
import tldextract
from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
from rich.console import Console
from rich.table import Table

from bots import bootstrap
from bots.evaluation import read_golden
from bots.settings import Settings
from core.cohort import Cohort, Person, default_cohort
from core.encoder import OnnxEncoder, Vectors, normalised
from core.kb.schema import KnowledgeBase
from core.qa.index import phrasing_vectors
from core.qa.lexicon import Lexicon
from core.qa.rank import Ranker

LINES = 200
CHAT = ("o", "r", "u")  # files of examples that hold ordinary chat
FEW_NAMES, MANY_NAMES = 25, 25_000  # in a roster, between which a scan may at most double
KEY_WORDS = "client clients patient caseload intake diagnosis relapse custody addict overdose suicidal phone address".split()
FEW, MANY = 160, 16_000  # entries, between which the time of a question may at most double
ANEW = 1  # question for which all entries are embedded anew
KILOBYTES = 1024  # in a MB
_SAYS_ITS_PEAK = (  # what a process is told of its own by `getrusage` counts its parent's memory too
    "import atexit, pathlib, sys; atexit.register(lambda: print("
    "pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].partition('\\n')[0], file=sys.stderr)); "
)
_BOTH = (
    "from bots import bootstrap; from bots.settings import Settings; from core.cohort import default_cohort; s = Settings(); "
    "e = bootstrap.engine(s, bootstrap.knowledge_base(s)); c = default_cohort(); "
    "e.ask('can I follow a client?', c); e.scan('my 2pm told me she relapsed, her cell is 403 555 0134', c)"
)


def bench(settings: Settings) -> None:
    """Print median, mean and 99th percentile of one call, and the ratio to its baseline."""
    questions, messages = read_golden(bootstrap.PROJECT / "tests" / "golden")
    asked = [question.text for question in questions][:LINES]
    hard = [message.text for message in messages][:LINES]
    chat = _ordinary_chat()
    base = bootstrap.knowledge_base(settings)
    encoder = bootstrap.encoder(settings)
    engine = bootstrap.engine(settings, base)
    presidio = stock_presidio(settings.spacy_model)
    cohort = default_cohort()
    lexicon = Lexicon(base.thesaurus)

    table = Table("one call", "median ms", "99 % ms", "mean ms", "ratio of medians", "ratio of means")
    bare = _row(table, "one bare encoder pass", lambda text: encoder.vectors([text]), asked)
    _row(table, "ask", lambda text: engine.ask(text, cohort), asked, bare)
    _row(table, "BM25 alone", _bm25(base, lexicon), asked, bare)
    _row(table, "ask, all entries embedded anew", partial(_anew, base, encoder), asked[:ANEW], bare)
    few = _row(table, f"ranking {FEW:,} entries, encoder included", _grown(base, encoder, lexicon, FEW), asked)
    _row(table, f"ranking {MANY:,} entries, encoder included", _grown(base, encoder, lexicon, MANY), asked, few)
    stock = _row(table, "stock Presidio on ordinary chat", lambda text: presidio.analyze(text, "en"), chat)
    _row(table, "scan on ordinary chat", lambda text: engine.scan(text, cohort), chat, stock)
    _row(table, "key words on ordinary chat", says_a_key_word, chat, stock)
    _row(
        table,
        "one bare encoder pass on ordinary chat, as for MiniLM with a regression",
        lambda t: encoder.vectors([t]),
        chat,
        stock,
    )
    names = _roster(cohort, FEW_NAMES)
    _row(table, "Presidio with a roster as deny list", _denying(names), chat, stock)
    stock = _row(table, "stock Presidio on hard cases", lambda text: presidio.analyze(text, "en"), hard)
    _row(table, "scan on hard cases", lambda text: engine.scan(text, cohort), hard, stock)
    few = _row(table, f"scan, {FEW_NAMES} names in the roster", lambda text: engine.scan(text, names), hard)
    many = _roster(cohort, MANY_NAMES)
    _row(table, f"scan, {MANY_NAMES:,} names in the roster", lambda text: engine.scan(text, many), hard, few)
    console = Console()
    console.print(table)
    asking, asking_size = _process("from bots.cli import main; main()", "ask", asked[0], "--json")
    loading, loading_size = _process(f"from bots.bench import stock_presidio; stock_presidio({settings.spacy_model!r})")
    console.print(
        f"From process start to the first answer {asking:.1f} s, to a loaded stock Presidio {loading:.1f} s "
        f"(ratio {asking / loading:.2f}); resident memory {asking_size:.0f} MB and {loading_size:.0f} MB."
    )
    _, whole_size = _process("from bots.cli import main; main()", "scan", hard[0], "--json")
    console.print(f"A process that asks and scans holds {_process(_BOTH)[1]:.0f} MB, one that only scans {whole_size:.0f} MB.")


def stock_presidio(spacy_model: str) -> AnalyzerEngine:
    """Presidio as it comes, with the same spaCy model; its e-mail check uses the suffix list that tldextract ships."""
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    provider = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": spacy_model}]}
    )
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    return AnalyzerEngine(registry=registry, nlp_engine=provider.create_engine())


def _ordinary_chat() -> list[str]:
    """Harmless lines as people type them anywhere, a few of each voice."""
    folder = bootstrap.PROJECT / "policy_kb" / "examples" / "scan"
    lines = [json.loads(line) for name in CHAT for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    harmless = [line["text"] for line in lines if not line["nudge"]]
    return harmless[:: max(1, len(harmless) // LINES)][:LINES]


def says_a_key_word(text: str) -> bool:
    """What a list of words would make of a message."""
    return any(word in text.casefold() for word in KEY_WORDS)


def _roster(cohort: Cohort, size: int) -> Cohort:
    people = tuple(Person(name=f"Given{number:x} Family{number:x}") for number in range(size))
    return cohort.model_copy(update={"roster": people})


def _denying(cohort: Cohort) -> Callable[[str], object]:
    names = [part for person in cohort.roster for part in (person.name, person.name.split()[0])]
    analyzer = stock_presidio(Settings().spacy_model)
    analyzer.registry.add_recognizer(PatternRecognizer(supported_entity="CLASSMATE", deny_list=names))
    return lambda text: analyzer.analyze(text, "en")


def _bm25(base: KnowledgeBase, lexicon: Lexicon) -> Callable[[str], object]:
    index = bm25s.BM25()
    index.index([lexicon.terms(text) for entry in base.entries.values() for text in entry.phrasings], show_progress=False)
    return lambda text: index.get_scores(
        [term for term in lexicon.terms(text) if term in index.vocab_dict] or ["client"]
    ).argmax()


def _anew(base: KnowledgeBase, encoder: OnnxEncoder, text: str) -> object:
    vectors = normalised(encoder.vectors([phrasing for entry in base.entries.values() for phrasing in entry.phrasings]))
    return (vectors @ normalised(encoder.vectors([text])[0])).argmax()


def _grown(base: KnowledgeBase, encoder: OnnxEncoder, lexicon: Lexicon, size: int) -> Callable[[str], object]:
    """A question against the base cut or repeated to `size` entries; the copies' vectors are shifted at random."""
    kept = sorted(base.entries.values(), key=lambda entry: entry.id)
    copies = -(-size // len(kept))
    entries = [entry.model_copy(update={"id": f"{entry.id}-{number}"}) for number in range(copies) for entry in kept][:size]
    texts = [phrasing for entry in kept for phrasing in entry.phrasings]
    known = dict(zip(texts, phrasing_vectors(encoder, texts), strict=True))
    random = np.random.default_rng(7)

    def embed(wanted: Sequence[str]) -> Vectors:
        vectors = np.stack([known[text] for text in wanted])
        vectors += random.standard_normal(vectors.shape, dtype=np.float32) * np.float32(0.02)
        return normalised(vectors)

    ranker = Ranker(entries, embed, lexicon)
    return lambda text: ranker.rank(text, encoder.vectors([text])[0])


def _process(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds that a Python process of its own takes, and the most memory it held, in MB, which it says itself at its end."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _SAYS_ITS_PEAK + code, *arguments], check=True, capture_output=True, text=True)  # noqa: S603
    return time.perf_counter() - started, int(done.stderr.split()[-2]) / KILOBYTES


def _row(
    table: Table, name: str, call: Callable[[str], object], texts: Sequence[str], baseline: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Time one call over texts; median and mean in milliseconds."""
    for text in texts[:10]:
        call(text)
    times = []
    for text in texts:
        started = time.perf_counter()
        call(text)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    median, mean = statistics.median(times), statistics.fmean(times)
    last = times[min(len(times) - 1, round(0.99 * len(times)))]
    ratios = ("baseline", "") if baseline is None else (f"{median / baseline[0]:.2f}", f"{mean / baseline[1]:.2f}")
    table.add_row(name, f"{median:.1f}", f"{last:.1f}", f"{mean:.1f}", *ratios)
    return median, mean
