#!/usr/bin/env python3
"""Writes the test vectors of QNSP/1, or with --check compares them with what is there.

An implementation of docs/spec/qnsp.md in Python's standard library that shares nothing with the
one in Java: both meet in the vectors. --long runs the long self-checks too.
"""
import os
import sys

import cases_frame
import cases_handshake
import cases_keys
import cases_ratchet
import selftest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join(ROOT, "qnsp-core", "src", "test", "resources", "vectors")


def generate():
    files = {}
    for module in (cases_frame, cases_handshake, cases_keys, cases_ratchet):
        for vector in module.all_vectors():
            assert vector.name not in files
            files[vector.name] = vector.text()
    return files


def present():
    names = os.listdir(TARGET) if os.path.isdir(TARGET) else []
    return {n for n in names if n.endswith(".txt")}


def read(name):
    with open(os.path.join(TARGET, name), encoding="utf-8", newline="") as f:
        return f.read()


def check(files):
    """Names of files that are missing, left over or other than generated."""
    there = present()
    return sorted((there ^ set(files)) | {n for n in there & set(files) if read(n) != files[n]})


def write(files):
    os.makedirs(TARGET, exist_ok=True)
    for name in present() - set(files):
        os.remove(os.path.join(TARGET, name))
    for name, text in files.items():
        with open(os.path.join(TARGET, name), "w", encoding="utf-8", newline="") as f:
            f.write(text)


def main(arguments):
    if set(arguments) - {"--check", "--long"}:
        sys.exit("usage: generate.py [--check] [--long]")
    selftest.run(long="--long" in arguments)
    files = generate()
    if "--check" not in arguments:
        write(files)
        print("%d files written" % len(files))
        return
    different = check(files)
    for name in different:
        print("differs: " + name)
    if different:
        sys.exit(1)
    print("%d files as committed" % len(files))


if __name__ == "__main__":
    main(sys.argv[1:])
