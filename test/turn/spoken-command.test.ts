import { languages } from '#src/turn/languages/languages.ts';
import { findSpokenCommand } from '#src/turn/overlap/interjections.ts';
import saidNo from './spoken-no.json' with { type: 'json' };

const names = ['Nova', 'Нова', 'ノバ'];
const heard = (text: string) => findSpokenCommand(text, names);

/** Sentences near a no that are none: longer ones, other people's, complaints, questions, quotes, denials of one. */
const nearMisses = `
don't listen to me when I sing|don't listen to him|don't listen to them|don't listen|listen to me|Don't. Listen to me!
No, listen to me|you don't listen to me|you never listen to me|why don't you listen to me|they don't listen to me
don't you listen to me?|Don't listen to me?|do you listen to me|Ben, don't listen to me|guys, don't listen to me
don't listen to me, Ben|hey Ben, please don't listen to me|thanks Ben, don't listen to me
mum said don't listen to me|she said "don't listen to me"|what does "don't listen to me" mean|tell Ben don't listen to me
play the song don't listen to me|translate don't listen to me|don't listen to me, listen to Ben|don't stop listening to me
I don't want you to stop hearing me|never stop listening to me|I want you to hear me|I don't hear you|you don't hear me
stop listening to music|stop listening|stop|can you hear me|don't leave me|don't listen to me I'm just rambling
don't listen to me, what time is it|people don't want to be heard|I don't want to be heard by Ben
hör mir zu|du hörst mir nicht zu|warum hörst du mir nicht zu|hör mir nicht zu, wenn ich singe|hör nicht auf|hör auf Ben
hör nicht auf, mir zuzuhören|ich höre dir nicht zu|er hört mir nicht zu|hört mir nicht zu
no me escucha|no me escuchas|no me escuché|no, escúchame|nadie me escucha|no me escuches cuando canto
tu ne m'écoutes pas|il ne m'écoute pas|écoute-moi|pourquoi tu ne m'écoutes pas|ne m'écoute pas chanter
non mi ascolti|non mi ascolta nessuno|ascoltami|perché non mi ascolti|no, ascoltami
você não me escuta|ele não me ouve|não me ouve|me escuta|ninguém me escuta
nu mă ascultă|nu mă mai ascultă|ascultă-mă|de ce nu mă asculți
ты меня не слушаешь|он не слушает меня|не слушай его|слушай меня|не слушай меня, когда я пою|почему ты меня не слушаешь
ty mnie nie słuchasz|on mnie nie słucha|słuchaj mnie|nie słuchaj go
je luistert niet naar me|luister naar me|hij hoort me niet|luister niet naar hem
beni dinlemiyorsun|beni dinle|onu dinleme|beni dinlemeden konuşma
聞いて|私の声を聞いて|彼の声を聞かないで|私の声を聞かないでよかった|私の声が聞こえない
내 말 들어|내 말을 안 들어|그의 말 듣지 마|내 말 듣지 마라고 했던 노래 틀어
听我说|不要，听我说|别听他说|他不听我说话|你为什么不听我说话
لا تسمعني|أنت لا تستمع إلي|استمع إلي|لا تستمع إليه
मुझे सुनो|तुम मुझे नहीं सुनते|उसकी बात मत सुनो|đừng nghe anh ấy|nghe tôi nói|อย่าฟังเขา|ฟังผม
`
  .split(/[|\n]/)
  .map((each) => each.trim())
  .filter((each) => each !== '');

// `spoken-no.json`: one natural no in each language that Parley has words of, as a recogniser writes it.
test('a no is understood in each language that there are words of', () => {
  expect(Object.keys(saidNo).sort()).toEqual(languages.map(({ code }) => code).sort());
  expect(Object.values(saidNo).filter((text) => heard(text) !== 'doNotHear')).toEqual(
    [],
  );
});

test('each phrase of the word data is understood alone, in capitals, and with the name of the bot', () => {
  const all = languages.flatMap(({ commands }) => commands.doNotHear);
  const forms = (phrase: string) => [
    phrase,
    `${phrase}.`,
    `${phrase.toUpperCase()}!`,
    `Nova, ${phrase}`,
    `${phrase}, Nova.`,
    phrase.replaceAll(',', ''),
  ];
  expect(all.length).toBeGreaterThan(200);
  expect(all.flatMap(forms).filter((text) => heard(text) !== 'doNotHear')).toEqual([]);
});

test('the name of the bot, politeness, hums and commas change nothing', () => {
  const said = [
    "Nova, don't listen to me",
    "Nova, please don't listen to me any more",
    "um, don't listen to me, Nova, thanks",
    'Do not listen to me anymore.',
    "Don't listen to me! Don't listen to me!",
    'Ich will nicht, dass du mir zuhörst.',
    'Ich will nicht dass du mir zuhörst',
    'Hör auf, mich zu hören, bitte.',
  ];
  expect(said.filter((text) => heard(text) !== 'doNotHear')).toEqual([]);
});

test('no sentence that only comes near a no is one', () => {
  expect(nearMisses.length).toBeGreaterThan(100);
  expect(nearMisses.filter((text) => heard(text) === 'doNotHear')).toEqual([]);
});

test('a no inside a longer sentence is none, in any language', () => {
  const around = languages.flatMap(({ commands }) =>
    commands.doNotHear.flatMap((phrase) => [
      `xylophon ${phrase}`,
      `${phrase} xylophon`,
      `${phrase}, ${phrase} xylophon`,
      `${phrase}?`,
      `${phrase}. ${'a '.repeat(80)}`,
    ]),
  );
  expect(around.filter((text) => heard(text) !== undefined)).toEqual([]);
});
