/**
 * Bindings: `{{ node-2.ip }}`, `{{ pods.web.ip }}`, `{{ answer.json[0].mtu }}`. A text that is one binding and nothing
 * else takes the value with its type; within other text the value is written out.
 */
import { nearMiss } from '../lab/near-miss.ts';
import type { FileIssue } from '../lab/yaml-file.ts';

const TEMPLATE = /\{\{(.*?)\}\}/g;
const WHOLE = /^\{\{([^{}]*)\}\}$/;
/** A name, or `[3]`, or `["a.b/c"]`. */
const SEGMENT = /^(?:\.?([\w-]+)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\])/;

type Path = readonly (string | number)[];

export type Values = Readonly<Record<string, unknown>>;

/** Fills every binding in every text of a value. Throws when one has no value. */
export function fill<T>(value: T, values: Values): T {
  return mapTexts(value, (text) => fillText(text, values)) as T;
}

/** The value at a path such as `items[0].status.podIP`; throws saying where the path breaks off. */
export function lookUp(root: unknown, path: string): unknown {
  let value: unknown = root;
  let done = '';
  for (const segment of segmentsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) {
      throw new Error(missing(value, segment, path, done));
    }
    value = (value as Record<string, unknown>)[segment];
    done = done === '' ? segment : `${done}.${segment}`;
  }
  return value;
}

/** What is wrong with a path such as `items[0].status`; undefined when it can be read. */
export function pathProblem(path: string): string | undefined {
  try {
    segmentsOf(path);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Bindings that cannot be read, in any text of a step. */
export function templateErrors(value: unknown, path: Path): FileIssue[] {
  return textsIn(value, path).flatMap(({ text, path: at }) => {
    const broken = innerTexts(text).flatMap((inner) => {
      const problem = pathProblem(inner);
      return problem === undefined
        ? []
        : [{ path: at, message: inner === '' ? '{{ }} names no value' : `{{ ${inner} }}: ${problem}` }];
    });
    const open = text.replaceAll(TEMPLATE, '').includes('{{');
    return open ? [...broken, { path: at, message: 'a binding that begins with {{ must end with }}' }] : broken;
  });
}

/** What the bindings in a value name, segment by segment; those that cannot be read left out. */
export function namesIn(value: unknown, path: Path): { readonly path: Path; readonly segments: readonly string[] }[] {
  return textsIn(value, path).flatMap(({ text, path: at }) =>
    innerTexts(text).flatMap((inner) =>
      pathProblem(inner) === undefined ? [{ path: at, segments: segmentsOf(inner) }] : [],
    ),
  );
}

function innerTexts(text: string): string[] {
  return [...text.matchAll(TEMPLATE)].map(([, inner]) => inner!.trim());
}

/** Every text of a value, the keys of its mappings included. */
function textsIn(value: unknown, path: Path): { readonly text: string; readonly path: Path }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    return [...(key.includes('{{') ? [{ text: key, path: at }] : []), ...textsIn(child, at)];
  });
}

function fillText(text: string, values: Values): unknown {
  const whole = WHOLE.exec(text.trim());
  if (whole !== null) return lookUp(values, whole[1]!.trim());
  return text.replace(TEMPLATE, (_, inner: string) => {
    const value = lookUp(values, inner.trim());
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

function mapTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [String(change(key)), mapTexts(child, change)]),
  );
}

function segmentsOf(path: string): string[] {
  const segments: string[] = [];
  let rest = path;
  while (rest !== '') {
    const match = SEGMENT.exec(rest);
    if (match === null) throw new Error(`"${path}" cannot be read: write names joined by dots, [0] or ["a.b"]`);
    segments.push((match[1] ?? match[2] ?? match[3] ?? match[4])!);
    rest = rest.slice(match[0].length);
  }
  if (segments.length === 0) throw new Error('it names nothing');
  return segments;
}

function missing(value: unknown, segment: string, path: string, done: string): string {
  const where = done === '' ? `no value is called "${segment}"` : `${done} has no "${segment}"`;
  const known = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const meant = nearMiss(segment, known);
  const listed = known.slice(0, 20).join(', ');
  const hint =
    meant !== undefined ? `did you mean "${meant}"?` : listed === '' ? 'it is empty' : `there are: ${listed}`;
  return `{{ ${path} }}: ${where}; ${hint}`;
}
