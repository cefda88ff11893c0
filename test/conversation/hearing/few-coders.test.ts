import { expect, test } from 'vitest';
import { openOpusScript } from '#src/audio/opus/opus-script.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import {
  type SpeakerInputHandle,
  SpeakerInputs,
} from '#src/conversation/hearing/speaker-inputs.ts';
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
  expect(fixture.of('failed')).toEqual([]);
  expect(fixture.of('left')).toEqual([]);
  await fixture.sessions.leave('g1');
  const channel = { guildId: 'g40', channelId: 'lounge', name: 'Lounge' };
  expect((await fixture.sessions.join(channel, 'adam')).kind).toBe('joined');
}, 20_000);

test('whom no decoder is left for takes the decoder of somebody silent, or is counted', () => {
  const reported: unknown[] = [];
  const input = (): SpeakerInputHandle => ({
    put: () => [],
    tick: () => [],
    read: () => [],
    close: () => undefined,
    counts: () => new SpeakerStream(codec).counts(),
    talking: false,
    pausing: false,
    lastPacketAtMs: 0,
    unheardMs: 0,
    jitterMs: undefined,
  });
  let opened = 0;
  const inputs = new SpeakerInputs(
    () => {
      opened++;
      return input();
    },
    ({ speakerId, packets }) => reported.push([speakerId, packets.crowded]),
    () => opened < 1,
  );
  const packet = (speakerId: string, atMs: number) =>
    inputs.put({ speakerId, sequence: 1, timestamp: 0, opus: new Uint8Array(3), atMs });
  packet('adam', 100);
  packet('eva', 100);
  expect(opened).toBe(1);
  packet('eva', 10_000);
  expect(opened).toBe(2);
  inputs.close();
  expect(reported).toContainEqual(['eva', 1]);
});
