import { expect, test } from 'vitest';
import type { AlertName } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
} from '#test/session/setup/session-fixture.ts';

async function called(): Promise<House> {
  const house = openHouse({}, [adam, eva]);
  await house.rooms.join(lounge, 'adam');
  return house;
}

function alert(
  house: House,
  name: AlertName,
  state: 'raised' | 'cleared' = 'raised',
  speakerId?: string,
): void {
  const about = speakerId === undefined ? {} : { speakerId };
  house.rooms.alert('g', { kind: 'alert', name, state, cause: 'it broke', ...about });
}

test('a room reads of a dead UDP path at once, and of the same trouble once in five minutes', async () => {
  const house = await called();
  alert(house, 'udp-dead');
  await pass(house, 100);
  expect(house.written).toEqual([text('link.udp')]);
  alert(house, 'udp-dead', 'cleared');
  await pass(house, 240_000);
  alert(house, 'udp-dead');
  await pass(house, 1_000);
  expect(house.written).toHaveLength(1);
  alert(house, 'udp-dead', 'cleared');
  await pass(house, 60_000);
  alert(house, 'udp-dead');
  await pass(house, 1_000);
  expect(house.written).toEqual([text('link.udp'), text('link.udp')]);
});

test('somebody whose sound does not arrive is named, and nobody who has left', async () => {
  const house = await called();
  alert(house, 'unheard-speaker', 'raised', 'eva');
  await pass(house, 100);
  expect(house.written).toEqual([text('heard.missing', { name: 'Eva' })]);
  const other = await called();
  alert(other, 'unheard-speaker', 'raised', 'nobody');
  await pass(other, 100);
  expect(other.written).toEqual([]);
});

test('trouble that is over before it can be told is not told', async () => {
  const house = await called();
  alert(house, 'udp-dead');
  await pass(house, 100);
  alert(house, 'encryption-unsettled');
  await pass(house, 100);
  alert(house, 'encryption-unsettled', 'cleared');
  await pass(house, 60_000);
  expect(house.written).toEqual([text('link.udp')]);
});

test('while the link is down the panel says that it reconnects, each time, and nothing is written', async () => {
  const house = await called();
  await pass(house, 10_000);
  for (const _ of [1, 2]) {
    alert(house, 'link-down');
    await pass(house, 500);
    expect(house.faces.at(-1)?.state).toEqual({ kind: 'reconnecting' });
    alert(house, 'link-down', 'cleared');
    await pass(house, 500);
    expect(house.faces.at(-1)?.state).toEqual({ kind: 'listening' });
  }
  expect(house.written).toEqual([]);
});

test('the panel says so for as long as anything keeps the link from carrying sound', async () => {
  const house = await called();
  await pass(house, 10_000);
  alert(house, 'encryption-unsettled');
  alert(house, 'link-down');
  alert(house, 'link-down', 'cleared');
  await pass(house, 500);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'reconnecting' });
  alert(house, 'encryption-unsettled', 'cleared');
  await pass(house, 500);
  expect(house.faces.at(-1)?.state).toEqual({ kind: 'listening' });
});

/** From now on no link opens, each try for 15 s. */
function close({ clock, door }: House): () => void {
  const open = door.open;
  door.open = async (_where, _mayHear, signal) => {
    await clock.sleep(15_000, signal);
    throw new BotError('link.timeout', true, 'Is UDP blocked here?');
  };
  return () => {
    door.open = open;
  };
}

test('of a UDP path that stays dead for ten minutes the room reads one sentence, and that it was given up', async () => {
  const house = await called();
  await pass(house, 1_000);
  close(house);
  alert(house, 'udp-dead');
  house.door.link.lose();
  await house.clock.advance(200_000);
  expect(house.written).toEqual([text('link.udp')]);
  await house.clock.advance(400_000);
  expect(house.written).toEqual([text('link.udp'), text('gave_up')]);
  expect(house.clock.sleeping).toBe(0);
});

test('a link that is lost again after its trouble was mended is told as lost', async () => {
  const house = await called();
  await pass(house, 1_000);
  const open = close(house);
  alert(house, 'udp-dead');
  house.door.link.lose();
  await house.clock.advance(40_000);
  open();
  await house.clock.advance(30_000);
  alert(house, 'udp-dead', 'cleared');
  await house.clock.advance(90_000);
  close(house);
  house.door.link.lose();
  await house.clock.advance(60_000);
  expect(house.written).toEqual([text('link.udp'), text('reconnecting')]);
});
