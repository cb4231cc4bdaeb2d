/** Event (events.k8s.io/v1): the core group's Events under the names of the newer group. */
import { EVENTS, EVENTS_V1 } from '../../objects/resource.ts';
import type { ApiObject, Event, EventV1 } from '../../objects/wire.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { validateEventV1, validateEventV1Update } from '../validation/event.ts';
import { event } from './event.ts';

/** The core group's name of a member, and the newer group's. */
const RENAMED: readonly (readonly [core: string, newer: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const NEWER = new Map(RENAMED);
const CORE = new Map(RENAMED.map(([core, newer]) => [newer, core]));

function renamed(object: ApiObject, apiVersion: string, names: ReadonlyMap<string, string>): ApiObject {
  const members = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]);
  return { ...Object.fromEntries(members), apiVersion };
}

function toCore(object: ApiObject): Event {
  return renamed(object, 'v1', CORE) as Event;
}

/** `regarding.name` reads `involvedObject.name`. */
const SELECTABLE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => [
      `regarding.${field}`,
      `involvedObject.${field}`,
    ]),
  ),
  reason: 'reason',
  reportingController: 'reportingComponent',
  type: 'type',
};

const selectableFields = Object.fromEntries(
  Object.entries(SELECTABLE).map(([field, core]) => {
    const read = event.strategy.selectableFields![core]!;
    return [field, (object: EventV1) => read(toCore(object))];
  }),
);

export const eventV1: ResourceDefinition<EventV1> = {
  type: EVENTS_V1,
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  schema: 'io.k8s.api.events.v1.Event',
  subresources: [],
  view: {
    of: EVENTS,
    fromStored: (object) => renamed(object, 'events.k8s.io/v1', NEWER) as EventV1,
    toStored: toCore,
  },
  strategy: {
    validateCreate: (object) => validateEventV1(toCore(object)),
    validateUpdate: (object, previous) => validateEventV1Update(toCore(object), toCore(previous)),
    selectableFields,
  },
  table: { columns: event.table.columns, cells: (object, now) => event.table.cells(toCore(object), now) },
};
