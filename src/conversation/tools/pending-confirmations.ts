import type { Id } from '#src/conversation/machine/state.ts';
import type { ConfirmOutcome, ShownConfirmation } from '#src/ports/command-ports.ts';
import { onOneLine } from './tool-call-results.ts';
import type { ConfirmableAction, Presser, ToolEntry } from './tool-entry.ts';

/** A call that is done once the right person presses a button. */
export type ConfirmableCall = {
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  readonly asker: Presser;
  /** The only person who may press. Default: the asker. */
  readonly presser?: Presser | undefined;
  /** True where it is asked aloud, too. */
  readonly isAloud?: boolean;
  /** Readers of its outcome, where the question was written: it is not said then. */
  readonly outcomeTo?: 'room' | 'caller';
  /** Number in the conversation; undefined for a call of an answer in writing. */
  readonly confirmation?: Id;
};

/** A press that waits for its outcome. Aborting `signal` ends the call. */
type Press = { readonly done: (outcome: ConfirmOutcome) => void; readonly signal: AbortSignal };

export type PendingConfirmation = ConfirmableCall & {
  /** Never the same again, also after a restart: a button of former days fits nothing. */
  readonly id: string;
  readonly presser: Presser;
  readonly untilMs: number;
  press?: Press;
};

export type ConfirmationPress =
  | { readonly kind: 'theirs'; readonly ask: PendingConfirmation }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'over' };

/** A further one drops the oldest. */
const limit = 8;
/** Time, in ms, after which a button does nothing any more. */
const openMs = 60_000;

/** Tool calls that wait for a button in one session; each is pressed once, or never. */
export class PendingConfirmations {
  #open: readonly PendingConfirmation[] = [];

  /** Has a call wait from now on, in place of its former button, and returns what everybody may read of it. */
  open(call: ConfirmableCall, nowMs: number): ShownConfirmation {
    const { asker, confirmation, presser = asker, tool } = call;
    const former = this.of(confirmation);
    const { id, name } = presser;
    const ask: PendingConfirmation = {
      ...call,
      id: crypto.randomUUID(),
      presser: { id, name: onOneLine(name) },
      untilMs: nowMs + openMs,
    };
    const others = this.#open.filter((one) => one !== former && one.untilMs > nowMs);
    this.#open = [...others, ask].slice(-limit);
    const words = { by: onOneLine(asker.name), name: ask.presser.name, s: openMs / 1000 };
    const line = { id: 'tool.ask', with: { ...words, tool: readableName(tool) } } as const;
    return { button: `tool.show:${ask.id}`, line };
  }

  /** The one of this number in the conversation. */
  of(confirmation: Id | undefined): PendingConfirmation | undefined {
    if (confirmation === undefined) return undefined;
    return this.#open.find((one) => one.confirmation === confirmation);
  }

  /** The one of this id, for its presser alone. */
  find(id: string, personId: string, nowMs: number): ConfirmationPress {
    const ask = this.#open.find((one) => one.id === id);
    if (!ask || ask.untilMs <= nowMs) return { kind: 'over' };
    if (ask.presser.id !== personId) return { kind: 'other', name: ask.presser.name };
    return { kind: 'theirs', ask };
  }

  remove(ask: PendingConfirmation | undefined): void {
    this.#open = this.#open.filter((one) => one !== ask);
  }

  /** Nothing waits any more that this person asked for or may press. */
  withdraw(personId: string): void {
    this.#open = this.#open.filter(
      ({ asker, presser }) => asker.id !== personId && presser.id !== personId,
    );
  }
}

/** Name of a tool, for people. */
export function readableName({ name }: Pick<ToolEntry, 'name'>): string {
  return name.replaceAll('_', ' ');
}
