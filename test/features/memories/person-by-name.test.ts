import {
  findPeopleNamed,
  findPersonByName,
} from '#src/features/memories/person-by-name.ts';
import { makePerson } from '#test/conversation/setup/session-fixture.ts';

const names = ['Ben Mole', '🔥 Zoë 🔥', 'Matthew', '花子', 'Анна', '###'];
const people = names.map(makePerson);

test.each([
  ['Ben Mole', 'Ben Mole'],
  ['ben', 'Ben Mole'],
  ['Zoe', '🔥 Zoë 🔥'],
  ['Mathew', 'Matthew'],
  ['花子', '花子'],
  ['анна', 'Анна'],
])('somebody called %s is %s', (called, name) =>
  expect(findPersonByName(called, people)?.name).toBe(name),
);

test.each(['Bea', 'Kim', '', '###', 'Mole'])('nobody is called "%s"', (called) =>
  expect(findPersonByName(called, people)).toBeUndefined(),
);

test('a name that two people have is nobody', () => {
  const twins = ['Ben Mole', 'Ben Hill'].map(makePerson);
  expect(findPersonByName('Ben', twins)).toBeUndefined();
  expect(findPersonByName('Ben Hill', twins)?.name).toBe('Ben Hill');
});

test.each([
  ["Ben's birthday is in May.", ['Ben Mole']],
  ['Bens Geburtstag, und ZOE kommt.', ['Ben Mole', '🔥 Zoë 🔥']],
  ['花子はお茶が好き。', ['花子']],
  ['The bench is green.', []],
])('in "%s" these people are named: %j', (text, named) =>
  expect(findPeopleNamed(text, people).map(({ name }) => name)).toEqual(named),
);
