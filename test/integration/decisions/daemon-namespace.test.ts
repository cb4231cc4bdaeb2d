import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// An ordinary user may not read the checkout, nor the Node in it: the experiment runs from copies.
const folder = mkdtempSync(join(tmpdir(), 'handed-over-'));
chmodSync(folder, 0o755);
const script = join(folder, 'handed-over.mjs');
copyFileSync(join(import.meta.dirname, 'handed-over.mjs'), script);
const node = join(folder, 'node');
copyFileSync(process.execPath, node);
afterAll(() => rmSync(folder, { recursive: true }));

const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

function launch(user: readonly string[], ...prefix: string[]): Record<string, unknown> {
  const [file, ...args] = [...user, node, script, 'launch', ...prefix] as [string, ...string[]];
  return JSON.parse(execFileSync(file, args, { encoding: 'utf8', timeout: 20_000 }));
}
const home = readlinkSync('/proc/self/ns/net');

describe.each([
  { how: 'as root', user: [], prefix: ['unshare', '--net', '--'], uid: 0, rootless: false },
  { how: 'rootless, as mapped root', user: asNobody, prefix: ['unshare', '-Urnm', '--'], uid: 0, rootless: true },
  {
    how: 'rootless, under the own uid',
    user: asNobody,
    prefix: ['unshare', '-Unm', '-c', '--keep-caps', '--'],
    uid: 65534,
    rootless: true,
  },
])('a daemon in a namespace of its own, $how', ({ user, prefix, uid, rootless }) => {
  const seen = launch(user, ...prefix);

  it('serves the host’s loopback from its namespace by the listener it was handed', () => {
    expect(seen.launcher).toBe(home);
    expect(seen.daemon).not.toBe(home);
    expect(seen.answer).toBe(seen.daemon);
    expect(seen.uid).toBe(uid);
  });

  it('sees nothing of the host’s network', () => {
    expect(seen.interfaces).toEqual([]);
    expect(seen.ownLoopback).toBe('ENETUNREACH');
    expect(seen.wayBack).toEqual(rootless ? expect.stringContaining('Permission denied') : 'ok');
  });

  it('can make what a lab is made of', () => {
    expect(seen).toMatchObject({ veth: 'ok', vxlan: 'ok', iptables: 'ok', forward: 'ok', namedNamespace: 'ok' });
  });

  it('can capture, unless it pretends to be root', () => {
    expect(seen.capture === 'ok').toBe(!(rootless && uid === 0));
  });
});
