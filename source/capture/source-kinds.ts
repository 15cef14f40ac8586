/** The kinds of source as `--source`, the help and the form name them. choose.ts has their implementations. */
export const SOURCE_KINDS = {
  x11: { argument: null, offered: null, dialog: false },
  wayland: { argument: null, offered: null, dialog: false },
  portal: { argument: null, offered: null, dialog: true },
  screenshots: { argument: null, offered: null, dialog: false },
  pattern: { argument: null, offered: 'test pattern (needs no screen)', dialog: false },
  replay: { argument: 'FILE', offered: null, dialog: false },
} as const satisfies Readonly<Record<string, Words>>;

interface Words {
  /** The argument after a colon, as the help names it; null if there is none. */
  readonly argument: 'FILE' | null;
  /** The form's label, listed beside this machine's screens; null if the form does not offer it. */
  readonly offered: string | null;
  /** Whether a dialog of the desktop chooses the monitor or window, instead of peerglass. */
  readonly dialog: boolean;
}

export type SourceKind = keyof typeof SOURCE_KINDS;

/** The choice of one kind, with a file if it takes one. */
export type ChoiceOf<Kind extends SourceKind> = (typeof SOURCE_KINDS)[Kind]['argument'] extends null
  ? { readonly kind: Kind }
  : { readonly kind: Kind; readonly file: string };

/** The user's choice of source; `auto` is a real screen, captured by whatever works on this system. */
export type SourceChoice = { readonly kind: 'auto' } | { [Kind in SourceKind]: ChoiceOf<Kind> }[SourceKind];

const KINDS = Object.keys(SOURCE_KINDS) as SourceKind[];

/** "x11, wayland, ... or replay:FILE". */
export function sourceWords(): string {
  const words = KINDS.map(kind => withArgument(kind, SOURCE_KINDS[kind].argument));
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A choice in the form that `--source` takes. */
export function sourceText(choice: SourceChoice): string {
  return withArgument(choice.kind, 'file' in choice ? choice.file : null);
}

/** The choice that a value of `--source` stands for; null if there is no such source. */
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

/** Whether the source has monitors, regions and windows to choose from. */
export function showsScreen({ kind }: SourceChoice): boolean {
  return kind !== 'pattern' && kind !== 'replay';
}

/** Whether a dialog of the desktop chooses what this source shares. */
export function asksByDialog(kind: SourceKind): boolean {
  return SOURCE_KINDS[kind].dialog;
}

/** The sources that the form lists besides screens. */
export function offeredSources(): { readonly kind: SourceKind; readonly label: string }[] {
  return KINDS.flatMap(kind => {
    const label = SOURCE_KINDS[kind].offered;
    return label === null ? [] : [{ kind, label }];
  });
}

function withArgument(word: string, argument: string | null): string {
  return argument === null ? word : `${word}:${argument}`;
}
