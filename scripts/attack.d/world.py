"""The world that sessions run in: a throw-away user, keys, both daemons on loopback ports, a site to browse, files to copy."""
import grp
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIRST_ADDRESS = 10  # worker w talks to 127.0.0.(10 + w), which is how a capture tells traces apart
SIZES_KB = [1, 4, 16, 64, 256, 1024, 4096]
PAGES = 8
PASSWORDS = [6, 8, 10, 12, 14]

# What `prog` names a client and its options; `daemon` the daemon that it talks to.
MODES = {
    'openssh': {'tool': 'ssh', 'options': [], 'daemon': 'sshd'},
    'default': {'tool': 'qssh', 'options': [], 'daemon': 'qsshd'},
    'stealth': {'tool': 'qssh', 'options': ['--padding=max'], 'daemon': 'qsshd'},
    'low': {'tool': 'qssh', 'options': ['--padding=low'], 'daemon': 'qsshd'},
    'control': {'tool': 'qssh', 'options': [], 'daemon': 'qsshd-control'},
}

PROFILE = """
stty rows 24 cols 80 2>/dev/null
export PS1='$ ' TERM=xterm LC_ALL=C
cd ~/work
echo READY
"""

COMPILE = r"""#!/bin/bash
# What a build prints, at a build's pace: the lines come in batches with pauses between.
RANDOM=$1
end=$((SECONDS + $2))
n=0
while [ $SECONDS -lt $end ]; do
    lines=$((RANDOM % 5 + 1))
    for ((i = 0; i < lines; i++)); do
        n=$((n + 1))
        printf '[%3d%%] Building CXX object src/module%d/CMakeFiles/part%d.dir/source_%d.cpp.o\n' $((n % 100)) $((n % 7)) $((n % 13)) $n
    done
    if [ $((RANDOM % 12)) = 0 ]; then
        printf 'src/module%d/source_%d.cpp:%d:%d: warning: comparison of integer expressions of different signedness [-Wsign-compare]\n  %d | for (int i = 0; i < v.size(); i++)\n' $n $n $((RANDOM % 400)) 9 $n
    fi
    sleep 0.$((RANDOM % 300 + 20))
done
"""


class World:
    def __init__(self, modes, workers, dist, control_dist=None, log=print):
        self.modes, self.workers, self.dist, self.control_dist, self.log = modes, workers, dist, control_dist, log
        self.place = tempfile.mkdtemp(prefix='qnsp-attack.', dir=os.environ.get('TMPDIR', '/tmp'))
        self.processes, self.ports, self.user_made = [], {}, None

    # --- the user -------------------------------------------------------------------------------------------------
    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self):
        self.home = os.path.join(self.place, 'home')
        os.mkdir(self.home)
        if os.getuid() == 0:
            self.user = 'qnspattack%d' % (os.getpid() % 100000)
            subprocess.run(['useradd', '-M', '-d', self.home, '-s', '/bin/bash', self.user], check=True)
            self.user_made = self.user
            entry = pwd.getpwnam(self.user)
            self.identity = {'user': entry.pw_uid, 'group': entry.pw_gid, 'extra_groups': []}
            os.chown(self.place, entry.pw_uid, entry.pw_gid)
            os.chmod(self.place, 0o711)
        else:
            self.user = pwd.getpwuid(os.getuid()).pw_name
            self.identity = {}
        self.environment = {'HOME': self.home, 'USER': self.user, 'LOGNAME': self.user, 'PATH': '/usr/local/bin:/usr/bin:/bin:/usr/sbin', 'LANG': 'C.UTF-8'}
        self._files()
        if self.user_made:
            subprocess.run(['chown', '-R', self.user, self.place], check=True)
        self._keys()
        self._daemons()
        self._site()

    def run(self, *command):
        subprocess.run(command, check=True, cwd=self.place, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **self.identity)

    def spawn(self, command, **more):
        return subprocess.Popen(command, cwd=self.place, env=self.environment, start_new_session=True, **(self.identity | more))

    def tool(self, mode, name):
        """The path of a client in this mode: `ssh` names qssh and scp names qscp where the mode is ours."""
        if MODES[mode]['tool'] == 'ssh':
            return name
        return os.path.join(self.control_dist if mode == 'control' else self.dist, 'bin', 'q' + name)

    def _files(self):
        random.seed(1)  # contents are the same in every campaign
        def put(path, data):
            path = os.path.join(self.home, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as file:
                file.write(data)
        for name in ('.bash_profile', '.bashrc'):
            put(name, b'' if name == '.bashrc' else PROFILE.encode())
        put('.hushlogin', b'')
        put('work/compile', COMPILE.encode())
        os.chmod(os.path.join(self.home, 'work/compile'), 0o755)
        words = ['alpha', 'beta', 'gamma', 'delta', 'error', 'warning', 'value', 'return', 'server', 'client', 'of', 'the', 'and', 'with', 'to']
        text = ('\n'.join(' '.join(random.choice(words) for _ in range(10)) for _ in range(25000))).encode()
        put('work/megabyte.txt', text[:1 << 20])
        put('work/edit.txt', text[:6000])
        for i in range(40):
            put('work/listing/file_%02d.txt' % i, text[:random.randrange(100, 30000)])
        put('ten', random.randbytes(10_000_000))
        for i in range(200):
            put('many/file%03d' % i, random.randbytes(4096))
        subprocess.run(['tar', 'cf', os.path.join(self.home, 'many.tar'), '-C', self.home, 'many'], check=True)
        for kb in SIZES_KB:
            put('sizes/%d' % kb, random.randbytes(kb << 10))
        os.makedirs(os.path.join(self.home, 'in'))
        shutil.copy(os.path.join(HERE, 'site.py'), self.place)  # this tree may be closed to the user
        os.chmod(os.path.join(self.place, 'site.py'), 0o644)

    def _keys(self):
        place = self.place
        for name in ('ssh_host', 'ssh_id', 'ssh_wrong'):
            self.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', os.path.join(place, name))
        self.run('ssh-keygen', '-q', '-t', 'rsa', '-N', '', '-f', os.path.join(place, 'ssh_sign'))
        self.run(os.path.join(self.dist, 'bin', 'qssh-keygen'), '-q', '-t', 'dilithium3', '-N', '', '-f', os.path.join(place, 'qssh_sign'))
        for name in ('qssh_host', 'qssh_id', 'qssh_wrong'):
            self.run(os.path.join(self.dist, 'bin', 'qssh-keygen'), '-q', '-N', '', '-f', os.path.join(place, name))

    # --- daemons --------------------------------------------------------------------------------------------------
    def _daemons(self):
        wanted = sorted({MODES[mode]['daemon'] for mode in self.modes})
        for name in wanted:
            kind = 'ssh' if name == 'sshd' else 'qssh'
            program = ['/usr/sbin/sshd'] if name == 'sshd' else [os.path.join(self.control_dist if name.endswith('control') else self.dist, 'bin', 'qsshd')]
            for _ in range(10):
                port = random.SystemRandom().randrange(23000, 60000)  # above the default port, which known_hosts does not name
                lines = ['Port %d' % port, *('ListenAddress 127.0.0.%d' % (FIRST_ADDRESS + w) for w in range(self.workers)), 'HostKey %s/%s_host' % (self.place, kind),
                         'AuthorizedKeysFile %s/%s_id.pub %s/%s_sign.pub' % (self.place, kind, self.place, kind), 'StrictModes no', 'PidFile none', 'SetEnv HOME=' + self.home, 'MaxStartups 100']
                if kind == 'ssh':
                    lines += ['UsePAM no', 'Subsystem sftp internal-sftp']
                base = os.path.join(self.place, name)
                with open(base + '.conf', 'w') as file:
                    file.write('\n'.join(lines) + '\n')
                with open(base + '.log', 'wb') as errors:
                    process = self.spawn([*program, '-D', '-e', '-f', base + '.conf'], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                         **({'extra_groups': [grp.getgrnam('tty').gr_gid]} if kind == 'ssh' and self.identity else {}))  # its terminals must be tty's
                deadline = time.time() + 30
                listening = False
                while process.poll() is None and time.time() < deadline and not listening:
                    time.sleep(0.05)
                    with open(base + '.log', errors='replace') as file:
                        listening = file.read().lower().count('listening on') >= self.workers
                if listening:
                    self.ports[name] = port
                    self.processes.append(process)
                    break
                process.kill()
                process.wait()
            else:
                with open(base + '.log', errors='replace') as file:
                    raise SystemExit('attack: %s does not listen:\n%s' % (name, file.read()[-2000:]))
        for kind in ('ssh', 'qssh'):
            with open(os.path.join(self.place, kind + '_host.pub')) as file:
                key = ' '.join(file.read().split()[:2])
            with open(os.path.join(self.place, kind + '_known'), 'w') as file:
                file.write('attack %s\n' % key)
            os.chmod(file.name, 0o644)

    def _site(self):
        with open(os.path.join(self.place, 'site.log'), 'wb') as errors:
            process = self.spawn(['/usr/bin/python3', os.path.join(self.place, 'site.py')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        self.processes.append(process)
        self.site_port = int(process.stdout.readline())

    def options(self, mode, identity='id'):
        """Of any client in this mode."""
        kind = 'ssh' if mode == 'openssh' else 'qssh'
        return ['-F', 'none', '-i', '%s/%s_%s' % (self.place, kind, identity), '-o', 'UserKnownHostsFile=%s/%s_known' % (self.place, kind), '-o', 'HostKeyAlias=attack',
                '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'LogLevel=ERROR', *MODES[mode]['options']]

    def port(self, mode):
        return self.ports[MODES[mode]['daemon']]

    def address(self, worker):
        return '127.0.0.%d' % (FIRST_ADDRESS + worker)

    def end_residents(self, worker):
        """Ends what a client left in the background for this worker's address: told by the files of this very world in its arguments."""
        address = ('@' + self.address(worker)).encode()
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as file:
                    words = file.read().split(b'\0')
                if any(word.startswith(self.place.encode()) for word in words) and any(word.endswith(address) for word in words):
                    os.kill(int(pid), 9)
            except (OSError, ValueError):
                pass  # it has gone, or is someone else's

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        if self.user_made:
            # what the sessions of this user left behind goes with it
            for _ in range(20):
                left = subprocess.run(['ps', '-o', 'pid=', '-u', self.user_made], capture_output=True, text=True).stdout.split()
                if not left:
                    break
                for pid in left:
                    try:
                        os.kill(int(pid), 9)
                    except ProcessLookupError:
                        pass
                time.sleep(0.1)
            subprocess.run(['userdel', self.user_made], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.place, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
