import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { NamedPerson, Owners } from '#src/conversation/session.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type {
  ConfirmOutcome,
  ReplyAudience,
  ShownConfirmation,
} from '#src/ports/command-ports.ts';
import { toResultLine } from './tool-call-results.ts';
import type { ConfirmableAction, ToolEntry } from './tool-entry.ts';

type ConfirmableCall = {
  readonly tool: ToolEntry;
  readonly action: ConfirmableAction;
  readonly asker: NamedPerson;
  readonly presser?: NamedPerson;
  /** Readers of a written question and its outcome. Nothing of it is said. */
  readonly outcomeTo?: ReplyAudience;
  /** Undefined for a call of a written answer. */
  readonly confirmation?: Id;
};

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
  readonly text: ConfidentialText;
  readonly untilMs: number;
};

/** A further answer drops the oldest. */
const maxHeldAnswers = 8;
const heldAnswerMs = 15 * 60_000;
const { confirmMs } = conversationRules.tools;

/**
 * Keeps tool calls and private answers that wait for a button. Each call is confirmed once, or never.
 *
 * @example
 * import type { createPendingConfirmations } from '#src/conversation/tools/pending-confirmations.ts';
 * import { toOpenText } from '#src/people/confidential-text.ts';
 *
 * declare const confirmations: ReturnType<typeof createPendingConfirmations>;
 * const button = confirmations.holdAnswer(toOpenText('It is at nine.'), { id: '1', name: 'Ana' });
 * confirmations.findAnswer(button.slice('tool.show:'.length))?.presser.name; // 'Ana', for 15 minutes
 */
export function createPendingConfirmations({ loop }: Owners<'loop'>, clock: Clock) {
  let asks: readonly PendingConfirmation[] = [];
  let heldAnswers: readonly HeldAnswer[] = [];

  function getExpiry({ confirmation, shownMs }: PendingConfirmation) {
    if (confirmation === undefined) return shownMs + confirmMs;
    const { spokenYes, untilMs = 0 } =
      loop.state.tools.confirmations.find(({ id }) => id === confirmation) ?? {};
    return Math.max(untilMs, spokenYes?.toMs ?? 0);
  }

  return {
    open(call: ConfirmableCall): ShownConfirmation {
      const { asker, presser = asker } = call;
      const nowMs = clock.nowMs();
      const ask = {
        ...call,
        id: crypto.randomUUID(),
        presser: { id: presser.id, name: toResultLine(presser.name) },
        shownMs: nowMs,
      };
      asks = [...asks.filter((one) => getExpiry(one) > nowMs), ask];
      return {
        button: `tool.show:${ask.id}`,
        line: {
          id: 'tool.ask',
          with: {
            by: toResultLine(asker.name),
            name: ask.presser.name,
            s: confirmMs / 1000,
          },
        },
      };
    },
    holdAnswer(text: ConfidentialText, presser: NamedPerson): string {
      const [id, untilMs] = [crypto.randomUUID(), clock.nowMs() + heldAnswerMs];
      heldAnswers = [...heldAnswers, { id, presser, text, untilMs }].slice(
        -maxHeldAnswers,
      );
      return `tool.show:${id}`;
    },
    findAnswer(id: string): HeldAnswer | undefined {
      const nowMs = clock.nowMs();
      return heldAnswers.find((one) => one.id === id && one.untilMs > nowMs);
    },
    findByNumber(confirmation: Id | undefined): PendingConfirmation | undefined {
      if (confirmation === undefined) return undefined;
      return asks.find((one) => one.confirmation === confirmation);
    },
    find(id: string, personId: PersonId): ConfirmationPress {
      const ask = asks.find((one) => one.id === id);
      const untilMs = ask ? getExpiry(ask) : 0;
      if (!ask || untilMs <= clock.nowMs()) return { kind: 'over' };
      if (ask.presser.id !== personId) return { kind: 'other', name: ask.presser.name };
      return { kind: 'theirs', ask, untilMs };
    },
    remove(ask: PendingConfirmation | undefined) {
      asks = asks.filter((one) => one !== ask);
    },
    withdrawPerson(personId: PersonId) {
      asks = asks.filter(
        ({ asker, presser }) => asker.id !== personId && presser.id !== personId,
      );
      heldAnswers = heldAnswers.filter(({ presser }) => presser.id !== personId);
    },
  };
}
