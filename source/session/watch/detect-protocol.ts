import type { Clock } from '../../core/clock.js';
import { PeerglassError } from '../../core/errors.js';
import { plainText } from '../../core/plain-text.js';
import type { Transport } from '../../core/transport.js';
import type { ProtocolChoice } from '../watch-options.js';

/** A sharer who still has to accept sends nothing. After this long nobody will accept any more. */
const SILENCE_MS = 60_000;
/** After this long the viewer is told what the silence can mean. */
const QUIET_MS = 5000;

/** The first byte of the banner "RFB 003.008\n". */
const RFB_BANNER = 0x52;
/** Text does not begin with a byte this small: it is the header of a classic frame, if perhaps a wrong one. */
const FIRST_LETTER = 9;

export interface DetectOptions {
  readonly wire: ProtocolChoice;
  /**
   * Sent first on the classic protocol, which has no authentication. Only a share started for this viewer alone expects
   * it.
   */
  readonly code?: string | null;
  readonly peer: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the peer has spoken rfb before. An rfb server speaks first and gives a reason when it refuses. */
  readonly speaksFirst?: boolean;
  readonly silenceMs?: number | undefined;
  /** Called once when nothing has arrived for 5 s, with the possible reasons. */
  readonly onQuiet: (text: string) => void;
}

export interface DetectedProtocol {
  readonly wire: 'classic' | 'rfb';
  /** The first bytes of the protocol. */
  readonly early: Uint8Array;
}

/**
 * Tells the protocols apart by the first byte from the peer and leaves the stream paused.
 * @throws PeerglassError E_NOT_A_SHARER, E_WIRE_MISMATCH, E_PEER_SILENT, E_PEER_REFUSED; the signal's reason
 */
export async function detectProtocol(stream: Transport, options: DetectOptions): Promise<DetectedProtocol> {
  if (options.wire === 'classic' && options.code) stream.write(Buffer.from(options.code, 'latin1'));
  const early = await firstBytes(stream, options);
  const wire = protocolOf(early);
  if (!wire) {
    throw new PeerglassError(
      'E_NOT_A_SHARER',
      `${options.peer} is not a sharer: it answered "${plainText(Buffer.from(early).toString('latin1'), 24)}".`,
      "Check the port: it is shown on the sharer's screen.",
    );
  }
  if (options.wire !== 'auto' && options.wire !== wire) {
    throw new PeerglassError(
      'E_WIRE_MISMATCH',
      `${options.peer} speaks the ${wire} protocol, not the ${options.wire} protocol.`,
      `Use --wire ${wire}, or --wire auto.`,
    );
  }
  return { wire, early };
}

function protocolOf(early: Uint8Array): 'classic' | 'rfb' | null {
  const first = early[0]!;
  if (first === RFB_BANNER) return 'rfb';
  return first < FIRST_LETTER ? 'classic' : null;
}

function firstBytes(stream: Transport, options: DetectOptions): Promise<Uint8Array> {
  const { peer, clock, signal, silenceMs = SILENCE_MS, onQuiet, wire } = options;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      cancel();
      cancelQuiet();
      signal.removeEventListener('abort', abort);
      stream.off('data', data);
      stream.off('end', closed);
      stream.off('error', closed);
      stream.off('close', closed);
      stream.pause();
      outcome();
    };
    const data = (chunk: Uint8Array) => {
      // Copied: the chunk is valid only during this call.
      const early = Uint8Array.from(chunk);
      settle(() => resolve(early));
    };
    const abort = () => settle(() => reject(signal.reason));
    const closed = () => settle(() => reject(options.speaksFirst ? cutOff(peer) : refused(peer)));
    const cancelQuiet = clock.after(QUIET_MS, () => onQuiet(quiet(wire)));
    const cancel = clock.after(silenceMs, () => settle(() => reject(silent(peer, silenceMs))));
    signal.addEventListener('abort', abort, { once: true });
    stream.on('data', data);
    stream.on('end', closed);
    stream.on('error', closed);
    stream.on('close', closed);
    stream.resume();
    if (signal.aborted) abort();
  });
}

/** Short enough for a dashboard of 80 columns. */
function quiet(wire: ProtocolChoice): string {
  return wire === 'rfb'
    ? 'No data yet, and VNC servers speak first. Wrong port?'
    : "No data yet. Waiting for the sharer's OK, or wrong port?";
}

function silent(peer: string, silenceMs: number): PeerglassError {
  return new PeerglassError(
    'E_PEER_SILENT',
    `${peer} is connected but sent nothing for ${silenceMs / 1000} s.`,
    'The sharer may not have accepted yet (y on its dashboard), or this is not a sharer. Check the port.',
  );
}

/** The cause is a tunnel without a sharer at its far end, or a sharer that is about to end. */
function cutOff(peer: string): PeerglassError {
  const message = `${peer} closed the connection before sending anything.`;
  return new PeerglassError('E_PEER_CLOSED', message, 'Ask the sharer whether they are still sharing.');
}

function refused(peer: string): PeerglassError {
  return new PeerglassError(
    'E_PEER_REFUSED',
    `${peer} closed the connection before sending anything.`,
    'The sharer declined, did not answer within 30 s, or has no free slot; or this is another of its ports, such as the one of its page for browsers.\nThrough a tunnel (ssh -L), nothing may be sharing at the far end. Ask the sharer, then try again.',
  );
}
