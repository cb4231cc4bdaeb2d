/** An HTML page as a test sees it. Throws where its elements are not closed in their order. */

const VOID = new Set(['meta', 'input', 'br']);

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export function markup(page: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  const body = page.replace(/^<!doctype html>/, '').replace(/<style>[\s\S]*?<\/style>/g, '');
  for (const [tag, closing, name = '', attributes = '', empty] of body.matchAll(
    /<(\/?)([\w-]+)((?:\s[\w-]+(?:="[^"<]*")?)*)(\/?)>|</g,
  )) {
    if (tag === '<') throw new Error('a bare <');
    if (closing === '/') {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> where </${expected}> belongs`);
      continue;
    }
    const own = [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [key, value]);
    elements.push({ name, attributes: Object.fromEntries(own) });
    if (!VOID.has(name) && empty === '') open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return elements;
}
