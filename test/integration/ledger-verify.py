#!/usr/bin/env python3
"""Verifies a ledger of Sallyport by docs/ledger.md alone: ledger-verify.py DIRECTORY [PUBLIC-KEY.pem ...] [CHECKPOINT.json ...]

Exit code 0: whole; 1: not whole, on standard output the first record that is wrong, and why. Needs Python 3.8 and the openssl
command (1.1.1)."""
import base64, hashlib, json, os, re, subprocess, sys, tempfile

LINE = re.compile(rb'\{"seq":([1-9]\d{0,15}),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",'
                  rb'"kind":"([A-Za-z]{1,32})","id":"([!#-\[\]-~]{1,300})","data":(.*\})\}', re.DOTALL)

def wrong(why, record=None):
    sys.exit(print(f"NOT WHOLE{'' if record is None else f' at record {record}'}: {why}") or 1)

def need(true, why, record=None):
    true or wrong(why, record)

def read(path):
    with open(path, "rb") as file:
        return file.read()

def signed(path, keys, record=None, is_copy=False):
    text = read(path)
    try:
        value = json.loads(text)
        bare = {name: value[name] for name in value if name != "signature"}
        canonical = lambda v: json.dumps(v, sort_keys=True, separators=(",", ":")).encode()
        need((is_copy or text == canonical(value) + b"\n") and re.fullmatch("[0-9a-f]{128}", value["signature"]), f"{path} is not canonical", record)
    except (ValueError, KeyError, TypeError):
        wrong(f"{path} is not signed JSON", record)
    need(value["key"] in keys, f"{path} is signed by an unknown key", record)
    with tempfile.NamedTemporaryFile() as data, tempfile.NamedTemporaryFile() as signature:
        data.write(canonical(bare)), data.flush()
        signature.write(bytes.fromhex(value["signature"])), signature.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys[value["key"]], "-rawin", "-in", data.name]
        good = subprocess.run(command + ["-sigfile", signature.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    need(good.returncode == 0, f"the signature of {path} is wrong", record)
    return value

def key_id(path):
    lines = read(path).decode("latin-1").split("\n")
    need(len(lines) == 4 and lines[0] == "-----BEGIN PUBLIC KEY-----" and lines[2:] == ["-----END PUBLIC KEY-----", ""], path)
    der = base64.b64decode(lines[1])
    need(base64.b64encode(der).decode() == lines[1] and len(der) == 44, f"{path} is no ed25519 key")
    return hashlib.sha256(der).hexdigest()

def lines(path, first, before, seal, anchors, ledger, time):
    """Reads a segment up to the first record that is wrong. Returns its last number, hash, ledger and time."""
    seq, prev, whole, doubt = first - 1, before, hashlib.sha256(), None
    with open(path, "rb") as file:
        for line in file:
            match, seq, hashed = LINE.fullmatch(line[:-1]), seq + 1, hashlib.sha256(line[:-1]).hexdigest()
            if doubt:  # Of two that do not fit, the second is intact where what follows still names it.
                wrong(f"{path} does not fit at {seq - 1}", seq - 2 if match and match[2].decode() == doubt and seq - 1 > first else seq - 1)
            need(not seal or seq <= seal["last"], f"{path} has more than was sealed", seq)
            need(line.endswith(b"\n") and match and int(match[1]) == seq, f"{path}: what stands there is not that record", seq)
            if match[2].decode() != prev:
                doubt = hashed
                continue
            need(anchors.get(seq, hashed) == hashed, f"{path}: it is not the one of a checkpoint", seq)
            need(match[3].decode() >= time and (match[4] == b"Segment") == (seq == first), f"{path}: its time or kind", seq)
            try:
                data = json.loads(match[6])
            except ValueError:
                wrong(f"{path}: it is no JSON", seq)
            if seq == first:
                need(ledger in (None, data.get("ledger")), f"{path} is of another ledger", seq)
                ledger = data.get("ledger")
            prev, time = hashed, match[3].decode()
            whole.update(line)
    if doubt:
        is_intact = doubt in (anchors.get(seq), seal and seal["last"] == seq and seal["head"])
        wrong(f"{path} does not fit at {seq}", seq - 1 if is_intact and seq > first else seq)
    need(seq >= (seal["last"] if seal else first), f"{path} ends too early", seq + 1)
    if seal:
        need(prev == seal["head"], f"{path}: it is not what was sealed, or one before it", seq)
        need([seal["bytes"], seal["sha256"]] == [os.path.getsize(path), whole.hexdigest()], f"{path} is another file")
    return seq, prev, ledger, time

def main(directory, *kept):
    kept, (pins, copies) = [os.path.abspath(path) for path in kept], ([], [])
    for path in kept:
        (copies if path.endswith(".json") else pins).append(path)
    os.chdir(directory)
    stored = ["keys/" + name for name in os.listdir("keys") if name.endswith(".pem")]
    for path in stored:
        need(path == f"keys/{key_id(path)}.pem", f"{path} is not named by its key")
    keys = {key_id(path): path for path in (pins or stored)}
    heads = [signed("head.json", keys)] + [signed(path, keys, is_copy=True) for path in copies]
    need(all(head["format"] == "sallyport-ledger-head/v1" for head in heads), "it is no checkpoint")
    names = [name for name in os.listdir(".") if re.fullmatch(r"\d{20}\.(ndjson|seal\.json)", name)]
    firsts = sorted({int(name[:20]) for name in names})
    seals = {int(name[:20]): signed(name, keys, int(name[:20])) for name in sorted(names) if name.endswith(".seal.json")}
    removals = {int(name[:20]): signed(name, keys, int(name[:20])) for name in sorted(os.listdir(".")) if re.fullmatch(r"\d{20}\.removed\.json", name)}
    for first, removal in removals.items():
        seal = seals.get(first)
        need(seal and removal["format"] == "sallyport-ledger-removal/v1" and removal["first"] == first
             and [removal["ledger"], removal["last"]] == [seal["ledger"], seal["last"]]
             and removal["seal"] == hashlib.sha256(read(f"{first:020}.seal.json")).hexdigest(), f"what was written of the removal of {first} is of another segment", first)
    # The checkpoint beside the segments is of another ledger itself where no seal agrees with it.
    is_ours = copies or not seals or heads[0]["ledger"] in [seal["ledger"] for seal in seals.values()]
    seq, prev, ledger, time = 0, "0" * 64, heads[-1]["ledger"] if is_ours else None, ""
    anchors = {head["seq"]: head["hash"] for head in heads if head["ledger"] == ledger}
    clashing = [head["seq"] for head in heads if head["ledger"] == ledger and anchors[head["seq"]] != head["hash"]]
    for first in firsts:
        path, seal_path, seal = f"{first:020}.ndjson", f"{first:020}.seal.json", seals.get(first)
        need(first == seq + 1, f"records are missing or doubled before {path}", min(first, seq + 1))
        need(seal or first == firsts[-1], f"{path} is closed, and has no seal", first)
        if seal:
            need(seal["first"] == first and seal["records"] == seal["last"] - first + 1, f"{seal_path} is of another place", first)
            need(seal["format"] == "sallyport-ledger-seal/v1", f"{seal_path} is no seal", first)
        before = prev
        if path in names:
            seq, prev, ledger, time = lines(path, first, prev, seal, anchors, ledger, time)
        else:
            need(first in removals, f"{path} is gone, and nothing says that retention took it", first)
            need(not any(f"{other:020}.ndjson" in names for other in firsts if other < first), f"{path} is gone, and older ones are not", first)
            need(anchors.get(seal["last"], seal["head"]) == seal["head"], f"{seal_path}: its last record is not the one of a checkpoint", seal["last"])
            seq, prev, ledger = seal["last"], seal["head"], ledger or seal["ledger"]
        if seal:
            need(seal["prev"] == before and seal["ledger"] == ledger, f"{seal_path} does not follow what stands before it", first)
    need(firsts and firsts[-1] not in seals, "the segment that was open is gone", seq + 1)
    need(not clashing, "two checkpoints name one record otherwise", *clashing[:1])
    for head in heads:
        need(head["ledger"] == ledger, "a checkpoint is of another ledger")
        need(seq >= head["seq"], f"records up to {head['seq']} are missing", seq + 1)
    print(f"WHOLE: ledger {ledger}, up to record {seq}, {prev}")

try:
    main(*sys.argv[1:])
except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
    wrong(f"{type(error).__name__}: {error}")
