"""Names of people, found by the words around them.

There is no list of names: a name is what follows "my name is", a title, or a
closing such as "kind regards". A name in the middle of a sentence without such a
cue is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_PARTICLE = (
    r"(?:van|von|de|del|della|di|da|dos|du|la|le|der|den|ten|bin|ibn|al|el|zu|y)"
)
_CAPITAL = (
    r"(?:(?:[A-Z]')?[A-Z][a-z]+(?:['\-]?[A-Z][a-z]+|['\-][a-z]+)*|[A-Z]{2,20}"
    r"|[A-Z]\.?(?= [A-Z]))(?![A-Za-z])"
)
_STOP = (
    r"(?!(?i:team|customer|customers|service|services|support|help|sales|shop|store"
    r"|manager|sir|madam|all|everyone|everybody|there|you|your|the|a(?!\.)|an|this|that|these"
    r"|i|we|it|he|she|they|my|our|his|her|not|no|yes|ok|but|and|or|if|when|please|great"
    r"|good|bad|nice|very|refund|returns?|order|delivery|product|quality|kitty|again"
    r"|kundenservice|kundendienst|damen|herren|zusammen|und|die|der|das|ich|wir|sie"
    r"|leute|martens|pepper|oetker|scholl|bronner|hauschka|clean|muscle|coffee|bean"
    r"|beckmann|best|dre|kipling|holle|holmes|management|staff|amazon|paypal|dhl|ups"
    r"|fedex|hermes|dpd|a tous|equipe|tout|le|les|la|et|el|los|las|un|una|une|on|in|to"
    r"|for|at|of|with|from|is|was|as|so|too|just|never|still|really|also|then|spelled|spelt"
    r"|misspelled|wrong|missing|incorrect|printed|engraved|now|already|listed|shown"
    r"|mrs?|ms|miss|mx|dr|prof|professor|frau|herrn?|mme|madame|monsieur|senora?|sra?"
    r"|here|what|who|which|how|why|where|someone|somebody|anyone|nobody|english|german"
    r"|french|spanish|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b)"
)
_NAME = rf"{_STOP}{_CAPITAL}(?: (?:{_PARTICLE} ){{0,2}}{_STOP}{_CAPITAL}){{0,3}}"
_LOWER = (
    rf"{_STOP}[a-z][a-z'\-]{{1,20}}"
    rf"(?: {_STOP}[a-z][a-z'\-]{{1,20}}(?=\s*(?:$|[,.!\n])))?"
)
_INTRODUCTION = (
    r"(?i:\b(?:my name is|my name's|my name:|mein name ist|ich heisse|je m'appelle"
    r"|mon nom est|me llamo|mi nombre es|mijn naam is|ik heet|mi chiamo))"
)
_ROLE = (
    r"(?:(?i:ask(?:ed)? (?:for|to speak (?:to|with))|(?:spoken?|speak|speaking"
    r"|talk|talked) (?:to|with)|(?:served|helped|assisted|handled) by|dealt with"
    r"|named|on behalf of"
    r"|(?:lady|man|guy|woman|girl|agent|colleague|gentleman|advisor|adviser|assistant"
    r"|technician|driver|rep|representative|mitarbeiter(?:in)?|kollegin|kollege"
    r"|vendeur|vendeuse|conseiller|conseillere|asesora?|empleada?)(?: (?:called|named"
    r"|namens))?|my (?:husband|wife|son|daughter|partner|friend|neighbou?r|colleague"
    r"|mother|father|sister|brother|boss)|mein(?:e|em|en|er)? (?:mann|frau|sohn"
    r"|tochter|freund(?:in)?|nachbar(?:in)?)|mon (?:mari|fils|voisin)"
    r"|ma (?:femme|fille|voisine)|mi (?:marido|mujer|hijo|hija|vecin[oa])"
    r"|gesprochen mit|bedient von|parle (?:a|avec)|hable con|preguntar por))"
)
_TITLE = (
    r"\b(?:Mrs?|MRS?|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Senora?|Sra?"
    r"|Meneer|Mevrouw|Signora?)\b"
)
_CLOSING = (
    r"(?i:\b(?:regards|wishes"
    r"|(?:sincerely|truly|faithfully)|cordially|respectfully"
    r"|grue?ssen?|mfg|lg|vg|gruss|cordialement|bien a vous|salutations"
    r"|amicalement|saludos?|atentamente|met vriendelijke groet))"
)
_CLOSING_WORDS = (
    "regards|wishes|sincerely|truly|faithfully|cordial|respectfully|gru|mfg"
    "|lg |lg\n|lg,|vg |vg\n|vg,|bien a|salut|amical|saludo|atenta|groet"
)
_THANKS = (
    r"(?i:\b(?:thanks(?: again| in advance)?|thank you|cheers|(?:all the )?best|danke"
    r"|merci|gracias))"
)
_END = r"(?=\s*[.!]?\s*(?:$|\n))"
# Each pattern with words of which its cue holds at least one: most texts have none,
# and looking for a word is fifty times faster than trying the pattern.
_SURE = (
    (
        "name|heiss|appelle|nom est|llamo|nombre|naam|heet|chiamo",
        rf"{_INTRODUCTION} ({_NAME}|{_LOWER})",
    ),
    (
        "mr|ms|miss|mx|dr|prof|herr|frau|mme|mlle|monsieur|madame|senor|sr|meneer"
        "|mevrouw|signor",
        rf"{_TITLE}\.? (?:{_TITLE}\.? )?({_NAME})",
    ),
    (
        _CLOSING_WORDS,
        rf"{_CLOSING}(?:[,.!]? ?\n\s*|[,.!\-] ?| )(?:- ?)?({_NAME}){_END}",
    ),
    (
        _CLOSING_WORDS,
        rf"{_CLOSING}(?:, ?|,?\n\s*)({_STOP}{_CAPITAL} {_STOP}{_CAPITAL})\b",
    ),
    (_CLOSING_WORDS, rf"{_CLOSING}(?:,? ?\n\s*|, ?)({_LOWER}){_END}"),
    (
        "name|attn|recipient|empfanger|addressee|signed",
        rf"(?i:\b(?:full name|name|attn|recipient|empfanger|addressee|signed)) ?: ?"
        rf"({_NAME})",
    ),
)
# After these a capital letter shows the name, so where all is in capitals they show
# nothing: "I AM WRITING" is no introduction.
_LIKELY = (
    (
        "thank|cheers|best|danke|merci|gracias",
        rf"{_THANKS}(?:[,.!]? ?\n\s*|, ?| ?- ?)({_NAME}){_END}",
    ),
    (
        "ask|spoke|speak|talk|served|helped|assist|handled|dealt|named|behalf|lady|man "
        "|guy|girl|agent|colleague|advis|technician|driver|rep|mitarbeiter|kolleg"
        "|vende|conseill|asesor|emplead|my |mein|mon |ma |mi |gesprochen|bedient|parle"
        "|hable|preguntar",
        rf"\b(?=[a-zA-Z]){_ROLE},? ({_NAME})",
    ),
    # Two capitals, the first no adverb: "This is Absolutely Awful" is a headline.
    (
        "i am|i'm|this is|soy|je suis|ich bin|hier ist",
        rf"(?i:\b(?:i am|i'm|this is|soy|je suis|ich bin|hier ist)) ((?!\w{{4,}}ly\b)"
        rf"{_STOP}{_CAPITAL} (?:{_PARTICLE} ){{0,2}}{_STOP}{_CAPITAL})\b",
    ),
    (
        "dear|hi |hello|hey|hallo|liebe|bonjour|cher|hola|querid|beste",
        rf"(?i:\b(?:dear|hi|hello|hey|hallo|liebe[rs]?|bonjour|cher|chere|hola|querid[oa]"
        rf"|beste)) ({_NAME})(?=,|\s*\n)",
    ),
)


def people(text: str) -> Iterator[tuple[int, int]]:
    """Names of people, wherever a cue shows one, then everywhere in the text.

    Parameters
    ----------
    text : str
        Plain text, without accents.

    Yields
    ------
    tuple of int
        Ranges without the cue: "Dr" and "regards" stay. Ranges may overlap.

    Examples
    --------
    >>> text = "I spoke to Priya Nair. Later Priya called back."
    >>> [text[start:end] for start, end in people(text)]
    ['Priya Nair', 'Priya', 'Nair', 'Priya']
    """
    known: set[str] = set()
    for found in _cued(text):
        yield found.span(1)
        known.update(re.findall(r"[A-Z][\w'\-]{2,}", found.group(1)))
    if known:
        again = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(known)))})\b")
        yield from (found.span() for found in again.finditer(text))


def _cued(text: str) -> Iterator[re.Match[str]]:
    lowered = text.lower()
    for words, pattern in _compiled(_SURE):
        if any(word in lowered for word in words):
            yield from pattern.finditer(text)
    for words, pattern in _compiled(_LIKELY):
        if any(word in lowered for word in words):
            for found in pattern.finditer(text):
                if not found.group().isupper():
                    yield found


@cache
def _compiled(
    cues: tuple[tuple[str, str], ...],
) -> list[tuple[list[str], re.Pattern[str]]]:
    return [(words.split("|"), re.compile(pattern)) for words, pattern in cues]
