import { describe, expect, it } from 'vitest';
import {
  difference,
  differenceWithBelow,
  type FieldSet,
  intersection,
  isFieldSet,
  setOfPaths,
  textOf,
  union,
  withNamedFields,
} from '../../../src/api/managed-fields/field-set.ts';
import { compareElements, elementText, isElement } from '../../../src/api/managed-fields/path-element.ts';
import { sharedSet } from '../../../src/api/managed-fields/shared-sets.ts';
import { SERVICE, texts } from './fixture.ts';

/** `spec.ports` → its elements; the parent is a member only when it is named itself. */
function set(...members: string[]): FieldSet {
  return setOfPaths(members.map((path) => path.split('.').map((name) => `f:${name}`)));
}

describe('sets of fields', () => {
  it('are written as FieldsV1: a parent that is a member itself has a dot', () => {
    expect(textOf(set('a.b', 'a.c'))).toBe('{"f:a":{"f:b":{},"f:c":{}}}');
    expect(textOf(set('a', 'a.b'))).toBe('{"f:a":{".":{},"f:b":{}}}');
    expect(textOf(set())).toBe('{}');
  });

  it('are ordered as Kubernetes orders them: fields, keys, values; numbers by size', () => {
    const elements = ['v:"a"', 'k:{"port":443,"protocol":"TCP"}', 'f:b', 'k:{"port":80,"protocol":"UDP"}', 'f:a'];
    const more = [...elements, 'k:{"port":80,"protocol":"TCP"}', 'v:10', 'v:9', 'i:3'];
    expect(more.sort(compareElements)).toEqual([
      'f:a',
      'f:b',
      'k:{"port":80,"protocol":"TCP"}',
      'k:{"port":80,"protocol":"UDP"}',
      'k:{"port":443,"protocol":"TCP"}',
      'v:9',
      'v:10',
      'v:"a"',
      'i:3',
    ]);
    expect(compareElements('k:{"port":80}', 'k:{"port":443}')).toBeLessThan(0);
    expect(compareElements('v:9', 'v:10')).toBeLessThan(0);
  });

  it('are united, intersected and taken from one another member by member', () => {
    const [a, b] = [set('a', 'a.b', 'c'), set('a', 'a.x', 'd')];
    expect(texts(union(a, b))).toEqual(['.a', '.a.b', '.a.x', '.c', '.d']);
    expect(texts(intersection(a, b))).toEqual(['.a']);
    expect(texts(difference(a, b))).toEqual(['.a.b', '.c']);
    expect(texts(difference(set('a.b'), set('a')))).toEqual(['.a.b']);
    expect(texts(difference(set('a'), set('a.b')))).toEqual(['.a']);
    expect(texts(differenceWithBelow(set('a.b', 'a.c.d', 'e'), set('a')))).toEqual(['.e']);
    expect(difference(a, a)).toEqual({});
  });

  it('leave no node without a member', () => {
    expect(difference(set('a.b.c'), set('a.b.c'))).toEqual({});
    expect(intersection(set('a.b'), set('a.c'))).toEqual({});
  });

  it('count declared fields on the way as members, but neither keys of maps nor elements of lists', () => {
    const ports = setOfPaths([['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name']]);
    expect(texts(withNamedFields(ports, SERVICE))).toEqual([
      '.spec',
      '.spec.ports',
      '.spec.ports[port=80,protocol="TCP"].name',
    ]);
    expect(texts(withNamedFields(set('metadata.labels.app.x'), SERVICE))).toEqual([
      '.metadata',
      '.metadata.labels',
      '.metadata.labels.app.x',
    ]);
  });

  it('are one and the same tree when they are equal, however they were made', () => {
    const one = sharedSet(set('a', 'b.c'));
    expect(sharedSet(union(set('b.c'), set('a')))).toBe(one);
    expect(Object.keys(one)).toEqual(['f:a', 'f:b']);
  });
});

describe('path elements', () => {
  it('are shown as Kubernetes shows them', () => {
    expect(elementText('f:app.kubernetes.io/name')).toBe('.app.kubernetes.io/name');
    expect(elementText('k:{"port":80,"protocol":"TCP"}')).toBe('[port=80,protocol="TCP"]');
    expect(elementText('v:"a b"')).toBe('[="a b"]');
    expect(elementText('i:2')).toBe('[2]');
  });

  it('are known by their form', () => {
    for (const good of ['f:', 'f:x', 'k:{"a":1}', 'v:"x"', 'v:true', 'i:0'])
      expect([good, isElement(good)]).toEqual([good, true]);
    for (const bad of ['', 'x', 'k:[1]', 'k:nope', 'v:{}', 'v:', 'i:-1', 'i:x', 'q:1']) {
      expect([bad, isElement(bad)]).toEqual([bad, false]);
    }
  });

  it('sets from clients are looked at before they are believed', () => {
    expect(isFieldSet({ 'f:a': { '.': {}, 'f:b': {} } })).toBe(true);
    expect(isFieldSet({ 'f:a': { '.': { 'f:x': {} } } })).toBe(false);
    expect(isFieldSet({ '.': {} })).toBe(false);
    expect(isFieldSet({ a: {} })).toBe(false);
    expect(isFieldSet({ 'f:a': [] })).toBe(false);
    let deep: object = {};
    for (let depth = 0; depth < 10_000; depth += 1) deep = { 'f:a': deep };
    expect(isFieldSet(deep)).toBe(false);
  });
});
