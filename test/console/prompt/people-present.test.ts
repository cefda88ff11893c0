import { expect, test } from 'vitest';
import { PeoplePresent } from '#src/console/prompt/people-present.ts';
import { openStage } from '#test/console/stage.ts';

const hint = '  Two people are in the room now: begin with "Nova, ..." or press its Ask button.\n';

function open(channel?: string) {
  const { stage, look } = openStage((request) =>
    request.do === 'state' ? { bot: { online: true, channel }, commands: [] } : {},
  );
  return { company: new PeoplePresent(stage, false), look };
}

test('the second person in the room brings the rule about the name, a third does not', async () => {
  const { company: people, look } = open('Lounge');
  people.seated('Adam', 'Lounge');
  await people.enter('Bob');
  expect(look()).toBe(`  Bob joined Lounge\n${hint}`);
  await people.enter('Bob');
  await people.enter('Cleo');
  expect(look()).toBe('  Cleo joined Lounge\n');
});

test('whoever is left alone with the bot is told that no name is needed', async () => {
  const { company: people, look } = open('Lounge');
  people.seated('Adam', 'Lounge');
  await people.enter('Bob');
  await people.enter('Cleo');
  look();
  await people.leave('Cleo');
  expect(look()).toBe('  Cleo left Lounge\n');
  await people.leave('Bob');
  expect(look()).toBe('  Bob left Lounge\n  Adam is alone with Nova now and needs no name.\n');
  await people.leave('Bob');
  expect(look()).toBe('  Bob is not here.\n');
  await people.enter('Bob');
  expect(look()).toBe(`  Bob joined Lounge\n${hint}`);
});

test('where the bot is not, nobody needs its name', async () => {
  const { company: people, look } = open();
  await people.enter('Adam');
  await people.enter('Bob');
  await people.leave('Bob');
  expect(look()).toBe('  Adam joined Lounge\n  Bob joined Lounge\n  Bob left Lounge\n');
});
