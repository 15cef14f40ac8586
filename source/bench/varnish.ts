/** The configuration of a Varnish in front of a sharer, or of another Varnish. */
export function hallConfiguration(host: string, port: number): string {
  return `vcl 4.1;
backend default { .host = "${host}"; .port = "${port}"; .first_byte_timeout = 60s; .between_bytes_timeout = 30s; }
sub vcl_recv {
  if (req.url !~ "^/live/") { return (synth(404)); }
  unset req.http.Cookie;
  return (hash);
}
sub vcl_backend_response {
  set beresp.grace = 0s;
  if (beresp.status >= 400) { set beresp.ttl = 1s; }
}
`;
}

export interface VarnishPlace {
  /** Of its own, with a short name: a socket is made in it. */
  readonly folder: string;
  /** Its configuration. */
  readonly file: string;
  readonly port: number;
  /** Viewers that read at the same time: each needs a thread. */
  readonly viewers: number;
}

/** The arguments of varnishd; it listens on the loopback address only. */
export function varnishArguments({ folder, file, port, viewers }: VarnishPlace): string[] {
  const threads = ['thread_pools=2', `thread_pool_min=${Math.min(Math.max(viewers, 20), 500)}`, 'thread_pool_max=5000'];
  const times = ['send_timeout=120', 'idle_send_timeout=30'];
  return [
    ...['-F', '-j', 'none', '-n', folder, '-a', `127.0.0.1:${port}`, '-f', file, '-s', 'malloc,256m'],
    ...[...threads, ...times].flatMap(setting => ['-p', setting]),
  ];
}
