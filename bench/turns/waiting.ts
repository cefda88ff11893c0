import { percentile, table } from '#bench/table.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { AnswersAhead } from '#test/conversation/setup/answers-ahead.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const pairs = 60;
/** Share of first answers that somebody stops. */
const stoppedShare = 0.25;
const [firstTokenMs, firstSoundMs] = [150, 60];

/** Plays pairs of questions, the second of which waits for the answer to the first. */
export async function answerWaiting(seed: number): Promise<AnswersAhead> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const seen = new AnswersAhead();
  const chat: ChatModel = {
    async *reply(_messages, _tools, signal) {
      await clock.sleep(firstTokenMs, signal);
      const sentences = 1 + Math.floor(random() * 4);
      for (let n = 0; n < sentences; n++) yield { kind: 'text', text: sentence };
    },
  };
  const synthesizer = new FakeSynthesizer({ clock, firstMs: firstSoundMs });
  const { decide } = seen;
  const fixture = openSessionFixture({ chat, decide, synthesizer }, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  for (let pair = 0; pair < pairs; pair++) {
    void fixture.talk.ask('g', `Question ${pair}?`, adam, 'voice');
    await pass(fixture, 500 + random() * 2_000);
    void fixture.talk.ask('g', `And ${pair}?`, eva, 'voice');
    const isStopped = random() < stoppedShare;
    await pass(fixture, random() * 4_000);
    const talk = fixture.sessions.session('g')?.loop;
    const { reply = 0 } = talk?.state.floor.current ?? {};
    if (isStopped) talk?.post({ kind: 'barged', reply, action: 'stop' });
    await pass(fixture, 25_000);
  }
  return seen;
}

const sentence = 'This is one sentence of it, of a usual length. ';

/** Silence between two answers, and the share of answers that were begun ahead in vain. */
export function waitingTable({ begun, gapsMs, vain }: AnswersAhead): string {
  return table(
    ['answers for who waited', 'gap p50', 'gap p90', 'begun ahead', 'in vain %'],
    [
      [
        `${gapsMs.length}`,
        percentile(gapsMs, 0.5).toFixed(0),
        percentile(gapsMs, 0.9).toFixed(0),
        `${begun}`,
        ((100 * vain) / begun).toFixed(1),
      ],
    ],
  );
}
