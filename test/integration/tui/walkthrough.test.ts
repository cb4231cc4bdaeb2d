import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { down } from '../../../src/lab/down.ts';
import { upLab } from '../../../src/lab/open-lab.ts';
import { listLabs } from '../../../src/lab/state-directory.ts';
import { textWidth } from '../../../src/scenario/wrap-text.ts';
import { Terminal } from './terminal.ts';

const ROOT = join(import.meta.dirname, '../../..');
let count = 0;
let terminal: Terminal | undefined;
let name = '';

/** Opens the TUI on a terminal of its own; its labs are named after the test. */
function open(columns: number, rows: number, argument = ''): Terminal {
  count += 1;
  name = `t${process.pid}-tui${count}`;
  return reopen(columns, rows, argument);
}

function reopen(columns: number, rows: number, argument = ''): Terminal {
  const hook = join(import.meta.dirname, 'tsx-hook.ts');
  const podwire = `'${process.execPath}' --import '${hook}' '${ROOT}/src/cli/main.ts'`;
  terminal = new Terminal(
    name,
    { columns, rows },
    `${podwire} tui --name ${name} ${argument}; echo "exit $?"; exec sleep 600`,
  );
  return terminal;
}

const left = (): string[] => [
  ...readdirSync('/run/netns').filter((netns) => netns.startsWith(name)),
  ...listLabs().filter((lab) => lab.startsWith(name)),
];

afterEach(async () => {
  terminal?.close();
  terminal = undefined;
  for (const lab of listLabs().filter((lab) => lab.startsWith(name))) await down(lab);
});

describe('the walkthrough, on a real terminal', () => {
  it('goes from the menu through a scenario and back, and removes its lab on quit', async () => {
    const tty = open(80, 24);
    await tty.shows(/› .*The sandbox/);
    tty.press('Down', 'Down');
    await tty.shows(/› .*From pod to pod across nodes/);
    tty.press('Enter');
    await tty.shows('Press enter to begin.');
    tty.press('Enter');
    await tty.shows(/● pod-b 10\.244\.2\.\d+ node-2/);
    await tty.shows(/enter next · ↑↓ scroll, \d+ more/);
    tty.press('PageDown');
    await tty.shows(/✓ number of pods: 2/);
    tty.press('Up', 'Space', 'l');
    await tty.shows('回车 下一步');
    tty.press('l', 'b');
    await tty.shows('Choose a scenario.');
    tty.press('q');
    await tty.shows('exit 0');
    expect(left()).toEqual([]);
  });

  it('plays a scenario by itself to its end', { timeout: 120_000 }, async () => {
    const tty = open(120, 40, 'pod-to-pod-vxlan');
    await tty.shows('Press enter to begin.');
    tty.press('a');
    await tty.shows(/✓ all held · 25 steps/, 100_000);
    tty.press('b');
    await tty.shows(/✓ From pod to pod across nodes/);
    tty.press('C-c');
    await tty.shows('exit 0');
    expect(left()).toEqual([]);
  });

  it('fits the terminal at every size, before and after it changes', async () => {
    const tty = open(60, 20, 'pod-to-pod-vxlan');
    await tty.shows('Press enter to begin.');
    tty.press('Enter');
    await tty.shows(/enter next/);
    for (const [columns, rows] of [
      [130, 35],
      [60, 24],
      [80, 24],
    ] as const) {
      tty.resize(columns, rows);
      await tty.shows(columns >= 110 ? /│ Nodes/ : /─\n Nodes/);
      await expect.poll(() => tty.screen().trimEnd().split('\n').length).toBe(rows);
      const lines = tty.screen().split('\n');
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => line.includes('enter next'))).toHaveLength(1);
    }
    tty.press('q');
    await tty.shows('exit 0');
    expect(left()).toEqual([]);
  });

  it('leaves a lab running that was up before', async () => {
    count += 1;
    name = `t${process.pid}-tui${count}`;
    const lab = await upLab({ name });
    try {
      const tty = reopen(80, 24, 'pod-to-pod-vxlan');
      await tty.shows('was up');
      tty.press('q');
      await tty.shows('exit 0');
      expect(listLabs()).toContain(name);
      expect((await lab.snapshot()).nodes.every(({ ready }) => ready)).toBe(true);
    } finally {
      await lab.down();
    }
  });

  it('removes its lab when it is told to end', async () => {
    const tty = open(80, 24, 'pod-to-pod-vxlan');
    await tty.shows('Press enter to begin.');
    const shell = tty.pid();
    const [child] = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), 'SIGTERM');
    await tty.shows('exit 0');
    expect(left()).toEqual([]);
  });

  it('grades an exercise that is repaired in a second terminal', { timeout: 120_000 }, async () => {
    const tty = open(80, 24, 'debug-refused');
    await tty.shows('c check · h hint 0/4 · s solution', 60_000);
    // How the fault was set is not to be seen.
    expect(tty.screen()).not.toContain('kubectl apply');
    const [, environment = ''] = /^ {3}\. (\S+)$/m.exec(tty.screen())!;
    const second = (command: string): string =>
      execFileSync('sh', ['-c', `. '${environment}' && ${command}`], { encoding: 'utf8' });
    expect(second('kubectl get service web -o name')).toBe('service/web\n');
    tty.press('c');
    await tty.shows(/Checked: 1 of 2 hold.*✗ The pod shell gets answers.*Connection refused.*c check/s);
    tty.press('h');
    await tty.shows(/Hint 1 of 4.*h hint 1\/4/s);
    second('kubectl delete service web');
    tty.press('c');
    await tty.shows(/Checked: 1 of 2 hold.*Could not resolve host.*c check/s);
    second('kubectl expose deployment web --port=80 --target-port=http');
    tty.press('c');
    await tty.shows('Checked: everything holds');
    await tty.shows(/^ enter menu · c check/m);
    tty.press('Enter');
    await tty.shows(/› ✓ Connection refused/);
    expect(existsSync(environment)).toBe(false);
    tty.press('q');
    await tty.shows('exit 0');
    expect(left()).toEqual([]);
  });

  it('refuses a scenario there is none of', async () => {
    const tty = open(80, 24, 'pod-to-pod-vxlam');
    await tty.shows('did you mean pod-to-pod-vxlan?');
    await tty.shows('exit 2');
  });
});
