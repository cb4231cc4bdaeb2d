/**
 * Links of a page led back through the proxy: what a page's tags refer to by a path of the program's own becomes the same
 * path behind the proxy's. Works on bytes as they come and holds back no more than an unfinished tag. Which attributes hold
 * links: apimachinery's util/proxy/transport.go, after HTML's index of attributes. Links in styles and scripts stay.
 */
import { Transform, type TransformCallback } from 'node:stream';

const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** Elements whose content is text, whatever stands in it. */
const RAW = new Set(['script', 'style', 'textarea', 'title', 'xmp']);
const TAG = /^<([a-zA-Z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>/;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;
const COMMENT_END = /-->/;
/** A tag longer than this is passed on as it is. */
const LONGEST_TAG = 64 * 1024;

/** Rewrites a page that passes through; `through` gives a link's new text, or the same. */
export class HtmlLinks extends Transform {
  readonly #through: (link: string) => string;
  #held = '';
  /** What ends the text that is no markup: of a comment, or of a raw element. */
  #until: RegExp | undefined;

  constructor(through: (link: string) => string) {
    super();
    this.#through = through;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    // One character a byte, so that text of any encoding passes unchanged.
    this.#held += chunk.toString('latin1');
    done(null, Buffer.from(this.#advance(), 'latin1'));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#held, 'latin1'));
  }

  /** What can be passed on by now. */
  #advance(): string {
    let out = '';
    for (let step = this.#step(); step !== undefined; step = this.#step()) {
      out += step.passed;
      this.#held = this.#held.slice(step.taken);
    }
    return out;
  }

  /** How many characters can be dealt with next, and what becomes of them; undefined when more must come first. */
  #step(): { readonly taken: number; readonly passed: string } | undefined {
    const held = this.#held;
    const asTheyAre = (taken: number) => (taken <= 0 ? undefined : { taken, passed: held.slice(0, taken) });
    if (this.#until !== undefined) {
      const end = this.#until.exec(held);
      // The end may have begun: as many characters as it has, but one, are kept.
      if (end === null) return asTheyAre(held.length - this.#until.source.length + 1);
      this.#until = undefined;
      return asTheyAre(end.index + end[0].length);
    }
    const begin = held.indexOf('<');
    if (begin !== 0) return asTheyAre(begin < 0 ? held.length : begin);
    if (held.startsWith('<!--')) {
      this.#until = COMMENT_END;
      return asTheyAre('<!--'.length);
    }
    const tag = TAG.exec(held);
    if (tag !== null) return { taken: tag[0].length, passed: this.#rewritten(tag) };
    const isBegun = /^<(?:[a-zA-Z]|(?:!-?)?$)/.test(held) && held.length < LONGEST_TAG;
    return isBegun ? undefined : asTheyAre(1);
  }

  #rewritten([text, name = '', attributes = '']: RegExpExecArray): string {
    const element = name.toLowerCase();
    if (RAW.has(element) && !attributes.endsWith('/')) this.#until = new RegExp(`</${element}`, 'i');
    const links = Object.hasOwn(LINKS, element) ? LINKS[element]! : [];
    if (links.length === 0) return text;
    const led = attributes.replace(ATTRIBUTE, (whole, attribute: string, equals: string, value: string) => {
      if (!links.includes(attribute.toLowerCase())) return whole;
      const quote = value.startsWith('"') || value.startsWith("'") ? value[0]! : '';
      const link = quote === '' ? value : value.slice(1, -1);
      return `${attribute}${equals}${quote}${this.#through(link)}${quote}`;
    });
    return `<${name}${led}>`;
  }
}
