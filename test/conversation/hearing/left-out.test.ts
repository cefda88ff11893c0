import { expect, test } from 'vitest';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';

async function joined() {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const session = fixture.sessions.session('g') ?? expect.fail();
  const { gate } = session.context;
  return { fixture, gate, session };
}

test('who is left out is heard and not written, from that word on', async () => {
  const { fixture, gate } = await joined();
  expect([gate.mayHear('adam'), gate.mayWrite('adam')]).toEqual([true, true]);
  expect(await fixture.captions.leaveOut('g', 'adam', true)).toEqual({ saved: true });
  expect([gate.mayHear('adam'), gate.mayWrite('adam')]).toEqual([true, false]);
  await fixture.captions.leaveOut('g', 'adam', false);
  expect(gate.mayWrite('adam')).toBe(true);
});

test('who is not heard is not written', async () => {
  const { fixture, gate } = await joined();
  expect(gate.mayWrite(eva.id)).toBe(false);
  await fixture.hearing.pause('g');
  expect(gate.mayWrite(adam.id)).toBe(false);
});

test('who was left out once is so in the next session, until they are forgotten', async () => {
  const { fixture } = await joined();
  await fixture.captions.leaveOut('g', 'adam', true);
  await fixture.sessions.leave('g');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const gate = fixture.sessions.session('g')?.context.gate;
  expect([gate?.mayHear('adam'), gate?.mayWrite('adam')]).toEqual([true, false]);
  expect(await fixture.privacy.forget('g', 'adam')).toMatchObject({ kind: 'forgotten', total: 1 });
  expect(await fixture.consents.leftOutPeople.readLeftOut('g')).toEqual(new Set());
});

test('as long as it is not known who is left out, only those are written who say so now', async () => {
  const fixture = openSessionFixture();
  fixture.consents.leftOutPeople.trouble = 'unreadable';
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const gate = fixture.sessions.session('g')?.context.gate;
  expect([gate?.mayHear('adam'), gate?.mayWrite('adam')]).toEqual([true, false]);
  expect(gate?.isLeftOut('adam')).toBe(true);
  expect(await fixture.captions.leaveOut('g', 'adam', false)).toEqual({ saved: false });
  expect([gate?.mayWrite('adam'), gate?.isLeftOut('adam')]).toEqual([true, false]);
});

test('a yes is good for ever, for the session, or by the policy alone', async () => {
  const { fixture, gate } = await joined();
  expect([gate.consentOf('adam'), gate.consentOf('eva')]).toEqual(['brief', 'unasked']);
  await fixture.privacy.allow('g', 'eva');
  expect(gate.consentOf('eva')).toBe('always');
  gate.govern({ policy: 'notice' });
  expect(gate.consentOf('ben')).toBe('policy');
});
