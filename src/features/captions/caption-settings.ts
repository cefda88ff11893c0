import { type ChannelId, type GuildId, toWebhookId } from '#src/base/ids.ts';
import type { Webhook } from '#src/ports/caption-chats.ts';
import { captionsLanguageSetting } from '#src/settings/channel-settings.ts';
import {
  badValue,
  defineIdSetting,
  defineSwitchSetting,
  type GetSettingValue,
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

/** Place of a recap at the end: where captions stand, a new thread of a text channel, or wherever a webhook posts. */
export type RecapPlace =
  | { readonly kind: 'captions' }
  | { readonly kind: 'thread'; readonly parentChannelId: ChannelId }
  | { readonly kind: 'webhook'; readonly webhook: Webhook };

const besideCaptions: RecapPlace = { kind: 'captions' };
/** Source: Discord docs, "Webhook Resource". Only Discord's own are taken, whose messages an erasure reaches. */
const webhookPattern =
  /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/(\d{15,21})\/([\w-]{20,100})$/;
const maxWebhookChars = 200;
const shownWebhookDigits = 6;

const threadSetting = defineIdSetting('recap_to', 'text-channel', captionsGroup);

/** Where a recap at the end is posted. Who reads the value sees no token of a webhook. */
export const recapPlaceSetting: ServerSetting<RecapPlace> = {
  key: 'recap_to',
  group: captionsGroup,
  inputs: [
    { kind: 'text-channel', max: 1 },
    { kind: 'typed', maxChars: maxWebhookChars },
  ],
  getDefault: () => besideCaptions,
  parseValue(typed, choices) {
    const [, webhookId, token] = webhookPattern.exec(typed) ?? [];
    if (webhookId !== undefined && token !== undefined)
      return toReadValue({
        kind: 'webhook',
        webhook: { id: toWebhookId(webhookId), token },
      });
    if (typed.toLowerCase() === besideCaptions.kind) return toReadValue(besideCaptions);
    const channel = threadSetting.parseValue(typed, choices);
    if (channel.kind === 'bad') return channel;
    const parentChannelId = channel.value;
    return toReadValue(
      parentChannelId === undefined
        ? besideCaptions
        : { kind: 'thread', parentChannelId },
    );
  },
  formatValue(place) {
    if (place.kind === 'thread') return place.parentChannelId;
    if (place.kind === 'captions') return place.kind;
    // A whole id would be shown as the mention of a channel.
    return `webhook \u2026${place.webhook.id.slice(-shownWebhookDigits)}`;
  },
  listValues: () => [besideCaptions.kind],
  perChannel: true,
  restored: 'present',
};

/** Formats where the recaps of a channel go, for a comparison. Undefined where nothing is posted. */
export function formatRecapPlace(getValue: GetSettingValue): string | undefined {
  if (!getValue(recapSetting)) return undefined;
  return recapPlaceSetting.formatValue(getValue(recapPlaceSetting));
}

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
  recapPlaceSetting,
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
