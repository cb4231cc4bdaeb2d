import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startTool } from '../../../src/kernel/spawn-tool.ts';

const run = (script: string, stdin?: string, environment: Record<string, string | undefined> = { ...process.env }) =>
  startTool(['sh', '-c', script], environment, stdin).ended;

describe('a tool started by posix_spawn', () => {
  it('gets its input and gives back its output, its errors and its exit code', async () => {
    expect(await run('cat; echo oh >&2; exit 7', 'hello\n')).toEqual({
      exitCode: 7,
      stdout: 'hello\n',
      stderr: 'oh\n',
    });
  });

  it('says which signal ended it', async () => {
    expect(await run('kill -9 $$')).toMatchObject({ signal: 9 });
  });

  it('has the environment it is given and nothing else', async () => {
    const { stdout } = await startTool(['/usr/bin/env'], { A: '1', B: undefined }).ended;
    expect(stdout).toBe('A=1\n');
  });

  it('takes and gives more than a pipe holds', async () => {
    const text = 'x'.repeat(3_000_000);
    const { stdout } = await startTool(['cat'], process.env, text).ended;
    expect(stdout === text).toBe(true);
  });

  it('has no signal ignored or blocked, though Node ignores SIGPIPE', async () => {
    const { stdout } = await run('grep -E "^Sig(Blk|Ign)" /proc/self/status');
    expect(stdout.match(/\t(\w+)/g)).toEqual(['\t0000000000000000', '\t0000000000000000']);
  });

  it('inherits no descriptor but its three and the one that tells its end', async () => {
    const descriptors = (text: string) => new Set(text.trim().split('\n'));
    const { stdout } = await run('ls /proc/$$/fd');
    // What this process was itself given without close-on-exec, Node's own children have too.
    const usual = descriptors(spawnSync('sh', ['-c', 'ls /proc/$$/fd'], { encoding: 'utf8' }).stdout);
    expect(descriptors(stdout)).toEqual(new Set([...usual, '3']));
  });

  it('throws when there is no such program, or it may not be run', () => {
    expect(() => startTool(['no-such-program'], process.env)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => startTool(['/etc/passwd'], process.env)).toThrow(expect.objectContaining({ code: 'EACCES' }));
  });

  it('keeps nothing open that it had opened when the process may open no more', () => {
    const module = pathToFileURL(join(import.meta.dirname, '../../../src/kernel/spawn-tool.ts')).href;
    // Five it needs; with each number of them less, as many are free afterwards as were before.
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { startTool } from ${JSON.stringify(module)};
      const held = [];
      const fill = () => {
        for (let count = 0; ; count += 1) {
          try { held.push(openSync('/proc/self/status')); } catch { return count; }
        }
      };
      fill();
      for (let free = 0; free < 5; free += 1) {
        for (const fd of held.splice(0, free)) closeSync(fd);
        let code = 'started';
        try { startTool(['true'], {}); } catch (error) { code = error.code; }
        console.log(free, code, fill());
      }
    `;
    const argv = [process.execPath, '--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync('sh', ['-c', 'ulimit -n 100; exec "$@"', 'sh', ...argv], { encoding: 'utf8' });
    expect(stdout, stderr).toBe([0, 1, 2, 3, 4].map((free) => `${free} EMFILE ${free}\n`).join(''));
  });

  it('leaves no zombie and no descriptor, however many run at once', async () => {
    const before = readdirSync('/proc/self/fd').length;
    await Promise.all(Array.from({ length: 50 }, () => run('true')));
    expect(() => startTool(['no-such-program'], process.env)).toThrow();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const zombies = children.filter(
      (pid) => pid !== '' && /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    );
    expect(zombies).toEqual([]);
  });
});
