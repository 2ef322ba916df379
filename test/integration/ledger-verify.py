#!/usr/bin/env python3
"""Verifies a ledger of Sallyport by docs/ledger.md alone: python3 ledger-verify.py DIRECTORY [PUBLIC-KEY.pem ...]

Exit code 0: whole; 1: not whole, the reason on standard output. Needs Python 3.8 and the openssl command (1.1.1)."""
import base64, hashlib, json, os, re, subprocess, sys, tempfile

LINE = re.compile(rb'\{"seq":([1-9]\d{0,15}),"prev":"([0-9a-f]{64})","time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",'
                  rb'"kind":"([A-Za-z]{1,32})","id":"([!#-\[\]-~]{1,300})","data":(.*\})\}', re.DOTALL)

def wrong(why):
    sys.exit(print(f"NOT WHOLE: {why}") or 1)

def need(true, why):
    true or wrong(why)

def read(path):
    with open(path, "rb") as file:
        return file.read()

def signed(path, keys):
    text = read(path)
    try:
        value = json.loads(text)
        bare = {name: value[name] for name in value if name != "signature"}
        canonical = lambda v: json.dumps(v, sort_keys=True, separators=(",", ":")).encode()
        need(text == canonical(value) + b"\n" and re.fullmatch("[0-9a-f]{128}", value["signature"]), f"{path} is not canonical")
    except (ValueError, KeyError, TypeError):
        wrong(f"{path} is not signed JSON")
    need(value["key"] in keys, f"{path} is signed by an unknown key")
    with tempfile.NamedTemporaryFile() as data, tempfile.NamedTemporaryFile() as signature:
        data.write(canonical(bare)), data.flush()
        signature.write(bytes.fromhex(value["signature"])), signature.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys[value["key"]], "-rawin", "-in", data.name]
        good = subprocess.run(command + ["-sigfile", signature.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    need(good.returncode == 0, f"the signature of {path} is wrong")
    return value

def key_id(path):
    lines = read(path).decode("latin-1").split("\n")
    need(len(lines) == 4 and lines[0] == "-----BEGIN PUBLIC KEY-----" and lines[2:] == ["-----END PUBLIC KEY-----", ""], path)
    der = base64.b64decode(lines[1])
    need(base64.b64encode(der).decode() == lines[1] and len(der) == 44, f"{path} is no ed25519 key")
    return hashlib.sha256(der).hexdigest()

def main(directory, *pins):
    os.chdir(directory)
    stored = ["keys/" + name for name in os.listdir("keys") if name.endswith(".pem")]
    for path in stored:
        need(path == f"keys/{key_id(path)}.pem", f"{path} is not named by its key")
    keys = {key_id(path): path for path in (pins or stored)}
    head = signed("head.json", keys)
    need(head["format"] == "sallyport-ledger-head/v1", "head.json is no checkpoint")
    names = [name for name in os.listdir(".") if re.fullmatch(r"\d{20}\.(ndjson|seal\.json)", name)]
    firsts = sorted({int(name[:20]) for name in names})
    seq, prev, ledger, time = 0, "0" * 64, head["ledger"], ""
    for first in firsts:
        path, seal_path = f"{first:020}.ndjson", f"{first:020}.seal.json"
        is_open = first == firsts[-1]
        need(first == seq + 1, f"records from {seq + 1} to {first - 1} are missing or doubled")
        need((seal_path in names) != is_open, f"{path}: every segment but the last has a seal, and that has none")
        seal = None if is_open else signed(seal_path, keys)
        before = prev
        sha256 = hashlib.sha256()
        if path in names:
            with open(path, "rb") as file:
                for line in file:
                    match = LINE.fullmatch(line[:-1])
                    need(line.endswith(b"\n") and match, f"{path}: record {seq + 1} is not written as one")
                    need(int(match[1]) == seq + 1 and match[2].decode() == prev, f"{path}: record {seq + 1} or the one before is wrong")
                    need(match[3].decode() >= time and (match[4] == b"Segment") == (seq + 1 == first), f"{path}: record {seq + 1}")
                    data = json.loads(match[6])
                    need(seq + 1 != first or data["ledger"] == ledger, f"{path} is of another ledger")
                    seq, prev, time = seq + 1, hashlib.sha256(line[:-1]).hexdigest(), match[3].decode()
                    need(seq != head["seq"] or prev == head["hash"], f"{path}: record {seq} is not the one of head.json")
                    sha256.update(line)
            size = os.path.getsize(path)
        if seal:
            is_there = path in names
            own = [first, seq, prev, size, sha256.hexdigest()] if is_there else [first, seal["last"], seal["head"], seal["bytes"], seal["sha256"]]
            need([seal[name] for name in ("first", "last", "head", "bytes", "sha256")] == own, f"{seal_path} is of another file")
            need(seal["prev"] == before and seal["ledger"] == ledger, f"{seal_path} does not follow what stands before it")
            need(seal["format"] == "sallyport-ledger-seal/v1" and seal["records"] == seal["last"] - first + 1, seal_path)
            seq, prev = seal["last"], seal["head"]
    need(seq >= head["seq"], f"records {seq + 1} to {head['seq']} are missing")
    print(f"WHOLE: ledger {ledger}, up to record {seq}, {prev}")

try:
    main(*sys.argv[1:])
except (OSError, ValueError, KeyError, TypeError) as error:
    wrong(f"{type(error).__name__}: {error}")
