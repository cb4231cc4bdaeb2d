/** Rules of Endpoints and EndpointSlices. */
import { parseIp } from '../../net/ip.ts';
import type { EndpointSlice, Endpoints } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
import { oneOf, PROTOCOLS, port, routableIp, text } from './checks.ts';
import { duplicate, invalid, required, tooMany } from './field.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'] as const;
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;

export function validateEndpoints(object: Endpoints): FieldError[] {
  return (object.subsets ?? []).flatMap((subset, index) => {
    const at = `subsets[${index}]`;
    const errors: FieldError[] = [];
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    const lists = { addresses, notReadyAddresses };
    for (const [list, entries] of Object.entries(lists)) {
      for (const [place, { ip, hostname, nodeName }] of entries.entries()) {
        errors.push(...routableIp(`${at}.${list}[${place}].ip`, ip ?? ''));
        if (hostname) errors.push(...text(`${at}.${list}[${place}].hostname`, hostname, dnsLabel));
        if (nodeName !== undefined) errors.push(...text(`${at}.${list}[${place}].nodeName`, nodeName, dnsSubdomain));
      }
    }
    for (const [place, entry] of ports.entries()) {
      const field = `${at}.ports[${place}]`;
      if (ports.length > 1 && !entry.name) errors.push(required(`${field}.name`));
      else if (entry.name) errors.push(...text(`${field}.name`, entry.name, dnsLabel));
      errors.push(...port(`${field}.port`, entry.port ?? 0));
      errors.push(...oneOf(`${field}.protocol`, entry.protocol ?? '', PROTOCOLS));
    }
    return errors;
  });
}

export function validateEndpointSlice(object: EndpointSlice): FieldError[] {
  if (!object.addressType) return [required('addressType')];
  const errors = oneOf('addressType', object.addressType, ADDRESS_TYPES);
  const endpoints = object.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany('endpoints', endpoints.length, MAX_ENDPOINTS));
  for (const [index, { addresses = [], hostname, nodeName }] of endpoints.entries()) {
    const field = `endpoints[${index}].addresses`;
    if (addresses.length === 0) errors.push(required(field, 'must contain at least 1 address'));
    if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(field, addresses.length, MAX_ADDRESSES));
    for (const [place, address] of addresses.entries()) {
      errors.push(...sliceAddress(`${field}[${place}]`, address, object.addressType));
    }
    if (hostname) errors.push(...text(`endpoints[${index}].hostname`, hostname, dnsLabel));
    if (nodeName !== undefined) errors.push(...text(`endpoints[${index}].nodeName`, nodeName, dnsSubdomain));
  }
  const names = new Set<string>();
  for (const [index, entry] of (object.ports ?? []).entries()) {
    const name = entry.name ?? '';
    if (names.has(name)) errors.push(duplicate(`ports[${index}].name`, name));
    names.add(name);
    if (name !== '') errors.push(...text(`ports[${index}].name`, name, dnsLabel));
    errors.push(...oneOf(`ports[${index}].protocol`, entry.protocol ?? '', PROTOCOLS));
    if (entry.port !== undefined) errors.push(...port(`ports[${index}].port`, entry.port));
  }
  return errors;
}

export function validateEndpointSliceUpdate(object: EndpointSlice, previous: EndpointSlice): FieldError[] {
  if (object.addressType === previous.addressType) return [];
  return [invalid('addressType', object.addressType, 'field is immutable')];
}

function sliceAddress(field: string, address: string, type: string): FieldError[] {
  if (type === 'FQDN') return text(field, address, dnsSubdomain);
  const family = parseIp(address)?.family;
  if (type !== `IPv${family}`) return [invalid(field, address, `must be an ${type} address`)];
  return routableIp(field, address);
}
