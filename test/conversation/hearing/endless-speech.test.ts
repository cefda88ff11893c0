import type { ChatModel } from '#src/chat/chat-model.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import { adam, passTime, sayWords } from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const talkMs = 130_000;

test.each([[100], [150], [600]])(
  'who talks for two minutes without a pause is answered after them, not in between, with words after %i ms',
  async (tookMs) => {
    const clock = new VirtualClock();
    const transcriber = new FakeTranscriber({
      texts: () => 'and so it went on',
      tookMs,
      clock,
    });
    const chat: ChatModel = {
      async *reply(_messages, _tools, signal) {
        await clock.sleep(250, signal);
        yield { kind: 'text', text: 'I see.' };
      },
    };
    const fixture = await openRoom({ transcriber, chat }, [adam], clock);
    // The clip without the silence around it, again and again.
    const voiced = (await sayWords('human-librivox-0930', adam, 0)).slice(5, -30);
    const fromMs = clock.nowMs();
    const packets = Array.from({ length: talkMs / 20 }, (_, n) => ({
      ...(voiced[n % voiced.length] as (typeof voiced)[number]),
      sequence: n & 0xffff,
      timestamp: n * 960,
      atMs: fromMs + n * 20,
    }));
    const { link } = fixture.linkOpener;
    const sentBefore = link.sent;
    await passTime(fixture, talkMs, packets);
    expect(link.sent).toBe(sentBefore);
    await passTime(fixture, 10_000);
    expect(fixture.of('answered').map(({ finish }) => finish)).toEqual(['completed']);
  },
);
