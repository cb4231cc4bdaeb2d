/** A session in memory, and the ends a program would hold. */
import { PassThrough } from 'node:stream';
import type { ExecSession } from '../../../src/api/kubelet-connector.ts';

export class FakeSession implements ExecSession {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly sizes: object[] = [];
  killed = false;
  exit: Promise<{ code: number; error?: string }>;
  end!: (result: { code: number; error?: string }) => void;

  constructor() {
    this.exit = new Promise((resolve) => {
      this.end = (result) => {
        this.stdout.end();
        this.stderr.end();
        resolve(result);
      };
    });
  }

  resize(size: object): void {
    this.sizes.push(size);
  }

  kill(): void {
    this.killed = true;
    this.end({ code: 137 });
  }
}
