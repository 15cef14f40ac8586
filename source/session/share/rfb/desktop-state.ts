import type { Rectangle, Size } from '../../../core/rectangle.js';
import { DESKTOP_SIZE_REASON, DESKTOP_SIZE_RESULT } from '../../../protocols/rfb/constants.js';
import { desktopName, desktopSize, extendedDesktopSize } from '../../../protocols/rfb/server-writer.js';
import { announcementText, PAUSED, SHARING } from '../../announcement.js';
import type { ShareHost } from '../viewer-session.js';
import type { ClientCapabilities } from './client-capabilities.js';
import { beyond } from './padding.js';

/** A mirror has one screen. */
const SCREEN_ID = 1;

/** What the viewers of a share that is recorded see behind its name. */
const RECORDED = 'recorded';

/** The name of the desktop at first: all viewers are told that they see something that is recorded. */
export function firstTitleOf({ options, recorded }: Pick<ShareHost, 'options' | 'recorded'>): string {
  return withRemarks(options.name, recorded ? [RECORDED] : []);
}

/** The name of the desktop, which carries the state of the share to viewers without Share Status. */
export function titleOf(
  { options, announcement, recorded }: Pick<ShareHost, 'options' | 'announcement' | 'recorded'>,
  { shareStatus }: Pick<ClientCapabilities, 'shareStatus'>,
): string {
  const remarks = recorded ? [RECORDED] : [];
  if (!shareStatus && announcement.kind !== SHARING.kind) {
    remarks.push(announcement.kind === PAUSED.kind ? announcement.kind : announcementText(announcement));
  }
  return withRemarks(options.name, remarks);
}

function withRemarks(name: string, remarks: readonly string[]): string {
  return remarks.length > 0 ? `${name} (${remarks.join(', ')})` : name;
}

const NOTHING: readonly Uint8Array[] = [];
const NO_AREA: readonly Rectangle[] = [];

/** The size and name of the desktop as last sent to one viewer, and pending changes. */
export class DesktopState {
  name: string;
  #bounds: Rectangle;
  #sentName: string;
  /** Pending: a resize, a requested layout, and refused layouts. */
  #resized = false;
  #layoutAsked = false;
  #refusals = 0;
  /** For a viewer that cannot resize: the screen size that it was padded for. */
  #paddedFor: Size;

  /**
   * @param size as sent in the handshake
   * @param name as sent in the handshake
   */
  constructor(size: Size, name: string) {
    this.#bounds = boundsOf(size);
    this.#paddedFor = this.#bounds;
    this.#sentName = name;
    this.name = name;
  }

  /** The bounds of the viewer's framebuffer. */
  get bounds(): Rectangle {
    return this.#bounds;
  }

  /** The viewer sent a non-incremental request: with ExtendedDesktopSize the reply includes the layout. */
  layoutRequested(): void {
    this.#layoutAsked = true;
  }

  /** The viewer requested another size. */
  refuse(): void {
    this.#refusals = Math.min(this.#refusals + 1, 16);
  }

  /**
   * The screen now has this size.
   * @returns whether the viewer's framebuffer follows, which it must be sent
   */
  follow(size: Size, capabilities: ClientCapabilities): boolean {
    if (sameSize(size, this.#bounds)) return false;
    if (!capabilities.desktopSize && !capabilities.extendedDesktopSize) return false;
    this.#bounds = boundsOf(size);
    this.#paddedFor = this.#bounds;
    this.#resized = true;
    return true;
  }

  /** Takes the pending rectangles that must be sent without pixels. */
  takeLayout(capabilities: ClientCapabilities): readonly Uint8Array[] {
    if (!this.#resized && !this.#layoutAsked && this.#refusals === 0) return NOTHING;
    const rectangles: Uint8Array[] = [];
    if (capabilities.extendedDesktopSize) {
      for (; this.#refusals > 0; this.#refusals--) rectangles.push(this.#layout('thisClient', 'prohibited'));
      if (this.#resized || this.#layoutAsked) rectangles.push(this.#layout('server', 'ok'));
    } else if (this.#resized) {
      rectangles.push(desktopSize(this.#bounds));
    }
    this.#resized = false;
    this.#layoutAsked = false;
    return rectangles;
  }

  namePending(capabilities: ClientCapabilities): boolean {
    return capabilities.desktopName && this.name !== this.#sentName;
  }

  /** The pending name, which counts as sent. */
  takeName(): Uint8Array {
    this.#sentName = this.name;
    return desktopName(this.name);
  }

  /** The area beyond the screen in the framebuffer of a viewer that cannot resize, until it was `padded`. */
  beyond(screen: Size): readonly Rectangle[] {
    return sameSize(screen, this.#paddedFor) ? NO_AREA : beyond(this.#bounds, screen);
  }

  /** Black was sent beyond a screen of this size. */
  padded(screen: Size): void {
    if (!sameSize(screen, this.#paddedFor)) this.#paddedFor = boundsOf(screen);
  }

  #layout(reason: keyof typeof DESKTOP_SIZE_REASON, result: keyof typeof DESKTOP_SIZE_RESULT): Uint8Array {
    const screens = [{ id: SCREEN_ID, ...this.bounds, flags: 0 }];
    return extendedDesktopSize(this.#bounds, screens, DESKTOP_SIZE_REASON[reason], DESKTOP_SIZE_RESULT[result]);
  }
}

function boundsOf({ width, height }: Size): Rectangle {
  return { x: 0, y: 0, width, height };
}

function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
