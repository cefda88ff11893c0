import {
  createLanguageOption,
  findUnspokenLanguage,
} from '#commands/language-option.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import type { Command, CommandCall, Replies, Reply } from '#src/features/command.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import {
  answerWays,
  maxSpeed,
  minSpeed,
  type PersonSettings,
} from '#src/people/person-settings.ts';
import type { PersonChange } from '#src/settings/personal-settings-cache.ts';
import { getLanguageName, parseLanguageTag } from '#src/texts/language-names.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import { createVoiceOption, toUnknownVoiceReply } from './voice-option.ts';

const defaultWord = 'default';
const maxNameChars = 50;

type ParsedChange = { readonly change: PersonChange } | { readonly refusal: Reply };

/** `/voice me`: shows and changes how the bot speaks with its caller. */
export const me: Command = {
  name: 'me',
  description: 'command.voice.me',
  options: [
    createLanguageOption('language', 'command.voice.me.language', [defaultWord]),
    createVoiceOption('command.say.voice', [defaultWord]),
    {
      name: 'speed',
      description: 'command.voice.me.speed',
      kind: 'decimal',
      min: minSpeed,
      max: maxSpeed,
    },
    {
      name: 'name',
      description: 'command.voice.me.name',
      kind: 'text',
      maxChars: maxNameChars,
    },
    {
      name: 'answers',
      description: 'command.voice.me.answers',
      kind: 'choice',
      values: answerWays,
    },
  ],
  async run(call, { peopleSettings, features }) {
    const { guildId, caller } = call;
    const parsed = await parseChange(call, features.voices);
    if ('refusal' in parsed) return [parsed.refusal];
    if (Object.keys(parsed.change).length === 0) {
      const settings = await peopleSettings.loadSettings(guildId, caller.id);
      return settings ? formatSettings(settings, call) : [{ id: 'store.unread' }];
    }
    const { settings, isSaved } = await peopleSettings.changeSettings(
      guildId,
      caller.id,
      parsed.change,
    );
    return formatSettings(
      settings,
      call,
      toOptionalLines(!isSaved, { id: 'voice.unsaved' }),
    );
  },
};

async function parseChange(
  call: CommandCall,
  voices: VoicesAndPreviews,
): Promise<ParsedChange> {
  const { inputs } = call;
  const parsedInputs = [
    parseLanguage(call, voices),
    await parseVoice(inputs.voice, voices),
    parseSpeed(inputs.speed),
    parseSpokenName(inputs.name),
    parseAnswers(inputs.answers),
  ];
  const refused = parsedInputs.find((parsed) => 'refusal' in parsed);
  if (refused) return refused;
  const changes = parsedInputs.map((parsed) =>
    'change' in parsed ? parsed.change : {},
  );
  return { change: Object.assign({}, ...changes) };
}

const noChange: ParsedChange = { change: {} };

function parseLanguage(call: CommandCall, voices: VoicesAndPreviews): ParsedChange {
  const { language: typed } = call.inputs;
  if (typed === undefined) return noChange;
  if (isDefaultWord(typed)) return { change: { language: null } };
  const language = parseLanguageTag(typed);
  if (language === undefined) return { refusal: { id: 'unknown', with: { x: typed } } };
  const unspoken = findUnspokenLanguage(language, call, voices);
  return unspoken
    ? { refusal: unspoken }
    : { change: { language: admitChosenLanguage(language) } };
}

async function parseVoice(
  typed: string | undefined,
  voices: VoicesAndPreviews,
): Promise<ParsedChange> {
  if (typed === undefined) return noChange;
  if (isDefaultWord(typed)) return { change: { voice: null } };
  const voice = await voices.findVoice(typed);
  return voice === undefined
    ? { refusal: toUnknownVoiceReply(typed, await voices.listVoices()) }
    : { change: { voice } };
}

function parseSpeed(typed: string | undefined): ParsedChange {
  if (typed === undefined) return noChange;
  const speed = Number(typed); // Discord has checked its range
  return { change: { speed: speed === 1 ? null : speed } };
}

/** Parses a spoken name, which needs a letter and no markup. */
function parseSpokenName(typed: string | undefined): ParsedChange {
  if (typed === undefined) return noChange;
  if (isDefaultWord(typed)) return { change: { spokenName: null } };
  const spokenName = toOneLine(typed).trim();
  return /\p{L}/u.test(spokenName) && !/[<>{}[\]|\p{C}]/u.test(spokenName)
    ? { change: { spokenName } }
    : { refusal: { id: 'voice.name.bad' } };
}

function parseAnswers(typed: string | undefined): ParsedChange {
  const answers = answerWays.find((answerWay) => answerWay === typed);
  return answers ? { change: { answers } } : noChange;
}

function isDefaultWord(typed: string) {
  return typed.trim().toLowerCase() === defaultWord;
}

function formatSettings(
  {
    language,
    voice = defaultWord,
    speed,
    spokenName,
    answers = 'spoken',
  }: PersonSettings,
  { caller }: CommandCall,
  furtherLines: readonly TextLine[] = [],
): Replies {
  const languageName =
    language === undefined ? defaultWord : getLanguageName(language, caller.locale);
  const lines: readonly TextLine[] = [
    ...(speed === undefined ? [] : [{ id: 'voice.speed', with: { speed } } as const]),
    ...(spokenName === undefined
      ? []
      : [{ id: 'voice.name', with: { name: spokenName } } as const]),
    ...toOptionalLines(answers !== 'spoken', {
      id: 'voice.answers.written',
      with: { answers },
    }),
    ...furtherLines,
  ];
  return [{ id: 'voice.mine', with: { voice, language: languageName }, lines }];
}
