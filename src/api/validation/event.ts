/**
 * Rules of Events. Those written through the core group are nearly free; through events.k8s.io an event is made once, says
 * when, who and what it did, and changes in nothing but its series. Source: pkg/apis/core/validation/events.go.
 */
import type { Event } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { text } from './checks.ts';
import { invalid, required } from './field.ts';
import { qualifiedName } from './names.ts';

const LONGEST = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** `controllerField`: how the group of the request calls the reporting controller. */
export function validateEvent(object: Event, controllerField = 'reportingComponent'): FieldError[] {
  return object.eventTime === undefined ? agreeingNamespace(object) : newEvent(object, controllerField);
}

/** An event made through events.k8s.io. */
export function validateEventV1(object: Event): FieldError[] {
  const errors = [...validateEvent(object, 'reportingController'), ...series(object)];
  if (object.eventTime === undefined) errors.push(required('eventTime'));
  if (object.type !== 'Normal' && object.type !== 'Warning') {
    errors.push(invalid('type', '', `has invalid value: ${object.type ?? ''}`));
  }
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) {
    if (object[field]) errors.push(invalid(field, '', 'needs to be unset'));
  }
  if (object.source?.component || object.source?.host) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

const FIXED = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
] as const;

/** An event changed through events.k8s.io. */
export function validateEventV1Update(object: Event, previous: Event): FieldError[] {
  const errors = validateEvent(object, 'reportingController');
  if (!equalJson(object.series, previous.series)) errors.push(...series(object));
  for (const field of FIXED) errors.push(...unchanged(field, object[field], previous[field]));
  errors.push(...unchanged('reportingController', object.reportingComponent, previous.reportingComponent));
  return [...errors, ...unchanged('reportingInstance', object.reportingInstance, previous.reportingInstance)];
}

function unchanged(field: string, value: unknown, before: unknown): FieldError[] {
  return equalJson(value, before) ? [] : [invalid(field, value, 'field is immutable')];
}

function agreeingNamespace({ metadata, involvedObject }: Event): FieldError[] {
  const within = involvedObject?.namespace ?? '';
  const own = metadata?.namespace ?? '';
  if (within === own || (within === '' && own === 'default')) return [];
  return [invalid('involvedObject.namespace', within, 'does not match event.namespace')];
}

function newEvent(object: Event, controllerField: string): FieldError[] {
  const errors: FieldError[] = [];
  const own = object.metadata?.namespace ?? '';
  const within = object.involvedObject?.namespace ?? '';
  if (within === '' && own !== 'default' && own !== 'kube-system') {
    errors.push(invalid('involvedObject.namespace', within, 'does not match event.namespace'));
  }
  const controller = object.reportingComponent ?? '';
  if (controller === '') errors.push(required(controllerField));
  errors.push(...text(controllerField, controller, qualifiedName));
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    if (!object[field]) errors.push(required(field));
  }
  for (const [field, limit] of Object.entries(LONGEST) as [keyof typeof LONGEST, number][]) {
    if (Buffer.byteLength(object[field] ?? '') > limit) {
      errors.push(invalid(field, '', `can have at most ${limit} characters`));
    }
  }
  return errors;
}

function series({ series: given }: Event): FieldError[] {
  if (given === undefined) return [];
  const errors = (given.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : [];
  return given.lastObservedTime === undefined ? [...errors, required('series.lastObservedTime')] : errors;
}
