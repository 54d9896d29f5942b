"""What sessions do. A workload is a way to open a session (shell, forwarding, shared connection, refused login) and what happens in it; when is noted."""
import os
import queue
import random
import re
import socket
import subprocess
import threading
import time

from world import PAGES, PASSWORDS, SIZES_KB, free_port

MAIN = ['idle', 'typing', 'password', 'short', 'compile', 'editor', 'cat1m', 'up10m', 'down10m', 'manyfiles', 'browse', 'refused']
QUIET = ['idle', 'typing', 'password', 'short', 'compile', 'editor', 'browse']  # below the threshold of bulk
COMMANDS = ['date', 'ls -l', 'ls -l listing', 'ps aux', 'df -h', 'cat /etc/passwd', 'head -c 4000 megabyte.txt', 'grep -c error megabyte.txt', 'head -c 20000 megabyte.txt', 'env']
LOGINS = ['login:' + how for how in ('first', 'signing', 'second', 'refused', 'stranger')]
FINER = {'login': LOGINS, 'command': ['command:%d' % i for i in range(len(COMMANDS))], 'page': ['page:%d' % i for i in range(PAGES)], 'size': ['size:%d' % kb for kb in SIZES_KB],
         'copy': ['copy:%d' % kb for kb in SIZES_KB], 'length': ['length:%d' % n for n in PASSWORDS]}
BLOCKS = ['blocks:keys', 'blocks:output', 'blocks:commands', 'blocks:load', 'coin']
BLOCK = 1.0  # seconds
SENTENCES = ['the quick brown fox jumps over the lazy dog', 'git commit -m "fix the parser"', 'cd ../project && make test', 'tail -f log/server.log', 'please restart the service at noon',
             'find . -name "*.java" | xargs grep todo', 'echo $PATH', 'what a long and winding road this is', 'vi notes.txt', 'for f in *.txt; do wc -l "$f"; done']


class Failed(Exception):
    """The session did not do what its label says: the trace does not count."""


def human_gap(chance, character=' '):
    """Seconds between two keys: about 200 a minute, with the pauses that people make between words."""
    gap = chance.lognormvariate(-1.85, 0.45)
    if character == ' ' and chance.random() < 0.2:
        gap += chance.lognormvariate(-1.0, 0.5)
    return min(max(gap, 0.03), 1.5)


class Session:
    def __init__(self, world, mode, worker, seed):
        self.world, self.mode, self.worker = world, mode, worker
        self.chance = random.Random(seed)
        self.events, self.process, self.closing = [], None, []
        self.output = b''
        self.news = threading.Condition()

    def note(self, what):
        self.events.append((what, time.time()))

    def command(self, *more, name='ssh', identity='id', before=()):
        port = '-P' if name == 'scp' else '-p'
        return [self.world.tool(self.mode, name), *before, *self.world.options(self.mode, identity), port, str(self.world.port(self.mode)), *more]

    def target(self):
        return '%s@%s' % (self.world.user, self.world.address(self.worker))

    def start(self, command):
        self.process = self.world.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            with self.news:
                self.output = (self.output + data)[-200000:]
                self.news.notify_all()
            if not data:
                return

    def await_output(self, pattern, seconds=20):
        deadline = time.time() + seconds
        with self.news:
            while not re.search(pattern, self.output):
                left = deadline - time.time()
                if left <= 0 or self.process.poll() is not None and not self.news.wait(0.3):
                    raise Failed('no %r; said %r' % (pattern, self.output[-200:]))
                self.news.wait(left)

    # --- ways to open ---------------------------------------------------------------------------------------------
    def open_shell(self):
        self.start(self.command('-tt', self.target()))
        self.await_output(rb'READY')

    def open_socks(self):
        self.socks = free_port()
        self.start(self.command('-N', '-D', '127.0.0.1:%d' % self.socks, self.target()))
        self._await(lambda: not socket.socket().connect_ex(('127.0.0.1', self.socks)))

    def open_shared(self):
        self.control = None
        if self.mode == 'stealth':
            # a resident process keeps the connection, and who comes later shares it unasked
            self.start(self.command(self.target(), 'echo READY'))
            self.await_output(rb'READY')
            self.process.wait(10)
            return
        self.control = '%s/c%d' % (self.world.place, self.worker)
        if os.path.exists(self.control):
            os.unlink(self.control)
        self.start(self.command('-N', '-M', '-S', self.control, self.target()))
        self._await(lambda: os.path.exists(self.control))

    def open_refused(self, user=None, identity='wrong'):
        self.start(self.command('%s@%s' % (user or self.world.user, self.world.address(self.worker)), 'true', identity=identity))

    def open_login(self, how):
        if how == 'refused':
            self.open_refused()
        elif how == 'stranger':
            self.open_refused(user='nobody-of-this-name', identity='id')
        else:
            identity, first = {'first': ('id', []), 'signing': ('sign', []), 'second': ('id', ['-i', '%s/%s_wrong' % (self.world.place, 'ssh' if self.mode == 'openssh' else 'qssh')])}[how]
            self.start(self.command('-tt', self.target(), identity=identity, before=first))
            self.await_output(rb'READY')

    def _await(self, ready):
        deadline = time.time() + 20
        while not ready():
            if time.time() > deadline or self.process.poll() is not None:
                raise Failed('did not open: %r' % self.process.stderr.read1(500))
            time.sleep(0.05)

    # --- what happens ---------------------------------------------------------------------------------------------
    def press(self, text, what='key'):
        self.note(what)
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def type(self, text, until):
        for character in text:
            if time.time() > until:
                return
            self.press(character)
            time.sleep(human_gap(self.chance, character))

    def idle(self, until):
        pass

    def typing(self, until):
        while time.time() < until:
            self.type(self.chance.choice(SENTENCES) + '\x15', until)  # the line is wiped, so that nothing runs
            time.sleep(self.chance.uniform(0.2, 0.8))

    def password(self, until, length=None):
        self.process.stdin.write(b'')
        self.press('read -s secret\n', 'enter')
        time.sleep(self.chance.uniform(0.6, 1.2))
        count = length or self.chance.choice(PASSWORDS)
        self.type(''.join(self.chance.choice('abcdefghijkmnpqrstuvwxyz23456789') for _ in range(count)), until + 60)
        self.press('\n', 'enter')

    def short(self, until):
        while time.time() < until:
            self.press('ls -l\n', 'enter')
            time.sleep(self.chance.uniform(0.8, 2.0))

    def one_command(self, until, which):
        for _ in range(3):
            self.press(COMMANDS[which] + '\n', 'enter')
            time.sleep(self.chance.uniform(1.2, 1.8))

    def compile(self, until):
        self.press('./compile %d %d\n' % (self.chance.randrange(1, 30000), max(1, int(until - time.time()))), 'enter')
        time.sleep(max(0, until - time.time()))

    def editor(self, until):
        self.press('vim -u NONE -N -n edit.txt\n', 'enter')
        time.sleep(self.chance.uniform(0.5, 1.0))
        while time.time() < until - 1:
            self.press(self.chance.choice(['\x06', '\x02', 'jjj', 'G', 'gg', 'kk']))
            time.sleep(human_gap(self.chance))
            if self.chance.random() < 0.4:
                self.type('o' + self.chance.choice(SENTENCES)[:20] + '\x1b', until - 1)
            time.sleep(self.chance.uniform(0.1, 0.6))
        self.press('\x1b:q!\n')

    def blocks(self, until, kind):
        """Idle and busy seconds in random order, as many of one as of the other."""
        order = [True, False] * max(2, int((until - time.time()) / 2 / BLOCK))
        self.chance.shuffle(order)
        zero = time.time()
        for number, busy in enumerate(order):
            end = zero + (number + 1) * BLOCK
            self.note('busy' if busy else 'rest')
            if busy and kind == 'keys':
                while time.time() < end - 0.1:
                    self.press(self.chance.choice('abcdefghijklmnopqrstuvwxyz'))
                    time.sleep(self.chance.uniform(0.04, 0.12))
                self.process.stdin.write(b'\x15')
                self.process.stdin.flush()
            elif busy and kind == 'output':
                self.process.stdin.write(b'head -c 50000 megabyte.txt\n')
                self.process.stdin.flush()
            elif busy and kind == 'commands':
                self.through('true')  # a program starts on both machines
            elif busy and kind == 'load':  # all processors of the host are taken
                self.process.stdin.write(b'for i in $(seq $(nproc)); do timeout 0.9 sh -c "while :; do :; done" & done; wait\n')
                self.process.stdin.flush()
            time.sleep(max(0, end - time.time()))
        self.note('over')

    def coin(self, until):
        """At moments that do not depend on it a coin says whether a key is pressed. Who is told the moments must not be able to tell heads from tails."""
        while time.time() < until:
            time.sleep(self.chance.uniform(0.06, 0.16))
            if self.chance.random() < 0.5:
                self.press(self.chance.choice('abcdefghijklmnopqrstuvwxyz'))
            else:
                self.note('phantom')

    def cat1m(self, until):
        self.press('cat megabyte.txt\n', 'enter')

    def through(self, remote, source=None, sink=None):
        """A command through the shared connection, so that the end of a copy does not end the connection."""
        command = [self.world.tool(self.mode, 'ssh'), *self.world.options(self.mode), '-p', str(self.world.port(self.mode)),
                   *(['-S', self.control] if self.control else []), self.target(), remote]
        with open(source or os.devnull, 'rb') as read, open(sink or os.devnull, 'wb') as write:
            self.note('copy')
            copier = self.world.spawn(command, stdin=read, stdout=write, stderr=subprocess.PIPE)
        self.closing.append(copier)
        return copier

    def finish(self, copier, until):
        try:
            copier.wait(max(0.1, until - time.time()))
        except subprocess.TimeoutExpired:
            return  # where the schedule is slow a copy outlasts its window, which is as it should be
        self.note('copied')
        if copier.returncode != 0:
            raise Failed('copy: %r' % copier.stderr.read()[-300:])

    def up10m(self, until):
        self.finish(self.through('cat >in/%d-up' % self.worker, self.world.home + '/ten'), until)

    def down10m(self, until):
        self.finish(self.through('cat ten'), until)

    def manyfiles(self, until):
        self.finish(self.through('tar xf - -C in', self.world.home + '/many.tar'), until)

    def size(self, until, kb):
        self.finish(self.through('cat >in/%d-size' % self.worker, '%s/sizes/%d' % (self.world.home, kb)), until)

    def open_copy(self, kb):
        """scp by itself, on a connection of its own."""
        self.note('copy')
        self.start(self.command('-q', '%s/sizes/%d' % (self.world.home, kb), '%s:in/%d-copy' % (self.target(), self.worker), name='scp'))

    def fetch(self, path):
        with socket.create_connection(('127.0.0.1', self.socks), 30) as connection:
            connection.sendall(b'\x05\x01\x00')
            if connection.recv(2) != b'\x05\x00':
                raise Failed('socks')
            connection.sendall(b'\x05\x01\x00\x01\x7f\x00\x00\x01' + self.world.site_port.to_bytes(2, 'big'))
            if connection.recv(10)[1:2] != b'\x00':
                raise Failed('socks refused')
            connection.sendall(('GET %s HTTP/1.1\r\nHost: site.example\r\nUser-Agent: Browser/1.0 (attack harness)\r\nAccept: */*\r\nConnection: close\r\n\r\n' % path).encode())
            data = b''
            while True:
                head, _, body = data.partition(b'\r\n\r\n')
                length = re.search(rb'Content-Length: (\d+)', head)
                if length and len(body) >= int(length[1]):
                    return body
                more = connection.recv(65536)
                if not more:
                    raise Failed('page cut')
                data += more

    def page(self, until, which):
        self.note('page')
        wanted = queue.SimpleQueue()
        for link in re.findall(rb'/r/\d+/\d+', self.fetch('/%d' % which)):
            wanted.put(link.decode())

        def fetcher():
            while time.time() < until:
                try:
                    self.fetch(wanted.get_nowait())
                except queue.Empty:
                    return
                except (OSError, Failed):
                    return  # the session was closed under it
        fetchers = [threading.Thread(target=fetcher, daemon=True) for _ in range(4)]
        for thread in fetchers:
            thread.start()
        for thread in fetchers:
            thread.join(max(0.1, until - time.time()))

    def browse(self, until):
        while time.time() < until - 0.5:
            self.page(until, self.chance.randrange(PAGES))
            time.sleep(self.chance.uniform(1.0, 2.5))

    def one_page(self, until, which):
        self.page(until, which)

    # --- one trace ------------------------------------------------------------------------------------------------
    def trace(self, label, seconds):
        """Opens, waits, works, waits until `seconds` after the opening was over, and ends it."""
        name, _, which = label.partition(':')
        opening = 'refused' if name == 'refused' else 'socks' if name in ('browse', 'page') else 'shared' if name in ('up10m', 'down10m', 'manyfiles', 'size') or label == 'blocks:commands' else 'shell'
        if label == 'idle':
            opening = self.chance.choice(['shell', 'socks', 'shared'])  # the way it was opened must not stand for the work
        try:
            if name == 'copy':
                self.open_copy(int(which))
            elif name == 'login':
                self.open_login(which)
            else:
                getattr(self, 'open_' + opening)()
            if name == 'refused' or which in ('refused', 'stranger'):
                self.process.wait(40)  # its connection may outlive it, so the window is counted from here as for others
            end = time.time() + seconds + (6 if name == 'copy' else 0)  # the connection begins when the program has started
            if name not in ('refused', 'copy', 'login'):
                time.sleep(self.chance.uniform(0.14, 0.24) * seconds)
                self.note('begin')
                until = time.time() + 0.6 * seconds
                if name == 'command':
                    self.one_command(until, int(which))
                elif name == 'page':
                    self.one_page(until, int(which))
                elif name == 'size':
                    self.size(end, int(which))
                elif name == 'blocks':
                    self.blocks(end - 1, which)
                elif name == 'coin':
                    self.coin(end - 1)
                elif name == 'length':
                    self.password(until, int(which))
                elif name in ('up10m', 'down10m', 'manyfiles'):
                    getattr(self, name)(end)
                else:
                    getattr(self, name)(until)
                self.note('end')
            time.sleep(max(0, end - time.time()))
            if name == 'refused' or which in ('refused', 'stranger'):
                if self.process.wait(5) == 0:
                    raise Failed('not refused')
            elif name == 'copy':
                if self.process.poll():
                    raise Failed('copy: %r' % self.process.stderr.read1(500))
            elif self.process.poll() is not None and not (self.mode == 'stealth' and opening == 'shared'):
                raise Failed('ended early: %r' % self.process.stderr.read1(500))
        except subprocess.TimeoutExpired as e:
            raise Failed('takes too long') from e
        except (BrokenPipeError, ConnectionError) as e:
            raise Failed(str(e)) from e
        finally:
            self.close()

    def close(self):
        if self.mode == 'stealth':
            self.world.end_residents(self.worker)
        for process in [*self.closing, self.process]:
            if process is None:
                continue
            try:
                os.killpg(process.pid, 15)
                process.wait(3)
            except ProcessLookupError:
                pass
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
            for stream in (process.stdin, process.stderr):
                if stream:
                    stream.close()
