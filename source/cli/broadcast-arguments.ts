import {
  parseBroadcastRate,
  parseBroadcastUrl,
  parseEarlierLink,
  parseOriginToken,
  parsePort,
  parsePublish,
  parseSegment,
} from '../session/option-values.js';
import { BROADCAST_DEFAULTS, type BroadcastOptions } from '../session/share-options.js';
import { type GivenFlags, usage } from './given-flags.js';

/** What only a broadcast has. Some of them ask for one. */
const OF_BROADCASTS = [
  ...(['broadcast-port', 'broadcast-url', 'broadcast-link', 'publish'] as const),
  ...(['origin-token', 'rate', 'segment'] as const),
];
const ASKS_FOR_BROADCAST: readonly string[] = OF_BROADCASTS.slice(0, 4);

/** Null: there is none. */
export function broadcastOf(flags: GivenFlags): BroadcastOptions | null {
  const given = OF_BROADCASTS.find(name => flags.has(name));
  const asked = flags.switch('broadcast') ?? ASKS_FOR_BROADCAST.some(name => flags.has(name));
  if (!asked && given !== undefined) throw usage(`--${given} needs --broadcast.`);
  if (!asked) return null;
  return {
    port: flags.value('broadcast-port', parsePort, BROADCAST_DEFAULTS.port),
    rate: flags.value('rate', parseBroadcastRate, BROADCAST_DEFAULTS.rate),
    segmentSeconds: flags.value('segment', parseSegment, BROADCAST_DEFAULTS.segmentSeconds),
    url: flags.value('broadcast-url', parseBroadcastUrl, null),
    link: flags.value('broadcast-link', parseEarlierLink, null),
    publish: flags.value('publish', parsePublish, null),
    originToken: flags.value('origin-token', parseOriginToken, null),
  };
}
