/** What a page goes through on its way back through the proxy, its compression undone and done again. */
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import { HtmlLinks } from './html-links.ts';
import { throughProxy } from './proxy-headers.ts';
import type { ProxyRequest } from './proxy-request.ts';

/** Nothing for an answer that is no page, or that is compressed in a way not known here: as kube-apiserver passes them. */
export function pageChanges({ headers }: IncomingMessage, { prefix, hosts }: ProxyRequest): Transform[] {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'text/html') return [];
  const links = new HtmlLinks((link) => throughProxy(link, prefix, hosts));
  switch (headers['content-encoding']) {
    case undefined:
      return [links];
    case 'gzip':
      return [createGunzip(), links, createGzip()];
    case 'deflate':
      return [createInflate(), links, createDeflate()];
    default:
      return [];
  }
}
