import { execFileSync, spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completionCommand } from '../../src/cli/commands/completion.ts';
import { buildProgram } from '../../src/cli/program.ts';

afterEach(() => vi.restoreAllMocks());

/** What `podwire completion SHELL` prints. */
async function script(shell: 'bash' | 'zsh' | 'fish'): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  expect(
    await completionCommand(
      shell,
      buildProgram(() => undefined),
    ),
  ).toBe(0);
  vi.restoreAllMocks();
  return text;
}

describe('completion', () => {
  it('completes commands and options in bash', async () => {
    const source = (await script('bash')).replace(/^complete .*$/m, '');
    const complete = (words: readonly string[]) =>
      execFileSync(
        'bash',
        [
          '-c',
          `${source}\nCOMP_WORDS=(${words.join(' ')} '')\nCOMP_CWORD=${words.length}\n_podwire\necho "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8' },
      )
        .trim()
        .split(' ');
    expect(complete(['podwire'])).toEqual(expect.arrayContaining(['up', 'down', 'status', 'kubectl']));
    expect(complete(['podwire', 'down'])).toEqual(['--name', '--all']);
  });

  it('is a script that bash reads', async () => {
    const source = await script('bash');
    expect(spawnSync('bash', ['-n'], { input: source, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('has every command and option in zsh and fish', async () => {
    const names = buildProgram(() => undefined).commands.map((command) => command.name());
    const [zsh, fish] = [await script('zsh'), await script('fish')];
    for (const name of names) {
      expect(zsh).toContain(`'${name}:`);
      expect(fish).toContain(`-a ${name} `);
    }
    expect(fish).toContain("'__fish_seen_subcommand_from down' -l all");
  });
});
