/** Event (core/v1): what happened to an object; repeated ones are counted. */
import { EVENTS } from '../../objects/resource.ts';
import type { Event } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateEvent } from '../validation/event.ts';
import { age } from './age.ts';
import { column, NAME, nameOf, wide } from './columns.ts';

export const event: ResourceDefinition<Event> = {
  type: EVENTS,
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  schema: 'io.k8s.api.core.v1.Event',
  subresources: [],
  strategy: {
    validate: (object) => validateEvent(object),
    selectableFields: {
      'involvedObject.kind': (object) => object.involvedObject?.kind ?? '',
      'involvedObject.namespace': (object) => object.involvedObject?.namespace ?? '',
      'involvedObject.name': (object) => object.involvedObject?.name ?? '',
      'involvedObject.uid': (object) => object.involvedObject?.uid ?? '',
      'involvedObject.apiVersion': (object) => object.involvedObject?.apiVersion ?? '',
      'involvedObject.resourceVersion': (object) => object.involvedObject?.resourceVersion ?? '',
      'involvedObject.fieldPath': (object) => object.involvedObject?.fieldPath ?? '',
      reason: (object) => object.reason ?? '',
      reportingComponent: (object) => object.reportingComponent ?? '',
      source: (object) => object.source?.component ?? object.reportingComponent ?? '',
      type: (object) => object.type ?? '',
    },
  },
  table: {
    columns: [
      column('Last Seen', 'Time since the event last happened.'),
      column('Type', 'Normal or Warning.'),
      column('Reason', 'Short reason, for machines.'),
      column('Object', 'What it happened to.'),
      wide('Subobject', 'The part of the object it happened to.'),
      wide('Source', 'Who reported it.'),
      column('Message', 'What happened, for people.'),
      wide('First Seen', 'Time since the event first happened.'),
      wide('Count', 'How often it has happened.'),
      { ...NAME, priority: 1 },
    ],
    cells: (object, now) => [
      lastSeen(object, now),
      object.type ?? '',
      object.reason ?? '',
      `${(object.involvedObject?.kind ?? '').toLowerCase()}/${object.involvedObject?.name ?? ''}`,
      object.involvedObject?.fieldPath ?? '',
      source(object),
      (object.message ?? '').trim(),
      firstSeen(object, now),
      object.series?.count ?? object.count ?? 1,
      nameOf(object),
    ],
  },
};

function lastSeen(object: Event, now: number): string {
  return object.series !== undefined
    ? age(object.series.lastObservedTime, now)
    : age(object.lastTimestamp ?? object.eventTime ?? object.firstTimestamp, now);
}

function firstSeen(object: Event, now: number): string {
  return age(object.firstTimestamp ?? object.eventTime, now);
}

function source(object: Event): string {
  const component = object.source?.component ?? object.reportingComponent ?? '';
  const host = object.source?.host ?? '';
  return host === '' ? component : `${component}, ${host}`;
}
