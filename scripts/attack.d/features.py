"""What the published attacks look at in a trace, and what this protocol in particular might show: one row of numbers for each trace."""
import warnings

import numpy as np
from scipy.stats import skew

import capture

DECILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
SIZES = (1, 40, 80, 160, 320, 768, 769, 1449, 1536, 1537, 2304, 2305, 4096, 8192, 16384, 32768, 1 << 30)
BINS = 24


def spread(name, values, out, tails=True):
    """Count-free shape of a sample."""
    if len(values) < 2:
        values = np.zeros(2)
    out[name + '.mean'], out[name + '.sd'] = values.mean(), values.std()
    out[name + '.skew'] = skew(values) if values.std() > 1e-12 else 0.0
    if tails:
        for percent, value in zip(DECILES, np.percentile(values, DECILES)):
            out['%s.p%d' % (name, percent)] = value
        out[name + '.max'], out[name + '.min'] = values.max(), values.min()


def windows(values, times, width, seconds, function):
    edges = np.searchsorted(times, np.arange(0, seconds + 1e-9, width))
    return np.array([function(values[a:b]) if b > a + 2 else 0.0 for a, b in zip(edges[:-1], edges[1:])])


def cumul(packets):
    """The 100 points of the cumulative signed bytes, as in CUMUL, over the packets and over time."""
    data = packets[packets['length'] > 0]
    if len(data) == 0:
        return np.zeros(200)
    total = np.cumsum(data['length'].astype(float) * data['up'])
    by_packet = np.interp(np.linspace(0, len(total) - 1, 100), np.arange(len(total)), total)
    by_time = total[np.clip(np.searchsorted(data['time'], np.linspace(0, packets['time'][-1], 100), side='right') - 1, 0, None)]
    return np.concatenate([by_packet, by_time])


def row(packets, seconds):
    out = {}
    time, up, length = packets['time'], packets['up'], packets['length']
    data = length > 0
    for name, direction in (('up', 1), ('down', -1)):
        mine = up == direction
        full, bare = mine & data, mine & ~data
        t, size = time[full], length[full].astype(float)
        out[name + '.packets'], out[name + '.bytes'], out[name + '.acks'] = full.sum(), size.sum(), bare.sum()
        out[name + '.push'] = (packets['flags'][full] & capture.PSH > 0).mean() if full.any() else 0
        for flag, bit in (('fin', capture.FIN), ('rst', capture.RST)):
            hits = time[mine & (packets['flags'] & bit > 0)]
            out['%s.%s' % (name, flag)] = hits[0] if len(hits) else seconds + 1
        out[name + '.last'] = t[-1] if len(t) else 0
        out[name + '.tos'] = packets['tos'][mine].max(initial=0)
        out[name + '.retransmits'] = (np.diff(packets['seq'][full].astype(np.int64)) <= 0).sum()
        spread(name + '.size', size, out)
        for low, high in zip(SIZES[:-1], SIZES[1:]):
            out['%s.size%d' % (name, low)] = ((size >= low) & (size < high)).sum()
        out[name + '.sizes'] = len(np.unique(size))
        gaps = np.diff(t)
        spread(name + '.gap', gaps, out)
        steady = np.diff(t[t > 1.0])
        deviation = np.abs(steady - np.median(steady)) if len(steady) else steady
        spread(name + '.deviation', deviation, out)
        for limit in (0.0005, 0.001, 0.003, 0.005, 0.01, 0.03):
            out['%s.late%g' % (name, limit)] = (deviation > limit).mean() if len(deviation) else 0
        spread(name + '.ackgap', np.diff(time[bare]), out)
        win = packets['window'][mine & (packets['flags'] & capture.SYN == 0)].astype(float)
        spread(name + '.window', win, out)
        out[name + '.windows'] = len(np.unique(win))
        # in time: as it comes, and sorted, so that it does not matter when
        per_bin = np.histogram(t, BINS, (0, seconds), weights=size)[0]
        counts = np.histogram(t, BINS, (0, seconds))[0].astype(float)
        for kind, values in (('bytes', per_bin), ('count', counts), ('acks', np.histogram(time[bare], BINS, (0, seconds))[0].astype(float))):
            for i, value in enumerate(values):
                out['%s.%s.at%d' % (name, kind, i)] = value
            for i, value in enumerate(np.sort(values)):
                out['%s.%s.rank%d' % (name, kind, i)] = value
        for kind, values in (('sd', windows(gaps, t[1:], 0.25, seconds, np.std)), ('top', windows(gaps, t[1:], 0.25, seconds, np.max)), ('low', windows(gaps, t[1:], 0.25, seconds, np.min)),
                             ('win', windows(packets['window'][mine].astype(float), time[mine], 0.25, seconds, np.min))):
            spread('%s.quarter.%s' % (name, kind), values, out)
        for until in (0.05, 0.1, 0.2, 0.5, 1, 2):
            out['%s.first%g' % (name, until)] = size[t < until].sum()
            out['%s.firstcount%g' % (name, until)] = (t < until).sum()
        for i in range(30):
            out['%s.gap%d' % (name, i)] = gaps[i] if i < len(gaps) else 0
        # bursts: data of this direction with nothing longer than 5 ms between
        if len(t):
            burst = np.diff(np.flatnonzero(np.concatenate([[True], gaps > 0.005, [True]])))
            spread(name + '.burst', burst.astype(float), out)
            out[name + '.bursts'] = len(burst)
        else:
            spread(name + '.burst', np.zeros(2), out)
            out[name + '.bursts'] = 0
        # the rhythm
        rate = np.histogram(t, int(seconds * 200), (0, seconds))[0].astype(float)
        power = np.abs(np.fft.rfft(rate - rate.mean())) ** 2
        total = power.sum() + 1e-9
        for i, peak in enumerate(np.argsort(power)[::-1][:3]):
            out['%s.peak%d' % (name, i)], out['%s.power%d' % (name, i)] = peak / seconds, power[peak] / total
        out[name + '.entropy'] = -(power / total * np.log2(power / total + 1e-12)).sum()
        # how soon the other side answers, with data and with anything
        other, other_any = time[(up == -direction) & data], time[up == -direction]
        for kind, later in (('answer', other), ('heard', other_any)):
            if len(later) and len(t):
                place = np.searchsorted(later, t, side='right')
                inside = place < len(later)
                spread('%s.%s' % (name, kind), later[place[inside]] - t[inside], out)
            else:
                spread('%s.%s' % (name, kind), np.zeros(2), out)
    sizes = (length * up)[data][:30]
    turns = np.flatnonzero(np.diff(up[data])) if data.any() else np.zeros(0)
    out['turns'] = len(turns)
    runs = np.diff(turns)
    spread('runs', runs.astype(float), out)
    for i in range(30):
        out['size%d' % i] = sizes[i] if i < len(sizes) else 0
    for i, value in enumerate(cumul(packets)):
        out['cumul%d' % i] = value
    return out


def table(traces, until=None):
    """(names, matrix) of all traces; with `until` only of what comes before that second."""
    rows, names = [], None
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for trace in traces:
            packets = trace['packets'] if until is None else trace['packets'][trace['packets']['time'] < until]
            values = row(packets, until or trace['seconds'])
            names = names or list(values)
            rows.append([values[name] for name in names])
    return names, np.nan_to_num(np.array(rows, dtype=float))
