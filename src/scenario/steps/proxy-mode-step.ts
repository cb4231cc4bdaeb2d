/** The step `proxyMode`: changes kube-proxy's backend, and has the former come back when the scenario ends. */
import type { StepOf } from '../definition/steps.ts';
import type { Performer } from '../step-context.ts';

/** The observation: the backend of each node, by name. */
export const PROXY_MODE: Performer<StepOf<'proxyMode'>, Readonly<Record<string, string>>> = {
  command: ({ proxyMode: { mode, node } }) => ({
    text: ['podwire proxy-mode', mode, ...(node === undefined ? [] : ['--node', node])].join(' '),
  }),
  observe: async ({ proxyMode: { mode, node } }, context) => {
    const { nodes: before } = await context.snapshot();
    context.undo.push(async () => {
      for (const { name, proxy } of before)
        if (node === undefined || node === name) await context.lab.switchProxyMode(proxy.mode, name);
    });
    await context.lab.switchProxyMode(mode, node);
    await context.lab.programmed();
    const { nodes } = await context.snapshot();
    return Object.fromEntries(nodes.map(({ name, proxy }) => [name, proxy.mode]));
  },
  judge: ({ proxyMode: { mode, node } }, modes) => {
    const asked = Object.entries(modes).flatMap(([name, one]) => (node === undefined || node === name ? [one] : []));
    return {
      checks: [
        {
          expected: `kube-proxy on ${node ?? 'every node'} is in mode ${mode}`,
          observed: [...new Set(asked)].join(', ') || 'no such node',
          held: asked.length > 0 && asked.every((one) => one === mode),
          implied: true,
        },
      ],
    };
  },
  repeats: () => false,
};
