import type { RandrExtension } from 'x11';
import type { Rectangle } from '../../core/rectangle.js';
import type { X11Connection } from './connection.js';

/** Minor opcode of RRGetMonitors (RandR 1.5, randrproto.txt section 7.7), which the package x11 lacks. */
const GET_MONITORS = 42;
/** Bytes of the reply's fixed part after the first eight, and of one monitor before its outputs. */
const REPLY_HEAD = 24;
const MONITOR_HEAD = 24;
/** A bound on the server's claim; far more than anybody has. */
const MAX_MONITORS = 64;

/** A RandR 1.5 monitor: one or more outputs, or a rectangle named by the user (xrandr --setmonitor). */
export interface RandrMonitor {
  /** An atom. */
  readonly name: number;
  readonly primary: boolean;
  /** Created by the server for an output, not by the user. */
  readonly automatic: boolean;
  readonly geometry: Rectangle;
  readonly outputs: readonly number[];
}

export function hasGetMonitors({ major_version, minor_version }: RandrExtension): boolean {
  return major_version > 1 || (major_version === 1 && minor_version >= 5);
}

/** The monitors that are on. */
export function getMonitors(connection: X11Connection, randr: RandrExtension): Promise<RandrMonitor[]> {
  const { client, root } = connection;
  return connection.ask<RandrMonitor[]>(reply => {
    const request = Buffer.alloc(12);
    request.writeUInt8(randr.majorOpcode, 0);
    request.writeUInt8(GET_MONITORS, 1);
    request.writeUInt16LE(request.length >> 2, 2);
    request.writeUInt32LE(root, 4);
    request.writeUInt8(1, 8);
    client.seq_num++;
    client.pack_stream.put(request);
    client.replies[client.seq_num] = [parseMonitors, reply];
    client.pack_stream.submit(true);
  });
}

/** @param body the reply without its first eight bytes */
function parseMonitors(body: Buffer): RandrMonitor[] {
  const count = Math.min(body.readUInt32LE(4), MAX_MONITORS);
  const monitors: RandrMonitor[] = [];
  let place = REPLY_HEAD;
  for (let index = 0; index < count; index++) {
    const at = place + MONITOR_HEAD;
    const outputs = body.readUInt16LE(place + 6);
    monitors.push({
      name: body.readUInt32LE(place),
      primary: body.readUInt8(place + 4) !== 0,
      automatic: body.readUInt8(place + 5) !== 0,
      geometry: {
        x: body.readInt16LE(place + 8),
        y: body.readInt16LE(place + 10),
        width: body.readUInt16LE(place + 12),
        height: body.readUInt16LE(place + 14),
      },
      outputs: Array.from({ length: outputs }, (_, output) => body.readUInt32LE(at + output * 4)),
    });
    place = at + outputs * 4;
  }
  return monitors.filter(({ geometry }) => geometry.width > 0 && geometry.height > 0);
}
