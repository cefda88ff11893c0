import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import { Owned } from '#src/people/owned.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';

/** Words that ask for nothing; the model calls something all the same. */
const vagueRequest = 'And a little more.';
/** Packets of the first word of the recording; the next one begins 230 ms after it. */
const wordPackets = 37;

export type ModelCall = { readonly name: string; readonly given: object };

const postCall: ModelCall = { name: 'post_text', given: { text: 'It is 40.' } };

/** A model that makes these calls when somebody says `vagueRequest`, one a round. */
class VagueModel implements ChatModel {
  calls: readonly ModelCall[] = [postCall];
  asked = 0;

  async *reply(
    messages: Parameters<ChatModel['reply']>[0],
  ): ReturnType<ChatModel['reply']> {
    this.asked++;
    const last = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    const done =
      messages.length - 1 - messages.findLastIndex(({ role }) => role === 'user');
    const call = this.calls[Math.floor(done / 2)];
    if (!last.includes(vagueRequest) || !call) yield { kind: 'text', text: 'no' };
    else {
      const id = `call_${done}`;
      yield {
        kind: 'tool',
        call: { id, name: call.name, argumentsJson: JSON.stringify(call.given) },
      };
    }
  }
}

export type SpokenTrap = Awaited<ReturnType<typeof openSpoken>>;

/** Adam and Eva sit there and may be heard; a persona, which somebody has written, makes a message wait for Confirm. */
export async function openSpoken() {
  const model = new VagueModel();
  let transcript = '';
  const transcriber = new FakeTranscriber({ texts: () => transcript });
  const fixture = openSessionFixture({
    chat: model,
    pieces: 2,
    transcriber,
    tools,
  });
  for (const { id } of [adam, eva]) await fixture.sessions.join(lounge, id);
  await passTime(fixture, 40);
  await fixture.personas.savePersona(toGuildId('g'), toChannelId(lounge.channelId), {
    instructions: 'Be brief.',
  });
  const session = fixture.sessions.findSession(toGuildId('g'));
  if (!session) throw new Error('nobody called the bot');
  /** One word of this person from `inMs` on. */
  const sayWord = async (who: ChannelMember, inMs = 0) => {
    const allPackets = await sayWords(
      'human-cards-004',
      who,
      fixture.clock.nowMs() + inMs,
    );
    const closing = allPackets
      .slice(-5)
      .map(({ opus }, n) => ({ ...allPackets[wordPackets + n], opus }));
    return [...allPackets.slice(0, wordPackets), ...(closing as Packet[])];
  };
  return {
    fixture,
    session,
    model,
    word: sayWord,
    listPosted: () => fixture.written.filter((text) => text.startsWith('It is ')),
    countConfirmed: () =>
      fixture.of('tool').filter(({ how }) => how === 'spoken').length,
    joinSaid: () => fixture.synthesizer.texts.join(' '),
    async ask(ms = 4_000) {
      void fixture.talk.askQuestion(toGuildId('g'), vagueRequest, adam, 'voice');
      await passTime(fixture, ms);
    },
    async say(text: string, who: ChannelMember = adam) {
      transcript = text;
      await passTime(fixture, 4_000, await sayWord(who));
    },
    /** Sets the recognised text from now on, for any speaker. */
    hears(text: string) {
      transcript = text;
    },
    /** A minute of sound on a track. */
    playMinute() {
      const samples = new Int16Array(60 * 24_000).fill(900);
      const source = makeSourceFromPcm('song', {
        samples,
        rateHz: 24_000,
        channels: 1,
      });
      session.mouth.mix.tracks.enqueue('main', new Owned(source, 'given'));
    },
  };
}
