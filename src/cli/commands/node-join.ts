/** `podwire node join`: nodes of this machine in a cluster whose API server is elsewhere. */
import { type UpCommandOptions, upCommand } from './up.ts';

export interface NodeJoinOptions extends UpCommandOptions {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly controlPlane?: boolean;
}

/** Exit codes as `up` has them. */
export async function nodeJoinCommand(options: NodeJoinOptions): Promise<number> {
  const { kubeconfig, context, controlPlane = false, ...lab } = options;
  const cluster = { kubeconfig, ...(context === undefined ? {} : { context }), controlPlane };
  return await upCommand({ ...lab, cluster });
}
