import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import { transcribeText as wordsOf } from '#test/contracts/transcriber-contract.ts';
import { openRecipe, readRecipes } from '#test/fakes/dialects/provider-recipes.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';
import { openBotDoors } from './bot-doors.ts';

const answer = 'Two of them. The other one is on its way.';
const replies = [
  { match: 'again', call: { name: 'lamp', argumentsJson: '{"on":true}' } },
  { match: 'done', text: 'The lamp is on.' },
  { match: /./, text: answer },
];
const behind = { hears: hearWords, replies };
const recipes = [...(await readRecipes())];
const spoken = speakWords('nova one two three');

/** All sound of each clause. */
function soundsOf(replyParts: readonly ReplyPart[]) {
  const clauses = new Map<string, Pcm[]>();
  for (const part of replyParts) {
    if (part.kind !== 'audio') continue;
    const { ofText = '', pcm } = part;
    clauses.set(ofText, [...(clauses.get(ofText) ?? []), pcm]);
  }
  return new Map(
    [...clauses].map(([text, pieces]) => [
      text,
      {
        ...(pieces[0] as Pcm),
        samples: joinSamples(pieces.map(({ samples }) => samples)),
      },
    ]),
  );
}

test.each(recipes)(
  '%s: with the settings of its recipe it is heard, if it hears, thought and spoken',
  async (title) => {
    const kitchen = await openRecipe(title, behind);
    const isRemote = title !== 'Ollama';
    // The local recogniser has tests of its own, and loads for seconds.
    const unheard = { TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1' };
    const config = { ...(isRemote ? {} : unheard), ...kitchen.environment };
    await using bot = await openBotDoors(config, kitchen);
    const transcript = isRemote
      ? await wordsOf(bot.transcriber, spoken.pcm)
      : spoken.text;
    expect(transcript.toLowerCase()).toBe(spoken.text);
    const { parts } = await bot.answer(transcript);
    expect(joinTexts(parts)).toBe(answer);
    expect(bot.host.spendings).toHaveLength(1);
    const sounds = soundsOf(parts);
    expect([...sounds.keys()]).toEqual([
      'Two of them.',
      'The other one is on its way.',
    ]);
    for (const [clause, { samples, rateHz }] of isRemote ? sounds : []) {
      expect(samples).toEqual(makeTone(clause, rateHz));
    }
  },
);
