/** YAML bodies, read so that none takes longer than its length: as a value, and the keys its maps give twice. */
import { ApiError } from '../../objects/transport.ts';
import { badRequest, tooLargeBody } from '../status-error.ts';
import { BODY_LIMIT_BYTES, parseJson } from './body.ts';

/** Reading YAML takes some hundred times as long as JSON, and everybody waits meanwhile; clients send large bodies as JSON. */
const YAML_LIMIT_BYTES = 256 * 1024;
const MOST_ALIASES = 100;
/** As many as Kubernetes tells of. */
const MOST_REPEATED = 100;

export interface YamlBody {
  readonly value: unknown;
  /** `line 3: key "replicas" already set in map`, as Kubernetes' YAML decoder says it. */
  readonly repeated: readonly string[];
}

/** Throws BadRequest, whose message begins with `context`; 413. */
export async function parseYamlBody(text: string, context: string): Promise<YamlBody> {
  if (Buffer.byteLength(text) > YAML_LIMIT_BYTES) throw tooLargeBody(YAML_LIMIT_BYTES);
  const { isScalar, LineCounter, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  const repeated: string[] = [];
  try {
    // The parser compares every key of a map with every other; here each is looked up once.
    const document = parseDocument(text, { uniqueKeys: false, lineCounter: lines });
    const [broken] = document.errors;
    if (broken !== undefined) throw broken;
    visit(document, {
      Map(_, map) {
        const keys = new Set<unknown>();
        for (const { key } of map.items) {
          const name = isScalar(key) ? key.value : key;
          if (keys.has(name) && isScalar(key) && repeated.length < MOST_REPEATED) {
            repeated.push(repeatedKey(lines.linePos(key.range?.[0] ?? 0).line, String(name)));
          }
          keys.add(name);
        }
      },
    });
    // As text again, a value that holds itself is found out, and what aliases share is told apart.
    const json = JSON.stringify(document.toJS({ maxAliasCount: MOST_ALIASES }) ?? null);
    if (json.length > BODY_LIMIT_BYTES) throw tooLargeBody(BODY_LIMIT_BYTES);
    return { value: parseJson(json), repeated };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`${context}: ${(error as Error).message.split('\n')[0]}`);
  }
}

export function repeatedKey(line: number, key: string): string {
  return `line ${line}: key "${key}" already set in map`;
}
