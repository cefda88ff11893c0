import { visibleLine } from '#src/captions/files/visible-line.ts';
import type { Memory } from '#src/captions/transcript-store.ts';
import type { SessionContext } from '#src/session/context.ts';
import type {
  MemoryDraft,
  PreparedAction,
  ToolMemories,
  ToolOutcome,
} from '#src/session/ports/tool.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { firstChars } from '#src/texts/plain.ts';
import { type TextLine, text } from '#src/texts/texts.ts';
import { peopleNamedIn, personByName } from './person-by-name.ts';

/** Longest memory, in characters. */
const maxMemoryChars = 200;
/** Memories that one server has at most; the store counts, too. */
const mostMemories = 50;
const maxNameChars = 64;

/** Memories as a tool may change them for one asker; for several at once it may not. */
export function memoriesFor(askerIds: readonly string[], context: SessionContext): ToolMemories {
  const [askerId = ''] = askerIds.length === 1 ? askerIds : [];
  return {
    remember: async (draft) => remember(draft, askerId, context),
    forget: (number, signal) => forget(number, askerId, context, signal),
  };
}

function remember(draft: MemoryDraft, askerId: string, context: SessionContext): PreparedAction {
  const words = firstChars(unlinked(visibleLine(draft.text)), maxMemoryChars);
  const author = context.people().find(({ id, isBot }) => id === askerId && !isBot);
  if (!author || words === '') return refused({ id: 'memory.unclear' });
  const subject = subjectOf({ ...draft, text: words }, author, context);
  if (!subject) return refused({ id: 'memory.unclear' });
  const about = subject.id === author.id ? undefined : subject;
  const objection = objectionTo(author.id, about?.id, context);
  if (objection) return refused(objection);
  const run = () => write(words, author, about, context);
  const asked = { text: words };
  if (!about) return { kind: 'ready', ask: { id: 'memory.remember.ask', with: asked }, run };
  const ask = { id: 'memory.about.ask', with: { ...asked, by: author.name } } as const;
  return { kind: 'ready', ask, presser: about, run };
}

/** The author, or the one other person the memory names; undefined for a bot, an absent person, and several at once. */
function subjectOf(
  { text: words, about }: MemoryDraft,
  author: ChannelMember,
  context: SessionContext,
): ChannelMember | undefined {
  const people = context.people();
  const others = people.filter(({ id, isBot }) => id !== author.id && !isBot);
  const named = peopleNamedIn(words, others);
  const given = about === undefined ? undefined : personByName(about, people);
  if (about !== undefined && (!given || given.isBot)) return undefined;
  const meant = new Map([...named, ...(given ? [given] : [])].map((one) => [one.id, one]));
  if (named.length > 0) meant.delete(author.id);
  if (meant.size > 1) return undefined;
  return [...meant.values()][0] ?? author;
}

/** Why this author may have nothing remembered, or not about this person; undefined: nothing stands against it. */
function objectionTo(
  authorId: string,
  aboutId: string | undefined,
  { channel, gate, parts, settings }: SessionContext,
): TextLine | undefined {
  if (!settings().memory) return { id: 'memory.off' };
  const involved = [authorId, ...(aboutId === undefined ? [] : [aboutId])];
  if (involved.some((id) => gate.yesKind(id) !== 'always')) return { id: 'memory.no_yes' };
  const isFull = parts.memories.known(channel.guildId).length >= mostMemories;
  return isFull ? full(mostMemories) : undefined;
}

/** Checks everything once more: a minute is long enough to withdraw a yes. */
async function write(
  words: string,
  author: ChannelMember,
  about: ChannelMember | undefined,
  context: SessionContext,
): Promise<ToolOutcome> {
  const objection = objectionTo(author.id, about?.id, context);
  if (objection) return outcomeOf(objection);
  const { channel, parts } = context;
  const added = await parts.memories.add({
    guildId: channel.guildId,
    text: words,
    byId: author.id,
    byName: nameOf(author),
    ...(about && { aboutId: about.id, aboutName: nameOf(about) }),
    atWallMs: parts.clock.wallMs(),
  });
  if (added.kind === 'full') return outcomeOf(full(added.limit));
  return outcomeOf({ id: 'memory.remembered', with: { text: words } });
}

async function forget(
  number: number,
  askerId: string,
  context: SessionContext,
  signal: AbortSignal,
): Promise<PreparedAction> {
  const { channel, parts, settings } = context;
  if (!settings().memory) return refused({ id: 'memory.off' });
  const memory = parts.memories.known(channel.guildId).find((one) => one.number === number);
  if (!memory) return refused({ id: 'memory.unknown' });
  const objection = await objectionToForgetting(memory, askerId, context, signal);
  if (objection) return refused(objection);
  return {
    kind: 'ready',
    ask: { id: 'memory.forget.ask', with: { n: number, text: memory.text } },
    run: async (_ports, until) => {
      const denied = await objectionToForgetting(memory, askerId, context, until);
      if (denied) return outcomeOf(denied);
      const known = parts.memories.known(channel.guildId).find((one) => one.number === number);
      const isSame = known?.atWallMs === memory.atWallMs && known.text === memory.text;
      const isGone = !isSame || !(await parts.memories.remove(channel.guildId, number));
      return outcomeOf({ id: isGone ? 'memory.unknown' : 'memory.forgotten' });
    },
  };
}

async function objectionToForgetting(
  memory: Memory,
  askerId: string,
  context: SessionContext,
  signal: AbortSignal,
): Promise<TextLine | undefined> {
  if (mayForget(memory, askerId, false)) return undefined;
  if (await context.tools.isAllowed('manage', askerId, signal)) return undefined;
  return { id: 'memory.denied', with: { name: memory.byName } };
}

/** Whether this person may have a memory deleted. */
export function mayForget(
  { byId, aboutId }: Memory,
  personId: string,
  mayManage: boolean,
): boolean {
  return mayManage || byId === personId || aboutId === personId;
}

/** So that nothing beside a button can be clicked. */
function unlinked(words: string): string {
  return words.replaceAll('://', ': //').replace(/(\w\.\w+)\//g, '$1 /');
}

function nameOf({ name }: ChannelMember): string {
  return firstChars(visibleLine(name), maxNameChars);
}

function full(limit: number): TextLine {
  return { id: 'memory.full', with: { limit } };
}

function refused(line: TextLine): PreparedAction {
  return { kind: 'refused', line };
}

function outcomeOf(line: TextLine): ToolOutcome {
  return { facts: { outcome: text(line.id, line.with) }, line };
}
