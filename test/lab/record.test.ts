import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Recorder, readRecord, replayRecord } from '../../src/lab/record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwire-record-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the record', () => {
  it('gives back what was written', () => {
    const path = join(folder, 'record');
    const recorder = new Recorder(path);
    recorder.write([{ made: 'mark', mark: 'abc' }]);
    recorder.write([
      { made: 'netns', name: 'lab.node-1' },
      { made: 'netns', name: 'lab.node-2' },
    ]);
    recorder.write([{ made: 'netns-inode', name: 'lab.node-1', inode: 4711 }]);
    recorder.write([{ made: 'process', role: 'daemon', pid: 12, startTime: 34 }]);
    recorder.close();
    const recorded = readRecord(path);
    expect(recorded.mark).toBe('abc');
    expect([...recorded.namespaces]).toEqual([
      ['lab.node-1', 4711],
      ['lab.node-2', undefined],
    ]);
    expect(recorded.processes).toEqual([{ role: 'daemon', pid: 12, startTime: 34 }]);
  });

  it('strikes out what is gone, and has it again when it is made anew', () => {
    const made = '{"made":"netns","name":"lab.a"}';
    const gone = '{"gone":"netns","name":"lab.a"}';
    expect(replayRecord([made, gone].join('\n')).namespaces.has('lab.a')).toBe(false);
    expect(replayRecord([made, gone, made].join('\n')).namespaces.has('lab.a')).toBe(true);
  });

  it('passes over a line that was cut short, at every length, and reads the next', () => {
    const line = '{"made":"netns","name":"lab.a"}';
    for (let length = 0; length < line.length; length += 1) {
      const recorded = replayRecord(`\n${line.slice(0, length)}\n{"made":"netns","name":"lab.b"}`);
      expect([...recorded.namespaces.keys()]).toEqual(['lab.b']);
    }
  });

  it('is empty when there is no file', () => {
    expect(readRecord(join(folder, 'none')).namespaces.size).toBe(0);
  });

  it('can be read while it is written, by anybody who may: one line per entry', () => {
    const path = join(folder, 'record');
    const recorder = new Recorder(path);
    recorder.write([{ made: 'netns', name: 'a.b' }]);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(1);
    recorder.close();
  });
});
