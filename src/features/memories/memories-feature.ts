import type { Owners } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { ContextRequest } from '#src/ports/feature-session.ts';
import { createMemoryCache, type MemoryCache } from './memory-cache.ts';
import { memoryStorePart } from './memory-store.ts';
import { forgetMemoryTool, rememberTool } from './memory-tools.ts';
import {
  filterUsableMemories,
  formatMemoryContext,
  memorySetting,
} from './usable-memories.ts';

export type MemoryPorts = {
  readonly memories: MemoryCache;
};

/**
 * Sentences that people of a server asked the bot to remember.
 *
 * @example
 * import { memoriesFeature } from '#src/features/memories/memories-feature.ts';
 *
 * memoriesFeature.tools?.map(({ name }) => name); // ['remember', 'forget_memory']
 */
export const memoriesFeature: Feature<MemoryPorts> = {
  name: 'memories',
  tools: [rememberTool, forgetMemoryTool],
  settings: [memorySetting],
  help: [
    {
      topic: 'memories',
      command: 'privacy memories',
      buildLine: ({ hasModel, settings }) =>
        hasModel && settings.getValue(memorySetting)
          ? { id: 'help.memories' }
          : undefined,
    },
  ],
  open: ({ store }) => ({
    openShard({ deps, sessions }) {
      const known = createMemoryCache(store(memoryStorePart), deps, sessions.settings);
      return {
        ports: { memories: known },
        createSession: ({ consent, place }) => ({
          onChange() {
            if (place.getSettings().getValue(memorySetting))
              void known.loadMemories(place.channel.guildId);
          },
          describeContext: (request) =>
            buildMemoryContext(request, { consent, place }, known),
        }),
        async eraseServer(guildId) {
          known.dropCached(guildId);
          return 0;
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            if (reason === 'forgotten') known.dropCached(guildId, personId);
          },
        },
      };
    },
  }),
};

/** Builds a chat message from memories for an asker in the channel. */
function buildMemoryContext(
  { askerId }: ContextRequest,
  { consent, place }: Owners<'consent' | 'place'>,
  known: MemoryCache,
) {
  const { getValue, timeZone } = place.getSettings();
  if (!getValue(memorySetting) || !place.findPerson(askerId)) return undefined;
  const usable = filterUsableMemories(
    known.getKnown(place.channel.guildId),
    askerId,
    consent,
  );
  return formatMemoryContext(usable, timeZone);
}
