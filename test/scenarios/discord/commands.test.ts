import { expect } from 'vitest';
import type { RegisteredOption } from '#sandbox/world/world.ts';
import { openScenario, scenario } from '#test/scenarios/setup/scenario-setup.ts';

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
    'say text! when=now|queue track voice',
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
    'track play sound file track volume loop next',
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
