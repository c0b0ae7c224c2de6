#!/usr/bin/env python3
"""Prints how fast `set build` is from text, on one core, and its peak memory: tests/bench/build_bench.py [MILLIONS...]

Default 1 and 10. Lists are made up (2 to 3 labels, one name in ten twice) in every format; --formats plain,rpz takes some of
them. STAIRGATE_BIN names the folder of the programs (build/release/bin). Times are processor time, so that other work on the machine does not
count, and beside it the wall clock.
"""
import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(os.environ.get("STAIRGATE_BIN", Path(__file__).resolve().parents[2] / "build/release/bin"))
FORMATS = {  # what a name is written as
    "plain": "{}\n",
    "hosts": "0.0.0.0 {}\n",
    "wildcard": "*.{}\n",
    "adblock": "||{}^\n",
    "dnsmasq": "address=/{}/\n",
    "unbound": 'local-zone: "{}" always_nxdomain\n',
    "rpz": "{} CNAME .\n*.{} CNAME .\n",
    "csv": "https://{}/,1\n",
    "v2fly": "domain:{}\n",
    "surge": "DOMAIN-SUFFIX,{}\n",
}
HEADS = {"rpz": "$TTL 300\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n  NS localhost.\n", "csv": "url,number\n"}
AIMS = {"plain": 4.0, "hosts": 2.0, "adblock": 2.0}  # million names a second
OCTETS_AIM = 16


def names(count):
    """COUNT names, in no order; every tenth was there before."""
    dice = random.Random(1)
    tops = ["example", "test", "co.example", "org.test"]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    word = "".join(dice.choices(letters, k=1 << 16))
    last = "a0.example"
    for number in range(count):
        if number % 10 == 9:
            yield last
            continue
        at, length = dice.getrandbits(15), 4 + dice.getrandbits(3)
        name = f"{word[at:at + length]}{number:x}.{tops[number & 3]}"
        if number % 5 == 0:
            last = name = f"{word[at:at + 5]}.{name}"
        yield name


def write_lists(folder, count, keys):
    files = {key: open(folder / f"list.{key}", "w", buffering=1 << 20, encoding="ascii") for key in keys}
    for key, file in files.items():
        file.write(HEADS.get(key, ""))
    for name in names(count):
        for key, file in files.items():
            file.write(FORMATS[key].replace("{}", name))
    for file in files.values():
        file.close()


def run(folder, key):
    """Builds the list of KEY; returns wall seconds, processor seconds, and the peak in octets."""
    words = [str(BIN / "stairgate"), "set", "build", "--out", str(folder / "bench.set"), "--seed", "1",
             "--category", f"malware={folder}/list.{key}:{key}"]
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(words[0], words)
    _, status, used = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"set build failed: {status}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", nargs="*", type=float, default=[1, 10])
    parser.add_argument("--formats", type=lambda text: text.split(","), default=list(FORMATS))
    options = parser.parse_args()
    sizes = options.millions
    print(f"{'names':>10} {'format':8} {'M names/s':>9} {'aim':>4} {'wall s':>7} {'octets a name, peak':>19} {'aim':>4} {'set: octets a name':>18}")
    for millions in sizes:
        count = int(millions * 1e6)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            write_lists(folder, count, options.formats)
            for key in options.formats:
                wall, used, peak = run(folder, key)
                size = os.stat(folder / "bench.set").st_size
                print(f"{count:>10} {key:8} {count / used / 1e6:>9.2f} {AIMS.get(key, ''):>4} {wall:>7.2f} {peak / count:>19.1f} "
                      f"{OCTETS_AIM:>4} {size / (count * 0.9):>18.2f}")


if __name__ == "__main__":
    main()
