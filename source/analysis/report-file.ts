import { createReadStream } from 'node:fs';
import path from 'node:path';
import { PeerglassError } from '../core/errors.js';
import { fileText } from '../core/plain-text.js';
import { whyUnread, whyUnwritten, writeWhole } from '../node/whole-file.js';
import { CaptureAnalysis } from './capture-report.js';
import { reportOnLog } from './log-report.js';
import { PcapngReader } from './pcapng-reader.js';
import { BLOCK } from './pcapng-writer.js';
import { isOfPictures, reportOnPictures, wayText } from './picture-way.js';
import { captureHtml, logHtml, textHtml } from './report-html.js';
import { connectionText, logText } from './report-text.js';

/** A log is read into memory; larger files are rejected. */
const LARGEST_LOG = 256 * 1024 * 1024;
/** Bytes that tell what a log is of. */
const PEEKED = 100;

export interface FileReport {
  readonly text: string;
  readonly html: string;
}

/**
 * Reports on a `.pcapng` capture or an NDJSON log, of snapshots or of the events of pictures; the first bytes decide
 * which it is.
 *
 * @throws PeerglassError E_CAPTURE_FILE
 */
export async function reportOnFile(file: string, title: string): Promise<FileReport> {
  const analysis = new CaptureAnalysis();
  const reader = new PcapngReader();
  const log: Buffer[] = [];
  let logged = 0;
  let kind: 'pcapng' | 'log' | null = null;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      kind ??= chunk.length >= 4 && chunk.readUInt32LE(0) === BLOCK.SECTION_HEADER ? 'pcapng' : 'log';
      if (kind === 'pcapng') {
        for (const packet of reader.push(chunk)) analysis.add(packet);
      } else {
        logged += chunk.length;
        if (logged > LARGEST_LOG)
          throw new PeerglassError('E_CAPTURE_FILE', `${fileText(file)} is too large for a log of snapshots.`);
        log.push(chunk);
      }
    }
  } catch (error) {
    if (error instanceof PeerglassError) throw error;
    throw new PeerglassError('E_CAPTURE_FILE', `${fileText(file)} cannot be read: ${whyUnread(error)}.`, '', {
      cause: error,
    });
  }
  if (kind === 'log') return ofLog(Buffer.concat(log), title);
  const connections = analysis.connections();
  if (connections.length === 0)
    throw new PeerglassError('E_CAPTURE_FILE', `${fileText(file)} contains no TCP connection.`);
  const notes = [analysis.leftOut, reader.unread > 0 ? 'the file ends inside a packet' : null];
  const lines = notes.filter(note => note !== null).map(note => `  note       ${note}\n`);
  return { text: connections.map(connectionText).join('\n') + lines.join(''), html: captureHtml(connections, title) };
}

/**
 * Returns the report as text, and writes it as HTML if a file is named.
 * @throws PeerglassError E_CAPTURE_FILE, E_EXPORT
 */
export async function writeReport(file: string, html: string | null): Promise<string> {
  const report = await reportOnFile(file, path.basename(file));
  if (html !== null) {
    try {
      await writeWhole(html, report.html);
    } catch (cause) {
      throw new PeerglassError('E_EXPORT', `${fileText(html)} cannot be written: ${whyUnwritten(cause)}.`, '', {
        cause,
      });
    }
  }
  return report.text;
}

/** A generator, because a file of nothing but line breaks has more lines than an array can hold. */
function* linesOf(log: Buffer): Generator<string> {
  for (let at = 0; at < log.length; ) {
    const end = log.indexOf(0x0a, at);
    const next = end < 0 ? log.length : end;
    yield log.toString('utf8', at, next);
    at = next + 1;
  }
}

function ofLog(log: Buffer, title: string): FileReport {
  if (isOfPictures(log.toString('utf8', 0, PEEKED))) {
    const text = wayText(reportOnPictures(linesOf(log)));
    return { text, html: textHtml(text, title) };
  }
  const report = reportOnLog(linesOf(log));
  return { text: logText(report), html: logHtml(report, title) };
}
