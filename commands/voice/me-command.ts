import {
  createLanguageOption,
  findUnspokenLanguage,
} from '#commands/language-option.ts';
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

type ReadChange = { readonly change: PersonChange } | { readonly wrong: Reply };

export const me: Command = {
  name: 'me',
  description: 'command.voice.me',
  options: [
    createLanguageOption('language', 'command.voice.me', [defaultWord]),
    createVoiceOption('command.say.voice', [defaultWord]),
    {
      name: 'speed',
      description: 'command.voice.me',
      kind: 'decimal',
      min: minSpeed,
      max: maxSpeed,
    },
    {
      name: 'name',
      description: 'command.voice.me',
      kind: 'text',
      maxChars: maxNameChars,
    },
    {
      name: 'answers',
      description: 'command.voice.me',
      kind: 'choice',
      values: answerWays,
    },
  ],
  async run(call, { peopleSettings, features }) {
    const { guildId, caller } = call;
    const read = await parseChange(call, features.voices);
    if ('wrong' in read) return [read.wrong];
    if (Object.keys(read.change).length === 0) {
      const settings = await peopleSettings.loadSettings(guildId, caller.id);
      return settings ? formatSettings(settings, call) : [{ id: 'store.unread' }];
    }
    const { settings, isSaved } = await peopleSettings.changeSettings(
      guildId,
      caller.id,
      read.change,
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
): Promise<ReadChange> {
  const { inputs } = call;
  const parts = [
    parseLanguage(call, voices),
    await parseVoice(inputs.voice, voices),
    parseSpeed(inputs.speed),
    parseSpokenName(inputs.name),
    parseAnswerWay(inputs.answers),
  ];
  const wrong = parts.find((part) => 'wrong' in part);
  if (wrong) return wrong;
  const changes = parts.map((part) => ('change' in part ? part.change : {}));
  return { change: Object.assign({}, ...changes) };
}

const nothing: ReadChange = { change: {} };

function parseLanguage(call: CommandCall, voices: VoicesAndPreviews): ReadChange {
  const { language: typed } = call.inputs;
  if (typed === undefined) return nothing;
  if (isDefaultWord(typed)) return { change: { language: null } };
  const language = parseLanguageTag(typed);
  if (language === undefined) return { wrong: { id: 'unknown', with: { x: typed } } };
  const unspoken = findUnspokenLanguage(language, call, voices);
  return unspoken ? { wrong: unspoken } : { change: { language } };
}

async function parseVoice(
  typed: string | undefined,
  voices: VoicesAndPreviews,
): Promise<ReadChange> {
  if (typed === undefined) return nothing;
  if (isDefaultWord(typed)) return { change: { voice: null } };
  const voice = await voices.findVoice(typed);
  return voice === undefined
    ? { wrong: toUnknownVoiceReply(typed, await voices.listVoices()) }
    : { change: { voice } };
}

function parseSpeed(typed: string | undefined): ReadChange {
  if (typed === undefined) return nothing;
  const speed = Number(typed); // Discord has checked its range
  return { change: { speed: speed === 1 ? null : speed } };
}

/** Parses a spoken name, which needs a letter and no markup. */
function parseSpokenName(typed: string | undefined): ReadChange {
  if (typed === undefined) return nothing;
  if (isDefaultWord(typed)) return { change: { spokenName: null } };
  const spokenName = toOneLine(typed).trim();
  return /\p{L}/u.test(spokenName) && !/[<>{}[\]|\p{C}]/u.test(spokenName)
    ? { change: { spokenName } }
    : { wrong: { id: 'voice.name.bad' } };
}

function parseAnswerWay(chosen: string | undefined): ReadChange {
  const answers = answerWays.find((way) => way === chosen);
  return answers ? { change: { answers } } : nothing;
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
  more: readonly TextLine[] = [],
): Replies {
  const named =
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
    ...more,
  ];
  return [{ id: 'voice.mine', with: { voice, language: named }, lines }];
}
