#!/usr/bin/env python3
"""Writes the generated families of pairs, `families.csv`, next to this file.

Python's own Unicode tables make them, so that what the program says is compared with another
implementation. Nobody bears these names: words are put together without looking at persons.
"""
import csv
import itertools
import pathlib
import unicodedata

HERE = pathlib.Path(__file__).parent
TONES = {"grave": "\u0300", "acute": "\u0301", "tilde": "\u0303", "hook": "\u0309", "dot": "\u0323"}
VOWELS = "aăâeêioôơuưy"


def nfc(text):
    return unicodedata.normalize("NFC", text)


def nfd(text):
    return unicodedata.normalize("NFD", text)


def escaped(text):
    """Everything that a screen does not tell apart, as escapes."""
    out = ""
    for sign in text:
        hidden = unicodedata.combining(sign) or unicodedata.category(sign) in ("Cf", "Zs", "Cc")
        out += f"\\u{{{ord(sign):04X}}}" if hidden and sign != " " else sign
    return out


rows = []


def row(one, two, agreement, rule, why):
    rows.append((escaped(one), escaped(two), agreement, rule, why))


# Every toned vowel, composed against half composed (Microsoft's keyboard) and decomposed.
for vowel, (name, tone) in itertools.product(VOWELS, TONES.items()):
    whole, half = nfc(vowel + tone), vowel + tone
    word = "M%sn" if vowel not in "yi" else "T%snh"
    row(word % whole, word % half, "match", "composition", f"{vowel} and a combining {name}, as Microsoft's keyboard emits")
    if nfd(whole) != half:
        row(word % whole, word % nfd(whole), "match", "composition", f"{vowel} with {name}, decomposed (NFD)")
    row(word % whole, (word % whole).upper(), "match", "case", f"capital {whole}")
    row(word % whole, word % vowel, "mismatch", "diacritics_missing", f"{vowel} without its {name} is another name")

# Both placements of the tone in oa, oe and uy, open and closed, and no other tone.
for syllable, (name, tone) in itertools.product(
    ["hoa", "khoe", "thuy", "toan", "xoe", "loat", "huynh", "duyt", "quy", "gia"], TONES.items()
):
    first = next(i for i, c in enumerate(syllable) if c in VOWELS)
    old = nfc(syllable[: first + 1] + tone + syllable[first + 1 :])
    new = nfc(syllable[: first + 2] + tone + syllable[first + 2 :])
    row(new.title(), old.title(), "match", "tone_placement", f"{name} on either vowel of {syllable}")
    row(new.title(), old.upper(), "match", "tone_placement", f"the same in capitals")
    other = [mark for mark in TONES.values() if mark != tone][0]
    wrong = nfc(syllable[: first + 2] + other + syllable[first + 2 :])
    row(old.title(), wrong.title(), "mismatch", "diacritics", f"another tone in the other placement")

# Two different tones are two names.
for vowel, (one, two) in itertools.product("aâơy", itertools.combinations(TONES, 2)):
    row("Th" + nfc(vowel + TONES[one]), "Th" + nfc(vowel + TONES[two]), "mismatch", "diacritics", f"{one} and {two}")

# Two different letters with quality marks.
for one, two in itertools.combinations("aăâ", 2):
    rule = "diacritics_missing" if one == "a" else "diacritics"
    row(f"L{one}n", f"L{two}n", "mismatch", rule, f"{one} and {two} are two letters")
for one, two in itertools.combinations("oôơ", 2):
    rule = "diacritics_missing" if one == "o" else "diacritics"
    row(f"S{one}n", f"S{two}n", "mismatch", rule, f"{one} and {two} are two letters")
row("Len", "Lên", "mismatch", "diacritics_missing", "e and ê are two letters")
row("Hung", "Hưng", "mismatch", "diacritics_missing", "u and ư are two letters")

# Every kind of white space between two words.
for space in "\u0009\u000A\u000B\u000C\u000D\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000":
    row("Trần Thị Mẫu", f"Trần{space}Thị Mẫu", "match", "spacing", f"white space U+{ord(space):04X}")

# Characters that nobody sees.
for sign in "\u00AD\u200B\u200C\u200D\u200E\u200F\u202A\u202C\u2060\u2066\u2069\uFEFF":
    row("Trần Thị Mẫu", f"Trần Th{sign}ị Mẫu", "match", "invisible", f"unseen U+{ord(sign):04X} within a word")
    row("Trần Thị Mẫu", f"{sign}Trần Thị Mẫu", "match", "invisible", f"unseen U+{ord(sign):04X} in front")

# Every apostrophe and every hyphen.
for sign in "\u2018\u2019\u201B\u2032\u02BC\u02BB\u00B4\uFF07":
    row("H'Linh Thử", f"H{sign}Linh Thử", "match", "apostrophe", f"apostrophe U+{ord(sign):04X}")
for sign in "\u2010\u2011\u2012\u2013\u2014\u2212\uFF0D":
    row("Y-Bin Thử", f"Y{sign}Bin Thử", "match", "hyphen", f"hyphen U+{ord(sign):04X}")

# Letters of full width.
for word in ["Y Bin", "Lan", "KHANH"]:
    wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in word)
    row(word, wide, "match", "width", "full width")

# Letters of another alphabet.
for latin, other, why in [
    ("Hoa", "H\u043Ea", "Cyrillic o"), ("Hoa", "Ho\u0430", "Cyrillic a"), ("Mai", "\u041Cai", "Cyrillic M"),
    ("Thanh", "\u0422hanh", "Cyrillic T"), ("Vy", "V\u0443", "Cyrillic u for y"), ("Lan", "L\u03B1n", "Greek alpha"),
    ("Kim", "\u039Aim", "Greek kappa"), ("Oanh", "0anh", "zero for O"), ("Bin", "B1n", "one for i"),
    ("Đan", "\u00D0an", "eth (U+00D0) is a letter of Icelandic"), ("đan", "\u00F0an", "small eth"),
    ("Đan", "\u0189an", "African D (U+0189) is a letter of Ewe"), ("đan", "\u0256an", "small African d"),
]:
    row(latin, other, "mismatch", "look_alike", why)

with open(HERE / "families.csv", "w", encoding="utf-8", newline="") as out:
    out.write("# Source: families.py, by Python's Unicode tables; no person bears these names.\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["register", "supplied", "agreement", "rule", "why"])
    writer.writerows(rows)
