/** Which nodes of the running lab a command means. */
import { LabError } from '../lab-error.ts';
import type { RunningNode } from './start-nodes.ts';

/** The node of this name, or all. Throws a `LabError` when there is none; `example` is the command for a node. */
export function chosenNodes(
  nodes: readonly RunningNode[],
  node: string | undefined,
  example: (node: string) => string,
): RunningNode[] {
  const chosen = nodes.filter(({ plan }) => node === undefined || plan.name === node);
  if (chosen.length > 0) return chosen;
  throw new LabError({
    what: `there is no node "${node}"`,
    why: `the lab's nodes are ${nodes.map(({ plan }) => plan.name).join(', ')}`,
    remedy: example(nodes[0]!.plan.name),
    exitCode: 2,
  });
}
