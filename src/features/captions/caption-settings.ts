import type { ChannelId } from '#src/base/ids.ts';
import {
  badValue,
  defineIdSetting,
  defineSwitchSetting,
  type ServerSetting,
  toReadValue,
} from '#src/settings/setting-definition.ts';

const captionsGroup = 'settings.group.captions';

const maxDays = 365;

/** Captions begin with each session. */
export const captionsBeginSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('captions', captionsGroup),
  restored: 'present',
};

/** Captions get a thread in this channel. Default: the chat of the voice channel. */
export const captionsChannelSetting: ServerSetting<ChannelId | undefined> = {
  ...defineIdSetting('captions_channel', 'text-channel', captionsGroup),
  restored: 'present',
};

/** Days that lines are kept. 0 writes nothing to disk. */
export const captionsDaysSetting: ServerSetting<number> = {
  key: 'captions_days',
  group: captionsGroup,
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 3 }],
  getDefault: () => 7,
  parseValue(typed) {
    const days = /^\d{1,3}$/.test(typed) ? Number(typed) : Number.NaN;
    return days <= maxDays ? toReadValue(days) : badValue;
  },
  formatValue: (days) => `${days}`,
  restored: { choose: Math.min },
  listValues: () => ['0', '1', '7', '30'],
};

/** A recap is posted when a session ends. */
export const recapSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('recap', captionsGroup),
  restored: 'present',
  outside: {
    listHindrances(isOn, _guildId, { hasChatModel }, getValue) {
      const model = hasChatModel ? [] : [{ id: 'help.model' } as const];
      const captions = getValue(captionsBeginSetting)
        ? []
        : [{ id: 'settings.needs_captions' } as const];
      return isOn ? [...model, ...captions] : [];
    },
  },
};

export const captionSettings: readonly ServerSetting[] = [
  captionsBeginSetting,
  captionsChannelSetting,
  captionsDaysSetting,
  recapSetting,
];
