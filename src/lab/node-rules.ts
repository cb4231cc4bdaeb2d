/** The rules of a lab's node as its backend has them in the kernel, with what the API says each is there for. */
import { batchedReads } from '../kernel/batched-reads.ts';
import { isProxyMode } from '../objects/proxy-mode.ts';
import { listRules } from '../walk/rules/list-rules.ts';
import type { RuleSection } from '../walk/rules/rule-section.ts';
import type { LabHandle } from './lab-handle.ts';
import type { NodeSnapshot } from './lab-snapshot.ts';

/** Every rule of kube-proxy on the node, read by one process; none where no kube-proxy has started. Throws when they cannot be read. */
export async function nodeRules(
  lab: Pick<LabHandle, 'kernel' | 'transport'>,
  node: NodeSnapshot,
): Promise<RuleSection[]> {
  const { mode, departing } = node.proxy;
  if (!isProxyMode(mode)) return [];
  const read = batchedReads(lab.kernel, node.netns);
  return await listRules({
    nodeName: node.name,
    mode,
    hasIpvsToo: departing?.mode === 'ipvs',
    nodeIPs: node.ips,
    transport: lab.transport,
    async read(argv) {
      const { exitCode, stdout, stderr } = await read(argv);
      if (exitCode !== 0) throw new Error(`${argv.join(' ')} on ${node.name}: ${stderr.trim()}`);
      return stdout;
    },
  });
}
