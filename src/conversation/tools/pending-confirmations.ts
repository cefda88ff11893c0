import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { NamedPerson } from '#src/conversation/session.ts';
import type { Owned } from '#src/people/owned.ts';
import type {
  ConfirmOutcome,
  ReplyAudience,
  ShownConfirmation,
} from '#src/ports/command-ports.ts';
import { toResultLine } from './tool-call-results.ts';
import type { ConfirmableAction, ToolEntry } from './tool-entry.ts';

type ConfirmableCall = {
  readonly tool: ToolEntry;
  /** Made from words of its prompt, and asked again at each press. */
  readonly action: Owned<ConfirmableAction>;
  readonly asker: NamedPerson;
  readonly presser?: NamedPerson;
  /** Readers of a written question and its outcome. Nothing of it is said. */
  readonly outcomeTo?: ReplyAudience;
  /** Undefined for a call of a written answer. */
  readonly confirmation?: Id;
};

/**
 * Buttons of a call that was opened: `line` stands above `button`, which shows the call to the presser. `confirmButton` runs it,
 * `declineButton` ends an offer.
 */
type OpenedConfirmation = ShownConfirmation & {
  readonly confirmButton: string;
  readonly declineButton: string;
  /** Seconds until nobody can confirm the call any more. */
  readonly s: number;
};

/** A call whose button is shown. */
export type PendingConfirmation = ConfirmableCall & {
  /** The id never returns, even after a restart, so that an old button fits nothing. */
  readonly id: string;
  readonly presser: NamedPerson;
  readonly shownMs: number;
  press?: {
    readonly done: (outcome: ConfirmOutcome) => void;
    readonly signal: AbortSignal;
  };
};

/** A press of a button: for a call of the presser, for one of another person, or for none any more. */
export type ConfirmationPress =
  | {
      readonly kind: 'theirs';
      readonly ask: PendingConfirmation;
      readonly untilMs: number;
    }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'over' };

type HeldAnswer = {
  readonly id: string;
  readonly presser: NamedPerson;
  readonly text: Owned<string>;
  readonly untilMs: number;
};

/** Number of held answers. A further answer drops the oldest. */
const maxHeldAnswers = 8;
const heldAnswerMs = 15 * 60_000;
const { confirmMs } = conversationRules.tools;

/**
 * Keeps tool calls and private answers that wait for a button. Each call is confirmed once, or never.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import type { PendingConfirmations } from '#src/conversation/tools/pending-confirmations.ts';
 * import { toOpenText } from '#src/people/owned.ts';
 *
 * declare const confirmations: PendingConfirmations;
 * const ana = { id: toPersonId('1'), name: 'Ana' };
 * const button = confirmations.holdAnswer(toOpenText('It is at nine.'), ana);
 * confirmations.findAnswer(button.slice('tool.show:'.length))?.presser.name; // 'Ana', for 15 minutes
 */
export class PendingConfirmations {
  readonly #loop: ConversationLoop;
  readonly #clock: Clock;
  #pending: readonly PendingConfirmation[] = [];
  #heldAnswers: readonly HeldAnswer[] = [];

  constructor(loop: ConversationLoop, clock: Clock) {
    this.#loop = loop;
    this.#clock = clock;
  }

  /** Waits for a press, and returns the sentence and the buttons to show. */
  open(call: ConfirmableCall): OpenedConfirmation {
    const { asker, presser = asker } = call;
    const nowMs = this.#clock.nowMs();
    const opened = {
      ...call,
      id: crypto.randomUUID(),
      presser: { id: presser.id, name: toResultLine(presser.name) },
      shownMs: nowMs,
    };
    const unexpired = this.#pending.filter((each) => this.#getExpiry(each) > nowMs);
    this.#pending = [...unexpired, opened];
    const s = confirmMs / 1000;
    return {
      button: `tool.show:${opened.id}`,
      confirmButton: `confirm:tool:${opened.id}`,
      declineButton: `tool.decline:${opened.id}`,
      s,
      line: {
        id: 'tool.ask',
        with: { by: toResultLine(asker.name), name: opened.presser.name, s },
      },
    };
  }

  /** Holds an answer for 15 minutes, and returns the name of the button that shows it to `presser` alone. */
  holdAnswer(text: Owned<string>, presser: NamedPerson): string {
    const id = crypto.randomUUID();
    const untilMs = this.#clock.nowMs() + heldAnswerMs;
    const answers = [...this.#heldAnswers, { id, presser, text, untilMs }];
    this.#heldAnswers = answers.slice(-maxHeldAnswers);
    return `tool.show:${id}`;
  }

  /** Finds a held answer by the id in its button. The caller checks who presses. */
  findAnswer(id: string): HeldAnswer | undefined {
    const nowMs = this.#clock.nowMs();
    return this.#heldAnswers.find(
      (answer) => answer.id === id && answer.untilMs > nowMs,
    );
  }

  /** Finds the call of a confirmation of the conversation, also after its time. */
  findByNumber(confirmation: Id | undefined): PendingConfirmation | undefined {
    if (confirmation === undefined) return undefined;
    return this.#pending.find((pending) => pending.confirmation === confirmation);
  }

  /** Finds the call behind a button, or the reason why this person cannot confirm it. */
  findCall(id: string, personId: PersonId): ConfirmationPress {
    const pending = this.#pending.find((each) => each.id === id);
    const untilMs = pending ? this.#getExpiry(pending) : 0;
    if (!pending || pending.action.isErased || untilMs <= this.#clock.nowMs())
      return { kind: 'over' };
    if (pending.presser.id !== personId)
      return { kind: 'other', name: pending.presser.name };
    return { kind: 'theirs', ask: pending, untilMs };
  }

  /** Removes a call, so that no further press confirms it. */
  remove(confirmed: PendingConfirmation | undefined): void {
    this.#pending = this.#pending.filter((pending) => pending !== confirmed);
  }

  /** Removes everything that a person asked for, or would have to press. */
  withdrawPerson(personId: PersonId): void {
    this.#pending = this.#pending.filter(
      ({ asker, presser }) => asker.id !== personId && presser.id !== personId,
    );
    this.#heldAnswers = this.#heldAnswers.filter(
      ({ presser }) => presser.id !== personId,
    );
  }

  #getExpiry({ confirmation, shownMs }: PendingConfirmation) {
    if (confirmation === undefined) return shownMs + confirmMs;
    const { spokenYes, untilMs = 0 } =
      this.#loop.state.tools.confirmations.find(({ id }) => id === confirmation) ?? {};
    return Math.max(untilMs, spokenYes?.toMs ?? 0);
  }
}
