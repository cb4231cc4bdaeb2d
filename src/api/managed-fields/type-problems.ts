/**
 * Whether an applied configuration is of its type, in the words of structured-merge-diff's typed/validate.go. Appliers state
 * fields by name, so a name that is not declared refuses the whole. Pure.
 */
import { goText } from '../go-text.ts';
import type { FieldType, ListType, ScalarType } from './field-type.ts';
import { elementText, ListElementError, listElement } from './path-element.ts';

/** `.spec.ports: field not declared in schema`, one per line of the message; none when the configuration can be applied. */
export function typeProblems(type: FieldType, value: unknown, path = ''): string[] {
  if (value === null) return [];
  if (type.kind === 'scalar') return scalarProblems(type, value, path);
  if (type.kind === 'list')
    return Array.isArray(value) ? itemProblems(type, value, path) : [wrongKind('list', value, path)];
  if (typeof value !== 'object' || Array.isArray(value)) return [wrongKind('map', value, path)];
  return Object.entries(value).flatMap(([name, member]) => {
    const below = type.kind === 'struct' ? type.fields.get(name)?.type : type.values;
    return below === undefined
      ? [`${path}.${name}: field not declared in schema`]
      : typeProblems(below, member, `${path}.${name}`);
  });
}

function itemProblems(list: ListType, items: readonly unknown[], path: string): string[] {
  if (list.atomic) return items.flatMap((item, index) => typeProblems(list.items, item, `${path}[${index}]`));
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    try {
      const element = listElement(list, item);
      const place = elementText(element);
      if (seen.has(element)) return [`${path}: duplicate entries for key ${place}`];
      seen.add(element);
      return typeProblems(list.items, item, path + place);
    } catch (error) {
      if (error instanceof ListElementError) return [`${path}: element ${index}: ${error.message}`];
      throw error;
    }
  });
}

function wrongKind(wanted: 'list' | 'map', value: unknown, path: string): string {
  return `${path}: expected ${wanted}, got &{${goText(value)}}`;
}

function scalarProblems({ accepts }: ScalarType, value: unknown, path: string): string[] {
  const given = typeof value;
  const isScalar = given === 'string' || given === 'number' || given === 'boolean';
  if (accepts === 'any scalar' ? isScalar : given === accepts) return [];
  switch (accepts) {
    case 'number':
      return [`${path}: expected numeric (int or float), got ${goTypeName(value)}`];
    case 'string':
      return [`${path}: expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`];
    default:
      return [`${path}: expected ${accepts}, got &{${goText(value)}}`];
  }
}

/** The Go type a decoded JSON value has. */
function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'map[string]interface {}' : 'string';
}

/** A value as Go's `%#v` writes it. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (value === null) return 'interface {}(nil)';
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${members.map(([key, member]) => `${JSON.stringify(key)}:${goSyntax(member)}`).join(', ')}}`;
}
