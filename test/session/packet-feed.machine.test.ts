import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { PacketEvent } from '../../source/session/inspect/packet-messages.js';

/** Workers run from dist only. */
const feedModule = path.resolve('dist/source/session/inspect/packet-feed.js');
/** dumpcap delivers packets when it likes. */
const WAIT = { timeout: 60_000, interval: 100 };

describe('the live packets of a port', () => {
  it('are listed as they pass, with their handshake first, and can be taken apart', async () => {
    const { startPacketFeed } = (await import(
      feedModule
    )) as typeof import('../../source/session/inspect/packet-feed.js');
    const server = createServer(socket => socket.on('error', () => {}).end('hello from the sharer')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const feed = startPacketFeed({ ports: [{ port, wire: null }] });
    const events: PacketEvent[] = [];
    feed.subscribe(event => events.push(event));
    const lines = () => events.flatMap(event => (event.type === 'packets' ? event.lines : []));
    try {
      const syn = await vi.waitFor(async () => {
        const socket = connect(port, '127.0.0.1').resume();
        await once(socket, 'close');
        expect(events.filter(event => event.type === 'unavailable')).toEqual([]);
        return lines().find(line => line.info.includes('[SYN]')) ?? Promise.reject(new Error('no packet yet'));
      }, WAIT);
      expect(syn.info).toMatch(new RegExp(`→ ${port} \\[SYN\\] Seq=0 Win=\\d+ Len=0 MSS=\\d+ SACK_PERM .*WS=\\d+`));
      feed.askDetail(syn.number);
      const detail = () => events.find(event => event.type === 'detail');
      await expect
        .poll(() => detail()?.detail?.layers.map(layer => layer.name))
        .toEqual(['Ethernet II', 'Internet Protocol Version 4', 'Transmission Control Protocol']);
    } finally {
      feed.stop();
      server.close();
    }
  });
});
