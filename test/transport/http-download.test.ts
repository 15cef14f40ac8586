import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../source/node/self-signed.js';
import { HttpClient, type HttpDownload } from '../../source/transport/http-download.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serving(answer: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, server };
}

function client(): HttpClient {
  const made = new HttpClient();
  closing.push(() => made.close());
  return made;
}

async function whole(download: HttpDownload): Promise<string> {
  let text = '';
  for (let chunk = await download.read(); chunk; chunk = await download.read()) text += Buffer.from(chunk).toString();
  return text;
}

describe('a download', () => {
  it('hands on what comes as it comes, and counts it', async () => {
    let more: (text: string) => void = () => {};
    let end = () => {};
    const { url } = await serving((_, response) => {
      response.write('first');
      more = text => response.write(text);
      end = () => response.end();
    });
    const http = client();
    const download = http.get(`${url}/u/1`);
    expect(await download.head()).toBe(200);
    expect(Buffer.from((await download.read())!).toString()).toBe('first');
    const next = download.read();
    more('second');
    expect(Buffer.from((await next)!).toString()).toBe('second');
    end();
    expect([await download.read(), http.receivedBytes]).toEqual([null, 11]);
  });

  it('uses a connection again, and a new one where that has just been closed', async () => {
    const { url, server } = await serving((_, response) => response.end('x'));
    const connections = new Set<unknown>();
    server.on('connection', socket => connections.add(socket));
    const http = client();
    await whole(http.get(`${url}/m`));
    await new Promise(resolve => setImmediate(resolve));
    await whole(http.get(`${url}/m`));
    expect(connections.size).toBe(1);
    server.closeAllConnections();
    expect(await whole(http.get(`${url}/m`))).toBe('x');
  });

  it('ends with what was broken: a response that breaks off, nobody there, a cancelled one', async () => {
    const { url } = await serving((request, response) => {
      response.write('half');
      if (request.url === '/broken') setTimeout(() => response.destroy(), 20);
    });
    const http = client();
    await expect(whole(http.get(`${url}/broken`))).rejects.toMatchObject({ code: 'E_PEER_CLOSED' });
    const cancelled = http.get(`${url}/m`);
    const waits = whole(cancelled);
    cancelled.cancel();
    await expect(waits).rejects.toMatchObject({ code: 'E_PEER_CLOSED' });
    const probe = createTcpServer();
    await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
    const address = probe.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await new Promise(resolve => probe.close(resolve));
    await expect(http.get(`http://127.0.0.1:${port}/m`).head()).rejects.toMatchObject({
      code: 'E_CONNECT_REFUSED',
      remedy: expect.stringContaining('Check the link'),
    });
  });

  it('follows to where it is sent, but not in circles', async () => {
    const { url } = await serving((request, response) => {
      if (request.url === '/live/a') response.writeHead(301, { location: '/live/b' }).end();
      else if (request.url === '/live/b') response.end('there');
      else response.writeHead(302, { location: '/round' }).end();
    });
    expect(await whole(client().get(`${url}/live/a`))).toBe('there');
    expect(await client().get(`${url}/round`).head()).toBe(302);
    const odd = await serving((_, response) => response.writeHead(302, { location: 'ftp://there/' }).end());
    await expect(client().get(odd.url).head()).rejects.toMatchObject({ code: 'E_PEER_REFUSED' });
  });

  it('says that a certificate is not trusted', async () => {
    const server = createTlsServer(selfSigned('localhost'), (_, response) => response.end());
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(client().get(`https://127.0.0.1:${port}/m`).head()).rejects.toMatchObject({ code: 'E_TLS' });
  });
});
