import { expect, test } from 'vitest';
import { openStandIn } from '#src/chat/stand-in.ts';
import { tools } from '#src/features/features.ts';

const standIn = openStandIn({ wallMs: () => 0, timeZone: 'UTC', random: () => 0, botName: 'Nova' });

/** The call for these words, if its arguments fit the tool of the bot that it names. */
async function callFor(words: string, offered = tools) {
  const said = { role: 'user', name: 'Adam', content: words } as const;
  const [part] = await Array.fromAsync(
    standIn.reply([said], offered, new AbortController().signal),
  );
  if (part?.kind !== 'tool') return undefined;
  const { argumentsJson, name } = part.call;
  const fit = tools.find((one) => one.name === name)?.fit(argumentsJson);
  expect(fit).toHaveProperty('effect');
  return [name, JSON.parse(argumentsJson)];
}

test.each([
  ['Louder, please.', 'volume', { change: 20 }],
  ['Nova, can you speak louder?', 'volume', { change: 20 }],
  ['slower', 'speed', { change: 'slower' }],
  ['Say that again.', 'repeat', {}],
  ['Captions on.', 'captions', { on: true }],
  ['Follow me.', 'follow', { follow: true }],
  ['Nova, play me some rain, please', 'play_sound', { sound: 'rain' }],
  ['Pause the music.', 'change_track', { deed: 'pause' }],
  ['Call yourself Max.', 'persona', { name: 'max' }],
])('the stand-in calls a tool for %j', async (words, name, given) => {
  expect(await callFor(words)).toEqual([name, given]);
});

test.each(['What time is it?', 'I play the piano.', 'She is a skipper.', 'Who follows me?'])(
  'the stand-in calls no tool for %j',
  async (words) => expect(await callFor(words)).toBeUndefined(),
);
