import {
  bad,
  idSetting,
  ok,
  type ServerSetting,
  switchSetting,
} from '#src/settings/setting-definition.ts';

const group = 'settings.group.captions';

/** Most days that captions can be kept. */
const maxDays = 365;

/** Captions begin with each session. */
export const captionsBegin = switchSetting('captions', {
  group,
  about: 'settings.about.captions',
});

/** Text channel in which captions get a thread; undefined: they are posted in the chat of the voice channel. */
export const captionsChannelId = idSetting('captions_channel', 'text-channel', {
  group,
  about: 'settings.about.captions_channel',
});

/** Days that captions are kept; 0: nothing is written to disk. */
export const captionsDays: ServerSetting<number> = {
  key: 'captions_days',
  group,
  about: 'settings.about.captions_days',
  inputs: [{ kind: 'one-of' }, { kind: 'typed', maxChars: 3 }],
  standard: () => 7,
  read(words) {
    const days = /^\d{1,3}$/.test(words) ? Number(words) : Number.NaN;
    return days <= maxDays ? ok(days) : bad;
  },
  shown: (days) => `${days}`,
  values: () => ['0', '1', '7', '30'],
};

/** A recap is posted when a session with captions ends. */
export const recap: ServerSetting<boolean> = {
  ...switchSetting('recap', { group, about: 'settings.about.recap' }),
  hindrances(isOn, _guildId, { hasChatModel }, of) {
    const model = hasChatModel ? [] : [{ id: 'help.model' } as const];
    const captions = of(captionsBegin) ? [] : [{ id: 'settings.needs_captions' } as const];
    return isOn ? [...model, ...captions] : [];
  },
};

/** Settings of captions. */
export const captionSettings: readonly ServerSetting[] = [
  captionsBegin,
  captionsChannelId,
  captionsDays,
  recap,
];
