import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReportFile } from '../../../src/scenario/reporters/report-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwire-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function report(path: string, ...lines: string[]): void {
  const file = openReportFile(path);
  file.write(lines);
  file.close();
}

describe('the file of a report', () => {
  it('is there in whole or not at all, also over a former one', () => {
    const path = join(folder, 'report.tap');
    writeFileSync(path, 'former\n');
    const file = openReportFile(path);
    file.write(['1..1', 'ok 1']);
    expect(readFileSync(path, 'utf8')).toBe('former\n');
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('1..1\nok 1\n');
    expect(readdirSync(folder)).toEqual(['report.tap']);
  });

  it('never takes the place of a device or a link', () => {
    const target = join(folder, 'target');
    writeFileSync(target, '');
    for (const [link, to] of [
      ['null', '/dev/null'],
      ['link', target],
    ] as const) {
      symlinkSync(to, join(folder, link));
      report(join(folder, link), 'ok 1');
      expect(lstatSync(join(folder, link)).isSymbolicLink()).toBe(true);
    }
    expect(readFileSync(target, 'utf8')).toBe('ok 1\n');
    expect(readdirSync(folder).sort()).toEqual(['link', 'null', 'target']);
  });

  it('says when the disk is full, and leaves what stood there', () => {
    // Every write to it fails with ENOSPC.
    const full = openReportFile('/dev/full');
    full.write(['ok 1']);
    expect(full.failed.aborted).toBe(true);
    full.write(['ok 2']);
    expect(() => full.close()).toThrow('the report could not be written to /dev/full');
    // The folder goes away while it is written.
    const path = join(folder, 'gone', 'report');
    mkdirSync(join(folder, 'gone'));
    const file = openReportFile(path);
    rmSync(join(folder, 'gone'), { recursive: true });
    file.write(['ok 1']);
    expect(file.failed.aborted).toBe(false);
    expect(() => file.close()).toThrow('could not be written');
  });

  it('is refused where it cannot be', () => {
    const refused = (path: string) => () => openReportFile(path);
    expect(refused(folder)).toThrow(`the report cannot be written to ${folder}`);
    expect(refused(join(folder, 'no', 'report'))).toThrow('cannot be written');
    writeFileSync(join(folder, 'file'), '');
    expect(refused(join(folder, 'file', 'report'))).toThrow('cannot be written');
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });
});
