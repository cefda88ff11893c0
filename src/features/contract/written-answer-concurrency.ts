import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';

type WorkSlot = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  readonly isRecap: boolean;
  readonly left: PromiseWithResolvers<void>;
};

export const tooMuchAtOnce = { kind: 'failed', line: { id: 'ask.dropped' } } as const;

const maxRecapsPerServer = 1;

export type WrittenAnswerConcurrency = ReturnType<
  typeof createWrittenAnswerConcurrency
>;

/** Limits written answers at a time. Refuses others at once. */
export function createWrittenAnswerConcurrency(mostOfPerson = 1, mostInServer = 4) {
  const places = new Set<WorkSlot>();

  function enter(
    guildId: GuildId,
    personId: PersonId,
    isRecap = false,
  ): Disposable | undefined {
    const asked = [...places].filter((one) => one.personId !== undefined);
    const theirs = asked.filter((one) => one.personId === personId);
    const here = asked.filter((one) => one.guildId === guildId);
    const isFull = isRecap && listRecaps(guildId).length >= maxRecapsPerServer;
    if (isFull || theirs.length >= mostOfPerson || here.length >= mostInServer)
      return undefined;
    return takeSlot({ guildId, personId, isRecap });
  }

  function listRecaps(guildId: GuildId) {
    return [...places].filter((one) => one.guildId === guildId && one.isRecap);
  }

  function takeSlot(wanted: Omit<WorkSlot, 'left'>) {
    const place = { ...wanted, left: Promise.withResolvers<void>() };
    places.add(place);
    return {
      [Symbol.dispose]: () => {
        places.delete(place);
        place.left.resolve();
      },
    };
  }

  return {
    enter,
    /** Reserves a slot for a recap. Without an asker, waits for the recap before. */
    async enterRecap(
      guildId: GuildId,
      personId: PersonId | undefined,
      signal: AbortSignal,
    ): Promise<Disposable | undefined> {
      if (personId !== undefined) return enter(guildId, personId, true);
      for (;;) {
        const [before] = listRecaps(guildId);
        if (!before) return takeSlot({ guildId, isRecap: true });
        await waitUnlessAborted(before.left.promise, signal);
      }
    },
  };
}
