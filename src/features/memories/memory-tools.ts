import { z } from 'zod';
import type { PersonId } from '#src/base/ids.ts';
import type {
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import type { SessionObjects } from '#src/features/contract/session-objects.ts';
import {
  defineTool,
  type FeatureTool,
  type PreparedCall,
  toOutcome,
  toUnchangedOutcome,
} from '#src/features/contract/tool-definition.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GetSettingValue } from '#src/settings/setting-definition.ts';
import { takeFirstChars, toVisibleLine } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { type MemoryCache, mayForgetMemory } from './memory-cache.ts';
import type { DeclinedOffers } from './memory-offers.ts';
import { findPeopleNamed, findPersonByName } from './person-by-name.ts';
import { memorySetting } from './usable-memories.ts';

type MemoryToolPorts = {
  readonly memories: MemoryCache;
  readonly memoryOffers: SessionObjects<UnansweredOffers>;
  readonly declinedOffers: DeclinedOffers;
};

/** People whom the bot has offered to remember something in a session, and who have not said yes to it. */
export type UnansweredOffers = Set<PersonId>;

function isMemoryOn(getValue: GetSettingValue) {
  return getValue(memorySetting);
}

const maxMemoryChars = 200;
const maxNameChars = 64;
const memoryText = z.string().trim().min(1).max(maxMemoryChars);

/** A memory about another person waits for a press of that person. */
export const rememberTool: FeatureTool<MemoryToolPorts> = defineTool({
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
export const offerMemoryTool: FeatureTool<MemoryToolPorts> = defineTool({
  name: 'offer_memory',
  description:
    'Offers whoever asks to remember something lasting that they have just said about themselves, such as their work, taste or plans, without asking to have it remembered. Never about anybody else, and never what the memories hold. A button asks them: say nothing about it, only answer what they said.',
  schema: z.strictObject({
    text: memoryText.describe(
      'One short sentence about them, with their name, in their language.',
    ),
  }),
  right: 'anyone',
  isOffered: () => (getValue, session) => session !== undefined && isMemoryOn(getValue),
  act: { writes: 'row', noticedBy: 'asker', undoneBy: 'asker' },
  prepare: prepareOffer,
});

export const forgetMemoryTool: FeatureTool<MemoryToolPorts> = defineTool({
  name: 'forget_memory',
  description:
    'Deletes one of the memories by its number. Only if whoever asks wants that. Waits for a button first.',
  schema: z.strictObject({ number: z.number().int().min(1) }),
  right: 'anyone',
  isOffered: () => isMemoryOn,
  act: { writes: 'deletion' },
  prepare: prepareForgetting,
});

type MemoryDraft = {
  readonly text: string;
  readonly about?: string;
};

/** Prepares a memory. The press of another person allows one about that person. */
async function prepareMemory(
  draft: MemoryDraft,
  ports: ServerToolPorts,
  ownPorts: MemoryToolPorts,
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
  ownPorts: MemoryToolPorts,
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
  { memories }: MemoryToolPorts,
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
  { memories }: MemoryToolPorts,
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
