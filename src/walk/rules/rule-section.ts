/** A node's rules as they are shown: sections (chains, sets, maps) of lines, each with what it is there for. */
import type { RuleSubject } from '../../proxy/backends/rule-subject.ts';

export interface RuleLine {
  readonly text: string;
  readonly about?: RuleSubject;
}

export interface RuleSection {
  /** `nat KUBE-SERVICES`, `ip6 nat KUBE-SERVICES`, `ip kube-proxy service-ips` */
  readonly place: string;
  readonly about?: RuleSubject;
  readonly lines: readonly RuleLine[];
}

/** Only what is there for a Service (`ns/name`): its own sections whole, of the shared ones its lines. */
export function sectionsOf(sections: readonly RuleSection[], service: string): RuleSection[] {
  return sections.flatMap((section) => {
    if (section.about?.service === service) return [section];
    const lines = section.lines.filter(({ about }) => about?.service === service);
    return lines.length === 0 ? [] : [{ ...section, lines }];
  });
}

/** As text: each section under its place, what a line is for behind `#`. */
export function formatSections(sections: readonly RuleSection[]): string {
  return sections
    .map(({ place, about, lines }) =>
      [`${place}${remark(about)}`, ...lines.map((line) => `  ${line.text}${remark(line.about)}`)].join('\n'),
    )
    .map((text) => `${text}\n`)
    .join('\n');
}

/** What a line or section is for, behind `#`. */
export function remark(about: RuleSubject | undefined): string {
  if (about === undefined) return '';
  return `  # ${about.port}${about.part === undefined ? '' : `, ${about.part}`}`;
}
