/** What kube-proxy says about its mode when it starts: Events about its node, as `kubectl describe node` shows them. */
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Logger } from '../objects/component.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';
import { NODES } from '../objects/resource.ts';
import type { Node } from '../objects/wire.ts';
import type { ModeChoice } from './choose-mode.ts';

/** kube-proxy's own words, since Kubernetes 1.35 (cmd/kube-proxy/app/server_linux.go). */
const DEPRECATION =
  "The ipvs proxier is now deprecated and may be removed in a future release. Please use 'nftables' instead.";

export interface Announcement {
  readonly node: Node;
  readonly wanted: ProxyMode;
  readonly choice: ModeChoice;
  readonly recorder: Pick<EventRecorder, 'warning'>;
  readonly log: Logger;
}

/** Says so when the mode is not the one that was asked for, or has no future. */
export function announceMode({ node, wanted, choice, recorder, log }: Announcement): void {
  const subject = { type: NODES, object: node };
  const warn = (reason: string, message: string) => {
    log.warn(message, { node: node.metadata?.name });
    recorder.warning(subject, reason, message);
  };
  if (choice.obstacle !== undefined)
    warn('ProxyModeFallback', `Can't use ${wanted} proxier, trying ${choice.mode} proxier: ${choice.obstacle}`);
  else if (choice.mode === 'ipvs') warn('IPVSDeprecation', DEPRECATION);
}
