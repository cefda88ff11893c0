import type { SettingTexts } from '#src/ports/stores.ts';
import { channelSettings } from './channel-settings.ts';
import {
  parseStoredValue,
  type SettingChoices,
  type StoredSetting,
} from './setting-definition.ts';
import { isWordKey } from './stored-vocabulary-words.ts';

/**
 * Chooses the settings of a server, or of one of its voice channels, after a restore: each by the rule of its setting, words of
 * the copy, and entries without a setting of now.
 */
export function chooseRestoredSettings(
  {
    copied,
    present,
  }: { readonly copied: SettingTexts; readonly present: SettingTexts },
  serverSettings: readonly StoredSetting[],
  choices: SettingChoices,
): SettingTexts {
  const definitions = [...serverSettings, ...channelSettings];
  const keys = new Set([...copied.keys(), ...present.keys()]);
  const chosen = [...keys].flatMap((key) => {
    const texts = { copied: copied.get(key), present: present.get(key) };
    const setting = definitions.find((one) => one.key === key);
    const text = setting
      ? chooseText(setting, texts, choices)
      : isWordKey(key)
        ? texts.copied
        : texts.present;
    return text === undefined ? [] : [[key, text] as const];
  });
  return new Map(chosen);
}

function chooseText(
  setting: StoredSetting,
  texts: Readonly<Record<'copied' | 'present', string | undefined>>,
  choices: SettingChoices,
) {
  if (typeof setting.restored === 'string') return texts[setting.restored];
  const [copied, present] = [texts.copied, texts.present].map((text) => {
    const parsed =
      text === undefined ? undefined : parseStoredValue(setting, text, choices);
    return parsed?.kind === 'ok' ? parsed.value : setting.getDefault(choices, true);
  });
  // Stored even where it is the default, since the operator may change the default.
  return setting.formatValue(setting.restored.choose(copied, present));
}
