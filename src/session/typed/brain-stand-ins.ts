import type { ChatModel, Usage } from '#src/chat/ports.ts';
import type { AskOutcome } from '#src/session/ports/command-ports.ts';
import type { PaidEngine } from '#src/spending/paid-engine.ts';

/** A brain that answers in writing. */
export type WrittenBrain = {
  readonly name: string;
  readonly chat: PaidEngine<ChatModel>;
  /** Name of its model. */
  readonly engine: string;
};

type AnswerWatch = {
  readonly onUsage: (usage: Usage) => void;
  /** The outcome, with who answered in place of the brain where that was not told yet. */
  readonly told: (outcome: AskOutcome) => AskOutcome;
};

/** Tells a server in which the bot sits nowhere that another model answers in place of a brain: once, until the brain is back. */
export class BrainStandIns {
  readonly #told = new Set<string>();

  watch(guildId: string, brain: WrittenBrain | undefined): AnswerWatch {
    let by: Usage['by'];
    return {
      onUsage: (usage) => {
        by = usage.by ?? by;
      },
      told: (outcome) => {
        if (!brain || by?.kind !== 'remote' || outcome.kind !== 'answered') return outcome;
        const key = `${guildId}:${brain.name}`;
        if (by.model === brain.engine) this.#told.delete(key);
        if (by.model === brain.engine || this.#told.has(key)) return outcome;
        this.#told.add(key);
        const line = { id: 'ask.instead', with: { brain: brain.name, other: by.model } } as const;
        return { ...outcome, line };
      },
    };
  }
}
