import type {
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { HelpEntry, HelpState } from '#src/features/contract/help-entries.ts';
import { roomLine } from '#src/ports/room-line.ts';
import { consentThere, nextStep, type TalkStep } from '#src/ports/talk-guide.ts';
import { lineIf, type TextLine, text } from '#src/texts/texts.ts';

/** Topics whose lines stand on the first page, under the first step of the person. */
const firstTopics = ['ask', 'stop', 'privacy'];
/** Lines of the first page: of a manager without a chat model privacy is behind its button. */
const mostLines = 4;

/** First step of a person in this place, with buttons for it. */
type FirstStep = Pick<OwnHelp, 'buttons' | 'lines'>;
/** Help for one person: the first step, and the lines about all that they can do in this server now. */
type OwnHelp = {
  readonly lines: readonly TextLine[];
  readonly buttons: readonly string[];
  readonly topics: ReadonlyMap<string, TextLine>;
};

const trouble: HelpEntry = { topic: 'trouble', line: () => ({ id: 'help.trouble' }) };

/** `/help`, made of the lines that these commands and features declare. */
export function helpAbout(...described: Parameters<typeof helpLines>): Command {
  const all = helpLines(...described);
  return {
    name: 'help',
    description: 'command.help',
    isForEverybody: true,
    options: [],
    run: async (call, ports) => replyTo(call, await helpFor(all, call, ports)),
  };
}

/** Lines that commands and features declare, in the order of `/help`. */
export function helpLines(
  commands: readonly (Command | CommandGroup)[],
  features: readonly Pick<Feature, 'help'>[],
): readonly HelpEntry[] {
  return [...linesOf(commands), ...features.flatMap(({ help = [] }) => help), trouble];
}

/** Lines of commands, that of a group before those of its commands. */
function linesOf(commands: readonly (Command | CommandGroup)[]): readonly HelpEntry[] {
  return commands.flatMap((one) => [
    ...(one.help ? [one.help] : []),
    ...('commands' in one ? linesOf(one.commands) : []),
  ]);
}

async function helpFor(
  all: readonly HelpEntry[],
  call: CommandCall,
  ports: CommandPorts,
): Promise<OwnHelp> {
  const denied = await ports.access.denied(call);
  const state = await ports.helpState(call.guildId);
  const own = all.filter((one) => isFor(one, call, denied !== undefined));
  const topics = own.flatMap((one) => {
    const line = one.line(state);
    return line ? ([[one.topic, line]] as const) : [];
  });
  const first = denied ? { lines: [denied], buttons: ['privacy'] } : firstStep(call, state, ports);
  return { ...first, topics: new Map(topics) };
}

function isFor(line: HelpEntry, { mayManage }: CommandCall, isDenied: boolean) {
  if (line.for === 'everybody') return true;
  return !isDenied && (line.for !== 'manager' || mayManage);
}

/** The first page, or the line of a topic; under both a menu of all topics. */
function replyTo({ callerLocale, words }: CommandCall, own: OwnHelp): Replies {
  const { buttons, lines: first, topics } = own;
  const about = topics.get(words.topic?.trim() ?? '');
  const machine = lineIf(callerLocale !== 'en', { id: 'help.machine' });
  const page = [...first, ...firstTopics.flatMap((topic) => topics.get(topic) ?? [])];
  const [line = { id: 'join.none' } as const, ...lines] = about
    ? [about]
    : [...page.slice(0, mostLines), ...machine];
  const menu = {
    kind: 'one-of',
    name: 'help.topic',
    placeholder: { id: 'help.more' },
    least: 1,
    most: 1,
    options: ['start', ...own.topics.keys()].map((topic) => ({
      value: topic,
      label: text('help.topic', { topic }, callerLocale),
    })),
  } as const;
  const shown = { lines, buttons, pickers: [menu], inPlace: true } as const;
  return [{ ...line, ...shown }];
}

function firstStep(
  call: CommandCall,
  { hasModel, talk }: HelpState,
  ports: CommandPorts,
): FirstStep {
  const { buttons, line } = stepOf(call, talk, ports);
  const model = lineIf(!hasModel && call.mayManage, { id: 'help.model' });
  return { lines: [line, ...model], buttons: [...buttons, 'privacy'] };
}

/** What the caller does next to be answered, from where they sit. */
function stepOf(
  { callerChannel, callerId, guildId }: CommandCall,
  talk: HelpState['talk'],
  { places, sessions }: CommandPorts,
): TalkStep {
  const channel = sessions.at(guildId);
  if (!talk || !channel)
    return { line: { id: 'join.none' }, buttons: callerChannel ? ['try.join'] : [] };
  const consent = consentThere(callerId, talk);
  if (consent) return nextStep(talk, consent);
  return { line: roomLine(channel, callerId, places), buttons: [] };
}
