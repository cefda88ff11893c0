import { expect } from 'vitest';
import type { RegisteredOption } from '#sandbox/world/world.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  hearing,
  madeTexts,
  openScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const lecture = 'This is a rather long lecture about nothing at all that nobody wants to hear out';
const waits = { quietMs: 500, timeoutMs: 20_000 };

/** `say text! voice when=now|queue`: what can be typed, with all that must be and may be chosen. */
function typable(options: readonly RegisteredOption[], before: string): readonly string[] {
  const inner = options.filter(({ type }) => type === 1);
  if (inner.length > 0) {
    return inner.flatMap(({ name, options: own = [] }) => typable(own, `${before} ${name}`));
  }
  const each = options.map(({ name, required, choices }) => {
    const values = (choices ?? []) as readonly { readonly value: string }[];
    const chosen = values.map(({ value }) => value).join('|');
    return `${name}${required ? '!' : ''}${chosen && `=${chosen}`}`;
  });
  return [[before, ...each].join(' ')];
}

scenario('twelve commands can be typed, with these options and choices', async () => {
  await using setup = await openScenario();
  const registered = setup.sandbox.commands();
  const all = registered.flatMap(({ body }) => typable(body.options ?? [], body.name));
  expect(all.toSorted()).toEqual([
    'Ask about this',
    'Read aloud',
    'ask question recording link answer=voice|text|only me|file about voice',
    'captions find words!',
    'captions off',
    'captions on language translate',
    'captions recap since=start|i came session',
    'captions transcript format=txt|srt|json session',
    'help topic',
    'join channel mode=talk|captions follow',
    'leave',
    'privacy allow',
    'privacy deny',
    'privacy export',
    'privacy forget',
    'privacy memories delete',
    'privacy pause',
    'privacy resume',
    'privacy status',
    'say text! when=now|queue track voice wait',
    'settings check',
    'settings set key! value!',
    'settings view',
    'stats view=speed|cost|last turn',
    'stop what=speech|sounds|everything',
    'track fade to! seconds track',
    'track list',
    'track loop mode!=on|off track',
    'track mute track',
    'track pause track',
    'track play sound file track volume loop next wait',
    'track queue track',
    'track remove item! track',
    'track resume track',
    'track seek to! track',
    'track skip track',
    'track stop track',
    'track unmute track',
    'track volume level! track',
    'voice bot voice form=edit|remove',
    'voice list',
    'voice me language voice speed name answers=written|spoken',
    'voice preview voice',
    'voice words add say remove',
  ]);
});

scenario('/say tells how many are ahead, takes eight, and /stop drops them all', async () => {
  await using setup = await openScenario();
  const cleo = setup.sandbox.person('Cleo');
  expect(await commandReply(cleo, 'say', { text: 'Hello' })).toMatchObject(
    whispered('leave.nowhere'),
  );
  const adam = await callIn(setup, 'Adam');
  const say = (words: string) => commandReply(adam, 'say', { text: words });
  expect(await commandReply(cleo, 'say', { text: 'Hello' })).toMatchObject(
    whispered('perm.room', { channel: 'Lounge' }),
  );
  expect(await say('\u{1f642} ```x = 1```')).toMatchObject(whispered('say.empty'));
  expect(await say(lecture)).toMatchObject(whispered('say.now'));
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
    expect(await say(`Number ${n}`)).toMatchObject(whispered('say.queued', { n }));
  }
  expect(await say('One more')).toMatchObject(
    whispered('limit', { limit: 8, command: '/track queue track:voice' }),
  );
  await hearing(adam);
  const stopping = adam.command('stop');
  expect(await stopping.answered(soon())).toMatchObject(whispered('stop.ok'));
  const heard = await adam.listen({ ...waits, sinceMs: 0 }, soon());
  expect(heard.lastAtMs - stopping.sentAtMs).toBeLessThan(500);
  expect(await commandReply(adam, 'stop')).toMatchObject(whispered('stop.nothing'));
  expect(madeTexts(setup)).toEqual([lecture]);
});
