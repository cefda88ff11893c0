import { languageOption, unspokenLanguage } from '#commands/language-option.ts';
import type { Public } from '#src/base/public.ts';
import type { Command, CommandCall, Replies, Reply } from '#src/features/command.ts';
import type { VoicesAndPreviews } from '#src/features/typed/voices-and-previews.ts';
import {
  answerWays,
  maxSpeed,
  minSpeed,
  type PersonSettings,
} from '#src/people/person-settings.ts';
import type { PersonChange } from '#src/settings/personal-settings-cache.ts';
import { languageName, languageTag } from '#src/texts/language-names.ts';
import { oneLine } from '#src/texts/plain.ts';
import { lineIf, type TextLine } from '#src/texts/texts.ts';
import { unknownVoice, voiceOption } from './voice-option.ts';

/** Value that takes a choice back. */
const standard = 'default';
const maxNameChars = 50;

/** A change that was read from what was typed, or the reply that says what is wrong with it. */
type Read = { readonly change: PersonChange } | { readonly wrong: Reply };

export const me: Command = {
  name: 'me',
  description: 'command.voice.me',
  options: [
    languageOption('language', 'command.voice.me', [standard]),
    voiceOption('command.say.voice', [standard]),
    {
      name: 'speed',
      description: 'command.voice.me',
      kind: 'decimal',
      least: minSpeed,
      most: maxSpeed,
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
    const { guildId, callerId } = call;
    const read = await changeOf(call, features.voices);
    if ('wrong' in read) return [read.wrong];
    if (Object.keys(read.change).length === 0) {
      const settings = await peopleSettings.load(guildId, callerId);
      return settings ? shown(settings, call) : [{ id: 'store.unread' }];
    }
    const { settings, saved } = await peopleSettings.change(guildId, callerId, read.change);
    return shown(settings, call, lineIf(!saved, { id: 'voice.unsaved' }));
  },
};

async function changeOf(call: CommandCall, voices: Public<VoicesAndPreviews>): Promise<Read> {
  const { words } = call;
  const parts = [
    languageOf(call, voices),
    await voiceOf(words.voice, voices),
    speedOf(words.speed),
    spokenNameOf(words.name),
    answersOf(words.answers),
  ];
  const wrong = parts.find((part) => 'wrong' in part);
  if (wrong) return wrong;
  const changes = parts.map((part) => ('change' in part ? part.change : {}));
  return { change: Object.assign({}, ...changes) };
}

const nothing: Read = { change: {} };

function languageOf(call: CommandCall, voices: Public<VoicesAndPreviews>): Read {
  const { language: typed } = call.words;
  if (typed === undefined) return nothing;
  if (isStandard(typed)) return { change: { language: null } };
  const language = languageTag(typed);
  if (language === undefined) return { wrong: { id: 'unknown', with: { x: typed } } };
  const unspoken = unspokenLanguage(language, call, voices);
  return unspoken ? { wrong: unspoken } : { change: { language } };
}

async function voiceOf(
  typed: string | undefined,
  voices: Public<VoicesAndPreviews>,
): Promise<Read> {
  if (typed === undefined) return nothing;
  if (isStandard(typed)) return { change: { voice: null } };
  const voice = await voices.named(typed);
  return voice === undefined
    ? { wrong: unknownVoice(typed, await voices.names()) }
    : { change: { voice } };
}

function speedOf(typed: string | undefined): Read {
  if (typed === undefined) return nothing;
  const speed = Number(typed); // Discord has checked its range
  return { change: { speed: speed === 1 ? null : speed } };
}

/** At least one letter, and no characters that a speech model could read as markup. */
function spokenNameOf(typed: string | undefined): Read {
  if (typed === undefined) return nothing;
  if (isStandard(typed)) return { change: { spokenName: null } };
  const spokenName = oneLine(typed).trim();
  return /\p{L}/u.test(spokenName) && !/[<>{}[\]|\p{C}]/u.test(spokenName)
    ? { change: { spokenName } }
    : { wrong: { id: 'voice.name.bad' } };
}

function answersOf(chosen: string | undefined): Read {
  const answers = answerWays.find((way) => way === chosen);
  return answers ? { change: { answers } } : nothing;
}

function isStandard(typed: string) {
  return typed.trim().toLowerCase() === standard;
}

/** The settings as sentences for their owner. */
function shown(
  { language, voice = standard, speed, spokenName, answers = 'spoken' }: PersonSettings,
  { callerLocale }: CommandCall,
  more: readonly TextLine[] = [],
): Replies {
  const named = language === undefined ? standard : languageName(language, callerLocale);
  const lines: readonly TextLine[] = [
    ...(speed === undefined ? [] : [{ id: 'voice.speed', with: { speed } } as const]),
    ...(spokenName === undefined
      ? []
      : [{ id: 'voice.name', with: { name: spokenName } } as const]),
    ...lineIf(answers !== 'spoken', { id: 'voice.answers.written', with: { answers } }),
    ...more,
  ];
  return [{ id: 'voice.mine', with: { voice, language: named }, lines }];
}
