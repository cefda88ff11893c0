import { readConfig } from '#src/config/config.ts';
import { settings } from '#src/config/settings.ts';
import { settingKeys } from '#src/session/ports/settings.ts';
import { noOwnCaps } from '#src/session/settings/budget-settings.ts';
import { readSetting, settingsOf } from '#src/session/settings/guild-settings.ts';
import { nothing } from '#src/spending/caps.ts';
import { readPrices } from '#src/spending/prices/prices.ts';
import { jsonLike, textOf } from '#test/fuzz/inputs.ts';
import { target } from '#test/fuzz/target.ts';
import { fc } from '#test/properties.ts';
import { postText } from '#tools/post-text.ts';

const price = {
  model: 'm',
  host: 'api.example',
  asOf: '2026-11-20',
  source: 'https://a.example',
  usd: { perMillionInputTokens: 1, perMinute: 0.5 },
};
const jsonText = (...samples: readonly unknown[]) =>
  fc.oneof(
    { weight: 9, arbitrary: jsonLike(...samples).map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: textOf(['{', '}', '[', ']', '"', ':', ',', '1', 'null', '\\u']) },
  );

const words = [
  ...[
    'http://127.0.0.1:1/v1',
    'https://',
    'ws://a',
    'embedded',
    'auto',
    'on',
    'off',
    'ask',
    'role',
  ],
  ...[
    '123456789012345678',
    '<@&123456789012345678>',
    'name',
    'always',
    'chained',
    'realtime',
    ', ',
  ],
  ...['0', '-1', '1e9', 'NaN', 'en-US', 'Europe/Berlin', '/', '*.', ':', ' ', '\n', '\0', '=', 'a'],
];
const environment = fc.dictionary(
  fc.constantFrom(...Object.keys(settings.shape)),
  textOf(words, 6),
  { maxKeys: 12, noNullPrototype: true },
);
const guildValues = fc.array(fc.tuple(fc.constantFrom(...settingKeys), textOf(words, 6)), {
  maxLength: 9,
});

export const settingsTargets = [
  target('price-file', jsonText([price], [price, { ...price, model: 'n' }]), (json) => {
    readPrices(json);
  }),
  target('environment', environment, (given) => {
    readConfig(given);
  }),
  target('guild-settings', guildValues, (entries) => {
    const caps = { personDay: nothing, serverDay: nothing, serverMonth: nothing };
    const choices = { pipelines: ['chained'], voices: [], roleId: '1', caps } as const;
    for (const [key, value] of entries) readSetting(key, value, choices);
    settingsOf(new Map(entries), standard, choices);
  }),
  target('tool-arguments', jsonText({ text: 'a' }), (json) => {
    postText.fit(json);
  }),
];

const standard: Parameters<typeof settingsOf>[1] = {
  pipeline: 'chained',
  addressing: 'auto',
  cues: 'soft',
  typed: 'voice',
  instructions: 'x',
  names: [],
  duckForPeople: false,
  captionsDays: 7,
  catchUp: true,
  recap: false,
  memory: false,
  autoJoin: [],
  leaveAfterMs: 60_000,
  userRoleIds: [],
  blockedIds: [],
  ...noOwnCaps,
  languages: [],
  timeZone: 'UTC',
  announce: false,
  consent: { policy: 'ask' },
};
