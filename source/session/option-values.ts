import { randomInt } from 'node:crypto';
import { readDisplayName } from '../capture/x11/display-name.js';
import { CHOSEN_ENCODINGS } from '../codecs/encodings/registry.js';
import { codeBits, makeCode, plainCode } from '../core/code.js';
import type { ErrorCode } from '../core/error-codes.js';
import { asPeerglassError } from '../core/errors.js';
import { readInvitation } from '../core/invitation.js';
import { type PeerAddress, parsePeerAddress } from '../core/peer-address.js';
import { plainText, withoutControls } from '../core/plain-text.js';
import type { Rectangle, Size } from '../core/rectangle.js';
import { type BroadcastLink, readBroadcastLink } from '../protocols/broadcast/link.js';
import { SPEEDS } from './play-options.js';
import {
  type AccessPolicy,
  type EncryptPolicy,
  LIMITS,
  type PreferredEncoding,
  type PublishTarget,
  type Quality,
  type ShareOptions,
  type ShareVideo,
  type Threads,
} from './share-options.js';
import type { ProtocolChoice, Scale, ViewKind } from './watch-options.js';

/**
 * Values typed on the command line or in a form, and one sentence about what is wrong with them. Both
 * sides use these, so that a form refuses what a flag refuses.
 */
export type Parsed<Value> = { readonly ok: true; readonly value: Value } | Refused;

export interface Refused {
  readonly ok: false;
  readonly problem: string;
  /** Where it is not a matter of usage. */
  readonly code?: ErrorCode;
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

export function accept<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

export function refuse(problem: string, code?: ErrorCode): Refused {
  return { ok: false, problem, ...(code === undefined ? {} : { code }) };
}

/** In characters: no more of what was typed is repeated. */
const LONGEST_QUOTE = 60;

/** What was typed, for a sentence that says what is wrong with it. */
export function quoted(text: string): string {
  const plain = plainText(text, LONGEST_QUOTE);
  return plain.trim() === '' ? 'nothing' : `"${plain}"`;
}

/** A whole number within a range; `what` names it in the sentence, e.g. "The level". */
export function parseWhole(text: string, range: Range, what: string): Parsed<number> {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= range.least && value <= range.most
    ? accept(value)
    : refuse(`${what} is a whole number from ${range.least} to ${range.most}, not ${quoted(text)}.`);
}

/** How many threads work on pixels. */
export function parseThreads(text: string): Parsed<Threads> {
  const word = text.trim().toLowerCase();
  if (word === 'auto') return accept(word);
  const { least, most } = LIMITS.threads;
  const number = parseWhole(word, LIMITS.threads, 'The number of threads');
  return number.ok ? number : refuse(`The number of threads is "auto" or ${least} to ${most}, not ${quoted(text)}.`);
}

export const parseLevel = (text: string): Parsed<number> => parseWhole(text, LIMITS.level, 'The compression level');
export const parseFps = (text: string): Parsed<number> => parseWhole(text, LIMITS.fps, 'The frame rate cap');
export const parsePort = (text: string): Parsed<number> => parseWhole(text, LIMITS.port, 'A port');

/** A picture's size, "1366x768". */
export function parseSize(text: string): Parsed<Size> {
  const match = /^(\d{1,6})\s*[x×X*]\s*(\d{1,6})$/.exec(text.trim());
  if (!match) return refuse(`A size is typed as 1366x768, not ${quoted(text)}.`);
  const size = { width: Number(match[1]), height: Number(match[2]) };
  const { least, most } = LIMITS.side;
  const fits = [size.width, size.height].every(side => side >= least && side <= most);
  return fits ? accept(size) : refuse(`Each side of a picture is ${least} to ${most} pixels, not ${text.trim()}.`);
}

/** A part of the screen, "800x600+100+50": size, then the place of its top left corner. */
export function parseRegion(text: string): Parsed<Rectangle> {
  const match = /^(\d{1,6})[x×X*](\d{1,6})([+-]\d{1,6})([+-]\d{1,6})$/.exec(text.replaceAll(' ', ''));
  if (text.trim() === '') return refuse('A region is typed as 800x600+100+50: size, then where.');
  if (!match) return refuse(`A region is typed as 800x600+100+50 (size, then where), not ${quoted(text)}.`);
  const size = parseSize(`${match[1]}x${match[2]}`);
  if (!size.ok) return size;
  return accept({ x: Number(match[3]), y: Number(match[4]), ...size.value });
}

export function parseQuality(text: string): Parsed<Quality> {
  const word = text.trim().toLowerCase();
  if (word === 'lossless' || word === 'auto') return accept(word);
  const { least, most } = LIMITS.quality;
  const number = parseWhole(word, LIMITS.quality, 'The quality');
  return number.ok ? number : refuse(`The quality is "lossless", "auto" or ${least} to ${most}, not ${quoted(text)}.`);
}

export function parseScale(text: string): Parsed<Scale> {
  const word = text.trim().toLowerCase();
  if (word === 'fit') return accept(word);
  const factor = parseWhole(word, { least: 1, most: 16 }, 'The scale');
  return factor.ok ? factor : refuse(`The scale is "fit" or a whole factor from 1 to 16, not ${quoted(text)}.`);
}

/** Seconds, a decimal fraction allowed. */
export function parseDuration(text: string): Parsed<number> {
  const seconds = /^\d{1,7}(\.\d+)?$/.test(text.trim()) ? Number(text) : 0;
  return seconds > 0 ? accept(seconds) : refuse(`The duration is a number of seconds above 0, not ${quoted(text)}.`);
}

/** A time of a recording in seconds: "90", "1:30" or "1:02:03.5". */
export function parsePosition(text: string): Parsed<number> {
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,7}(?:\.\d+)?)$/.exec(text.trim());
  if (!match) return refuse(`A time is typed as 90, 1:30 or 1:02:03, not ${quoted(text)}.`);
  return accept(Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3]));
}

/** A factor from a quarter to sixteen. */
export function parseSpeed(text: string): Parsed<number> {
  const speed = /^\d{1,2}(\.\d+)?$/.test(text.trim()) ? Number(text) : 0;
  const { least, most } = SPEEDS;
  return speed >= least && speed <= most
    ? accept(speed)
    : refuse(`The speed is a number from ${least} to ${most}, not ${quoted(text)}.`);
}

const RATE_UNITS = { kbit: 1e3, mbit: 1e6, gbit: 1e9 } as const;

/** The rate of a link, "8.5mbit", in bytes a second. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d{1,9}(?:\.\d+)?)\s*(kbit|mbit|gbit)(?:\/s)?$/.exec(text.trim().toLowerCase());
  const bits = match ? Number(match[1]) * RATE_UNITS[match[2] as keyof typeof RATE_UNITS] : 0;
  return bits > 0 ? accept(bits / 8) : refuse(`A rate is typed as 100mbit, 500kbit or 1gbit, not ${quoted(text)}.`);
}

/** A rate in bytes a second, as it is typed. */
export function rateText(rate: number): string {
  const kbit = (rate * 8) / 1000;
  return kbit % 1000 === 0 ? `${kbit / 1000}mbit` : `${kbit}kbit`;
}

/** A rate that a picture can be sent at. */
export function parseBroadcastRate(text: string): Parsed<number> {
  const rate = parseRate(text);
  const { least, most } = LIMITS.broadcastRate;
  if (!rate.ok || (rate.value >= least && rate.value <= most)) return rate;
  return refuse(`The rate of a broadcast is 100kbit to 1gbit, not ${quoted(text)}.`);
}

export const parseSegment = (text: string): Parsed<number> =>
  parseWhole(text, LIMITS.segment, 'The length of a segment in seconds');

/** Where viewers reach a broadcast: scheme, host and port, perhaps with a path. */
export function parseBroadcastUrl(text: string): Parsed<string> {
  const url = text.trim().replace(/\/+$/, '');
  return /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i.test(url)
    ? accept(url)
    : refuse(
        `The URL of a broadcast is typed as http://hall.example or https://hall.example:8443, not ${quoted(text)}.`,
      );
}

/** A link of an earlier broadcast. */
export function parseEarlierLink(text: string): Parsed<string> {
  const link = text.trim();
  try {
    return readBroadcastLink(link) ? accept(link) : refuse('The link of a broadcast is typed as it was told before.');
  } catch (thrown) {
    const { message, code } = asPeerglassError(thrown);
    return refuse(message, code);
  }
}

/** The name of an X display. */
export function parseDisplay(text: string): Parsed<string> {
  return readDisplayName(text)
    ? accept(text)
    : refuse(`A display is named like ":0" or "host:0", not ${quoted(text)}.`);
}

/** An address of this machine, or a name of one, to listen on. */
export function parseBind(text: string): Parsed<string> {
  const parsed = parsePeerAddress(text, 'classic');
  if (!parsed.ok) return refuse(text.trim() === '' ? 'An address must not be empty.' : `${parsed.problem}.`);
  const { host, port } = parsed.address;
  return port === null ? accept(host) : refuse(`The address comes without a port, not ${quoted(text)}.`);
}

/** As ssh takes them; with a dash they would be options of it. */
const SSH_WORD = /^[A-Za-z0-9._:@][A-Za-z0-9._:@-]*$/;

/** A server for a broadcast, "ssh://user@server:22". */
export function parsePublish(text: string): Parsed<PublishTarget> {
  const match = /^ssh:\/\/(?:(.*)@)?(\[[^\]]*\]|[^@:/]*)(?::(\d{1,5}))?\/?$/.exec(text.trim());
  const [, user, place = '', digits] = match ?? [];
  const host = place.replace(/^\[(.*)\]$/, '$1');
  const port = digits === undefined ? null : Number(digits);
  const words = [host, ...(user === undefined ? [] : [user])];
  if (!match || !words.every(word => SSH_WORD.test(word)) || port === 0 || (port ?? 0) > LIMITS.port.most) {
    return refuse(`A server to publish on is typed as ssh://user@server, not ${quoted(text)}.`);
  }
  return accept({ user: user ?? null, host, port });
}

/** As it is typed. */
export function publishText({ user, host, port }: PublishTarget): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return `ssh://${user === null ? '' : `${user}@`}${place}${port === null ? '' : `:${port}`}`;
}

const LONGEST_TOKEN = 200;

/** What a header can carry. */
export function parseOriginToken(text: string): Parsed<string> {
  return /^[!-~]+$/.test(text) && text.length <= LONGEST_TOKEN
    ? accept(text)
    : refuse(`A token has 1 to ${LONGEST_TOKEN} letters, digits and signs of ASCII, and no spaces.`);
}

/** In bytes a second: below that a whole picture takes minutes. */
const LEAST_RATE = 100_000 / 8;

/** The most that may be sent, "20mbit", in bytes a second. @param what names it in the sentence */
function parseRateLimit(text: string, what: string): Parsed<number> {
  const rate = parseRate(text);
  if (!rate.ok || rate.value >= LEAST_RATE) return rate;
  return refuse(`${what} is at least 100kbit, typed as 20mbit or 500kbit, not ${quoted(text)}.`);
}

export const parseMaxRate = (text: string): Parsed<number> => parseRateLimit(text, 'A max rate');
export const parseUplink = (text: string): Parsed<number> => parseRateLimit(text, 'An uplink');

/** As Linux names them, e.g. "bbr". */
export function parseCongestion(text: string): Parsed<string> {
  const name = text.trim().toLowerCase();
  return /^[a-z][a-z0-9_-]{0,14}$/.test(name)
    ? accept(name)
    : refuse(`A congestion control is typed as bbr or cubic, not ${quoted(text)}.`);
}

function parseWord<Word extends string>(text: string, words: readonly Word[], what: string): Parsed<Word> {
  const word = words.find(each => each === text.trim().toLowerCase());
  return word === undefined ? refuse(`${what} is one of ${words.join(', ')}, not ${quoted(text)}.`) : accept(word);
}

export const parseAccess = (text: string): Parsed<AccessPolicy> =>
  parseWord(text, ['ask', 'code', 'open'], 'The access');
export const parseEncrypt = (text: string): Parsed<EncryptPolicy> =>
  parseWord(text, ['required', 'offered', 'off'], 'The encryption');
/** Encodings that a sharer may choose. */
export const NAMED_ENCODINGS = CHOSEN_ENCODINGS.map(({ name }) => name);

export const parseProtocol = (text: string): Parsed<ProtocolChoice> =>
  parseWord(text, ['auto', 'rfb', 'classic'], 'The protocol');
export const parseEncoding = (text: string): Parsed<PreferredEncoding> =>
  parseWord(text, ['auto', ...NAMED_ENCODINGS], 'The encoding');
export const parseVideo = (text: string): Parsed<ShareVideo> => parseWord(text, ['auto', 'off', 'always'], 'The video');
export const parseView = (text: string): Parsed<ViewKind> => parseWord(text, ['sdl', 'terminal', 'none'], 'The view');

/** Any text that is not empty; `what` names it, e.g. "A code". */
export function parseText(text: string, what: string): Parsed<string> {
  return text.trim() === '' ? refuse(`${what} must not be empty.`) : accept(text);
}

/** In characters. What is longer is no code that somebody types. */
const LONGEST_CODE = 64;
/** In characters: VncAuth ignores the rest (RFC 6143, 7.2.2). */
const LONGEST_PASSWORD = 8;

/** An access code. */
export function parseCode(text: string): Parsed<string> {
  if (plainCode(text) === '') return refuse('A code must not be empty.', 'E_CODE_INVALID');
  if (text.length > LONGEST_CODE) {
    return refuse(`A code has at most ${LONGEST_CODE} characters.`, 'E_CODE_INVALID');
  }
  if (/\p{C}/u.test(text)) return refuse('A code has no control characters.', 'E_CODE_INVALID');
  return accept(text);
}

/**
 * The password of a share for VNC programs. VncAuth makes a key of seven bits of each character and fills it up with
 * zeros, and programs do not agree on what other characters than those of ASCII are on the wire.
 */
export function parseVncPassword(text: string): Parsed<string> {
  if (text.trim() === '') return refuse('A VNC password must not be empty.', 'E_CODE_INVALID');
  if (!/^[ -~]+$/.test(text)) {
    const carried = 'letters without accents, digits and signs of the English keyboard only';
    return refuse(`A VNC password has ${carried}: VNC carries no others.`, 'E_CODE_INVALID');
  }
  if (text.length <= LONGEST_PASSWORD) return accept(text);
  return refuse(`A VNC password has at most ${LONGEST_PASSWORD} characters: VNC carries no more.`, 'E_CODE_INVALID');
}

/** Wrong codes that a share judges in a minute, whoever gives them. */
const GUESSES_A_MINUTE = 20;

/** How strong a code is, e.g. "about 16 bits: 27 hours of guessing". */
export function strengthText(code: string): string {
  const bits = codeBits(code);
  // On average half of them are tried.
  const hours = 2 ** (bits - 1) / GUESSES_A_MINUTE / 60;
  return `about ${Math.floor(bits)} bits: ${timeText(hours)} of guessing`;
}

function timeText(hours: number): string {
  const days = hours / 24;
  if (hours < 1) return 'less than an hour';
  if (hours < 48) return `${Math.round(hours)} hours`;
  if (days < 730) return `${Math.round(days)} days`;
  return 'many years';
}

/** In characters: what a dashboard has room for, and in bytes of UTF-8: what a viewer's name is sent in. */
const LONGEST_NAME = 40;
const LONGEST_NAME_BYTES = 64;
/** In characters: what recordings keep and viewers show. */
const LONGEST_SHARE_NAME = 200;
/** In characters: no server has longer ones. */
const LONGEST_USER = 1000;

/** A text that the other end shows or takes. Signs that a terminal acts on are refused. @param what e.g. "A name" */
function parseTravelling(text: string, what: string, longest: number): Parsed<string> {
  if (text.length > longest) return refuse(`${what} has at most ${longest} characters.`);
  return withoutControls(text) === text ? accept(text) : refuse(`${what} has no control characters.`);
}

/** What a viewer's person is called; empty if they do not say. */
export function parseViewerName(text: string): Parsed<string> {
  const name = parseTravelling(text.trim(), 'A name', LONGEST_NAME);
  if (!name.ok || Buffer.byteLength(name.value) <= LONGEST_NAME_BYTES) return name;
  return refuse(`A name has at most ${LONGEST_NAME_BYTES} bytes, and letters of this script have several each.`);
}

/** What a share is called. */
export function parseShareName(text: string): Parsed<string> {
  const name = text.trim();
  return name === '' ? refuse('A name must not be empty.') : parseTravelling(name, 'A name', LONGEST_SHARE_NAME);
}

/** A user name, for a server that asks for one. */
export function parseUser(text: string): Parsed<string> {
  return text.trim() === ''
    ? refuse('A user name must not be empty.')
    : parseTravelling(text, 'A user name', LONGEST_USER);
}

/** A trusted server or connection: "anonymous", "clear", or the SHA-256 of a certificate, with colons or without. */
export function parseTrust(text: string): Parsed<string> {
  const word = text.trim().toLowerCase();
  if (['anonymous', 'clear', 'code'].includes(word)) return accept(word);
  const fingerprint = word.replace(/^sha-?256[: =]*(fingerprint=)?/, '').replace(/[:\s]/g, '');
  return /^[0-9a-f]{64}$/.test(fingerprint)
    ? accept(fingerprint)
    : refuse(`What is trusted is anonymous, clear, code, or the SHA-256 of a certificate or key, not ${quoted(text)}.`);
}

export function sizeText(size: Size): string {
  return `${size.width}x${size.height}`;
}

/** As `--region` takes it: "800x600+100+50". */
export function regionText(region: Rectangle): string {
  const place = (value: number): string => (value < 0 ? `${value}` : `+${value}`);
  return `${sizeText(region)}${place(region.x)}${place(region.y)}`;
}

/** The address of a peer. `host:1` is a port on classic, else a VNC display. */
export function parsePeer(text: string, wire: ProtocolChoice = 'auto'): Parsed<PeerAddress> {
  const parsed = parsePeerAddress(text, wire);
  return parsed.ok ? accept(parsed.address) : refuse(`${parsed.problem}.`);
}

/** An invitation: the sharer's address, and optionally code and protocol. */
export interface ParsedInvitation {
  readonly peer: PeerAddress;
  /** The address as typed, without the rest of the line. */
  readonly address: string;
  readonly code: string | null;
  readonly wire: ProtocolChoice;
  /** Where it is the link of a broadcast; its key is in there. */
  readonly broadcast: BroadcastLink | null;
}

/**
 * An address, or the whole line or link that a sharer sent. The invitation's protocol is used if `wire` is auto.
 * @param key of a broadcast whose link comes without it
 */
export function parseInvitation(
  text: string,
  wire: ProtocolChoice = 'auto',
  key: string | null = null,
): Parsed<ParsedInvitation> {
  const { address, code, wire: said, rest } = readInvitation(text);
  const broadcast = parseBroadcast(address, code ?? key);
  if (!broadcast.ok) return broadcast;
  if (rest !== '') return refuse(`After the address comes nothing, or "code" and the code, not ${quoted(rest)}.`);
  if (broadcast.value) {
    return accept({ ...broadcast.value, address, code: null, wire: 'auto' });
  }
  const meant = wire === 'auto' ? (said ?? 'auto') : wire;
  const peer = parsePeer(address, meant);
  if (!peer.ok) return peer;
  const checked = code === null ? null : parseCode(code);
  if (checked !== null && !checked.ok) return checked;
  return accept({ peer: peer.value, address, code, wire: meant, broadcast: null });
}

const WEB_PORTS = { 'http:': 80, 'https:': 443 } as const;

/** The broadcast at an address; null: it is the address of something else. */
function parseBroadcast(
  address: string,
  key: string | null,
): Parsed<{ readonly peer: PeerAddress; readonly broadcast: BroadcastLink } | null> {
  let broadcast: BroadcastLink | null;
  try {
    broadcast = readBroadcastLink(`${address}#${key?.trim().replace(/^#/, '') ?? ''}`);
  } catch (thrown) {
    const { message, remedy, code } = asPeerglassError(thrown);
    return refuse(`${message} ${remedy}`, code);
  }
  if (!broadcast) return accept(null);
  if (!URL.canParse(broadcast.place)) return refuse(`The link has an impossible server: ${quoted(address)}.`);
  const { protocol, hostname, port } = new URL(broadcast.place);
  const peer = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || WEB_PORTS[protocol === 'https:' ? 'https:' : 'http:'],
  };
  return accept({ peer, broadcast });
}

/** A random code for peerglass viewers. */
export function freshCode(): string {
  return makeCode(below => randomInt(below));
}

/** Without letters and digits that look or sound alike. */
const PASSWORD_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

/** A random VNC password, one of about 8 * 10^11. */
export function freshVncPassword(): string {
  return Array.from({ length: LONGEST_PASSWORD }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join(
    '',
  );
}

/** What encrypts, as announced on the network, and for people. */
const ANNOUNCED: ReadonlyMap<string, string> = new Map([
  ['cpace', 'CPace'],
  ['rsa-aes', 'RSA-AES'],
  ['tls', 'TLS'],
]);
const NONE_ANNOUNCED = 'none';

/** The ways to encrypt that a share offers, the one that peerglass uses first: "cpace,rsa-aes,tls", or "none". */
export function announcedEncryption({ encrypt, access }: Pick<ShareOptions, 'encrypt' | 'access'>): string {
  if (encrypt === 'off') return NONE_ANNOUNCED;
  // RSA-AES has no login without a password.
  return [...ANNOUNCED.keys()].filter(way => way !== 'rsa-aes' || access === 'code').join();
}

/**
 * For people, what protects the picture of a sharer that announces this: "encrypted (CPace)"; empty: it does not say.
 */
export function encryptionText(announced: string | null): string {
  if (announced === null) return '';
  if (announced === NONE_ANNOUNCED) return 'not encrypted';
  const first = announced.split(',')[0]!;
  return `encrypted (${ANNOUNCED.get(first) ?? first})`;
}
