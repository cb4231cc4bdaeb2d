import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Haproxy, type HaproxyConfiguration, HaproxyRefusal } from '../../src/haproxy/haproxy.ts';
import { identifyProcess, type ProcessIdentity } from '../../src/kernel/processes.ts';
import { FakeHaproxy } from './fake-haproxy.ts';

const GOOD: HaproxyConfiguration = { global: ['nbthread 1'], text: 'defaults\n', files: { 'a.map': 'x y\n' } };
const OTHER: HaproxyConfiguration = { ...GOOD, text: 'defaults\n    mode tcp\n' };
const BAD: HaproxyConfiguration = { ...GOOD, text: 'bad\n' };

let directory: string;
let fake: FakeHaproxy;
let errors: string[];
let others: ChildProcess[];
/** A process of its own that does nothing; a failed test leaves none of them. */
const somebody = (): ChildProcess => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  others.push(child);
  return child;
};
const make = (former: readonly ProcessIdentity[] = []) => {
  const ignore = () => undefined;
  const log = { info: ignore, warn: ignore, error: (message: string) => void errors.push(message) };
  return new Haproxy({ spawn: fake.spawn, directory, log, former });
};
const folders = () => {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-haproxy-'));
  fake = new FakeHaproxy(directory);
  errors = [];
  others = [];
});

afterEach(() => {
  for (const child of others) child.kill('SIGKILL');
  fake.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('a configuration', () => {
  it('is put in force with its files; the same again starts nothing', async () => {
    const haproxy = make();
    await haproxy.configure(GOOD);
    await haproxy.configure(GOOD);
    expect(fake.starts).toHaveLength(1);
    expect(fake.starts[0]).not.toContain('-x');
    const [folder] = folders();
    expect(readFileSync(join(directory, folder!, 'a.map'), 'utf8')).toBe('x y\n');
    expect(readFileSync(join(directory, folder!, 'haproxy.cfg'), 'utf8')).toContain('    nbthread 1\n');
    await haproxy.stop();
    expect(fake.running.size).toBe(0);
  });

  it('takes the sockets over from the one before, which ends when it is done', async () => {
    const haproxy = make();
    await haproxy.configure(GOOD);
    const [first] = fake.running.keys();
    await haproxy.configure(OTHER);
    expect(fake.starts[1]!.slice(-4)).toEqual(['-x', join(directory, 'haproxy.sock'), '-sf', String(first)]);
    expect(folders()).toHaveLength(1);
    // It has served its connections to their end: no reason to start another.
    fake.running.get(first!)!.end();
    await haproxy.configure(OTHER);
    expect([fake.starts.length, errors]).toEqual([2, []]);
    await haproxy.stop();
  });

  it('that is refused changes nothing, and says why in HAProxy’s words', async () => {
    const haproxy = make();
    await haproxy.configure(GOOD);
    const before = folders();
    await expect(haproxy.configure(BAD)).rejects.toThrow(HaproxyRefusal);
    await expect(haproxy.check(BAD)).rejects.toThrow("config : parsing [haproxy.cfg:9] : unknown keyword 'bad'");
    await haproxy.check(OTHER);
    expect([folders(), fake.starts.length, fake.running.size]).toEqual([before, 1, 1]);
    await haproxy.stop();
  });
});

describe('a process', () => {
  it('that dies is started again', async () => {
    const haproxy = make();
    await haproxy.configure(GOOD);
    const [first] = fake.running.values();
    first!.end('SIGSEGV');
    await vi.waitFor(() => expect(fake.starts).toHaveLength(2));
    expect(errors).toEqual(['haproxy ended; it is started again']);
    await haproxy.stop();
  });

  it('of somebody before us serves until ours does, and is told once', async () => {
    const left = somebody();
    const haproxy = make([identifyProcess(left.pid!)!]);
    await haproxy.configure(GOOD);
    expect(fake.starts[0]!.slice(-2)).toEqual(['-sf', String(left.pid)]);
    await haproxy.configure(OTHER);
    expect(fake.starts[1]).not.toContain(String(left.pid));
    await haproxy.stop();
  });

  it('of somebody before us is ended when there is nothing to serve', async () => {
    const left = somebody();
    const gone = new Promise((resolve) => left.once('exit', (_, signal) => resolve(signal)));
    await make([identifyProcess(left.pid!)!]).stop();
    expect(await gone).toBe('SIGKILL');
  });

  it('that has the pid of one before us is left alone', async () => {
    const other = somebody();
    const { pid, startTime } = identifyProcess(other.pid!)!;
    const ended = { pid, startTime: startTime - 1 };
    const haproxy = make([ended]);
    await haproxy.configure(GOOD);
    expect(fake.starts[0]).not.toContain('-sf');
    await haproxy.stop();
    await make([ended]).stop();
    other.kill('SIGTERM');
    expect(await new Promise((resolve) => other.once('exit', (_, signal) => resolve(signal)))).toBe('SIGTERM');
  });

  it('drains when it is asked to', async () => {
    const haproxy = make();
    await haproxy.configure(GOOD);
    const [process] = fake.running.values();
    await haproxy.drain();
    expect(process!.signals).toEqual(['SIGUSR1']);
    expect(errors).toEqual([]);
  });
});
