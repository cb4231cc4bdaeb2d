import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { findCoreDns } from '../../src/lab/core-dns.ts';

afterEach(() => vi.unstubAllEnvs());

it('says what is missing, and refuses a program where containers have folders of their own', () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(findCoreDns).toThrow(expect.objectContaining({ why: 'no program coredns was found on PATH', exitCode: 2 }));
  const directory = mkdtempSync('/tmp/podwire-');
  const program = join(directory, 'coredns');
  writeFileSync(program, '');
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', directory);
  expect(findCoreDns).toThrow(
    expect.objectContaining({ why: `${program} lies where containers have folders of their own` }),
  );
  rmSync(directory, { recursive: true });
});
