import { readFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = path.resolve(import.meta.dirname, '../../docs/course.md');

export interface Section {
  /** The blocks of commands and the blocks of their output, in order. */
  readonly commands: readonly string[];
  readonly readings: readonly string[];
}

/** The sections of docs/course.md by heading. */
export function courseSections(): ReadonlyMap<string, Section> {
  const parts = readFileSync(PAGE, 'utf8').split(/^## (.+)\n/m);
  const sections = new Map<string, Section>();
  for (let at = 1; at + 1 < parts.length; at += 2) {
    const blocks = (language: string) =>
      [...parts[at + 1]!.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
    sections.set(parts[at]!, { commands: blocks('sh'), readings: blocks('text') });
  }
  return sections;
}

/** The part of the lines that is the same in every run: without figures and column widths. */
export function skeleton(text: string): string[] {
  const lines = text.split('\n').map(line =>
    line
      .replace(/\d+(?:[.:T-]\d+)*Z?/g, '#')
      .replace(/\s+/g, ' ')
      .replace(/#(?: #)+/g, '#')
      .trim(),
  );
  return [...new Set(lines.filter(line => line !== ''))];
}
