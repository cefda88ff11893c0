import { expect, test } from 'vitest';
import type { AlertName } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

async function called(): Promise<SessionFixture> {
  const fixture = openSessionFixture({}, [adam, eva]);
  await fixture.sessions.join(lounge, 'adam');
  return fixture;
}

function alert(
  fixture: SessionFixture,
  name: AlertName,
  state: 'raised' | 'cleared' = 'raised',
  speakerId?: string,
): void {
  const about = speakerId === undefined ? {} : { speakerId };
  fixture.sessions.alert('g', { kind: 'alert', name, state, cause: 'it broke', ...about });
}

test('a channel reads of a dead UDP path at once, and of the same trouble once in five minutes', async () => {
  const fixture = await called();
  alert(fixture, 'udp-dead');
  await pass(fixture, 100);
  expect(fixture.written).toEqual([text('link.udp')]);
  alert(fixture, 'udp-dead', 'cleared');
  await pass(fixture, 240_000);
  alert(fixture, 'udp-dead');
  await pass(fixture, 1_000);
  expect(fixture.written).toHaveLength(1);
  alert(fixture, 'udp-dead', 'cleared');
  await pass(fixture, 60_000);
  alert(fixture, 'udp-dead');
  await pass(fixture, 1_000);
  expect(fixture.written).toEqual([text('link.udp'), text('link.udp')]);
});

test('somebody whose sound does not arrive is named, and nobody who has left', async () => {
  const fixture = await called();
  alert(fixture, 'unheard-speaker', 'raised', 'eva');
  await pass(fixture, 100);
  expect(fixture.written).toEqual([text('heard.missing', { name: 'Eva' })]);
  const other = await called();
  alert(other, 'unheard-speaker', 'raised', 'nobody');
  await pass(other, 100);
  expect(other.written).toEqual([]);
});

test('trouble that is over before it can be told is not told', async () => {
  const fixture = await called();
  alert(fixture, 'udp-dead');
  await pass(fixture, 100);
  alert(fixture, 'encryption-unsettled');
  await pass(fixture, 100);
  alert(fixture, 'encryption-unsettled', 'cleared');
  await pass(fixture, 60_000);
  expect(fixture.written).toEqual([text('link.udp')]);
});

test('while the link is down the panel says that it reconnects, each time, and nothing is written', async () => {
  const fixture = await called();
  await pass(fixture, 10_000);
  for (const _ of [1, 2]) {
    alert(fixture, 'link-down');
    await pass(fixture, 500);
    expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'reconnecting' });
    alert(fixture, 'link-down', 'cleared');
    await pass(fixture, 500);
    expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'listening' });
  }
  expect(fixture.written).toEqual([]);
});

test('the panel says so for as long as anything keeps the link from carrying sound', async () => {
  const fixture = await called();
  await pass(fixture, 10_000);
  alert(fixture, 'encryption-unsettled');
  alert(fixture, 'link-down');
  alert(fixture, 'link-down', 'cleared');
  await pass(fixture, 500);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'reconnecting' });
  alert(fixture, 'encryption-unsettled', 'cleared');
  await pass(fixture, 500);
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'listening' });
});

/** From now on no link opens, each try for 15 s. */
function close({ clock, linkOpener }: SessionFixture): () => void {
  const open = linkOpener.open;
  linkOpener.open = async (_where, _mayHear, signal) => {
    await clock.sleep(15_000, signal);
    throw new BotError('link.timeout', true, 'Is UDP blocked here?');
  };
  return () => {
    linkOpener.open = open;
  };
}

test('of a UDP path that stays dead for ten minutes the channel reads one sentence, and that it was given up', async () => {
  const fixture = await called();
  await pass(fixture, 1_000);
  close(fixture);
  alert(fixture, 'udp-dead');
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(200_000);
  expect(fixture.written).toEqual([text('link.udp')]);
  await fixture.clock.advance(400_000);
  expect(fixture.written).toEqual([text('link.udp'), text('gave_up')]);
  await fixture.clock.advance(17 * 60_000); // what people said for that session is deleted
  expect(fixture.clock.sleeping).toBe(0);
});

test('a link that is lost again after its trouble was mended is told as lost', async () => {
  const fixture = await called();
  await pass(fixture, 1_000);
  const open = close(fixture);
  alert(fixture, 'udp-dead');
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(40_000);
  open();
  await fixture.clock.advance(30_000);
  alert(fixture, 'udp-dead', 'cleared');
  await fixture.clock.advance(90_000);
  close(fixture);
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(60_000);
  expect(fixture.written).toEqual([text('link.udp'), text('reconnecting')]);
});
