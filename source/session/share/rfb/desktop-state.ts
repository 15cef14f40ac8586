import type { Rectangle, Size } from '../../../core/rectangle.js';
import { DESKTOP_SIZE_REASON, DESKTOP_SIZE_RESULT } from '../../../protocols/rfb/constants.js';
import { desktopName, desktopSize, extendedDesktopSize } from '../../../protocols/rfb/server-writer.js';
import { announcementText, PAUSED, SHARING } from '../../announcement.js';
import type { ShareHost } from '../viewer-session.js';
import type { ClientCapabilities } from './client-capabilities.js';
import { beyond } from './padding.js';

/** The one screen of a mirror. */
const SCREEN_ID = 1;

/** The name of the desktop. Viewers that cannot be told otherwise read there what has become of the picture. */
export function titleOf({ options, announcement }: ShareHost, { shareStatus }: ClientCapabilities): string {
  if (shareStatus || announcement.kind === SHARING.kind) return options.name;
  const what = announcement.kind === PAUSED.kind ? announcement.kind : announcementText(announcement);
  return `${options.name} (${what})`;
}

/** Size and name of the desktop as one viewer knows them. */
export class DesktopState {
  name: string;
  #size: Size;
  #sentName: string;
  /** A resize that it has yet to be told of, a layout that it asked for, and preferences that it must be refused. */
  #resized = false;
  #layoutAsked = false;
  #refusals = 0;
  /** For a viewer that cannot follow: the screen that it was padded for. */
  #paddedFor: Size;

  /** @param size and @param name as the handshake told them */
  constructor(size: Size, name: string) {
    this.#size = size;
    this.#paddedFor = size;
    this.#sentName = name;
    this.name = name;
  }

  /** Of the viewer's framebuffer. */
  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.#size.width, height: this.#size.height };
  }

  /** The viewer asked for everything anew; with ExtendedDesktopSize it is to be told the layout then. */
  asked(): void {
    this.#layoutAsked = true;
  }

  /** The viewer wished for another size. */
  refuse(): void {
    this.#refusals = Math.min(this.#refusals + 1, 16);
  }

  /** The screen has this size. @returns whether the viewer's framebuffer takes it, which it must be told */
  follow(size: Size, capabilities: ClientCapabilities): boolean {
    if (size.width === this.#size.width && size.height === this.#size.height) return false;
    if (!capabilities.desktopSize && !capabilities.extendedDesktopSize) return false;
    this.#size = size;
    this.#paddedFor = size;
    this.#resized = true;
    return true;
  }

  /** Rectangles that must go out without any pixels. */
  takeAlone(capabilities: ClientCapabilities): Uint8Array[] {
    const rectangles: Uint8Array[] = [];
    if (capabilities.extendedDesktopSize) {
      for (; this.#refusals > 0; this.#refusals--) rectangles.push(this.#layout('thisClient', 'prohibited'));
      if (this.#resized || this.#layoutAsked) rectangles.push(this.#layout('server', 'ok'));
    } else if (this.#resized) {
      rectangles.push(desktopSize(this.#size));
    }
    this.#resized = false;
    this.#layoutAsked = false;
    return rectangles;
  }

  nameDue(capabilities: ClientCapabilities): boolean {
    return capabilities.desktopName && this.name !== this.#sentName;
  }

  takeName(capabilities: ClientCapabilities): Uint8Array[] {
    if (!this.nameDue(capabilities)) return [];
    this.#sentName = this.name;
    return [desktopName(this.name)];
  }

  /** What has come to lie beyond the screen in the framebuffer of a viewer that cannot follow, until it was `padded`. */
  beyond({ width, height }: Size): Rectangle[] {
    if (width === this.#paddedFor.width && height === this.#paddedFor.height) return [];
    return beyond(this.#size, { width, height });
  }

  /** It was sent black beyond a screen of that size. */
  padded({ width, height }: Size): void {
    this.#paddedFor = { width, height };
  }

  #layout(reason: keyof typeof DESKTOP_SIZE_REASON, result: keyof typeof DESKTOP_SIZE_RESULT): Uint8Array {
    const screens = [{ id: SCREEN_ID, ...this.bounds, flags: 0 }];
    return extendedDesktopSize(this.#size, screens, DESKTOP_SIZE_REASON[reason], DESKTOP_SIZE_RESULT[result]);
  }
}
