/** Finds fields a JSON text gives twice; a parser keeps the last and says nothing. Knows no schema. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** As many as Kubernetes tells of: the path of each may be long. */
const MOST_PROBLEMS = 100;

interface Frame {
  /** Keys seen; undefined in an array. */
  readonly keys: Set<string> | undefined;
  readonly path: string;
  index: number;
  /** The key whose value is being read. */
  key: string;
}

/** `duplicate field "spec.replicas"` for each, in document order. The text must be JSON that parses. */
export function duplicateFields(text: string): string[] {
  const problems: string[] = [];
  const stack: Frame[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const frame = stack.at(-1);
    switch (text[at]) {
      case '{':
      case '[': {
        const isObject = text[at] === '{';
        stack.push({ keys: isObject ? new Set() : undefined, path: pathIn(frame), index: 0, key: '' });
        expectsKey = isObject;
        break;
      }
      case '}':
      case ']':
        stack.pop();
        expectsKey = false;
        break;
      case ',':
        if (frame?.keys === undefined && frame !== undefined) frame.index += 1;
        expectsKey = frame?.keys !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (expectsKey && frame?.keys !== undefined) {
          frame.key = JSON.parse(text.slice(at, end + 1)) as string;
          if (frame.keys.has(frame.key) && problems.length < MOST_PROBLEMS)
            problems.push(`duplicate field "${pathIn(frame)}"`);
          frame.keys.add(frame.key);
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return problems;
}

/** The path of the value that stands where the frame is. */
function pathIn(frame: Frame | undefined): string {
  if (frame === undefined) return '';
  if (frame.keys === undefined) return `${frame.path}[${frame.index}]`;
  return frame.path === '' ? frame.key : `${frame.path}.${frame.key}`;
}

/** The position of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
