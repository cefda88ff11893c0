import type { Owners } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { ContextRequest } from '#src/ports/feature-session.ts';
import { MemoryCache } from './memory-cache.ts';
import { memoryStore } from './memory-store.ts';
import { forgetMemory, remember } from './memory-tools.ts';
import { memoryContext, memorySetting, usableMemories } from './usable-memories.ts';

export type MemoryPorts = {
  readonly memories: MemoryCache;
};

/** Memories: what people of a server asked the bot to remember, for all of its answers there. */
export const memories: Feature<MemoryPorts> = {
  name: 'memories',
  tools: [remember, forgetMemory],
  settings: [memorySetting],
  help: [
    {
      topic: 'memories',
      command: 'privacy memories',
      line: ({ hasModel, settings }) =>
        hasModel && settings.of(memorySetting) ? { id: 'help.memories' } : undefined,
    },
  ],
  open: ({ store }) => ({
    shard({ parts, sessions }) {
      const known = new MemoryCache(store(memoryStore), parts, sessions);
      return {
        ports: { memories: known },
        session: ({ consent, place }) => ({
          changed() {
            if (place.settings().of(memorySetting)) void known.load(place.channel.guildId);
          },
          context: (request) => contextOf(request, { consent, place }, known),
        }),
        async eraseServer(guildId) {
          known.forget(guildId);
          return 0;
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            if (reason === 'forgotten') known.forget(guildId, personId);
          },
        },
      };
    },
  }),
};

/** Memories that an answer may use; a person elsewhere has none. */
function contextOf(
  { askerId }: ContextRequest,
  { consent, place }: Owners<'consent' | 'place'>,
  known: MemoryCache,
): string | undefined {
  const { of, timeZone } = place.settings();
  if (!of(memorySetting) || !place.findPerson(askerId)) return undefined;
  const usable = usableMemories(known.known(place.channel.guildId), askerId, consent);
  return memoryContext(usable, timeZone);
}
