/** The order in which a lab is built: each stage is a file of its own. */
import type { Server } from 'node:net';
import type { BuiltPart, StartMessage } from '../daemon-protocol.ts';
import { onHost } from '../exec-target.ts';
import { LabError } from '../lab-error.ts';
import { plannedNamespaces } from '../plan-lab.ts';
import type { Recorder } from '../record.ts';
import { snapshotOf } from '../snapshot.ts';
import { stateDirectory } from '../state-directory.ts';
import { serveDaemonSocket } from './daemon-socket.ts';
import { openJournal } from './journal-file.ts';
import { RecordedKernel } from './recorded-kernel.ts';
import { SnapshotFeed } from './snapshot-feed.ts';
import { Timings } from './timings.ts';

/** Builds the lab and resolves when it is ready; its servers then keep the process alive. */
export async function runDaemon(
  start: StartMessage,
  listener: Server,
  recorder: Recorder,
  onBuilt: (part: BuiltPart) => void,
): Promise<void> {
  const { plan } = start;
  const directory = stateDirectory(plan.name);
  const timings = new Timings(onBuilt);
  timings.report('daemon', Date.now() - start.startedAt);
  const kernel = new RecordedKernel(recorder, openJournal(directory.journal));
  await timings.measure('namespaces', () => kernel.createNamespaces(plannedNamespaces(plan)));
  const createdAt = new Date(start.startedAt).toISOString();
  const observed = { nodes: [], pods: [], services: [], slices: [], proxies: new Map(), warnings: [] };
  const snapshots = new SnapshotFeed(() =>
    snapshotOf(plan, observed, { createdAt, kubernetesVersion: 'v1.36.0', timings: timings.parts }),
  );
  const hostNetns = (name: string) => {
    const host = [plan.gateway, ...plan.nodes, ...plan.hosts].find((candidate) => candidate.name === name);
    if (host !== undefined) return host.netns;
    throw new LabError({
      what: `there is no "${name}" in this lab`,
      why: 'neither a node nor a host has that name',
      remedy: 'see `podwire status`',
    });
  };
  await serveDaemonSocket(directory.socket, {
    snapshots,
    netnsOf: hostNetns,
    exec: async (name, argv) => onHost(hostNetns(name), argv),
    async programmed() {},
  });
  void listener;
}
