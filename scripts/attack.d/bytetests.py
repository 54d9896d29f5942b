"""Whether the bytes on the wire look random: our own tests, those of Debian, and planted defects that all of it must catch."""
import lzma
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

import numpy as np
from scipy.special import erfc, gammaincc
from scipy.stats import binom, chi2, kstest, norm

import capture
import workloads

FRAME = 768
KINDS = ['idle', 'zeros', 'text']  # what the sessions carry


# --- capture ----------------------------------------------------------------------------------------------------------
def streams(path, ports):
    """The bytes of each connection and direction, put together as TCP would: [(up, bytes)]."""
    found, data = capture.packets(path)
    held = {}
    for _, source, source_port, destination, destination_port, seq, flags, _, _, length, body, kept in found:
        up = destination_port in ports
        key = (source, source_port, destination, destination_port)
        if flags & capture.SYN:
            held[key] = (up, (seq + 1) & 0xffffffff, [])
        elif key in held and length:
            if kept < length:
                raise SystemExit('attack: the capture cut a packet')
            held[key][2].append(((seq - held[key][1]) & 0xffffffff, body, length))
    for up, _, parts in held.values():
        whole, place = bytearray(), 0
        for offset, body, length in sorted(parts):
            if offset > place:
                break  # something is missing: what follows cannot be placed
            whole += data[body + place - offset:body + length]
            place = max(place, offset + length)
        yield up, bytes(whole)


def gather(world, mode, frames, folder, log):
    """Captures sessions until there are so many frames of each kind; {kind: array of frames}, with 'first' for the two first of every connection and direction."""
    kinds = {kind: [] for kind in KINDS} | {'first': []}
    have = dict.fromkeys(KINDS, 0)
    path, deadline = os.path.join(folder, 'bytes.pcap'), time.time() + 1800
    while min(have.values()) < frames and time.time() < deadline:
        kind = min(have, key=have.get)
        with capture.Capture(path, [world.port(mode)], whole=True):
            def one(worker):
                session = workloads.Session(world, mode, worker, worker)
                if kind == 'idle':
                    session.open_shell()
                    time.sleep(30 if frames < 50000 else 120)
                else:
                    source = '/dev/zero' if kind == 'zeros' else 'megabyte.txt megabyte.txt megabyte.txt megabyte.txt megabyte.txt megabyte.txt megabyte.txt megabyte.txt'
                    session.start(session.command(session.target(), 'cd work; head -q -c %d %s' % (8 << 20, source) if kind == 'zeros' else 'cd work; cat ' + source))
                    try:
                        session.process.wait(60 if frames < 50000 else 200)
                    except subprocess.TimeoutExpired:
                        pass  # a slow schedule: what has come is enough
                session.close()
            threads = [threading.Thread(target=one, args=(worker,)) for worker in range(world.workers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for up, data in streams(path, {world.port(mode)}):
            whole = np.frombuffer(data, np.uint8)[:len(data) // FRAME * FRAME].reshape(-1, FRAME)
            kinds['first'].append(whole[:2])
            if kind == 'idle' or not up:
                kinds[kind].append(whole[220:])  # the prologue is neither
                have[kind] += max(0, len(whole) - 220)
        os.unlink(path)
        log('  bytes: ' + ', '.join('%d frames of %s' % (n, name) for name, n in have.items()))
    return {kind: np.vstack(parts)[:frames] for kind, parts in kinds.items() if parts}


# --- tests: each gives a dict with 'pass' -----------------------------------------------------------------------------
def position_counts(frames):
    counts = np.zeros(FRAME * 256, np.int64)
    places = np.arange(FRAME, dtype=np.int64) * 256
    for part in np.array_split(frames, max(1, len(frames) // 4000)):
        counts += np.bincount((part + places).ravel(), minlength=FRAME * 256)
    return counts.reshape(FRAME, 256)


def positions(frames):
    """Chi-square of the 256 values at each of the 768 positions; the p-values themselves must be uniform."""
    counts, expected = position_counts(frames), len(frames) / 256
    p = chi2.sf(((counts - expected) ** 2 / expected).sum(1), 255)
    uniform = kstest(p, 'uniform').pvalue
    return {'pass': bool(uniform > 0.001 and p.min() > 0.001 / FRAME), 'ks_p': float(uniform), 'least_p': float(p.min())}


def two_sample(one, two):
    """Chi-square at each position of one kind of frames against another."""
    a, b = position_counts(one), position_counts(two)
    n, m = len(one), len(two)
    statistic = ((a * np.sqrt(m / n) - b * np.sqrt(n / m)) ** 2 / np.maximum(1, a + b)).sum(1)
    p = chi2.sf(statistic, 255)
    uniform = kstest(p, 'uniform').pvalue
    return {'pass': bool(uniform > 0.001 and p.min() > 0.001 / FRAME), 'ks_p': float(uniform), 'least_p': float(p.min())}


def popcount(frames):
    ones = np.unpackbits(frames, axis=1).sum(1) if len(frames) < 20000 else np.concatenate([np.unpackbits(part, axis=1).sum(1) for part in np.array_split(frames, len(frames) // 5000)])
    edges = binom.ppf(np.linspace(0, 1, 21)[1:-1], FRAME * 8, 0.5)
    expected = np.diff(np.concatenate([[0], binom.cdf(edges, FRAME * 8, 0.5), [1]])) * len(frames)
    seen = np.bincount(np.searchsorted(edges, ones, side='left'), minlength=20)
    p = float(chi2.sf(((seen - expected) ** 2 / expected).sum(), 19))
    return {'pass': p > 0.001, 'p': p}


def duplicates(frames):
    blocks = np.ascontiguousarray(frames).view('V16').ravel()
    repeated = len(blocks) - len(np.unique(blocks.view([('a', 'u8'), ('b', 'u8')])))
    return {'pass': repeated == 0, 'repeated_16_byte_blocks': int(repeated)}


def serial_in_position(frames):
    """A byte against the same byte of the next frame: what counts up is found here."""
    a, b = frames[:-1].astype(np.float32) - 127.5, frames[1:].astype(np.float32) - 127.5
    r = (a * b).mean(0) / (255 ** 2 + 510) * 12
    p = 2 * norm.sf(np.abs(r) * np.sqrt(len(a)))
    return {'pass': bool(p.min() > 0.001 / FRAME and kstest(p, 'uniform').pvalue > 0.001), 'least_p': float(p.min())}


def compresses(data):
    ratio = len(lzma.compress(data[:8 << 20], preset=6)) / len(data[:8 << 20])
    return {'pass': bool(ratio >= 1.0), 'ratio': ratio}


def entropy(data):
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    share = counts / counts.sum()
    bits = -(share * np.log2(share)).sum()
    p = float(chi2.sf(((counts - counts.mean()) ** 2 / counts.mean()).sum(), 255))
    return {'pass': p > 0.001, 'bits_per_byte': float(bits), 'chi_square_p': p}


def sp800_22(data, sequences=100, bits=None):
    """Frequency, block frequency, runs, serial, cumulative sums of SP 800-22; the share of sequences that pass at 0.01."""
    bits = bits or min(200_000, len(data) * 8 // sequences)
    stream = np.frombuffer(data[:sequences * bits // 8], np.uint8)
    found = {name: [] for name in ('frequency', 'block frequency', 'runs', 'serial', 'cumulative sums')}
    for part in np.array_split(stream, sequences):
        e = np.unpackbits(part).astype(np.int8)
        n = len(e)
        ones = int(e.sum())
        s = abs(2 * ones - n)
        found['frequency'].append(erfc(s / np.sqrt(2 * n)))
        m = max(128, n // 100)
        share = e[:n // m * m].reshape(-1, m).mean(1)
        found['block frequency'].append(gammaincc(len(share) / 2, 2 * m * ((share - 0.5) ** 2).sum()))
        pi = ones / n
        runs = 1 + int((e[1:] != e[:-1]).sum())
        found['runs'].append(erfc(abs(runs - 2 * n * pi * (1 - pi)) / (2 * np.sqrt(2 * n) * pi * (1 - pi))))
        x = np.concatenate([e, e[:2]]).astype(np.int64)
        psi = [0.0]
        for width in (1, 2, 3):
            words = sum(x[i:n + i] << i for i in range(width))
            psi.append((2 ** width / n) * (np.bincount(words, minlength=2 ** width).astype(float) ** 2).sum() - n)
        found['serial'].append(gammaincc(2, (psi[3] - psi[2]) / 2))
        walk = np.cumsum(2 * e.astype(np.int64) - 1)
        z = max(1, np.abs(walk).max())
        k1 = np.arange((-n // z + 1) // 4, (n // z - 1) // 4 + 1)
        k2 = np.arange((-n // z - 3) // 4, (n // z - 1) // 4 + 1)
        root = np.sqrt(n)
        found['cumulative sums'].append(1 - (norm.cdf((4 * k1 + 1) * z / root) - norm.cdf((4 * k1 - 1) * z / root)).sum() + (norm.cdf((4 * k2 + 3) * z / root) - norm.cdf((4 * k2 + 1) * z / root)).sum())
    shares = {name: float((np.array(p) >= 0.01).mean()) for name, p in found.items()}
    least = 0.99 - 3.5 * np.sqrt(0.99 * 0.01 / sequences)
    return {'pass': all(share >= least for share in shares.values()), 'shares': shares, 'bits': int(bits)}


def program(name):
    return shutil.which(name, path=os.environ['PATH'] + ':/usr/sbin:/sbin')


def rngtest(data):
    said = subprocess.run([program('rngtest')], input=data, capture_output=True).stderr.decode()
    good, bad = (int(re.search(r'FIPS 140-2 %s: (\d+)' % word, said)[1]) for word in ('successes', 'failures'))
    return {'pass': bad <= binom.ppf(0.9999, good + bad, 0.0008), 'blocks': good + bad, 'failures': bad}


DIEHARDER = {0: 'birthdays', 8: 'count the 1s', 10: 'parking lot', 12: '3d sphere', 15: 'runs', 100: 'sts monobit', 101: 'sts runs'}


def dieharder(data, log):
    """Those tests of dieharder that a file of this size feeds without being read twice."""
    results = {}
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for number, name in DIEHARDER.items():
            for attempt in ('first', 'again'):
                # the second run begins elsewhere in the data, so that it is one more look and not the same
                if attempt == 'again':
                    file.seek(0)
                    file.write(data[len(data) // 3:] + data[:len(data) // 3])
                    file.flush()
                done = subprocess.run([program('dieharder'), '-g', '201', '-f', file.name, '-d', str(number)], capture_output=True, text=True)
                rewound = [int(n) for n in re.findall(r'rewound (\d+) times', done.stdout + done.stderr)]
                verdicts = re.findall(r'\|\s*(PASSED|WEAK|FAILED)\s*$', done.stdout, re.M)
                values = [float(v) for v in re.findall(r'\|\s*([0-9.]+)\s*\|\s*(?:PASSED|WEAK|FAILED)', done.stdout)]
                if any(rewound) or not verdicts:
                    results[name] = {'pass': None, 'why': 'needs more data'}
                    break
                results[name] = {'pass': 'FAILED' not in verdicts, 'p': values, 'verdicts': verdicts}
                if set(verdicts) == {'PASSED'}:
                    break
            log('    dieharder %s: %s' % (name, results[name]))
    return results


def battery(frames):
    data = frames.tobytes()
    return {'positions': positions(frames), 'popcount': popcount(frames), 'same byte of the next frame': serial_in_position(frames), 'duplicates': duplicates(frames), 'xz': compresses(data),
            'entropy': entropy(data), 'SP 800-22': sp800_22(data), 'rngtest': rngtest(data)}


def planted(frames, seed=7):
    """Defects put into frames that are random: {name: frames}."""
    n = len(frames)
    counter, stamp, fixed, key = (frames.copy() for _ in range(4))
    counter[:, :8] = np.arange(n, dtype='>u8').view(np.uint8).reshape(-1, 8)
    stamp[:, 8:16] = (1_700_000_000_000_000 + np.arange(n, dtype='>u8') * 20_000).astype('>u8').view(np.uint8).reshape(-1, 8)
    fixed[:, 0] = 0x51
    values = np.random.default_rng(seed).integers(0, 3329, (n, 256))  # an ML-KEM key as it is: twelve bits a coefficient
    low, high = values[:, ::2], values[:, 1::2]
    key[:, 64:64 + 384] = np.stack([low & 255, (low >> 8) | ((high & 15) << 4), high >> 4], 2).reshape(n, -1).astype(np.uint8)
    once = frames.copy()
    once[n // 2] = once[n // 3]
    return {'a counter in the first 8 bytes': counter, 'a time in bytes 8 to 15': stamp, 'a fixed first byte': fixed, 'a raw ML-KEM key': key, 'one frame sent twice': once}


def examine(kinds, log, full):
    result = {'frames': {kind: int(len(frames)) for kind, frames in kinds.items()}, 'kinds': {}, 'against': {}, 'planted': {}}
    for kind, frames in kinds.items():
        if kind == 'first' and len(frames) < 5000:
            # too few for 256 values at each position: bits and bytes as a whole
            result['kinds'][kind] = {'popcount': popcount(frames), 'duplicates': duplicates(frames), 'xz': compresses(frames.tobytes()), 'entropy': entropy(frames.tobytes())}
        else:
            result['kinds'][kind] = battery(frames)
        log('  bytes of %s: %s' % (kind, {name: found['pass'] for name, found in result['kinds'][kind].items()}))
    result['against']['idle against text'] = two_sample(kinds['idle'], kinds['text'])
    result['against']['zeros against text'] = two_sample(kinds['zeros'], kinds['text'])
    for name, frames in planted(np.frombuffer(os.urandom(min(20000, len(kinds['idle'])) * FRAME), np.uint8).reshape(-1, FRAME)).items():
        caught = [test for test, found in battery(frames).items() if not found['pass']]
        result['planted'][name] = {'pass': bool(caught), 'caught_by': caught}
        log('  planted: %s: %s' % (name, caught))
    if full:
        result['dieharder'] = dieharder(np.vstack([kinds[kind] for kind in KINDS]).tobytes(), log)
    result['pass'] = (all(found['pass'] for kind in result['kinds'].values() for found in kind.values()) and all(found['pass'] for found in result['against'].values())
                      and all(found['pass'] for found in result['planted'].values()) and all(found['pass'] is not False for found in result.get('dieharder', {}).values()))
    return result
