"""Files of `policy_kb/` → KnowledgeBase, once at start; every fault is reported together, with file and line."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from core.errors import Fault, KnowledgeBaseError
from core.kb.check import check
from core.kb.profiles import lay_over, tighten_place
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
_PLAIN: Mapping[str, TypeAdapter[Any]] = MappingProxyType(
    {
        "vocabulary": TypeAdapter(dict[str, frozenset[str]]),
        "thesaurus": TypeAdapter(dict[str, dict[str, tuple[str, ...]]]),
        "unled": TypeAdapter(dict[str, str]),
    }
)


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
            shown = " ".join(name) if isinstance(name, tuple) else str(name)
            if name in into:
                file.fault((key, index), f"{shown} is defined twice; rename or remove one")
                continue
            into[name] = record
            self.origins[shown] = Origin(file.path, file.line((key, index)))

    def mapping(self, path: Path, key: str, model: type[ModelT]) -> dict[str, ModelT]:
        """The records under `key`, by name."""
        file = self.open(path, key)
        if file is None:
            return {}
        found: dict[str, ModelT] = {}
        rows = file.data[key]
        if not isinstance(rows, dict):
            file.fault((key,), f"'{key}' must be a mapping of names to values")
            rows = {}
        for name in rows:
            if not isinstance(name, str):
                file.fault((key, str(name)), f"the name {name} must be a word; put it in quotes")
            elif record := file.parse(model, (key, name)):
                found[name] = record
                self.origins[f"{key}.{name}"] = Origin(path, file.line((key, name)))
        self.close(file)
        return found

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
    _misnamed(collect, [*root.rglob("*.yml"), *(extra_profiles.glob("*.yml") if extra_profiles else ())])
    sources = collect.mapping(root / "sources.yaml", "sources", Source)
    sections: dict[str, Section] = {}
    _many(collect, sorted((root / "sections").glob("*.yaml")), "sections", Section, lambda record: record.id, sections)
    entries: dict[str, Entry] = {}
    for path in sorted((root / "entries").glob("*.yaml")):
        _entry_file(collect, path, entries)
    prompts: dict[str, WeeklyPrompt] = {}
    _many(collect, [root / "prompts.yaml"], "prompts", WeeklyPrompt, lambda record: record.id, prompts)
    nudges: dict[Any, NudgeWording] = {}
    _many(collect, [root / "nudges.yaml"], "nudges", NudgeWording, lambda n: (n.category, n.tier), nudges)
    urgent = collect.mapping(root / "urgent.yaml", "regions", UrgentRegion)
    refusals = _refusals(collect, root / "refusals.yaml")
    plain = {}
    for name, adapter in _PLAIN.items():
        if file := collect.open(root / f"{name}.yaml"):
            plain[name] = collect.adapt(file, adapter)
            collect.close(file)
    profiles = _profiles(collect, [root / "profiles", *([extra_profiles] if extra_profiles else [])], entries)
    if refusals is None or len(plain) < len(_PLAIN):
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


def _misnamed(collect: _Collector, paths: Iterable[Path]) -> None:
    for path in paths:
        collect.faults.append(Fault(path, 0, "is not read; rename it to .yaml"))


def _refusals(collect: _Collector, path: Path) -> Refusals | None:
    file = collect.open(path)
    if file is None:
        return None
    refusals = file.parse(Refusals)
    collect.origins["refusals"] = Origin(path, 1)
    collect.close(file)
    return refusals


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


def _profiles(collect: _Collector, folders: Sequence[Path], entries: Collection[str]) -> dict[str, Profile]:
    """The profiles as written; overlays come without entries whose id is taken."""
    profiles: dict[str, Profile] = {}
    taken = set(entries)
    for path in [path for folder in folders for path in sorted(folder.glob("*.yaml"))]:
        file = collect.open(path)
        if file is None:
            continue
        profile = file.parse(Profile)
        if profile and profile.name in profiles:
            file.fault(("name",), f"the profile {profile.name} is defined twice; rename one")
        elif profile:
            own = []
            for index, entry in enumerate(profile.entries):
                if entry.id in taken:
                    file.fault(("entries", index), f"{entry.id} exists already; give the overlay's entry its own id")
                    continue
                taken.add(entry.id)
                own.append(entry)
                collect.origins[entry.id] = Origin(path, file.line(("entries", index)))
            for index in range(len(profile.tighten)):
                collect.origins[tighten_place(profile, index)] = Origin(path, file.line(("tighten", index)))
            collect.origins[f"profile {profile.name}"] = Origin(path, 1)
            profiles[profile.name] = profile.model_copy(update={"entries": tuple(own)})
        collect.close(file)
    return profiles
