"""Times inside a session: when a key was pressed, when something began and ended, and whether the gaps between frames tell idle from busy."""
import numpy as np
from scipy.stats import pearsonr

import classify

SLOT = 0.02
GUARD = 0.2  # of a block at both ends: what the block before leaves behind
KEYS_BEFORE, KEYS_AFTER = 3, 10


def shifted(x, before, after):
    """Each row with the rows before and after it beside it."""
    padded = np.vstack([np.zeros((before, x.shape[1])), x, np.zeros((after, x.shape[1]))])
    return np.hstack([padded[i:i + len(x)] for i in range(before + after + 1)])


def binned(trace):
    """(features, whether a key was pressed) for each 20 ms of a trace, from its first key to its last."""
    keys = np.array([when for what, when in trace['events'] if what in ('key', 'enter')])
    if len(keys) < 5:
        return None
    p, edges = trace['packets'], np.arange(0, trace['seconds'] + 1e-9, SLOT)
    columns = []
    for direction in (1, -1):
        for data in (True, False):
            mine = p[(p['up'] == direction) & ((p['length'] > 0) == data)]
            place = np.clip(np.searchsorted(edges, mine['time'], side='right') - 1, 0, len(edges) - 2)
            count = np.bincount(place, minlength=len(edges) - 1)
            first = np.full(len(edges) - 1, SLOT)
            np.minimum.at(first, place, mine['time'] - edges[place])
            columns += [count, np.bincount(place, weights=mine['length'], minlength=len(edges) - 1), first]
            gap = np.zeros(len(edges) - 1)
            if len(mine) > 1:
                np.maximum.at(gap, place[1:], np.diff(mine['time']))
            columns.append(gap)
            columns.append(np.bincount(place, weights=mine['window'], minlength=len(edges) - 1) / np.maximum(1, count))
    pressed = np.histogram(keys, edges)[0] > 0
    inside = (edges[:-1] >= keys[0] - 0.5) & (edges[:-1] <= min(keys[-1] + 0.5, trace['seconds']))
    return shifted(np.array(columns, dtype=float).T, KEYS_BEFORE, KEYS_AFTER)[inside], pressed[inside]


def framed(trace):
    """The same for each frame of the client where there is a stream of them: was a key in what this frame could carry."""
    keys = np.array([when for what, when in trace['events'] if what in ('key', 'enter')])
    p = trace['packets']
    up = p[(p['up'] == 1) & (p['length'] > 0)]
    steady = up['time'][up['time'] > 1.0]
    if len(keys) < 5 or len(steady) < 40 * (trace['seconds'] - 1) * 0.5:
        return None
    grid = np.median(np.diff(steady))
    down, acks = p['time'][(p['up'] == -1) & (p['length'] > 0)], p['time'][(p['up'] == -1) & (p['length'] == 0)]
    def next_after(times):
        place = np.searchsorted(times, steady, side='right')
        return np.where(place < len(times), times[np.minimum(place, len(times) - 1)] - steady, 1.0) if len(times) else np.ones(len(steady))
    index = np.round((steady - steady[0]) / grid)
    # lateness against the grid as it is nearby
    residual = steady - steady[0] - index * grid
    local = residual - np.convolve(np.pad(residual, 12, mode='edge'), np.ones(25) / 25, mode='valid')
    gap = np.diff(steady, prepend=steady[0] - grid)
    x = np.column_stack([gap, local, next_after(down), next_after(acks), up['length'][up['time'] > 1.0], up['window'][up['time'] > 1.0]])
    carried = np.zeros(len(steady), bool)
    place = np.searchsorted(steady, keys + 0.002)
    carried[place[place < len(steady)]] = True
    inside = (steady >= keys[0] - 0.5) & (steady <= keys[-1] + 0.5)
    return shifted(x, KEYS_BEFORE, KEYS_AFTER)[inside], carried[inside]


def keystrokes(traces, jobs=2):
    """How well the moments of keys are found; by bins of 20 ms, and by frames."""
    result = {}
    for name, function in (('bins', binned), ('frames', framed)):
        parts = [(found, '%s/%d' % (trace['run'], trace['seed'])) for trace in traces for found in [function(trace)] if found and found[1].any()]
        if len({run for _, run in parts}) < 2:
            continue
        x, y = np.vstack([part[0][0] for part in parts]), np.concatenate([part[0][1] for part in parts]).astype(int)
        groups = np.concatenate([np.full(len(part[0][1]), part[1]) for part in parts])
        found = classify.two_class_auc(x, y, groups)
        if found:
            scores = found.pop('scores')
            found['correlation'] = float(pearsonr(scores, y)[0])
            # is a frame's own lateness enough? one number, nothing learnt
            if name == 'frames':
                from sklearn.metrics import roc_auc_score
                width = x.shape[1] // (KEYS_BEFORE + KEYS_AFTER + 1)
                found['single'] = {label: float(roc_auc_score(y, x[:, (KEYS_BEFORE + lag) * width + column])) for label, lag, column in
                                   (('gap before', 0, 0), ('lateness', 0, 1), ('gap after', 1, 0), ('peer answers', 0, 2), ('acknowledged', 0, 3))}
            result[name] = found
    return result or None


# --- idle and busy blocks in one session -----------------------------------------------------------------------------
def blocks(trace):
    """(start, end, busy) of each block, without the guards."""
    marks = [(what, when) for what, when in trace['events'] if what in ('busy', 'rest', 'over')]
    for (what, when), (_, after) in zip(marks[:-1], marks[1:]):
        guard = GUARD * (after - when)
        if what != 'over' and after - guard < trace['seconds']:
            yield when + guard, after - guard, what == 'busy'


def measures(packets, start, end):
    """What a block looks like from outside, and the gaps in it."""
    inside = packets[(packets['time'] >= start) & (packets['time'] < end)]
    values, gaps = [], {}
    for name, direction in (('up', 1), ('down', -1)):
        mine = inside[(inside['up'] == direction) & (inside['length'] > 0)]
        bare = inside[(inside['up'] == direction) & (inside['length'] == 0)]
        gap = np.diff(mine['time']) if len(mine) > 2 else np.zeros(2)
        gaps[name] = gap
        span = end - start
        quantiles = np.percentile(gap, [1, 5, 10, 25, 50, 75, 90, 95, 99])
        values += [len(mine) / span, mine['length'].sum() / span, len(bare) / span, gap.mean(), gap.std(), gap.min(), gap.max(), quantiles[5] - quantiles[3], *quantiles,
                   np.abs(gap - np.median(gap)).mean(), mine['length'].max(initial=0), mine['window'].min(initial=65535), len(np.unique(mine['window'])), np.diff(bare['time']).std() if len(bare) > 2 else 0]
    return values, gaps


MEASURES = ['%s.%s' % (side, what) for side in ('up', 'down') for what in ('packets', 'bytes', 'acks', 'gap mean', 'gap sd', 'gap min', 'gap max', 'gap IQR', 'p1', 'p5', 'p10', 'p25', 'p50', 'p75', 'p90',
                                                                     'p95', 'p99', 'deviation', 'size max', 'window min', 'windows', 'ack gap sd')]


def distance(histograms, busy):
    """The KS distance of two sums of histograms."""
    one, two = histograms[busy].sum(0), histograms[~busy].sum(0)
    return float(np.abs(np.cumsum(one) / max(1, one.sum()) - np.cumsum(two) / max(1, two.sum())).max())


def idle_against_busy(traces, permutations=1000, seed=7):
    rows, labels, runs, sessions, gaps = [], [], [], [], []
    for number, trace in enumerate(traces):
        for start, end, busy in blocks(trace):
            values, gap = measures(trace['packets'], start, end)
            rows.append(values)
            gaps.append(gap)
            labels.append(busy)
            runs.append(trace['run'] + '/%d' % number)
            sessions.append(number)
    if len(labels) < 40 or len(set(sessions)) < 2:
        return None
    x, y, sessions = np.array(rows), np.array(labels), np.array(sessions)
    result, chance = {'blocks': int(len(y)), 'busy': int(y.sum()), 'sessions': int(len(set(sessions)))}, np.random.default_rng(seed)
    for side in ('up', 'down'):
        pooled = np.concatenate([gap[side] for gap in gaps])
        edges = np.unique(np.quantile(pooled, np.linspace(0, 1, 801)))
        if len(edges) < 3:
            edges = np.array([0, 0.5, 1.0])
        histograms = np.array([np.histogram(np.clip(gap[side], edges[0], edges[-1]), edges)[0] for gap in gaps])
        seen, drawn = distance(histograms, y), []
        for _ in range(permutations):
            mixed = y.copy()
            for session in set(sessions):  # labels move inside their session: gaps hang together
                mixed[sessions == session] = chance.permutation(y[sessions == session])
            drawn.append(distance(histograms, mixed))
        result[side] = {'ks': seen, 'null_99': float(np.quantile(drawn, 0.99)), 'p': float((1 + sum(d >= seen for d in drawn)) / (permutations + 1)), 'gaps': int(len(pooled))}
    from sklearn.metrics import roc_auc_score
    result['single'] = {name: float(roc_auc_score(y, x[:, i])) for i, name in enumerate(MEASURES)}
    found = classify.two_class_auc(x, y.astype(int), np.array(runs))
    if found:
        found.pop('scores')
        result['detection'] = found
    return result


def began_or_ended(traces, jobs=2):
    """Start and end: is half a second before the work told from half a second after its beginning, and likewise at its end?"""
    result = {}
    for which in ('begin', 'end'):
        rows, labels, groups = [], [], []
        for trace in traces:
            when = next((when for what, when in trace['events'] if what == which), None)
            if when is None or when < 1.6 or when > trace['seconds'] - 1.1:
                continue
            for start, label in ((when - 1.0, 0), (when + 0.05, 1)):
                values, _ = measures(trace['packets'], start, start + 0.95)
                rows.append(values)
                labels.append(label)
                groups.append(trace['run'])
        if len(labels) >= 40:
            found = classify.two_class_auc(np.array(rows), np.array(labels), np.array(groups))
            if found:
                found.pop('scores')
                result[which] = found
    return result or None
