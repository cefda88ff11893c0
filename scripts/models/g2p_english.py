"""English words to phonemes: models/g2p-english/words.txt and letters.txt from the npm package cmu-pronouncing-dictionary 3.0.0.

    npm pack cmu-pronouncing-dictionary@3.0.0 && tar xzf cmu-pronouncing-dictionary-3.0.0.tgz
    python scripts/models/g2p_english.py package/index.js OUT && (cd OUT && sha256sum words.txt letters.txt)

It takes a few minutes and no package. SHA256SUMS in models says what both files are; names.txt was written by hand.

Letters are aligned with sounds by expectation maximisation: each letter has no sound, one, or two. A trie for each letter then
looks at one neighbour a level (a letter around it, a sound before it, or whether a stress came) and keeps what differs often enough.
"""

import json
import math
import re
import sys
from pathlib import Path

# Neighbours in the order in which the trie looks at them: letters by their distance, p1 and p2 the sounds before, s stress so far.
FEATURES = ["1", "-1", "p1", "2", "s", "-2", "3", "p2", "4", "-3", "5"]
# A rule needs as many words.
MIN_WORDS = 2
SILENT = "_"
NEG_INF = float("-inf")
VOWEL = re.compile(r"^(AA|AE|AH|AO|AW|AY|EH|ER|EY|IH|IY|OW|OY|UH|UW)")


def read_dictionary(path):
    text = Path(path).read_text(encoding="utf8")
    body = text[text.index("{\n") :].rstrip().rstrip(";")
    return json.loads(re.sub(r",\s*}$", "}", body))


def strip_stress(sound):
    return re.sub(r"\d", "", sound)


def guess_score(letter, sound):
    """How well a sound fits a letter before anything was counted."""
    score = -3 if sound == SILENT else -5 if "+" in sound else 0
    if sound != SILENT and "+" not in sound and bool(VOWEL.match(sound)) != (letter in "aeiouy"):
        score -= 3
    return score


def align(word, sounds, score):
    """The sounds of each letter, joined by +, or None where the letters are too few."""
    plain = [strip_stress(sound) for sound in sounds]
    n, m = len(word), len(sounds)
    width = m + 1
    best = [NEG_INF] * ((n + 1) * width)
    taken = [0] * ((n + 1) * width)
    best[0] = 0
    for i, letter in enumerate(word):
        for j in range(width):
            before = best[i * width + j]
            if before == NEG_INF:
                continue
            for count in range(min(2, m - j) + 1):
                sound = "+".join(plain[j : j + count]) or SILENT
                total = before + score(letter, sound)
                at = (i + 1) * width + j + count
                if total > best[at]:
                    best[at], taken[at] = total, count
    if best[n * width + m] == NEG_INF:
        return None
    aligned, j = [], m
    for i in range(n, 0, -1):
        count = taken[i * width + j]
        aligned.insert(0, "+".join(sounds[j - count : j]) or SILENT)
        j -= count
    return aligned


def learn_score(words, score):
    pairs, letters = {}, {}
    for word, sounds in words:
        for letter, sound in zip(word, align(word, sounds, score) or []):
            key = (letter, strip_stress(sound))
            pairs[key] = pairs.get(key, 0) + 1
            letters[letter] = letters.get(letter, 0) + 1
    return lambda letter, sound: math.log((pairs.get((letter, sound), 0) + 0.01) / (letters.get(letter, 0) + 10))


def get_feature(word, at, sounds, feature):
    if feature in ("p1", "p2"):
        before = at - int(feature[1])
        return sounds[before] if before >= 0 else "#"
    if feature == "s":
        return "1" if any("1" in sound for sound in sounds[:at]) else "0"
    neighbour = at + int(feature)
    return word[neighbour] if 0 <= neighbour < len(word) else "#"


def build(cases, depth):
    """A node: the most frequent sound, and the neighbours after which another one is."""
    counts = {}
    for *_, sound in cases:
        counts[sound] = counts.get(sound, 0) + 1
    best = max(counts, key=counts.get)
    children = {}
    if len(counts) > 1 and depth < len(FEATURES):
        groups = {}
        for case in cases:
            groups.setdefault(get_feature(*case[:3], FEATURES[depth]), []).append(case)
        for neighbour, group in groups.items():
            if len(group) < MIN_WORDS:
                continue
            child = build(group, depth + 1)
            if child[1] or child[0] != best:
                children[neighbour] = child
    return best, children


def write_lines(key, node, depth, lines):
    sound, children = node
    lines.append(f"{' ' * depth}{key}\t{sound}")
    # Digits come first and sorted, as in an object of JavaScript.
    for neighbour in sorted(children, key=lambda one: (not one.isdigit(), one if one.isdigit() else "")):
        write_lines(neighbour, children[neighbour], depth + 1, lines)


def main(source, target):
    dictionary = read_dictionary(source)
    words = [(word, sounds.split(" ")) for word, sounds in dictionary.items() if re.fullmatch(r"[a-z]{2,}", word)]
    score = guess_score
    for _ in range(5):
        score = learn_score(words, score)
    cases = {}
    for word, sounds in words:
        aligned = align(word, sounds, score)
        for at, sound in enumerate(aligned or []):
            cases.setdefault(word[at], []).append((word, at, aligned, sound))
    lines = [" ".join(FEATURES)]
    for letter, some in cases.items():
        write_lines(letter, build(some, 0), 0, lines)
    folder = Path(target)
    folder.mkdir(exist_ok=True)
    (folder / "letters.txt").write_text("\n".join(lines) + "\n", encoding="utf8")
    packed = sorted(f"{word} {sounds}" for word, sounds in dictionary.items() if re.fullmatch(r"[a-z][a-z']*", word))
    (folder / "words.txt").write_text("\n".join(packed) + "\n", encoding="utf8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
