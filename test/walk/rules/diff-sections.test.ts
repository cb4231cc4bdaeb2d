import { describe, expect, it } from 'vitest';
import { diffSections, formatDiff } from '../../../src/walk/rules/diff-sections.ts';
import type { RuleSection } from '../../../src/walk/rules/rule-section.ts';

const WEB = { service: 'default/web', port: 'default/web:http' };
const section = (place: string, ...texts: string[]): RuleSection => ({ place, lines: texts.map((text) => ({ text })) });

describe('the difference of two listings', () => {
  it('has the lines that came and went, with what they are for, and sections that are new or gone', () => {
    const before: RuleSection[] = [
      section('nat KUBE-SERVICES', 'a', 'b'),
      { place: 'nat KUBE-SVC-OLD', about: { ...WEB, part: 'all endpoints' }, lines: [{ text: 'old', about: WEB }] },
      section('nat KUBE-POSTROUTING', 'same'),
    ];
    const after: RuleSection[] = [
      { place: 'nat KUBE-SERVICES', lines: [{ text: 'c', about: WEB }, { text: 'b' }] },
      section('nat KUBE-POSTROUTING', 'same'),
      { place: 'nat KUBE-SVC-NEW', about: WEB, lines: [] },
    ];
    const diffs = diffSections(before, after);
    expect(formatDiff(diffs)).toBe(`nat KUBE-SERVICES
  - a
  + c  # default/web:http

+ nat KUBE-SVC-NEW  # default/web:http

- nat KUBE-SVC-OLD  # default/web:http, all endpoints
  - old  # default/web:http
`);
    expect(diffs.map(({ place, change }) => [place, change])).toEqual([
      ['nat KUBE-SERVICES', undefined],
      ['nat KUBE-SVC-NEW', 'new'],
      ['nat KUBE-SVC-OLD', 'gone'],
    ]);
  });

  it('counts equal lines, and does not mind their order', () => {
    expect(diffSections([section('x', 'a', 'b', 'a')], [section('x', 'a', 'a', 'b')])).toEqual([]);
    const [diff] = diffSections([section('x', 'a', 'a', 'a')], [section('x', 'a')]);
    expect(diff?.removed).toHaveLength(2);
    expect(diff?.added).toEqual([]);
  });

  it('passes over the time that elements of a set have left', () => {
    expect(diffSections([section('set', '10.0.0.1 expires 2h59m')], [section('set', '10.0.0.1 expires 10s')])).toEqual(
      [],
    );
  });
});
