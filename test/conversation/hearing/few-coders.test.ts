import { expect, test } from 'vitest';
import { openOpusScript } from '#src/audio/opus/load-opus.ts';
import { adam, openSessionFixture } from '#test/conversation/setup/session-fixture.ts';

const codec = await openOpusScript();

test('where the Opus library has no coders left /join says so, and no session is lost', async () => {
  const fixture = openSessionFixture({ codec }, [adam]);
  const kinds: string[] = [];
  for (let n = 1; n <= 32; n++) {
    const channel = { guildId: `g${n}`, channelId: 'lounge', name: 'Lounge' };
    kinds.push((await fixture.sessions.join(channel, 'adam')).kind);
  }
  expect(kinds.slice(0, 20)).toEqual(Array(20).fill('joined'));
  expect(kinds.at(-1)).toBe('no-coders');
  expect([...fixture.of('failed'), ...fixture.of('left')]).toEqual([]);
  await fixture.sessions.leave('g1');
  const channel = { guildId: 'g40', channelId: 'lounge', name: 'Lounge' };
  expect((await fixture.sessions.join(channel, 'adam')).kind).toBe('joined');
}, 20_000);
