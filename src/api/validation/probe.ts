/** Rules of probes and lifecycle handlers. */
import type { Container, Probe } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { atLeastZero, oneOf, port, portOrName } from './checks.ts';
import { forbidden, invalid, required } from './field.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

/** The three probes and two hooks of a container. */
export function validateProbes(container: Container, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (probe === undefined) continue;
    errors.push(...validateProbe(probe, `${at}.${name}`));
    if (name !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
      errors.push(invalid(`${at}.${name}.successThreshold`, probe.successThreshold, 'must be 1'));
    }
  }
  for (const name of ['postStart', 'preStop'] as const) {
    const hook = container.lifecycle?.[name];
    if (hook === undefined || ('sleep' in hook && hook.sleep !== undefined)) continue;
    errors.push(...handler(hook, `${at}.lifecycle.${name}`));
  }
  return errors;
}

function validateProbe(probe: Probe, at: string): FieldError[] {
  const numbers = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const;
  return [...handler(probe, at), ...numbers.flatMap((name) => atLeastZero(`${at}.${name}`, probe[name]))];
}

/** Exactly one way to probe. */
function handler(given: Handler, at: string): FieldError[] {
  const errors: FieldError[] = [];
  let handlers = 0;
  const another = (name: string): boolean => {
    handlers += 1;
    if (handlers > 1) errors.push(forbidden(`${at}.${name}`, 'may not specify more than 1 handler type'));
    return handlers === 1;
  };
  if (given.exec !== undefined && another('exec') && (given.exec.command ?? []).length === 0) {
    errors.push(required(`${at}.exec.command`));
  }
  if (given.httpGet !== undefined && another('httpGet')) {
    if (!given.httpGet.path) errors.push(required(`${at}.httpGet.path`));
    errors.push(...portOrName(`${at}.httpGet.port`, given.httpGet.port ?? 0));
    errors.push(...oneOf(`${at}.httpGet.scheme`, given.httpGet.scheme ?? '', ['HTTP', 'HTTPS']));
  }
  if (given.tcpSocket !== undefined && another('tcpSocket')) {
    errors.push(...portOrName(`${at}.tcpSocket.port`, given.tcpSocket.port ?? 0));
  }
  if (given.grpc !== undefined && another('grpc')) errors.push(...port(`${at}.grpc.port`, given.grpc.port ?? 0));
  if (handlers === 0) errors.push(required(at, 'must specify a handler type'));
  return errors;
}
