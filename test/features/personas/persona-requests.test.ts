import { toGuildId, toRoleId } from '#src/base/ids.ts';
import type { PersonaCaller } from '#src/features/personas/persona-requests.ts';
import type { Persona } from '#src/settings/persona.ts';
import {
  adam,
  den,
  eva,
  lounge,
  openCalled,
  openSessionFixture,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';

const g = toGuildId('g');
const speech = 'human-cards-004';
const pirate: Persona = {
  name: 'Pirate',
  instructions: 'Talk like a pirate.',
  voice: 'rms',
};
const dj: PersonaCaller = {
  guildId: g,
  id: adam.id,
  mayManage: false,
};

/** Adam says something and whatever comes of it is over. */
async function askBot(fixture: SessionFixture) {
  await passTime(fixture, 6_000, await sayWords(speech, adam, fixture.clock.nowMs()));
}

const becomePersona = (
  { personas }: Pick<SessionFixture, 'personas'>,
  persona = pirate,
) => personas.savePersona(g, lounge.channelId, persona);

const listRequests = ({ chat }: SessionFixture) =>
  chat.asked.map(({ messages }) => messages);

test('the next answer after a change is that of the persona, which knows what was said', async () => {
  const fixture = await openCalled();
  await askBot(fixture);
  expect(await becomePersona(fixture)).toEqual({ kind: 'saved', saved: true });
  await askBot(fixture);
  const heads = listRequests(fixture).map(([head]) => head?.content ?? '');
  expect(heads[0]).toContain('Be brief.');
  expect(heads.at(-1)).toMatch(/^Talk like a pirate\. Your name is Pirate\./);
  expect(listRequests(fixture).at(-1)).toHaveLength(4);
  const voices = fixture.synthesizer.asked.map(({ voice: { name } }) => ({ name }));
  expect(voices).toEqual([{ name: 'slt' }, { name: 'rms' }]);
});

test('only a DJ chooses a voice: alone with the bot, by role, or by Manage Server', async () => {
  const roleIds = [toRoleId('100000000000000001')];
  const { personas, settings } = await openCalled({}, [{ ...adam, roleIds }, eva]);
  await settings.setSetting(g, 'dj_role', `<@&${roleIds}>`);
  const guest: PersonaCaller = { ...dj, id: eva.id };
  const may = [guest, dj, { ...guest, mayManage: true }].map((caller) =>
    personas.mayChangeVoice(caller),
  );
  expect(may).toEqual([false, true, true]);
});

test('a persona holds in its channel, survives a restart, and ends when it is emptied', async () => {
  const formerBot = await openCalled();
  await becomePersona(formerBot);
  const nextBot = openSessionFixture({ settingsStore: formerBot.settingsStore });
  expect(await nextBot.personas.getPersona(g, lounge.channelId)).toEqual(pirate);
  const { settings } = nextBot.sessions;
  expect(settings.getForChannel(g, lounge.channelId)).toMatchObject({
    voice: 'rms',
    persona: pirate,
  });
  expect(settings.getForChannel(g, den.channelId)).toMatchObject({
    voice: 'slt',
    persona: {},
  });
  await becomePersona(nextBot, {});
  expect(settings.getForChannel(g, lounge.channelId).instructions).toBe('Be brief.');
});
