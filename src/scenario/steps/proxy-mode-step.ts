/** The step `proxyMode`: changes kube-proxy's backend, and has the former come back when the scenario ends. */
import { LabError } from '../../lab/lab-error.ts';
import type { ExecResult } from '../../lab/lab-handle.ts';
import type { StepOf } from '../definition/steps.ts';
import { checkText } from '../match.ts';
import { type CommandLine, type Performer, programmed, type StepContext } from '../step-context.ts';

type Wanted = StepOf<'proxyMode'>['proxyMode'];

/** The backend of a node's kube-proxy now; `obstacle`: why it is not the one asked for. */
interface NodeBackend {
  readonly node: string;
  readonly mode: string;
  readonly obstacle?: string;
  readonly scheduler?: string;
}

/** The observation: every node. */
export const PROXY_MODE: Performer<StepOf<'proxyMode'>, readonly NodeBackend[]> = {
  command: ({ proxyMode }) => proxyModeLine(proxyMode),
  observe: async ({ proxyMode }, context) => {
    await changeBackend(proxyMode, context);
    await programmed(context);
    const { nodes } = await context.snapshot();
    return nodes.map(({ name, proxy: { mode, obstacle, scheduler } }) => ({
      node: name,
      mode,
      ...defined({ obstacle, scheduler }),
    }));
  },
  judge: ({ proxyMode: { mode, node, scheduler }, expect = {} }, nodes) => {
    const backends = nodes.filter((backend) => node === undefined || node === backend.node);
    const wanted = expect.mode ?? mode;
    const claim = (expected: string, of: (backend: NodeBackend) => string | undefined, value: string) => ({
      expected: `kube-proxy on ${node ?? 'every node'} ${expected} ${value}`,
      observed: [...new Set(backends.map(of))].join(', ') || 'no such node',
      held: backends.length > 0 && backends.every((backend) => of(backend) === value),
    });
    const obstacles = [...new Set(backends.flatMap(({ obstacle }) => obstacle ?? []))];
    return {
      output: obstacles.map((obstacle) => `mode ${mode} cannot be used: ${obstacle}`).join('\n'),
      checks: [
        {
          ...claim('is in mode', (backend) => backend.mode, wanted),
          ...(expect.mode === undefined ? { implied: true } : {}),
        },
        ...(scheduler === undefined ? [] : [claim('has the scheduler', (backend) => backend.scheduler, scheduler)]),
        ...checkText('the obstacle', expect.obstacle, obstacles.join('\n')),
      ],
    };
  },
  repeats: () => false,
};

/** As a user would type it. */
export function proxyModeLine({ mode, node, strict = true, scheduler }: Wanted): CommandLine {
  const options = [
    ...(node === undefined ? [] : ['--node', node]),
    ...(scheduler === undefined ? [] : ['--ipvs-scheduler', scheduler]),
    // Elsewhere there is nothing to fall back from.
    ...(strict && mode === 'ipvs' ? ['--strict-proxy-mode'] : []),
  ];
  return { text: ['podwire proxy-mode', mode, ...options].join(' ') };
}

/** A change that is to be refused: what `podwire proxy-mode` ends with, and says on its standard error. */
export async function tryBackend(wanted: Wanted, context: StepContext): Promise<ExecResult> {
  try {
    await changeBackend(wanted, context);
    return { exitCode: 0, stdout: '', stderr: '' };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { exitCode: error.exitCode, stdout: '', stderr: `${error.message}\n${error.why}\n` };
  }
}

async function changeBackend({ mode, node, strict = true, scheduler }: Wanted, context: StepContext): Promise<void> {
  const { nodes: before } = await context.snapshot();
  context.undo.push(async () => {
    for (const { name, proxy } of before)
      if (node === undefined || node === name) {
        const former = proxy.scheduler === undefined ? {} : { scheduler: proxy.scheduler };
        await context.lab.switchProxyMode(proxy.mode, { node: name, ...former });
      }
  });
  await context.lab.switchProxyMode(mode, {
    strict,
    ...(node === undefined ? {} : { node }),
    ...(scheduler === undefined ? {} : { scheduler }),
  });
}

function defined(values: Readonly<Record<'obstacle' | 'scheduler', string | undefined>>): Partial<NodeBackend> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
