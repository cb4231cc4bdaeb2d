/** Asks a test server for SPDY. */
import { request } from 'node:http';
import { TOKEN } from '../../http/fixture.ts';
import { SpdyClient } from './spdy-client.ts';

/** A client on the upgraded connection; rejects with code and message of a refusal. */
export function upgradeToSpdy(
  port: number,
  path: string,
  protocols: readonly string[],
): Promise<{ client: SpdyClient; protocol: string | undefined }> {
  return new Promise((resolve, reject) => {
    const message = request({
      ...{ host: '127.0.0.1', port, method: 'POST', path, agent: false },
      headers: {
        ...{ Authorization: `Bearer ${TOKEN}`, Connection: 'Upgrade', Upgrade: 'SPDY/3.1' },
        ...(protocols.length === 0 ? {} : { 'X-Stream-Protocol-Version': [...protocols] }),
      },
    });
    message.on('upgrade', (response, socket) => {
      const protocol = response.headers['x-stream-protocol-version'];
      resolve({ client: new SpdyClient(socket), protocol: protocol as string | undefined });
    });
    message.on('response', async (response) => {
      const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
      reject(new Error(`${response.statusCode} ${(JSON.parse(text) as { message: string }).message}`));
    });
    message.on('error', reject);
    message.end();
  });
}
