import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { findProgram } from '../../scripts/programs.mjs';
import { hashOfCanvas } from './chromium.mjs';

/** No updates, and no start page. */
const PREFERENCES = {
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/**
 * Debian's Firefox through WebDriver BiDi, which it supports unmodified; playwright needs a patched Firefox.
 */
export class Firefox {
  #process;
  #profile;
  #socket;
  #asked = new Map();
  #next = 1;
  #context = '';
  /** Errors and warnings of the page. */
  complaints = [];

  static async start() {
    const program = findProgram('firefox-esr');
    if (!program) throw new Error('firefox-esr is not installed');
    const profile = mkdtempSync(path.join(tmpdir(), 'peerglass-firefox-'));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    writeFileSync(path.join(profile, 'user.js'), lines.join('\n'));
    const argv = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'];
    const firefox = new Firefox(spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] }), profile);
    await firefox.#connect();
    return firefox;
  }

  /** @private */
  constructor(process, profile) {
    this.#process = process;
    this.#profile = profile;
  }

  async #connect() {
    const { stderr } = this.#process;
    let said = '';
    while (!/listening on (ws:\S+)/.test(said)) {
      const [chunk] = await once(stderr, 'data');
      said += chunk;
    }
    stderr.resume();
    this.#socket = new WebSocket(`${/listening on (ws:\S+)/.exec(said)[1]}/session`);
    await once(this.#socket, 'open');
    this.#socket.on('message', text => this.#heard(JSON.parse(text)));
    await this.#ask('session.new', { capabilities: {} });
    await this.#ask('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await this.#ask('browsingContext.getTree', {});
    this.#context = contexts[0].context;
  }

  #heard({ id, result, error, message, method, params }) {
    if (method === 'log.entryAdded' && ['error', 'warn'].includes(params.level)) this.complaints.push(params.text);
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    if (error) asked.reject(new Error(`${error}: ${message}`));
    else asked.resolve(result);
  }

  #ask(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** @param {string} url */
  async open(url) {
    await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** Runs a function in the page, which must return plain data. */
  async #evaluate(run) {
    const expression = `JSON.stringify((${run})())`;
    const target = { context: this.#context };
    const { result, exceptionDetails } = await this.#ask('script.evaluate', { expression, target, awaitPromise: true });
    if (!result) throw new Error(exceptionDetails?.text);
    return JSON.parse(result.value);
  }

  shown() {
    return this.#evaluate(hashOfCanvas);
  }

  /** @returns {Promise<string>} */
  state() {
    return this.#evaluate(() => document.body.dataset.state);
  }

  async stop() {
    const ended = once(this.#process, 'exit');
    this.#socket?.terminate();
    this.#process.kill();
    await ended;
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
