"""Check a proof exported by Taktnet, without Taktnet.

    python verify_proof.py PROOF.json KEY [KNOWN-CHECKPOINT.txt]

PROOF.json is what you were given. KEY is the log's public key (name+id+base64), which you must
have from the log's owner by another way than the proof itself. KNOWN-CHECKPOINT.txt is optional:
a checkpoint that you kept from earlier; a consistency proof must then start at it.

Needs Python 3.9+ and the package `cryptography`, nothing else. It implements RFC 9162 sections
2.1.1, 2.1.3.2 and 2.1.4.2 and the C2SP formats signed-note and tlog-checkpoint.
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """The proof does not hold; the text says why."""


def sha(*parts):
    """SHA-256 over the parts joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def need(condition, why):
    """Refuse with `why` unless the condition holds."""
    if not condition:
        raise Refused(why)


def read_key(text):
    """(name, key id, public key) of `name+id+base64(0x01 || key)`."""
    parts = text.strip().split("+", 2)
    need(len(parts) == 3, "the key is not of the form name+id+base64")
    name, key_id, key = parts[0], parts[1], base64.b64decode(parts[2], validate=True)
    need(len(key) == 33 and key[0] == 1, "the key is not an Ed25519 key of a log")
    need(sha(name.encode(), b"\n", key)[:4].hex() == key_id, "the key's id does not fit the key")
    return name, bytes.fromhex(key_id), key[1:]


def read_checkpoint(note, key):
    """(size, root) of a checkpoint, after its signature was verified."""
    name, key_id, public = key
    cut = note.rfind("\n\n")
    need(cut > 0, "the checkpoint is not a signed note")
    text, lines = note[: cut + 1], note[cut + 2 :].splitlines()
    signed = False
    for line in lines:
        start = f"— {name} "
        blob = base64.b64decode(line[len(start) :]) if line.startswith(start) else b""
        if blob[:4] != key_id:
            continue  # somebody else's signature
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())
        except InvalidSignature:
            raise Refused(f"the signature of {name} on the checkpoint is false") from None
        signed = True
    need(signed, f"the checkpoint is not signed by {name}")
    origin, size, root = text.split("\n")[:3]
    need(origin == name, f"the checkpoint is of another log, {origin}")
    need(size.isdigit(), "the checkpoint's size is not a number")
    return int(size), base64.b64decode(root, validate=True)


def climb(node, last, path, start, both):
    """Fold a path up to the root: over `both` kinds of node, or those that end the tree early."""
    new, old = start, start
    for p in path:
        need(last > 0, "the path is too long")
        if node & 1 or node == last:
            new, old = sha(b"\x01", p, new), sha(b"\x01", p, old)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = sha(b"\x01", new, p)
        node, last = node >> 1, last >> 1
    need(last == 0, "the path is too short")
    return new, (old if both else None)


def check_inclusion(proof, key):
    """The row that is proved to be in the log."""
    size, root = read_checkpoint(proof["checkpoint"], key)
    row = proof["row"]
    need(1 <= row["seq"] <= size, "the row lies outside the checkpoint")
    leaf = sha(
        b"\x00",
        bytes.fromhex(row["previous"]),
        struct.pack(">QQ", row["seq"], row["recorded"]),
        bytes.fromhex(row["facts"]),
        row["body"].encode(),
    )
    path = [bytes.fromhex(p) for p in proof["path"]]
    found, _ = climb(row["seq"] - 1, size - 1, path, leaf, both=False)
    need(found == root, "the row, its place or the path was altered")
    return f"row {row['seq']} is in the log of {size} rows: {row['body']}"


def check_consistency(proof, key, known):
    """The two sizes between which nothing was changed."""
    first, old = read_checkpoint(proof["first"], key)
    second, new = read_checkpoint(proof["second"], key)
    if known is not None:
        need(read_checkpoint(known, key) == (first, old), "it does not start at your checkpoint")
    need(0 < first <= second, "the second checkpoint is smaller than the first")
    path = [bytes.fromhex(p) for p in proof["path"]]
    if first == second:
        need(old == new and not path, "two different logs of one size")
        return f"both checkpoints are of the same {first} rows"
    hashes = [old, *path] if first & (first - 1) == 0 else path
    need(path and hashes, "the path is too short")
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    found_new, found_old = climb(node, last, hashes[1:], hashes[0], both=True)
    need(found_old == old and found_new == new, "rows of the first checkpoint were changed")
    return f"the log of {second} rows continues that of {first}; nothing before was changed"


def main(arguments):
    """0 and a sentence when the proof holds, 1 and the reason when not."""
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    try:
        proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        key = read_key(arguments[1])
        known = Path(arguments[2]).read_text(encoding="utf-8") if len(arguments) == 3 else None
        if proof["format"] == "taktnet.inclusion/1":
            print("holds:", check_inclusion(proof, key))
        elif proof["format"] == "taktnet.consistency/1":
            print("holds:", check_consistency(proof, key, known))
        else:
            raise Refused(f"unknown format {proof['format']}")
    except Refused as refused:
        print("REFUSED:", refused)
        return 1
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        print(f"REFUSED: not a proof ({type(error).__name__}: {error})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
