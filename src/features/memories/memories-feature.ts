import { z } from 'zod';
import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type {
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import {
  defineTool,
  type FeatureTool,
  type PreparedCall,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import { type ContextRequest, SessionObjects } from '#src/ports/feature-session.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GetSettingValue } from '#src/settings/setting-definition.ts';
import { memoryStorePart } from '#src/stores/memory-store.ts';
import { takeFirstChars, toVisibleLine } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { MemoryCache, mayForgetMemory } from './memory-cache.ts';
import { DeclinedOffers } from './memory-offers.ts';
import { findPeopleNamed, findPersonByName } from './person-by-name.ts';
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

/** People whom the bot has offered to remember something in a session, and who have not said yes to it. */
type UnansweredOffers = Set<PersonId>;

function isMemoryOn(getValue: GetSettingValue) {
  return getValue(memorySetting);
}

const maxMemoryChars = 200;
const maxNameChars = 64;
const memoryText = z.string().trim().min(1).max(maxMemoryChars);

/** A memory about another person waits for a press of that person. */
const rememberTool: FeatureTool<MemoryPorts> = defineTool({
  name: 'remember',
  description:
    'Remembers something about whoever asks, or about one other person in the channel, for everybody in this server. Only if they ask to have it remembered. Waits for a button of that other person first.',
  schema: z.strictObject({
    text: memoryText.describe('One sentence, in the words of whoever asks.'),
    about: z
      .string()
      .trim()
      .min(1)
      .max(maxNameChars)
      .optional()
      .describe(
        'Name of the person it is about, always given where that is not whoever asks, also if they are not here.',
      ),
  }),
  right: 'anyone',
  isOffered: () => isMemoryOn,
  act: { writes: 'row', noticedBy: 'asker', undoneBy: 'asker' },
  prepare: prepareMemory,
});

/** Offers a memory, which is kept only by a press of the person it is about. */
const offerMemoryTool: FeatureTool<MemoryPorts> = defineTool({
  name: 'offer_memory',
  description:
    'Offers whoever asks to remember something lasting that they have just said about themselves, such as their work, taste or plans, without asking to have it remembered. Never about anybody else, and never what the memories hold. A button asks them: say nothing about it, only answer what they said.',
  schema: z.strictObject({
    text: memoryText.describe(
      'One short sentence about them, with their name, in their language.',
    ),
  }),
  right: 'anyone',
  isOffered: () => isMemoryOn,
  needsSession: true,
  act: { writes: 'row', noticedBy: 'asker', undoneBy: 'asker' },
  prepare: prepareOffer,
});

const forgetMemoryTool: FeatureTool<MemoryPorts> = defineTool({
  name: 'forget_memory',
  description:
    'Deletes one of the memories by its number. Only if whoever asks wants that. Waits for a button first.',
  schema: z.strictObject({ number: z.number().int().min(1) }),
  right: 'anyone',
  isOffered: () => isMemoryOn,
  act: { writes: 'deletion' },
  prepare: prepareForgetting,
});

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

type MemoryDraft = {
  readonly text: string;
  readonly about?: string;
};

/** Prepares a memory. The press of another person allows one about that person. */
async function prepareMemory(
  draft: MemoryDraft,
  ports: ServerToolPorts,
  ownPorts: MemoryPorts,
): Promise<PreparedCall> {
  const text = toMemoryText(draft);
  const author = findAuthor(ports);
  if (!author || text === '') return refuseCall({ id: 'memory.unclear' });
  const subject = findSubject({ ...draft, text }, author, ports);
  if (!subject) return refuseCall({ id: 'memory.unclear' });
  const about = subject.id === author.id ? undefined : subject;
  const objection = await findObjection(author.id, about?.id, ports);
  if (objection) return refuseCall(objection);
  return {
    kind: 'ready',
    question: { id: 'memory.ask', with: { text } },
    run: () => storeMemory(text, author, about, ports, ownPorts),
    presser: about && {
      ...about,
      ask: { id: 'memory.about.ask', with: { text, by: author.name } },
    },
  };
}

/**
 * Prepares an offer, which its person alone accepts by a press. Who has not said yes to an offer is offered nothing more in
 * the session: a model words the same thing anew each time. What was declined by No is not offered in later sessions either.
 */
async function prepareOffer(
  draft: MemoryDraft,
  ports: ServerToolPorts,
  ownPorts: MemoryPorts,
): Promise<PreparedCall> {
  const text = toMemoryText(draft);
  const author = findAuthor(ports);
  if (!author || !ports.session || text === '')
    return refuseCall({ id: 'memory.unclear' });
  if (findSubject({ text }, author, ports) !== author)
    return refuseCall({ id: 'memory.unclear' });
  const objection = await findObjection(author.id, undefined, ports);
  if (objection) return refuseCall(objection);
  const unanswered = ownPorts.memoryOffers.get(ports.session);
  const known = ownPorts.memories.getCached(ports.guildId);
  const isDeclined = await ownPorts.declinedOffers.has(ports.guildId, author.id, text);
  const isKnown = known.some((memory) => memory.text === text);
  if (unanswered.has(author.id) || isDeclined || isKnown)
    return refuseCall({ id: 'memory.offered' });
  unanswered.add(author.id);
  return {
    kind: 'ready',
    question: { id: 'memory.ask', with: { text } },
    offer: { id: 'memory.offer', with: { text } },
    decline: () => void ownPorts.declinedOffers.add(ports.guildId, author.id, text),
    async run() {
      const outcome = await storeMemory(text, author, undefined, ports, ownPorts);
      if (!outcome.hasChangedNothing) unanswered.delete(author.id);
      return outcome;
    },
    presser: author,
  };
}

function toMemoryText({ text }: MemoryDraft) {
  return takeFirstChars(breakLinks(toVisibleLine(text)), maxMemoryChars);
}

function findAuthor({ askerId, listPeople }: ServerToolPorts) {
  return listPeople().find(({ id, isBot }) => id === askerId && !isBot);
}

/**
 * Finds the person meant. Undefined for a bot, an absent person, and several people.
 */
function findSubject(
  { text, about }: MemoryDraft,
  author: ChannelMember,
  ports: ServerToolPorts,
): ChannelMember | undefined {
  const people = ports.listPeople();
  const otherPeople = people.filter(({ id, isBot }) => id !== author.id && !isBot);
  const mentioned = findPeopleNamed(text, otherPeople);
  const namedSubject =
    about === undefined ? undefined : findPersonByName(about, people);
  if (about !== undefined && (!namedSubject || namedSubject.isBot)) return undefined;
  const subjects = new Set(
    namedSubject && namedSubject.id !== author.id
      ? [...mentioned, namedSubject]
      : mentioned,
  );
  if (subjects.size > 1) return undefined;
  return [...subjects][0] ?? author;
}

async function findObjection(
  authorId: PersonId,
  aboutId: PersonId | undefined,
  { hasAgreed, getSettings }: ServerToolPorts,
): Promise<TextLine | undefined> {
  if (!getSettings().getValue(memorySetting)) return { id: 'memory.off' };
  const personIds = [authorId, aboutId ?? authorId];
  const isAgreed = !(await Promise.all(personIds.map(hasAgreed))).includes(false);
  return isAgreed ? undefined : { id: 'memory.no_yes' };
}

async function storeMemory(
  text: string,
  author: ChannelMember,
  about: ChannelMember | undefined,
  ports: ServerToolPorts,
  { memories }: MemoryPorts,
): Promise<ToolOutcome> {
  // A yes can be withdrawn within the minute of waiting.
  const objection = await findObjection(author.id, about?.id, ports);
  if (objection) return toUnchangedOutcome(objection);
  const { clock, guildId } = ports;
  const outcome = await memories.addMemory({
    guildId,
    text,
    byId: author.id,
    byName: toShownName(author),
    aboutId: about?.id,
    aboutName: about && toShownName(about),
    atWallMs: clock.wallMs(),
  });
  return outcome.kind === 'full'
    ? toUnchangedOutcome({
        id: 'limit',
        with: { limit: outcome.limit, command: '/privacy memories' },
      })
    : toOutcome({ id: 'memory.remembered', with: { text } });
}

async function prepareForgetting(
  { number }: { readonly number: number },
  ports: ServerToolPorts,
  { memories }: MemoryPorts,
  signal: AbortSignal,
): Promise<PreparedCall> {
  const { askerId, guildId, getSettings } = ports;
  if (!getSettings().getValue(memorySetting)) return refuseCall({ id: 'memory.off' });
  const memory = memories
    .getCached(guildId)
    .find((candidate) => candidate.number === number);
  if (!memory) return refuseCall({ id: 'unknown', with: { x: number } });
  const readForgetter = async (until: AbortSignal) => ({
    id: askerId,
    mayManage: await ports.isAllowed('manage', askerId, until),
  });
  if (!mayForgetMemory(memory, await readForgetter(signal)))
    return refuseCall({ id: 'perm.manage' });
  return {
    kind: 'ready',
    question: { id: 'memory.ask.forget', with: { n: number, text: memory.text } },
    run: async (_wish, _ports, until) =>
      toOutcome(
        await memories.removeMemory(guildId, number, await readForgetter(until)),
      ),
  };
}

/** Keeps links beside a button from being clickable. */
function breakLinks(text: string): string {
  return text.replaceAll('://', ': //').replace(/(\w\.\w+)\//g, '$1 /');
}

function toShownName({ name }: ChannelMember) {
  return takeFirstChars(toVisibleLine(name), maxNameChars);
}

function refuseCall(textLine: TextLine): PreparedCall {
  return { kind: 'refused', line: textLine };
}
