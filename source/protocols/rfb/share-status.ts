import { FENCE, PSEUDO_ENCODING } from './constants.js';
import { RESUME_KEY_LENGTH } from './security/resume.js';
import { rectangleWith, serverFence } from './server-writer.js';

/**
 * The Share Status extension (docs/extensions.md): what a sharer tells viewers that list its pseudo-encoding. It goes in
 * fences that ask for no answer, whose length every reader of rfb knows.
 */
export type ShareStatus =
  | { readonly type: 'state'; readonly kind: string; readonly text: string }
  /** From capture to processed by this viewer, in milliseconds. */
  | { readonly type: 'latency'; readonly p50: number; readonly p95: number }
  /** With this a viewer that lost its connection goes on over a new one, without being asked about again. */
  | { readonly type: 'key'; readonly key: Uint8Array };

const KIND = { state: 1, latency: 2, key: 3 } as const;
/** The pseudo-encoding's number, the kind, and how many fences of the same message still follow. */
const HEAD = 6;
const PART = FENCE.longestPayload - HEAD;
/** Of a message's parts together. */
const MOST_PARTS = 4;
const MOST_BYTES = PART * MOST_PARTS;

/** The fences of a message. A text that is too long is cut. */
export function shareStatus(status: ShareStatus): Buffer[] {
  const body = bodyOf(status);
  const parts = Math.max(Math.ceil(body.length / PART), 1);
  return Array.from({ length: parts }, (_, index) => {
    const part = body.subarray(index * PART, (index + 1) * PART);
    const payload = Buffer.alloc(HEAD + part.length);
    payload.writeInt32BE(PSEUDO_ENCODING.shareStatus);
    payload.writeUInt8(KIND[status.type], 4);
    payload.writeUInt8(parts - 1 - index, 5);
    part.copy(payload, HEAD);
    return serverFence(0, payload);
  });
}

/** Says, as the first rectangle of an update, that it shows no new picture: it only makes exact what was lossy. */
export function onlyRefines(): Buffer {
  return rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.shareStatus, 0);
}

/** Whether a fence is one of these. */
export function isShareStatus(flags: number, payload: Uint8Array): boolean {
  if ((flags & FENCE.request) !== 0 || payload.length < HEAD) return false;
  return new DataView(payload.buffer, payload.byteOffset).getInt32(0) === PSEUDO_ENCODING.shareStatus;
}

/** Puts messages together from the payloads of their fences. Text is as it came: whoever shows it cleans it. */
export class ShareStatusReader {
  #kind = 0;
  #body = Buffer.alloc(0);

  /** The message that ends with this fence; null where more follow, or where nobody knows what it means. */
  take(payload: Uint8Array): ShareStatus | null {
    const [, , , , kind = 0, follow = 0] = payload;
    if (kind !== this.#kind || this.#body.length > MOST_BYTES) this.#body = Buffer.alloc(0);
    this.#kind = kind;
    this.#body = Buffer.concat([this.#body, payload.subarray(HEAD)]);
    if (follow > 0) return null;
    const body = this.#body;
    this.#body = Buffer.alloc(0);
    return body.length <= MOST_BYTES ? statusOf(kind, body) : null;
  }
}

function bodyOf(status: ShareStatus): Buffer {
  if (status.type === 'state') return whole(Buffer.from(`${status.kind}\0${status.text}`, 'utf8'));
  if (status.type === 'key') return Buffer.from(status.key);
  const body = Buffer.alloc(8);
  body.writeUInt32BE(microseconds(status.p50));
  body.writeUInt32BE(microseconds(status.p95), 4);
  return body;
}

function statusOf(kind: number, body: Buffer): ShareStatus | null {
  if (kind === KIND.state) {
    const end = body.indexOf(0);
    if (end < 1) return null;
    return { type: 'state', kind: body.toString('utf8', 0, end), text: body.toString('utf8', end + 1) };
  }
  if (kind === KIND.key) return body.length === RESUME_KEY_LENGTH ? { type: 'key', key: Uint8Array.from(body) } : null;
  if (kind !== KIND.latency || body.length < 8) return null;
  return { type: 'latency', p50: body.readUInt32BE() / 1000, p95: body.readUInt32BE(4) / 1000 };
}

/** As many bytes as may be sent, without cutting a character in two. */
function whole(text: Buffer): Buffer {
  let end = Math.min(text.length, MOST_BYTES);
  while (end < text.length && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}

function microseconds(ms: number): number {
  return Math.min(Math.max(Math.round(ms * 1000), 0), 0xffff_ffff);
}
