import { expect, test } from 'vitest';
import { PeoplePresent } from '#src/console/prompt/people-present.ts';
import { openSetup } from '#test/console/exchange-setup.ts';

const hint = '  Two people are in the room now: begin with "Nova, ..." or press its Ask button.\n';

function open(channel?: string) {
  const { parts, screen } = openSetup((request) =>
    request.do === 'state' ? { bot: { online: true, channel }, commands: [] } : {},
  );
  return { company: new PeoplePresent(parts, false), screen };
}

test('the second person in the channel brings the rule about the name, a third does not', async () => {
  const { company: people, screen } = open('Lounge');
  people.seated('Adam', 'Lounge');
  await people.enter('Bob');
  expect(screen()).toBe(`  Bob joined Lounge\n${hint}`);
  await people.enter('Bob');
  await people.enter('Cleo');
  expect(screen()).toBe('  Cleo joined Lounge\n');
});

test('whoever is left alone with the bot is told that no name is needed', async () => {
  const { company: people, screen } = open('Lounge');
  people.seated('Adam', 'Lounge');
  await people.enter('Bob');
  await people.enter('Cleo');
  screen();
  await people.leave('Cleo');
  expect(screen()).toBe('  Cleo left Lounge\n');
  await people.leave('Bob');
  expect(screen()).toBe('  Bob left Lounge\n  Adam is alone with Nova now and needs no name.\n');
  await people.leave('Bob');
  expect(screen()).toBe('  Bob is not here.\n');
  await people.enter('Bob');
  expect(screen()).toBe(`  Bob joined Lounge\n${hint}`);
});

test('where the bot is not, nobody needs its name', async () => {
  const { company: people, screen } = open();
  await people.enter('Adam');
  await people.enter('Bob');
  await people.leave('Bob');
  expect(screen()).toBe('  Adam joined Lounge\n  Bob joined Lounge\n  Bob left Lounge\n');
});
