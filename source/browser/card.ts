import { byId, say } from './elements.js';
import type { ViewerState } from './messages.js';

/** The card's texts for a state. */
interface CardTexts {
  readonly title: string;
  readonly text: string;
  readonly problem?: string | null;
  /** Whether the user is waiting for something. */
  readonly busy?: boolean;
  readonly form?: boolean;
  /** Whether to ask for the user's name, which the sharer sees. */
  readonly asksName?: boolean;
  /** The label of its button. */
  readonly again?: string;
}

/** The browsers that work, by name and version. */
export const NEEDED = 'Chrome or Edge 97, Firefox 105, Safari 16.4 (iOS 16.4), or newer: all since spring 2023.';

/** Null: the picture needs no card. */
export function cardTexts(state: ViewerState): CardTexts | null {
  switch (state.name) {
    case 'connecting':
      return { title: 'Connecting', text: 'Reaching the sharer.', busy: true };
    case 'code':
      return {
        title: state.problem === null ? 'Enter the code' : 'That did not work',
        text: "The sharer's screen shows it. Capitals, spaces and dashes do not matter.",
        problem: state.problem,
        form: true,
      };
    case 'waiting':
      return {
        title: "Waiting for the sharer's OK",
        text: 'The sharer has been asked to let you in.',
        busy: true,
        asksName: true,
      };
    case 'watching':
      return null;
    case 'away':
      return {
        title: 'The sharer is away',
        text: 'The share was stopped, or the network failed. This page keeps trying.',
        busy: true,
        again: 'Try now',
      };
    case 'ended':
      return { title: state.message.replace(/^Refused: /, ''), text: state.remedy, again: state.again ?? 'Try again' };
    case 'stopped':
      return {
        title: 'You stopped watching',
        text: 'The sharer sends nothing more to this page.',
        again: 'Watch again',
      };
    case 'unsupported':
      return { title: 'This browser is too old', text: `It lacks ${state.lacks}. You need ${NEEDED}` };
  }
}

/** The card shown instead of the picture. */
export class Card {
  readonly #card = byId('card');
  readonly #form = byId<HTMLFormElement>('code-form');
  readonly #code = byId<HTMLInputElement>('code');
  readonly #nameForm = byId<HTMLFormElement>('name-form');
  readonly #again = byId('again');

  /**
   * @param note a line below the rest
   * @param named whether the sharer knows this viewer's name already
   */
  show(state: ViewerState, note: string, named: boolean): void {
    const texts = cardTexts(state);
    document.body.dataset.state = state.name;
    document.body.toggleAttribute('data-busy', texts?.busy ?? false);
    this.#card.hidden = texts === null;
    if (!texts) return;
    const before = document.activeElement;
    say(byId('card-title'), texts.title);
    say(byId('card-text'), texts.text);
    say(byId('card-problem'), texts.problem ?? null);
    say(this.#again, texts.again ?? null);
    say(byId('card-note'), note);
    this.#nameForm.hidden = !texts.asksName || named;
    const wasShown = !this.#form.hidden;
    this.#form.hidden = !texts.form;
    if (texts.form && (!wasShown || before !== byId('viewer-name'))) {
      this.#code.focus();
      this.#code.select();
    }
  }

  /** @param code as typed */
  onCode(given: (code: string, name: string) => void): void {
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      const code = this.#code.value.trim();
      if (code !== '') given(code, byId<HTMLInputElement>('viewer-name').value.trim());
    });
  }

  onName(given: (name: string) => void): void {
    this.#nameForm.addEventListener('submit', event => {
      event.preventDefault();
      const name = byId<HTMLInputElement>('asking-name').value.trim();
      if (name !== '') given(name);
    });
  }

  onAgain(again: () => void): void {
    this.#again.addEventListener('click', again);
  }
}
