import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HealthChecks } from '../../src/cloud/health-checks.ts';

let status: number;
let asked: number;
const server = createServer((request, response) => {
  if (request.url === '/healthz') asked += 1;
  response.writeHead(status).end();
});
let checks: HealthChecks;
let changes: [number, boolean][];
let port: number;

beforeEach(async () => {
  [status, asked, changes] = [200, 0, []];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  checks = new HealthChecks({
    connect: (target) => connect(target.port, target.address),
    onChange: (target, isUp, afterMs) => {
      changes.push([target.port, isUp]);
      expect(afterMs).toBeGreaterThanOrEqual(0);
    },
    everyMs: 20,
    timeoutMs: 5_000,
  });
});

afterEach(async () => {
  checks.watch([]);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

it('takes a member out after two answers in a row that are not 200, and back in likewise', async () => {
  const target = { address: '127.0.0.1', port };
  checks.watch([target]);
  expect(checks.isUp(target)).toBe(true);
  await vi.waitFor(() => expect(asked).toBeGreaterThan(2));
  expect(changes).toEqual([]);
  status = 503;
  const before = asked;
  await vi.waitFor(() => expect(changes).toEqual([[port, false]]));
  expect(asked - before).toBeGreaterThanOrEqual(2);
  expect(checks.isUp(target)).toBe(false);
  status = 200;
  await vi.waitFor(() => expect(checks.isUp(target)).toBe(true));
});

it('takes out a member that refuses', async () => {
  const target = { address: '127.0.0.1', port: 1 };
  checks.watch([target]);
  await vi.waitFor(() => expect(changes).toEqual([[1, false]]));
});

it('stops asking when it is told so', async () => {
  checks.watch([{ address: '127.0.0.1', port }]);
  await vi.waitFor(() => expect(asked).toBeGreaterThan(0));
  checks.watch([]);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const after = asked;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(asked).toBe(after);
});
