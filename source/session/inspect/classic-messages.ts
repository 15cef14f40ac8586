import type { MessageField, WireMessage } from './message-record.js';

/** A frame of the classic protocol, as seen by either end. */
export interface TracedFrame {
  readonly direction: WireMessage['direction'];
  /** Number of the frame within the connection, from 1. */
  readonly number: number;
  readonly headerBytes: number;
  /** Header and body. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** The picture as plain RGB; null before its size is known. */
  readonly rawBytes: number | null;
  /** Null: skipped, because a newer frame had already arrived. */
  readonly kind: 'changed' | 'repeated' | null;
  /** Time of encoding or decoding. */
  readonly ms: { readonly name: string; readonly value: number } | null;
}

export function frameMessage(frame: TracedFrame): WireMessage {
  const { direction, number, headerBytes, bytes, length, rawBytes, kind, ms } = frame;
  const body = length - headerBytes;
  const ratio = rawBytes === null ? null : (rawBytes / length).toFixed(1);
  const told = kind ?? 'skipped';
  const fields: MessageField[] = [
    ['Frame', String(number)],
    ['Header', `${headerBytes} bytes: ${headerBytes - 1} of them hold the size`],
    ['Compressed', `${body} bytes`],
    ['Picture', rawBytes === null ? 'unknown' : `${rawBytes} bytes of RGB`],
    ['Ratio', ratio ?? 'unknown'],
    ...(ms ? ([[ms.name, `${ms.value.toFixed(2)} ms`]] as const) : []),
    ['Kind', told === 'repeated' ? 'repeated: nothing changed' : told],
  ];
  const info = [
    `frame ${number}`,
    `header ${headerBytes}`,
    `${body} of ${rawBytes ?? '?'} bytes`,
    ...(ratio === null ? [] : [`ratio ${ratio}`]),
    ...(ms ? [`${ms.value.toFixed(1)} ms`] : []),
    told,
  ].join(', ');
  return { direction, name: 'Frame', length, info, fields, bytes };
}
