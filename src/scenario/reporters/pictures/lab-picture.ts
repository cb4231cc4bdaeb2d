/** A lab as a picture: the underlay, what hangs on it, the pods in their nodes. SVG that takes its colours from its page. */
import type { LabSnapshot, PodSnapshot } from '../../../lab/lab-snapshot.ts';
import { textWidth } from '../../wrap-text.ts';
import { attribute, escapeXml } from '../xml.ts';

const BOX = { width: 220, gap: 16, head: 46, pod: 34 };
const TOP = 40;

/** The picture; pods of `namespace` stand out from those of others. */
export function labPicture(lab: LabSnapshot, namespace: string | undefined): string {
  const boxes = [
    ...lab.hosts.map((host) => ({ ...host, pods: [] as PodSnapshot[], note: '' })),
    ...lab.nodes.map((node) => ({
      ...node,
      pods: lab.pods.filter((pod) => pod.node === node.name),
      note: `${node.podCIDR} · ${node.proxy.mode}${node.ready ? '' : ' · not ready'}`,
    })),
  ];
  const most = Math.max(...boxes.map(({ pods }) => pods.length));
  const width = boxes.length * (BOX.width + BOX.gap) + BOX.gap;
  const height = TOP + BOX.head + 24 + most * BOX.pod + 24;
  const drawn = boxes.map((box, index) => {
    const x = BOX.gap + index * (BOX.width + BOX.gap);
    const pods = box.pods.map((pod, row) => podBox(pod, x + 10, TOP + BOX.head + 18 + row * BOX.pod, namespace));
    return [
      line(x + BOX.width / 2, 20, TOP),
      `<rect${place(x, TOP, BOX.width, height - TOP - 12)} class="box"/>`,
      label(x + 10, TOP + 19, box.name, 'name'),
      label(x + 10, TOP + 35, `${box.ip}`, 'address'),
      label(x + 10, TOP + 51, box.note, 'address'),
      ...pods,
    ].join('');
  });
  const head = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const title = `<title>${escapeXml(`the lab ${lab.name}`)}</title>`;
  const underlay = `<path d="M${BOX.gap} 20H${width - BOX.gap}" class="underlay"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${head}>${title}${underlay}${label(BOX.gap, 13, 'underlay', 'address')}${drawn.join('')}</svg>`;
}

function podBox(pod: PodSnapshot, x: number, y: number, namespace: string | undefined): string {
  const kind = pod.namespace === namespace ? 'pod own' : 'pod';
  const width = BOX.width - 20;
  return [
    `<rect${place(x, y, width, BOX.pod - 6)} class="${kind}${pod.ready ? '' : ' unready'}"/>`,
    label(x + 6, y + 12, fitting(pod.name, 32), 'podname'),
    label(x + 6, y + 24, pod.ip, 'address'),
  ].join('');
}

function fitting(text: string, columns: number): string {
  return textWidth(text) <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

function line(x: number, from: number, to: number): string {
  return `<path d="M${x} ${from}V${to}" class="wire"/>`;
}

function place(x: number, y: number, width: number, height: number): string {
  const numbers = { x, y, width, height, rx: 5 };
  return Object.entries(numbers)
    .map(([name, value]) => attribute(name, value))
    .join('');
}

function label(x: number, y: number, text: string, kind: string): string {
  return `<text${attribute('x', x)}${attribute('y', y)} class="${kind}">${escapeXml(text)}</text>`;
}
