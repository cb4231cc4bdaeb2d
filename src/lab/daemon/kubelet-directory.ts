/** Finds the kubelet of a pod's node for the API server, which starts before any kubelet does. */
import type { KubeletConnector } from '../../api/kubelet-connector.ts';
import { ApiError } from '../../objects/transport.ts';

export class KubeletDirectory implements KubeletConnector {
  readonly #kubelets = new Map<string, KubeletConnector>();

  add(node: string, kubelet: KubeletConnector): void {
    this.#kubelets.set(node, kubelet);
  }

  exec: KubeletConnector['exec'] = async (request) => await this.#of(request.node).exec(request);
  attach: KubeletConnector['attach'] = async (request) => await this.#of(request.node).attach(request);
  logs: KubeletConnector['logs'] = async (request) => await this.#of(request.node).logs(request);

  #of(node: string): KubeletConnector {
    const kubelet = this.#kubelets.get(node);
    if (kubelet !== undefined) return kubelet;
    throw new ApiError({
      apiVersion: 'v1',
      kind: 'Status',
      status: 'Failure',
      message: `the kubelet of node "${node}" does not answer`,
      reason: 'ServiceUnavailable',
      code: 503,
    });
  }
}
