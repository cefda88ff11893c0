import { seededRandom } from '#sandbox/seeded-random.ts';
import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/ports.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { lounge, openSessionFixture, pass } from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

export type FollowUps = { readonly asked: number; readonly misses: readonly string[] };

const minute = 60_000;
/** Time that one of the five is there, and then away. */
const stayMs = 5 * minute;
/** Bounds of the time from a question to what is asked about it. */
const [soonestMs, latestMs] = [5_000, 90_000];
/** Time for an answer to be heard. */
const answerMs = 3_000;

const people = ['Ana', 'Ben', 'Cleo', 'Dan', 'Eva'].map(
  (name): ChannelMember => ({ id: name.toLowerCase(), name, isBot: false, roleIds: [] }),
);

/** Says which thing was named last, as far as it was shown that. */
const rememberingModel: ChatModel = {
  async *reply(messages: readonly ChatMessage[]): AsyncGenerator<ChatPart> {
    const things = messages.flatMap(({ content }) => content.match(/thing \d+/g) ?? []);
    yield { kind: 'text', text: `It is ${things.at(-1) ?? 'unknown'}.` };
  },
};

/** Five people, one of whom comes and goes every five minutes: do follow-up questions find what they refer to? */
export async function followUps(minutes: number, seed: number): Promise<FollowUps> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  const pipeline = chained({ chat: rememberingModel, synthesizer });
  const fixture = openSessionFixture(
    { chat: rememberingModel, pipeline, synthesizer },
    people,
    clock,
  );
  await fixture.sessions.join(lounge, 'ana');
  await pass(fixture, 15_000);
  const startMs = clock.nowMs();
  const visitor = people.at(-1);
  const { present } = fixture.linkOpener.link;
  const attend = () => {
    const isHere = Math.floor((clock.nowMs() - startMs) / stayMs) % 2 === 0;
    const place = present.findIndex(({ id }) => id === visitor?.id);
    if (isHere && place < 0 && visitor) present.push(visitor);
    if (!isHere && place >= 0) present.splice(place, 1);
  };
  const spend = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      attend();
      await pass(fixture, Math.min(1_000, left));
    }
  };
  const ask = async (who: ChannelMember, question: string) => {
    const before = synthesizer.asked.length;
    void fixture.talk.ask('g', question, who, 'voice');
    await spend(answerMs);
    return synthesizer.asked
      .slice(before)
      .map(({ text }) => text)
      .join(' ');
  };
  const misses: string[] = [];
  let asked = 0;
  while (clock.nowMs() - startMs < minutes * minute) {
    asked++;
    const who = people[Math.floor(random() * (people.length - 1))] ?? people[0];
    if (!who) break;
    await ask(who, `Mind thing ${asked}.`);
    await spend(soonestMs + random() * (latestMs - soonestMs));
    const atMinute = ((clock.nowMs() - startMs) / minute).toFixed(1);
    const answer = await ask(who, 'Which one was that?');
    if (!answer.includes(`thing ${asked}.`)) misses.push(`minute ${atMinute}: ${answer}`);
  }
  return { asked, misses };
}
