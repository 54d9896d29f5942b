"""docs/stealth-report: tables and pictures that a person understands, and every figure in results.json."""
import json
import os

import matplotlib
matplotlib.use('Agg')
matplotlib.rcParams['svg.hashsalt'] = 'qnsp'
import matplotlib.pyplot as plt
import numpy as np

NAMES = {'openssh': 'OpenSSH', 'control': 'QNSP, cover off (control)', 'low': 'QNSP --padding=low', 'default': 'QNSP default', 'stealth': 'QNSP --stealth'}
COLOURS = {'openssh': '#c0392b', 'control': '#e08e45', 'low': '#d4ac0d', 'default': '#2e86c1', 'stealth': '#1e8449'}
QUESTIONS = {'workload': 'which of 12 workloads', 'quiet workload': 'which of 7 quiet workloads', 'login refused': 'login refused or not, first 490 ms', 'login': 'which of 5 kinds of login, first 490 ms', 'command': 'which of 10 commands', 'page': 'which of 8 pages',
             'size': 'size of what was sent', 'copy': 'size of a copy of its own (scp, qscp)', 'length': 'length of a password'}


def best(question):
    return question['classifiers'][question['best']]


def percent(value):
    return '%.1f %%' % (100 * value)


VERDICTS = {True: 'holds', False: '**fails**', None: 'open: chance is within the interval, which is too wide to claim it'}


def verdicts(result):
    """(name, whether it is as claimed, or None where there are too few traces to tell, figures). Modes that hide nothing by design are the controls: they must be told apart, or the attack is too weak to say anything."""
    small = bool(result['arguments'].get('smoke'))
    found = []
    for mode, entry in result['modes'].items():
        questions = entry['questions']
        if mode in ('openssh', 'control') and 'workload' in questions:
            figure = best(questions['workload'])
            found.append(('%s is seen through' % NAMES[mode], figure['accuracy'] >= (0.85 if small else 0.95), percent(figure['accuracy'])))
        for name, question in questions.items():
            hidden = mode == 'stealth' and name != 'copy' or mode == 'default' and name in ('quiet workload', 'login refused', 'login', 'command', 'page', 'length')
            if hidden:
                figure = best(question)
                margin = 0.05 if len(question['labels']) == 2 else 0.03
                # few traces cannot show that nothing is there; they can show that something is
                good = figure['low'] <= figure['chance'] + margin if small else figure['high'] <= figure['chance'] + margin
                good = None if not good and figure['low'] <= figure['chance'] else bool(good)
                found.append(('%s: %s' % (NAMES[mode], QUESTIONS[name]), good, '%s (%s to %s), chance %s' % tuple(map(percent, (figure['accuracy'], figure['low'], figure['high'], figure['chance'])))))
        if mode in ('default', 'stealth'):
            for kind, keys in (entry.get('keystrokes') or {}).items():
                good = keys['low'] <= 0.53 if small else keys['auc'] <= 0.53
                found.append(('%s: times of keys, by %s' % (NAMES[mode], kind), bool(good), 'AUC %.3f (%.3f to %.3f)' % (keys['auc'], keys['low'], keys['high'])))
            for kind, block in (entry.get('blocks') or {}).items():
                for side in ('up', 'down'):
                    good = block[side]['ks'] < 0.05 and block[side]['p'] > 0.01
                    found.append(('%s: idle against %s, gaps %s' % (NAMES[mode], kind, side), bool(good), 'KS %.3f, p %.3f' % (block[side]['ks'], block[side]['p'])))
    for mode, found_bytes in result.get('bytes', {}).items():
        found.append(('%s: bytes' % NAMES[mode], bool(found_bytes['pass']), 'all tests' if found_bytes['pass'] else 'see the table'))
    return found


# --- pictures ---------------------------------------------------------------------------------------------------------
def save(figure, out, name):
    figure.savefig(os.path.join(out, name + '.svg'), bbox_inches='tight', metadata={'Date': None})
    plt.close(figure)


def wire(traces, modes, out):
    shown = [label for label in ('idle', 'typing', 'short', 'browse', 'cat1m', 'up10m', 'refused') if any(t['label'] == label for t in traces)]
    if not shown:
        return  # finer questions alone
    figure, axes = plt.subplots(len(modes), len(shown), figsize=(2.3 * len(shown), 1.7 * len(modes)), sharex=True, squeeze=False)
    for row, mode in zip(axes, modes):
        for axis, label in zip(row, shown):
            trace = next((t for t in traces if t['mode'] == mode and t['label'] == label), None)
            if trace:
                p, seconds = trace['packets'], trace['seconds']
                edges = np.arange(0, seconds + 0.1, 0.1)
                for direction in (1, -1):
                    mine = p[p['up'] == direction]
                    axis.fill_between(edges[:-1], direction * np.histogram(mine['time'], edges, weights=mine['length'])[0] / 100, step='post', color=COLOURS[mode], alpha=0.9 if direction == 1 else 0.5, lw=0)
                limit = max(40, np.abs(axis.get_ylim()).max())
                axis.set_ylim(-limit, limit)
                axis.set_xlim(0, seconds)
            axis.tick_params(labelsize=6)
            if row is axes[0]:
                axis.set_title(label, fontsize=9)
        row[0].set_ylabel(NAMES[mode].replace(' (', '\n('), fontsize=7)
    figure.suptitle('What an observer sees: kB/s from the client (up) and from the server (down), over seconds', fontsize=10)
    figure.tight_layout()
    save(figure, out, 'wire')


def accuracy(result, out):
    questions = [name for name in QUESTIONS if any(name in entry['questions'] for entry in result['modes'].values())]
    if not questions:
        return
    figure, axis = plt.subplots(figsize=(1.6 * len(questions) + 2, 3.6))
    modes = list(result['modes'])
    width = 0.8 / len(modes)
    for i, mode in enumerate(modes):
        for j, name in enumerate(questions):
            question = result['modes'][mode]['questions'].get(name)
            if question:
                figure_ = best(question)
                x = j - 0.4 + (i + 0.5) * width
                axis.bar(x, 100 * figure_['accuracy'], width * 0.92, color=COLOURS[mode], label=NAMES[mode] if j == 0 else None)
                axis.plot([x, x], [100 * figure_['low'], 100 * figure_['high']], color='black', lw=1)
                axis.plot([x - width / 2, x + width / 2], [100 * figure_['chance']] * 2, color='black', lw=1, ls=':')
    axis.set_xticks(range(len(questions)))
    axis.set_xticklabels([QUESTIONS[name].replace(' of ', ' of\n', 1).replace(', ', ',\n') for name in questions], fontsize=7)
    axis.set_ylim(0, 100)
    axis.set_ylabel('right answers, % (dotted: guessing)', fontsize=8)
    axis.legend(fontsize=7, ncol=len(modes), loc='upper center', bbox_to_anchor=(0.5, 1.15), frameon=False)
    save(figure, out, 'accuracy')


def confusions(result, out):
    modes = [mode for mode, entry in result['modes'].items() if 'workload' in entry['questions']]
    if not modes:
        return
    figure, axes = plt.subplots(1, len(modes), figsize=(3.4 * len(modes), 3.6), squeeze=False)
    for axis, mode in zip(axes[0], modes):
        question = result['modes'][mode]['questions']['workload']
        table = np.array(best(question)['confusion'], float)
        axis.imshow(table / np.maximum(1, table.sum(1, keepdims=True)), cmap='Blues', vmin=0, vmax=1)
        axis.set_xticks(range(len(table)))
        axis.set_xticklabels(question['labels'], rotation=90, fontsize=6)
        axis.set_yticks(range(len(table)))
        axis.set_yticklabels(question['labels'] if mode == modes[0] else [], fontsize=6)
        axis.set_title('%s\n%s right' % (NAMES[mode], percent(best(question)['accuracy'])), fontsize=8)
    axes[0][0].set_ylabel('what was done', fontsize=8)
    figure.supxlabel('what the attack said (a diagonal is an attack that succeeds)', fontsize=8)
    figure.tight_layout()
    save(figure, out, 'confusion')


def times(result, out):
    bars = []
    for mode, entry in result['modes'].items():
        for kind, found in (entry.get('keystrokes') or {}).items():
            bars.append((mode, 'keys (%s)' % kind, found))
        for kind, found in (entry.get('blocks') or {}).items():
            if 'detection' in found:
                bars.append((mode, 'busy second (%s)' % kind, found['detection']))
        for kind, found in (entry.get('began or ended') or {}).items():
            bars.append((mode, 'that work %s' % {'begin': 'began', 'end': 'ended'}[kind], found))
    if not bars:
        return
    figure, axis = plt.subplots(figsize=(7, 0.24 * len(bars) + 1))
    for i, (mode, name, found) in enumerate(bars):
        axis.barh(i, found['auc'] - 0.5, left=0.5, color=COLOURS[mode])
        axis.plot([found['low'], found['high']], [i, i], color='black', lw=1)
    axis.set_yticks(range(len(bars)))
    axis.set_yticklabels(['%s: %s' % (NAMES[mode], name) for mode, name, _ in bars], fontsize=7)
    axis.invert_yaxis()
    axis.axvline(0.5, color='black', lw=0.8)
    axis.set_xlim(0.4, 1)
    axis.set_xlabel('AUC: 0.5 is guessing, 1.0 is always right', fontsize=8)
    save(figure, out, 'times')


# --- words ------------------------------------------------------------------------------------------------------------
def rows(head, lines):
    return '\n'.join(['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head), *('| ' + ' | '.join(map(str, line)) + ' |' for line in lines)]) + '\n'


def write(result, traces, out):
    os.makedirs(out, exist_ok=True)
    modes = list(result['modes'])
    wire(traces, modes, out)
    accuracy(result, out)
    confusions(result, out)
    times(result, out)
    arguments, info = result['arguments'], result['machine']
    text = ['# What attacks make of the wire', '',
            'Written by `scripts/attack`, which records real sessions on loopback, has published classifiers tell from sizes and times of packets what was done in them, and tests the bytes. '
            'A wrong guess is what we want; plain OpenSSH, put to the same attack, shows that the attack is strong enough to find what is there.', '',
            *(['![What an observer sees](wire.svg)', ''] if os.path.exists(os.path.join(out, 'wire.svg')) else []), '![How often attacks are right](accuracy.svg)', '', '![What they confuse](confusion.svg)', '', '![Times](times.svg)', '', '## Verdicts', '',
            rows(['', 'claim', 'figures'], [[VERDICTS[good], name, what] for name, good, what in verdicts(result)]),
            '## Which of them', '',
            'The best of five classifiers each (forest, k-fingerprinting, nearest neighbours, boosting, logistic regression on the cumulative curve), which favours the attack. Intervals: Clopper-Pearson, 95 %. '
            'Folds keep the traces of one run together.', '']
    for name, title in QUESTIONS.items():
        lines = []
        for mode in modes:
            question = result['modes'][mode]['questions'].get(name)
            if question:
                f = best(question)
                lines.append([NAMES[mode], '%s (%s to %s)' % tuple(map(percent, (f['accuracy'], f['low'], f['high']))), percent(f['chance']), percent(f['tpr_at_1_fpr']), '%.2f' % f['mi_bits'], '%.2f' % f['min_entropy_leakage_bits'],
                              f['n'], question['best']])
        if lines:
            text += ['### ' + title[0].upper() + title[1:], '', rows(['mode', 'right', 'guessing', 'hits at 1 % false alarms', 'information, bits', 'min-entropy leakage, bits', 'traces', 'by'], lines)]
    text += ['## When', '', 'Area under the curve; 0.5 is guessing. Keys, by bins: was one pressed in these 20 ms, from all packets around. Keys, by moments: the attack is told moments at which a coin decided whether a key was pressed, and has to tell the coin. Busy: one second of a session against another.', '']
    lines = []
    for mode in modes:
        entry = result['modes'][mode]
        for kind, f in (entry.get('keystrokes') or {}).items():
            lines.append([NAMES[mode], 'keys, by ' + kind, '%.3f (%.3f to %.3f)' % (f['auc'], f['low'], f['high']), '%.3f' % f['correlation'], '%d of %d' % (f['positive'], f['n'])])
        for kind, f in (entry.get('began or ended') or {}).items():
            lines.append([NAMES[mode], {'begin': 'that work began', 'end': 'that work ended'}[kind], '%.3f (%.3f to %.3f)' % (f['auc'], f['low'], f['high']), '', '%d of %d' % (f['positive'], f['n'])])
        for kind, f in (entry.get('blocks') or {}).items():
            if 'detection' in f:
                d = f['detection']
                lines.append([NAMES[mode], 'a busy second (%s)' % kind, '%.3f (%.3f to %.3f)' % (d['auc'], d['low'], d['high']), '', '%d of %d' % (d['positive'], d['n'])])
    text += [rows(['mode', 'what', 'AUC', 'correlation', 'positives'], lines), '### Gaps of idle against busy seconds', '', 'Distance of the two distributions within sessions; p by moving the labels of blocks about, 1000 times.', '']
    lines = [[NAMES[mode], kind, {'up': 'client', 'down': 'server'}[side], '%.4f' % f[side]['ks'], '%.4f' % f[side]['null_99'], '%.3f' % f[side]['p'], f['blocks']]
             for mode in modes for kind, f in (result['modes'][mode].get('blocks') or {}).items() for side in ('up', 'down')]
    text += [rows(['mode', 'busy with', 'sender', 'KS', '99 % of chance below', 'p', 'blocks'], lines)]
    if result.get('bytes'):
        text += ['## Bytes', '', 'Passing means that these tests see nothing, which ciphertext of any good cipher achieves; it says nothing of security.', '']
        for mode, f in result['bytes'].items():
            lines = [[kind, f['frames'].get(kind, ''), ', '.join('%s%s' % ('' if test['pass'] else '**fails** ', name) for name, test in tests.items())] for kind, tests in f['kinds'].items()]
            lines += [[kind, '', 'two-sample chi-square at each position: ' + ('no difference' if test['pass'] else '**differs**')] for kind, test in f['against'].items()]
            lines += [['dieharder, ' + name, '', {True: 'passes', False: '**fails**', None: 'needs more data than there is'}[test['pass']]] for name, test in f.get('dieharder', {}).items()]
            lines += [['planted: ' + name, '', 'caught by ' + ', '.join(test['caught_by']) if test['pass'] else '**not caught**'] for name, test in f['planted'].items()]
            text += ['### ' + NAMES[mode], '', rows(['frames', 'how many', 'tests passed'], lines)]
    text += ['## How', '',
             'Commit %s, %s traces of %g s, %s sessions at a time, seed %s; %d runs, %d left out for a busy host or lost packets. Not counted: %d sessions that failed to do what their label says (in `results.json`). Load average: %s.' %
             (info.get('commit'), sum(entry['traces'] for entry in result['modes'].values()), result['seconds'], arguments.get('parallel'), arguments.get('seed'), len(result['runs']),
              sum(run['steal'] > 0.05 or run['lost'] > 0 for run in result['runs']), sum(result.get('not counted', {}).values()),
              '%.1f to %.1f, other work of the machine included' % (min(run['load'] for run in result['runs']), max(run['load'] for run in result['runs']))), '',
             '%s, %s processors, Linux %s, %s; Python %s, numpy %s, scipy %s, scikit-learn %s. Sessions and daemons are an ordinary user\'s, without real-time priority; the path is loopback.' %
             (info['processor'], info['processors'], info['kernel'], info['openssh'].split(',')[0], info['python'], info['numpy'], info['scipy'], info['scikit-learn']), '',
             'What it does not say: that no other attack does better; that other paths and machines behave alike. Raw captures are not kept; their digests are in `results.json`.', '']
    with open(os.path.join(out, 'README.md'), 'w') as file:
        file.write('\n'.join(text))
    with open(os.path.join(out, 'results.json'), 'w') as file:
        json.dump(result | {'verdicts': verdicts(result)}, file, indent=1, sort_keys=True, default=lambda value: value.item())
        file.write('\n')
