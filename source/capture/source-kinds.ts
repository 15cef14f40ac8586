/**
 * The ways to capture, as words: what `--source` takes, the help lists and the form offers comes from here. What each does
 * is in choose.ts.
 */
export const SOURCE_KINDS = {
  x11: { argument: null, offered: null },
  screenshots: { argument: null, offered: null },
  pattern: { argument: null, offered: 'test pattern (needs no screen)' },
  replay: { argument: 'FILE', offered: null },
} as const satisfies Readonly<Record<string, Words>>;

interface Words {
  /** What follows behind a colon, as the help names it; null: nothing. */
  readonly argument: 'FILE' | null;
  /** As the form offers it beside the screens of this machine; null: it does not. */
  readonly offered: string | null;
}

export type SourceKind = keyof typeof SOURCE_KINDS;

/** One kind's choice, with the file where it takes one. */
export type ChoiceOf<Kind extends SourceKind> = (typeof SOURCE_KINDS)[Kind]['argument'] extends null
  ? { readonly kind: Kind }
  : { readonly kind: Kind; readonly file: string };

/** What the person asked to be shared; `auto`: a screen, in the way that works here. */
export type SourceChoice = { readonly kind: 'auto' } | { [Kind in SourceKind]: ChoiceOf<Kind> }[SourceKind];

const KINDS = Object.keys(SOURCE_KINDS) as SourceKind[];

/** "x11, screenshots, pattern or replay:FILE". */
export function sourceWords(): string {
  const words = KINDS.map(kind => withArgument(kind, SOURCE_KINDS[kind].argument));
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A choice as `--source` takes it. */
export function sourceText(choice: SourceChoice): string {
  return withArgument(choice.kind, 'file' in choice ? choice.file : null);
}

/** What `--source` was given; null: no such source. */
export function sourceOf(text: string): SourceChoice | null {
  if (text === 'auto') return { kind: 'auto' };
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const kind = KINDS.find(each => each === name);
  if (kind === undefined) return null;
  const takesFile = SOURCE_KINDS[kind].argument !== null;
  const file = colon < 0 ? '' : text.slice(colon + 1);
  if (takesFile ? file === '' : colon >= 0) return null;
  return (takesFile ? { kind, file } : { kind }) as SourceChoice;
}

/** Whether there are monitors, regions and windows to choose among. */
export function showsScreen({ kind }: SourceChoice): boolean {
  return kind !== 'pattern' && kind !== 'replay';
}

/** The sources that the form offers by themselves. */
export function offeredSources(): { readonly kind: SourceKind; readonly label: string }[] {
  return KINDS.flatMap(kind => {
    const label = SOURCE_KINDS[kind].offered;
    return label === null ? [] : [{ kind, label }];
  });
}

function withArgument(word: string, argument: string | null): string {
  return argument === null ? word : `${word}:${argument}`;
}
