/** The step `proxyMode`: changes kube-proxy's backend, and has the former come back when the scenario ends. */
import type { StepOf } from '../definition/steps.ts';
import type { Performer } from '../step-context.ts';

export const PROXY_MODE: Performer<StepOf<'proxyMode'>> = {
  command: ({ proxyMode: { mode, node } }) => ({
    text: ['podwire proxy-mode', mode, ...(node === undefined ? [] : ['--node', node])].join(' '),
  }),
  attempt: async ({ proxyMode: { mode, node } }, context) => {
    const { nodes: before } = await context.snapshot();
    context.undo.push(async () => {
      for (const { name, proxy } of before)
        if (node === undefined || node === name) await context.lab.switchProxyMode(proxy.mode, name);
    });
    await context.lab.switchProxyMode(mode, node);
    await context.lab.programmed();
    const { nodes } = await context.snapshot();
    const modes = nodes.filter(({ name }) => node === undefined || node === name).map(({ proxy }) => proxy.mode);
    return {
      checks: [
        {
          expected: `kube-proxy on ${node ?? 'every node'} is in mode ${mode}`,
          observed: [...new Set(modes)].join(', '),
          held: modes.length > 0 && modes.every((each) => each === mode),
          implied: true,
        },
      ],
    };
  },
  repeats: () => false,
};
