import { isDeepStrictEqual } from 'node:util';
import type { Id } from '#src/conversation/machine/state.ts';
import type {
  ConfirmableAction,
  Presser,
  ToolEntry,
} from '#src/conversation/ports/tool-definition.ts';
import type { CheckedLine } from '#src/texts/texts.ts';

/** Something that is done once the right person presses the button for it. */
export type PendingConfirmation = {
  /** Never the same again, also after a restart: a button of former days fits nothing. */
  readonly id: string;
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  /** The question with all values, where it is asked aloud, too. */
  readonly spoken?: string;
  /** Readers of its outcome, where the question was written: it is not said then. */
  readonly outcomeTo?: 'room' | 'caller';
  readonly askerId: string;
  /** Who alone may press: the asker, or whom it is about. */
  readonly presser: Presser;
  readonly untilMs: number;
  /** Number in the conversation; undefined for a call of an answer in writing. */
  readonly confirmation?: Id | undefined;
  /** Set once it is pressed; `content` is its result for a model. */
  pressed?: { content?: string };
};

/** A further one drops the oldest. */
const limit = 8;

/** Tool calls that wait for a button in one session; each is pressed once, or never. */
export class PendingConfirmations {
  #open: readonly PendingConfirmation[] = [];

  /** The one that waits: of the same question of the same asker the first. */
  put(ask: PendingConfirmation, nowMs: number): PendingConfirmation {
    const open = this.#open.filter(({ untilMs }) => untilMs > nowMs);
    const asked = open.find(
      (one) =>
        ask.confirmation === undefined &&
        one.askerId === ask.askerId &&
        one.presser.id === ask.presser.id &&
        one.tool.name === ask.tool.name &&
        one.spoken === ask.spoken &&
        isSameLine(one.action.ask, ask.action.ask) &&
        isDeepStrictEqual(one.action.files, ask.action.files),
    );
    if (!asked) this.#open = [...open, ask].slice(-limit);
    return asked ?? ask;
  }

  /** The one of this id, for its presser alone. */
  find(id: string, personId: string, nowMs: number): ConfirmationPress {
    const ask = this.#open.find((one) => one.id === id);
    if (!ask || ask.untilMs <= nowMs) return { kind: 'over' };
    if (ask.presser.id !== personId) return { kind: 'other', name: ask.presser.name };
    return { kind: 'theirs', ask };
  }

  /** Takes the press of a button; only that of its presser confirms. */
  press(id: string, personId: string, nowMs: number): ConfirmationPress {
    const found = this.find(id, personId, nowMs);
    if (found.kind === 'theirs') {
      this.remove(found.ask);
      found.ask.pressed = {};
    }
    return found;
  }

  remove(ask: PendingConfirmation): void {
    this.#open = this.#open.filter((one) => one !== ask);
  }

  /** Nothing waits any more that this person asked for or may press. */
  withdraw(personId: string): void {
    this.#open = this.#open.filter(
      ({ askerId, presser }) => askerId !== personId && presser.id !== personId,
    );
  }
}

function isSameLine(one: CheckedLine, other: CheckedLine): boolean {
  return one.id === other.id && JSON.stringify(one.with) === JSON.stringify(other.with);
}

export type ConfirmationPress =
  | { readonly kind: 'theirs'; readonly ask: PendingConfirmation }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'over' };
