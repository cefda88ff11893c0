import { toGuildId } from '#src/base/ids.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  joinLounge,
  makePerson,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';

const g = toGuildId('g');
const [ben, cleo, dora] = [makePerson('Ben'), makePerson('Cleo'), makePerson('Dora')];

/** Adam and Eva sit there. */
async function openAnnounced(value: string, options: FixtureOptions = {}) {
  const fixture = await joinLounge({ addressing: 'off', ...options });
  await fixture.settings.setSetting(g, 'arrivals', value);
  await passTime(fixture, 6_000);
  return fixture;
}

const listSaid = ({ synthesizer }: SessionFixture) =>
  synthesizer.texts.filter((text) => /(?:is|are) here|(?:has|have) left/.test(text));

async function seatPeople(fixture: SessionFixture, ...people: readonly (typeof ben)[]) {
  fixture.linkOpener.link.present.push(...people);
  await passTime(fixture, 3_000);
}

async function unseatPerson(fixture: SessionFixture, person: typeof ben) {
  const { present } = fixture.linkOpener.link;
  present.splice(present.indexOf(person), 1);
  await passTime(fixture, 3_000);
}

test('nobody hears who comes unless the owner wants that', async () => {
  const fixture = await openAnnounced('off');
  await seatPeople(fixture, ben);
  expect(listSaid(fixture)).toEqual([]);
});

test('who comes and who leaves is said by name, and several in one sentence after a quiet time', async () => {
  const fixture = await openAnnounced('names');
  await seatPeople(fixture, ben);
  await seatPeople(fixture, cleo);
  await unseatPerson(fixture, eva);
  expect(listSaid(fixture)).toEqual(['Ben is here.']);
  await passTime(fixture, 10_000);
  expect(listSaid(fixture).join(' ')).toBe('Ben is here. Cleo is here. Eva has left.');
});

test('who comes and goes within the quiet time is not told', async () => {
  const fixture = await openAnnounced('names');
  await seatPeople(fixture, ben);
  await seatPeople(fixture, cleo);
  await unseatPerson(fixture, cleo);
  await passTime(fixture, 20_000);
  expect(listSaid(fixture)).toEqual(['Ben is here.']);
});

test('who said no, or is left out, is never named', async () => {
  const fixture = await openAnnounced('names');
  await fixture.privacy.deny(g, ben.id);
  await fixture.captions.setLeftOut(g, cleo.id, true);
  await seatPeople(fixture, ben, cleo, dora);
  expect(listSaid(fixture)).toEqual(['Dora is here.']);
});

test('it is said over nobody', async () => {
  const fixture = await openAnnounced('names', { addressing: 'name' });
  const nowMs = fixture.clock.nowMs();
  const packets = await sayWords('human-cards-004', adam, nowMs);
  const isEarly = ({ atMs }: { readonly atMs: number }) => atMs <= nowMs + 800;
  await passTime(fixture, 800, packets.filter(isEarly));
  fixture.linkOpener.link.present.push(ben);
  await passTime(
    fixture,
    800,
    packets.filter((packet) => !isEarly(packet)),
  );
  expect(listSaid(fixture)).toEqual([]);
  await passTime(fixture, 8_000);
  expect(listSaid(fixture)).toEqual(['Ben is here.']);
});

test('a tone takes the place of words where the owner likes that', async () => {
  const fixture = await openAnnounced('sound');
  const spokenBefore = fixture.synthesizer.texts.length;
  const sentBefore = fixture.linkOpener.link.sent;
  await seatPeople(fixture, ben);
  expect(fixture.synthesizer.texts).toHaveLength(spokenBefore);
  expect(fixture.linkOpener.link.sent).toBeGreaterThan(sentBefore);
});
