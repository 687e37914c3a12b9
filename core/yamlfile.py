"""YAML files read with the line of every value kept, so that a fault can name its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from core.errors import Fault

Location = tuple[int | str, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)
MAX_BYTES = 5_000_000


class _Loader(Composer, CParser, SafeConstructor, Resolver):
    """SafeLoader on libyaml's parser, with fewer surprises.

    `no` and `09:00` stay words, dates go to their model; aliases and tags are refused.
    """

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As the base, but what a curator never means is an error.

        An alias could stand for itself, or for a billion values; a tag forces a type on a value that can't have it.
        """
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event.start_mark, "an alias (*name) is not allowed; write the value out")
        if getattr(event, "tag", None):
            raise _refused(event.start_mark, "a tag (!name) is not allowed; put a text that begins with ! in quotes")
        return super().compose_node(parent, index)


def _refused(mark: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"(?:0|[-+]?[1-9][0-9]*)\Z"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+\Z"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])


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

    def parse(self, model: type[ModelT], location: Location = (), *, echo: bool = True) -> ModelT | None:
        """The value at `location` as a model; None, with its faults noted, when it isn't one.

        Without `echo` the faults repeat no value, as where values are personal data.
        """
        data = self.data
        for key in location:
            data = data[key]
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for problem in error.errors():
                where = (*location, *problem["loc"])
                self.fault(where, f"{'.'.join(map(str, problem['loc'])) or 'file'}: {_cure(problem, echo)}")
            return None


def _cure(problem: Any, echo: bool) -> str:
    kind, message = problem["type"], problem["msg"]
    if kind == "extra_forbidden":
        return "unknown key; check its spelling or remove it"
    if kind == "missing":
        return "is missing; add it"
    if kind in {"model_type", "dict_type"}:
        return "must have keys of its own, as in {key: value}"
    message = message.removeprefix("Value error, ")
    if not echo:
        return str(message)
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
    return parsed(path, text)


def parsed(path: Path, text: str) -> YamlFile:
    """Parse a text that stands in a file of this name, or would."""
    file = YamlFile(path)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        for location, line, duplicate in _walk(node, ()) if node else ():
            file.lines.setdefault(location, line)
            if duplicate:
                file.faults.append(Fault(path, line, f"the key '{location[-1]}' stands twice; keep one"))
        file.data = loader.construct_document(node) if node else None
        if file.data is None:
            file.fault((), "is empty")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        file.faults.append(Fault(path, mark.line + 1 if mark else 0, f"is not YAML: {error.problem}"))
    except RecursionError:
        file.fault((), "is not YAML that can be read: it is nested too deep")
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        file.fault((), f"is not YAML: {str(error).splitlines()[0]}")
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
