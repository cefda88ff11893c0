import type { JoinMode } from '#src/conversation/ports/command-ports.ts';

/** A `/join` in its turn. */
export type JoinCall = {
  readonly callerId: string;
  readonly mode?: JoinMode | undefined;
  /** Whether the caller is to be followed; undefined: as before. */
  readonly follows?: boolean | undefined;
  /** People who said no while it waited. */
  readonly refused?: ReadonlySet<string>;
};

type PendingCall = { readonly guildId: string; readonly refused: Set<string> };

/** Calls of the bot that are being served: a no counts also for those whose turn has not come yet. */
export class PendingJoinCalls {
  readonly #calls = new Set<PendingCall>();

  /** Serves a call; `refused` are ids of people who have said no since. Resolves or throws as `work` does. */
  async serve<T>(guildId: string, work: (refused: ReadonlySet<string>) => Promise<T>): Promise<T> {
    const call = { guildId, refused: new Set<string>() };
    this.#calls.add(call);
    try {
      return await work(call.refused);
    } finally {
      this.#calls.delete(call);
    }
  }

  /** This person may not be heard there by any of them. */
  refuse(guildId: string, personId: string): void {
    for (const call of this.#calls) if (call.guildId === guildId) call.refused.add(personId);
  }
}

/** A call is a yes of its caller, unless they said no while it waited. */
export function isYes({ callerId, refused }: JoinCall): boolean {
  return refused?.has(callerId) !== true;
}

/** Person who is followed after a call; a call that says nothing of it changes nothing. */
export function followedAfter(
  { callerId, follows }: Pick<JoinCall, 'callerId' | 'follows'>,
  before: string | undefined,
): string | undefined {
  if (follows === undefined) return before;
  if (follows) return callerId;
  return before === callerId ? undefined : before;
}
