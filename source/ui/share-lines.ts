import { bitRate, mbitOf } from '../core/bit-rate.js';
import { codeWord } from '../core/code.js';
import { pageLink } from '../core/invitation.js';
import { isLoopback } from '../core/ip-address.js';
import type { LocalAddress } from '../session/app-services.js';
import { encodingText } from '../session/bakeoff.js';
import { type Listening, type PagePort, type ViewerPort, viewerPort } from '../session/messages.js';
import type { ShareOptions } from '../session/share-options.js';
import type { SharedBroadcastSnapshot, ShareSnapshot, VideoSnapshot, ViewerSnapshot } from '../session/snapshot.js';
import { countText, rate, rateText } from './format.js';
import type { ShareViewState } from './share-view.js';
import type { Tone } from './theme.js';

/** An address as it is typed before a port. */
function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** The lines that tell others how to connect. */
export interface TellLines {
  /** The line to tell the other person, e.g. "peerglass watch 192.168.1.82:9000"; with browsers only, their link. */
  readonly first: string;
  /** Where browsers find the page; null: they cannot watch. */
  readonly page: (Omit<PagePort, 'wire' | 'address'> & { readonly host: string }) | null;
  /** The same for this machine's other addresses, with their network interfaces. */
  readonly others: readonly { readonly address: string; readonly interfaceName: string }[];
  /** For each protocol of viewers the port that it listens on. */
  readonly wires: readonly { readonly wire: ViewerPort['wire']; readonly port: number; readonly first: string }[];
  /** Why only this machine reaches the share: it is bound to the loopback, or no network is up. Null: others do too. */
  readonly local: 'bound' | 'no network' | null;
}

/** Null until something listens. The rfb protocol comes first, where it is open: peerglass has most from it. */
export function tellLines(
  listening: readonly Listening[],
  local: readonly LocalAddress[],
  options: Pick<ShareOptions, 'bind'>,
): TellLines | null {
  const main = viewerPort(listening);
  const web = listening.find((each): each is PagePort => each.wire === 'web');
  const port = (main ?? web)?.port;
  if (port === undefined) return null;
  const wires = listening
    .filter((each): each is ViewerPort => each.wire !== 'web')
    .sort((a, b) => Number(b === main) - Number(a === main));
  const bound = options.bind !== null && !/^(0\.0\.0\.0|::)$/.test(options.bind) ? options.bind : null;
  const known = bound === null ? local : local.filter(each => each.address === bound);
  const address = bound ?? known[0]?.address ?? '127.0.0.1';
  const others = known
    .slice(1)
    .map(each => ({ address: `${bracketed(each.address)}:${port}`, interfaceName: each.interfaceName }));
  const page = web ? { host: address, port: web.port, https: web.https, certificate: web.certificate } : null;
  return {
    first: main || page === null ? `peerglass watch ${bracketed(address)}:${port}` : pageLink(page, address, null),
    page,
    others,
    wires: wires.map(each => ({ wire: each.wire, port: each.port, first: `${bracketed(address)}:${each.port}` })),
    local: isLoopback(address) ? (bound === null ? 'no network' : 'bound') : null,
  };
}

/** The secrets of a share; null where viewers need none. */
export type Secrets = Pick<ShareViewState, 'code' | 'vncPassword'>;

/** For the person with another VNC program; null: none can come, or it needs no password. */
export function vncLine(lines: TellLines | null, { code, vncPassword }: Secrets): string | null {
  if (lines === null || vncPassword === null) return null;
  const rfb = lines.wires.find(({ wire }) => wire === 'rfb');
  // Without encryption there is no code.
  if (!rfb) return code === null ? `Browsers: password ${vncPassword}` : null;
  const whose = code === null ? 'Any viewer' : 'From another VNC viewer';
  return `${whose}: ${rfb.first}, password ${vncPassword}`;
}

/** Rows of the invitation where there is room: the main line, the other ways and addresses, and VNC programs. */
export function tellRows(lines: TellLines | null, secrets: Secrets): number {
  const ways = lines === null ? 0 : lines.wires.length + (lines.page ? 1 : 0);
  const others = lines !== null && lines.others.length > 0;
  return vncLine(lines, secrets) !== null || (ways > 1 && others) ? 3 : 2;
}

/** The invitation: address and code in one line, which can be pasted wherever an address is expected. */
export function invitationText(line: string, code: string | null): string {
  return code === null ? line : `${line}   code ${codeWord(code)}`;
}

/** The purpose of the line. An address that only this machine reaches is not sent to anybody. */
export function tellTitle(lines: TellLines | null): string {
  if (!lines?.local) return 'Tell the other person';
  return lines.local === 'bound' ? 'On this machine only' : 'On this machine only: no network is up';
}

/** The link for browsers; with the code, it is all that they need. */
export function browserLink({ page }: TellLines, code: string | null): string | null {
  return page && pageLink(page, page.host, code);
}

/**
 * Who a viewer from the web is, as far as it says, e.g. "browser, Firefox 153"; for others the name of their machine.
 */
export function viewerName({ name, via, browser }: Pick<ViewerSnapshot, 'name' | 'via' | 'browser'>): string {
  return via === 'tcp' ? (name ?? '') : [name ?? 'browser', browser].filter(each => each !== null).join(', ');
}

/** Whether anybody watches a broadcast, as far as can be known. */
export function isRead(broadcast: SharedBroadcastSnapshot | null): boolean {
  return broadcast !== null && broadcast.state !== 'asleep' && broadcast.readers > 0;
}

/** A broadcast in one line, e.g. "broadcast  2 caches read it  3.12 Mbit/s each  14 ms old". */
export function broadcastLine({ state, readers, mbitPerSecond, ageMs, server }: SharedBroadcastSnapshot): string {
  const where = server === null ? 'broadcast' : `broadcast at ${server}`;
  if (state === 'asleep') return `${where}  idle: no cache asks for it`;
  const caches = readers === 1 ? '1 cache reads it' : `${readers} caches read it`;
  const age = ageMs === null ? [] : [`${Math.round(ageMs)} ms old`];
  const paused = state === 'paused' ? ['paused'] : [];
  return [where, caches, ...paused, bitRate(mbitPerSecond * MBIT), ...age].join('  ');
}

/**
 * Films that are sent as video, in one line, e.g. "video 640x360+112+76  1.84 Mbit/s, 30.0 a second, 2 viewers  512
 * pictures, 3 of them IDRs"; null: there are none now.
 */
export function videoLine({ regions, pictures, idrs }: VideoSnapshot): string | null {
  const shown = regions.filter(({ streams }) => streams.length > 0);
  if (shown.length === 0) return null;
  const films = shown.map(({ x, y, width, height, streams }) => {
    const rates = streams.map(({ mbitPerSecond, pictureRate, viewers }) => {
      const whose = `${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`;
      return `${bitRate(mbitPerSecond * MBIT)}, ${rate(pictureRate).trim()} a second, ${whose}`;
    });
    return [`${width}x${height}+${x}+${y}`, ...rates].join('  ');
  });
  return ['video', films.join('  '), `${countText(pictures)} pictures, ${countText(idrs)} of them IDRs`].join('  ');
}

/** In bytes. */
const MBIT = 1e6 / 8;

/** By the error, why the source cannot be seen. */
const LOST: Readonly<Record<string, string>> = { E_SOURCE_HIDDEN: 'source hidden', E_DISPLAY_HUNG: 'desktop hangs' };

/** The state in words, and how it should look. */
export function stateOf(snapshot: ShareSnapshot | null): { readonly text: string; readonly tone: Tone } {
  if (snapshot === null) return { text: 'starting', tone: 'muted' };
  const watching = snapshot.viewers.filter(viewer => viewer.state === 'watching').length;
  const broadcast = isRead(snapshot.broadcast);
  switch (snapshot.state) {
    case 'sharing':
      if (!broadcast) return { text: `sharing to ${watching}`, tone: 'good' };
      return { text: watching === 0 ? 'broadcasting' : `sharing to ${watching} + broadcast`, tone: 'good' };
    case 'asking':
      return { text: 'asking', tone: 'warning' };
    case 'paused':
      return { text: 'paused', tone: 'warning' };
    case 'suspended':
      return { text: LOST[snapshot.missing?.code ?? ''] ?? 'source gone', tone: 'warning' };
    case 'listening':
    case 'asleep':
      return snapshot.recording ? { text: 'recording', tone: 'good' } : { text: 'idle', tone: 'muted' };
    default:
      return { text: snapshot.state, tone: 'muted' };
  }
}

/**
 * The settings that keys change, e.g. "compression 6  quality auto  cap 60 fps  uplink 40 Mbit/s  pointer shown": the
 * end is lost in a small terminal, and the picture itself shows whether the pointer is in it.
 * @param viewer the selected one: an encoding chosen for it overrides the level and the quality of the share
 */
export function settingsText(
  snapshot: ShareSnapshot | null,
  options: ShareOptions,
  viewer: Pick<ViewerSnapshot, 'address' | 'sentAs' | 'maxMbit'> | null,
): string {
  const pointer = (snapshot?.cursor ?? options.cursor !== 'hidden') ? 'shown' : 'hidden';
  const limits = limitsText(snapshot, options, viewer);
  return `${encodingSettings(snapshot, options, viewer)}${limits}  pointer ${pointer}`;
}

/**
 * The limits on what is sent, by the names of their flags, e.g. "  uplink 100 Mbit/s  max rate 20 Mbit/s (192.168.1.86)
 * broadcast rate 4 Mbit/s"; empty if there are none.
 */
function limitsText(
  snapshot: ShareSnapshot | null,
  options: ShareOptions,
  viewer: Pick<ViewerSnapshot, 'address' | 'maxMbit'> | null,
): string {
  const uplink = snapshot ? snapshot.uplinkMbit : mbitOf(options.uplink);
  const most = viewer ? viewer.maxMbit : mbitOf(options.maxRate);
  const whose = viewer ? ` (${viewer.address})` : '';
  const broadcast = mbitOf(options.broadcast?.rate ?? null);
  return [
    uplink === null ? '' : `  uplink ${Number(uplink.toFixed(1))} Mbit/s`,
    most === null ? '' : `  max rate ${Number(most.toFixed(1))} Mbit/s${whose}`,
    broadcast === null ? '' : `  broadcast rate ${Number(broadcast.toFixed(1))} Mbit/s`,
  ].join('');
}

function encodingSettings(
  snapshot: ShareSnapshot | null,
  options: ShareOptions,
  viewer: Pick<ViewerSnapshot, 'address' | 'sentAs'> | null,
): string {
  const level = snapshot?.level ?? options.level;
  const cap = snapshot?.fpsCap ?? options.fps;
  const quality = snapshot?.quality ?? options.quality;
  if (viewer?.sentAs?.chosen) {
    const { level: own, jpeg } = viewer.sentAs;
    const parts = [own === null ? '' : ` compression ${own}`, jpeg ? ` quality ${jpeg.quality}` : ''];
    return `${encodingText(viewer.sentAs)}${parts.join('')} for ${viewer.address}  cap ${cap} fps`;
  }
  return `compression ${level}  quality ${quality}  cap ${cap} fps`;
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
