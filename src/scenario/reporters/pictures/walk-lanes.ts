/** Where the hops of a walk are, from left to right: a lane for each host, in it a station for each device. Pure. */
import type { CapturePoint, Hop } from '../../../walk/hops.ts';
import { clip } from '../../wrap-text.ts';
import { widthOf } from './svg.ts';

export interface Station {
  readonly device: string;
  readonly x: number;
}

export interface Lane {
  readonly host: string;
  /** The host's name, cut if it is very long. */
  readonly label: string;
  readonly role: CapturePoint['role'];
  readonly x: number;
  readonly width: number;
  readonly stations: readonly Station[];
}

export const HOST_FONT = 12;
export const DEVICE_FONT = 10.5;
const LANE_GAP = 8;
const LANE_PADDING = 8;
const STATION_PADDING = 12;
const NARROWEST_STATION = 58;
const LONGEST_NAME = 34;

/** The lanes in the order in which the packet first came to them, the first beginning at `left`. */
export function lanesOf(hops: readonly Hop[], left: number): Lane[] {
  const hosts = Map.groupBy(hops, ({ point }) => point.host);
  let x = left;
  return [...hosts].map(([host, own]) => {
    const label = clip(host, LONGEST_NAME);
    const devices = [...new Set(own.map(({ device }) => device))];
    const widths = devices.map((device) => Math.max(NARROWEST_STATION, widthOf(device, DEVICE_FONT) + STATION_PADDING));
    const inner = widths.reduce((sum, width) => sum + width, 0);
    const width = Math.max(inner, widthOf(label, HOST_FONT) + 2 * LANE_PADDING) + 2 * LANE_PADDING;
    let edge = x + (width - inner) / 2;
    const stations = devices.map((device, index) => {
      const middle = edge + widths[index]! / 2;
      edge += widths[index]!;
      return { device, x: middle };
    });
    const lane = { host, label, role: own[0]!.point.role, x, width, stations };
    x += width + LANE_GAP;
    return lane;
  });
}

/** The station of a hop. */
export function stationOf(lanes: readonly Lane[], hop: Hop): Station {
  const lane = lanes.find(({ host }) => host === hop.point.host);
  return lane!.stations.find(({ device }) => device === hop.device)!;
}
