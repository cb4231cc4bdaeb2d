/** The log of a container of a pod that is on the node, with the errors a kubelet gives. */
import type { Readable } from 'node:stream';
import type { LogRequest } from '../api/kubelet-connector.ts';
import { badRequest } from '../api/status-error.ts';
import { logStream } from './log-selection.ts';
import type { PodWorker } from './pod-worker.ts';

/** Throws BadRequest for an instance there is not. */
export function containerLogs(worker: PodWorker, request: Omit<LogRequest, 'node'>): Readable {
  const { container, pod, previous } = request;
  const instance = worker.containers.find(container, previous);
  if (instance === undefined) {
    if (previous) throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`);
    const state = worker.containers.records.get(container)?.state;
    const reason = state?.kind === 'waiting' ? state.reason : 'ContainerCreating';
    throw badRequest(`container "${container}" in pod "${pod}" is waiting to start: ${reason}`);
  }
  const abort = new AbortController();
  return logStream(instance.logs({ follow: request.follow, signal: abort.signal }), request, abort);
}
