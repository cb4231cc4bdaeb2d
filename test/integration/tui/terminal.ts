/** A real terminal: a tmux server of one's own, whose screen can be read and whose keys can be pressed. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';

export class Terminal {
  readonly #socket: string;

  /** Runs `command` in a terminal of this size. The screen stays when it has ended. */
  constructor(socket: string, size: { columns: number; rows: number }, command: string) {
    this.#socket = socket;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(size.columns), '-y', String(size.rows), command);
    this.#tmux('set-option', '-g', 'remain-on-exit', 'on');
  }

  screen(): string {
    return this.#tmux('capture-pane', '-p');
  }

  press(...keys: string[]): void {
    for (const key of keys) this.#tmux('send-keys', key);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The process that runs in the terminal. */
  pid(): number {
    return Number(this.#tmux('display-message', '-p', '#{pane_pid}'));
  }

  /** Resolves when the screen shows this; fails with the screen as it is. */
  async shows(text: string | RegExp, timeout = 20_000): Promise<void> {
    await expect.poll(() => this.screen(), { timeout, interval: 50 }).toMatch(text);
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...argv: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...argv], { encoding: 'utf8', timeout: 10_000 });
  }
}
