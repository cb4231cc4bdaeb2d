import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile } from '../../../src/kernel/file-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podwire-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file lock', () => {
  it('keeps others out until it is released, and leaves no file', async () => {
    const path = join(folder, 'deep/er/lock');
    const first = await lockFile(path, { wait: false });
    expect(await lockFile(path, { wait: false })).toBeUndefined();
    first!.release();
    expect(existsSync(path)).toBe(false);
    const second = await lockFile(path, { wait: false });
    expect(second).toBeDefined();
    second!.release();
  });

  it('lets waiters in one after another, never two at once, though each removes the file and its folder', async () => {
    const path = join(folder, 'labs/lock');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const lock = (await lockFile(path, { wait: true }))!;
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        lock.release();
        rmSync(join(folder, 'labs'), { recursive: true, force: true });
      }),
    );
    expect(most).toBe(1);
  });

  it('is given back by the kernel when its holder is killed', async () => {
    const path = join(folder, 'lock');
    const module = join(import.meta.dirname, '../../../src/kernel/file-lock.ts');
    const script = `const { lockFile } = await import(${JSON.stringify(module)});
      await lockFile(${JSON.stringify(path)}, { wait: false });
      console.log('held');
      setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout!, 'data');
    expect(await lockFile(path, { wait: false })).toBeUndefined();
    const waiting = lockFile(path, { wait: true });
    holder.kill('SIGKILL');
    (await waiting)!.release();
  });
});
