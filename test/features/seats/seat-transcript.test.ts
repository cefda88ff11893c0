import { expect, test } from 'vitest';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import { adam, pass, words } from '#test/conversation/setup/session-fixture.ts';
import { memoryStores, memoryTranscripts } from '#test/fakes/memory-stores.ts';
import { called, openSeats, restarted, type SeatedBot } from './setup.ts';

const speech = 'human-goforward';
/** Text that the recogniser of these tests understands. */
const said = 'five five';

/** Prompt of Adam's next question, as one text. */
async function shownNext(bot: SeatedBot): Promise<string> {
  void bot.talk.ask('g', 'What did I say?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(bot, 2_000);
  return JSON.stringify(bot.chat.asked.at(-1)?.messages);
}

test.each([
  ['kept for days', '7', true],
  ['not kept', '0', false],
])(
  'of captions that are %s the next run knows what was said before',
  async (_how, days, isKnown) => {
    const kept = await openSeats();
    const { settings: settingsStore } = memoryStores(kept.clock);
    await settingsStore.write('g', 'captions_days', days);
    const transcripts = memoryTranscripts(kept.clock);
    const former = await called(kept, { transcripts, settingsStore }, [adam]);
    const turning = former.captions.turnOn('g', {});
    await pass(former, 4_000);
    await turning;
    await pass(former, 5_000, await words(speech, adam, kept.clock.nowMs()));
    const { onDisk } = transcripts;
    const { inMemory } = memoryTranscripts(kept.clock); // the former one's is gone with it
    const next = { transcripts: new TranscriptStores(onDisk, inMemory), settingsStore };
    const bot = await restarted(kept, next, [adam]);
    await pass(bot, 6_000);
    expect(bot.sessions.session('g')?.context.features.sessions.captions.recorder).toBeDefined();
    expect(bot.synthesizer.asked).toEqual([]); // people were told aloud before
    const shown = await shownNext(bot);
    expect([shown.includes('What did I say?'), shown.includes(said)]).toEqual([true, isKnown]);
  },
);
