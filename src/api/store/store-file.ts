/**
 * The store on disk: one SQLite file with the latest version of every object, one row each. A change is kept in one
 * transaction before anybody learns of it, so what was acknowledged survives the end of the process at any instant. A
 * failure of the machine itself is not provided for: nothing waits for a disk (`docs/decisions/0004`).
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { ApiObject } from '../../objects/wire.ts';
import type { RestoredState, StoreChange } from './store.ts';

/** "pdwr": tells this program's files from other SQLite files. */
const APPLICATION = 0x70647772;
const FORMAT = 1;
/**
 * Versions are announced to the file in steps of this size: after a restart counting begins above every version that
 * was given out, although the last change may have been a deletion and left no row.
 */
const REVISION_STEP = 10_000;

/**
 * The journal stays, emptied by a stroke through its head: with the lock held throughout that is as fast as a
 * write-ahead log, and every acknowledged change is in the one file that is checked.
 */
const SETTINGS = 'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = PERSIST; PRAGMA synchronous = OFF;';
const SCHEMA = `
  CREATE TABLE objects (
    revision INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    object TEXT NOT NULL
  ) STRICT;
  CREATE TABLE ceiling (revision INTEGER NOT NULL) STRICT;
  INSERT INTO ceiling VALUES (0);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FORMAT};`;

/** The file cannot be used; the message says why, in words for its user. */
export class StoreFileError extends Error {}

export class StoreFile {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<'begin' | 'commit' | 'insert' | 'delete' | 'raise', StatementSync>>;
  #ceiling: number;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#ceiling = Number(database.prepare('SELECT revision FROM ceiling').get()?.revision);
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      insert: database.prepare('INSERT INTO objects VALUES (?, ?, ?, ?)'),
      delete: database.prepare('DELETE FROM objects WHERE revision = ?'),
      raise: database.prepare('UPDATE ceiling SET revision = ?'),
    };
  }

  /** A new, empty file of mode 0600. Throws when there is one. */
  static create(path: string): StoreFile {
    closeSync(openSync(path, 'wx', 0o600));
    const database = new DatabaseSync(path);
    database.exec(SETTINGS);
    database.exec(SCHEMA);
    return new StoreFile(database);
  }

  /** The file that `create` made, after a look through all of it. Throws `StoreFileError`. */
  static open(path: string): StoreFile {
    let database: DatabaseSync | undefined;
    try {
      // Without this SQLite would make a file that is missing.
      closeSync(openSync(path, 'r+'));
      database = new DatabaseSync(path);
      database.exec(SETTINGS);
      checkFormat(database);
      return new StoreFile(database);
    } catch (error) {
      if (database?.isOpen === true) database.close();
      throw explain(path, error);
    }
  }

  /** What the file holds. Reads each object as it is asked for; throws `StoreFileError` for one that is damaged. */
  restore(): RestoredState {
    const rows = this.#database.prepare('SELECT revision, resource, checksum, object FROM objects ORDER BY revision');
    return { revision: Math.max(this.#ceiling, 1), objects: readRows(rows) };
  }

  /** Keeps all of the changes or none (then it throws). The `writeAhead` of a store. */
  readonly keep = (changes: readonly StoreChange[]): void => {
    const { begin, commit, raise } = this.#statements;
    const last = changes.at(-1)?.revision ?? 0;
    const ceiling = last >= this.#ceiling ? last + REVISION_STEP : this.#ceiling;
    begin.run();
    try {
      if (ceiling !== this.#ceiling) raise.run(ceiling);
      for (const change of changes) this.#write(change);
      commit.run();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#ceiling = ceiling;
  };

  close(): void {
    this.#database.close();
  }

  #write({ operation, revision, resource, current, previous }: StoreChange): void {
    if (previous !== undefined) this.#statements.delete.run(previous.revision);
    if (operation === 'remove') return;
    const { json } = current;
    this.#statements.insert.run(revision, resource, checksum(revision, resource, json), json);
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch (error) {
      // A full disk makes SQLite roll back by itself; the answer to the change is the first error.
      if (!/no transaction is active/.test(String(error))) throw error;
    }
  }
}

function checksum(revision: number, resource: string, text: string): number {
  return crc32(text, crc32(`${revision} ${resource}`));
}

function* readRows(rows: StatementSync): Generator<{ resource: string; object: ApiObject }> {
  for (const row of rows.iterate()) {
    const { revision, resource, object } = row as { revision: number; resource: string; object: string };
    if (row.checksum !== checksum(revision, resource, object)) {
      throw new StoreFileError(`the object of version ${revision} (${resource}) is not what was written`);
    }
    yield { resource, object: JSON.parse(object) as ApiObject };
  }
}

function checkFormat(database: DatabaseSync): void {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  if (pragma('application_id') !== APPLICATION) throw new StoreFileError('it is no file of podwire’s');
  const format = pragma('user_version');
  if (format !== FORMAT) throw new StoreFileError(`its format is ${format}, this podwire reads ${FORMAT}`);
  const finding = pragma('integrity_check(1)');
  if (finding !== 'ok') throw new StoreFileError(`it is damaged: ${finding}`);
}

/** SQLite's result codes that say something to a user (sqlite3.h). */
const CODES: Readonly<Record<number, string>> = {
  5: 'another process has it open',
  11: 'it is damaged',
  26: 'it is damaged: this is no SQLite file',
};

function explain(path: string, error: unknown): StoreFileError {
  if (error instanceof StoreFileError) return error;
  const { errcode, code, message } = error as { errcode?: number; code?: string; message: string };
  if (code === 'ENOENT') return new StoreFileError('it is not there', { cause: error });
  // The low byte is the code proper, the rest says where it arose.
  const known = errcode === undefined ? undefined : CODES[errcode & 0xff];
  return new StoreFileError(known ?? `${message} (${path})`, { cause: error });
}
