import { isPersonaKey } from './persona.ts';
import {
  parseStoredValue,
  type ServerSetting,
  type SettingChoices,
} from './setting-definition.ts';
import { isWordKey } from './stored-vocabulary-words.ts';

type SettingTexts = ReadonlyMap<string, string>;

/**
 * Chooses the settings of a server after a restore: each by the rule of its setting, personas and words of the copy, and
 * other entries, such as captions of a channel, of now.
 */
export function chooseRestoredSettings(
  {
    copied,
    present,
  }: { readonly copied: SettingTexts; readonly present: SettingTexts },
  definitions: readonly ServerSetting[],
  choices: SettingChoices,
): SettingTexts {
  const keys = new Set([...copied.keys(), ...present.keys()]);
  const chosen = [...keys].flatMap((key) => {
    const texts = { copied: copied.get(key), present: present.get(key) };
    const setting = definitions.find((one) => one.key === key);
    const text = setting
      ? chooseText(setting, texts, choices)
      : isPersonaKey(key) || isWordKey(key)
        ? texts.copied
        : texts.present;
    return text === undefined ? [] : [[key, text] as const];
  });
  return new Map(chosen);
}

function chooseText(
  setting: ServerSetting,
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
