import {
  badValue,
  defineIdSetting,
  defineSwitchSetting,
  type ServerSetting,
  toReadValue,
} from '#src/settings/setting-definition.ts';

const captionsGroup = 'settings.group.captions';

/** Most days that captions can be kept. */
const maxDays = 365;

/** Captions begin with each session. */
export const captionsBeginSetting = defineSwitchSetting('captions', {
  group: captionsGroup,
  about: 'settings.about.captions',
});

/** Text channel in which captions get a thread; undefined: they are posted in the chat of the voice channel. */
export const captionsChannelSetting = defineIdSetting('captions_channel', 'text-channel', {
  group: captionsGroup,
  about: 'settings.about.captions_channel',
});

/** Days that captions are kept; 0: nothing is written to disk. */
export const captionsDaysSetting: ServerSetting<number> = {
  key: 'captions_days',
  group: captionsGroup,
  about: 'settings.about.captions_days',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 3 }],
  getDefault: () => 7,
  parse(words) {
    const days = /^\d{1,3}$/.test(words) ? Number(words) : Number.NaN;
    return days <= maxDays ? toReadValue(days) : badValue;
  },
  format: (days) => `${days}`,
  listValues: () => ['0', '1', '7', '30'],
};

/** A recap is posted when a session with captions ends. */
export const recapSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('recap', { group: captionsGroup, about: 'settings.about.recap' }),
  listHindrances(isOn, _guildId, { hasChatModel }, of) {
    const model = hasChatModel ? [] : [{ id: 'help.model' } as const];
    const captions = of(captionsBeginSetting) ? [] : [{ id: 'settings.needs_captions' } as const];
    return isOn ? [...model, ...captions] : [];
  },
};

/** Settings of captions. */
export const captionSettings: readonly ServerSetting[] = [
  captionsBeginSetting,
  captionsChannelSetting,
  captionsDaysSetting,
  recapSetting,
];
