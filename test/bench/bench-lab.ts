/** Labs for benchmarks: built and removed by the real command line, looked at through the handle that scenarios use. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabHandle } from '../../src/lab/lab-handle.ts';
import { connectLab } from '../../src/lab/open-lab.ts';
import type { BenchmarkContext, MissingPeer } from './benchmark.ts';

const TIMEOUT_MS = 600_000;

/** Runs `dist/podwire.js` to its end. Throws with its stderr when it fails. */
export function podwire(context: BenchmarkContext, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(context.root, 'dist/podwire.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`podwire ${args.join(' ')} ended with ${code}: ${stderr.trim()}`));
    });
  });
}

/** Names the program when it is not built. */
export function notBuilt(context: BenchmarkContext): MissingPeer[] {
  if (existsSync(join(context.root, 'dist/podwire.js'))) return [];
  return [{ name: 'dist/podwire.js', why: 'the program is not built', install: 'npm run build' }];
}

/** Names kubectl when it is not installed. */
export async function kubectlMissing({ kernel }: BenchmarkContext): Promise<MissingPeer[]> {
  const { exitCode } = await kernel.read('', ['sh', '-c', 'command -v kubectl']);
  const install = 'https://kubernetes.io/docs/tasks/tools/';
  return exitCode === 0 ? [] : [{ name: 'kubectl', why: 'it is not installed', install }];
}

export interface BenchLab {
  /** The text of its lab file. */
  readonly labFile?: string;
  /** Further arguments of `podwire up`. */
  readonly arguments?: readonly string[];
}

/** Builds a lab, and removes it whatever happens. */
export async function withLab<T>(
  context: BenchmarkContext,
  { labFile, arguments: others = [] }: BenchLab,
  action: (lab: LabHandle) => Promise<T>,
): Promise<T> {
  const name = `${context.prefix}-lab`;
  const folder = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
  const file = join(folder, 'lab.yaml');
  if (labFile !== undefined) writeFileSync(file, labFile);
  try {
    await podwire(context, 'up', '--name', name, ...(labFile === undefined ? [] : ['-f', file]), ...others);
    const lab = await connectLab(name);
    try {
      return await action(lab);
    } finally {
      lab.close();
    }
  } finally {
    await podwire(context, 'down', '--name', name);
    rmSync(folder, { recursive: true });
  }
}
