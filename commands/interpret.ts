import { commandInChannel } from '#commands/command-rights.ts';
import type {
  CommandCall,
  CommandGroup,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { describeLanguages } from '#src/features/interpreting/session-interpreting.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { toOptionalLines } from '#src/texts/texts.ts';
import { toUnknownValueReply } from './captions/transcript.ts';
import { createLanguageOption } from './language-option.ts';

const languageOptions = ['first', 'second', 'third', 'fourth'] as const;

const interpretOn = commandInChannel({
  name: 'on',
  description: 'command.interpret.on',
  shownTo: 'room',
  options: languageOptions.map((name, n) => {
    const option = createLanguageOption(name, 'command.interpret.language');
    return n < 2 ? { ...option, required: true } : option;
  }),
  run: turnOnInterpreting,
});

async function turnOnInterpreting(
  { caller, guildId, inputs }: CommandCall,
  { features }: CommandPorts,
): Promise<Replies> {
  const languages: string[] = [];
  for (const typed of languageOptions.flatMap((name) => inputs[name] ?? [])) {
    const tag = parseLanguageTag(typed);
    if (tag === undefined) return toUnknownValueReply(typed);
    languages.push(tag);
  }
  const outcome = await features.interpreting.turnOn(guildId, languages);
  if (outcome.kind === 'failed') return [outcome.line];
  const lines = toOptionalLines(!outcome.isSaved, { id: 'voice.unsaved' });
  const buttons = ['captions.leave_out'];
  return [
    { ...describeLanguages(languages, caller.locale), to: 'room', lines, buttons },
  ];
}

const interpretOff = commandInChannel({
  name: 'off',
  description: 'command.interpret.off',
  isNeverLimited: true,
  shownTo: 'room',
  options: [],
  run: async ({ guildId }, { features }) => {
    const outcome = await features.interpreting.turnOff(guildId);
    const isUnsaved = outcome.kind === 'set' && !outcome.isSaved;
    const lines = toOptionalLines(isUnsaved, { id: 'voice.unsaved' });
    return [{ id: 'interpret.off', to: 'room', lines }];
  },
});

/** `/interpret`: says what people say in the other languages of their channel. */
export const interpret: CommandGroup = {
  name: 'interpret',
  description: 'command.interpret.on',
  help: {
    topic: 'interpret',
    command: 'interpret on',
    buildLine: ({ hasModel }) => (hasModel ? { id: 'help.interpret' } : undefined),
  },
  commands: [interpretOn, interpretOff],
};
