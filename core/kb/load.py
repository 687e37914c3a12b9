"""Files of `policy_kb/` → KnowledgeBase, once at start; every fault is reported together, with file and line."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from core.errors import Fault, KnowledgeBaseError
from core.kb.check import check
from core.kb.profiles import lay_over
from core.kb.schema import (
    Entry,
    EntryFile,
    KnowledgeBase,
    NudgeWording,
    Origin,
    Profile,
    Refusals,
    Section,
    Source,
    UrgentRegion,
    WeeklyPrompt,
)
from core.yamlfile import Location, YamlFile, read

ModelT = TypeVar("ModelT", bound=BaseModel)
KeyT = TypeVar("KeyT", bound=Hashable)
_WORDS = TypeAdapter(dict[str, frozenset[str]])
_THESAURUS = TypeAdapter(dict[str, dict[str, tuple[str, ...]]])
_REASONS = TypeAdapter(dict[str, str])


@dataclass(slots=True)
class _Collector:
    """Gathers parsed records and faults over all files."""

    faults: list[Fault] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)

    def open(self, path: Path, *needed: str) -> YamlFile | None:
        """The file, when it is a mapping with the needed keys."""
        file = read(path)
        if file.data is not None and not isinstance(file.data, dict):
            file.fault((), "must be a mapping of keys to values")
            file.data = None
        if file.data is not None:
            for key in needed:
                if key not in file.data:
                    file.fault((), f"has no '{key}'; add it")
                    file.data = None
                    break
        if file.data is None:
            self.faults += file.faults
            return None
        return file

    def close(self, file: YamlFile) -> None:
        self.faults += file.faults

    def records(
        self, file: YamlFile, key: str, model: type[ModelT], identity: Callable[[ModelT], KeyT], into: dict[KeyT, ModelT]
    ) -> None:
        """Parse the list under `key` into `into`, noting where each record stands."""
        rows = file.data[key]
        if not isinstance(rows, list):
            file.fault((key,), f"'{key}' must be a list")
            return
        for index in range(len(rows)):
            record = file.parse(model, (key, index))
            if record is None:
                continue
            name = identity(record)
            if name in into:
                file.fault((key, index), f"{name} is defined twice; rename or remove one")
                continue
            into[name] = record
            self.origins[str(name)] = Origin(file.path, file.line((key, index)))

    def adapt(self, file: YamlFile, adapter: TypeAdapter[Any], location: Location = ()) -> Any:
        """The whole file as a plain structure; an empty one when it has faults."""
        try:
            return adapter.validate_python(file.data)
        except ValidationError as error:
            for problem in error.errors():
                file.fault((*location, *problem["loc"]), problem["msg"])
            return {}


def load(root: Path, *, today: date, extra_profiles: Path | None = None) -> KnowledgeBase:
    """Load and check the base under `root`; `extra_profiles` is a folder of an institution's own overlays.

    Raises KnowledgeBaseError with every fault; warnings alone do not refuse the base.
    """
    base, faults = inspect(root, today=today, extra_profiles=extra_profiles)
    refused = [fault for fault in faults if not fault.warning]
    if refused or base is None:
        raise KnowledgeBaseError(refused)
    return base


def inspect(root: Path, *, today: date, extra_profiles: Path | None = None) -> tuple[KnowledgeBase | None, Sequence[Fault]]:
    """The base, as far as it can be built, and every fault and warning found in it."""
    collect = _Collector()
    sources: dict[str, Source] = {}
    if file := collect.open(root / "sources.yaml", "sources"):
        for name in file.data["sources"]:
            if source := file.parse(Source, ("sources", name)):
                sources[name] = source
        collect.close(file)
    sections: dict[str, Section] = {}
    _many(collect, sorted((root / "sections").glob("*.yaml")), "sections", Section, lambda record: record.id, sections)
    entries: dict[str, Entry] = {}
    for path in sorted((root / "entries").glob("*.yaml")):
        _entry_file(collect, path, entries)
    prompts: dict[str, WeeklyPrompt] = {}
    _many(collect, [root / "prompts.yaml"], "prompts", WeeklyPrompt, lambda record: record.id, prompts)
    nudges: dict[Any, NudgeWording] = {}
    _many(collect, [root / "nudges.yaml"], "nudges", NudgeWording, lambda n: (n.category, n.tier), nudges)
    urgent: dict[str, UrgentRegion] = {}
    if file := collect.open(root / "urgent.yaml", "regions"):
        for name in file.data["regions"]:
            if region := file.parse(UrgentRegion, ("regions", name)):
                urgent[name] = region
        collect.close(file)
    refusals = None
    if file := collect.open(root / "refusals.yaml"):
        refusals = file.parse(Refusals)
        collect.close(file)
    plain = {}
    for name, adapter in (("vocabulary", _WORDS), ("thesaurus", _THESAURUS), ("unled", _REASONS)):
        if file := collect.open(root / f"{name}.yaml"):
            plain[name] = collect.adapt(file, adapter)
            collect.close(file)
    profiles = _profiles(collect, [root / "profiles", *([extra_profiles] if extra_profiles else [])])
    if refusals is None or any(name not in plain for name in ("vocabulary", "thesaurus", "unled")):
        return None, sorted(collect.faults)
    base = KnowledgeBase(
        sources=sources,
        sections=sections,
        entries=entries,
        vocabulary=plain["vocabulary"],
        thesaurus=plain["thesaurus"],
        prompts=prompts,
        nudges=nudges,
        urgent=urgent,
        refusals=refusals,
        profiles=profiles,
        unled=plain["unled"],
        origins=collect.origins,
    )
    faults = [*collect.faults, *check(base, root, today)]
    complete, overlay_faults = lay_over(base, root / "profiles")
    return complete, sorted([*faults, *overlay_faults])


def _many(
    collect: _Collector,
    paths: Iterable[Path],
    key: str,
    model: type[ModelT],
    identity: Callable[[ModelT], KeyT],
    into: dict[KeyT, ModelT],
) -> None:
    for path in paths:
        if file := collect.open(path, key):
            collect.records(file, key, model, identity, into)
            collect.close(file)


def _entry_file(collect: _Collector, path: Path, into: dict[str, Entry]) -> None:
    file = collect.open(path, "entries")
    if file is None:
        return
    rows = file.data["entries"]
    file.data = {key: value for key, value in file.data.items() if key != "entries"}
    header = file.parse(EntryFile)
    own: dict[str, Entry] = {}
    file.data["entries"] = rows
    collect.records(file, "entries", Entry, lambda record: record.id, own)
    for entry in own.values():
        if entry.id in into:
            file.faults.append(
                Fault(path, collect.origins[entry.id].line, f"{entry.id} is defined in another file too; rename one")
            )
        elif header:
            into[entry.id] = entry.model_copy(
                update={"owner": entry.owner or header.owner, "reviewed": entry.reviewed or header.reviewed}
            )
    collect.close(file)


def _profiles(collect: _Collector, folders: Sequence[Path]) -> dict[str, Profile]:
    profiles: dict[str, Profile] = {}
    for path in [path for folder in folders for path in sorted(folder.glob("*.yaml"))]:
        if file := collect.open(path):
            profile = file.parse(Profile)
            if profile and profile.name in profiles:
                file.fault(("name",), f"the profile {profile.name} is defined twice; rename one")
            elif profile:
                profiles[profile.name] = profile
                collect.origins[f"profile {profile.name}"] = Origin(path, 1)
                for index, entry in enumerate(profile.entries):
                    collect.origins.setdefault(entry.id, Origin(path, file.line(("entries", index))))
            collect.close(file)
    return profiles
