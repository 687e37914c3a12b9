"""Whether a question asks openly (what, why, who, how …) or for a yes or no: the first has information for an answer."""

import re

_ASKING = r"(?:what|whats|what's|wat|wut|who|whom|whose|whos|who's|why|how|hows|how's|which|where|wheres|where's|when)"
_BEFORE = r"""(?:(?:and|so+|but|ok|okay|also|like|wait|well|um|uh|then|now|hey|hi|hello|quick|question|first|just
    |honestly|seriously|genuinely|anyways?|oh|again|yet|eh|sorry|besides\ that|exactly|in|to|for|by|at|from|of|under
    |with|on|before|about|until)[ ,:]+)*"""
_NOT_OPEN = r"""(?!
    (?:what|wat|how)(?:'?s)?\ (?:if|about|bout|abt)\b
  | how\ come\b
  | how\ (?:bad|wrong|risky|weird|unprofessional|serious|ok|okay|dumb|stupid|terrible|awful|much\ trouble|legal|appropriate)\b
  | what'?s?\ (?:is\ )?(?:wrong|the\ harm|the\ problem|the\ issue|stopping)
  | what\ harm\b | where'?s?\ (?:is\ )?the\ harm | who\ (?:cares|would|on\ earth) | who'd\b
  | why\ (?:not|can't|cant|shouldn't|can\ i\ not|should\ i\ not)\b
  | when\ (?!(?:is|are|do|does|did|should|can|must|may|will|would|exactly|am)\b)
  | (?:which|where)\ (?:i|is|was|my|the|she|he|they|we|a)\b(?!.*\?)
)"""
_OPENS = re.compile(rf"^\W*{_BEFORE}{_NOT_OPEN}{_ASKING}\b", re.IGNORECASE | re.VERBOSE)
_ENDS = re.compile(
    r"""\b(?: now\ what | what\ now | then\ what | do\ what | what(?:'?s)?\ next | what\ to\ do
      | wh?at\ (?:do\ |should\ |must\ )?i\ do
      | who\ to\ (?:ask|tell) | what\ am\ i\ (?:supposed|meant)\ to\ (?:do|say) )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_WANTS = re.compile(
    rf"""\b(?:tell\ me|explain(?:\ to)?\ me|(?:want|need|like|love|wish)\ to\ (?:know|understand)
      |wondering|(?:any|no)\ (?:idea|clue)
      |(?:not|un)\ ?sure|(?:do\ not|don'?t)\ (?:know|understand|remember)|idk|clarify|advise|enquire)
      (?:\ exactly|\ precisely)?\ {_NOT_OPEN}(?:what|why|how|which|when|where|whom?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_YES_OR_NO = re.compile(
    r"""\b(?:can|could|may|should|shall|must|am|is|are|does|do|would|will|did|was|have|has|r)(?:n't|nt)?
        \ (?:i|we|it|that|this|there|a|the|my|students?|anyone|someone|she|he|they)\b
      | \b(?:allowed|ok|okay|fine|cool|alright|permitted|legit)\ (?:to|if|for)\b
      | \b(?:is|it|that|this)\ (?:ok|okay|allowed|fine|cool|wrong|bad|good)\b
      | \bwhether\b | \bask(?:ing)?\ if\b
      | \b(?:or\ (?:not|nah|no)|yes\ or\ no)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_CLAUSE = re.compile(r"[^.?!…;\n]+[.?!…;]*")
_INNER = re.compile(r"[,:;(–—-] ?")


def asks_openly(text: str) -> bool:
    """Whether the last thing asked in a text wants to be told something, rather than allowed or forbidden it."""
    verdict = False
    clauses = [clause.strip() for clause in _CLAUSE.findall(text)]
    for number, clause in enumerate(clauses):
        questioning = "?" in clause
        asked = _OPENS.search(clause) or _ENDS.search(clause) or (questioning and _opens_late(clause))
        closed = _YES_OR_NO.search(clause)
        wants = _WANTS.search(clause)
        if asked or (wants and not (closed and questioning and closed.start() < wants.start())):
            verdict = True
        elif closed and (questioning or number == len(clauses) - 1):
            verdict = False
    return verdict


def _opens_late(clause: str) -> bool:
    """Whether an open question follows on what leads to it, with nothing asked before."""
    led = _INNER.split(clause)
    return any(_OPENS.search(part) and not _YES_OR_NO.search(" ".join(led[:number])) for number, part in enumerate(led) if number)
