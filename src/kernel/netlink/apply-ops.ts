/**
 * Applies typed operations by netlink, without a process: 20 µs each where a tool costs 1 ms to start and 3 ms to run.
 * Whatever fails or has no message here is left to the tool, which has the last word and says what is wrong in its own.
 */
import { closeSync, openSync } from 'node:fs';
import { namespacePath } from '../namespace-window.ts';
import type { BridgeOp, IpOp } from '../ops.ts';
import { addressMessage, fdbMessage, neighbourMessage, routeMessage } from './ip-message.ts';
import { linkAddition, linkChange, portChange } from './link-message.ts';
import type { Lookup } from './lookup.ts';
import { deviceIndex, openRouteSocket } from './netlink-socket.ts';
import { errnoOf } from './wire.ts';

/** Devices to make in one go: each takes the kernel half a millisecond, in which this thread does nothing else. */
const MOST_NEW_LINKS = 8;

/** The request for an operation; undefined for one that only the tool can do. */
export function requestFor(op: IpOp | BridgeOp, lookup: Lookup): Buffer | undefined {
  switch (op.op) {
    case 'link-add':
      return linkAddition(op, lookup);
    case 'link-set':
      return linkChange(op, lookup);
    case 'link-delete':
      return undefined;
    case 'address-add':
    case 'address-replace':
    case 'address-delete':
      return addressMessage(op, lookup);
    case 'route-add':
    case 'route-replace':
    case 'route-delete':
      return routeMessage(op, lookup);
    case 'neighbour-replace':
    case 'neighbour-delete':
      return neighbourMessage(op, lookup);
    case 'fdb-append':
    case 'fdb-replace':
    case 'fdb-delete':
      return fdbMessage(op, lookup);
    case 'port-set':
      return portChange(op, lookup);
  }
}

/** Applies operations in the thread's present namespace, in order. Gives the number of those that are done. */
export function applyOps(ops: readonly (IpOp | BridgeOp)[]): number {
  if (ops.filter(({ op }) => op === 'link-add').length > MOST_NEW_LINKS) return 0;
  const opened: number[] = [];
  const namespace = (netns: string) => {
    const fd = openSync(namespacePath(netns), 'r');
    opened.push(fd);
    return fd;
  };
  const lookup: Lookup = { ifindex: deviceIndex, namespace };
  const socket = openRouteSocket();
  try {
    for (const [done, op] of ops.entries()) if (!isApplied(op)) return done;
    return ops.length;
  } finally {
    socket.close();
    for (const fd of opened) closeSync(fd);
  }

  function isApplied(op: IpOp | BridgeOp): boolean {
    let request: Buffer | undefined;
    try {
      request = requestFor(op, lookup);
    } catch (error) {
      // A device or a namespace that is not there.
      if ((error as NodeJS.ErrnoException).syscall !== undefined) return false;
      throw error;
    }
    return request !== undefined && errnoOf(socket.exchange(request)) === 0;
  }
}
