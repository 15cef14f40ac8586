import { joined, viewOf, writeU32 } from '../../core/bytes.js';
import { fromUtf8, utf8 } from '../../core/text.js';
import { FENCE, PSEUDO_ENCODING } from './constants.js';
import { RESUME_KEY_LENGTH } from './security/resume.js';
import { rectangleWith, serverFence } from './server-writer.js';

/**
 * The Share Status extension (docs/extensions.md): a sharer's messages to viewers that list the pseudo-encoding. They
 * travel in fences that request no reply, because every rfb reader knows the length of a fence.
 */
export type ShareStatus =
  | { readonly type: 'state'; readonly kind: string; readonly text: string }
  /** Milliseconds from capture until this viewer had processed the update. */
  | { readonly type: 'latency'; readonly p50: number; readonly p95: number }
  /** Lets a viewer that lost its connection resume over a new one, without asking the person again. */
  | { readonly type: 'key'; readonly key: Uint8Array };

const KIND = { state: 1, latency: 2, key: 3 } as const;
/** The pseudo-encoding's number, the kind, and how many more fences of the same message follow. */
const HEAD = 6;
const PART = FENCE.maxPayload - HEAD;
/** The maximum number of fences in a message. */
const MAX_PARTS = 4;
const MAX_BYTES = PART * MAX_PARTS;

/** The fences of a message. A text that is too long is truncated. */
export function shareStatus(status: ShareStatus): Uint8Array[] {
  const body = bodyOf(status);
  const parts = Math.max(Math.ceil(body.length / PART), 1);
  return Array.from({ length: parts }, (_, index) => {
    const part = body.subarray(index * PART, (index + 1) * PART);
    const payload = new Uint8Array(HEAD + part.length);
    writeU32(payload, 0, PSEUDO_ENCODING.shareStatus);
    payload[4] = KIND[status.type];
    payload[5] = parts - 1 - index;
    payload.set(part, HEAD);
    return serverFence(0, payload);
  });
}

/** As the first rectangle of an update: it shows no new picture, it only refines what was sent lossy. */
export function refinementMarker(): Uint8Array {
  return rectangleWith({ x: 0, y: 0, width: 0, height: 0 }, PSEUDO_ENCODING.shareStatus, 0);
}

/** Whether a fence carries a Share Status message. */
export function isShareStatus(flags: number, payload: Uint8Array): boolean {
  if ((flags & FENCE.request) !== 0 || payload.length < HEAD) return false;
  return viewOf(payload).getInt32(0) === PSEUDO_ENCODING.shareStatus;
}

/** Reassembles messages from the payloads of their fences. Texts are as received: the caller sanitises them. */
export class ShareStatusReader {
  #kind = 0;
  #body = new Uint8Array(0);

  /** The message that ends with this fence; null if more fences follow, or if its kind is unknown. */
  take(payload: Uint8Array): ShareStatus | null {
    const [, , , , kind = 0, follow = 0] = payload;
    if (kind !== this.#kind || this.#body.length > MAX_BYTES) this.#body = new Uint8Array(0);
    this.#kind = kind;
    this.#body = joined([this.#body, payload.subarray(HEAD)]);
    if (follow > 0) return null;
    const body = this.#body;
    this.#body = new Uint8Array(0);
    return body.length <= MAX_BYTES ? statusOf(kind, body) : null;
  }
}

function bodyOf(status: ShareStatus): Uint8Array {
  if (status.type === 'state') return whole(fromUtf8(`${status.kind}\0${status.text}`));
  if (status.type === 'key') return status.key;
  const body = new Uint8Array(8);
  writeU32(body, 0, microseconds(status.p50));
  writeU32(body, 4, microseconds(status.p95));
  return body;
}

function statusOf(kind: number, body: Uint8Array): ShareStatus | null {
  if (kind === KIND.state) {
    const end = body.indexOf(0);
    if (end < 1) return null;
    return { type: 'state', kind: utf8(body.subarray(0, end)), text: utf8(body.subarray(end + 1)) };
  }
  if (kind === KIND.key) return body.length === RESUME_KEY_LENGTH ? { type: 'key', key: Uint8Array.from(body) } : null;
  if (kind !== KIND.latency || body.length < 8) return null;
  const view = viewOf(body);
  return { type: 'latency', p50: view.getUint32(0) / 1000, p95: view.getUint32(4) / 1000 };
}

/** Truncates to the maximum length without splitting a character. */
function whole(text: Uint8Array): Uint8Array {
  let end = Math.min(text.length, MAX_BYTES);
  while (end < text.length && (text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}

function microseconds(ms: number): number {
  return Math.min(Math.max(Math.round(ms * 1000), 0), 0xffff_ffff);
}
