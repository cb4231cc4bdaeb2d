/**
 * A rule of nftables in one form, whether it is written as this backend writes it or listed by `nft -j` (libnftables-json(5)), so that
 * the two can be compared. The form is the text as it is written; what nft may list in another way is said in one. Pure.
 */
import { type Cidr, cidrSize, formatCidr, parseCidr } from '../../../net/cidr.ts';
import { bitsOf, formatIp, parseIp } from '../../../net/ip.ts';

/** A statement or expression as nft lists it: one key that says what it is. */
type Listed = Readonly<Record<string, unknown>>;

export interface ListedRule {
  readonly expr?: readonly Listed[];
  readonly comment?: string;
}

/** The form of a rule as written, without `add rule TABLE CHAIN`. */
export function writtenForm(rule: string): string {
  return rule
    .replace(/(?<= )[0-9a-f.:]+\/\d+(?= |$)/g, blockText)
    .replace(/(?<!@\S+) \{ (.+) \}/, (_, elements: string) => ` ${setText(elements.split(/ ?, /))}`);
}

/** The form of a rule as listed. What this backend never writes is given as it is listed. */
export function listedForm({ expr = [], comment }: ListedRule): string {
  const words = expr.map(statementText);
  return (comment === undefined ? words : [...words, `comment "${comment}"`]).join(' ');
}

function statementText(statement: Listed): string {
  const [[kind, value] = ['', undefined]] = Object.entries(statement);
  const inner = (value ?? {}) as Listed;
  switch (kind) {
    case 'match':
      return matchText(inner);
    case 'jump':
    case 'goto':
      return `${kind} ${String(inner.target)}`;
    case 'vmap':
      return `${text(inner.key)} vmap ${mapText(inner.data)}`;
    case 'mangle':
      return `${text(inner.key)} set ${text(inner.value)}`;
    case 'set':
      return `${String(inner.op)} ${String(inner.set)} { ${text(inner.elem)} }`;
    case 'dnat':
      return dnatText(inner);
    case 'masquerade':
      return `masquerade ${[inner.flags].flat().join(',')}`.trim();
    case 'reject':
      return isDefaultReject(inner) ? 'reject' : JSON.stringify(statement);
    case 'drop':
    case 'accept':
      return kind;
    default:
      return JSON.stringify(statement);
  }
}

function matchText({ op, left, right }: Listed): string {
  const not = op === '==' || op === 'in' ? '' : `${String(op)} `;
  // A mask of the highest bits alone is listed as a prefix.
  if (isListed(right) && isListed(right.prefix) && typeof right.prefix.addr === 'number') {
    const mask = 2 ** 32 - 2 ** (32 - Number(right.prefix.len));
    return `${text(left)} and 0x${mask.toString(16)} ${not}${right.prefix.addr}`;
  }
  const isName = isListed(left) && isListed(left.meta) && left.meta.key === 'iifname';
  return `${text(left)} ${not}${isName ? `"${String(right)}"` : text(right)}`;
}

/** An expression. */
function text(value: unknown): string {
  if (!isListed(value)) return String(value);
  const [[kind, content] = ['', undefined]] = Object.entries(value);
  const inner = (isListed(content) ? content : {}) as Listed;
  switch (kind) {
    case 'payload':
      return `${String(inner.protocol)} ${String(inner.field)}`;
    case 'meta':
      return inner.key === 'l4proto' ? 'meta l4proto' : String(inner.key);
    case 'ct':
      return `ct ${String(inner.key)}`;
    case 'fib':
      return `fib ${[inner.flags].flat().join(' . ')} ${String(inner.result)}`;
    case 'numgen':
      return `numgen ${String(inner.mode)} mod ${String(inner.mod)}${inner.offset ? ` offset ${String(inner.offset)}` : ''}`;
    case 'concat':
      return (content as readonly unknown[]).map(text).join(' . ');
    case 'prefix':
      return blockText(`${String(inner.addr)}/${String(inner.len)}`);
    case 'range':
      return (content as readonly unknown[]).map(text).join('-');
    case 'set':
      return setText((content as readonly unknown[]).map(text));
    case 'map':
      return `${text(inner.key)} map ${mapText(inner.data)}`;
    case '|':
      return bitsText('or', content);
    case '&':
      return bitsText('and', content);
    case '^':
      return bitsText('xor', content);
    default:
      return JSON.stringify(value);
  }
}

/** `mark or 0x4000`. */
function bitsText(word: string, operands: unknown): string {
  const [left, right] = operands as readonly unknown[];
  return `${text(left)} ${word} ${typeof right === 'number' ? `0x${right.toString(16)}` : text(right)}`;
}

/** `@service-ips`, or `{ 0 : goto service-… }`. */
function mapText(data: unknown): string {
  if (!isListed(data) || !Array.isArray(data.set)) return text(data);
  const pairs = data.set as readonly (readonly [unknown, unknown])[];
  return setText(
    pairs.map(([key, value]) => `${text(key)} : ${isVerdict(value) ? statementText(value) : text(value)}`),
  );
}

function isVerdict(value: unknown): value is Listed {
  return isListed(value) && ['goto', 'jump', 'drop', 'accept'].includes(Object.keys(value)[0] ?? '');
}

/** To an address and a port, or to one of a map of them. */
function dnatText({ family, addr, port }: Listed): string {
  if (port === undefined) return `dnat ${String(family)} addr . port to ${text(addr)}`;
  const ip = text(addr);
  return `dnat to ${ip.includes(':') ? `[${ip}]` : ip}:${text(port)}`;
}

/** The answer to a closed port, which is meant when nothing is said. */
function isDefaultReject({ type, expr }: Listed): boolean {
  return (
    (type === undefined || /^icmp(v6|x)?$/.test(String(type))) &&
    [undefined, 'port-unreachable'].includes(expr as string)
  );
}

/** The elements in order; blocks of addresses as what they cover, since nft may list neighbours as one. */
function setText(elements: readonly string[]): string {
  const blocks = elements.map(rangeOf);
  if (!blocks.every((block) => block !== undefined)) return `{ ${[...elements].sort().join(', ')} }`;
  const ranges: Range[] = [];
  for (const next of blocks.sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last === undefined || next.first > last.last + 1n) ranges.push({ ...next });
    else if (next.last > last.last) last.last = next.last;
  }
  // One that holds a single block is listed as the block.
  return elements.length === 1 ? blockText(elements[0]!) : `{ ${ranges.map(rangeText).join(', ')} }`;
}

/** A block without what is behind its prefix; that of a single address is the address. */
function blockText(words: string): string {
  const block = parseCidr(words);
  if (block === undefined) return words;
  return block.prefix === bitsOf(block.family)
    ? formatIp({ family: block.family, value: block.base })
    : formatCidr(block);
}

interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  last: bigint;
}

/** What `10.0.0.0/8`, `10.0.0.1` or `10.0.0.1-10.0.0.9` cover; undefined for what is no addresses. */
function rangeOf(words: string): Range | undefined {
  const [from = '', to = from] = words.split('-');
  const [first, last] = [blockOf(from), blockOf(to)];
  if (first === undefined || last === undefined) return undefined;
  return { family: first.family, first: first.base, last: last.base + cidrSize(last) - 1n };
}

function blockOf(words: string): Cidr | undefined {
  const ip = parseIp(words);
  return ip === undefined ? parseCidr(words) : { family: ip.family, base: ip.value, prefix: bitsOf(ip.family) };
}

function rangeText({ family, first, last }: Range): string {
  return `${formatIp({ family, value: first })}-${formatIp({ family, value: last })}`;
}

function isListed(value: unknown): value is Listed {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
