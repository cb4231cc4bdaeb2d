/** One lab in User-mode Linux, used as a user does: by the command line, from the host. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRunning, type ProcessFacts, signalProcess } from '../../../src/kernel/processes.ts';
import { down } from '../../../src/lab/down.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { holdersOf } from '../../../src/lab/tear-down.ts';
import { whyNoUml } from '../../support/uml.ts';
import { ROOT, source } from '../journeys/shared-lab.ts';
import { expectNothingLeft, uniqueLabName } from '../lab/fixture.ts';
import { hostNetworkFacts } from '../lab/host-facts.ts';
import { eventually } from '../scratch.ts';
import { commandLine } from './command-line.ts';

const PATIENCE_MS = 180_000;
const name = uniqueLabName();

const { start, podwire, exec } = commandLine(name);

/** The lab's processes on the host: the machine, the guest's kernel and what it traces. */
function processes(): ProcessFacts[] {
  return holdersOf(readRecord(stateDirectory(name).record), new Map());
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

const WEB = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { dep: 'app1-pod' } },
  spec: { nodeName: 'node-2', containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }] }] },
});

describe.skipIf(whyNoUml())('podwire up --kernel uml', () => {
  let before: string[] = [];
  beforeAll(async () => {
    before = hostNetworkFacts();
    const up = await podwire('up', ['--kernel', 'uml', '--proxy-mode', 'ipvs']);
    expect({ ...up, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  }, PATIENCE_MS);
  afterAll(() => down(name), PATIENCE_MS);

  it('says where the lab stands, and makes nothing in the host’s kernel', { timeout: PATIENCE_MS }, async () => {
    const status = await podwire('status', ['-o', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ kernel: 'uml', warnings: [] });
    expect(hostNetworkFacts()).toEqual(before);
    expect(readRecord(stateDirectory(name).record).namespaces.size).toBe(0);
  });

  it('serves the host’s kubectl, and a Service by IPVS', { timeout: PATIENCE_MS }, async () => {
    expect(await podwire('kubectl', ['--', 'apply', '-f', source('001-nodeport.yaml'), '-f', '-'], WEB)).toMatchObject({
      code: 0,
      stdout: 'service/my-service created\npod/web created\n',
    });
    await podwire('kubectl', ['--', 'wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
    const page = await eventually(async () => {
      const { code, stdout } = await exec('client', 'curl', '--silent', '--max-time', '5', '192.168.1.11:30078');
      return code === 0 && stdout;
    }, 60_000);
    expect(page).toContain('pod: web\n');
    expect((await exec('node-1', 'ipvsadm', '-Ln')).stdout).toMatch(
      /^TCP {2}192\.168\.1\.11:30078 rr\n {2}-> 10\.244\.2\./m,
    );
    expect((await podwire('rules', ['node-1', '--service', 'my-service'])).stdout).toContain('10.244.2.');
    expect((await podwire('journal')).stdout).toContain('ipvsadm -R');
  });

  it('gives exec both outputs, its input and its exit code', { timeout: PATIENCE_MS }, async () => {
    const script = 'cat; echo to stderr >&2; exit 7';
    expect(await podwire('exec', ['node-1', '--', 'sh', '-c', script], 'typed\n')).toEqual({
      code: 7,
      stdout: 'typed\n',
      stderr: 'to stderr\n',
    });
    expect((await exec('node-1', 'no-such-program')).code).toBe(127);
    expect((await exec('web', 'cat', '/etc/hostname')).stdout).toBe('web\n');
  });

  it('carries a megabyte each way as it is', { timeout: PATIENCE_MS }, async () => {
    const sent = Array.from({ length: 100_000 }, (_, index) => `line ${index}`).join('\n');
    expect((await podwire('exec', ['node-1', '--', 'cat'], sent)).stdout === sent).toBe(true);
  });

  it('runs twenty commands at once', { timeout: PATIENCE_MS }, async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const ended = await Promise.all(numbers.map((n) => exec('node-1', 'sh', '-c', `echo ${n}; exit ${n}`)));
    expect(ended).toEqual(numbers.map((n) => ({ code: n, stdout: `${n}\n`, stderr: '' })));
  });

  it('delays packets, which takes netem', { timeout: PATIENCE_MS }, async () => {
    expect((await podwire('link', ['node-1', 'set', '--delay', '50ms'])).code).toBe(0);
    const { stdout } = await exec('client', 'ping', '-n', '-c', '1', '192.168.1.11');
    const [, least = '0'] = /^rtt .* = ([\d.]+)\//m.exec(stdout) ?? [];
    expect(Number(least)).toBeGreaterThanOrEqual(100);
    expect((await podwire('link', ['node-1', 'heal'])).code).toBe(0);
  });

  it('gives a terminal’s user a terminal: its size, what is typed, Ctrl-C', { timeout: PATIENCE_MS }, async () => {
    const command = `stty rows 31 cols 97; exec ${join(ROOT, 'lab/podwire')} exec --name ${name} node-1 -- sh -c 'stty size; exec sleep 1000'`;
    const screen = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { stdio: 'pipe' });
    let shown = '';
    screen.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    const ended = new Promise((resolve) => screen.once('exit', resolve));
    await eventually(() => shown.includes('31 97'), 60_000);
    screen.stdin.write('\x03');
    expect(await ended).toBe(130);
  });

  it('passes on the signal that ends a command', { timeout: PATIENCE_MS }, async () => {
    const child = start('exec', ['node-1', '--', 'sh', '-c', 'echo up; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  it('refuses a second up, and takes over what a killed daemon left', { timeout: PATIENCE_MS }, async () => {
    const refused = `the lab "${name}" is up already`;
    expect(await podwire('up')).toMatchObject({ code: 1, stderr: expect.stringContaining(refused) });
    await exec('node-1', 'pkill', '--signal', 'KILL', '--full', `podwire daemon ${name}`);
    expect(await podwire('up')).toMatchObject({ code: 0, stdout: expect.stringContaining('has died; taking over') });
    expect((await podwire('kubectl', ['--', 'get', 'pod', 'web', '-o', 'name'])).stdout).toBe('pod/web\n');
  });

  it('leaves nothing on down, when the guest’s kernel was killed', { timeout: PATIENCE_MS }, async () => {
    const all = processes();
    // What it traces are its children, by the same name.
    const named = all.filter(({ pid }) => commandOf(pid).startsWith('linux.uml'));
    const [kernel] = named.filter(({ parent }) => named.every(({ pid }) => pid !== parent));
    signalProcess(kernel!, 'SIGKILL');
    await eventually(() => all.every((each) => !isRunning(each)), 60_000);
    expect(await exec('node-1', 'true')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') });
    expect(await podwire('down')).toMatchObject({ code: 0, stdout: `The lab "${name}" is removed.\n` });
    expectNothingLeft(name, all);
    expect(hostNetworkFacts()).toEqual(before);
  });
});
