import { readConfig } from '#src/config/config.ts';
import { settings } from '#src/config/settings.ts';
import { serverSettings } from '#src/features/features.ts';
import { postTextTool } from '#src/features/tools/post-text-tool.ts';
import { parseSetting } from '#src/settings/setting-definition.ts';
import { readGuildSettings } from '#src/settings/stored-settings.ts';
import { readPrices } from '#src/spending/prices/prices.ts';
import { choices } from '#test/commands/command-ports.ts';
import { makeJson, makeText } from '#test/fuzz/fuzz-inputs.ts';
import { makeTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const price = {
  model: 'm',
  host: 'api.example',
  asOf: '2026-11-20',
  source: 'https://a.example',
  usd: { perMillionInputTokens: 1, perMinute: 0.5 },
};
const jsonText = (...samples: readonly unknown[]) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: makeJson(...samples).map((value) => JSON.stringify(value) ?? ''),
    },
    {
      weight: 1,
      arbitrary: makeText(['{', '}', '[', ']', '"', ':', ',', '1', 'null', '\\u']),
    },
  );

const words = [
  ...'http://127.0.0.1:1/v1 https:// ws://a local embedded auto on off ask role'.split(
    ' ',
  ),
  ...'123456789012345678 <@&123456789012345678> name always chained realtime'.split(
    ' ',
  ),
  ...'0 -1 1e9 NaN en-US Europe/Berlin / *. : = a'.split(' '),
  ...[', ', ' ', '\n', '\0'],
];
const environment = fc.dictionary(
  fc.constantFrom(...Object.keys(settings.shape)),
  makeText(words, 6),
  { maxKeys: 12, noNullPrototype: true },
);
const guildValues = fc.array(
  fc.tuple(fc.constantFrom(...serverSettings), makeText(words, 6)),
  {
    maxLength: 9,
  },
);

export const settingsTargets = [
  makeTarget(
    'price-file',
    jsonText([price], [price, { ...price, model: 'n' }]),
    (json) => {
      readPrices(json);
    },
  ),
  makeTarget('environment', environment, (given) => {
    readConfig(given);
  }),
  makeTarget('guild-settings', guildValues, (entries) => {
    for (const [setting, value] of entries) parseSetting(setting, value, choices);
    const set = new Map(entries.map(([{ key }, value]) => [key, value]));
    const stored = { values: set, channels: new Map(), isLoaded: true };
    readGuildSettings(serverSettings, stored, choices);
  }),
  makeTarget('tool-arguments', jsonText({ text: 'a' }), (json) => {
    postTextTool.bind({}).parseArguments(json);
  }),
];
