"""YAML files read with the line of every value kept, so that a fault can name its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import Fault

Location = tuple[int | str, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)
MAX_BYTES = 5_000_000


class _Loader(yaml.SafeLoader):
    """SafeLoader, but only true and false are booleans: a verdict of `no` stays a word."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(slots=True)
class YamlFile:
    """A parsed file: its data, the line of each value, and the faults met so far."""

    path: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, location: Location) -> int:
        """The 1-based line of the value at `location`, or of its nearest parent."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 0)

    def fault(self, location: Location, message: str, *, warning: bool = False) -> None:
        """Note a fault at the value's place."""
        self.faults.append(Fault(self.path, self.line(location), message, warning))

    def parse(self, model: type[ModelT], location: Location = ()) -> ModelT | None:
        """The value at `location` as a model; None, with its faults noted, when it isn't one."""
        data = self.data
        for key in location:
            data = data[key]
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for problem in error.errors():
                where = (*location, *problem["loc"])
                self.fault(where, f"{'.'.join(map(str, problem['loc'])) or 'file'}: {_cure(problem)}")
            return None


def _cure(problem: Any) -> str:
    kind, message = problem["type"], problem["msg"]
    if kind == "extra_forbidden":
        return "unknown key; check its spelling or remove it"
    if kind == "missing":
        return "is missing; add it"
    given = repr(problem["input"])
    return f"{message} (given: {given if len(given) <= 60 else given[:57] + '…'})"


def read(path: Path) -> YamlFile:
    """Parse a file; what can't be read is noted in `faults` and leaves `data` None."""
    file = YamlFile(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            file.fault((), f"is larger than {MAX_BYTES:,} bytes; split it")
            return file
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        file.fault((), f"can't be read: {error.strerror}")
        return file
    except UnicodeDecodeError as error:
        file.fault((), f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        return file
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            file.fault((), "is empty")
            return file
        for location, line, duplicate in _walk(node, ()):
            file.lines.setdefault(location, line)
            if duplicate:
                file.faults.append(Fault(path, line, f"the key '{location[-1]}' stands twice; keep one"))
        file.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        file.faults.append(Fault(path, mark.line + 1 if mark else 0, f"is not YAML: {error.problem}"))
    except (yaml.YAMLError, ValueError) as error:
        file.fault((), f"is not YAML: {error}")
    finally:
        loader.dispose()
    return file


def _walk(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int, bool]]:
    yield location, node.start_mark.line + 1, False
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*location, index))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            name = str(key.value)
            if name in seen:
                yield (*location, name), key.start_mark.line + 1, True
            seen.add(name)
            yield from _walk(child, (*location, name))
