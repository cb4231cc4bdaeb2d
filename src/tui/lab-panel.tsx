/** The live list of the lab: nodes, pods, Services, in as many lines and columns as there is room for. */
import { Box, Text } from 'ink';
import type { LabSnapshot, PodSnapshot } from '../lab/lab-snapshot.ts';
import type { Language } from '../scenario/localize.ts';
import { clip } from '../scenario/wrap-text.ts';
import { wordsOf } from './words.ts';

export interface LabPanelProps {
  readonly snapshot: LabSnapshot | undefined;
  /** Parts built so far, while there is no snapshot. */
  readonly building: readonly string[];
  /** The namespace of the scenario: its objects come first and stand out. */
  readonly namespace: string | undefined;
  readonly language: Language;
  readonly width: number;
  readonly height: number;
}

interface PanelLine {
  readonly text: string;
  readonly tone: 'heading' | 'own' | 'other' | 'bad';
}

/** Beside the transcript one column; below it nodes and Services on the left, pods on the right. */
export function LabPanel(props: LabPanelProps) {
  const { snapshot, width, height, language } = props;
  const words = wordsOf(language);
  if (snapshot === undefined) {
    const lines =
      props.building.length === 0 ? [words.noLab] : [words.building, ...props.building.map((part) => `  ${part}`)];
    return <Lines lines={lines.map((text) => ({ text, tone: 'other' }))} width={width} height={height} />;
  }
  const nodes = nodeLines(snapshot, words.nodes);
  const pods = podLines(snapshot, words.pods, words.none, props.namespace);
  const services = serviceLines(snapshot, words.services, words.none, props.namespace);
  if (height >= nodes.length + pods.length + services.length + 2 || width < 50) {
    return <Lines lines={[...nodes, BLANK, ...pods, BLANK, ...services]} width={width} height={height} />;
  }
  const left = Math.floor(width * 0.46);
  return (
    <Box>
      <Lines lines={[...nodes, ...services]} width={left} height={height} />
      <Lines lines={pods} width={width - left} height={height} />
    </Box>
  );
}

const BLANK: PanelLine = { text: '', tone: 'other' };

function Lines({ lines, width, height }: { lines: readonly PanelLine[]; width: number; height: number }) {
  const shown = lines.length <= height ? lines : [...lines.slice(0, height - 1), { text: '…', tone: 'other' } as const];
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Text key={index} {...styleOf(line.tone)} wrap="truncate">
          {clip(line.text, width - 1) || ' '}
        </Text>
      ))}
    </Box>
  );
}

function styleOf(tone: PanelLine['tone']) {
  if (tone === 'heading') return { bold: true };
  if (tone === 'bad') return { color: 'red' };
  return tone === 'other' ? { dimColor: true } : {};
}

function nodeLines({ nodes }: LabSnapshot, heading: string): PanelLine[] {
  return [
    { text: heading, tone: 'heading' },
    ...nodes.map(
      ({ name, ips, ready }): PanelLine => ({
        text: `${dot(ready)} ${name} ${ips.join(' ')}`,
        tone: ready ? 'own' : 'bad',
      }),
    ),
  ];
}

function podLines({ pods }: LabSnapshot, heading: string, none: string, namespace: string | undefined): PanelLine[] {
  const lines = ownFirst(pods, namespace).map((pod): PanelLine => {
    const text = `${dot(pod.ready)} ${pod.name} ${pod.ips.join(' ') || stateOf(pod)} ${pod.node}`;
    return { text: text.trimEnd(), tone: pod.namespace === namespace ? 'own' : 'other' };
  });
  return [{ text: `${heading}${lines.length === 0 ? `: ${none}` : ''}`, tone: 'heading' }, ...lines];
}

function serviceLines(
  { services }: LabSnapshot,
  heading: string,
  none: string,
  namespace: string | undefined,
): PanelLine[] {
  const lines = ownFirst(services, namespace).map((service): PanelLine => {
    const { name, clusterIPs, ports, endpoints } = service;
    const text = `${name} → ${endpoints.length} ${clusterIPs.join(' ')} ${ports.join(',')}`;
    return { text, tone: service.namespace === namespace ? 'own' : 'other' };
  });
  return [{ text: `${heading}${lines.length === 0 ? `: ${none}` : ''}`, tone: 'heading' }, ...lines];
}

function ownFirst<T extends { namespace: string; name: string }>(
  items: readonly T[],
  namespace: string | undefined,
): T[] {
  const rank = (item: T): number => (item.namespace === namespace ? 0 : 1);
  return items.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function stateOf({ phase }: PodSnapshot): string {
  return phase.toLowerCase();
}

function dot(ready: boolean): string {
  return ready ? '●' : '○';
}
