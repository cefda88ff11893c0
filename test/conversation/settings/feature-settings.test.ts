import { expect, test } from 'vitest';
import { panelPickers } from '#commands/settings/panel-presses.ts';
import { set } from '#commands/settings/set.ts';
import type { Command, CommandCall } from '#src/conversation/command.ts';
import type { Feature } from '#src/conversation/feature.ts';
import { wordSetting } from '#src/conversation/settings/setting-definition.ts';
import { serverSettings } from '#src/features/features.ts';
import { text } from '#src/texts/texts.ts';
import { adam as caller, ports } from '#test/commands/ports.ts';
import {
  lounge,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { MemorySettings } from '#test/fakes/memory-stores.ts';

const greeting = wordSetting('greeting', ['warm', 'cold'], () => 'warm', {
  group: 'settings.group.answers',
  about: 'join.spoken',
});

/** A feature with one setting, which its session reads whenever settings change; and what it has read. */
function greeter() {
  const read: string[] = [];
  const feature: Feature = {
    name: 'greeter',
    settings: [greeting],
    open: () => ({
      shard: () => ({
        session: ({ settings }) => ({ governed: () => void read.push(settings().of(greeting)) }),
      }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  return { feature, read };
}

/** Lines that a manager reads who runs this command, or opens the setting in the panel. */
async function run(
  command: Pick<Command, 'run'>,
  { sessions }: SessionFixture,
  words: CommandCall['words'] = {},
): Promise<readonly string[]> {
  const call = { ...caller, mayManage: true, words };
  const replies = await command.run(call, {
    ...ports(),
    port: (type) => sessions.features.port(type),
  });
  const lines = replies.flatMap((reply) => [reply, ...(reply.lines ?? [])]);
  return lines.map((line) => text(line.id, line.with));
}

const opens = panelPickers.find(({ name }) => name === 'settings.open');
const shown = async (fixture: SessionFixture) => {
  if (!opens) throw new Error('no panel');
  return (await run(opens, fixture, { about: 'greeting' }))[0];
};

test('a setting that a feature declares is suggested, set, refused, shown, stored, read and reset', async () => {
  const { feature, read } = greeter();
  const fixture = openSessionFixture({ moreFeatures: [feature] });
  const { sessions, settingsStore } = fixture;
  const stored = async () => (await settingsStore.read('g')).get('greeting');
  const suggested = async (option: 0 | 1, typed: string) => {
    const [{ suggest } = {}] = [set.options[option]].filter((one) => one?.kind === 'text');
    const call = { ...caller, words: { key: 'greeting' } };
    return await suggest?.(typed, call, {
      ...ports(),
      port: (type) => sessions.features.port(type),
    });
  };
  await fixture.sessions.join(lounge, 'adam');

  expect(await suggested(0, 'gree')).toEqual(['greeting']);
  expect(await suggested(1, '')).toEqual(['warm', 'cold', 'default']);
  expect(await shown(fixture)).toBe('**greeting**: warm (default)');
  expect(new Set(read)).toEqual(new Set(['warm']));

  expect(await run(set, fixture, { key: 'greeting', value: 'hot' })).toEqual([
    'greeting takes warm, cold, or default. Nothing changed.',
  ]);
  expect(await stored()).toBeUndefined();

  expect(await run(set, fixture, { key: 'greeting', value: 'Cold' })).toEqual([
    'Saved: greeting is cold.',
  ]);
  expect(await stored()).toBe('Cold');
  expect(await shown(fixture)).toBe('**greeting**: cold (set in this server)');
  expect(read.at(-1)).toBe('cold');

  expect(await run(set, fixture, { key: 'greeting', value: 'default' })).toEqual([
    'Saved: greeting is warm.',
  ]);
  expect(await stored()).toBeUndefined();
  expect(await shown(fixture)).toBe('**greeting**: warm (default)');
  expect(read.at(-1)).toBe('warm');
  await fixture.sessions.leave('g');
});

test('a stored value of a feature applies after a restart, and counts as not set once it is unreadable', async () => {
  const settingsStore = new MemorySettings();
  const { feature } = greeter();
  await settingsStore.write('g', 'greeting', 'cold');
  await settingsStore.write('other', 'greeting', 'hot');
  const { settings } = openSessionFixture({ settingsStore, moreFeatures: [feature] }).sessions;
  await settings.load('g');
  await settings.load('other');
  expect([settings.in('g'), settings.in('other')].map(({ of }) => of(greeting))).toEqual([
    'cold',
    'warm',
  ]);
});

test('a setting that no feature declares cannot be read', () => {
  const { settings } = openSessionFixture().sessions;
  expect(() => settings.in('g').of(greeting)).toThrow('No feature has the setting greeting.');
});

test('each setting has a key of its own, and says what may be typed', () => {
  const keys = serverSettings.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const choices = openSessionFixture().sessions.settings.choices;
  for (const { key, unreadableLine, values } of serverSettings)
    expect(unreadableLine?.(choices) ?? values(choices)[0], key).toBeDefined();
});
