import { expect, test } from 'vitest';
import { commands } from '#commands/commands.ts';
import { set } from '#commands/settings/set.ts';
import type { Command } from '#src/conversation/command.ts';
import { suggestions } from '#src/discord/interactions/reception.ts';
import { SettingsRequests } from '#src/features/settings/settings-requests.ts';
import { adam, ports } from '#test/commands/ports.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

/** Entries that Discord takes in one list. Source: Discord docs, "Application Commands". */
const most = 25;
const all: readonly Command[] = commands.flatMap((one) => {
  if ('commands' in one) return [...one.commands];
  return 'options' in one ? [one] : [];
});

const shown = async (words: readonly string[]) =>
  (await suggestions(async () => words, new SteppedTiming(), 'en')).map(({ name }) => name);

test('no command has more subcommands, options or choices than Discord takes', () => {
  for (const one of commands) {
    if ('commands' in one) expect(one.commands.length, one.name).toBeLessThanOrEqual(most);
  }
  for (const { name, options } of all) {
    expect(options.length, name).toBeLessThanOrEqual(most);
    for (const option of options)
      if (option.kind === 'choice')
        expect(option.values.length, `${name} ${option.name}`).toBeLessThanOrEqual(most);
  }
});

test('where more fits than Discord takes, the last suggestion says how many are hidden', async () => {
  const words = Array.from({ length: 40 }, (_, n) => `word ${n}`);
  expect(await shown(words.slice(0, most))).toEqual(words.slice(0, most));
  const some = await shown(words);
  expect(some.slice(0, -1)).toEqual(words.slice(0, most - 1));
  expect(some.at(-1)).toBe('… 16 more: keep typing to find them');
});

test('every key of /settings set is offered, at the latest when its first letters are typed', async () => {
  const [key] = set.options;
  const { keys } = ports().port(SettingsRequests);
  if (key?.kind !== 'text') throw new Error('The key is no text.');
  const offered = async (typed: string) =>
    await shown((await key.suggest?.(typed, adam, ports())) ?? []);
  for (const name of keys) {
    const lists = await Promise.all([...name].map((_, n) => offered(name.slice(0, n + 1))));
    expect(lists.slice(0, 2).flat(), name).toContain(name);
  }
});
