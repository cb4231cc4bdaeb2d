/** A pod's program as an attacker: root in its container, with every tool of the host. Each test says what it must not get. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../../../src/objects/wire.ts';
import { eventually, isReady, startLabNode } from './lab-node.ts';

let lab: Awaited<ReturnType<typeof startLabNode>>;
const secretDirectory = mkdtempSync(join(tmpdir(), 'podwire-secret-'));
const SECRET = 'the-secret-of-the-host';
const hasPerl = existsSync('/usr/bin/perl');

beforeAll(async () => {
  writeFileSync(join(secretDirectory, 'secret'), SECRET);
  lab = await startLabNode('confine');
  await createAttacker('attacker');
});
afterAll(async () => {
  await lab?.stop();
  rmSync(secretDirectory, { recursive: true, force: true });
});

async function createAttacker(name: string, fields: Partial<Container> = {}, spec: Partial<PodSpec> = {}) {
  await lab.createPod(name, {
    terminationGracePeriodSeconds: 0,
    ...spec,
    containers: [{ name: 'main', image: 'debian', command: ['sleep', '3600'], ...fields } as Container],
  });
  await eventually(async () => isReady(await lab.pod(name)));
}

/** Runs a script in the attacker's container. */
const attack = (script: string, pod = 'attacker') => lab.exec(pod, ['sh', '-c', script]);

describe('files of the host', () => {
  it('cannot be written, though the container sees them changed', async () => {
    const before = readFileSync('/etc/passwd', 'utf8');
    const { stdout } = await attack(
      'echo evil >>/etc/passwd; echo evil >/usr/bin/podwire-attack; rm -rf /usr/share/doc; tail -1 /etc/passwd; ls /usr/share/doc 2>&1',
    );
    expect(stdout).toContain('evil\n');
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(before);
    expect(existsSync('/usr/bin/podwire-attack')).toBe(false);
    expect(existsSync('/usr/share/doc')).toBe(true);
  });

  it('keeps its hands off the host’s devices, and uses them', async () => {
    const before = statSync('/dev/null');
    const { stdout } = await attack(
      'chown 102:105 /dev/null; chmod 600 /dev/null /etc/shadow; rm -f /dev/null; echo x >/dev/null && echo written',
    );
    expect(stdout).toContain('written\n');
    const { uid, gid, mode, ino } = statSync('/dev/null');
    expect({ uid, gid, mode, ino }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode, ino: before.ino });
  });

  it('that are secret cannot be read: homes, run time state, the lab, passwords', async () => {
    const { stdout } = await attack(
      `ls -A /root /home /run /tmp /mnt; cat /etc/shadow; cat ${secretDirectory}/secret 2>&1; ls ${lab.directory} 2>&1`,
    );
    expect(stdout).toBe(
      [
        '/home:\n\n/mnt:\n\n/root:\n\n/run:\nsecrets\n\n/tmp:',
        `cat: ${secretDirectory}/secret: No such file or directory`,
        `ls: cannot access '${lab.directory}': No such file or directory\n`,
      ].join('\n'),
    );
  });

  it('are not reached by mounting, by device nodes, by another namespace, or by leaving the chroot', async () => {
    const { stdout } = await attack(
      [
        'mount -t tmpfs none /mnt 2>&1 | head -1',
        'umount /proc/sys 2>&1',
        'mknod /tmp/disk b 8 0 2>&1',
        'unshare -m true 2>&1',
        'nsenter -t 1 -m true 2>&1',
      ].join('; '),
    );
    const refusals = stdout.trim().split('\n');
    expect(refusals).toHaveLength(5);
    for (const line of refusals) expect(line).toMatch(/not permitted|permission denied|must be superuser/i);
  });

  it.skipIf(!hasPerl)(
    '(perl leaves the chroot and finds the read-only base, with nothing of the host but its programs)',
    async () => {
      const { stdout } = await attack(
        `perl -e 'mkdir "/tmp/x"; chroot "/tmp/x"; chdir "../../../../../.."; chroot "."; ` +
          `print join(" ", sort glob("/*")), "\\n"; open(F, ">/usr/evil") or print "usr: $!\\n"; open(F, ">/evil") or print "root: $!\\n"'`,
      );
      const [seen, ...refused] = stdout.trim().split('\n');
      expect(
        seen!.split(' ').filter((path) => !/^\/(bin|sbin|lib\w*|usr|container|old|proc|start)$/.test(path)),
      ).toEqual([]);
      expect(refused).toEqual(['usr: Read-only file system', 'root: Read-only file system']);
    },
  );

  it('are not shown through a hostPath volume: it has the files of the node, which are those its pods made', async () => {
    const mounted = { volumeMounts: [{ name: 'h', mountPath: '/host' }] };
    await createAttacker('hostpath', mounted, { volumes: [{ name: 'h', hostPath: { path: '/' } }] });
    const mark = `podwire-hostpath-${process.pid}`;
    const { stdout } = await attack(`ls -A /host; touch /host/${mark}; ls -A /host`, 'hostpath');
    expect(stdout).toBe(`${mark}\n`);
    expect(existsSync(`/${mark}`)).toBe(false);
  });
});

describe('the kernel', () => {
  it('cannot be set: /proc/sys, sysrq and /sys are read-only', async () => {
    // Each writes what is there already: a failure of this test must not harm the machine.
    const { stdout } = await attack(
      [
        'cat /proc/sys/kernel/panic >/proc/sys/kernel/panic',
        'cat /proc/sys/net/ipv4/ip_forward >/proc/sys/net/ipv4/ip_forward',
        'touch /sys/kernel/x',
        'echo >/proc/sysrq-trigger',
        'mount -o remount,rw /proc/sys',
      ]
        .map((command) => `(${command}) 2>&1 | head -1`)
        .join('; '),
    );
    const refusals = stdout.trim().split('\n');
    expect(refusals).toHaveLength(5);
    for (const line of refusals)
      expect(line).toMatch(/Read-only file system|cannot create|permission denied|superuser/i);
  });

  it('gives the capabilities of a container, no more, whatever the container has put in place of the tools', async () => {
    const capabilities = 'grep CapEff /proc/self/status';
    expect((await attack(capabilities)).stdout).toBe('CapEff:\t00000000a00425fb\n');
    await createAttacker('liar');
    const evil = '#!/bin/dash\\ngrep CapEff /proc/self/status\\n';
    const replaced = ['setpriv', 'env', 'chroot', 'nsenter', 'sh', 'setsid'].map((tool) => `/usr/bin/${tool}`);
    await attack(
      `for f in ${replaced.join(' ')}; do rm -f $f; printf '${evil}' >$f; chmod +x $f; done; echo /evil.so >/etc/ld.so.preload`,
      'liar',
    );
    // The container's own env is the last tool of the way in: it runs, with a container's rights and no more.
    expect((await lab.exec('liar', ['true'])).stdout).toBe('CapEff:\t00000000a00425fb\n');
    await createAttacker('liar-2', { env: [{ name: 'LD_PRELOAD', value: '/evil.so' }] });
  });

  it('gives capabilities that are added, takes those that are dropped, and users who are not root none', async () => {
    const read = ['sh', '-c', 'grep CapEff /proc/self/status; sleep 3600'];
    await createAttacker('admin', {
      command: read,
      securityContext: { capabilities: { add: ['NET_ADMIN'], drop: ['NET_RAW'] } },
    });
    await createAttacker('none', { command: read, securityContext: { capabilities: { drop: ['ALL'] } } });
    await createAttacker('user', { command: read, securityContext: { runAsUser: 1000 } });
    const shown = async (pod: string) => eventually(async () => (await lab.logs(pod)) || undefined);
    expect(await shown('admin')).toBe('CapEff:\t00000000a00415fb\n');
    expect(await shown('none')).toBe('CapEff:\t0000000000040000\n');
    expect(await shown('user')).toBe('CapEff:\t0000000000000000\n');
    expect((await attack('ip link set eth0 mtu 1000', 'admin')).code).toBe(0);
    expect((await attack('ip link set eth0 mtu 1000')).stderr).toContain('Operation not permitted');
  });

  it('lets a pod ping', async () => {
    expect((await attack('ping -c 1 -W 2 10.244.1.1')).stdout).toContain('1 received');
  });
});

describe('processes', () => {
  it('of the host and of other pods are neither seen nor signalled', async () => {
    const { stdout } = await attack('ps -eo args --no-headers; kill -9 -1; echo alive');
    expect(stdout.split('\n')[0]).toBe('sleep 3600');
    expect(stdout.trim().split('\n').length).toBeLessThan(5);
    expect(isReady(await lab.pod('attacker'))).toBe(true);
  });

  it('that enter the container cannot be used as a door to the host', async () => {
    // Reads through every process it sees, as fast as it can, while others enter.
    await lab.createPod('spy', {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: 'debian',
          command: [
            'sh',
            '-c',
            `while :; do for p in /proc/[0-9]*; do (cat $p/root${secretDirectory}/secret $p/cwd${secretDirectory}/secret $p/root/etc/shadow; echo x >$p/root/usr/evil) 2>/dev/null; done; done`,
          ],
        } as Container,
      ],
    });
    await eventually(async () => isReady(await lab.pod('spy')));
    for (let round = 0; round < 40; round += 1) await lab.exec('spy', ['true']);
    expect(await lab.logs('spy')).toBe('');
    expect(existsSync('/usr/evil')).toBe(false);
  });

  it('do not outlive their pod, nor their container', async () => {
    await createAttacker('survivor', {
      command: ['sh', '-c', 'setsid nohup sleep 4000 >/dev/null 2>&1 & trap "" TERM HUP INT; sleep 3600'],
    });
    await lab.exec('survivor', ['sh', '-c', 'setsid nohup sleep 5000 >/dev/null 2>&1 & sleep 0.1']);
    const pids = async () =>
      (await lab.kernel.read('', ['ip', 'netns', 'pids', `${lab.lab}.default.survivor`])).stdout.trim().split('\n');
    const before = await pids();
    expect(before.length).toBeGreaterThanOrEqual(4);
    await lab.deletePod('survivor', 0);
    await eventually(async () => before.every((pid) => !existsSync(`/proc/${pid}`)));
  });

  it('carry no secret of their environment in a command line that others on the host can read', async () => {
    await createAttacker('env', { env: [{ name: 'PASSWORD', value: SECRET }] });
    const { stdout } = await lab.kernel.read('', ['ps', '-eo', 'args']);
    expect(stdout).not.toContain(SECRET);
  });
});
