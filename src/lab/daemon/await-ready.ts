/** Stage: waits until the lab is what its user expects: every node Ready, and a name answered through the DNS's ClusterIP. */
import { firstAnswer } from '../dns-question.ts';
import { LabError } from '../lab-error.ts';
import type { LabSnapshot } from '../lab-snapshot.ts';
import type { DaemonContext } from './daemon-context.ts';
import type { SnapshotFeed } from './snapshot-feed.ts';

/** User-mode Linux is slow, and slower where others want its processor. */
const DEADLINE_MS = { host: 60_000, uml: 180_000 };

/** Throws a `LabError` that says what was missing when it takes too long. */
export async function awaitReady({ plan, kernel, timings }: DaemonContext, snapshots: SnapshotFeed): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS[plan.kernel];
  await timings.measure('nodes ready', () => until(snapshots, deadline, missingNodes));
  // The DNS of a cluster that was joined is not of this lab's making.
  if (plan.remote?.controlPlane === false) return;
  await timings.measure('DNS', async () => {
    await until(snapshots, deadline, missingDns);
    const name = `kubernetes.default.svc.${plan.dnsDomain}`;
    // Each node has rules of its own.
    await Promise.all(
      plan.nodes.map(async ({ netns }) => {
        if (!(await firstAnswer(kernel.sockets, netns, plan.dnsServiceIp, name, deadline)))
          throw late(`the cluster DNS does not answer at ${plan.dnsServiceIp} from ${netns}`);
      }),
    );
  });
}

/** Waits for a snapshot in which nothing is missing. */
async function until(
  snapshots: SnapshotFeed,
  deadline: number,
  missing: (snapshot: LabSnapshot) => string | undefined,
): Promise<void> {
  let last: string | undefined;
  let stop: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(late(last ?? 'nothing was seen')), deadline - Date.now());
      stop = snapshots.subscribe((snapshot) => {
        last = missing(snapshot);
        if (last === undefined) resolve();
      });
    });
  } finally {
    clearTimeout(timer);
    stop();
  }
}

function missingNodes({ nodes }: LabSnapshot): string | undefined {
  const names = nodes.filter(({ ready }) => !ready).map(({ name }) => name);
  return names.length === 0 ? undefined : `these nodes are not Ready: ${names.join(', ')}`;
}

function missingDns({ services }: LabSnapshot): string | undefined {
  const dns = services.find(({ namespace, name }) => namespace === 'kube-system' && name === 'kube-dns');
  return (dns?.endpoints.length ?? 0) > 0 ? undefined : 'no pod of the cluster DNS is ready';
}

function late(why: string): LabError {
  return new LabError({
    what: 'the lab did not become ready',
    why: `the time for it is up, and ${why}`,
    remedy: 'the lab has been removed; see whether this machine is overloaded, and what `podwire check` says',
  });
}
