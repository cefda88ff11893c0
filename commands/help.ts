import type {
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/conversation/command.ts';
import type { Feature } from '#src/conversation/feature.ts';
import type { HelpEntry, HelpSessionState, HelpState } from '#src/conversation/help-entries.ts';
import { isMachineMade, type TextLine } from '#src/texts/texts.ts';
import { closest } from './closest-names.ts';

/** Most lines of a message, by the reader. */
const mostLines = { member: 12, manager: 16 } as const;

/** First step of a person in this place, with buttons for it. */
type FirstStep = { readonly lines: readonly TextLine[]; readonly buttons: readonly string[] };
/** Help for one person: the first step, and the lines about all that they can do in this server now. */
type OwnHelp = FirstStep & { readonly topics: ReadonlyMap<string, TextLine> };

const trouble: HelpEntry = { topic: 'trouble', line: () => ({ id: 'help.trouble' }) };

/** `/help`, made of the lines that these commands and features declare. */
export function helpAbout(...described: Parameters<typeof helpLines>): Command {
  const all = helpLines(...described);
  return {
    name: 'help',
    description: 'command.help',
    shownTo: 'caller',
    isForEverybody: true,
    options: [
      {
        name: 'topic',
        description: 'command.help.topic',
        kind: 'text',
        maxChars: 100,
        suggest: async (typed, call, ports) =>
          closest(typed, namesOf(await helpFor(all, call, ports))),
      },
    ],
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
  const first = denied
    ? { lines: [denied], buttons: ['try.privacy'] }
    : firstStep(call, state, ports);
  return { ...first, topics: new Map(topics) };
}

function isFor(line: HelpEntry, { mayManage }: CommandCall, isDenied: boolean): boolean {
  if (line.for === 'everybody') return true;
  return !isDenied && (line.for !== 'manager' || mayManage);
}

function namesOf({ topics }: OwnHelp): readonly string[] {
  return ['start', ...topics.keys()];
}

function replyTo({ callerLocale, mayManage, words }: CommandCall, own: OwnHelp): Replies {
  const { lines: first, topics } = own;
  const topic = words.topic?.trim().toLowerCase() ?? '';
  const about =
    topic === 'start' ? first : [topics.get(topic)].filter((line) => line !== undefined);
  const { buttons } = own;
  const reply = (lines: readonly TextLine[]): Replies => {
    const [line = { id: 'help.start' }, ...rest] = lines;
    const more = rest.length > 0 && { lines: rest };
    return [{ ...line, to: 'caller', ...more, buttons, linksCommands: true }];
  };
  if (about.length > 0) return reply(about);
  if (topic !== '') {
    const known = { topic, topics: namesOf(own).join(', ') };
    return [{ id: 'help.unknown', with: known, to: 'caller', buttons }];
  }
  const machine: readonly TextLine[] = isMachineMade(callerLocale) ? [{ id: 'help.machine' }] : [];
  const most = mostLines[mayManage ? 'manager' : 'member'] - first.length - machine.length;
  return reply([...first, ...atMost(most, topics), ...machine]);
}

/** That many lines; topics that do not fit are named in the last of them. */
function atMost(most: number, topics: OwnHelp['topics']): readonly TextLine[] {
  if (topics.size <= most) return [...topics.values()];
  const left = [...topics.keys()].slice(most - 1).join(', ');
  return [...[...topics.values()].slice(0, most - 1), { id: 'help.more', with: { topics: left } }];
}

function firstStep(call: CommandCall, state: HelpState, { places }: CommandPorts): FirstStep {
  const { lines, buttons } = nextStep(call, state, places.botName(call.guildId));
  const model: readonly TextLine[] =
    state.hasModel || !call.mayManage ? [] : [{ id: 'help.model' }];
  return { lines: [...lines, ...model], buttons: [...buttons, 'try.privacy'] };
}

function nextStep(
  { callerChannel, callerId }: CommandCall,
  { session, settings }: HelpState,
  bot: string,
): FirstStep {
  if (!session) {
    if (!callerChannel) return { lines: [{ id: 'help.start' }], buttons: [] };
    const line = { id: 'help.start.call', with: { channel: callerChannel.name } } as const;
    return { lines: [line], buttons: ['try.join'] };
  }
  const { channel, isPaused, isSilent } = session;
  const there = { channel: channel.name };
  if (callerChannel?.channelId !== channel.channelId)
    return { lines: [{ id: 'help.start.there', with: there }], buttons: [] };
  if (isSilent) return { lines: [{ id: 'help.start.silent', with: there }], buttons: [] };
  if (isPaused) return { lines: [{ id: 'privacy.paused' }], buttons: ['resume'] };
  if (!session.hears(callerId))
    return {
      lines: [{ id: 'help.start.unheard' }],
      buttons: ['consent.always'],
    };
  return { lines: [heardLine(session, settings, bot)], buttons: ['ask'] };
}

/** Words with which a person who is heard begins. */
function heardLine(
  { company }: HelpSessionState,
  { addressing }: HelpState['settings'],
  bot: string,
): TextLine {
  if (addressing === 'window' || addressing === 'off')
    return { id: `settings.addressing.${addressing}` };
  const isAnyone = addressing === 'always' || (addressing === 'auto' && company <= 1);
  return isAnyone ? { id: 'help.start.heard' } : { id: 'help.start.name', with: { bot } };
}
