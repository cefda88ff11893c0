import { findPercentile, formatTable } from '#bench/format-table.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import {
  type AnswersAhead,
  createAnswersAhead,
} from '#test/conversation/setup/answers-ahead.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const pairCount = 60;
/** Share of first answers that somebody stops. */
const stoppedAnswerShare = 0.25;
const modelFirstTokenMs = 150;
const voiceFirstSoundMs = 60;

/** Plays pairs of questions on virtual time, the second of which waits for the answer to the first. Returns the silences between answers. */
export async function playAnswerWaiting(seed: number): Promise<AnswersAhead> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const answersAhead = createAnswersAhead();
  const chat: ChatModel = {
    async *reply(_messages, _tools, signal) {
      await clock.sleep(modelFirstTokenMs, signal);
      const sentences = 1 + Math.floor(random() * 4);
      for (let n = 0; n < sentences; n++) yield { kind: 'text', text: spokenSentence };
    },
  };
  const synthesizer = new FakeSynthesizer({ clock, firstMs: voiceFirstSoundMs });
  const { decide } = answersAhead;
  const fixture = openSessionFixture({ chat, decide, synthesizer }, [adam, eva], clock);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  for (let pair = 0; pair < pairCount; pair++) {
    void fixture.talk.askQuestion(toGuildId('g'), `Question ${pair}?`, adam, 'voice');
    await passTime(fixture, 500 + random() * 2_000);
    void fixture.talk.askQuestion(toGuildId('g'), `And ${pair}?`, eva, 'voice');
    const isStopped = random() < stoppedAnswerShare;
    await passTime(fixture, random() * 4_000);
    const loop = fixture.sessions.findSession(toGuildId('g'))?.loop;
    const { reply = 0 } = loop?.state.turnQueue.current ?? {};
    if (isStopped) loop?.post({ kind: 'barged', reply, action: 'stop' });
    await passTime(fixture, 25_000);
  }
  return answersAhead;
}

const spokenSentence = 'This is one sentence of it, of a usual length. ';

/** Formats the silence between two answers in ms, and the share of answers that were begun ahead in vain. */
export function formatWaitingTable({ begun, gapsMs, vain }: AnswersAhead): string {
  return formatTable(
    ['answers for who waited', 'gap p50', 'gap p90', 'begun ahead', 'in vain %'],
    [
      [
        gapsMs.length,
        findPercentile(gapsMs, 0.5),
        findPercentile(gapsMs, 0.9),
        begun,
        ((100 * vain) / begun).toFixed(1),
      ],
    ],
  );
}
