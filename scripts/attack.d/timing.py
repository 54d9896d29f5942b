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


def tossed(trace):
    """(features, whether a key was pressed) of each moment at which a coin said so or not: all packets around it, sizes and times."""
    moments = [(when, what == 'key') for what, when in trace['events'] if what in ('key', 'phantom') and 1.5 < when < trace['seconds'] - 0.5]
    if len(moments) < 10:
        return None
    p, columns = trace['packets'], []
    when = np.array([moment for moment, _ in moments])
    for direction in (1, -1):
        for data in (True, False):
            mine = p[(p['up'] == direction) & ((p['length'] > 0) == data)]
            padded = np.concatenate([np.full(4, -1.0), mine['time'], np.full(KEYS_AFTER + 1, trace['seconds'] + 1)])
            place = np.searchsorted(mine['time'], when) + 4
            around = np.stack([padded[place + lag] for lag in range(-3, KEYS_AFTER)], 1)
            columns += [np.diff(around, axis=1), np.clip(around - when[:, None], -0.5, 0.5)]
            if data:
                sizes = np.concatenate([np.zeros(4), mine['length'], np.zeros(KEYS_AFTER + 1)])
                columns.append(np.stack([sizes[place + lag] for lag in range(-2, 6)], 1))
            columns.append(np.stack([np.searchsorted(mine['time'], when + later) - np.searchsorted(mine['time'], when) for later in (0.01, 0.03, 0.1)], 1))
    return np.hstack(columns), np.array([key for _, key in moments])


def keystrokes(traces, jobs=2):
    """How well the moments of keys are found in bins of 20 ms; and, where the moments are given away, whether a key was pressed then."""
    result = {}
    for name, function in (('bins', binned), ('moments', tossed)):
        if name == 'bins':
            chosen = [trace for trace in traces if trace['label'] != 'coin']
        else:
            chosen = [trace for trace in traces if trace['label'] == 'coin']
        parts = [(found, '%s/%d' % (trace['run'], trace['seed'])) for trace in chosen for found in [function(trace)] if found and found[1].any()]
        if len({run for _, run in parts}) < 2:
            continue
        x, y = np.vstack([part[0][0] for part in parts]), np.concatenate([part[0][1] for part in parts]).astype(int)
        groups = np.concatenate([np.full(len(part[0][1]), part[1]) for part in parts])
        found = classify.two_class_auc(x, y, groups)
        if found:
            scores = found.pop('scores')
            found['correlation'] = float(pearsonr(scores, y)[0])
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
    if len(labels) < 24 or len(set(sessions)) < 2:
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
    # who watches a session knows how it usually looks
    own = x.copy()
    for session in set(sessions):
        mine = x[sessions == session]
        width = np.subtract(*np.percentile(mine, [75, 25], axis=0))
        own[sessions == session] = np.clip((mine - np.median(mine, 0)) / np.where(width > 0, width, 1), -5, 5)
    found = classify.two_class_auc(own, y.astype(int), np.array(runs), forest=True)
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
            found = classify.two_class_auc(np.array(rows), np.array(labels), np.array(groups), forest=True)
            if found:
                found.pop('scores')
                result[which] = found
    return result or None
