import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { captionsLanguageSetting } from '#src/settings/channel-settings.ts';
import {
  badValue,
  defineIdSetting,
  defineSwitchSetting,
  type ServerSetting,
  toReadValue,
} from '#src/settings/setting-definition.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';

const captionsGroup = 'settings.group.captions';

const maxDays = 365;

/** Captions begin with each session. */
export const captionsBeginSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('captions', captionsGroup),
  perChannel: true,
  restored: 'present',
};

/** Captions get a thread in this channel. Default: the chat of the voice channel. */
export const captionsChannelSetting: ServerSetting<ChannelId | undefined> = {
  ...defineIdSetting('captions_channel', 'text-channel', captionsGroup),
  perChannel: true,
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

/** Names the needs of a recap at the end of a session. */
const recapNeeds: ServerSetting<boolean>['outside'] = {
  listHindrances(isOn, _guildId, { hasChatModel }, getValue) {
    const model = hasChatModel ? [] : [{ id: 'help.model' } as const];
    const captions = getValue(captionsBeginSetting)
      ? []
      : [{ id: 'settings.needs_captions' } as const];
    return isOn ? [...model, ...captions] : [];
  },
};

/** A recap is posted when a session ends. */
export const recapSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('recap', captionsGroup),
  perChannel: true,
  restored: 'present',
  outside: recapNeeds,
};

/** The points of each session are added to the notes of its voice channel. */
export const notesSetting: ServerSetting<boolean> = {
  ...defineSwitchSetting('notes', captionsGroup),
  perChannel: true,
  restored: 'present',
  outside: recapNeeds,
};

export const captionSettings: readonly ServerSetting[] = [
  captionsBeginSetting,
  captionsChannelSetting,
  captionsDaysSetting,
  recapSetting,
  notesSetting,
];

export type CaptionOptions = {
  /** BCP 47. */
  readonly translateTo?: string | undefined;
};

type SettingsDep = { readonly settings: Pick<StoredSettings, ChannelAccess> };
type ChannelAccess = 'listChannelTexts' | 'setChannelValues';

/** Has captions begin with each session in a channel. Returns false if unsaved. Never throws. */
export function saveChannelCaptions(
  guildId: GuildId,
  channelId: ChannelId,
  { translateTo }: CaptionOptions,
  { settings }: SettingsDep,
): Promise<boolean> {
  const changes = new Map([
    [captionsBeginSetting.key, captionsBeginSetting.formatValue(true)],
    [captionsLanguageSetting.key, translateTo],
  ]);
  return settings.setChannelValues(guildId, channelId, changes);
}

/**
 * Has captions begin in a channel only where the server wants them. A channel for which a manager set them off keeps that.
 * Returns false if unsaved. Never throws.
 */
export async function removeChannelCaptions(
  guildId: GuildId,
  channelId: ChannelId,
  { settings }: SettingsDep,
): Promise<boolean> {
  const { formatValue, key } = captionsBeginSetting;
  const isOff = settings
    .listChannelTexts(guildId, key)
    .some(([id, text]) => id === channelId && text === formatValue(false));
  const keys = [...(isOff ? [] : [key]), captionsLanguageSetting.key];
  const changes = new Map(keys.map((key) => [key, undefined]));
  return await settings.setChannelValues(guildId, channelId, changes);
}
