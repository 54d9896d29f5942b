"""Packets of loopback, by tcpdump; headers only, but where bytes are looked at."""
import hashlib
import os
import shutil
import signal
import struct
import subprocess
import time

import numpy as np

PACKET = np.dtype([('time', 'f8'), ('up', 'i1'), ('length', 'i4'), ('flags', 'u1'), ('window', 'u2'), ('tos', 'u1'), ('seq', 'u4')])
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Capture:
    """Everything to and from these ports, into a file, while it is open."""

    def __init__(self, path, ports, whole=False):
        self.path, self.ports, self.whole = path, ports, whole

    def __enter__(self):
        program = shutil.which('tcpdump', path=os.environ['PATH'] + ':/usr/sbin:/sbin')
        command = [program, '-i', 'lo', '-n', '-U', '-s', '0' if self.whole else '96', '-B', '65536', '-w', self.path, 'tcp and (' + ' or '.join('port %d' % p for p in self.ports) + ')']
        if os.getuid() == 0:
            command[1:1] = ['-Z', 'root']
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in self.process.stderr:
            if 'listening on' in line:
                break
        else:
            raise SystemExit('attack: tcpdump does not capture (it needs root, or the capabilities to): ' + str(self.process.wait()))
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        said = self.process.stderr.read()
        self.process.wait(10)
        self.lost = next((int(line.split()[0]) for line in said.splitlines() if 'dropped by kernel' in line), -1)


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def packets(path):
    """(time, source, source port, destination, destination port, seq, flags, window, tos, payload length, offset and length of what of the payload was kept) each; and the file's bytes."""
    with open(path, 'rb') as file:
        data = file.read()
    magic, = struct.unpack_from('<I', data)
    if magic not in (0xa1b2c3d4, 0xa1b23c4d):
        raise ValueError('not a capture of this machine')
    unit = 1e-6 if magic == 0xa1b2c3d4 else 1e-9
    if struct.unpack_from('<I', data, 20)[0] != 1:
        raise ValueError('not a capture of loopback')
    place, found = 24, []
    record, ip, tcp = struct.Struct('<IIII'), struct.Struct('>BBH5xB2xII'), struct.Struct('>HHI4xBBH')
    while place + 16 <= len(data):
        seconds, fraction, kept, _ = record.unpack_from(data, place)
        start = place + 16
        place = start + kept
        if place > len(data) or data[start + 12:start + 14] != b'\x08\x00':
            continue
        version, tos, total, _, source, destination = ip.unpack_from(data, start + 14)
        header = start + 14 + (version & 15) * 4
        source_port, destination_port, seq, offset, flags, window = tcp.unpack_from(data, header)
        body = header + (offset >> 4) * 4
        length = start + 14 + total - body
        found.append((seconds + fraction * unit, source, source_port, destination, destination_port, seq, flags, window, tos, length, body, min(length, place - body)))
    return found, data


def flows(path, ports):
    """The connections in a capture: {(server's address as a number, server's port): [array of PACKET, in order of their beginnings]}."""
    open_flows, done = {}, {}
    for when, source, source_port, destination, destination_port, seq, flags, window, tos, length, _, _ in packets(path)[0]:
        up = destination_port in ports
        key = (destination, destination_port, source_port) if up else (source, source_port, destination_port)
        if flags & SYN and not flags & ACK:
            open_flows[key] = []
            done.setdefault(key[:2], []).append(open_flows[key])
        if key in open_flows:
            open_flows[key].append((when, 1 if up else -1, length, flags, window, tos, seq))
    return {key: [np.array(flow, PACKET) for flow in several] for key, several in done.items()}
