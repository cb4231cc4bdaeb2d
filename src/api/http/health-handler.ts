/** /version and the health checks; they need no token, as in Kubernetes. */
import { type Exchange, sendBody, sendText } from './exchange.ts';

const HEALTH = new Set(['/healthz', '/livez', '/readyz']);

export interface Health {
  /** `v1.36.0`. */
  readonly kubernetesVersion: string;
  /** Whether what must stand before the cluster is used does stand. */
  ready(): boolean;
}

/** True when the path was one of these and has been answered. */
export function handleHealth(health: Health, exchange: Exchange): boolean {
  const { path } = exchange;
  if (path === '/version' || path === '/version/') {
    sendBody(exchange, 200, JSON.stringify(versionInfo(health.kubernetesVersion), null, 2));
    return true;
  }
  if (!HEALTH.has(path)) return false;
  const ready = path === '/livez' || health.ready();
  sendText(exchange, ready ? 200 : 500, ready ? 'ok' : '[-]poststarthook/cluster failed: not ready\n');
  return true;
}

function versionInfo(gitVersion: string): object {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
