/** What cannot be is refused before anything is made: what, why, what to do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ORDINARY_USER } from '../ordinary-user.ts';
import { uniqueLabName } from './fixture.ts';
import { hostNetworkFacts, tracesOf } from './host-facts.ts';

const CLI = join(import.meta.dirname, '../../../src/cli/main.ts');
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const action of cleanUp.splice(0).reverse()) action();
});

function podwire(args: readonly string[], options: { env?: NodeJS.ProcessEnv; prefix?: readonly string[] } = {}) {
  const [file = process.execPath, ...rest] = [...(options.prefix ?? []), process.execPath, CLI, ...args];
  return spawnSync(file, rest, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...options.env } });
}

/** Three lines: what, why, do. */
const THREE_LINES = /^podwire: .+\n {2}why: .+\n {2}do: {2}.+\n$/;

describe('podwire up refuses', () => {
  it('anybody but root', () => {
    const name = uniqueLabName();
    const result = podwire(['up', '--name', name], {
      prefix: ORDINARY_USER,
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(THREE_LINES);
    expect(result.stderr).toContain('needs root');
    expect(tracesOf(name)).toEqual([]);
  });

  it.each(['a;reboot', '$(id)', 'a\nb', '../x', 'A', 'a.b', ''])('the name %j', (name) => {
    const before = hostNetworkFacts();
    const result = podwire(['up', `--name=${name}`]);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(THREE_LINES);
    expect(result.stderr).toContain('RFC 1123 label');
    expect(hostNetworkFacts()).toEqual(before);
  });

  it('a host without the tools, naming the packages', () => {
    const folder = mkdtempSync(join(tmpdir(), 'podwire-path-'));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    const result = podwire(['up', '--name', uniqueLabName()], { env: { PATH: folder } });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(THREE_LINES);
    expect(result.stderr).toMatch(/apt-get install .*iproute2/);
  });

  it('a lab file with overlapping networks, with its place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'podwire-file-'));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'lab.yaml');
    writeFileSync(
      file,
      'apiVersion: podwire.dev/v1alpha1\nkind: Lab\nnetworking:\n  podSubnet: 10.96.0.0/16\n  serviceSubnet: 10.96.0.0/12\n',
    );
    const name = uniqueLabName();
    const result = podwire(['up', '--name', name, '-f', file]);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(`${file}:5:3: networking.serviceSubnet: 10.96.0.0/12`);
    expect(tracesOf(name)).toEqual([]);
  });

  it('namespaces that are somebody else’s, and leaves them alone', () => {
    const name = uniqueLabName();
    execFileSync('ip', ['netns', 'add', `${name}.node-1`]);
    cleanUp.push(() => execFileSync('ip', ['netns', 'delete', `${name}.node-1`]));
    const result = podwire(['up', '--name', name]);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(THREE_LINES);
    expect(podwire(['down', '--name', name]).status).toBe(0);
    expect(tracesOf(name)).toEqual([`namespace ${name}.node-1`, expect.stringContaining(`/run/netns/${name}.node-1`)]);
  });

  it('a full disk, and leaves nothing', () => {
    const root = mkdtempSync(join(tmpdir(), 'podwire-full-'));
    cleanUp.push(() => rmSync(root, { recursive: true, force: true }));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', root]);
    cleanUp.push(() => execFileSync('umount', [root]));
    const name = uniqueLabName();
    const result = podwire(['up', '--name', name], { env: { PODWIRE_STATE_ROOT: root } });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^podwire: .+\n {2}why: .+\n/);
    expect(result.stderr).toContain('no space left');
    expect(tracesOf(name, root)).toEqual([]);
  });

  it('an unknown option, with its near miss', () => {
    const result = podwire(['up', '--node', '3']);
    expect(result.status).toBe(2);
    expect(result.stderr).toMatch(THREE_LINES);
    expect(result.stderr).toContain('Did you mean --nodes?');
  });
});

describe('commands on a lab that is not there', () => {
  it.each([
    ['status'],
    ['kubeconfig'],
    ['exec', 'node-1', '--', 'true'],
    ['kubectl', '--', 'get', 'pods'],
    ['journal'],
  ])('podwire %s', (command, ...args) => {
    const result = podwire([command!, '--name', uniqueLabName(), ...args]);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(THREE_LINES);
  });

  it('podwire down has nothing to do', () => {
    const result = podwire(['down', '--name', uniqueLabName()]);
    expect(result.status).toBe(0);
  });
});
