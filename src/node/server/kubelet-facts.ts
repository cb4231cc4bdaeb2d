/** What a kubelet's own server tells of its node. */
import type { Readable } from 'node:stream';
import type { LogRequest } from '../../api/kubelet-connector.ts';
import { statusError } from '../../api/status-error.ts';
import type { Pod } from '../../objects/wire.ts';
import { containerLogs } from '../container-logs.ts';
import type { PodWorker } from '../pod-worker.ts';

export interface KubeletFacts {
  /** Pods of the node as its kubelet knows them. */
  pods(): readonly Pod[];
  /** How many containers there are in each state; those that have ended may be started again. */
  containers(): Readonly<Record<'running' | 'exited' | 'created', number>>;
  /** Throws an `ApiError`. */
  logs(request: Omit<LogRequest, 'node'>): Readable;
}

/** Of these workers, by `namespace/name`. */
export function kubeletFacts(workers: ReadonlyMap<string, PodWorker>): KubeletFacts {
  return {
    pods: () => [...workers.values()].map(({ pod }) => pod),
    containers() {
      const count = { running: 0, exited: 0, created: 0 };
      for (const { containers } of workers.values()) {
        for (const { state, id } of containers.records.values()) {
          if (state.kind === 'running') count.running += 1;
          else count[id === '' ? 'created' : 'exited'] += 1;
        }
      }
      return count;
    },
    logs(request) {
      const { namespace, pod, container } = request;
      const worker = workers.get(`${namespace}/${pod}`);
      if (worker?.containers.records.has(container) === true) return containerLogs(worker, request);
      throw statusError(404, 'NotFound', worker === undefined ? 'pod does not exist' : 'container not found in pod');
    },
  };
}
