/** The launcher's part of joining a cluster: reads the kubeconfig, asks the API server, plans. Nothing is made. */
import type { ApiConnectionOptions } from '../../client/api-connection.ts';
import { flatKubeconfig, readKubeconfig } from '../../client/kubeconfig.ts';
import { RemoteTransport } from '../../client/remote-transport.ts';
import { LabError } from '../lab-error.ts';
import type { LabPlan } from '../plan-lab.ts';
import { type JoinRequest, planJoin } from './plan-join.ts';
import { type ClusterSurvey, surveyCluster } from './survey-cluster.ts';

/** The cluster to join. */
export interface ClusterChoice {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;
  /** Default: its current context. */
  readonly context?: string;
  /** Runs the scheduler, the controllers and the cluster DNS too, for an API server that stands alone. */
  readonly controlPlane: boolean;
}

export interface JoinPlan {
  readonly plan: LabPlan;
  /** Stands alone: what `kubectl` and the lab's components use. */
  readonly kubeconfig: string;
}

const DEADLINE_MS = 10_000;

/** Throws a `LabError` when the file is unusable or the API server does not answer as one. */
export async function prepareJoin(
  lab: Pick<JoinRequest, 'plan' | 'file' | 'named'>,
  { kubeconfig: path, context, controlPlane }: ClusterChoice,
): Promise<JoinPlan> {
  const { kubeconfig, connection } = await readAccess(path, context);
  const { server } = connection;
  const survey = await ask(server, new RemoteTransport({ ...connection, deadlineMs: DEADLINE_MS }));
  return { plan: planJoin({ ...lab, server, controlPlane }, survey), kubeconfig };
}

async function readAccess(path: string, context: string | undefined) {
  const unusable = (why: string, remedy: string, cause?: unknown) =>
    new LabError({ what: `the kubeconfig ${path} is unusable`, why, remedy, exitCode: 2, cause });
  let kubeconfig: string;
  let connection: ApiConnectionOptions;
  try {
    kubeconfig = await flatKubeconfig(path, context);
    if (/"(exec|auth-provider)":/.test(kubeconfig))
      throw unusable(
        'its user is known by a credential plugin, and that has no network where the lab’s components run',
        'make one with a token: kubectl create token, or a client certificate',
      );
    ({ connection } = await readKubeconfig(kubeconfig, { path }));
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw unusable((error as Error).message, 'see `kubectl config view`; --context names one of its contexts', error);
  }
  if (new URL(connection.server).protocol === 'https:') return { kubeconfig, connection };
  throw unusable(`its server is ${connection.server}`, 'an API server is joined over https only');
}

async function ask(server: string, transport: RemoteTransport): Promise<ClusterSurvey> {
  try {
    return await surveyCluster(transport);
  } catch (cause) {
    throw new LabError({
      what: `the API server ${server} cannot be joined`,
      why: (cause as Error).message,
      remedy: 'see whether `kubectl get nodes` works with this kubeconfig',
      cause,
    });
  }
}
