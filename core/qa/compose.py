"""A decided answer → plain sentences and section ids; no platform markup."""

from collections.abc import Sequence
from dataclasses import replace

from core.answer import Answer
from core.cohort import Cohort
from core.kb.schema import Entry, KnowledgeBase, Profile, Stance
from core.qa.resolve import Resolved
from core.vocabulary import Verdict

_OPENINGS = {Verdict.NO: "No. ", Verdict.YES: "Yes. ", Verdict.DEPENDS: "It depends. ", Verdict.INFO: ""}
_MUST = {Verdict.NO: "Yes, you have to. ", Verdict.YES: "No, you don't have to. "}  # give up what one may keep


def _opening(resolved: Resolved) -> str:
    """The reply to the question as it was asked, which for "must I …?" is not the verdict's own word."""
    if resolved.entry.stance is Stance.MAY_KEEP and resolved.verdict in _MUST:
        return _MUST[resolved.verdict]
    if resolved.entry.stance is Stance.NOT_REQUIRED and resolved.verdict is resolved.entry.verdict:
        return _MUST[Verdict.YES]
    return _OPENINGS[resolved.verdict]


class Composer:
    """Words of answers, refusals and urgent replies for one knowledge base."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base

    def answered(self, resolved: Resolved, profile: Profile, cohort: Cohort, related: Sequence[Entry] = ()) -> str:
        """The full answer: verdict and rule, what to do instead, whom to ask, who would differ, sources, what to ask next."""
        lines = [f"{_opening(resolved)}{resolved.rule}"]
        if resolved.instead:
            lines.append(resolved.instead)
        lines.append(f"Ask: {resolved.ask or f'{self._supervisor(profile)}.'}{self._contact(cohort)}")
        if resolved.tightened:
            lines.append(self.precedence(resolved, profile))
        lines += self._differences(resolved)
        lines.append("Sources: " + "; ".join(self._cite(section) for section in resolved.citations))
        if related:
            lines.append("You could ask next: " + " · ".join(entry.phrasings[0] for entry in related))
        return "\n".join(lines)

    def reasons(self, resolved: Resolved, profile: Profile) -> str:
        """Why: what each cited section says, and which source decides."""
        lines = [f"Because: {resolved.rule}"]
        lines += [f"- {self._cite(section)}: {self._base.sections[section].gist}" for section in resolved.citations]
        lines += self._differences(resolved) or [self.precedence(resolved, profile)]
        return "\n".join(lines)

    def precedence(self, resolved: Resolved, profile: Profile) -> str:
        """Which source decides an answer under a profile, and by what rule."""
        if resolved.tightened:
            return f"{profile.title} is stricter here than its sources; its rule applies to you."
        return f"{self._short(resolved.binding)} decides: of the sources that speak to this, it binds you first."

    @staticmethod
    def in_turn(first: Answer, rest: Sequence[Answer]) -> Answer:
        """Several questions of one message, answered one after the other; verdict and entry are the first one's."""
        answers = [first, *rest]
        texts = [f"{number}. {answer.text}" for number, answer in enumerate(answers, 1)]
        citations = dict.fromkeys(section for answer in answers for section in answer.citations)
        return replace(first, citations=tuple(citations), text="\n\n".join([f"You asked {len(answers)} things.", *texts]))

    def clarify(self, readings: Sequence[Resolved], profile: Profile) -> str:
        """One short question with two or three readings, each with its verdict."""
        lines = ["I want to be sure which you mean:"]
        for number, reading in enumerate(readings, 1):
            says = _opening(reading).strip(" .") or "Here is what to do"
            lines.append(f"{number}. {reading.entry.phrasings[0]} ({says[0].lower()}{says[1:]}: {reading.rule})")
        lines.append("Say which in the same conversation (its number will do), or ask again with one detail more.")
        lines.append(f"Until you know, hold off and check with {self._supervisor(profile)}.")
        lines.append("Sources: " + "; ".join(self._cite(reading.citations[0]) for reading in readings))
        return "\n".join(lines)

    def urgent(self, profile: Profile, cohort: Cohort) -> str:
        """Supervisor and emergency line first, resources next, policy last."""
        region = self._base.urgent[profile.region or ""]
        lines = [region.first_line, *(f"- {resource}" for resource in region.resources)]
        lines.append(
            "Don't handle this alone, and don't search or message anyone's accounts to check. "
            f"Once everyone is safe, tell {self._supervisor(profile)} what you saw and write it down as they ask."
            f"{self._contact(cohort)} Ask me about the policy afterwards; I'll still be here."
        )
        return "\n".join(lines)

    def refused(self, reason: str, profile: Profile, cohort: Cohort) -> str:
        """An open refusal that says whom to ask; `reason` is a template of refusals.yaml."""
        return reason.format(coordinator=self._coordinator(profile, cohort), supervisor=self._supervisor(profile))

    def _differences(self, resolved: Resolved) -> list[str]:
        if not resolved.others or resolved.tightened:
            return []
        said = " ".join(other.says for other in resolved.others)
        return [f"Where sources differ: {said} {self._short(resolved.binding)} binds you, so its answer stands."]

    def _short(self, source: str) -> str:
        short = self._base.sources[source].short
        return short[0].upper() + short[1:]

    def _cite(self, section: str) -> str:
        known = self._base.sections[section]
        return f"{self._base.sources[known.source].title}, {known.place} [{section}]"

    @staticmethod
    def _contact(cohort: Cohort) -> str:
        coordinator = cohort.coordinator
        if coordinator is None:
            return ""
        return f" Your coordinator is {coordinator.name}" + (f" ({coordinator.contact})." if coordinator.contact else ".")

    @staticmethod
    def _coordinator(profile: Profile, cohort: Cohort) -> str:
        if cohort.coordinator is None:
            return profile.contacts.coordinator or "your practicum coordinator"
        name, contact = cohort.coordinator.name, cohort.coordinator.contact
        return f"your coordinator, {name} ({contact})" if contact else f"your coordinator, {name}"

    @staticmethod
    def _supervisor(profile: Profile) -> str:
        return profile.contacts.supervisor or "your supervisor"
