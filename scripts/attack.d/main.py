"""scripts/attack: records, attacks, tells."""
import argparse
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('OMP_NUM_THREADS', '1')  # OpenMP's threads spin against one another where processors are few
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bytetests
import campaign
import classify
import report
import timing
import workloads
from world import MODES, ROOT, World


def log(text):
    print(text, flush=True)


def supported(dist):
    """The modes that this build has: the option of a stealth mode is one that `qssh -G` takes."""
    def takes(options):
        return subprocess.run([os.path.join(dist, 'bin', 'qssh'), '-F', 'none', *options, '-G', 'nowhere'], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
    return [mode for mode in ('openssh', 'control', 'low', 'default', 'stealth') if MODES[mode]['tool'] == 'ssh' or takes(MODES[mode]['options'])]


def control_dist(dist, folder):
    """A copy of the distribution whose schedule is no schedule: frames leave when there is something to say. The product has no such switch."""
    copy = os.path.join(folder, 'dist')
    subprocess.run(['cp', '-a', '--reflink=auto', dist, copy], check=True)
    jar = next(os.path.join(copy, 'lib', name) for name in os.listdir(os.path.join(copy, 'lib')) if name.startswith('qnsp-stealth-'))
    classes = os.path.join(folder, 'classes')
    java = os.environ['JAVA_HOME']
    sources = [os.path.join(where, name) for where, _, names in os.walk(os.path.join(os.path.dirname(__file__), 'control')) for name in names if name.endswith('.java')]
    subprocess.run([java + '/bin/javac', '--release', '25', '-cp', jar, '-d', classes, *sources], check=True)
    subprocess.run([java + '/bin/jar', 'uf', jar, '-C', classes, '.'], check=True)
    # start-up caches are of the jars as they were
    for where, _, names in os.walk(os.path.join(copy, 'lib')):
        for name in names:
            if re.search(r'\.(aot|jsa)$', name):
                os.unlink(os.path.join(where, name))
    return copy


def plain(value):
    """What numpy made, as JSON has it."""
    return value.item()


def machine():
    def said(*command):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
            return (done.stdout + done.stderr).strip().splitlines()[0]
        except (OSError, IndexError):
            return 'unknown'
    with open('/proc/cpuinfo') as file:
        model = next((line.split(':')[1].strip() for line in file if line.startswith('model name')), platform.machine())
    import numpy
    import scipy
    import sklearn
    return {'processor': model, 'processors': os.cpu_count(), 'kernel': platform.release(), 'openssh': said('ssh', '-V'), 'tcpdump': said('/usr/bin/tcpdump', '--version'),
            'python': platform.python_version(), 'numpy': numpy.__version__, 'scipy': scipy.__version__, 'scikit-learn': sklearn.__version__,
            'commit': said('git', '-C', ROOT, 'rev-parse', '--short=12', 'HEAD'), 'congestion_control': open('/proc/sys/net/ipv4/tcp_congestion_control').read().strip()}


def questions(traces):
    """(name, labels, traces, seconds to look at) of everything that is asked of one mode."""
    labels = {trace['label'] for trace in traces}
    main = [label for label in workloads.MAIN if label in labels]
    quiet = [label for label in workloads.QUIET if label in labels]
    found = [('workload', main, traces, None), ('quiet workload', quiet, traces, None)]
    refused = [trace for trace in traces if trace['label'] == 'refused']
    if refused:
        accepted = [trace for trace in traces if trace['label'] in main and trace['label'] != 'refused']
        accepted = random.Random(1).sample(accepted, min(len(accepted), len(refused)))
        found.append(('login refused', ['accepted', 'refused'], [trace | {'label': 'accepted'} for trace in accepted] + refused, 0.49))
    for name, of in workloads.FINER.items():
        here = [label for label in of if label in labels]
        if len(here) > 1:
            found.append((name, here, traces, 0.49 if name == 'login' else None))
    return [(name, names, mine, until) for name, names, mine, until in found if len(names) > 1]


def analyse(folder, arguments, info):
    traces, runs = campaign.load(os.path.join(folder, 'main'))
    long_traces, long_runs = campaign.load(os.path.join(folder, 'blocks')) if os.path.isdir(os.path.join(folder, 'blocks')) else ([], [])
    result = {'machine': info, 'runs': runs + long_runs, 'modes': {}, 'seconds': traces[0]['seconds'] if traces else 0}
    for mode in [mode for mode in MODES if any(trace['mode'] == mode for trace in traces)]:
        mine = [trace for trace in traces if trace['mode'] == mode]
        longs = [trace for trace in long_traces if trace['mode'] == mode]
        entry = result['modes'][mode] = {'traces': len(mine), 'questions': {}}
        for name, labels, of, until in questions(mine):
            log('  %s: %s, %d labels' % (mode, name, len(labels)))
            found = classify.attack(of, labels, trees=arguments.trees, folds=arguments.folds, jobs=arguments.jobs, until=until, log=log)
            if found:
                entry['questions'][name] = found
        entry['keystrokes'] = timing.keystrokes([trace for trace in mine + longs if trace['label'] in ('typing', 'blocks:keys', 'coin')])
        entry['began or ended'] = timing.began_or_ended([trace for trace in mine if trace['label'] in workloads.QUIET and trace['label'] != 'idle'])
        entry['blocks'] = {label.split(':')[1]: found for label in workloads.BLOCKS if ':' in label for found in [timing.idle_against_busy([trace for trace in longs if trace['label'] == label])] if found}
        for key in ('keystrokes', 'began or ended', 'blocks'):
            log('  %s: %s: %s' % (mode, key, json.dumps(entry[key])[:400]))
    return result, traces


def main():
    parser = argparse.ArgumentParser(prog='scripts/attack', description=__doc__)
    parser.add_argument('--smoke', action='store_true', help='minutes, not hours: whether all of it works and nothing is grossly wrong')
    parser.add_argument('--modes', help='of openssh, control, low, default, stealth, with commas; all that this build has')
    parser.add_argument('--labels', help='workloads, with commas; main for the 12, finer for the finer questions')
    parser.add_argument('--traces', type=int, help='of each label in each mode (120; smoke 8)')
    parser.add_argument('--seconds', type=float, help='that each trace lasts (12; smoke 6)')
    parser.add_argument('--parallel', type=int, default=8, help='sessions at a time (8)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='processors for the classifiers')
    parser.add_argument('--blocks', type=int, help='sessions of a minute of idle and busy seconds in each mode (16; smoke 2)')
    parser.add_argument('--frames', type=int, help='of each kind for the byte tests (100000; smoke 10000; 0: none)')
    parser.add_argument('--hours', type=float, help='stop recording after so long; what there is then is attacked')
    parser.add_argument('--dist', default='dist', help='the build to attack (dist)')
    parser.add_argument('--trees', type=int, default=300)
    parser.add_argument('--folds', type=int, default=5)
    parser.add_argument('--seed', type=int, default=20260722)
    parser.add_argument('--folder', help='where recordings go (target/attack); what is there already is kept and counts')
    parser.add_argument('--record-only', action='store_true', help='attacks nothing yet')
    parser.add_argument('--report-only', metavar='DIR', help='records nothing: attacks what is in DIR')
    parser.add_argument('--out', help='where the report goes (docs/stealth-report; smoke: target/attack-smoke/report)')
    arguments = parser.parse_args()
    smoke = arguments.smoke
    os.chdir(ROOT)
    dist = os.path.abspath(arguments.dist)
    traces = arguments.traces or (8 if smoke else 120)
    seconds = arguments.seconds or (6 if smoke else 12)
    blocks = arguments.blocks if arguments.blocks is not None else (2 if smoke else 16)
    frames = arguments.frames if arguments.frames is not None else (10_000 if smoke else 100_000)
    folder = arguments.report_only or arguments.folder or ('target/attack-smoke' if smoke else 'target/attack')
    out = arguments.out or (os.path.join(folder, 'report') if smoke else 'docs/stealth-report')
    labels = []
    for word in (arguments.labels or ('main' if smoke else 'main,finer')).split(','):
        labels += workloads.MAIN if word == 'main' else sum(workloads.FINER.values(), []) if word == 'finer' else [word]
    began = time.time()
    stop_at = began + 3600 * arguments.hours if arguments.hours else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('attack: ended'))  # so that the user and the daemons do not stay behind
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)

    if not arguments.report_only:
        modes = arguments.modes.split(',') if arguments.modes else supported(dist)
        if smoke and not arguments.modes:
            modes = [mode for mode in modes if mode not in ('control', 'low')]
        work = tempfile.mkdtemp(prefix='qnsp-attack-control.')
        os.chmod(work, 0o755)
        try:
            control = control_dist(dist, work) if 'control' in modes else None
            with World(modes, arguments.parallel, dist, control, log) as world:
                main_folder, block_folder = os.path.join(folder, 'main'), os.path.join(folder, 'blocks')
                done = len([name for name in os.listdir(main_folder) if name.endswith('.json')]) if os.path.isdir(main_folder) else 0
                expected = traces * len(labels) * len(modes) * (seconds + 3) / arguments.parallel
                log('modes %s; %d traces of %d labels each, %g s: about %.1f hours' % (', '.join(modes), traces, len(labels), seconds, expected / 3600))
                failures = campaign.record(world, campaign.plan(modes, labels, traces, arguments.seed + done), seconds, main_folder, log, stop_at, done)[1]
                if blocks:
                    done = len([name for name in os.listdir(block_folder) if name.endswith('.json')]) if os.path.isdir(block_folder) else 0
                    plan = campaign.plan(modes, workloads.BLOCKS, blocks, arguments.seed + 1 + done)
                    failures |= campaign.record(world, plan, 24 if smoke else 60, block_folder, log, None, done)[1]
                for why, count in sorted(failures.items(), key=lambda item: -item[1]):
                    log('not counted: %d of %s' % (count, why))
                byte_results = {}
                if frames:
                    for mode in [mode for mode in modes if mode not in ('openssh', 'control') and not (smoke and mode != 'default')]:
                        log('bytes: ' + mode)
                        byte_results[mode] = bytetests.examine(bytetests.gather(world, mode, frames, folder, log), log, not smoke)
                with open(os.path.join(folder, 'recorded.json'), 'w') as file:
                    json.dump({'failures': failures, 'bytes': byte_results, 'arguments': vars(arguments), 'machine': machine()}, file, default=plain)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    if arguments.record_only:
        return 0
    recorded = {}
    if os.path.exists(os.path.join(folder, 'recorded.json')):
        with open(os.path.join(folder, 'recorded.json')) as file:
            recorded = json.load(file)
    result, all_traces = analyse(folder, arguments, recorded.get('machine') or machine())
    result |= {'bytes': recorded.get('bytes', {}), 'not counted': recorded.get('failures', {}), 'arguments': recorded.get('arguments', vars(arguments)), 'took_seconds': round(time.time() - began)}
    report.write(result, all_traces, out)
    log('report: ' + os.path.join(out, 'README.md'))
    verdicts = report.verdicts(result)
    for name, good, what in verdicts:
        log('%s  %s: %s' % ({True: 'ok  ', False: 'FAIL', None: 'open'}[good], name, what))
    return 0 if all(good for _, good, _ in verdicts) else 1


if __name__ == '__main__':
    sys.exit(main())
