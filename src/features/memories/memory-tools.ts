import { z } from 'zod';
import type {
  PreparedAction,
  ServerToolPorts,
  ToolOutcome,
} from '#src/conversation/tools/tool-entry.ts';
import {
  type Owned,
  outcomeOf,
  tool,
  vainOutcome,
} from '#src/features/contract/tool-definition.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { type MemoryCache, mayForget } from './memory-cache.ts';
import { peopleNamedIn, personByName } from './person-by-name.ts';
import { memorySetting } from './usable-memories.ts';

type MemoryToolPorts = Owned<{ readonly memories: MemoryCache }, ServerToolPorts>;

function isMemoryOn({ of }: GuildSettings) {
  return of(memorySetting);
}

/** Longest memory, in characters. */
const maxMemoryChars = 200;
const maxNameChars = 64;

/** Stores a memory for the server: about the asker at once, about another person once they have confirmed it. */
export const remember = tool({
  name: 'remember',
  description:
    'Remembers something about whoever asks, or about one other person in the channel, for everybody in this server. Only if they ask to have it remembered. Waits for a button of that other person first.',
  schema: z.strictObject({
    text: z
      .string()
      .trim()
      .min(1)
      .max(maxMemoryChars)
      .describe('One sentence, in the words of whoever asks.'),
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
  effect: 'last',
  prepare: (draft, ports: MemoryToolPorts) => prepareMemory(draft, ports.askerId, ports),
});

/** Deletes a memory of the server. */
export const forgetMemory = tool({
  name: 'forget_memory',
  description:
    'Deletes one of the memories by its number. Only if whoever asks wants that. Waits for a button first.',
  schema: z.strictObject({ number: z.number().int().min(1) }),
  right: 'anyone',
  isOffered: () => isMemoryOn,
  effect: 'destroy',
  prepare: ({ number }, ports: MemoryToolPorts, signal) =>
    prepareForgetting(number, ports.askerId, ports, signal),
});

type MemoryDraft = {
  readonly text: string;
  /** Name of the person it is about, if not the asker. */
  readonly about?: string;
};

/** Nothing about another person is written before they have pressed Confirm. */
async function prepareMemory(
  draft: MemoryDraft,
  askerId: PersonId,
  ports: MemoryToolPorts,
): Promise<PreparedAction<ServerToolPorts>> {
  const words = firstChars(unlinked(visibleLine(draft.text)), maxMemoryChars);
  const author = ports.people().find(({ id, isBot }) => id === askerId && !isBot);
  if (!author || words === '') return refused({ id: 'memory.unclear' });
  const subject = subjectOf({ ...draft, text: words }, author, ports);
  if (!subject) return refused({ id: 'memory.unclear' });
  const about = subject.id === author.id ? undefined : subject;
  const objection = await objectionTo(author.id, about?.id, ports);
  if (objection) return refused(objection);
  return {
    kind: 'ready',
    ask: { id: 'memory.ask', with: { text: words } },
    run: () => write(words, author, about, ports),
    presser: about && {
      ...about,
      ask: { id: 'memory.about.ask', with: { text: words, by: author.name } },
    },
  };
}

/** The author, or the one other person the memory names; undefined for a bot, an absent person, and several at once. */
function subjectOf(
  { text: words, about }: MemoryDraft,
  author: ChannelMember,
  ports: ServerToolPorts,
): ChannelMember | undefined {
  const people = ports.people();
  const others = people.filter(({ id, isBot }) => id !== author.id && !isBot);
  const named = peopleNamedIn(words, others);
  const given = about === undefined ? undefined : personByName(about, people);
  if (about !== undefined && (!given || given.isBot)) return undefined;
  const meant = new Set(given && given.id !== author.id ? [...named, given] : named);
  if (meant.size > 1) return undefined;
  return [...meant][0] ?? author;
}

/** Why this author may have nothing remembered, or not about this person; undefined: nothing stands against it. */
async function objectionTo(
  authorId: PersonId,
  aboutId: PersonId | undefined,
  { agreed, settings }: ServerToolPorts,
): Promise<TextLine | undefined> {
  if (!settings().of(memorySetting)) return { id: 'memory.off' };
  const involved = [authorId, aboutId ?? authorId];
  const isAgreed = !(await Promise.all(involved.map(agreed))).includes(false);
  return isAgreed ? undefined : { id: 'memory.no_yes' };
}

/** Checks everything once more: a minute is long enough to withdraw a yes. */
async function write(
  words: string,
  author: ChannelMember,
  about: ChannelMember | undefined,
  ports: MemoryToolPorts,
): Promise<ToolOutcome> {
  const objection = await objectionTo(author.id, about?.id, ports);
  if (objection) return vainOutcome(objection);
  const { clock, guildId, own } = ports;
  const added = await own.memories.add({
    guildId,
    text: words,
    byId: author.id,
    byName: nameOf(author),
    aboutId: about?.id,
    aboutName: about && nameOf(about),
    atWallMs: clock.wallMs(),
  });
  return added.kind === 'full'
    ? vainOutcome({ id: 'limit', with: { limit: added.limit, command: '/privacy memories' } })
    : outcomeOf({ id: 'memory.remembered', with: { text: words } });
}

/** One by its number: of the asker, about them, or any where they manage the server. */
async function prepareForgetting(
  number: number,
  askerId: PersonId,
  ports: MemoryToolPorts,
  signal: AbortSignal,
): Promise<PreparedAction<ServerToolPorts>> {
  const { guildId, own, settings } = ports;
  if (!settings().of(memorySetting)) return refused({ id: 'memory.off' });
  const memory = own.memories.known(guildId).find((one) => one.number === number);
  if (!memory) return refused({ id: 'unknown', with: { x: number } });
  const by = async (until: AbortSignal) => ({
    id: askerId,
    mayManage: await ports.isAllowed('manage', askerId, until),
  });
  if (!mayForget(memory, await by(signal))) return refused({ id: 'perm.manage' });
  return {
    kind: 'ready',
    ask: { id: 'memory.ask.forget', with: { n: number, text: memory.text } },
    run: async (_ports, until) =>
      outcomeOf(await own.memories.remove(guildId, number, await by(until))),
  };
}

/** So that nothing beside a button can be clicked. */
function unlinked(words: string): string {
  return words.replaceAll('://', ': //').replace(/(\w\.\w+)\//g, '$1 /');
}

function nameOf({ name }: ChannelMember): string {
  return firstChars(visibleLine(name), maxNameChars);
}

function refused(line: TextLine): PreparedAction<ServerToolPorts> {
  return { kind: 'refused', line };
}
