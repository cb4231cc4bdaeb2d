/** Unix sockets that only their user may open. */
import type { Server } from 'node:net';

/** Makes `server` listen at `path` with mode 0600 from its first moment. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } finally {
    process.umask(umask);
  }
}
