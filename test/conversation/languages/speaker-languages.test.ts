import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import {
  NgramLanguageDetector,
  withOwnLanguages,
  withSpokenForm,
} from '#src/speech/text-language/spoken-form.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';

const textLanguage = new NgramLanguageDetector();
await textLanguage.detect('How high is it?', []); // loads, which takes real time

/** A voice that speaks English only, as the local one does. */
function openEnglishVoice() {
  const voice = new FakeSynthesizer({ pieces: 10 });
  const english = withOwnLanguages({
    languages: ['en'],
    synthesize: (...speech) => voice.synthesize(...speech),
  });
  return withSpokenForm(english, { detector: textLanguage, languages: ['en'] });
}

const standIn = createStandIn({ wallMs: () => 0, random: () => 0, botName: 'Nova' });
const germanAnswer = 'Das habe ich leider nicht verstanden.';
const englishAnswer = 'I can tell the time and play rain.';

playScripts(
  {
    'a prompt goes on where the one before ended, also for somebody who speaks another language': `
    with eva always
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: You said five.
    recogniser tells en
    eva says (human-goforward): What time is it?
    > heard Eva: What time is it?, answered Eva: You said five.
    orders answer in > Answer in English
    prompt goes on > true
    recogniser tells de
    adam says (human-goforward): Und in Lima?
    > heard Adam: Und in Lima?, answered Adam: You said five.
    orders answer in > Answer in German
    prompt goes on > true
    adam says (human-goforward): Und in Rom?
    > heard Adam: Und in Rom?, answered Adam: You said five.
    orders answer in > Answer in German
    prompt goes on > true
    `,
    'each person is answered in the language their recogniser tells': `
    with eva always
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: You said five.
    orders answer in > Answer in German
    recogniser tells en
    eva says (human-goforward): What time is it?
    > heard Eva: What time is it?, answered Eva: You said five.
    orders answer in > Answer in English
    `,
    '"in German, please" holds for the session, until its asker is forgotten': `
    with eva always
    recogniser tells en
    adam says (human-goforward): In German, please.
    > heard Adam: In German, please., answered Adam: You said five.
    orders answer in > Answer in German
    adam says (human-goforward): What time is it?
    > heard Adam: What time is it?, answered Adam: You said five.
    orders answer in > Answer in German
    adam says (human-goforward): And in Lima now?
    > heard Adam: And in Lima now?, answered Adam: You said five.
    orders answer in > Answer in German
    orders unless the > unless the very
    adam is forgotten > forgotten total 1
    adam allows > isSaved true
    adam says (human-goforward): And in Rome now?
    > heard Adam: And in Rome now?, answered Adam: You said five.
    orders answer in > Answer in English
    `,
    'the language that a person has set wins over the recognised one, and is passed to the recogniser': `
    recogniser tells en
    adam chooses language ja
    adam says (human-goforward): What time is it?
    > heard Adam: What time is it?, answered Adam: You said five.
    orders answer in > Answer in Japanese
    orders unless the > unless the very
    hint > ja
    `,
    'two sentences in a language make it likelier to a recogniser, for others in the room a little, and decide nothing': `
    with eva always
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: You said five.
    2000
    adam says (human-goforward): Und in Lima?
    > heard Adam: Und in Lima?, answered Adam: You said five.
    2000
    recogniser tells en
    adam says (human-goforward): What time is it?
    > heard Adam: What time is it?, answered Adam: You said five.
    hint > maybe de 4
    orders answer in > Answer in German
    orders unless the > unless the words
    2000
    adam says (human-goforward): And in Rome now?
    > heard Adam: And in Rome now?, answered Adam: You said five.
    hint > maybe de 2, en 2
    orders answer in > Answer in English
    2000
    eva says (human-goforward): Nova, toss a coin.
    > heard Eva: Nova, toss a coin., answered Eva: You said five.
    hint > maybe en 2
    `,
    'a persona that speaks one language answers everybody in it, whatever they speak or set': `
    with eva always
    recogniser tells en
    persona language fr > saved saved true
    eva chooses language ja
    adam says (human-goforward): In German, please.
    > heard Adam: In German, please., answered Adam: You said five.
    orders answer in > answer in French
    eva says (human-goforward): What time is it?
    > heard Eva: What time is it?, answered Eva: You said five.
    orders answer in > answer in French
    hint > ja
    `,
    'an answer is spoken by a voice of its own language: a German one is written once, the reason told once, an English one spoken':
      [
        {
          synthesizer: openEnglishVoice(),
          chat: new FakeChat([[germanAnswer], [germanAnswer], [englishAnswer]]),
        },
        `
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?
    > answered Adam
    > writes "Keine Stimme hier spricht Deutsch, also schreibe ich diese Antworten. Mit Englisch in /voice me hörst du mich. Eine Stimme für Deutsch bekommt mein Betreiber mit npm run setup."
    > writes "Das habe ich leider nicht verstanden."
    2000
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam, writes "Das habe ich leider nicht verstanden."
    2000
    adam types: Nova, what can you do?
    > replies "I can tell the time and play rain.", line 1: answered, typed adam answered
    2000 > answered Adam: I can tell the time and play rain.
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: I can tell the time and play rain.
    `,
      ],
    'of a typed question the answer that no voice speaks stands in the reply alone, the reason in the language of the question':
      [
        { synthesizer: openEnglishVoice(), chat: new FakeChat([[germanAnswer]]) },
        `
    adam types: Nova, wie lange muss man ein Ei kochen?
    > replies "Das habe ich leider nicht verstanden."
    > line 1: answered
    > answered Adam
    > typed adam answered
    > writes "Keine Stimme hier spricht Deutsch, also schreibe ich diese Antworten. Mit Englisch in /voice me hörst du mich. Eine Stimme für Deutsch bekommt mein Betreiber mit npm run setup."
    2000
    `,
      ],
    'an answer in two languages is said as far as a voice can, and written whole and once':
      [
        {
          synthesizer: openEnglishVoice(),
          chat: new FakeChat([
            [
              'Here is how they say it in Berlin. Ich habe heute leider keinen Hunger mehr. And that is all I know about it.',
            ],
          ]),
        },
        `
    adam says (human-goforward): What time is it?
    > heard Adam: What time is it?
    > writes voice.language.written (German) (English) (German)
    > writes "Here is how they say it in Berlin. Ich habe heute leider keinen Hunger mehr. And that is all I know about it."
    2000 > answered Adam: Here is how they say it in Berlin. And that is all I know about it.
    `,
      ],
    'an answer in a language that the voice speaks is said, also to a person who set one that it lacks':
      [
        { synthesizer: openEnglishVoice(), chat: new FakeChat([[englishAnswer]]) },
        `
    adam chooses language de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: I can tell the time and play rain.
    `,
      ],
    'a word of many languages is in the one that its asker speaks, so that no voice of another says it':
      [
        {
          synthesizer: openEnglishVoice(),
          chat: new FakeChat([[germanAnswer], ['Ja.']]),
        },
        `
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?
    > answered Adam
    > writes "Keine Stimme hier spricht Deutsch, also schreibe ich diese Antworten. Mit Englisch in /voice me hörst du mich. Eine Stimme für Deutsch bekommt mein Betreiber mit npm run setup."
    > writes "Das habe ich leider nicht verstanden."
    2000
    adam says (human-goforward): Regnet es morgen?
    > heard Adam: Regnet es morgen?, answered Adam, writes "Ja."
    `,
      ],
    'whoever asks it to count hears it count, also in a language that no voice speaks':
      [
        { synthesizer: openEnglishVoice(), chat: standIn },
        `
    recogniser tells de
    adam says (human-goforward): Zähle bis zwölf. > heard Adam: Zähle bis zwölf.
    8000
    > answered Adam: Talk over me, or press Stop. One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.
    `,
      ],
    'a message is read in the language of its words, whatever its writer speaks and the server lists':
      [
        { synthesizer: openEnglishVoice() },
        `
    set languages de, fr > set value de, fr isSaved true
    recogniser tells de
    adam says (human-goforward): Wie spät ist es?
    > heard Adam: Wie spät ist es?, answered Adam: You said five.
    2000
    eva picks adam: Dinner is ready at eight. > queued position 0
    2000 > played voice: completed
    eva picks adam: Toss a coin > queued position 0
    2000 > played voice: completed
    eva picks adam: Das Essen ist um acht Uhr fertig.
    > queued position 0
    > played voice: failed
    > writes "Keine Stimme hier spricht Deutsch, also schreibe ich diese Antworten. Mit Englisch in /voice me hörst du mich. Eine Stimme für Deutsch bekommt mein Betreiber mit npm run setup."
    2000
    `,
      ],
    'where the recogniser tells no language, the text does: Wie lange muss man ein Ei kochen?': `
    adam says (human-goforward): Wie lange muss man ein Ei kochen?
    > heard Adam: Wie lange muss man ein Ei kochen?, answered Adam: You said five.
    orders answer in > Answer in German
    `,
    'where the recogniser tells no language, the text does: Quanto tempo ci vuole per bollire un uovo?': `
    adam says (human-goforward): Quanto tempo ci vuole per bollire un uovo?
    > heard Adam: Quanto tempo ci vuole per bollire un uovo?, answered Adam: You said five.
    orders answer in > Answer in Italian
    `,
    'where the recogniser tells no language, the text does: Как долго нужно варить яйцо, чтобы оно было вкусным?': `
    adam says (human-goforward): Как долго нужно варить яйцо, чтобы оно было вкусным?
    > heard Adam: Как долго нужно варить яйцо, чтобы оно было вкусным?
    > answered Adam: You said five.
    orders answer in > Answer in Russian
    `,
    'where the recogniser tells no language, the text does: 달걀을 삶는 데 얼마나 걸리나요?': `
    adam says (human-goforward): 달걀을 삶는 데 얼마나 걸리나요?
    > heard Adam: 달걀을 삶는 데 얼마나 걸리나요?, answered Adam: You said five.
    orders answer in > Answer in Korean
    `,
    'where the recogniser tells no language, the text does: كم من الوقت يستغرق سلق بيضة؟': `
    adam says (human-goforward): كم من الوقت يستغرق سلق بيضة؟
    > heard Adam: كم من الوقت يستغرق سلق بيضة؟, answered Adam: You said five.
    orders answer in > Answer in Arabic
    `,
    'after a sure sentence in English "toss a coin" is answered in English': `
    adam says (human-goforward): How high is the tower of this town?
    > heard Adam: How high is the tower of this town?, answered Adam: You said five.
    2000
    adam says (human-goforward): toss a coin
    > heard Adam: toss a coin, answered Adam: You said five.
    orders answer in > Answer in English
    `,
    'after a sure sentence in English "Regnet es morgen?" is answered in German': `
    adam says (human-goforward): How high is the tower of this town?
    > heard Adam: How high is the tower of this town?, answered Adam: You said five.
    2000
    adam says (human-goforward): Regnet es morgen?
    > heard Adam: Regnet es morgen?, answered Adam: You said five.
    orders answer in > Answer in German
    `,
  },
  { textLanguage },
);
