/** A program run in a pod as clients do it: one WebSocket connection for each, over TLS, until its exit code has come. */
import { WebSocket } from 'ws';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import type { LabHandle } from '../../src/lab/lab-handle.ts';

/** Runs a program in a pod of namespace `default`; its exit code. */
export type ExecInPod = (pod: string, argv: readonly string[]) => Promise<number>;

const PROTOCOL = 'v5.channel.k8s.io';
const ERROR_CHANNEL = 3;

/** The way to run programs in a lab's pods. */
export async function execClient({ kubeconfig }: LabHandle): Promise<ExecInPod> {
  const { connection } = await loadKubeconfig(kubeconfig);
  const server = connection.server.replace(/^http/, 'ws');
  const options = { ca: connection.ca, headers: { authorization: `Bearer ${String(connection.token)}` } };
  return (pod, argv) =>
    new Promise((resolve, reject) => {
      const words: [string, string][] = argv.map((word) => ['command', word]);
      const query = new URLSearchParams([['stdout', 'true'], ['stderr', 'true'], ...words]);
      const url = `${server}/api/v1/namespaces/default/pods/${pod}/exec?${query}`;
      const socket = new WebSocket(url, [PROTOCOL], options);
      let code: number | undefined;
      socket.on('message', (message: Buffer) => {
        if (message[0] === ERROR_CHANNEL) code = codeOf(message.subarray(1).toString());
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (code === undefined) reject(new Error(`the exec of ${argv.join(' ')} ended without a status`));
        else resolve(code);
      });
    });
}

function codeOf(text: string): number {
  const status = JSON.parse(text) as { status: string; message?: string; details?: { causes?: { message: string }[] } };
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.[0]?.message;
  if (code === undefined) throw new Error(`exec failed: ${status.message}`);
  return Number(code);
}
