import type { LinkUse } from '../../../analysis/bottleneck.js';
import type { EncodeProfile } from '../../../codecs/encode/encode-profile.js';
import { BYTES_PER_MBIT, mbitOf } from '../../../core/bit-rate.js';
import { asPeerglassError, type PeerglassError } from '../../../core/errors.js';
import { BGRX } from '../../../core/pixel-format.js';
import { plainText } from '../../../core/plain-text.js';
import { chooseCongestion, keepAlive } from '../../../native/tcp-info.js';
import { clientKeyOf } from '../../../node/address-scope.js';
import { unixTime } from '../../../node/clock.js';
import { setEncodings, setPixelFormat } from '../../../protocols/rfb/client-writer.js';
import { FENCE } from '../../../protocols/rfb/constants.js';
import type { ClientMessage } from '../../../protocols/rfb/messages.js';
import { REASON } from '../../../protocols/rfb/refusals.js';
import type { ProvenViewer } from '../../../protocols/rfb/security/cpace-platform.js';
import type { HandshakeStep, ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import { ServerReader } from '../../../protocols/rfb/server-reader.js';
import { serverFence } from '../../../protocols/rfb/server-writer.js';
import type { Connection } from '../../../transport/connection.js';
import type { UpdatePacer } from '../../../transport/pacer.js';
import type { WebClient } from '../../../transport/web-listener.js';
import type { Announcement } from '../../announcement.js';
import type { EncodingChoice } from '../../bakeoff.js';
import type { ConnectionTrace } from '../../inspect/connection-trace.js';
import { HEAD_BYTES } from '../../inspect/message-log.js';
import { clientMessage, handshakeMessage } from '../../inspect/rfb-messages.js';
import type { ViewerSnapshot } from '../../snapshot.js';
import type { ViewerFigures } from '../../stats/share-figures.js';
import type { Answer } from '../answer-line.js';
import type { EncodeTrial } from '../bakeoff/encode-trial.js';
import { CONSENT_MS } from '../consent.js';
import type { RateBudget } from '../rate/viewer-rate.js';
import { traceOf, ViewerLife, viewerCounts } from '../viewer-common.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { Admission, LinkEstimate, ViewerSession } from '../viewer-session.js';
import { browserOf } from '../web-page.js';
import { capabilitiesOf } from './client-capabilities.js';
import { firstTitleOf } from './desktop-state.js';
import type { RfbShare } from './rfb-share.js';
import { RfbTrial } from './rfb-trial.js';
import { ShareStatusSender } from './share-status-sender.js';
import { TimeSlicedReader } from './time-sliced-reader.js';
import { UpdateOutput } from './update-output.js';
import { UpdateScheduler } from './update-scheduler.js';
import { ViewerEncoding } from './viewer-encoding.js';

/** TCP keepalive after this much silence. */
const KEEP_ALIVE_MS = 10_000;
const NOTHING = Buffer.alloc(0);
/** In characters, of a person's name. */
const LONGEST_NAME = 40;
/** The flags that stay set in the reply to a viewer's fence. */
const KNOWN_FENCE_FLAGS = FENCE.blockBefore | FENCE.blockAfter | FENCE.syncNext;

export interface ServerConnectionEvents {
  /**
   * It answered a challenge, and waits for the verdict.
   * @returns call this when it no longer waits
   */
  answered(answer: Answer): () => void;
  /**
   * A security type rejected the viewer.
   * @param byCode whether it asked for the code, and not for the VNC password
   * @returns the reason for the person
   */
  rejected(byCode: boolean): string;
  /** It watches from now on. */
  letIn(): void;
  closed(): void;
}

/** The server's side of an rfb connection: the handshake, the viewer's messages, and its updates. */
export class ServerConnection implements ViewerSession {
  readonly id: number;
  readonly address: string;
  readonly #connection: Connection;
  readonly #share: RfbShare;
  readonly #handshake: ServerHandshake;
  readonly #web: WebClient | null;
  readonly #events: ServerConnectionEvents;
  readonly #figures: ViewerFigures;
  readonly #output: UpdateOutput;
  readonly #encoding: ViewerEncoding;
  readonly #trace: ConnectionTrace;
  readonly #status: ShareStatusSender;
  readonly #liveness: ViewerLife;
  readonly #connectedAt = unixTime();
  #state: ViewerSnapshot['state'] = 'handshake';
  readonly #reading: TimeSlicedReader;
  #messages: ServerReader | null = null;
  #sender: UpdateScheduler | null = null;
  /** The reply to a fence with SyncNext, which is sent after the next message. */
  #syncedFence: Uint8Array | null = null;
  #cancelTimeout: (() => void) | null = null;
  #leaveLine: () => void = () => {};
  /** It answered a challenge, or a person let it in. */
  #settled = false;
  #typing = false;
  #reason: string | null = null;
  #closed = false;

  /** @param web over a WebSocket, and whose; null: over TCP */
  constructor(
    id: number,
    connection: Connection,
    share: RfbShare,
    handshake: ServerHandshake,
    web: WebClient | null,
    events: ServerConnectionEvents,
  ) {
    this.id = id;
    this.address = connection.remoteAddress;
    this.#connection = connection;
    this.#share = share;
    this.#handshake = handshake;
    this.#web = web;
    this.#events = events;
    this.#figures = share.host.figures.viewer();
    this.#trace = traceOf(share.host, connection, 'rfb');
    this.#encoding = new ViewerEncoding(share);
    this.#output = new UpdateOutput(connection, share.host, this.#figures, id, this.#trace);
    this.#reading = new TimeSlicedReader(share.host.clock, share.reading, connection.stream, {
      read: until => this.#guarded(() => this.#readMessages(until)) ?? true,
      done: () => {
        this.#guarded(() => this.#sender?.pump());
        this.#trace.boundary();
      },
    });
    this.#status = new ShareStatusSender(share.host, this.#encoding, this.#output);
    // A viewer that never answered a fence would not answer a probe.
    this.#liveness = new ViewerLife(share.host, connection, () => this.#answersFences && this.#output.probe());
  }

  /** Sends the version banner and starts reading; to be called after admission. */
  begin(): void {
    const { socket } = this.#connection;
    keepAlive(socket, KEEP_ALIVE_MS);
    const { congestion } = this.#share.host.options;
    if (congestion !== null && !chooseCongestion(socket, congestion)) this.#share.lacksCongestion(congestion);
    const { stream } = this.#connection;
    stream.on('data', chunk => this.#received(chunk));
    stream.on('close', () => this.#onClosed());
    stream.on('end', () => this.close());
    stream.resume();
    this.#output.onDrain = () => this.#sender?.pump();
    this.#limitHandshake();
    this.#sendHandshake(this.#handshake.greeting());
  }

  get state(): ViewerSnapshot['state'] {
    return this.#state;
  }

  get name(): string | null {
    const own = this.proven?.name.trim() ?? '';
    return own === '' ? this.#share.host.nameOf(this.address) : plainText(own, LONGEST_NAME);
  }

  get proven(): ProvenViewer | null {
    return this.#handshake.viewer;
  }

  get admission(): Admission {
    if (this.#settled || this.#state !== 'handshake') return 'settled';
    return this.#handshake.answering ? 'typing' : 'silent';
  }

  get wantsFrame(): boolean {
    return !this.#closed && (this.#sender?.wantsFrame ?? false);
  }

  get budget(): RateBudget | null {
    return this.#sender?.budget.now ?? null;
  }

  get takesSmall(): boolean {
    return !this.#closed && (this.#sender?.takesSmall ?? false);
  }

  get encodeProfile(): EncodeProfile | null {
    return this.#sender && this.#encoding.profile;
  }

  /** Why it left, for the person; null: it simply did. */
  get reason(): string | null {
    return this.#reason ?? this.#liveness.reason;
  }

  get resumeKey(): Uint8Array | null {
    return this.#closed ? null : this.#status.key;
  }

  /** The viewer has resumed over another connection: this one is closed. */
  replaced(): void {
    this.#reason = 'resumed over a new connection';
    this.#stop();
    this.#connection.destroy();
  }

  onPicture(): void {
    this.#sender?.pump();
  }

  onCursor(): void {
    this.#sender?.pump();
  }

  onSettings(): void {
    this.#sender?.settingsChanged();
    this.#status.sendChanges();
    this.#sender?.pump();
  }

  snapshot(): ViewerSnapshot {
    const now = this.#share.host.clock.now();
    const link = this.#connection.tcpInfo();
    this.#output.count();
    this.#figures.link.observe(now, link);
    return {
      ...viewerCounts(this.#figures, this.#connection, link, now),
      id: this.id,
      address: this.address,
      name: this.name,
      wire: 'rfb',
      via: this.#web ? 'web' : 'tcp',
      browser: browserOf(this.#web?.userAgent ?? null),
      encryption: this.#handshake.encryption ?? this.#web?.encryption ?? null,
      identity: this.proven?.fingerprint ?? null,
      remembered: this.proven !== null && this.#share.host.isRemembered(this.proven.fingerprint),
      state: this.#state,
      connectedAt: this.#connectedAt,
      ...this.#rates,
      rttMs: link?.rttMs ?? this.#pacer?.rttMs ?? null,
      rttAgeMs: link?.rttAgeMs ?? this.#pacer?.rttAgeMs(now) ?? null,
      silentMs: this.#state === 'watching' ? this.#liveness.look(link, this.#output.unanswered) : null,
      skipped: this.#figures.skipped,
      sentAs: this.#sender && this.#encoding.sentAs,
    };
  }

  link(now: number): LinkUse {
    const queued = this.#connection.pendingBytes + (this.#connection.tcpInfo()?.outQueueBytes ?? 0);
    return this.#figures.link.use(now, this.address, queued, this.#pacer?.awaitsAnswers ?? true);
  }

  trial(): EncodeTrial | null {
    const screen = this.#share.host.picture(this.#encoding.capabilities.drawsPointer);
    if (!this.#sender || !this.#share.host.live) return null;
    return new RfbTrial(this.#share, screen, this.#encoding);
  }

  linkEstimate(): LinkEstimate {
    const bandwidth = this.#pacer?.bandwidth ?? null;
    // The rate of its requests says little about what the link could carry.
    const requested = bandwidth === null ? null : { bytesPerSecond: bandwidth, least: true };
    const rttMs = this.#connection.tcpInfo()?.rttMs ?? this.#pacer?.rttMs ?? null;
    return { rate: this.#figures.link.rate ?? requested, rttMs, overlapped: this.#answersFences };
  }

  readonly fixedRate = 0;

  get demand(): number {
    const { budget } = this.#sender ?? {};
    const now = this.#share.host.clock.now();
    return budget?.demand(this.#figures.mbitPerSecond(now) * BYTES_PER_MBIT) ?? 0;
  }

  grant(rate: number | null): void {
    this.#sender?.budget.grant(rate);
  }

  limitRate(rate: number | null): boolean {
    this.#sender?.budget.choose(rate);
    this.#sender?.pump();
    return this.#sender !== null;
  }

  encodeAs(choice: EncodingChoice | null): boolean {
    this.#encoding.choose(choice);
    this.#sender?.encodingChanged();
    this.#sender?.pump();
    return true;
  }

  close(farewell: Announcement | null = null): void {
    this.#stop();
    if (farewell && this.#state === 'watching') {
      this.#output.finish();
      this.#status.sendFarewell(farewell);
    } else if (farewell) this.#giveUp(farewell.text);
    this.#connection.end();
  }

  cut(reason: string): void {
    this.#stop();
    // The system takes it before the socket is closed: it is short, and nothing else is unsent.
    this.#giveUp(reason);
    this.#connection.destroy();
  }

  /** Tells a viewer in its handshake why, if that is possible now. */
  #giveUp(reason: string): void {
    const reply = this.#handshake.giveUp(reason);
    if (reply.length > 0) this.#sendHandshake(reply);
  }

  get #rates(): Pick<ViewerSnapshot, 'maxMbit' | 'budgetMbit' | 'photoQuality'> {
    const { budget } = this.#sender ?? {};
    return {
      maxMbit: mbitOf(budget?.chosen ?? null),
      budgetMbit: mbitOf(budget?.now.bytesPerSecond ?? null),
      photoQuality: budget?.quality ?? null,
    };
  }

  get #pacer(): UpdatePacer | null {
    return this.#sender?.pacer ?? null;
  }

  get #answersFences(): boolean {
    return this.#pacer?.byFences ?? false;
  }

  #received(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#trace.received(chunk);
    this.#guarded(() => {
      if (this.#messages) {
        this.#handshake.reader.push(chunk);
        this.#reading.onData(chunk.length);
      } else {
        this.#trace.record(() => handshakeMessage('received', chunk));
        this.#advance(this.#handshake.receive(chunk));
        this.#letType();
      }
    });
  }

  /** A fault in the viewer's messages ends this connection and nothing else. */
  #guarded<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      this.#reason = `was disconnected:  ${asPeerglassError(error).message}`;
      this.close();
      return undefined;
    }
  }

  /** Sends a handshake message. */
  #sendHandshake(bytes: Uint8Array, name?: string): void {
    this.#output.message(bytes, written => handshakeMessage('sent', written, name));
  }

  #advance(steps: readonly HandshakeStep[]): void {
    for (const step of steps) {
      if (step.type === 'send') this.#sendHandshake(step.bytes);
      else if (step.type === 'replace') {
        this.#connection.replace(step.upgrade, this.#handshake.reader.rest());
        this.#advance(this.#handshake.replaced());
      } else if (step.type === 'ask') void this.#ask();
      else if (step.type === 'judged') this.#answered(step.right);
      else if (step.type === 'rejected') {
        this.#rejected(step.error);
        this.close();
      } else this.#watch();
    }
  }

  #rejected({ code, message }: PeerglassError): void {
    if (code === 'E_RFB_AUTH') this.#reason = this.#events.rejected(this.#handshake.byCode);
    else this.#reason = code === 'E_PEER_REFUSED' ? `was refused: ${message}` : `was disconnected:  ${message}`;
  }

  /** Suspends the handshake until the person has answered. */
  async #ask(): Promise<void> {
    this.#state = 'asking';
    this.#cancelTimeout?.();
    const refusal = await this.#share.host.consent(this, false);
    if (this.#closed) return;
    this.#state = 'handshake';
    if (refusal) return this.#refuse(refusal.reason);
    this.#admit();
  }

  #answered(right: boolean): void {
    this.#settled = true;
    this.#cancelTimeout?.();
    this.#leaveLine = this.#events.answered({
      address: this.address,
      right,
      tell: () => {
        this.#limitHandshake();
        this.#guarded(() => this.#advance(this.#handshake.tell()));
      },
      ask: () => void this.#askUnjudged(right),
      turnAway: () => this.#turnAway(),
    });
  }

  /**
   * Asks the user about a viewer with the right code. A viewer with a wrong code and one that is declined wait equally
   * long and get the same message, so that they learn nothing about their code.
   */
  async #askUnjudged(right: boolean): Promise<void> {
    const { host } = this.#share;
    this.#state = right ? 'asking' : 'handshake';
    const answer = right ? host.consent(this, true) : null;
    this.#cancelTimeout?.();
    this.#cancelTimeout = host.clock.after(CONSENT_MS, () => this.#turnAway());
    const refusal = await answer;
    if (answer === null || this.#closed) return;
    this.#state = 'handshake';
    if (refusal === null) this.#admit();
  }

  #admit(): void {
    this.#settled = true;
    this.#leaveLine();
    this.#limitHandshake();
    this.#guarded(() => this.#advance(this.#handshake.admit()));
  }

  #turnAway(): void {
    if (this.#closed) return;
    this.#reason ??= 'was turned away without a verdict: too many wrong codes are being tried';
    this.#refuse(`${REASON.tooManyTries} Try again in a minute.`);
  }

  #refuse(reason: string): void {
    this.#sendHandshake(this.#handshake.refuse(reason));
    this.close();
  }

  #watch(): void {
    const { host } = this.#share;
    this.#cancelTimeout?.();
    this.#state = 'watching';
    const { width, height } = host.picture(true).framebuffer;
    const size = { width, height };
    const welcome = this.#handshake.welcome({ ...size, format: BGRX, name: firstTitleOf(host) });
    this.#sendHandshake(welcome, 'ServerInit');
    this.#sender = new UpdateScheduler(this.#share, clientKeyOf(this.address), this.#output, this.#encoding, size, {
      latency: (ms, now) => {
        host.figures.latency(now, ms);
        this.#status.latency(ms, now);
      },
      skipped: versions => {
        this.#figures.skipped += versions;
      },
    });
    const { reader } = this.#handshake;
    const messages = new ServerReader(reader);
    this.#messages = messages;
    this.#trace.unread = () => (messages.between ? reader.peekBytes(reader.available) : null);
    this.#trace.handshakeOver();
    host.watching(this);
    this.#events.letIn();
    this.#reading.onData(reader.available);
  }

  /** @returns whether everything received was read */
  #readMessages(until: number): boolean {
    const { clock } = this.#share.host;
    const output = this.#output;
    const enough = output.unsentMessages + VIEWER_LIMITS.gatheredBytes;
    let whole = false;
    // All replies leave in one write.
    output.batch(() => {
      while (!this.#closed && !whole && clock.now() < until && output.unsentMessages < enough) {
        whole = !this.#readMessage();
      }
    });
    if (output.unsentMessages > VIEWER_LIMITS.unsentAnswerBytes) {
      this.#reason = 'was disconnected: it does not read the replies to its messages';
      this.#connection.destroy();
      return true;
    }
    return whole;
  }

  /** @returns false: the next message is incomplete */
  #readMessage(): boolean {
    const { reader } = this.#handshake;
    const start = reader.consumed;
    const head = this.#trace.recording
      ? Buffer.from(reader.peekBytes(Math.min(reader.available, HEAD_BYTES)))
      : NOTHING;
    const message = this.#messages?.next();
    if (message === undefined) return false;
    const length = reader.consumed - start;
    this.#trace.record(() => clientMessage('received', message, head.subarray(0, length), length));
    this.#remember(message);
    this.#take(message);
    return true;
  }

  /** The updates of an export could not be decoded without these two messages. */
  #remember(message: ClientMessage): void {
    if (message.type === 'set-pixel-format') {
      this.#trace.remember(message.type, 'received', setPixelFormat(message.format));
    } else if (message.type === 'set-encodings') {
      this.#trace.remember(message.type, 'received', setEncodings(message.encodings));
    }
  }

  #take(message: ClientMessage): void {
    const answer = this.#syncedFence;
    this.#syncedFence = null;
    this.#handle(message);
    // From here on everything is affected by the message that the fence was tied to.
    if (answer) this.#output.message(answer);
  }

  #handle(message: ClientMessage): void {
    const sender = this.#sender;
    if (!sender) return;
    // A mirror ignores keys, pointer and clipboard.
    if (message.type === 'set-pixel-format') sender.setPixelFormat(message.format);
    else if (message.type === 'set-encodings') {
      // First: Wireshark loses track if a message follows EndOfContinuousUpdates immediately.
      this.#status.sendChanges(capabilitiesOf(message.encodings));
      sender.setEncodings(message.encodings);
    } else if (message.type === 'update-request') sender.request(message.incremental, message.area);
    else if (message.type === 'continuous-updates') sender.setContinuous(message.enable, message.area);
    else if (message.type === 'set-desktop-size') sender.refuseDesktopSize();
    else if (message.type === 'fence') this.#fence(sender, message.flags, message.payload);
  }

  #fence(sender: UpdateScheduler, flags: number, payload: Uint8Array): void {
    const answer = serverFence(flags & KNOWN_FENCE_FLAGS, payload);
    if ((flags & FENCE.request) === 0) sender.fenceAnswered(payload);
    else if (flags & FENCE.syncNext) this.#syncedFence = answer;
    else this.#output.message(answer);
  }

  #limitHandshake(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#share.host.clock.after(VIEWER_LIMITS.handshakeMs, () => {
      this.#reason = 'did not finish its handshake';
      this.#connection.destroy();
    });
  }

  /** Gives a person time to type a code, once. */
  #letType(): void {
    if (this.#typing || this.#closed || !this.#handshake.answering) return;
    this.#typing = true;
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#share.host.clock.after(VIEWER_LIMITS.typingMs, () => {
      const minutes = VIEWER_LIMITS.typingMs / 60_000;
      this.#reason = `gave no code in ${minutes} min`;
      this.cut(`${REASON.tooSlow} within ${minutes} minutes.`);
    });
  }

  #stop(): void {
    this.#closed = true;
    this.#cancelTimeout?.();
    this.#leaveLine();
    this.#reading.close();
    this.#sender?.close();
  }

  #onClosed(): void {
    this.#reason ??= this.#handshake.whyLeft;
    this.#stop();
    this.#output.count();
    this.#share.host.figures.forget(this.#figures);
    this.#trace.close();
    this.#events.closed();
  }
}
