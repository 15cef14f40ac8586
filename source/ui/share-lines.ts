import { isLoopback } from '../core/ip-address.js';
import type { LocalAddress } from '../session/app-services.js';
import { encodingText } from '../session/bakeoff.js';
import type { Listening } from '../session/messages.js';
import type { ShareOptions } from '../session/share-options.js';
import type { ShareSnapshot, ViewerSnapshot } from '../session/snapshot.js';
import { rateText } from './format.js';
import type { Tone } from './theme.js';

/** An address as it is typed before a port. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** The lines that tell others how to connect. */
export interface TellLines {
  /** The line to tell the other person, e.g. "peerglass watch 192.168.1.82:9000". */
  readonly first: string;
  /** The same for this machine's other addresses, with their network interfaces. */
  readonly others: readonly { readonly address: string; readonly interfaceName: string }[];
  /** For each wire the port that it listens on. */
  readonly wires: readonly { readonly wire: Listening['wire']; readonly port: number; readonly first: string }[];
}

/** Null until something listens. The rfb protocol comes first, where it is open: peerglass has most from it. */
export function tellLines(
  listening: readonly Listening[],
  local: readonly LocalAddress[],
  options: Pick<ShareOptions, 'bind'>,
): TellLines | null {
  const wires = [...listening].sort((a, b) => Number(b.wire === 'rfb') - Number(a.wire === 'rfb'));
  const main = wires[0];
  if (!main) return null;
  const bound = options.bind !== null && !/^(0\.0\.0\.0|::)$/.test(options.bind) ? options.bind : null;
  const known = bound === null ? local : local.filter(each => each.address === bound);
  const address = bound ?? known[0]?.address ?? '127.0.0.1';
  const others = known
    .slice(1)
    .map(each => ({ address: `${bracketed(each.address)}:${main.port}`, interfaceName: each.interfaceName }));
  return {
    first: `peerglass watch ${bracketed(address)}:${main.port}`,
    others,
    wires: wires.map(({ wire, port }) => ({ wire, port, first: `${bracketed(address)}:${port}` })),
  };
}

/** The invitation: address and code in one line, which can be pasted wherever an address is expected. */
export function invitationText(line: string, code: string | null): string {
  return code === null ? line : `${line}   code ${code}`;
}

/** The purpose of the line. An address that only this machine reaches is not sent to anybody. */
export function tellTitle(lines: TellLines | null): string {
  const local = lines?.wires.every(({ first }) => isLoopback(first)) ?? false;
  return local ? 'On this machine only' : 'Tell the other person';
}

/** The state in words, and how it should look. */
export function stateOf(snapshot: ShareSnapshot | null): { readonly text: string; readonly tone: Tone } {
  if (snapshot === null) return { text: 'starting', tone: 'muted' };
  const watching = snapshot.viewers.filter(viewer => viewer.state === 'watching').length;
  switch (snapshot.state) {
    case 'sharing':
      return { text: `sharing to ${watching}`, tone: 'good' };
    case 'asking':
      return { text: 'asking', tone: 'warning' };
    case 'paused':
      return { text: 'paused', tone: 'warning' };
    case 'suspended':
      return { text: snapshot.missing?.code === 'E_SOURCE_HIDDEN' ? 'window hidden' : 'source gone', tone: 'warning' };
    case 'listening':
    case 'asleep':
      return { text: 'idle', tone: 'muted' };
    default:
      return { text: snapshot.state, tone: 'muted' };
  }
}

/**
 * The settings that keys change, e.g. "compression 6  quality auto  cap 60 fps  pointer shown".
 * @param viewer the selected one: an encoding chosen for it overrides the level and the quality of the share
 */
export function settingsText(
  snapshot: ShareSnapshot | null,
  options: ShareOptions,
  viewer: Pick<ViewerSnapshot, 'address' | 'sentAs'> | null,
): string {
  const level = snapshot?.level ?? options.level;
  const cap = snapshot?.fpsCap ?? options.fps;
  const quality = snapshot?.quality ?? options.quality;
  const pointer = (snapshot?.cursor ?? options.cursor !== 'hidden') ? 'shown' : 'hidden';
  if (viewer?.sentAs?.chosen) {
    const { level: own, jpeg } = viewer.sentAs;
    const parts = [own === null ? '' : ` compression ${own}`, jpeg ? ` quality ${jpeg.quality}` : ''];
    return `${encodingText(viewer.sentAs)}${parts.join('')} for ${viewer.address}  cap ${cap} fps  pointer ${pointer}`;
  }
  return `compression ${level}  quality ${quality}  cap ${cap} fps  pointer ${pointer}`;
}

/** What limits the share; where a viewer falls behind, that one and why: it is what one would otherwise not see. */
export function shareVerdictLine(snapshot: ShareSnapshot | null): { readonly text: string; readonly tone: Tone } {
  const slowest = snapshot?.slowest ?? null;
  if (!snapshot || !slowest) return { text: snapshot?.bottleneck ?? ' ', tone: 'muted' };
  const rates = `${rateText(slowest.fps)} of ${rateText(snapshot.publishedFps)} fps`;
  // The reason names the viewer once more.
  const why = slowest.text.replace(` at ${slowest.address}`, '').replace(` to ${slowest.address}`, '');
  return { text: `slowest ${slowest.address}, ${rates}: ${why}`, tone: 'warning' };
}
