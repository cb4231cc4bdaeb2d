// The training VM without a VM: `vagrant validate` for the Vagrantfile, and lab/provision.sh run in a clean Debian root
// file system made by debootstrap, twice, as `vagrant provision` would.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const checkout = join(import.meta.dirname, '../..');
const TEN_MINUTES = 600_000;
const MUCH_OUTPUT = { maxBuffer: 64 << 20 };
// Of this machine's devices it has a few, read-only: packages run as root there, and their owners and modes are the host's.
const ENTER = [
  'mount --bind "$0" "$0"',
  'mount -t tmpfs tmpfs "$0/dev"',
  'mkdir "$0/dev/pts" "$0/dev/shm"',
  'mount -t devpts -o newinstance,ptmxmode=666 devpts "$0/dev/pts"',
  'ln -s pts/ptmx "$0/dev/ptmx"',
  'ln -s /proc/self/fd "$0/dev/fd"',
  'for device in null zero full random urandom tty; do touch "$0/dev/$device"; mount --bind "/dev/$device" "$0/dev/$device"; mount -o remount,bind,ro "$0/dev/$device"; done',
  'mount -t proc proc "$0/proc"',
  'exec chroot "$0" sh -ec "$1"',
].join(' && ');

const DPKG = [
  'force-unsafe-io',
  ...['doc', 'man', 'locale', 'info'].map((what) => `path-exclude=/usr/share/${what}/*`),
  '',
].join('\n');

/** Runs a shell script in the root file system, in mount, PID and UTS namespaces of its own: nothing stays mounted. */
function inRoot(root: string, script: string): Promise<{ stdout: string }> {
  const namespaces = ['-m', '-p', '-f', '-u', '--propagation', 'private', '--kill-child'];
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return run('unshare', [...namespaces, 'sh', '-ec', ENTER, root, script], {
    ...MUCH_OUTPUT,
    env: { ...process.env, PATH: path, HOME: '/root', LC_ALL: 'C' },
  });
}

describe('the training VM', () => {
  it('has a Vagrantfile that vagrant accepts', async () => {
    const home = await mkdtemp(join(tmpdir(), 'podwire-vagrant-'));
    try {
      const { stdout } = await run('vagrant', ['validate', '--ignore-provider'], {
        cwd: checkout,
        env: {
          ...process.env,
          VAGRANT_HOME: home,
          VAGRANT_DOTFILE_PATH: join(home, 'dot'),
          VAGRANT_CHECKPOINT_DISABLE: '1',
        },
      });
      expect(stdout).toContain('Vagrantfile validated successfully.');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  describe('in a clean Debian root file system', () => {
    let root = '';

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'podwire-root-'));
      await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], MUCH_OUTPUT);
      await chmod(root, 0o755); // apt downloads as a user of its own
      // Nobody reads manuals here, and after a power cut nobody goes on with it: a third of dpkg's work.
      await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/in-a-test'), DPKG);
      await rm(join(root, 'etc/apt/sources.list'));
      // This machine's own way to the package registries (mirrors, proxies, certificates) counts there too.
      const mine = [
        '/etc/apt/sources.list',
        '/etc/apt/sources.list.d',
        '/etc/apt/apt.conf.d',
        '/etc/resolv.conf',
        '/etc/hosts',
        '/etc/ssl/certs/ca-certificates.crt',
        join(homedir(), '.npmrc'),
      ];
      for (const path of mine.filter((path) => existsSync(path))) {
        const there = join(root, path.startsWith(homedir()) ? '/root/.npmrc' : path);
        await mkdir(dirname(there), { recursive: true });
        await cp(path, there, { recursive: true, dereference: true });
      }
      const exclude = ['.git', 'node_modules', 'dist', '.node'].map((name) => `--exclude=./${name}`).join(' ');
      await run('sh', ['-ec', `mkdir "$0" && tar -c ${exclude} . | tar -x -C "$0"`, join(root, 'vagrant')], {
        cwd: checkout,
      });
    }, TEN_MINUTES);

    afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 3 }), TEN_MINUTES);

    it(
      'provisions: the command works, completion and greeting are there; a second run installs nothing',
      async () => {
        const first = await inRoot(root, 'sh /vagrant/lab/provision.sh /vagrant');
        expect(first.stdout).toMatch(/installing Debian packages: .*iproute2/);
        expect(first.stdout).toMatch(/installing Node .* into .node/);
        expect(first.stdout).toMatch(/podwire provision: done: \d+\.\d+\.\d+/);

        const again = await inRoot(root, 'sh /vagrant/lab/provision.sh /vagrant');
        expect(again.stdout).not.toContain('installing');

        const looks = [
          'podwire --help',
          'bash -n /etc/bash_completion.d/podwire && echo completion parses',
          'sh -n /etc/profile.d/podwire.sh && cat /etc/profile.d/podwire.sh',
        ];
        const { stdout } = await inRoot(root, looks.join('\n'));
        expect(stdout).toContain('Usage: podwire');
        expect(stdout).toContain('completion parses');
        expect(stdout).toContain('sudo podwire tui');
      },
      TEN_MINUTES,
    );
  });
});
