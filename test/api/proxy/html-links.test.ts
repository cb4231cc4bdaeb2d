import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HtmlLinks } from '../../../src/api/proxy/html-links.ts';

/** The page after it came in pieces of these lengths, the rest in one. */
async function rewritten(page: string, lengths: readonly number[] = []): Promise<string> {
  const links = new HtmlLinks((link) => (link.startsWith('/') ? `/proxy${link}` : link));
  const bytes = Buffer.from(page);
  let at = 0;
  for (const length of lengths) {
    links.write(bytes.subarray(at, at + length));
    at += length;
  }
  links.end(bytes.subarray(at));
  return Buffer.concat((await links.toArray()) as Buffer[]).toString();
}

describe('HtmlLinks', () => {
  it.each([
    ['<a href="/x">é</a>', '<a href="/proxy/x">é</a>'],
    ["<A HREF='/x' class=c>", "<A HREF='/proxy/x' class=c>"],
    ['<img src=/a.png alt=/b>', '<img src=/proxy/a.png alt=/b>'],
    ['<img alt="a > b" src = "/c">', '<img alt="a > b" src = "/proxy/c">'],
    ['<link rel="icon" href="/i"/>', '<link rel="icon" href="/proxy/i"/>'],
    [
      '<script src="/s.js">if (a < b) "<a href=/n>"</script><a href=/y>',
      '<script src="/proxy/s.js">if (a < b) "<a href=/n>"</script><a href=/proxy/y>',
    ],
    ['<style>a{background:url(/u)}</style>', '<style>a{background:url(/u)}</style>'],
    ['<!-- <a href="/n"> --><a href="/y">', '<!-- <a href="/n"> --><a href="/proxy/y">'],
    ['<!doctype html><form action="/f?a=1&amp;b=2">', '<!doctype html><form action="/proxy/f?a=1&amp;b=2">'],
    ['1 < 2 <a href="relative"> <div href="/n">', '1 < 2 <a href="relative"> <div href="/n">'],
    ['<video poster="/p" src="/v"></video>', '<video poster="/proxy/p" src="/proxy/v"></video>'],
    ['<a href="/unfinished', '<a href="/unfinished'],
    ['ends with <', 'ends with <'],
  ])('%s', async (page, expected) => expect(await rewritten(page)).toBe(expected));

  it('makes the same of a page however it is cut', async () => {
    const page = '<p>é<!-- <a href="/n"> -->\n<a href="/x">x</a><script>"</p>"</script><img src=\'/i\'> < ';
    const whole = await rewritten(page);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }), async (lengths) => {
        expect(await rewritten(page, lengths)).toBe(whole);
      }),
    );
  });

  it('changes nothing where no link leads anywhere else', async () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '<a ',
      'href=',
      '/x',
      '<!--',
      '-->',
      '<script>',
      '</script>',
      ' ',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (words) => {
        const links = new HtmlLinks((link) => link);
        links.end(Buffer.from(words.join('')));
        expect(Buffer.concat((await links.toArray()) as Buffer[]).toString()).toBe(words.join(''));
      }),
    );
  });

  it('does not hold back an endless tag', async () => {
    const endless = `<a title="${'x'.repeat(70_000)}`;
    const links = new HtmlLinks((link) => link);
    links.write(endless);
    expect(links.readableLength).toBe(endless.length);
  });
});
