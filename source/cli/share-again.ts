import type { AppServices, ShareController } from '../session/app-services.js';
import type { ShareCommand } from '../session/messages.js';
import { publishText, rateText, regionText, sizeText } from '../session/option-values.js';
import {
  type BroadcastOptions,
  SHARE_DEFAULTS,
  type ShareOptions,
  type ShareTarget,
  showsScreen,
  sourceText,
} from '../session/share-options.js';
import type { RunOptions } from './command.js';

/** Reported to the launcher, so that it can offer the share again if a native library crashes this process. */
export interface SharingNotice {
  /** The command line of the same share, code and port included, or null when nothing is shared (any more). */
  readonly sharing: readonly string[] | null;
}

/**
 * Starts shares and keeps the launcher up to date about them: bound ports, generated code, and changes since the
 * start.
 *
 * @param demo a share that belongs to the viewer beside it, and is not offered
 */
export function offeredAgain(
  startShare: AppServices['startShare'],
  run: Pick<RunOptions, 'headless' | 'json'>,
  demo: ShareOptions | null,
  tell: (notice: SharingNotice) => void,
): AppServices['startShare'] {
  return options => {
    const session = startShare(options);
    if (options === demo) return session;
    return offered(session, options, argv => tell({ sharing: argv && [...argv, ...runArguments(run)] }));
  };
}

function offered(
  session: ShareController,
  options: ShareOptions,
  tell: (argv: readonly string[] | null) => void,
): ShareController {
  let current = options;
  let open = false;
  const change = (changed: Partial<ShareOptions>) => {
    current = { ...current, ...changed };
    if (open) tell(shareArguments(current));
  };
  session.subscribe(event => {
    if (event.type === 'listening') {
      open = true;
      const port = (wire: 'rfb' | 'classic' | 'web') => event.wires.find(each => each.wire === wire)?.port ?? null;
      // Where the port for browsers was taken, it may be free the next time.
      const webPort = port('web') ?? current.webPort;
      const secrets = { code: event.code ?? current.code, vncPassword: event.vncPassword ?? current.vncPassword };
      change({ rfbPort: port('rfb'), classicPort: port('classic'), webPort, ...secrets });
    } else if (event.type === 'snapshot') {
      const link = event.snapshot.broadcast?.link ?? null;
      // So that its viewers find it again.
      if (current.broadcast && link !== current.broadcast.link) change({ broadcast: { ...current.broadcast, link } });
    } else if (event.type === 'ended') {
      open = false;
      tell(null);
    }
  });
  return {
    subscribe: listener => session.subscribe(listener),
    stop: () => session.stop(),
    send(command) {
      session.send(command);
      const changed = changedBy(command);
      if (changed) change(changed);
    },
  };
}

function changedBy(command: ShareCommand): Partial<ShareOptions> | null {
  switch (command.type) {
    case 'level':
      return { level: command.level };
    case 'quality':
      return { quality: command.quality };
    case 'fps':
      return { fps: command.fps };
    case 'uplink':
      return { uplink: command.rate };
    case 'cursor':
      return { cursor: command.shown ? 'shown' : 'hidden' };
    case 'target':
      return { target: command.target };
    default:
      return null;
  }
}

function value(name: string, text: string | number | null): string[] {
  return text === null ? [] : [`--${name}`, `${text}`];
}

/** The command line that means these options. Without an export: the file of the first one is not written over. */
export function shareArguments(options: ShareOptions): string[] {
  const { source, classicPort, rfbPort, webPort, webRequired, access, cursor } = options;
  return [
    'share',
    ...value('source', source.kind === 'auto' ? null : sourceText(source)),
    ...(showsScreen(source) ? targetArguments(options.target) : []),
    ...value('display', options.display),
    ...(rfbPort === null ? ['--no-rfb'] : value('rfb-port', rfbPort)),
    ...(webPort === null ? ['--no-web'] : rfbPort === null ? ['--web'] : []),
    ...value('web-port', webRequired || webPort !== SHARE_DEFAULTS.webPort ? webPort : null),
    ...value('classic-port', classicPort),
    ...broadcastArguments(options.broadcast),
    ...value('bind', options.bind),
    ...value('access', access),
    ...(rfbPort === null && webPort === null ? [] : value('encrypt', options.encrypt)),
    ...value('cert', options.certFile),
    ...value('key', options.keyFile),
    ...(access === 'code' ? secretArguments(options) : []),
    ...value('size', sizeText(options.classicSize)),
    ...(options.classicFit === 'crop' ? ['--crop'] : []),
    ...value('level', options.level),
    ...value('quality', options.quality),
    ...value('encoding', options.encoding),
    ...value('video', options.video),
    ...value('fps', options.fps),
    ...value('max-rate', options.maxRate && rateText(options.maxRate)),
    ...value('uplink', options.uplink && rateText(options.uplink)),
    ...value('congestion', options.congestion),
    ...value('name', options.name),
    ...value('threads', options.threads),
    ...(cursor === 'auto' ? [] : [cursor === 'shown' ? '--cursor' : '--no-cursor']),
    ...(options.scrollDetection ? [] : ['--no-scroll-detection']),
    ...(options.announce ? [] : ['--no-announce']),
    ...value('log', options.logFile),
  ];
}

function broadcastArguments(broadcast: BroadcastOptions | null): string[] {
  if (broadcast === null) return [];
  const { port, rate, segmentSeconds, url, publish, originToken, link } = broadcast;
  return [
    '--broadcast',
    ...value('broadcast-port', port),
    ...value('rate', rateText(rate)),
    ...value('segment', segmentSeconds),
    ...value('broadcast-url', url),
    ...value('publish', publish && publishText(publish)),
    ...value('origin-token', originToken),
    ...value('broadcast-link', link),
  ];
}

function secretArguments({ code, vncPassword, keepCode }: ShareOptions): string[] {
  return [
    ...(code === null ? [] : ['--code', code]),
    ...(vncPassword === null ? [] : ['--vnc-password', vncPassword]),
    ...(keepCode ? ['--keep-code'] : []),
  ];
}

function targetArguments(target: ShareTarget): string[] {
  switch (target.kind) {
    case 'monitor':
      return ['--monitor', `${target.number}`];
    case 'output':
      return ['--monitor', target.output];
    case 'all':
      return ['--monitor', 'all'];
    case 'region':
      return ['--region', regionText(target.region)];
    case 'window':
      return ['--window', target.window];
  }
}

function runArguments({ headless, json }: Pick<RunOptions, 'headless' | 'json'>): string[] {
  return [...(headless ? ['--headless'] : []), ...(json ? ['--json'] : [])];
}
