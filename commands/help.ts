import type {
  Command,
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import type { Feature } from '#src/features/contract/feature.ts';
import type { HelpEntry, HelpState } from '#src/features/contract/help-entries.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';
import {
  describeNextStep,
  findPresentConsent,
  type TalkStep,
} from '#src/ports/talk-guide.ts';
import { describeObstacle } from '#src/sessions/join-obstacles.ts';
import { formatText, type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import { judgeChannel } from './join.ts';

const firstTopics = ['ask', 'stop', 'privacy'];
const maxHelpLines = 4;

type FirstStep = Pick<CallerHelp, 'buttons' | 'lines'>;
/** The help that one caller may read in the current state of the server. */
type CallerHelp = {
  readonly lines: readonly TextLine[];
  readonly buttons: readonly string[];
  readonly isSmallModel: boolean;
  readonly topics: ReadonlyMap<string, TextLine>;
};

const troubleEntry: HelpEntry = {
  topic: 'trouble',
  buildLine: () => ({ id: 'help.trouble' }),
};

/** Creates `/help`, which explains these commands and features. */
export function createHelpCommand(
  commands: readonly (Command | CommandGroup)[],
  features: readonly Pick<Feature, 'help'>[],
): Command {
  const entries = listHelpEntries(commands, features);
  return {
    name: 'help',
    description: 'command.help',
    isForEverybody: true,
    options: [],
    run: async (call, ports) =>
      toHelpReply(call, await buildHelp(entries, call, ports)),
  };
}

/** Lists all topics of the help: commands first, then features, trouble last. */
export function listHelpEntries(
  commands: readonly (Command | CommandGroup)[],
  features: readonly Pick<Feature, 'help'>[],
): readonly HelpEntry[] {
  return [
    ...toHelpEntries(commands),
    ...features.flatMap(({ help = [] }) => help),
    troubleEntry,
  ];
}

function toHelpEntries(
  commands: readonly (Command | CommandGroup)[],
): readonly HelpEntry[] {
  return commands.flatMap((command) => [
    ...(command.help ? [command.help] : []),
    ...('commands' in command ? toHelpEntries(command.commands) : []),
  ]);
}

async function buildHelp(
  entries: readonly HelpEntry[],
  call: CommandCall,
  ports: CommandPorts,
): Promise<CallerHelp> {
  const denied = await ports.guilds.findDenial(call);
  const state = await ports.guilds.readHelpState(call.guildId);
  const callerEntries = entries.filter((entry) =>
    isForCaller(entry, call, denied !== undefined),
  );
  const topics = callerEntries.flatMap((entry) => {
    const explanation = entry.buildLine(state);
    return explanation ? ([[entry.topic, explanation]] as const) : [];
  });
  const firstStep = denied
    ? { lines: [denied], buttons: ['privacy'] }
    : findFirstStep(call, state, ports);
  const { isSmallModel } = state;
  return { ...firstStep, isSmallModel, topics: new Map(topics) };
}

function isForCaller(entry: HelpEntry, { caller }: CommandCall, isDenied: boolean) {
  if (entry.for === 'everybody') return true;
  return !isDenied && (entry.for !== 'manager' || caller.mayManage);
}

/** Shows a topic, or the first steps, above a menu of all topics. */
function toHelpReply({ caller, inputs }: CommandCall, help: CallerHelp): Replies {
  const { buttons, isSmallModel, lines: firstLines, topics } = help;
  const about = topics.get(inputs.topic?.trim() ?? '');
  const machine = toOptionalLines(caller.locale !== 'en', { id: 'help.machine' });
  const small = toOptionalLines(isSmallModel, { id: 'panel.small' });
  const page = [
    ...firstLines,
    ...firstTopics.flatMap((topic) => topics.get(topic) ?? []),
  ];
  const [heading = { id: 'join.none' } as const, ...lines] = about
    ? [about]
    : [...page.slice(0, maxHelpLines), ...small, ...machine];
  const menu = {
    kind: 'one-of',
    name: 'help.topic',
    placeholder: { id: 'help.more' },
    min: 1,
    max: 1,
    options: ['start', ...help.topics.keys()].map((topic) => ({
      value: topic,
      label: formatText('help.topic', { topic }, caller.locale),
    })),
  } as const;
  return [{ ...heading, lines, buttons, pickers: [menu], inPlace: true }];
}

function findFirstStep(
  call: CommandCall,
  { hasModel, talk }: HelpState,
  ports: CommandPorts,
): FirstStep {
  const step = toFirstStep(call, talk, ports);
  const modelLines = toOptionalLines(!hasModel && call.caller.mayManage, {
    id: 'help.model',
  });
  return { lines: [step.line, ...modelLines], buttons: [...step.buttons, 'privacy'] };
}

function toFirstStep(
  call: CommandCall,
  talk: HelpState['talk'],
  ports: CommandPorts,
): TalkStep {
  const { caller, guildId } = call;
  const { places, sessions } = ports;
  const channel = sessions.at(guildId);
  if (!talk || !channel) return toCallStep(call, ports);
  const consent = findPresentConsent(caller.id, talk);
  if (consent) return describeNextStep(talk, consent);
  return { line: toJoinRoomLine(channel, caller.id, places), buttons: [] };
}

/** Describes how the caller brings the bot in, or why it cannot come. */
function toCallStep(call: CommandCall, ports: CommandPorts): TalkStep {
  const { channel } = call.caller;
  const verdict = channel && judgeChannel(channel, call, ports);
  if (!channel || !verdict) return { line: { id: 'join.none' }, buttons: [] };
  const obstacle = describeObstacle(verdict, channel);
  const callStep = { id: 'join.here', with: { channel: channel.name } } as const;
  return { line: obstacle ?? callStep, buttons: obstacle ? [] : ['try.join'] };
}
