/** Stage: what of a lab outlives its daemon: the identity of its API, and its objects. */
import type { StoreOptions } from '../../api/store/store.ts';
import { StoreFile, StoreFileError } from '../../api/store/store-file.ts';
import { type ApiAddress, createIdentity, type LabIdentity, readIdentity, writeIdentity } from '../identity.ts';
import { LabError } from '../lab-error.ts';
import type { DaemonContext } from './daemon-context.ts';

export interface LabState {
  readonly identity: LabIdentity;
  /** The API's store: what it starts with, and where it keeps what it is told. */
  readonly store: StoreOptions;
}

/** New state for a new lab; for one that is adopted, the state its daemon left. Throws a `LabError` for damaged state. */
export function openState({ plan, directory, former }: DaemonContext, apiAddress: ApiAddress): LabState {
  if (former === undefined) {
    const identity = createIdentity(plan, apiAddress);
    writeIdentity(directory.identity, identity);
    return { identity, store: { writeAhead: StoreFile.create(directory.objects).keep } };
  }
  try {
    const identity = { ...readIdentity(directory.identity), apiAddress };
    const file = StoreFile.open(directory.objects);
    const restored = file.restore();
    const objects = [...restored.objects];
    writeIdentity(directory.identity, identity);
    return { identity, store: { writeAhead: file.keep, restored: { ...restored, objects } } };
  } catch (error) {
    throw unreadable(plan.name, directory.path, error);
  }
}

function unreadable(lab: string, path: string, error: unknown): LabError {
  const { message } = error as Error;
  return new LabError({
    what: `the lab "${lab}" cannot be taken over: what it kept cannot be read`,
    why: error instanceof StoreFileError ? `${path}/objects.db: ${message}` : message,
    remedy: `copy what you need from ${path}, then \`podwire down --name ${lab}\` and \`podwire up\` anew`,
    cause: error,
  });
}
