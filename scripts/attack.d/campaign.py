"""Records labelled traces: runs of a minute or so, each with one capture and several workers; every run is a fold's unit."""
import json
import os
import random
import threading
import time

import numpy as np

import capture
import workloads


def plan(modes, labels, traces, seed):
    """(mode, label, seed) of every trace: complete rounds, each in random order, so that no label belongs to a time of day."""
    chance = random.Random(seed)
    found = []
    for _ in range(traces):
        batch = [(mode, label) for mode in modes for label in labels]
        chance.shuffle(batch)
        found += [(mode, label, chance.getrandbits(32)) for mode, label in batch]
    return found


def stolen():
    with open('/proc/stat') as file:
        times = list(map(int, file.readline().split()[1:]))
    return sum(times[:8]), times[7]


def record(world, traces, seconds, folder, log, stop_at=None, first_run=0):
    """Records these traces into `folder`/run-NNNN.npz and .json; returns how many of them count, and why others do not."""
    os.makedirs(folder, exist_ok=True)
    workers, run, kept, failures = world.workers, first_run, 0, {}
    per_run = workers * min(12, max(4, len(traces) // (20 * workers)))  # a run's beginning and end cost a minute's traces; and there must be enough for folds
    for start in range(0, len(traces), per_run):
        if stop_at and time.time() > stop_at:
            log('time is over: %d of %d traces were not recorded' % (len(traces) - start, len(traces)))
            break
        batch = traces[start:start + per_run]
        path = os.path.join(folder, 'run-%04d.pcap' % run)
        waiting, done, lock = list(batch), [], threading.Lock()
        before = stolen()

        def work(worker):
            time.sleep(min(seconds, 12) / workers * worker)  # JVMs that start at the same time would disturb one another
            while True:
                with lock:
                    if not waiting:
                        return
                    mode, label, seed = waiting.pop(0)
                session = workloads.Session(world, mode, worker, seed)
                began, why = time.time(), None
                try:
                    session.trace(label, seconds)
                except workloads.Failed as e:
                    why = str(e)
                except Exception as e:  # one trace must not end a campaign of hours; it is counted and said
                    why = repr(e)
                with lock:
                    done.append({'mode': mode, 'label': label, 'seed': seed, 'worker': worker, 'began': began, 'ended': time.time(), 'events': session.events, 'failed': why})
        with capture.Capture(path, sorted(set(world.ports.values()))) as tap:
            threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        after = stolen()
        found = capture.flows(path, set(world.ports.values()))
        arrays, meta = [], []
        for trace in done:
            address = int.from_bytes(bytes(map(int, world.address(trace['worker']).split('.'))), 'big')
            mine = [flow for flow in found.get((address, world.port(trace['mode'])), []) if trace['began'] <= flow['time'][0] <= trace['ended']]
            if not trace['failed'] and len(mine) != 1:
                trace['failed'] = '%d connections' % len(mine)
            if trace['failed']:
                key = '%s %s: %s' % (trace['mode'], trace['label'], trace['failed'][:160])
                failures[key] = failures.get(key, 0) + 1
                continue
            zero = float(mine[0]['time'][0])
            flow = mine[0].copy()
            flow['time'] -= zero
            arrays.append(flow[flow['time'] < seconds])
            trace['start'] = zero
            trace['events'] = [(what, when - zero) for what, when in trace['events']]
            meta.append(trace)
        steal = (after[1] - before[1]) / max(1, after[0] - before[0])
        if arrays:
            np.savez_compressed(path[:-5] + '.npz', packets=np.concatenate(arrays), counts=[len(a) for a in arrays])
            with open(path[:-5] + '.json', 'w') as file:
                json.dump({'traces': meta, 'sha256': capture.digest(path), 'lost': tap.lost, 'steal': steal, 'load': os.getloadavg()[0], 'seconds': seconds}, file)
        os.unlink(path)
        kept += len(arrays)
        run += 1
        log('run %d: %d traces of %d, %d of %d in all, %d packets lost, steal %.1f %%, load %.1f' %
            (run, len(arrays), len(batch), kept, start + len(batch), tap.lost, 100 * steal, os.getloadavg()[0]))
    return kept, failures


def load(folder):
    """All traces of a folder: dicts of mode, label, run, events, packets. Runs with a noisy neighbour (steal above 5 %) are left out."""
    found, runs = [], []
    for name in sorted(os.listdir(folder)):
        if not name.endswith('.json') or not name.startswith('run-'):
            continue
        with open(os.path.join(folder, name)) as file:
            run = json.load(file)
        runs.append({key: run[key] for key in ('sha256', 'lost', 'steal', 'load', 'seconds')} | {'name': name[:-5]})
        if run['steal'] > 0.05 or run['lost'] > 0:
            continue
        data = np.load(os.path.join(folder, name[:-5] + '.npz'))
        parts = np.split(data['packets'], np.cumsum(data['counts'])[:-1])
        found += [trace | {'packets': part, 'run': name[:-5], 'seconds': run['seconds']} for trace, part in zip(run['traces'], parts)]
    return found, runs
