/**
 * The forms of names. Each check answers what is wrong, in the words of Kubernetes' validation package; an empty list is a
 * good name. The expressions are anchored for the whole text, so a newline or a shell character never passes.
 */
import { formatIp, parseIp } from '../../net/ip.ts';

/** What is wrong with a value; empty when nothing is. */
export type TextCheck = (value: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** `$` of JavaScript, unlike a line's end elsewhere, is the end of the text: no newline slips through. */
const whole = (expression: string) => new RegExp(`^(?:${expression})$`);

const IS_LABEL = whole(LABEL);
const IS_SUBDOMAIN = whole(SUBDOMAIN);
const IS_LABEL_1035 = whole(LABEL_1035);
const IS_QUALIFIED = whole(QUALIFIED);
const IS_LABEL_VALUE = whole(LABEL_VALUE);
const IS_CONFIG_KEY = whole(CONFIG_KEY);
const IS_WILDCARD = whole(WILDCARD);
const IS_HTTP_PATH = whole(HTTP_PATH);

function regexError(message: string, expression: string, ...examples: string[]): string {
  const list = examples.map((example, index) => `${index > 0 ? ' or ' : ''}'${example}', `).join('');
  const shown = list === '' ? '' : `e.g. ${list}`;
  return `${message} (${shown}regex used for validation is '${expression}')`;
}

function tooLong(value: string, limit: number): string[] {
  return Buffer.byteLength(value) > limit ? [`must be no more than ${limit} bytes`] : [];
}

/** At most 63 of lower case letters, digits and `-`. */
export function dnsLabel(value: string): string[] {
  const errors = tooLong(value, 63);
  if (IS_LABEL.test(value)) return errors;
  if (IS_SUBDOMAIN.test(value)) return [...errors, 'must not contain dots'];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, LABEL, 'my-name', '123-abc')];
}

/** Labels joined by dots, at most 253. */
export function dnsSubdomain(value: string): string[] {
  const errors = tooLong(value, 253);
  if (IS_SUBDOMAIN.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, SUBDOMAIN, 'example.com')];
}

/** A label that begins with a letter: names of Services. */
export function dns1035Label(value: string): string[] {
  const errors = tooLong(value, 63);
  if (IS_LABEL_1035.test(value)) return errors;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, regexError(message, LABEL_1035, 'my-name', 'abc-123')];
}

/** A label's or annotation's key: a name, with a DNS subdomain and `/` before it or not. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  const form = regexError(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    QUALIFIED,
    'MyName',
    'my.name',
    '123-abc',
  );
  if (parts.length > 2) {
    return [`a qualified name ${form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? '';
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...dnsSubdomain(prefix).map((error) => `prefix part ${error}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...tooLong(name, 63).map((error) => `name part ${error}`));
  if (!IS_QUALIFIED.test(name)) errors.push(`name part ${form}`);
  return errors;
}

/** A label's value; may be empty. */
export function labelValue(value: string): string[] {
  const errors = tooLong(value, 63);
  if (IS_LABEL_VALUE.test(value)) return errors;
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, LABEL_VALUE, 'MyValue', 'my_value', '12345')];
}

/** A key of a ConfigMap or Secret: it becomes a file name. */
export function configKey(value: string): string[] {
  const errors = tooLong(value, 253);
  if (!IS_CONFIG_KEY.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexError(message, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** A port's name (IANA_SVC_NAME). */
export function portName(value: string): string[] {
  const errors = tooLong(value, 15);
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** The name of an IPAddress object: the address in its canonical form. */
export function ipName(value: string): string[] {
  const ip = parseIp(value);
  if (ip === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  const canonical = formatIp(ip);
  return canonical === value ? [] : [`must be in canonical form ("${canonical}")`];
}

/** An environment variable's name: any printable ASCII but `=`. */
export function environmentName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** `*.` and a DNS subdomain. */
export function wildcardSubdomain(value: string): string[] {
  if (IS_WILDCARD.test(value)) return tooLong(value, 253);
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...tooLong(value, 253), regexError(message, WILDCARD, '*.example.com')];
}

/** `acme.io/foo`: a DNS subdomain, a slash, a path. */
export function domainPrefixedPath(value: string): string[] {
  const slash = value.indexOf('/');
  const [domain, path] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash <= 0 || path === '') return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const errors = dnsSubdomain(domain);
  return IS_HTTP_PATH.test(path) ? errors : [...errors, regexError('Invalid path', HTTP_PATH)];
}

/** A name that may stand between two slashes of a path. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((sign) => value.includes(sign)).map((sign) => `may not contain '${sign}'`);
}
