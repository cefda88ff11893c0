import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { formatNumberWords } from '#src/chat/text/speakable.ts';
import { tools } from '#src/features/features.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText } from '#test/contracts/transcriber-contract.ts';
import { countRuns } from '#test/properties.ts';
import { readRecording } from '#test/speech/recordings.ts';

/** Each request, and every second other sentence, is said by the next voice; `PROPERTY_RUNS=4` lets every voice say every sentence. */
const voices = ['natural', 'low', 'high', 'bright'];
const voicesForEach = Math.min(countRuns(1), voices.length);
/** Names of the bot and of people in its channel. */
const hints = ['Nova', 'Adam', 'Bella'];

/** Requests that the stand-in knows, in other wordings, too. */
const requests = [
  'what time is it',
  'nova what time is it',
  'hey nova tell me the time',
  'nova tell me what time it is please',
  'what is the time please',
  'flip a coin',
  'nova toss a coin',
  'adam heads or tails',
  'hello nova',
  'nova good morning',
  'what can you do',
  'nova what can i ask',
  'nova who are you',
  'set a timer for ten minutes',
  'nova set a timer for five minutes',
  'hey nova start a timer for thirty seconds',
  'set another timer for one hour',
  'timer for twenty minutes',
  'nova set a ten minute timer',
  'please set a timer for forty five seconds',
  'remind me in an hour',
  'nova remind me in five minutes',
  "remind me at seven o'clock",
  'cancel the timer',
  'nova cancel my timer',
  'list my timers',
  'nova what timers do i have',
  'which reminders do i have',
  'play rain',
  'nova play some rain',
  'play the bell please',
  'nova start the applause',
  'can you play the drum roll',
  'stop the music',
  'nova stop the rain',
  'pause the music',
  'resume the music',
  'nova skip it',
  'speak louder',
  'nova speak slower',
  'could you speak faster please',
  'volume down please',
  'nova volume up',
  'say that again',
  'nova repeat that please',
  'turn on captions',
  'nova turn captions off',
  'stop following me',
  'nova stop talking',
];

/** Talk among people; much of it is near to a request. */
const otherSentences = [
  'i have no time for this today',
  'what time does the train leave',
  'she told me the story last night',
  'we should toss the old chairs',
  'the coin fell behind the sofa',
  'they play football every sunday',
  'the rain in the north is cold',
  'my brother plays the drums',
  'he said hello to everybody there',
  'the morning was good for fishing',
  'who are your friends in this town',
  'ten minutes later the bus arrived',
  'it takes five minutes to cook an egg',
  'i waited for an hour at the station',
  'the timer on the oven is broken',
  'do you remember the old house',
  'that reminds me of my father',
  'the meeting is at seven in the evening',
  'they had to cancel the flight',
  'he wants to delete the whole thing',
  'a list of things to buy for dinner',
  'the bell of the church is very old',
  'music makes me happy',
  'stop the car over there',
  'do not stop until you see the bridge',
  'let us take a short break now',
  'the volume of the box is too small',
  'turn left at the next corner',
  'turn on the light in the kitchen',
  'say something nice about her',
  'he follows the rules of the game',
  'could you bring me a glass of water',
  'can you help him with the door',
  'please give me the blue book',
  'nova is the name of her dog',
  'nova scotia is far away from here',
  'adam went home an hour ago',
  'bella likes apples and oranges',
  'i think the weather will be fine',
  'where did you put the keys',
  'the children went to school by bike',
  'we saw a film about the second war',
  'nobody knows when the shop opens',
  'my sister works in a hospital',
  'the food was cheap and very good',
  'have you ever been to london',
  'it was a dark and quiet night',
  'there are three cats on the roof',
];
const humanRecordings = [
  'human-cards-001',
  'human-cards-003',
  'human-cards-004',
  'human-cards-005',
  'human-digits-2934z',
  'human-goforward',
  'human-librivox-0880',
  'human-librivox-0930',
];

type Said = { readonly text: string; readonly pcm: Pcm };

async function speakTexts(texts: readonly string[]) {
  await using models = new LocalModels();
  const synthesizer = await openLocalSynthesizer({ models });
  const all: Said[] = [];
  for (const [n, text] of texts.entries()) {
    for (let turn = 0; turn < voicesForEach; turn++) {
      const name = voices[(n + turn) % voices.length];
      const pcm = await collectSound(synthesizer, text, { ...(name && { name }) });
      all.push({ text, pcm: resamplePcm(pcm, listenRateHz) });
    }
  }
  return all;
}

/** What the stand-in does for a text: the call of a tool, or words. */
async function deedFor(text: string) {
  const model = createStandIn({
    wallMs: () => 0,
    timeZone: 'UTC',
    random: () => 0,
    botName: 'Nova',
  });
  const replyStream = model.reply(
    [{ role: 'user', name: 'Adam', content: text }],
    tools,
    new AbortController().signal,
  );
  const deed = await Array.fromAsync(replyStream, (part) =>
    part.kind === 'tool'
      ? `${part.call.name} ${part.call.argumentsJson}`
      : JSON.stringify(part),
  );
  // Whisper writes figures, which the tools read as well.
  return deed.join('').replace(/\d+/g, (figures) => formatNumberWords(Number(figures)));
}

/** Texts as they were said and heard, with what the stand-in does for either. */
async function recogniseTexts(said: readonly Said[]) {
  await using models = new LocalModels();
  const transcriber = withTranscriptionOptions(await openLocalTranscriber({ models }), {
    hints,
  });
  const all: { text: string; heard: string; isSame: boolean; isOther: boolean }[] = [];
  const otherText = await deedFor('bella likes apples and oranges');
  for (const { text, pcm } of said) {
    const transcript = await transcribeText(transcriber, pcm);
    const [wanted, done] = [await deedFor(text), await deedFor(transcript)];
    all.push({
      text,
      heard: transcript,
      isSame: wanted === done,
      isOther: done === otherText,
    });
  }
  return all;
}

type Recognised = Awaited<ReturnType<typeof recogniseTexts>>;

/** Prints the errors, which are told by their share. */
function shareOf(errors: Recognised, all: Recognised) {
  const lines = errors.map(({ text, heard }) => `${text} -> ${heard}`);
  console.log([`${errors.length} of ${all.length}:`, ...lines].join('\n'));
  return errors.length / all.length;
}

// Of one answer `--once` asks for 95 % of the words; here one wrong word is a wrong request. The voice says nothing twice alike: of 49
// requests 3 and 5 were heard wrongly in two runs, of 98 by two voices each 6, so 90 % would fail by chance.
test('the stand-in does what is asked for in 85 % of requests that local ears hear of the local voice', async () => {
  const all = await recogniseTexts(await speakTexts(requests));
  const wrong = all.filter(({ isSame }) => !isSame);
  expect(shareOf(wrong, all)).toBeLessThanOrEqual(0.15);
}, 1_800_000);

test('the stand-in takes at most 5 of 200 other sentences for requests', async () => {
  const byPeople = humanRecordings.map(readRecording);
  const chosen = otherSentences.filter((_, n) => voicesForEach > 1 || n % 2 === 0);
  const all = await recogniseTexts([...byPeople, ...(await speakTexts(chosen))]);
  const taken = all.filter(({ isOther }) => !isOther);
  expect(shareOf(taken, all)).toBeLessThanOrEqual(5 / 200);
}, 1_800_000);
