/** Rules as this backend writes them, in the words in which `nft -j` lists them (libnftables-json(5)). */

type Json = Readonly<Record<string, unknown>>;

const OPERATORS: Readonly<Record<string, string>> = { or: '|', and: '&', xor: '^' };

/** The parts of a listed rule that say what it does. Throws at a word it does not know. */
export function ruleJson(rule: string): { readonly expr: readonly Json[]; readonly comment?: string } {
  const words = rule.match(/"[^"]*"|[{},]|[^\s{},]+/g) ?? [];
  let at = 0;
  const peek = () => words[at];
  const next = (expected?: string): string => {
    const word = words[at++];
    if (word === undefined || (expected !== undefined && word !== expected))
      throw new Error(`${word} instead of ${expected ?? 'a word'}: ${rule}`);
    return word;
  };
  const takes = (word: string) => peek() === word && next() === word;

  const atom = (): unknown => {
    const word = next();
    switch (word) {
      case 'ip':
      case 'ip6':
      case 'th':
        return { payload: { protocol: word, field: next() } };
      case 'meta':
        return { meta: { key: next() } };
      case 'iifname':
        return { meta: { key: word } };
      case 'mark': {
        const mark = { meta: { key: word } };
        const operator = OPERATORS[peek() ?? ''];
        if (operator === undefined) return mark;
        next();
        return { [operator]: [mark, Number(next())] };
      }
      case 'ct':
        return { ct: { key: next() } };
      case 'fib':
        return { fib: { flags: next(), result: next() } };
      case 'numgen': {
        const mode = next();
        next('mod');
        return { numgen: { mode, mod: Number(next()), offset: 0 } };
      }
      default:
        return value(word);
    }
  };
  const expression = (): unknown => {
    const parts = [atom()];
    while (takes('.')) parts.push(atom());
    return parts.length === 1 ? parts[0] : { concat: parts };
  };
  const elements = <T>(element: () => T): { set: T[] } => {
    const found: T[] = [];
    next('{');
    do found.push(element());
    while (takes(','));
    next('}');
    return { set: found };
  };
  const pair = (): [unknown, unknown] => {
    const key = expression();
    next(':');
    return [key, takes('goto') ? { goto: { target: next() } } : expression()];
  };
  const statement = (): Json => {
    if (takes('jump')) return { jump: { target: next() } };
    if (takes('goto')) return { goto: { target: next() } };
    if (takes('drop')) return { drop: null };
    if (takes('reject')) return { reject: { type: 'icmp', expr: 'port-unreachable' } };
    if (takes('masquerade')) return { masquerade: { flags: next() } };
    if (takes('update')) {
      const set = next();
      return { set: { op: 'update', elem: elements(expression).set[0], set } };
    }
    if (takes('dnat')) {
      if (takes('to')) {
        const [, addr = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(next()) ?? [];
        return { dnat: { addr, port: Number(port) } };
      }
      const family = next();
      for (const word of ['addr', '.', 'port', 'to']) next(word);
      const key = expression();
      next('map');
      return { dnat: { family, addr: { map: { key, data: elements(pair) } } } };
    }
    const left = expression();
    if (takes('vmap')) return { vmap: { key: left, data: peek() === '{' ? elements(pair) : next() } };
    if (takes('set')) return { mangle: { key: left, value: expression() } };
    const isNot = takes('!=');
    const right = peek() === '{' ? elements(expression) : value(next());
    return { match: { op: isNot ? '!=' : '==', left, right } };
  };

  const expr: Json[] = [];
  while (peek() !== undefined && peek() !== 'comment') expr.push(statement());
  return takes('comment') ? { expr, comment: value(next()) as string } : { expr };
}

function value(word: string): unknown {
  if (word.startsWith('"')) return word.slice(1, -1);
  const [, addr, len] = /^(\S+)\/(\d+)$/.exec(word) ?? [];
  if (addr !== undefined) return { prefix: { addr, len: Number(len) } };
  return /^(\d+|0x[0-9a-f]+)$/.test(word) ? Number(word) : word;
}
