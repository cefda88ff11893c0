import type { SettingTexts } from '#src/ports/stores.ts';
import { parseLanguageTag } from '#src/texts/language-names.ts';
import { conversationSettings } from './guild-settings.ts';
import { type Persona, type PersonaField, personaFields } from './persona.ts';
import {
  badValue,
  parseStoredValue,
  type SettingChoices,
  type StoredSetting,
  toReadValue,
} from './setting-definition.ts';

/** A text of a channel. Undefined means that the channel has none. */
type ChannelTextSetting = StoredSetting<string | undefined>;

/** A name of the bot in this channel, beside its names everywhere. */
const nameSetting: ChannelTextSetting = {
  ...defineChannelText('name', (typed) => typed || undefined),
  restored: 'copied',
};

/** BCP 47. All answers are in this language. */
const answerLanguageSetting: ChannelTextSetting = {
  ...defineChannelText('answer_language', parseLanguageTag),
  restored: 'copied',
};

/** BCP 47. Lines of captions get a translation into this language. */
export const captionsLanguageSetting: ChannelTextSetting = {
  ...defineChannelText('captions_language', parseLanguageTag),
  restored: 'present',
};

/** Most languages between which a channel is interpreted. */
const maxInterpretedLanguages = 4;

/** Languages (BCP 47) between which what people say is interpreted aloud. Empty: nothing is. */
export const interpretedLanguagesSetting: StoredSetting<readonly string[]> = {
  key: 'interpreted_languages',
  perChannel: true,
  getDefault: () => [],
  parseValue(typed) {
    const tags = typed.split(' ').map(parseLanguageTag);
    const languages = tags.filter((tag) => tag !== undefined);
    const isWhole = languages.length === tags.length && languages.length > 1;
    return isWhole && languages.length <= maxInterpretedLanguages
      ? toReadValue(languages)
      : badValue;
  },
  formatValue: (languages) => languages.join(' '),
  restored: 'present',
};

/** A person sent the bot out of this channel of `auto_join`, which was never empty since. */
export const autoJoinRestSetting: StoredSetting<boolean> = {
  key: 'auto_join_rest',
  perChannel: true,
  getDefault: () => false,
  parseValue: (typed) => (typed === 'on' ? toReadValue(true) : badValue),
  formatValue: () => 'on',
  restored: 'present',
};

/**
 * Settings that a voice channel has and its server has not. Commands of their own change them. Settings of a server that a
 * channel can have too are `perChannel` where the server's are declared.
 */
export const channelSettings: readonly StoredSetting[] = [
  nameSetting,
  answerLanguageSetting,
  captionsLanguageSetting,
  interpretedLanguagesSetting,
  autoJoinRestSetting,
];

/** The setting that holds each field of a persona. */
export const personaSettings: Readonly<Record<PersonaField, ChannelTextSetting>> = {
  name: nameSetting,
  instructions: conversationSettings.instructions,
  voice: conversationSettings.voice,
  language: answerLanguageSetting,
};

/** Reads the persona of a channel from the texts of its settings. Empty without any. */
export function readPersona(texts: SettingTexts, choices: SettingChoices): Persona {
  const fields = personaFields.map((field) => {
    const setting = personaSettings[field];
    const text = texts.get(setting.key);
    const read =
      text === undefined ? badValue : parseStoredValue(setting, text, choices);
    return [field, read.kind === 'ok' ? read.value : undefined] as const;
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function defineChannelText(
  key: string,
  parseText: (typed: string) => string | undefined,
): Omit<ChannelTextSetting, 'restored'> & { readonly perChannel: true } {
  return {
    key,
    perChannel: true,
    getDefault: () => undefined,
    parseValue(typed) {
      const text = parseText(typed);
      return text === undefined ? badValue : toReadValue(text);
    },
    formatValue: (text = '') => text,
  };
}
