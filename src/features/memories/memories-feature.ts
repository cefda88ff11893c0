import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import { SessionObjects } from '#src/features/contract/session-objects.ts';
import type { ContextRequest } from '#src/ports/feature-session.ts';
import { memoryStorePart } from '#src/stores/memory-store.ts';
import { MemoryCache } from './memory-cache.ts';
import { DeclinedOffers } from './memory-offers.ts';
import {
  forgetMemoryTool,
  offerMemoryTool,
  rememberTool,
  type UnansweredOffers,
} from './memory-tools.ts';
import {
  filterUsableMemories,
  formatMemoryContext,
  memorySetting,
} from './usable-memories.ts';

export type MemoryPorts = {
  readonly memories: MemoryCache;
  readonly memoryOffers: SessionObjects<UnansweredOffers>;
  readonly declinedOffers: DeclinedOffers;
};

/**
 * Sentences that people of a server asked the bot to remember.
 *
 * @example
 * import { memoriesFeature } from '#src/features/memories/memories-feature.ts';
 *
 * memoriesFeature.tools?.map(({ name }) => name); // ['remember', 'offer_memory', 'forget_memory']
 */
export const memoriesFeature: Feature<MemoryPorts> = {
  name: 'memories',
  tools: [rememberTool, offerMemoryTool, forgetMemoryTool],
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
      const memories = new MemoryCache(store(memoryStorePart), deps, sessions);
      const memoryOffers = new SessionObjects<UnansweredOffers>(sessions);
      const declinedOffers = new DeclinedOffers(deps.peopleSettings);
      return {
        ports: { memories, memoryOffers, declinedOffers },
        createSession(session) {
          const { voiceChannel } = session;
          memoryOffers.add(session, new Set());
          return {
            onChange() {
              if (voiceChannel.getSettings().getValue(memorySetting))
                void memories.loadMemories(voiceChannel.channel.guildId);
            },
            describeContext: (request) =>
              buildMemoryContext(request, session, memories),
          };
        },
        async eraseServer({ guildId }) {
          memories.dropCached(guildId);
          return 0;
        },
        person: {
          forgetPerson(guildId, personId, reason) {
            if (reason !== 'forgotten') return;
            memories.dropCached(guildId, personId);
          },
        },
      };
    },
  }),
};

/** Returns the memories that the model may use for this asker, as text. Undefined without any, or if the asker is not in the channel. */
function buildMemoryContext(
  { askerId }: ContextRequest,
  {
    consent,
    voiceChannel,
  }: { readonly consent: SessionConsent; readonly voiceChannel: SessionChannel },
  memories: MemoryCache,
) {
  const { getValue, timeZone } = voiceChannel.getSettings();
  if (!getValue(memorySetting) || !voiceChannel.findPerson(askerId)) return undefined;
  const usable = filterUsableMemories(
    memories.getCached(voiceChannel.channel.guildId),
    askerId,
    consent,
  );
  return formatMemoryContext(usable, timeZone);
}
